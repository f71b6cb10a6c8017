"""Versions of all layers, read at every use and shared by those who ask together.

An answer that is kept may be given only while the version of its tables stands. So the
versions are read after the request has come, never before: whoever asks while a
reading is under way waits for the next one, which then serves all who have waited.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import psycopg

from gis.db.wire import Statement, Wire

Versions = Mapping[str, int]
#: One value, so that it can be seen at a glance that nothing has changed.
_ALL: Statement = (
    b"SELECT string_agg(layer || ' ' || version, ' ') FROM city.layer_version",
    (),
)


class VersionReader:
    """One connection of its own, so that a version never waits for a page.

    Parameters
    ----------
    connect : opens the connection
    """

    def __init__(self, connect: Callable[[], Awaitable[Wire]]) -> None:
        self._connect = connect
        self._wire: Wire | None = None
        self._turn = asyncio.Lock()
        self._next: asyncio.Task[Versions] | None = None
        self._text = b""
        self._versions: Versions = {}

    async def read(self) -> Versions:
        """Versions as they stand after this call was made.

        Raises
        ------
        psycopg.Error : the server cannot be asked
        """
        if self._next is None:
            self._next = asyncio.create_task(self._read_next())
        return await asyncio.shield(self._next)

    async def close(self) -> None:
        """Close the connection."""
        if self._wire is not None:
            await self._wire.close()
            self._wire = None

    async def _read_next(self) -> Versions:
        async with self._turn:
            self._next = None  # whoever comes from here on waits for another reading
            return await self._read()

    async def _read(self) -> Versions:
        """All versions; a connection that was lost is opened once more."""
        for last in (False, True):
            if self._wire is None:
                self._wire = await self._connect()
            try:
                ((row,),) = await self._wire.answers([_ALL])
                return self._parsed(row[0] or b"")
            except psycopg.OperationalError:
                await self.close()
                if last:
                    raise
        raise AssertionError("the loop returns or raises")

    def _parsed(self, text: bytes) -> Versions:
        if text != self._text:
            words = text.decode().split(" ")
            self._versions = dict(zip(words[::2], map(int, words[1::2]), strict=True))
            self._text = text
        return self._versions


def reader_of(dsn: str, options: str) -> VersionReader:
    """A reader with a connection of these settings."""
    connect = partial(Wire.connect, dsn, options=options, autocommit=True)
    return VersionReader(connect)
