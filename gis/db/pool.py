"""Connections: one pool per role, each with the role's statement timeout.

A connection takes its role when it is made and never holds another's rights: what a
level may not see it cannot read, whatever the query says.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from typing import Any, cast

import psycopg
from psycopg.adapt import Loader
from psycopg.pq import Format, TransactionStatus
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from gis.access import COMPUTE_ROLE, JOBS_ROLE, role_of
from gis.db.changes import Changes
from gis.db.versions import Tell, reader_of
from gis.db.wire import Row, Rows, Statement, Wire
from gis.errors import ClusterError
from gis.settings import Timeouts
from layers import Level

#: Connections of a level that are kept out of its pool, which takes its time to lend.
_AT_HAND = 2
#: Whoever asks for a job is not kept waiting for a database that is away.
_JOBS_PATIENCE_S = 5.0
#: A pool waits twice as long from one try to the next, until it begins anew: after an
#: outage of an hour the first answer comes as soon as after one of seconds.
_RECONNECT_S = 4.0

Connection = psycopg.Connection[Any]


#: The first tile and the first transformation of a connection load libraries and read
#: PROJ's database, which takes a tenth of a second: not while somebody waits.
_WARMING = (
    "SELECT ST_AsMVT(t) FROM (SELECT ST_AsMVTGeom(m, ST_TileEnvelope(0, 0, 0)) AS geom,"
    " ST_AsGeoJSON(ST_Transform(m, 4490), 15, 0) AS text FROM (SELECT ST_Transform("
    "ST_SetSRID(ST_Point(120, 30), 4490), 3857) AS m) p) t"
)


def _options(
    role: str | None,
    timeout_ms: int | None,
    *,
    name: str = "citygrid",
    schemas: str = "public",
) -> str:
    """Server settings of a connection."""
    settings = {
        "application_name": name,
        "timezone": "UTC",
        "datestyle": "ISO",
        "search_path": schemas,
        # whoever asked may be gone: no query outlives its client by more than this
        "client_connection_check_interval": "1000",
        "max_parallel_workers_per_gather": "0",  # workers hurt small queries
        "role": role,
        "statement_timeout": timeout_ms,
    }
    return " ".join(f"-c {name}={value}" for name, value in settings.items() if value)


class Database:
    """Synchronous access for processes, loads and migrations.

    Parameters
    ----------
    dsn : connection string of an account that is a member of every role
    timeouts : statement timeouts per role
    name : what the server calls these connections
    """

    def __init__(
        self, dsn: str, timeouts: Timeouts | None = None, *, name: str = "citygrid"
    ) -> None:
        self.dsn = dsn
        self._name = name
        self._timeouts = timeouts or Timeouts()
        self._pools: dict[str, ConnectionPool[Connection]] = {}
        self.is_ended = False
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def owner(self, *, autocommit: bool = False) -> Iterator[Connection]:
        """A connection of its own with the owner's rights; for migrations and loads.

        Raises
        ------
        ClusterError : the server cannot be reached
        """
        with _reachable(self.dsn):
            connection = psycopg.connect(
                self.dsn,
                options=_options(None, None, name=self._name),
                autocommit=autocommit,
            )
        with connection:
            yield connection

    @contextlib.contextmanager
    def reader(self, level: Level | None = None) -> Iterator[Connection]:
        """A pooled connection that reads as a level, or as `compute`."""
        role = role_of(level) if level else COMPUTE_ROLE
        with self._pool(role).connection() as connection:
            yield connection

    @contextlib.contextmanager
    def jobs(self) -> Iterator[Connection]:
        """A pooled connection with the rights of whoever looks after jobs."""
        with self._pool(JOBS_ROLE).connection(timeout=_JOBS_PATIENCE_S) as connection:
            yield connection

    @contextlib.contextmanager
    def job_rows(self) -> Iterator[psycopg.Cursor[dict[str, Any]]]:
        """A cursor of such a connection whose rows are read by name."""
        with self.jobs() as connection:
            yield connection.cursor(row_factory=dict_row)

    def _pool(self, role: str) -> ConnectionPool[Connection]:
        """The role's pool, opened at its first use."""
        with self._lock:
            if self.is_ended:
                raise ClusterError("PostgreSQL: 正在停止 this process is being stopped")
            if role not in self._pools:
                timeout = getattr(self._timeouts, role.removeprefix("citygrid_"))
                self._pools[role] = ConnectionPool(
                    self.dsn,
                    min_size=0,
                    max_size=4,
                    max_idle=60,
                    timeout=30,
                    reconnect_timeout=_RECONNECT_S,
                    kwargs={
                        "options": _options(role, timeout, name=self._name),
                        "autocommit": True,
                    },
                    check=ConnectionPool.check_connection,
                    open=True,
                )
            return self._pools[role]

    def close(self) -> None:
        """Close every pool."""
        with self._lock:
            for pool in self._pools.values():
                pool.close()
            self._pools.clear()

    def end(self) -> None:
        """Close every pool for good: threads that still compute open no other."""
        self.is_ended = True
        self.close()


def queue_connection(dsn: str, timeouts: Timeouts) -> dict[str, Any]:
    """How the queue's own connections are made: arguments of a connection pool."""
    options = _options(
        JOBS_ROLE, timeouts.jobs, name="citygrid-worker", schemas="queue,public"
    )
    return {
        "conninfo": dsn,
        "kwargs": {"options": options},
        "timeout": 5,
        "reconnect_timeout": _RECONNECT_S,
    }


def reading_options(timeouts: Timeouts) -> str:
    """Settings of a connection of its own that reads what processes read."""
    return _options(COMPUTE_ROLE, timeouts.compute, name="citygrid-feed")


