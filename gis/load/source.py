"""Rows of a file: columns as they stand there, and where each row is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import shapely

from gis.load.values import is_blank, read_numbers
from gis.load.wkt import parse_wkt

if TYPE_CHECKING:
    from gis.load.raster import RasterFile

_LON = ("lon", "lng", "long", "longitude", "经度", "东经", "经度坐标", "x坐标", "x")
_LAT = ("lat", "latitude", "纬度", "北纬", "纬度坐标", "y坐标", "y")
_WKT = ("wkt", "geometry", "geom", "the_geom")
Masks = dict[str, np.ndarray[Any, np.dtype[np.bool_]]]
_NO_NUMBER = "坐标不是数字 a coordinate is not a number"
#: Attributes of a frame in which its reader notes rows.
MENDED, UNREADABLE = "citygrid_mended", "citygrid_unreadable"
PART = 100_000  # rows checked and written at a time


@dataclass(frozen=True)
class Source:
    """Rows of a file: columns as they stand there, and their positions.

    Parameters
    ----------
    name : file name, for reports
    sha256 : checksum of the bytes
    columns : (n,) values of each column, under the file's own headers
    geometry : (n,) shapely geometries or None; None for a file without positions
    srid : EPSG code that the file declares, None when it declares none
    notes : what was found out about the file, to be said in the report
    has_position_columns : the geometry was made from columns that stand in `columns`
    row_numbers : (n,) numbers that the file states for its rows (repaired rejects)
    repairs : what was mended in reading -> (n,) the rows
    faults : why a position could not be read -> (n,) the rows
    raster : the file whose cells the only row stands for
    """

    name: str
    sha256: str
    columns: dict[str, np.ndarray[Any, Any]]
    geometry: np.ndarray[Any, Any] | None
    srid: int | None = None
    notes: list[str] = field(default_factory=list)
    has_position_columns: bool = False
    row_numbers: np.ndarray[Any, Any] | None = None
    repairs: Masks = field(default_factory=dict)
    faults: Masks = field(default_factory=dict)
    raster: RasterFile | None = None

    def row_number(self, row: int) -> int:
        """Number of a row in the file, from 1, or as the file itself states it."""
        return int(row + 1 if self.row_numbers is None else self.row_numbers[row])

    def parts(self, size: int = PART) -> Iterator[Source]:
        """The rows in order, at most `size` at a time."""
        for start in range(0, len(self), size):
            rows = slice(start, start + size)
            yield replace(
                self,
                columns={name: cells[rows] for name, cells in self.columns.items()},
                geometry=None if self.geometry is None else self.geometry[rows],
                row_numbers=(
                    np.arange(1, len(self) + 1)
                    if self.row_numbers is None
                    else self.row_numbers
                )[rows],
                repairs={what: mask[rows] for what, mask in self.repairs.items()},
                faults={why: mask[rows] for why, mask in self.faults.items()},
            )

    def __len__(self) -> int:
        """Number of rows."""
        if self.geometry is not None:
            return len(self.geometry)
        return len(next(iter(self.columns.values()), ()))


def from_frame(name: str, frame: pd.DataFrame) -> Source:
    """Rows that were made in memory, by the same door as a file."""
    crs = getattr(frame, "crs", None) if _has_geometry(frame) else None
    srid = crs.to_epsg() if crs is not None else None
    return build_source(name, "", frame, [], srid, {})


def _has_geometry(frame: pd.DataFrame) -> bool:
    return (
        isinstance(frame, geopandas.GeoDataFrame)
        and frame.active_geometry_name is not None
    )


def build_source(
    name: str,
    sha256: str,
    frame: pd.DataFrame,
    notes: list[str],
    srid: int | None,
    mapping: Mapping[str, str],
) -> Source:
    """Rows of a frame; positions from its geometry, else from its columns.

    Parameters
    ----------
    srid : EPSG code that the file declares
    mapping : header -> column as the caller states it (`经度=lon`)
    """
    geometry, from_columns = None, False
    repairs, faults = _marks(frame)
    if _has_geometry(frame):
        geometry = np.asarray(frame.geometry.array, dtype=object)
        frame = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    columns = {str(c): frame[c].to_numpy() for c in frame.columns}
    if geometry is None:
        named = {mapping.get(header, header).lower(): header for header in columns}
        geometry, made, faults = _positions(columns, named)
        repairs |= made
        from_columns = geometry is not None
    if srid is not None and srid not in (4326, 4490):
        notes = [*notes, f"文件声明的坐标系 CRS the file declares: EPSG:{srid}"]
    return Source(
        name, sha256, columns, geometry, srid, notes, from_columns,
        repairs=repairs, faults=faults,
    )  # fmt: skip


def _marks(frame: pd.DataFrame) -> tuple[Masks, Masks]:
    """What the reader of a file noted of its rows, in the frame's own attributes."""
    return dict(frame.attrs.get(MENDED, {})), dict(frame.attrs.get(UNREADABLE, {}))


def _positions(
    columns: Mapping[str, np.ndarray[Any, Any]], names: Mapping[str, str]
) -> tuple[np.ndarray[Any, Any] | None, Masks, Masks]:
    """Geometries of a WKT column, or points of the lon/lat columns.

    Returns
    -------
    Geometries, what was mended in which rows, why which rows have none
    """
    wkt = next((names[n] for n in _WKT if n in names), None)
    if wkt is not None:
        texts = columns[wkt].astype(object)
        texts[pd.isna(texts)] = None
        shapes, repairs, faults = parse_wkt(texts)
        if not shapely.is_missing(shapes).all():
            return shapes, repairs, faults
    lon = next((names[n] for n in _LON if n in names), None)
    lat = next((names[n] for n in _LAT if n in names), None)
    if lon is None or lat is None:
        return None, {}, {}
    x, how_x = read_numbers(columns[lon])
    y, how_y = read_numbers(columns[lat])
    points = np.full(len(x), None, dtype=object)
    known = np.isfinite(x) & np.isfinite(y)
    points[known] = shapely.points(x[known], y[known])
    how = {f"{lon}: {what}": rows for what, rows in how_x.items()}
    how |= {f"{lat}: {what}": rows for what, rows in how_y.items()}
    if known.all():
        return points, how, {}
    told = ~(is_blank(columns[lon]) & is_blank(columns[lat]))
    return points, how, {_NO_NUMBER: told & ~known}
