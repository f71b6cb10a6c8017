"""Versions of all layers, read at every use and shared by those who ask together.

An answer that is kept may be given only while the tables it was made from stand. So the
versions are read after the request has come, never before: whoever asks while a
reading is under way waits for the next one, which then serves all who have waited.

A reading is one prepared statement on a connection of its own, driven by callbacks of
the event loop: it is the greater part of what a kept answer costs. Where a version has
moved, a second one reads where the changes lay.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import psycopg
from psycopg import pq
from psycopg.errors import error_from_result

from gis.db.changes import Changes
from gis.db.wire import Rows, Wire

#: Is told what was read, or why it could not be.
Tell = Callable[[Changes | Exception], None]

#: One value, so that it can be seen at a glance that nothing has changed.
_VERSIONS = b"SELECT string_agg(layer || ' ' || version, ' ') FROM city.layer_version"
#: What came after the versions that are known: layer, version, boxes.
_CHANGES = (
    b"SELECT layer, version, array_to_string(boxes, ' ') FROM trace.layer_change c "
    b"WHERE NOT EXISTS (SELECT FROM unnest($1::text[], $2::bigint[]) k (layer, version)"
    b" WHERE k.layer = c.layer AND k.version >= c.version)"
)
#: A server that does not answer for so long has hung: whoever waits is told.
_PATIENCE_S = 5.0


class VersionReader:
    """One connection of its own, so that a version never waits for a page.

    Parameters
    ----------
    connect : opens the connection
    patience_s : how long a reading, or opening the connection, may take
    """

    def __init__(
        self, connect: Callable[[], Awaitable[Wire]], patience_s: float = _PATIENCE_S
    ) -> None:
        self._connect = connect
        self._patience_s = patience_s
        self._wire: Wire | None = None
        self._socket = -1
        self._opening: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._asked_at = 0.0
        self._reading: list[Tell] = []  # for the answer that is under way
        self._waiting: list[Tell] = []  # for the one after it
        self._again = True  # a lost connection is opened once more
        self._found: pq.abc.PGresult | None = None
        self._text = b""  # versions that `_known` is of
        self._coming = b""  # versions whose changes are being read
        self._known = Changes()

    async def read(self) -> Changes:
        """Versions as they stand after this call was made.

        Raises
        ------
        psycopg.Error : the server cannot be asked
        """
        asked: asyncio.Future[Changes] = asyncio.get_running_loop().create_future()

        def tell(found: Changes | Exception) -> None:
            if asked.done():
                return
            if isinstance(found, Exception):
                asked.set_exception(found)
            else:
                asked.set_result(found)

        self.ask(tell)
        return await asked

    def ask(self, tell: Tell) -> None:
        """Have somebody told the versions as they stand after this call was made."""
        self._waiting.append(tell)
        if not self._reading:
            self._begin()

    async def close(self) -> None:
        """Close the connection."""
        if self._opening is not None:
            self._opening.cancel()
        self._drop()
        self._fail(psycopg.OperationalError("the server is being stopped"))

    # -- one reading -------------------------------------------------------------

    def _begin(self) -> None:
        """Ask for all who wait."""
        self._reading, self._waiting = self._waiting, []
        self._again = True
        self._ask()

    def _ask(self) -> None:
        if self._wire is None:
            self._opening = asyncio.create_task(self._open())
            return
        self._send(b"versions", ())
        loop = asyncio.get_running_loop()
        self._asked_at = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(self._patience_s, self._look)

    def _send(self, name: bytes, values: Sequence[bytes]) -> None:
        if self._wire is None:
            return
        pg = self._wire.pgconn
        try:
            pg.send_query_prepared(name, values, None, pq.Format.BINARY)
            pg.flush()  # so short a message never fills the socket
        except psycopg.Error as error:
            self._lose(error)

    async def _open(self) -> None:
        wire = None
        try:
            async with asyncio.timeout(self._patience_s):
                wire = await self._connect()
                for name, text in ((b"versions", _VERSIONS), (b"changes", _CHANGES)):
                    await wire.execute(b"PREPARE %b AS %b" % (name, text))
            self._wire, wire = wire, None
        except TimeoutError:
            self._fail(psycopg.OperationalError("the server does not answer"))
        except Exception as error:
            self._fail(error)
        else:
            loop = asyncio.get_running_loop()
            self._socket = self._wire.pgconn.socket
            loop.add_reader(self._socket, self._receive)
            self._ask()
        finally:
            if wire is not None:
                wire.pgconn.finish()

    def _receive(self) -> None:
        """Take what the server sent; hand it on when it is whole."""
        if self._wire is None:
            return
        pg = self._wire.pgconn
        try:
            pg.consume_input()
            while not pg.is_busy():  # else the next call would hold the loop up
                result = pg.get_result()
                if result is None:
                    break
                self._found = result
            else:
                return
        except psycopg.Error as error:
            self._lose(error)
            return
        found, self._found = self._found, None
        if found is None:  # a notice, while nothing was asked
            return
        if found.status != pq.ExecStatus.TUPLES_OK:
            self._lose(error_from_result(found, encoding="utf-8"))
        elif found.nfields > 1:
            self._known = self._known.after(self._coming, Rows([found]))
            self._text = self._coming
            self._tell()
        elif (text := found.get_value(0, 0) or b"") == self._text:
            self._tell()
        else:
            self._coming = text
            self._send(b"changes", self._known.arrays())

    def _tell(self) -> None:
        told, self._reading = self._reading, []
        self._hand_out(told, self._known)
        if self._waiting and not self._reading:
            self._begin()

    # -- what can go wrong -------------------------------------------------------

    def _look(self) -> None:
        """See whether an answer is overdue; once in a while, not for each."""
        self._timer = None
        if not self._reading:
            return
        loop = asyncio.get_running_loop()
        left = self._asked_at + self._patience_s - loop.time()
        if left > 0:
            self._timer = loop.call_later(left, self._look)
            return
        self._drop()
        self._fail(psycopg.OperationalError("the server does not answer"))

    def _lose(self, error: Exception) -> None:
        """Open a lost connection once more for those who wait."""
        self._drop()
        again = self._again and isinstance(error, psycopg.OperationalError)
        if self._reading and again:
            self._again = False
            self._ask()
        else:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """Tell everybody; whoever asks from here on opens a new connection."""
        told, self._reading, self._waiting = [*self._reading, *self._waiting], [], []
        self._hand_out(told, error)

    @staticmethod
    def _hand_out(told: Sequence[Tell], found: Changes | Exception) -> None:
        for tell in told:
            try:
                tell(found)
            except Exception as error:  # the others are told all the same
                loop = asyncio.get_running_loop()
                loop.call_exception_handler({"message": "versions", "exception": error})

    def _drop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._found = None
        if self._wire is not None:
            wire, self._wire = self._wire, None
            # by its number, which a lost connection no longer tells: the next one may
            # have the same
            asyncio.get_running_loop().remove_reader(self._socket)
            wire.pgconn.finish()


def reader_of(dsn: str, options: str) -> VersionReader:
    """A reader with a connection of these settings."""
    connect = partial(Wire.connect, dsn, options=options, autocommit=True)
    return VersionReader(connect)
