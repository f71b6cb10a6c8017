"""A connection that answers several statements in one round trip.

Statements are prepared once per connection, sent together and answered together, by
libpq's pipeline: what a page of features needs costs one wait on the event loop. Rows
come as the server sent them, numbers as numbers and everything else as bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import struct
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, overload

import psycopg
from psycopg import pq, sql
from psycopg.errors import error_from_result

Row = tuple[Any, ...]
Statement = tuple[sql.Composed | bytes, tuple[Any, ...]]

_MOST_PREPARED = 256  # statements that one connection keeps prepared
_CANCEL_S = 2.0  # a query that is not cancelled within this costs its connection
_PLACE = re.compile(rb"%s")

#: Types that are not handed on as bytes: object id of the type -> how it is read.
_READ: Mapping[int, Callable[[bytes], Any]] = {
    16: lambda data: data == b"\x01",
    20: lambda data: int.from_bytes(data, "big", signed=True),
    21: lambda data: int.from_bytes(data, "big", signed=True),
    23: lambda data: int.from_bytes(data, "big", signed=True),
    700: lambda data: struct.unpack("!f", data)[0],
    701: lambda data: struct.unpack("!d", data)[0],
}


class Afresh(NamedTuple):
    """A statement that is planned for the values it has, not once for all values.

    For those that read many rows: what is compared with every row is a constant then,
    which takes a third off the time of counting a table by a filter.
    """

    text: sql.Composed | bytes
    values: tuple[Any, ...]


class Wire(psycopg.AsyncConnection[Any]):
    """A connection in autocommit mode whose statements travel together."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401  # the driver's
        super().__init__(*arguments, **named)
        self._names: OrderedDict[bytes, bytes] = OrderedDict()
        self._number = 0

    async def answers(self, statements: Sequence[Statement]) -> list[Rows]:
        """All rows of every statement, in one round trip.

        Raises
        ------
        psycopg.Error : of the first statement that failed; the others had no effect
        asyncio.CancelledError : the SQL was cancelled, too
        """
        pg, known = self.pgconn, frozenset(self._names)
        pg.enter_pipeline_mode()
        whole = False
        try:
            wanted = [self._send(statement) for statement in statements]
            pg.pipeline_sync()
            results = await self._results()
            whole = True
        finally:
            if not whole:
                await self._give_up()
            elif pg.pipeline_status != pq.PipelineStatus.OFF:
                pg.exit_pipeline_mode()
        for result in itertools.chain.from_iterable(results):
            if result.status == pq.ExecStatus.FATAL_ERROR:
                self._forget(known)  # what was to be prepared after it was not
                raise error_from_result(result, encoding="utf-8")
        places = itertools.accumulate(before + 1 for before in wanted)
        return [Rows(results[place - 1]) for place in places]

    # -- sending -----------------------------------------------------------------

    def _send(self, statement: Statement) -> int:
        """Put one statement on its way; how many results come before its own."""
        text, values = statement
        query = text if isinstance(text, bytes) else text.as_bytes(None)
        given = [_sent(value) for value in values]
        formats = [int(isinstance(value, bytes)) for value in values]
        if isinstance(statement, Afresh):
            query = _numbered(query)
            self.pgconn.send_query_params(query, given, None, formats, pq.Format.BINARY)
            return 0
        name, before = self._name_of(query)
        self.pgconn.send_query_prepared(name, given, formats, pq.Format.BINARY)
        return before

    def _name_of(self, query: bytes) -> tuple[bytes, int]:
        """Name of a prepared statement; how many results its making brings."""
        pg, before = self.pgconn, 0
        name = self._names.get(query)
        if name is not None:
            self._names.move_to_end(query)
            return name, before
        if len(self._names) >= _MOST_PREPARED:
            _, forgotten = self._names.popitem(last=False)
            pg.send_query_params(b"DEALLOCATE " + forgotten, None)
            before += 1
        self._number += 1
        name = b"w%d" % self._number
        pg.send_prepare(name, _numbered(query))
        self._names[query] = name
        return name, before + 1

    # -- receiving ---------------------------------------------------------------

    async def _results(self) -> list[list[pq.abc.PGresult]]:
        """What the server answers to each message, up to the end of the pipeline.

        An answer may come in pieces: libpq keeps the mode of a stream that went
        before until the first answer of the pipeline is read.
        """
        loop = asyncio.get_running_loop()
        pg, done = self.pgconn, loop.create_future()
        found: list[list[pq.abc.PGresult]] = []
        pieces: list[pq.abc.PGresult] = []

        def flush() -> None:
            if pg.flush() == 0:
                loop.remove_writer(pg.socket)

        def receive() -> None:
            try:
                pg.consume_input()
                while not pg.is_busy():
                    result = pg.get_result()
                    if result is None:  # the end of one answer
                        if pieces:
                            found.append(pieces.copy())
                            pieces.clear()
                    elif result.status == pq.ExecStatus.PIPELINE_SYNC:
                        if not done.done():
                            done.set_result(None)
                        return
                    else:
                        pieces.append(result)
            except psycopg.Error as error:
                if not done.done():
                    done.set_exception(error)

        socket = pg.socket
        if pg.flush():
            loop.add_writer(socket, flush)
        loop.add_reader(socket, receive)
        try:
            await done
        finally:
            loop.remove_reader(socket)
            loop.remove_writer(socket)
        return found

    def _forget(self, known: Collection[bytes]) -> None:
        for query in self._names.keys() - known:
            del self._names[query]

    async def _give_up(self) -> None:
        """Cancel what runs and read what is left, or close the connection."""
        self._names.clear()
        try:
            async with asyncio.timeout(_CANCEL_S):
                await self.cancel_safe(timeout=_CANCEL_S)
                await self._results()
                self.pgconn.exit_pipeline_mode()
                await self.execute(b"DEALLOCATE ALL", prepare=False)
        except (Exception, asyncio.CancelledError):
            with contextlib.suppress(psycopg.Error):
                self.pgconn.finish()