class _Bytes(Loader):
    """Text as the bytes the server sent: a page of features is never decoded."""

    format = Format.BINARY

    def load(self, data: Any) -> bytes:  # noqa: ANN401  # the driver's buffer type
        return bytes(data)


class AsyncDatabase:
    """Asynchronous reading per level, for the server's own handlers."""

    def __init__(
        self, dsn: str, timeouts: Timeouts | None = None, *, size: int = 8
    ) -> None:
        self.dsn = dsn
        self._timeouts = timeouts or Timeouts()
        self._size = size
        self._pools: dict[Level, AsyncConnectionPool[Wire]] = {}
        self._closing = False
        self._at_hand: dict[Level, list[Wire]] = {level: [] for level in Level}
        self._versions = reader_of(
            dsn, _options(role_of(Level.PUBLIC), self._timeouts.public)
        )

    async def open(self) -> None:
        """Open the pool of every level."""
        for level in Level:
            role = role_of(level)
            timeout = getattr(self._timeouts, level.label)
            self._pools[level] = AsyncConnectionPool(
                self.dsn,
                connection_class=Wire,
                min_size=0 if level > Level.PUBLIC else 2,
                max_size=self._size,
                max_idle=600,
                timeout=10,
                reconnect_timeout=_RECONNECT_S,
                kwargs={"options": _options(role, timeout), "autocommit": True},
                configure=_configure,
                open=False,
            )
            await self._pools[level].open()

    async def answers(
        self, level: Level, statements: Sequence[Statement]
    ) -> list[Rows]:
        """All rows of every statement, read as a level, in one round trip.

        A connection that the server has closed meanwhile costs another try: what is
        read here changes nothing.
        """
        for _ in range(self._size):
            wire = await self._take(level)
            try:
                return await wire.answers(statements)
            except psycopg.OperationalError:
                if not wire.closed:
                    raise
            finally:
                await self._give(level, wire)
        async with self._pools[level].connection() as wire:
            return await wire.answers(statements)

    async def _take(self, level: Level) -> Wire:
        """A connection: the one used last, whose statements are prepared and warm."""
        if at_hand := self._at_hand[level]:
            return at_hand.pop()
        return await self._pools[level].getconn()

    async def _give(self, level: Level, wire: Wire) -> None:
        """Put a connection back."""
        at_hand = self._at_hand[level]
        idle = wire.pgconn.transaction_status == TransactionStatus.IDLE
        if idle and len(at_hand) < _AT_HAND and not self._closing:
            at_hand.append(wire)
        else:
            await self._pools[level].putconn(wire)

    async def versions(self) -> Changes:
        """Version of every layer's table, read after this call was made."""
        return await self._versions.read()

    def ask_versions(self, tell: Tell) -> None:
        """Have somebody told the same without a task: the answer, or an error."""
        self._versions.ask(tell)

    @contextlib.asynccontextmanager
    async def reader(self, level: Level) -> AsyncIterator[Wire]:
        """A pooled connection that reads as a level; text comes as bytes."""
        pool = self._pools[level]
        for _ in range(self._size):
            wire = await self._take(level)
            try:
                await pool.check_connection(wire)
            except psycopg.OperationalError:
                await self._give(level, wire)
                continue
            try:
                yield wire
            finally:
                await self._give(level, wire)
            return
        async with pool.connection() as wire:
            yield wire

    @contextlib.asynccontextmanager
    async def batches(
        self, level: Level, statement: Statement, rows: int
    ) -> AsyncIterator[AsyncIterator[list[Row]]]:
        """Rows of one statement in batches, read as they are wanted.

        The SQL is cancelled when the block is left before its end.
        """
        async with (
            self.reader(level) as connection,
            connection.cursor(binary=True) as cursor,
        ):
            chunked = rows if psycopg.capabilities.has_stream_chunked() else 1
            found = cursor.stream(*statement, binary=True, size=chunked)
            reading = cast(AsyncGenerator[Row], found)
            async with contextlib.aclosing(reading):
                yield _in_batches(reading, rows)

    def state(self) -> dict[Level, tuple[int, int]]:
        """Connections of every level's pool, and how many requests wait for one."""
        found = {}
        for level, pool in self._pools.items():
            stats = pool.get_stats()
            size = stats.get("pool_size", 0)
            found[level] = (size, stats.get("requests_waiting", 0))
        return found

    async def close(self) -> None:
        """Close every pool."""
        self._closing = True
        await self._versions.close()
        for level, pool in self._pools.items():
            while self._at_hand[level]:
                await pool.putconn(self._at_hand[level].pop())
            await pool.close()


async def _in_batches(found: AsyncIterator[Row], rows: int) -> AsyncIterator[list[Row]]:
    batch: list[Row] = []
    async for row in found:
        batch.append(row)
        if len(batch) == rows:
            yield batch
            batch = []
    if batch:
        yield batch


async def _configure(connection: Wire) -> None:
    await connection.execute(_WARMING)
    connection.prepare_threshold = 0
    connection.adapters.register_loader("text", _Bytes)


@contextlib.contextmanager
def _reachable(dsn: str) -> Iterator[None]:
    """Say which server is out of reach, without the password."""
    try:
        yield
    except psycopg.OperationalError as error:
        shown = psycopg.conninfo.conninfo_to_dict(dsn)
        shown.pop("password", None)
        where = " ".join(f"{name}={value}" for name, value in shown.items())
        raise ClusterError(
            f"PostgreSQL: no connection to {where}: {str(error).strip()}. "
            "Is it running? (citygrid db status)"
        ) from error
