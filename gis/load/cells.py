"""Rows -> a spreadsheet in which text stays text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

_TAKEN_FOR_MORE = ("=", "#")  # a formula, an error


def write_book(path: Path, title: str, rows: Iterable[Sequence[Any]]) -> None:
    """Write rows as a book of one sheet.

    Text that a spreadsheet would compute with stands there as text; characters that a
    spreadsheet cannot hold are left out.
    """
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    book.save(path)


def _cell(sheet: Any, value: Any) -> Any:  # noqa: ANN401  # what a sheet takes
    if isinstance(value, float) and float(f"{value:.16g}") != value:
        # the library writes 16 digits, and some numbers have 17
        number = WriteOnlyCell(sheet, repr(float(value)))
        number.data_type = "n"
        return number
    if not isinstance(value, str):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("", value)
    if not text.startswith(_TAKEN_FOR_MORE):
        return text
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    return cell
