"""What GDAL and GeoParquet hold -> a frame, with what is missing said."""

from __future__ import annotations

import codecs
import gzip
import warnings
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import orjson
import pandas as pd
import pyogrio
import pyogrio.raw
import shapely
from numpy.typing import NDArray

from gis.errors import LoadError
from gis.load.source import MENDED, UNREADABLE
from gis.load.text import find_encoding
from gis.load.wkt import CLOSED, LINEARISED
from gis.load.wkt import UNREADABLE as NO_GEOMETRY

_ENCODED = {".shp", ".dbf", ".tab", ".mif"}
_CURVED = {".gpkg", ".gdb", ".gml"}  # formats that know arcs
_ARCS = (8, 9, 10)  # CircularString, CompoundCurve, CurvePolygon of ISO WKB
_MULTI = (11, 12)  # MultiCurve, MultiSurface, whose parts may be straight
_ARC_MARKS = [
    b"\1" + (kind + more).to_bytes(4, "little") for kind in _ARCS for more in (0, 1000)
]
_CLOCKWISE = {".shp", ".gdb"}  # formats whose outer rings run the other way
# how KML draws a place, which every file has and no layer keeps
_KML = (
    "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility",
    "drawOrder", "icon",
)  # fmt: skip
# these state degrees of WGS 84 by their own definition, whatever they hold
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
            # what GDAL or GEOS cannot read is refused by its row's own check
            warnings.simplefilter("ignore")
            frame = _read_rows(path, source, chosen, encoding)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        # its own words, without its address of the file and advice about its drivers
        why = str(error).replace(f"'{source}' ", "").split(";")[0].strip()
        raise LoadError(f"{path.name}: 无法读取 cannot be read: {why}") from error
    except (ValueError, UnicodeDecodeError, LookupError) as error:
        raise LoadError(f"{path.name}: cannot be decoded: {error}") from error
    if path.suffix.lower() in (".kml", ".kmz"):
        frame = frame.drop(columns=[c for c in _KML if c in frame.columns])
    suffix = path.with_suffix("").suffix if source != str(path) else path.suffix
    srid = None if suffix.lower() in _UNDECLARED else _srid(frame)
    return frame, srid, notes


def _read_rows(
    path: Path, source: str, table: str, encoding: str | None
) -> pd.DataFrame:
    """Rows of a table; which rings were open and which lines curved is noted.

    Open rings are closed, and GDAL draws arcs as chords.
    """
    options: dict[str, Any] = {"layer": table, "encoding": encoding}
    driver = pyogrio.read_info(source, layer=table, encoding=encoding)["driver"]
    if driver == "GeoJSON":
        options["DATE_AS_STRING"] = "YES"  # GDAL's instants end at the millisecond
    try:
        frame = pyogrio.read_dataframe(source, on_invalid="raise", **options)
    except shapely.errors.GEOSException:
        frame = pyogrio.read_dataframe(source, on_invalid="fix", **options)
        read = pyogrio.read_dataframe(source, on_invalid="ignore", **options)
        told = _wkb_told(source, options)
        known = ~frame.geometry.isna().to_numpy()
        frame.attrs[MENDED] = {CLOSED: known & read.geometry.isna().to_numpy()}
        frame.attrs[UNREADABLE] = {NO_GEOMETRY: told & ~known}
    if driver == "JSONFG":
        _restore_instants(frame, path)
    suffix = Path(source).suffix.lower()
    if _has_geometry(frame) and suffix in (".kml", ".kmz"):
        # KML has a height everywhere; where it is nought there is none
        shapes = np.asarray(frame.geometry.array)
        if not np.nan_to_num(
            shapely.get_coordinates(shapes, include_z=True)[:, 2]
        ).any():
            flat = geopandas.GeoSeries(shapely.force_2d(shapes), frame.index, frame.crs)
            frame = frame.set_geometry(flat)
    if _has_geometry(frame) and suffix in _CURVED:
        meta, rows = pyogrio.read_arrow(source, layer=table, columns=[])
        name = meta["geometry_name"] or "wkb_geometry"
        arcs = [_has_arc(one) for one in rows[name].to_pylist()]
        frame.attrs.setdefault(MENDED, {})[LINEARISED] = np.array(arcs, dtype=bool)
    if _has_geometry(frame) and suffix in _CLOCKWISE:
        shapes = np.asarray(frame.geometry.array)
        turned = shapely.orient_polygons(shapes)
        frame = frame.set_geometry(geopandas.GeoSeries(turned, frame.index, frame.crs))
    return frame


def _restore_instants(frame: pd.DataFrame, path: Path) -> None:
    """Put instants as JSON-FG states them in place of those that GDAL cut off."""
    instants = [n for n in frame.columns if "datetime" in str(frame[n].dtype)]
    if not instants:
        return
    opened = gzip.open if path.suffix.lower() == ".gz" else Path.open
    with opened(path, "rb") as file:
        told = orjson.loads(file.read())
    features = told.get("features", [told])
    if len(features) != len(frame):
        return
    for name in instants:
        cells = [(one.get("properties") or {}).get(name) for one in features]
        frame[name] = pd.Series(cells, frame.index, dtype=object)


def _has_arc(wkb: bytes | None) -> bool:
    """Whether a geometry as the file holds it has an arc (ISO WKB, little endian)."""
    if wkb is None:
        return False
    kind = int.from_bytes(wkb[1:5], "little") % 1000
    if kind in _MULTI:
        return any(mark in wkb for mark in _ARC_MARKS)
    return kind in _ARCS


def _wkb_told(source: str, options: dict[str, Any]) -> NDArray[np.bool_]:
    """(n,) whether a row of the file states a geometry, readable or not."""
    raw = pyogrio.raw.read(source, columns=[], **options)[2]
    return np.array([one is not None for one in raw], dtype=bool)


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
