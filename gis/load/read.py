"""Files -> rows: GeoJSON, GeoPackage and what else GDAL reads, and CSV.

A CSV's text encoding is found by decoding it whole as UTF-8, then as GB 18030, and is
said in the report; positions come from lon/lat columns or one of WKT.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import shapely

from gis.errors import LoadError

_LON = ("lon", "lng", "longitude", "经度", "x")
_LAT = ("lat", "latitude", "纬度", "y")
_WKT = ("wkt", "geometry", "geom", "the_geom")
_DELIMITERS = ",;\t|"
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
    mapping: Mapping[str, str] | None = None,
) -> Source:
    """Rows of a file.

    Parameters
    ----------
    table : layer of a file that holds several
    encoding : text encoding of a CSV, found out when not given
    mapping : header -> column as the caller states it (`经度=lon`)

    Raises
    ------
    LoadError : unreadable, empty, or several tables and none named
    """
    if not path.is_file():
        raise LoadError(f"{path}: no such file")
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    name = path.name.removesuffix(".gz")
    if name.lower().endswith((".csv", ".tsv", ".txt")):
        return _read_csv(path, sha256, encoding, mapping or {})
    frame, notes = _read_vector(path, table)
    return _from_frame(path.name, sha256, frame, notes)


def from_frame(name: str, frame: pd.DataFrame) -> Source:
    """Rows that were made in memory, by the same door as a file."""
    return _from_frame(name, "", frame, [])


def _from_frame(
    name: str, sha256: str, frame: pd.DataFrame, notes: list[str]
) -> Source:
    geometry = srid = None
    if isinstance(frame, geopandas.GeoDataFrame):
        geometry = np.asarray(frame.geometry.array, dtype=object)
        srid = frame.crs.to_epsg() if frame.crs is not None else None
        frame = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    columns = {str(c): frame[c].to_numpy() for c in frame.columns}
    return Source(name, sha256, columns, geometry, srid, notes)


def _read_vector(
    path: Path, table: str | None
) -> tuple[geopandas.GeoDataFrame, list[str]]:
    """A file of GDAL's as a frame."""
    suffix = path.suffix.lower()
    prefix = {".gz": "/vsigzip/", ".zip": "/vsizip/"}.get(suffix, "")
    source = f"{prefix}{path}"
    try:
        tables = [str(row[0]) for row in pyogrio.list_layers(source)]
        if table is None and len(tables) > 1:
            raise LoadError(
                f"{path.name}: holds {len(tables)} tables, say which with --table: "
                + ", ".join(tables)
            )
        if table is not None and table not in tables:
            raise LoadError(
                f"{path.name}: --table {table}: not one of {', '.join(tables)}"
            )
        frame = pyogrio.read_dataframe(source, layer=table or tables[0])
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise LoadError(f"{path.name}: cannot be read: {error}") from error
    except (ValueError, UnicodeDecodeError) as error:
        raise LoadError(f"{path.name}: cannot be decoded: {error}") from error
    if not isinstance(frame, geopandas.GeoDataFrame):
        frame = geopandas.GeoDataFrame(frame)
    if frame.empty:
        raise LoadError(f"{path.name}: holds no rows")
    return frame, []


def _read_csv(
    path: Path, sha256: str, encoding: str | None, mapping: Mapping[str, str]
) -> Source:
    """A delimited text file, every cell as text."""
    raw = path.read_bytes()
    if path.suffix.lower() == ".gz":
        raw = zlib.decompress(raw, wbits=31)
    text, found = _decode(raw, encoding, path.name)
    delimiter = _delimiter(text)
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=delimiter,
            dtype=str,
            keep_default_na=False,
            skipinitialspace=True,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise LoadError(f"{path.name}: cannot be read as CSV: {error}") from error
    if frame.empty:
        raise LoadError(f"{path.name}: holds no rows")
    columns = {str(c).strip(): frame[c].to_numpy(dtype=object) for c in frame.columns}
    notes = [f"编码 encoding: {found}"]
    renamed = {mapping.get(name, name).lower(): name for name in columns}
    found_at = _positions(columns, renamed)
    return Source(
        path.name, sha256, columns, found_at, None, notes, has_position_columns=True
    )


def _decode(raw: bytes, encoding: str | None, name: str) -> tuple[str, str]:
    """Text of the bytes, and the encoding that gave it."""
    if encoding:
        try:
            return raw.decode(codecs.lookup(encoding).name), encoding
        except (LookupError, UnicodeDecodeError) as error:
            raise LoadError(f"{name}: --encoding {encoding}: {error}") from error
    for candidate in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(candidate), candidate.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    raise LoadError(
        f"{name}: the text is neither UTF-8 nor GB 18030; state it with --encoding"
    )


def _delimiter(text: str) -> str:
    """The delimiter that stands most often in the header line."""
    header = next(csv.reader(io.StringIO(text), delimiter="\n"), [""])
    line = header[0] if header else ""
    return max(_DELIMITERS, key=line.count)


def _positions(
    columns: Mapping[str, np.ndarray[Any, Any]], names: Mapping[str, str]
) -> np.ndarray[Any, Any] | None:
    """Points of the lon/lat columns, or geometries of a WKT column."""
    lon = next((names[n] for n in _LON if n in names), None)
    lat = next((names[n] for n in _LAT if n in names), None)
    if lon is not None and lat is not None:
        x = pd.to_numeric(pd.Series(columns[lon]), errors="coerce").to_numpy()
        y = pd.to_numeric(pd.Series(columns[lat]), errors="coerce").to_numpy()
        points = np.full(len(x), None, dtype=object)
        known = np.isfinite(x) & np.isfinite(y)
        points[known] = shapely.points(x[known], y[known])
        return points
    wkt = next((names[n] for n in _WKT if n in names), None)
    if wkt is not None:
        parsed = shapely.from_wkt(columns[wkt], on_invalid="ignore")
        return np.asarray(parsed, dtype=object)
    return None
