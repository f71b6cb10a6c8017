"""A GeoTIFF -> one row of a raster layer, and its cells in squares.

The file is checked whole before anything is written: its coordinate system, its
numbers against what the layer allows, what stands for unknown.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import rasterio
import shapely
from rasterio.enums import MaskFlags
from rasterio.windows import Window

from gis.errors import LoadError
from gis.load.source import Source
from layers import Layer, Raster

SUFFIXES = (".tif", ".tiff")
BLOCK = 256  # cells on a side of a square as it is stored
MOST_CELLS = 400_000_000
_METRES = ("", "m", "metre", "meter", "metres", "meters", "米")
_NUMBERS = ("uint8", "int8", "int16", "uint16", "int32", "uint32", "float32", "float64")
_DEGREE_M = 111_320.0  # of latitude; of longitude at the equator


@dataclass(frozen=True)
class RasterFile:
    """A checked file whose squares can be read.

    Parameters
    ----------
    sha256 : of the whole file, which names its squares
    """

    path: Path
    sha256: str

    def blocks(self) -> Iterator[tuple[int, int, bytes]]:
        """Row, column and deflated cells of each square, row by row.

        Cells are little-endian in the type of the file; squares at the east and south
        edge are as small as what is left.
        """
        with rasterio.open(self.path) as raster:
            for row, column, cells in _squares(raster):
                data = np.ascontiguousarray(cells.astype(cells.dtype.newbyteorder("<")))
                yield row, column, zlib.compress(data.tobytes(), 6)


def is_raster(path: Path) -> bool:
    """Whether a file's name says that it holds a grid of numbers."""
    return path.suffix.lower() in SUFFIXES


def read_raster(path: Path, layer: Layer, datum: str | None) -> tuple[Source, str]:
    """The row of a file, and the coordinate system of its outline.

    Parameters
    ----------
    datum : wgs84, cgcs2000 or an EPSG code; None: what the file declares

    Raises
    ------
    LoadError : no readable GeoTIFF with one band of heights, saying what is wrong
    """
    if layer.raster is None:
        raise LoadError(f"{path.name}: {layer.id} 不收栅格 takes no raster")
    if not is_raster(path):
        raise LoadError(f"{path.name}: {layer.id} 只收 GeoTIFF takes a GeoTIFF (.tif)")
    if not path.is_file():
        raise LoadError(f"{path}: 没有这个文件 no such file")
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        with rasterio.open(path) as raster:
            return _row(raster, path, sha256, layer.raster, datum)
    except rasterio.errors.RasterioError as error:
        raise LoadError(
            f"{path.name}: 不是完整的 GeoTIFF is no GeoTIFF, or is cut short"
        ) from error


def _row(
    raster: Any,  # noqa: ANN401  # rasterio has no types
    path: Path,
    sha256: str,
    declared: Raster,
    datum: str | None,
) -> tuple[Source, str]:
    name = path.name
    _check_form(raster, name)
    notes: list[str] = []
    epsg, vertical = _reference(raster, name, datum)
    unit = (raster.units[0] or "").strip().lower()
    if unit not in _METRES:
        raise LoadError(f"{name}: 高程单位 unit {unit!r}, must be metres")
    if not unit:
        notes.append("文件未写高程单位，按米 no unit is stated: taken as metres")
    low, high, known = _extremes(raster)
    if known == 0:
        raise LoadError(f"{name}: 没有任何高程值 holds no height at all")
    if low < declared.lowest or high > declared.highest:
        raise LoadError(
            f"{name}: 高程 heights of {low:g} to {high:g} m, must lie in "
            f"{declared.lowest:g} to {declared.highest:g}; if one of them stands for "
            "unknown, say so in the file (gdal_edit.py -a_nodata)"
        )
    west, north = raster.transform.c, raster.transform.f
    step_x, step_y = raster.transform.a, -raster.transform.e
    bounds = raster.bounds
    system = pyproj.CRS.from_epsg(epsg)
    if system.is_geographic:
        middle = np.radians((bounds.top + bounds.bottom) / 2)
        cell_m = min(step_x * float(np.cos(middle)), step_y) * _DEGREE_M
    else:
        cell_m = min(step_x, step_y) * system.axis_info[0].unit_conversion_factor
    outline = shapely.segmentize(
        shapely.box(bounds.left, bounds.bottom, bounds.right, bounds.top),
        max(bounds.right - bounds.left, bounds.top - bounds.bottom) / 16,
    )
    row: dict[str, Any] = {
        "code": re.sub(r"\s+", "_", path.stem), "name": path.stem,
        "vertical_datum": vertical, "cell_m": round(cell_m, 3), "low_m": low,
        "high_m": high, "known_share": known / (raster.width * raster.height),
        "sha256": sha256, "epsg": epsg, "grid_columns": raster.width,
        "grid_rows": raster.height, "west": west, "north": north, "step_x": step_x,
        "step_y": step_y, "number_type": raster.dtypes[0],
        "unknown_value": raster.nodata,
    }  # fmt: skip
    if raster.nodata is None and np.issubdtype(raster.dtypes[0], np.integer):
        notes.append(
            "文件未写无值标记 no number stands for unknown: all cells are heights"
        )
    cells = {key: np.array([value], dtype=object) for key, value in row.items()}
    shape = np.array([outline], dtype=object)
    source = Source(
        name, sha256, cells, shape, epsg, notes, raster=RasterFile(path, sha256)
    )
    return source, f"EPSG:{epsg}"


