"""What subscribers are told, read by one connection for all of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from gis.db.pool import reading_options
from gis.db.statements import statement
from gis.settings import Timeouts
from layers import Level

_LISTEN = "LISTEN citygrid_event"
_BATCH = 500
_ALIVE_S = 30.0  # a connection that says nothing is asked whether it is there


@dataclass(frozen=True)
class Told:
    """One event.

    Parameters
    ----------
    audience : word of the lowest level that may be told
    """

    event_id: int
    kind: str
    audience: str
    service: str | None
    measure: str | None
    body: Mapping[str, Any]
    told_at: datetime

    @property
    def zone_layers(self) -> set[str]:
        """Of which zones it tells, or whose figures it says to be stale or current."""
        zones = {zone["zone_layer"] for zone in self.body["zones"]}
        return zones.union(self.body.get("zone_layers", ()))

    @property
    def level(self) -> Level:
        """The lowest level that may be told."""
        return Level.parse(self.audience)


async def read_feed(
    dsn: str, timeouts: Timeouts, after: int | None, kept: int
) -> AsyncGenerator[list[Told]]:
    """Events as they become true, from one connection, until it is lost.

    Parameters
    ----------
    after : the last event known; None: begin with the latest `kept` ones

    Raises
    ------
    psycopg.Error : the connection was lost; nothing was: begin again with `after`
    """
    connection = await psycopg.AsyncConnection.connect(
        dsn, autocommit=True, options=reading_options(timeouts)
    )
    async with connection:
        await connection.execute(_LISTEN)
        cursor = connection.cursor(row_factory=class_row(Told))
        if after is None:
            await cursor.execute(statement("last_events"), {"limit": kept})
            first = await cursor.fetchall()
            after = first[-1].event_id if first else 0
            yield first
        while True:
            values = {"after": after, "limit": _BATCH}
            await cursor.execute(statement("read_events"), values)
            found = await cursor.fetchall()
            if found:
                after = found[-1].event_id
                yield found
            if len(found) < _BATCH:
                async for _ in connection.notifies(timeout=_ALIVE_S, stop_after=1):
                    break


def is_lost(error: Exception) -> bool:
    """Whether the database cannot be reached, or not any more."""
    return isinstance(error, psycopg.Error | OSError)
