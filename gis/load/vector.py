"""What GDAL and GeoParquet hold -> a frame, with what is missing said."""

from __future__ import annotations

import codecs
import warnings
from pathlib import Path

import geopandas
import pandas as pd
import pyogrio

from gis.errors import LoadError
from gis.load.text import find_encoding

_ENCODED = {".shp", ".dbf", ".tab", ".mif"}
# these state degrees of WGS 84 by their own definition, whatever they hold
# how KML draws a place, which every file has and no layer keeps
_KML = (
    "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility",
    "drawOrder", "icon",
)  # fmt: skip
_UNDECLARED = {".geojson", ".json", ".kml", ".kmz"}


def read_vector(
    path: Path, *, table: str | None = None, encoding: str | None = None
) -> tuple[pd.DataFrame, int | None, list[str]]:
    """Rows of a file, the EPSG code it declares, and what is to be said of it.

    Raises
    ------
    LoadError : unreadable, or several tables and none named
    """
    if path.suffix.lower() in (".parquet", ".geoparquet"):
        frame = _read_parquet(path)
        return frame, _srid(frame), []
    source = f"/vsigzip/{path}" if path.suffix.lower() == ".gz" else str(path)
    notes: list[str] = []
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
        chosen = table or tables[0]
        if path.suffix.lower() in _ENCODED:
            encoding, said = _shape_notes(path, source, chosen, encoding)
            notes += said
        with warnings.catch_warnings():
            # a value that GDAL cannot read is refused by its row's own check
            warnings.simplefilter("ignore", RuntimeWarning)
            frame = pyogrio.read_dataframe(source, layer=chosen, encoding=encoding)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise LoadError(f"{path.name}: cannot be read: {error}") from error
    except (ValueError, UnicodeDecodeError, LookupError) as error:
        raise LoadError(f"{path.name}: cannot be decoded: {error}") from error
    if path.suffix.lower() in (".kml", ".kmz"):
        frame = frame.drop(columns=[c for c in _KML if c in frame.columns])
    suffix = path.with_suffix("").suffix if source != str(path) else path.suffix
    srid = None if suffix.lower() in _UNDECLARED else _srid(frame)
    return frame, srid, notes


def _shape_notes(
    path: Path, source: str, table: str, encoding: str | None
) -> tuple[str | None, list[str]]:
    """Encoding of a shapefile's text, and which of its companions are missing."""
    companions = {
        file.suffix.lower()
        for file in path.parent.glob("*")
        if file.stem.lower() == path.stem.lower()
    }
    notes = []
    if path.suffix.lower() == ".shp" and ".prj" not in companions:
        notes.append("缺 .prj is missing: only --datum says what the coordinates are")
    if encoding is None and ".cpg" in companions:
        return None, notes
    if encoding is None:
        frame = pyogrio.read_dataframe(
            source, layer=table, encoding="ISO-8859-1", read_geometry=False
        )
        pieces = [str(name).encode("latin-1") for name in frame.columns]
        for column in frame.columns:
            if not pd.api.types.is_numeric_dtype(frame[column]):
                texts = frame[column].dropna().astype(str).unique()
                pieces += [text.encode("latin-1", "ignore") for text in texts]
        encoding = find_encoding(pieces, path.name, is_cut=True)
        notes.append(f"缺 .cpg is missing, 编码 encoding found: {encoding}")
    else:
        notes.append(f"编码 encoding: {encoding}")
        # GDAL's names of what Python calls latin-1 and its sisters
        encoding = codecs.lookup(encoding).name.replace("iso8859", "ISO-8859")
    return encoding, notes


def _read_parquet(path: Path) -> pd.DataFrame:
    """GeoParquet, or Parquet without positions."""
    try:
        return geopandas.read_parquet(path)
    except ValueError:
        pass  # no geo metadata: a table without geometry, or no Parquet at all
    except OSError as error:
        raise LoadError(f"{path.name}: cannot be read: {error}") from error
    try:
        return pd.read_parquet(path)
    except (ValueError, OSError) as error:
        raise LoadError(f"{path.name}: cannot be read: {error}") from error


def _srid(frame: pd.DataFrame) -> int | None:
    """EPSG code that a frame declares."""
    crs = getattr(frame, "crs", None) if _has_geometry(frame) else None
    return crs.to_epsg() if crs is not None else None


def _has_geometry(frame: pd.DataFrame) -> bool:
    return (
        isinstance(frame, geopandas.GeoDataFrame)
        and frame.active_geometry_name is not None
    )