def _check_form(raster: Any, name: str) -> None:  # noqa: ANN401  # rasterio has no types
    """Refuse what is no plain grid of heights with north up."""
    if raster.driver != "GTiff":
        raise LoadError(f"{name}: {raster.driver}, must be GeoTIFF or COG")
    if raster.count != 1:
        raise LoadError(f"{name}: {raster.count} 个波段 bands, must be 1")
    if raster.dtypes[0] not in _NUMBERS:
        raise LoadError(f"{name}: numbers of type {raster.dtypes[0]}, must be heights")
    if raster.width * raster.height > MOST_CELLS:
        raise LoadError(
            f"{name}: {raster.width:,} x {raster.height:,} cells, at most "
            f"{MOST_CELLS:,} are taken; cut it into sheets (gdal_translate -srcwin)"
        )
    t = raster.transform
    if t.b != 0 or t.d != 0 or not (t.a > 0 and t.e < 0):
        raise LoadError(f"{name}: 格网须北向上 the grid is turned, must be north up")
    if raster.scales[0] != 1.0 or raster.offsets[0] != 0.0:
        raise LoadError(
            f"{name}: heights are scaled by {raster.scales[0]:g} and moved by "
            f"{raster.offsets[0]:g}; write them out (gdal_translate -unscale)"
        )
    if MaskFlags.per_dataset in raster.mask_flag_enums[0]:
        raise LoadError(
            f"{name}: 含掩膜 a mask says what is unknown; a number must "
            "(gdalwarp -dstnodata -9999)"
        )


def _reference(
    raster: Any,  # noqa: ANN401  # rasterio has no types
    name: str,
    datum: str | None,
) -> tuple[int, str | None]:
    """EPSG code of the grid, and the vertical datum if the file tells it."""
    told, vertical = None, None
    if raster.crs is not None:
        system = pyproj.CRS.from_wkt(raster.crs.to_wkt())
        if system.is_compound:
            system, height = system.sub_crs_list[:2]
            vertical = height.name
        told = system.to_epsg(min_confidence=70)
    stated = None if datum is None else _stated(datum)
    if told is None and stated is None:
        raise LoadError(
            f"{name}: --datum: 文件未写可识别的坐标系 the file declares no coordinate "
            "system that has an EPSG code; state it: wgs84, cgcs2000 or EPSG:4549"
        )
    geographic = {4326, 4490}
    if None not in (told, stated) and told != stated and {told, stated} != geographic:
        raise LoadError(
            f"{name}: --datum: {datum!r} given, but the file declares EPSG:{told}"
        )
    epsg = stated or told
    assert epsg is not None  # noqa: S101  # one of them is there
    west, _, east, _ = raster.bounds
    if pyproj.CRS.from_epsg(epsg).is_geographic and max(abs(west), abs(east)) > 360:
        raise LoadError(
            f"{name}: --datum: x from {west:g} to {east:g}, no degrees of EPSG:{epsg}"
        )
    return epsg, vertical


def _stated(datum: str) -> int:
    word = datum.strip().lower()
    if word in ("wgs84", "cgcs2000"):
        return {"wgs84": 4326, "cgcs2000": 4490}[word]
    match = re.fullmatch(r"(?:epsg:)?(\d{4,6})", word)
    try:
        system = pyproj.CRS.from_epsg(int(match[1])) if match else None
    except pyproj.exceptions.CRSError:
        system = None
    if match is None or system is None or len(system.axis_info) != 2:
        raise LoadError(
            f"--datum: {datum!r} given; a raster is in wgs84, cgcs2000 or in a plane "
            "or geographic system with an EPSG code, such as EPSG:4549"
        )
    return int(match[1])


def _squares(raster: Any) -> Iterator[tuple[int, int, Any]]:  # noqa: ANN401  # rasterio
    """Row, column and cells of each square."""
    for row in range(0, raster.height, BLOCK):
        for column in range(0, raster.width, BLOCK):
            wide = min(BLOCK, raster.width - column)
            high = min(BLOCK, raster.height - row)
            cells = raster.read(1, window=Window(column, row, wide, high))
            yield row // BLOCK, column // BLOCK, cells


def _extremes(raster: Any) -> tuple[float, float, int]:  # noqa: ANN401  # rasterio
    """Lowest and highest height, and how many cells are known."""
    low, high, known = np.inf, -np.inf, 0
    for _, _, cells in _squares(raster):
        there = np.isfinite(cells)
        if raster.nodata is not None:
            there &= cells != raster.nodata
        if there.any():
            heights = cells[there]
            low, high = min(low, float(heights.min())), max(high, float(heights.max()))
            known += len(heights)
    return low, high, known
