"""The formats of items beside GeoJSON and pages: one table, one file each.

All of them are written from the same typed table, so that values are equal across
formats. Coordinates stand in the order x (or lon), y (or lat), as files have them.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from pyproj import CRS

from layers import Column

DEGREES_SRID = 4326
BATCH = 500  # rows held as Python values at a time
#: Characters that a cell of a spreadsheet can hold; a longer WKT is left out.
LONGEST_CELL = 32_767

_ARROW: Mapping[str, pa.DataType] = {
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us", tz="UTC"),
}
_GEOMETRY = "geometry"


@dataclass(frozen=True)
class Sheet:
    """Rows of a layer, typed, with what is needed to write them down.

    Parameters
    ----------
    table : columns as declared and, where places are seen, `geometry` as WKB
    heads : column name -> its title in the file
    srid : EPSG code of the coordinates; 4326 stands for CRS84
    geometry : type of the geometries; None without places
    """

    layer: str
    table: pa.Table
    heads: Mapping[str, str]
    srid: int
    geometry: str | None

    def part(self, rows: Sequence[Sequence[Any]]) -> pa.RecordBatch:
        """Rows as columns: a value per field, whatever stands behind them left out."""
        arrays = [
            pa.array([_finite(row[i]) for row in rows], field.type)
            for i, field in enumerate(self.table.schema)
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.table.schema)

    def of(self, parts: Sequence[pa.RecordBatch]) -> Sheet:
        """The sheet with these rows."""
        return replace(self, table=pa.Table.from_batches(parts, self.table.schema))


def build_sheet(
    layer: str,
    columns: Mapping[str, Column],
    *,
    heads: Mapping[str, str],
    srid: int,
    geometry: str | None,
) -> Sheet:
    """A typed table without rows: a field per column, then the geometry as WKB."""
    fields = [
        pa.field(name, _ARROW.get(column.type, pa.string()))
        for name, column in columns.items()
    ]
    if geometry:
        wkb = {"ARROW:extension:name": "geoarrow.wkb"}
        fields.append(pa.field(_GEOMETRY, pa.binary(), metadata=wkb))
    return Sheet(layer, pa.schema(fields).empty_table(), heads, srid, geometry)


def _finite(value: object) -> object:
    """The value; no number that GeoJSON could not hold."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _records(sheet: Sheet) -> Iterator[list[object]]:
    """Heads, then rows: values as they are and the place as coordinates or WKT."""
    names = [name for name in sheet.table.column_names if name != _GEOMETRY]
    pairs = {True: ["lon", "lat"], False: ["x", "y"]}[
        CRS.from_epsg(sheet.srid).is_geographic
    ]
    is_point = sheet.geometry == "Point"
    places = (pairs if is_point else ["wkt"]) if sheet.geometry else []
    yield [*(sheet.heads.get(name, name) for name in (*names, *places))]
    for batch in sheet.table.to_batches(max_chunksize=BATCH):
        held = batch.to_pydict()
        columns = [held[name] for name in names]
        if sheet.geometry:
            shapes = shapely.from_wkb(held[_GEOMETRY])
            if is_point:
                columns += [
                    [None if math.isnan(v) else v for v in axis(shapes).tolist()]
                    for axis in (shapely.get_x, shapely.get_y)
                ]
            else:
                columns.append(
                    [s and shapely.to_wkt(s, rounding_precision=-1) for s in shapes]
                )
        for row in zip(*columns, strict=True):
            yield list(row)


def write_csv(sheet: Sheet, path: Path) -> None:
    """CSV as spreadsheets expect it: byte order mark, no text taken for a formula."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerows([_csv_text(v) for v in row] for row in _records(sheet))


def _csv_text(value: object) -> str:
    """A value as text; an apostrophe before what would be a formula."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case str() if value[:1] in ("=", "+", "-", "@", "\t", "\r"):
            return "'" + value
        case _:
            return str(value)


def write_xlsx(sheet: Sheet, path: Path) -> None:
    """A workbook of one sheet: dates are dates, texts are never formulas."""
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet.layer[:31])
    page.freeze_panes = "A2"
    records = _records(sheet)
    bold = Font(bold=True)
    heads = [WriteOnlyCell(page, str(head)) for head in next(records)]
    for cell in heads:
        cell.font = bold
        cell.data_type = "s"
    page.append(heads)
    for record in records:
        page.append([_xlsx_cell(page, value) for value in record])
    book.save(path)


def _xlsx_cell(page: Any, value: object) -> object:  # noqa: ANN401  # openpyxl's sheet
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, str):
        text = ILLEGAL_CHARACTERS_RE.sub("", value)
        cell = WriteOnlyCell(page, text if len(text) <= LONGEST_CELL else None)
        cell.data_type = "s"
        return cell
    return value


def write_parquet(sheet: Sheet, path: Path) -> None:
    """GeoParquet 1.1; a plain table where no places are seen."""
    table = sheet.table
    if sheet.geometry:
        column: dict[str, Any] = {"encoding": "WKB", "geometry_types": []}
        if sheet.srid != DEGREES_SRID:  # without a CRS it is CRS84
            column["crs"] = CRS.from_epsg(sheet.srid).to_json_dict()
        geo = {
            "version": "1.1.0",
            "primary_column": _GEOMETRY,
            "columns": {_GEOMETRY: column},
        }
        table = table.replace_schema_metadata({b"geo": orjson.dumps(geo)})
    pq.write_table(table, path, compression="zstd")


def write_flatgeobuf(sheet: Sheet, path: Path) -> None:
    """FlatGeobuf in the order asked, hence without its own spatial index."""
    _write_gdal(sheet, path, "FlatGeobuf", SPATIAL_INDEX="NO")


def write_geopackage(sheet: Sheet, path: Path) -> None:
    """GeoPackage of one table."""
    _write_gdal(sheet, path, "GPKG")


def _write_gdal(sheet: Sheet, path: Path, driver: str, **options: str) -> None:
    place: dict[str, Any] = {}
    if sheet.geometry:
        place = {
            "geometry_name": _GEOMETRY,
            "geometry_type": sheet.geometry,
            "crs": f"EPSG:{sheet.srid}",
        }
    pyogrio.write_arrow(
        sheet.table, path, layer=sheet.layer, driver=driver, **place, **options
    )


@dataclass(frozen=True)
class Format:
    """One format that a page of items can be written in."""

    name: str
    media_type: str
    suffix: str
    write: Callable[[Sheet, Path], None]

    @property
    def title(self) -> str:
        """What a link to it says, in English."""
        return f"This document as {self.name}"


#: Value of `f` -> format.
FORMATS: Mapping[str, Format] = {
    "csv": Format("CSV", "text/csv", "csv", write_csv),
    "xlsx": Format(
        "Excel",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xlsx",
        write_xlsx,
    ),
    "gpkg": Format(
        "GeoPackage",
        "application/geopackage+sqlite3",
        "gpkg",
        write_geopackage,
    ),
    "fgb": Format(
        "FlatGeobuf",
        "application/vnd.flatgeobuf",
        "fgb",
        write_flatgeobuf,
    ),
    "parquet": Format(
        "GeoParquet",
        "application/vnd.apache.parquet",
        "parquet",
        write_parquet,
    ),
}
