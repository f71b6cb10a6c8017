"""The order of features, and the condition for what comes after one of them.

Every order is total, since the row's key comes last: a page continues at any depth
from the values of the last row before it, without counting the rows passed over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from psycopg import sql

from gis.db.cql import Condition
from layers import Column

#: SQL type that a value's text is read as, by column type.
CASTS: Mapping[str, str] = {
    "integer": "bigint",
    "number": "double precision",
    "boolean": "boolean",
    "date": "date",
    "datetime": "timestamptz",
}

Sort = Sequence[tuple[str, bool]]


def sort_keys(sort: Sort) -> sql.Composable:
    """Sort keys of (column, descending) pairs; what has no value comes last."""
    keys: list[sql.Composable] = [
        sql.SQL("{} DESC NULLS LAST" if descending else "{} NULLS LAST").format(
            sql.Identifier(name)
        )
        for name, descending in sort
    ]
    return sql.SQL(", ").join([*keys, sql.Identifier("fid")])


def place_columns(sort: Sort) -> list[sql.Composable]:
    """A row's key and its sort values, as text each: where a next page goes on."""
    values = [sql.SQL("{}::text").format(sql.Identifier(name)) for name, _ in sort]
    return [sql.Identifier("fid"), *values]


def beyond(
    sort: Sort,
    columns: Mapping[str, Column],
    values: Sequence[str | None],
    fid: int,
) -> Condition:
    """Rows that come after the row with these sort values and this key.

    Parameters
    ----------
    columns : every sorted column by name
    values : one text per sort key, None where the row has no value
    """
    same: list[sql.Composable] = []
    held: list[object] = []
    ways: list[sql.Composable] = []
    bound: list[object] = []
    for (name, descending), value in zip(sort, values, strict=True):
        column = sql.Identifier(name)
        if value is None:  # only rows without a value are left
            same.append(sql.SQL("{} IS NULL").format(column))
            continue
        cast = sql.SQL("%s::" + CASTS.get(columns[name].type, "text"))
        later = sql.SQL("({0} {1} {2} OR {0} IS NULL)").format(
            column, sql.SQL("<" if descending else ">"), cast
        )
        ways.append(sql.SQL(" AND ").join([*same, later]))
        bound += [*held, value]
        same.append(sql.SQL("{} = {}").format(column, cast))
        held.append(value)
    ways.append(sql.SQL(" AND ").join([*same, sql.SQL("fid > %s::bigint")]))
    bound += [*held, fid]
    text = sql.SQL(" OR ").join(sql.SQL("({})").format(way) for way in ways)
    return Condition(sql.SQL("({})").format(text), tuple(bound))
