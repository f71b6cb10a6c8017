"""Files -> rows: columns as they stand there, and where each row is.

Encoding, header row, sheet and missing companions are found and said in the report;
positions come from the file's geometry, a column of WKT, or lon/lat columns.
"""

from __future__ import annotations

import csv
import hashlib
import io
import warnings
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely

from gis.errors import LoadError
from gis.load.archive import unpacked
from gis.load.grid import LOOK, find_header, name_columns
from gis.load.sheets import read_sheet
from gis.load.text import decode, find_delimiter
from gis.load.vector import read_vector

_LON = ("lon", "lng", "long", "longitude", "经度", "东经", "经度坐标", "x坐标", "x")
_LAT = ("lat", "latitude", "纬度", "北纬", "纬度坐标", "y坐标", "y")
_WKT = ("wkt", "geometry", "geom", "the_geom")
_TEXT = (".csv", ".tsv", ".txt")
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
    """

    name: str
    sha256: str
    columns: dict[str, np.ndarray[Any, Any]]
    geometry: np.ndarray[Any, Any] | None
    srid: int | None = None
    notes: list[str] = field(default_factory=list)
    has_position_columns: bool = False
    row_numbers: np.ndarray[Any, Any] | None = None

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
            )

    def __len__(self) -> int:
        """Number of rows."""
        if self.geometry is not None:
            return len(self.geometry)
        return len(next(iter(self.columns.values()), ()))


def read_source(
    path: Path,
    *,
    table: str | None = None,
    encoding: str | None = None,
    header_row: int | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Source:
    """Rows of a file.

    Parameters
    ----------
    table : which of several sheets, tables, or files of an archive
    encoding : text encoding, found out when not given
    header_row : number of the header's row, from 1, found out when not given
    mapping : header -> column as the caller states it (`经度=lon`)

    Raises
    ------
    LoadError : unreadable, empty, several tables and none named; an encoding or a
        header that cannot be told for certain
    """
    is_base = path.is_dir() and path.suffix.lower() == ".gdb"
    if not path.is_file() and not is_base:
        raise LoadError(f"{path}: 没有这个文件 no such file")
    sha256 = _checksum(path)
    with unpacked(path, table) as (file, inner, notes):
        name = file.name.lower().removesuffix(".gz")
        if name.endswith(_TEXT):
            frame, said = _read_csv(file, encoding, header_row)
        elif name.endswith(".xlsx"):
            columns, said = read_sheet(file, table=inner, header_row=header_row)
            frame = pd.DataFrame(columns)
        elif name.endswith((".xls", ".et", ".wps")):
            raise LoadError(f"{file.name}: 请另存为 .xlsx save it as .xlsx first")
        else:
            frame, srid, said = read_vector(file, table=inner, encoding=encoding)
            if frame.empty:
                raise LoadError(f"{file.name}: holds no rows")
            return _from_frame(
                path.name, sha256, frame, notes + said, srid, mapping or {}
            )
    return _from_frame(path.name, sha256, frame, notes + said, None, mapping or {})


def from_frame(name: str, frame: pd.DataFrame) -> Source:
    """Rows that were made in memory, by the same door as a file."""
    crs = getattr(frame, "crs", None) if _has_geometry(frame) else None
    srid = crs.to_epsg() if crs is not None else None
    return _from_frame(name, "", frame, [], srid, {})


def _checksum(path: Path) -> str:
    """SHA-256 of a file, or of every file of a folder in the order of their names."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    whole = hashlib.sha256()
    for member in sorted(p for p in path.iterdir() if p.is_file()):
        whole.update(member.name.encode())
        whole.update(member.read_bytes())
    return whole.hexdigest()


def _has_geometry(frame: pd.DataFrame) -> bool:
    return (
        isinstance(frame, geopandas.GeoDataFrame)
        and frame.active_geometry_name is not None
    )


def _from_frame(
    name: str,
    sha256: str,
    frame: pd.DataFrame,
    notes: list[str],
    srid: int | None,
    mapping: Mapping[str, str],
) -> Source:
    geometry, from_columns = None, False
    if _has_geometry(frame):
        geometry = np.asarray(frame.geometry.array, dtype=object)
        frame = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    columns = {str(c): frame[c].to_numpy() for c in frame.columns}
    if geometry is None:
        named = {mapping.get(header, header).lower(): header for header in columns}
        geometry = _positions(columns, named)
        from_columns = geometry is not None
    if srid is not None and srid not in (4326, 4490):
        notes = [*notes, f"文件声明的坐标系 CRS the file declares: EPSG:{srid}"]
    return Source(name, sha256, columns, geometry, srid, notes, from_columns)


def _read_csv(
    path: Path, encoding: str | None, header_row: int | None
) -> tuple[pd.DataFrame, list[str]]:
    """A delimited text file, every cell as text."""
    raw = path.read_bytes()
    if path.suffix.lower() == ".gz":
        raw = zlib.decompress(raw, wbits=31)
    text, found = decode(raw, encoding, path.name)
    delimiter = find_delimiter(text)
    head = io.StringIO(text)
    rows = list(islice(csv.reader(head, delimiter=delimiter), LOOK))
    first = find_header(rows, path.name, header_row)
    names = name_columns(rows, first, first, path.name)
    try:
        with warnings.catch_warnings():
            # a row longer than every one before it must not lose its end in silence
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                io.StringIO(text),
                index_col=False,
                sep=delimiter,
                dtype=str,
                keep_default_na=False,
                skipinitialspace=True,
                skip_blank_lines=False,
                header=None,
                names=list(range(len(names))),
                skiprows=first + 1,
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning, ValueError) as error:
        raise LoadError(f"{path.name}: cannot be read as CSV: {error}") from error
    frame = frame[~(frame.isna() | (frame == "")).all(axis=1)]
    if frame.empty:
        raise LoadError(f"{path.name}: 没有数据行 holds no rows")
    frame = frame[[i for i, name in enumerate(names) if name]]
    frame.columns = pd.Index([name for name in names if name])
    return frame, [f"编码 encoding: {found}", f"表头行 header row: {first + 1}"]


def _positions(
    columns: Mapping[str, np.ndarray[Any, Any]], names: Mapping[str, str]
) -> np.ndarray[Any, Any] | None:
    """Geometries of a WKT column, or points of the lon/lat columns."""
    wkt = next((names[n] for n in _WKT if n in names), None)
    if wkt is not None:
        texts = columns[wkt].astype(object)
        texts[pd.isna(texts)] = None
        parsed = shapely.from_wkt(texts, on_invalid="ignore")
        if not shapely.is_missing(parsed).all():
            return np.asarray(parsed, dtype=object)
    lon = next((names[n] for n in _LON if n in names), None)
    lat = next((names[n] for n in _LAT if n in names), None)
    if lon is None or lat is None:
        return None
    x = pd.to_numeric(pd.Series(columns[lon]), errors="coerce").to_numpy(np.float64)
    y = pd.to_numeric(pd.Series(columns[lat]), errors="coerce").to_numpy(np.float64)
    points = np.full(len(x), None, dtype=object)
    known = np.isfinite(x) & np.isfinite(y)
    points[known] = shapely.points(x[known], y[known])
    return points