def _numbered(query: bytes) -> bytes:
    """The query with $1, $2, … for its placeholders."""
    numbers = iter(range(1, 1 + len(_PLACE.findall(query))))
    return _PLACE.sub(lambda _: b"$%d" % next(numbers), query)


def _sent(value: Any) -> bytes | None:  # noqa: ANN401  # any parameter
    """A parameter as it is sent: text, or the bytes themselves."""
    match value:
        case None | bytes():
            return value
        case bool():
            return b"t" if value else b"f"
        case date():
            return value.isoformat().encode()
        case str() | int() | float():
            return str(value).encode()
    raise TypeError(f"a parameter of type {type(value).__name__}")


class Rows(Sequence[Row]):
    """Rows of one statement, read out of the driver's memory as they are wanted."""

    def __init__(self, pieces: Sequence[pq.abc.PGresult]) -> None:
        self._pieces = pieces
        self._readers = [
            _READ.get(pieces[0].ftype(i)) for i in range(pieces[0].nfields)
        ]

    def __len__(self) -> int:
        return sum(piece.ntuples for piece in self._pieces)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        row = range(len(self))[at]
        for piece in self._pieces:
            if row < piece.ntuples:
                return tuple(
                    data if read is None or data is None else read(data)
                    for i, read in enumerate(self._readers)
                    for data in (piece.get_value(row, i),)
                )
            row -= piece.ntuples
        raise IndexError(at)

    def first_column(self, most: int) -> list[bytes]:
        """Values of the first column, unread; of that many rows at most."""
        found: list[bytes] = []
        for piece in self._pieces:
            value = piece.get_value
            rows = range(min(piece.ntuples, most - len(found)))
            found += [value(row, 0) or b"" for row in rows]
        return found
