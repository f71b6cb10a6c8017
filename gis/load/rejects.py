"""Refused rows as a file to be edited, and that file read again."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import openpyxl

from gis.errors import LoadError
from gis.load.read import read_source
from gis.load.source import Source

NUMBER = "行号 row"
REASON = "原因 reason"

Row = tuple[int, str, Mapping[str, str | None]]


def write_rejects(path: Path | None, rows: Sequence[Row]) -> str:
    """Write rows in their file's own columns, row number and reason in front.

    Parameters
    ----------
    path : a .csv or .xlsx file; None writes CSV to standard output

    Returns
    -------
    Where they were written, for a message
    """
    headers = list(dict.fromkeys(h for _, _, content in rows for h in content))
    table: list[list[Any]] = [
        [NUMBER, REASON, *headers],
        *([n, why, *(content.get(h) for h in headers)] for n, why, content in rows),
    ]
    if path is None:
        _write_csv(sys.stdout, table)
        return "stdout"
    if path.suffix.lower() == ".xlsx":
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("rejects")
        for line in table:
            sheet.append(line)
        book.save(path)
    else:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            _write_csv(file, table)
    return str(path)


def _write_csv(file: TextIO, table: Sequence[Sequence[Any]]) -> None:
    csv.writer(file).writerows(table)


def read_fixed(path: Path, name: str, mapping: Mapping[str, str]) -> Source:
    """The edited file as rows of the file they came from.

    Parameters
    ----------
    name : that file's name, which codes made from a row's content begin with
    mapping : header -> column, as that file was loaded

    Raises
    ------
    LoadError : it lacks the column of row numbers
    """
    source = read_source(path, header_row=1, mapping=mapping, whole=True)
    columns = dict(source.columns)
    numbers = columns.pop(NUMBER, None)
    columns.pop(REASON, None)
    if numbers is None:
        raise LoadError(
            f"{path.name}: 缺少列 lacks the column {NUMBER!r}: edit the file that "
            "citygrid load rejects N --out wrote, and keep its first column"
        )
    try:
        rows = np.array([int(float(n)) for n in numbers], dtype=np.int64)
    except (TypeError, ValueError) as error:
        raise LoadError(f"{path.name}: {NUMBER}: {error}") from error
    return replace(source, name=name, columns=columns, row_numbers=rows)
