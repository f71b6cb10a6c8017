"""One table: media type -> how a Result becomes bytes.

Figures are written as they were computed, never rounded; a workbook keeps sixteen
digits. Coordinates leave in CRS84 (lon, lat), to nine decimals: a tenth of a
millimetre. A text that a spreadsheet would take for a formula is preceded by an
apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

import numpy as np
import orjson
import shapely
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from pyproj import CRS

from layers import transformer
from processes._errors import InvalidInput
from processes._spec import CSV, GEOJSON, JSON, XLSX, Result

_LON_LAT_DECIMALS = 9
_BOM = "\ufeff"
#: Of a workbook: rows of a sheet below its head, letters of a cell, of a sheet's name.
_MOST_ROWS, _LONGEST_TEXT, _LONGEST_NAME = 1_048_575, 32_767, 31


def render(result: Result, media_type: str, lang: str = "zh") -> bytes:
    """The answer as bytes of a media type.

    Parameters
    ----------
    result : its geometry in its working CRS
    lang : `zh` or `en`, for column heads and sheet names

    Raises
    ------
    InvalidInput : the process does not answer in this media type
    """
    writer = _WRITERS.get(media_type)
    if writer is None:
        known = ", ".join(_WRITERS)
        raise InvalidInput("format", media_type, f"must be one of {known}")
    return writer(result, lang)


def _geojson(result: Result, lang: str) -> bytes:
    geometry = _lon_lat(result)
    features = [
        {
            "type": "Feature",
            "id": row[result.id_column],
            "properties": row,
            "geometry": shape,
        }
        for row, shape in zip(result.rows, geometry, strict=True)
    ]
    return orjson.dumps(
        {
            "type": "FeatureCollection",
            "features": features,
            "numberReturned": len(features),
            "reconciliation": result.reconciliation,
            "notes": [note[lang] for note in result.notes],
        }
    )


def _lon_lat(result: Result) -> list[object]:
    """GeoJSON geometries in lon, lat; None where a row has none."""
    geometry = result.geometry
    if geometry is None and result.lookup is not None:
        geometry = tuple(result.lookup())
    if geometry is None or result.srid is None:
        return [None] * len(result.rows)
    forward = transformer(result.srid, _geographic(result.srid))
    shapes = np.array(geometry, dtype=object)

    def project(xy: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        lon, lat = forward.transform(xy[:, 0], xy[:, 1])
        return np.round(np.column_stack([lon, lat]), _LON_LAT_DECIMALS)

    moved = shapely.transform(shapes, project)
    texts = shapely.to_geojson(moved)
    return [None if text is None else orjson.Fragment(text) for text in texts]


@cache
def _geographic(srid: int) -> int:
    """EPSG code of the geographic CRS that a projected one is made from."""
    base = CRS.from_epsg(srid).geodetic_crs
    code = base.to_epsg() if base is not None else None
    return srid if code is None else int(code)


def _json(result: Result, lang: str) -> bytes:
    if result.body is not None:
        body = {k: v for k, v in result.body.items() if k != "matrix"}
        return orjson.dumps({**body, "notes": [note[lang] for note in result.notes]})
    return orjson.dumps(
        {
            "process": result.process,
            "rows": result.rows,
            "reconciliation": result.reconciliation,
            "notes": [note[lang] for note in result.notes],
        }
    )


def columns_of(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Columns of flat records in order of first appearance."""
    return list(dict.fromkeys(name for row in rows for name in row))


def cell(value: object) -> object:
    """A value as one table cell: nothing for None, a text safe in a spreadsheet.

    Examples
    --------
    >>> cell("=1+1"), cell(None), cell(0.5)
    ("'=1+1", '', 0.5)
    """
    if value is None:
        return ""
    if isinstance(value, dict | list | tuple):
        return orjson.dumps(value).decode()
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value


def _csv(result: Result, lang: str) -> bytes:
    names = columns_of(result.rows)
    text = io.StringIO()
    text.write(_BOM)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(names)
    for row in result.rows:
        writer.writerow([_number(cell(row.get(name))) for name in names])
    return text.getvalue().encode()


def _number(value: object) -> object:
    """Floats in full, so that a sum of the column is the sum of the figures."""
    return repr(value) if isinstance(value, float) else value


def _xlsx(result: Result, lang: str) -> bytes:
    book = Workbook(write_only=True)
    matrix, ledger, table, notes = {
        "zh": ("矩阵", "台账", "结果", "说明与版本"),
        "en": ("Matrix", "Ledger", "Result", "Notes and versions"),
    }[lang]
    if result.body is not None and "matrix" in result.body:
        _fill(book.create_sheet(matrix), result.body["matrix"])
        table = ledger
    _fill(book.create_sheet(table), result.rows)
    remarks = [{"key": "note", "value": note[lang]} for note in result.notes]
    known = {f"inputs.{k}": v for k, v in result.inputs.items()}
    known.update(result.reconciliation)
    tables = {k: v for k, v in known.items() if _is_table(v)}
    facts = [{"key": k, "value": v} for k, v in known.items() if k not in tables]
    _fill(book.create_sheet(notes), [*remarks, *facts])
    for name, rows in tables.items():
        _fill(book.create_sheet(name[:_LONGEST_NAME]), rows)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _is_table(value: Any) -> bool:  # noqa: ANN401  # any JSON value
    """Whether a fact is a list of records, such as the ledger of `gap`."""
    is_list = isinstance(value, list | tuple) and len(value) > 0
    return is_list and all(isinstance(one, dict) for one in value)


def _fill(sheet: WriteOnlyWorksheet, rows: Iterable[Mapping[str, Any]]) -> None:
    """One sheet: a bold head that stays in view, then the records.

    Raises
    ------
    InvalidInput : there are more than a sheet can hold
    """
    records = list(rows)
    if len(records) > _MOST_ROWS:
        limit = f"holds {_MOST_ROWS} rows at most, {len(records)} found; ask for csv"
        raise InvalidInput("format", "xlsx", limit)
    names = columns_of(records)
    sheet.freeze_panes = "B2"
    head = []
    for name in names:
        title = WriteOnlyCell(sheet, value=name)
        title.font = Font(bold=True)
        head.append(title)
    sheet.append(head)
    for row in records:
        sheet.append([_short(cell(row.get(name))) for name in names])


def _short(value: object) -> object:
    """A value that a sheet's cell can hold; of a longer text, where to find it."""
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return f"{len(value)} characters: see json"
    return value


_WRITERS: Mapping[str, Callable[[Result, str], bytes]] = {
    GEOJSON: _geojson,
    JSON: _json,
    CSV: _csv,
    XLSX: _xlsx,
}
