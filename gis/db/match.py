"""What of a layer matches: its time, the value of a column, a word in its texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from psycopg import sql

from gis.db.cql import Condition
from gis.db.order import CASTS
from gis.db.search import search_columns
from gis.errors import QueryError
from layers import Column, Layer

#: Characters that a pattern of LIKE gives a meaning.
_LIKE = {"\\": r"\\", "%": r"\%", "_": r"\_"}


@dataclass(frozen=True)
class Interval:
    """From `start` to `end`, both included; None is open."""

    start: datetime | None
    end: datetime | None


def valid_at(day: date) -> Condition:
    """Versions valid on a day."""
    return Condition(
        sql.SQL("valid_from <= %s::date AND (valid_to IS NULL OR valid_to > %s::date)"),
        (day, day),
    )


def in_time(layer: Layer, interval: Interval | None) -> list[Condition]:
    """Versions or observations of an interval; without one, what is valid now."""
    if interval is None:
        return [valid_at(datetime.now(UTC).date())]
    start, end = interval.start, interval.end
    found = []
    if layer.time:
        column = sql.SQL("{}::timestamptz").format(sql.Identifier(layer.time))
        if end is not None:
            found.append(
                Condition(sql.SQL("{} <= %s::timestamptz").format(column), (end,))
            )
        if start is not None:
            found.append(
                Condition(sql.SQL("{} >= %s::timestamptz").format(column), (start,))
            )
        return found
    if end is not None:
        found.append(Condition(sql.SQL("valid_from <= %s::date"), (end.date(),)))
    if start is not None:
        found.append(
            Condition(
                sql.SQL("(valid_to IS NULL OR valid_to > %s::date)"), (start.date(),)
            )
        )
    return found


def equal(name: str, column: Column, value: str, values: list[Any]) -> sql.Composable:
    """`name = value`, the value read as the column's type."""
    values.append(_typed(name, column, value))
    cast = CASTS.get(column.type, "text")
    return sql.SQL(f"{{}} = %s::{cast}").format(sql.Identifier(name))


def _typed(name: str, column: Column, value: str) -> Any:  # noqa: ANN401  # by the column's type
    """A parameter's text as the column's type.

    Raises
    ------
    QueryError : the text is no such value
    """
    try:
        match column.type:
            case "integer":
                number = int(value)
                if abs(number) >= 2**63:
                    raise ValueError
                return number
            case "number":
                return float(value)
            case "boolean":
                return {"true": True, "false": False}[value.lower()]
            case "date":
                return date.fromisoformat(value)
            case "datetime":
                return datetime.fromisoformat(value)
    except (ValueError, KeyError, OverflowError):
        raise QueryError(name, f"{value[:60]!r} given, must be {column.type}") from None
    if "\0" in value:
        raise QueryError(name, "must not hold a zero byte")
    return value


def containing(
    word: str, layer: Layer, columns: Mapping[str, Column], values: list[Any]
) -> sql.Composable:
    """Whether a word stands in any of the texts seen or in the code, capitals or not.

    Every character is doubled, as it is in the index (`gis/db/search.py`). Codes are
    written in ASCII and not in that index: other words need not be sought there.
    """
    letters = [_LIKE.get(letter, letter) for letter in word]
    doubled = "".join(letter * 2 for letter in letters)
    found: list[sql.Composable] = []
    if word.isascii():
        found.append(sql.SQL("code ILIKE %s::text"))
        values.append(f"%{''.join(letters)}%")
    for name in search_columns(layer):
        if name in columns:
            condition = sql.SQL("city.doubled({}) ILIKE %s::text")
            found.append(condition.format(sql.Identifier(name)))
            values.append(f"%{doubled}%")
    return sql.SQL("({})").format(sql.SQL(" OR ").join(found))
