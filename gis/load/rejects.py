"""Refused rows as a file to be edited, and that file read again."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pandas as pd

from gis.errors import LoadError
from gis.load.cells import write_book
from gis.load.read import read_source
from gis.load.source import Source

NUMBER = "行号 row"
REASON = "原因 reason"
REPAIR = "修复 repair"

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
    return _write_table(path, table, "rejects")


def write_repairs(
    path: Path | None, rows: Sequence[tuple[int, str | None, str]]
) -> str:
    """Write which rows were repaired and how; see `write_rejects`."""
    return _write_table(
        path, [[NUMBER, "编码 code", REPAIR], *map(list, rows)], "repairs"
    )


def _write_table(path: Path | None, table: list[list[Any]], sheet: str) -> str:
    if path is None:
        _write_csv(sys.stdout, table)
        return "stdout"
    if path.suffix.lower() == ".xlsx":
        write_book(path, sheet, table)
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
    again = sorted({int(n) for n in rows[pd.Series(rows).duplicated()]})
    if again:
        raise LoadError(
            f"{path.name}: {NUMBER}: 行号重复 {', '.join(map(str, again[:10]))} stand "
            "twice; keep one line of each, and load new rows as a file of their own"
        )
    return replace(source, name=name, columns=columns, row_numbers=rows)
