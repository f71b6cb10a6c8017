"""XLSX -> columns of text: titles above the header, merged cells, several sheets."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
from numpy.typing import NDArray
from openpyxl.worksheet.worksheet import Worksheet

from gis.errors import LoadError
from gis.load.grid import find_header, name_columns

Columns = dict[str, NDArray[np.object_]]


def read_sheet(
    path: Path, *, table: str | None = None, header_row: int | None = None
) -> tuple[Columns, list[str]]:
    """Columns of one sheet, every cell as text or None, and what is to be said of it.

    Parameters
    ----------
    table : name of the sheet, needed where several hold anything
    header_row : number of the header's row, from 1; found when not given

    Raises
    ------
    LoadError : unreadable, empty, ambiguous
    """
    try:
        book = openpyxl.load_workbook(path, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise LoadError(
            f"{path.name}: 不是 XLSX cannot be read as XLSX: {error}"
        ) from error
    sheet = _choose(book, path.name, table)
    rows, tall, merged = _cells(sheet)
    first = find_header(rows, path.name, header_row)
    last = max([first, *(bottom for top, bottom in tall if top == first)])
    names = name_columns(rows, first, last, path.name)
    body = [row for row in rows[last + 1 :] if any(row)]
    if not body:
        raise LoadError(f"{path.name}: 没有数据行 holds no rows")
    columns = {
        name: np.array([row[i] for row in body], dtype=object)
        for i, name in enumerate(names)
        if name
    }
    where = f"{first + 1}" if first == last else f"{first + 1}-{last + 1}"
    notes = [f"工作表 sheet: {sheet.title}", f"表头行 header row: {where}"]
    if merged:
        notes.append(f"填充合并单元格 merged cells filled: {merged}")
    return columns, notes


def _choose(book: openpyxl.Workbook, name: str, table: str | None) -> Worksheet:
    """The sheet that is asked for, or the only one that is shown and holds anything."""
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if table is not None:
        if table not in sheets:
            raise LoadError(f"{name}: --table {table}: not one of {', '.join(sheets)}")
        return sheets[table]
    full = [
        sheet
        for sheet in sheets.values()
        if sheet.sheet_state == "visible"
        and any(cell is not None for row in sheet.values for cell in row)
    ]
    if not full:
        raise LoadError(f"{name}: 没有数据行 holds no rows")
    if len(full) > 1:
        titles = ", ".join(sheet.title for sheet in full)
        raise LoadError(
            f"{name}: holds {len(full)} tables, say which with --table: {titles}"
        )
    return full[0]


def _cells(
    sheet: Worksheet,
) -> tuple[list[list[str | None]], list[tuple[int, int]], int]:
    """Rows of text with merged ranges filled; (top, bottom) of header rows; merges.

    A range merged sideways is a group, whose columns are named in the row below it.
    """
    rows = [[_text(cell) for cell in row] for row in sheet.values]
    tall: list[tuple[int, int]] = []
    merged = 0
    width = max(map(len, rows), default=0)
    for area in sheet.merged_cells.ranges:
        top, left = area.min_row - 1, area.min_col - 1
        bottom, right = area.max_row - 1, area.max_col - 1
        value = rows[top][left]
        for row in rows[top : bottom + 1]:
            row[left : right + 1] = [value] * (right - left + 1)
        merged += 1
        if right - left + 1 < width:
            tall.append((top, bottom if right == left else bottom + 1))
    return rows, tall, merged


def _text(value: object) -> str | None:
    """A cell as the text that a CSV would hold."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case dt.datetime():
            midnight = value.time() == dt.time()
            return value.date().isoformat() if midnight else value.isoformat(" ")
        case float() if value.is_integer() and abs(value) < 2**53:
            return str(int(value))
        case _:
            return str(value).strip() or None
