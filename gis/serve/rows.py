"""Statements to rows: everything one answer needs, in one round trip.

The version of the table is read before the rows. A commit in between makes the
entity tag too old, so that a client asks once more; it never makes it too new.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gis.db.compose import Statement
from gis.db.pool import AsyncDatabase
from layers import Level

Row = tuple[Any, ...]


async def fetch(
    database: AsyncDatabase, level: Level, statements: Sequence[Statement]
) -> list[Row | None]:
    """First row of every statement, sent together and answered together."""
    async with database.reader(level) as connection:
        cursors = [connection.cursor(binary=True) for _ in statements]
        async with connection.pipeline():
            for cursor, (text, values) in zip(cursors, statements, strict=True):
                await cursor.execute(text, values, prepare=True)
        return [await cursor.fetchone() for cursor in cursors]


async def fetch_one(
    database: AsyncDatabase, level: Level, statement: Statement
) -> Row | None:
    """First row of one statement."""
    return (await fetch(database, level, [statement]))[0]
