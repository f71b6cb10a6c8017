"""Statements to rows: everything one answer needs, in one round trip.

The version of the table is read before the rows. A commit in between makes the
entity tag too old, so that a client asks once more; it never makes it too new.
Rows are read for as long as the client is there: when it goes, so does the SQL.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

from starlette.requests import Request

from gis.db.pool import AsyncDatabase
from gis.db.wire import Row, Rows, Statement
from layers import Level

__all__ = ["ClientGone", "Row", "Rows", "fetch", "fetch_all", "watched"]

#: Most answers are there sooner than a look whether anybody still waits would pay.
_UNWATCHED_S = 0.2


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
) -> list[Rows]:
    """All rows of every statement, as `fetch` does it."""
    return await watched(request, database.answers(level, statements))


async def watched[T](request: Request, work: Awaitable[T]) -> T:
    """What the work returns, as long as the client waits for it.

    Raises
    ------
    ClientGone : the work was cancelled
    """
    loop, working = asyncio.get_running_loop(), asyncio.current_task()
    watching: list[asyncio.Task[None]] = []
    gone = False

    async def watch() -> None:
        nonlocal gone
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone = True
        if working is not None:
            working.cancel()

    look = loop.call_later(
        _UNWATCHED_S, lambda: watching.append(loop.create_task(watch()))
    )
    try:
        return await work
    except asyncio.CancelledError:
        if gone and working is not None:
            working.uncancel()
            raise ClientGone from None
        raise
    finally:
        look.cancel()
        for task in watching:
            task.cancel()
