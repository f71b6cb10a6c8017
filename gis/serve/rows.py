"""Statements to rows: everything one answer needs, in one round trip.

The version of the table is read before the rows. A commit in between makes the
entity tag too old, so that a client asks once more; it never makes it too new.
Rows are read for as long as the client is there: when it goes, so does the SQL.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Sequence
from typing import Any

from starlette.requests import Request

from gis.db.compose import Statement
from gis.db.pool import AsyncDatabase
from layers import Level

Row = tuple[Any, ...]


class ClientGone(Exception):
    """The client closed the connection before it had its answer."""


async def fetch(
    request: Request,
    database: AsyncDatabase,
    level: Level,
    statements: Sequence[Statement],
) -> list[Row | None]:
    """First row of every statement, sent together and answered together.

    Raises
    ------
    ClientGone : the SQL was cancelled, since nobody waits for it
    """
    found = await fetch_all(request, database, level, statements)
    return [rows[0] if rows else None for rows in found]


async def fetch_all(
    request: Request,
    database: AsyncDatabase,
    level: Level,
    statements: Sequence[Statement],
) -> list[list[Row]]:
    """All rows of every statement, as `fetch` does it."""
    return await watched(request, _rows(database, level, statements))


async def watched[T](request: Request, work: Awaitable[T]) -> T:
    """What the work returns, as long as the client waits for it.

    Raises
    ------
    ClientGone : the work was cancelled
    """
    reading = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait((reading, leaving), return_when=asyncio.FIRST_COMPLETED)
        if reading.done():
            return reading.result()
    finally:
        leaving.cancel()
        if not reading.done():
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading
    raise ClientGone


async def _rows(
    database: AsyncDatabase, level: Level, statements: Sequence[Statement]
) -> list[list[Row]]:
    async with database.reader(level) as connection:
        cursors = [connection.cursor(binary=True) for _ in statements]
        async with connection.pipeline():
            for cursor, (text, values) in zip(cursors, statements, strict=True):
                await cursor.execute(text, values, prepare=True)
        return [await cursor.fetchall() for cursor in cursors]


async def _disconnected(request: Request) -> None:
    """Return when the client has closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
