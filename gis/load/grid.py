"""Rows of cells -> named columns: where the header stands, and what it says."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gis.errors import LoadError

Cells = Sequence[str | None]
LOOK = 40  # a header that stands deeper must be stated

_NUMBER = re.compile(r"^[-+]?[\d,]*\.?\d+(e[-+]?\d+)?%?$", re.IGNORECASE)


def find_header(rows: Sequence[Cells], name: str, stated: int | None) -> int:
    """Index of the header row: the first that names more than half of the columns.

    A title over the table names one cell, or one merged over all; a row of data holds
    numbers.

    Parameters
    ----------
    rows : the first rows of the file, cells of merged ranges filled
    stated : the row as the caller counts it, from 1

    Raises
    ------
    LoadError : no row will do; the message says how to state one
    """
    if stated is not None:
        if not 1 <= stated <= len(rows):
            raise LoadError(
                f"{name}: --header-row {stated}: 超出范围 must be 1 to {len(rows)}"
            )
        return stated - 1
    width = max((len(_told(row)) for row in rows[:LOOK]), default=0)
    for index, row in enumerate(rows[:LOOK]):
        told = _told(row)
        if (
            told
            and len(set(told)) * 2 > width
            and not any(map(_NUMBER.match, told))
            and (len(told) > 1 or width == 1)
        ):
            return index
    raise LoadError(
        f"{name}: 找不到表头 no row looks like a header; state its number: "
        "--header-row N"
    )


def name_columns(rows: Sequence[Cells], first: int, last: int, name: str) -> list[str]:
    """Names of the columns from the header's rows; empty where a column has none.

    Of a header over several rows the lowest counts, with those above it in front where
    it alone would stand twice.

    Raises
    ------
    LoadError : two columns have the same name
    """
    width = max((len(row) for row in rows[first:]), default=0)
    stacks: list[list[str]] = []
    for column in range(width):
        stack: list[str] = []
        for row in rows[first : last + 1]:
            cell = (row[column] or "").strip() if column < len(row) else ""
            if cell and cell not in stack:
                stack.append(cell)
        stacks.append(stack)
    names = [stack[-1] if stack else "" for stack in stacks]
    twice = {n for n in names if n and names.count(n) > 1}
    names = [
        " ".join(stack) if told in twice else told
        for told, stack in zip(names, stacks, strict=True)
    ]
    still = sorted({n for n in names if n and names.count(n) > 1})
    if still:
        raise LoadError(
            f"{name}: 表头第 {first + 1} 行有同名列 row {first + 1}, taken for the "
            f"header, names {', '.join(still)} twice; rename them, or state the "
            "header: --header-row N"
        )
    return names


def _told(row: Cells) -> list[str]:
    return [cell.strip() for cell in row if cell and cell.strip()]
