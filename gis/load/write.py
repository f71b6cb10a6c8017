"""A frame of a layer -> a file of any format that the loader reads back unchanged."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import geopandas
import pandas as pd
import shapely

from gis.errors import LoadError
from gis.load.cells import write_book
from gis.load.shortnames import short_names

_CELL = 32_767  # characters that a spreadsheet's cell holds
_FIELD = 254  # bytes that a shapefile's text holds


def write_frame(frame: pd.DataFrame, path: Path, form: str, layer: str) -> None:
    """Write a file, whole or not at all.

    Parameters
    ----------
    form : key of WRITERS
    layer : name of the table in formats that name one

    Raises
    ------
    LoadError : the format cannot hold this layer; the message names one that can
    """
    scratch = path.with_name(f".{path.stem}.writing{path.suffix}")
    try:
        WRITERS[form](frame, scratch, layer)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def _geojson(frame: pd.DataFrame, path: Path, layer: str) -> None:
    """RFC 7946, every digit of the coordinates kept."""
    shapes = _shapes(frame)
    rows = _plain(frame).to_dict("records")
    with path.open("w", encoding="utf-8") as file:
        file.write(f'{{"type":"FeatureCollection","name":{json.dumps(layer)},')
        file.write('"features":[')
        for i, row in enumerate(rows):
            shape = None if shapes is None else shapes[i]
            at = None if shape is None else shapely.geometry.mapping(shape)
            told = {k: None if v is pd.NA or v != v else v for k, v in row.items()}
            feature = {"type": "Feature", "geometry": at, "properties": told}
            text = json.dumps(feature, ensure_ascii=False, separators=(",", ":"))
            file.write(("," if i else "") + "\n" + text)
        file.write("\n]}\n")


def _csv(frame: pd.DataFrame, path: Path, layer: str) -> None:
    table = _table(frame)
    table.to_csv(path, index=False, encoding="utf-8-sig")


def _xlsx(frame: pd.DataFrame, path: Path, layer: str) -> None:
    table = _table(frame)
    rows = [
        [None if pd.isna(cell) else cell for cell in row]
        for row in table.itertuples(index=False)
    ]
    # before the book is opened: one left half-written cannot be closed
    for row in rows:
        if any(isinstance(cell, str) and len(cell) > _CELL for cell in row):
            raise LoadError(
                f"{layer}: {row[0]}: 单元格放不下 a spreadsheet's cell holds at most "
                f"{_CELL:,} characters; use --format gpkg"
            )
    write_book(path, layer, [list(table.columns), *rows])


def _parquet(frame: pd.DataFrame, path: Path, layer: str) -> None:
    frame.to_parquet(path, index=False)


def _driver(name: str, **options: Any) -> Callable[..., None]:  # noqa: ANN401  # GDAL's
    def write(frame: pd.DataFrame, path: Path, layer: str) -> None:
        import pyogrio

        if name != "GPKG" and not isinstance(frame, geopandas.GeoDataFrame):
            raise LoadError(
                f"{layer}: 没有位置 has no geometry; use --format csv, xlsx or gpkg"
            )
        extra = {"layer": layer} if name == "GPKG" else {}
        pyogrio.write_dataframe(frame, path, driver=name, **options, **extra)

    return write


def _shp(frame: pd.DataFrame, path: Path, layer: str) -> None:
    """A zip of the shapefile and its companions, in UTF-8, short names declared."""
    for name in frame.columns:
        long = [
            v for v in frame[name] if isinstance(v, str) and len(v.encode()) > _FIELD
        ]
        if long:
            raise LoadError(
                f"{layer}.{name}: 文字过长 a shapefile's text holds at most {_FIELD} "
                f"bytes, found {len(long[0].encode())}; use --format gpkg"
            )
    named = frame.rename(columns=short_names([str(c) for c in frame.columns]))
    # a shapefile's flags are read back as numbers: words say what they are
    for name in named.columns.drop("geometry", errors="ignore"):
        if named[name].map(type).isin([bool]).any():
            named[name] = named[name].map({True: "true", False: "false"})
    _zip(_driver("ESRI Shapefile", encoding="UTF-8"), named, path, f"{layer}.shp")


def _kml(frame: pd.DataFrame, path: Path, layer: str) -> None:
    """KML, whose driver writes 15 digits: numbers that have more stand as text."""
    told = frame.copy()
    for name in told.columns:
        if told[name].dtype.kind == "f":
            texts = [None if v != v else repr(float(v)) for v in told[name]]
            if any(t and float(f"{float(t):.15g}") != float(t) for t in texts):
                told[name] = pd.Series(texts, told.index, dtype=object)
    _driver("LIBKML")(told, path, layer)


def _gdb(frame: pd.DataFrame, path: Path, layer: str) -> None:
    """A zip of the folder that a file geodatabase is."""
    write = _driver(
        "OpenFileGDB",
        TARGET_ARCGIS_VERSION="ARCGIS_PRO_3_2_OR_LATER",  # whole numbers of 64 bits
        # its lattice by default is a tenth of a millimetre; a millionth keeps ours
        XORIGIN=-400,
        YORIGIN=-400,
        XYSCALE=1e12,
    )
    _zip(write, frame, path, f"{layer}.gdb")


def _zip(
    write: Callable[[pd.DataFrame, Path, str], None],
    frame: pd.DataFrame,
    path: Path,
    name: str,
) -> None:
    """What a writer of several files writes, as one."""
    with tempfile.TemporaryDirectory(prefix="citygrid-") as folder:
        target = Path(folder) / name
        write(frame, target, target.stem)
        with ZipFile(path, "w", ZIP_DEFLATED) as archive:
            for file in sorted(p for p in Path(folder).rglob("*") if p.is_file()):
                archive.write(file, str(file.relative_to(folder)))


def _shapes(frame: pd.DataFrame) -> Any:  # noqa: ANN401  # array of shapely's
    if isinstance(frame, geopandas.GeoDataFrame):
        return frame.geometry.to_numpy()
    return None


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns without positions, as objects of Python."""
    if isinstance(frame, geopandas.GeoDataFrame):
        frame = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    return frame.astype(object)


def _table(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns with positions as lon and lat, or WKT where they are no points."""
    shapes, table = _shapes(frame), _plain(frame)
    for name in table.columns:
        if table[name].map(type).isin([bool]).any():
            table[name] = table[name].map({True: "true", False: "false"})
    if shapes is None:
        return table
    if len(shapes) and (shapely.get_type_id(shapes) == 0).all():
        table["lon"], table["lat"] = shapely.get_x(shapes), shapely.get_y(shapes)
    else:
        table["wkt"] = shapely.to_wkt(shapes, rounding_precision=-1)
    return table


WRITERS: dict[str, Callable[[pd.DataFrame, Path, str], None]] = {
    "geojson": _geojson,
    "csv": _csv,
    "xlsx": _xlsx,
    "gpkg": _driver("GPKG"),
    "fgb": _driver("FlatGeobuf", SPATIAL_INDEX="NO"),
    "parquet": _parquet,
    "shp": _shp,
    "jsonfg": _driver(
        "JSONFG", COORDINATE_PRECISION_GEOMETRY=17, COORDINATE_PRECISION_PLACE=17
    ),
    "kml": _kml,
    "gdb": _gdb,
}
SUFFIXES = {form: f".{form}" for form in WRITERS} | {
    "shp": ".zip",
    "gdb": ".zip",
    "jsonfg": ".json",
}
