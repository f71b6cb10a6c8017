"""Several statements in one round trip: rows, errors, cancelling, lost connections."""

from __future__ import annotations

import asyncio
import contextlib

import psycopg
import pytest

from gis.db import wire
from gis.db.pool import AsyncDatabase, Database
from gis.errors import ClusterError
from layers import Level

PUBLIC = Level.PUBLIC


def on(database, scene):
    """Run a scene on a pool of its own."""

    async def run():
        pool = AsyncDatabase(database.dsn)
        await pool.open()
        try:
            return await scene(pool)
        finally:
            await pool.close()

    return asyncio.run(run())


def test_rows_come_typed_and_in_order(empty_db):
    async def scene(pool):
        found = await pool.answers(
            PUBLIC,
            [
                (b"SELECT %s::bigint, %s::text, NULL, 2.5::float8", (-7, "杭%州")),
                (b"SELECT n, true FROM generate_series(1, %s::int) n", (3,)),
                (b"SELECT 1 WHERE false", ()),
            ],
        )
        assert found[0][0] == (-7, "杭%州".encode(), None, 2.5)
        assert list(found[1]) == [(1, True), (2, True), (3, True)]
        assert found[1][-1] == (3, True)
        assert found[1][1:] == [(2, True), (3, True)]
        assert found[1].first_column(2) == [b"\0\0\0\1", b"\0\0\0\2"]
        assert len(found[2]) == 0

    on(empty_db, scene)


def test_what_is_planned_afresh_is_answered_alike_and_never_prepared(empty_db):
    held = b"SELECT count(*) FROM pg_prepared_statements WHERE name ~ '^w'"

    async def scene(pool):
        await pool.answers(PUBLIC, [(held, ())])
        for number in range(7):
            some = (
                b"SELECT %s::int, encode(%s::bytea, 'hex'), %s::text",
                (number, b"\0%1", None),
            )
            afresh, once, count = await pool.answers(
                PUBLIC, [wire.Afresh(*some), some, (held, ())]
            )
            assert list(afresh) == list(once) == [(number, b"002531", None)]
            assert count[0] == (2,)  # the one beside it, and the one that counts

    on(empty_db, scene)


def test_a_failure_is_that_of_its_statement(empty_db):
    async def scene(pool):
        for _ in range(3):
            with pytest.raises(psycopg.errors.DivisionByZero):
                await pool.answers(
                    PUBLIC,
                    [
                        (b"SELECT 1", ()),
                        (b"SELECT 1 / %s::int", (0,)),
                        (b"SELECT 2", ()),
                    ],
                )
            assert (await pool.answers(PUBLIC, [(b"SELECT 2", ())]))[0][0] == (2,)

    on(empty_db, scene)


def test_rows_stay_in_place_after_a_stream(empty_db):
    async def scene(pool):
        for _ in range(10):
            many = "SELECT n FROM generate_series(1, 1000) n"
            async with pool.batches(PUBLIC, (psycopg.sql.SQL(many), ()), 100) as parts:
                assert sum([len(part) async for part in parts]) == 1000
            one, two = await pool.answers(
                PUBLIC, [(b"SELECT 'a'::text", ()), (b"SELECT 5", ())]
            )
            assert (one[0], two[0]) == ((b"a",), (5,))

    on(empty_db, scene)


def test_what_is_cancelled_stops_and_the_connection_serves_on(empty_db):
    async def scene(pool):
        for _ in range(3):
            sleep = [(b"SELECT 1", ()), (b"SELECT pg_sleep(30)", ())]
            work = asyncio.create_task(pool.answers(PUBLIC, sleep))
            await asyncio.sleep(0.2)
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work
            (rows,) = await pool.answers(
                PUBLIC,
                [
                    (
                        b"SELECT count(*) FROM pg_stat_activity "
                        b"WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%%'",
                        (),
                    )
                ],
            )
            assert rows[0] == (0,)

    on(empty_db, scene)


def test_lost_connections_are_replaced(empty_db):
    async def scene(pool):
        await pool.versions()
        await pool.answers(PUBLIC, [(b"SELECT 1", ())])
        with psycopg.connect(empty_db.dsn, autocommit=True) as killer:
            killer.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> "
                "pg_backend_pid() AND datname = current_database()"
            )
        await asyncio.sleep(0.2)
        assert (await pool.answers(PUBLIC, [(b"SELECT 3", ())]))[0][0] == (3,)
        assert (await pool.versions())["park"] == 0

    on(empty_db, scene)


def test_no_more_statements_are_prepared_than_allowed(empty_db, monkeypatch):
    monkeypatch.setattr(wire, "_MOST_PREPARED", 4)

    async def scene(pool):
        for number in [*range(20), *range(20)]:
            (rows,) = await pool.answers(PUBLIC, [(b"SELECT %d" % number, ())])
            assert rows[0] == (number,)
        async with pool.reader(PUBLIC) as connection:
            (rows,) = await connection.answers(
                [(b"SELECT count(*) FROM pg_prepared_statements", ())]
            )
            assert rows[0][0] <= 5  # those kept, and this one

    on(empty_db, scene)


def test_versions_are_those_after_the_call(empty_db):
    """Readers that ask together share a reading, but none from before their call."""

    async def scene(pool):
        with psycopg.connect(empty_db.dsn, autocommit=True) as writer:
            for number in range(1, 40):
                before = asyncio.create_task(pool.versions())
                await asyncio.sleep(0)  # the reading is under way
                writer.execute("UPDATE city.park SET name = name")
                after = await asyncio.gather(*[pool.versions() for _ in range(5)])
                assert {found["park"] for found in after} == {number}
                assert (await before)["park"] in (number - 1, number)

    on(empty_db, scene)


def test_crowds_of_readers_take_turns(empty_db):
    """Readers that come at every moment of a reading never share the connection."""

    async def scene(pool):
        async def one(number):
            for _ in range(60):
                assert (await pool.versions())["park"] == 0
                for _ in range(number % 5):
                    await asyncio.sleep(0)

        async with asyncio.timeout(30):
            await asyncio.gather(*[one(number) for number in range(12)])

    on(empty_db, scene)


def test_a_server_that_hangs_holds_nobody_up(empty_db):
    """The table of versions is locked: whoever asks is told; the loop goes on."""

    async def scene(pool):
        pool._versions._patience_s = 0.5
        assert (await pool.versions())["park"] == 0
        with psycopg.connect(empty_db.dsn) as locker:
            locker.execute("LOCK TABLE city.layer_version IN ACCESS EXCLUSIVE MODE")
            for _ in range(2):
                begun = asyncio.get_running_loop().time()
                asked = [asyncio.create_task(pool.versions()) for _ in range(3)]
                ticks = 0
                while not asked[-1].done():
                    await asyncio.sleep(0.01)
                    ticks += 1
                assert ticks > 5
                assert asyncio.get_running_loop().time() - begun < 2
                for one in asked:
                    with pytest.raises(psycopg.OperationalError):
                        await one
        pool._versions._patience_s = 5.0
        assert (await pool.versions())["park"] == 0

    on(empty_db, scene)


def test_whoever_gives_up_waiting_takes_nobody_along(empty_db):
    async def scene(pool):
        asked = [asyncio.create_task(pool.versions()) for _ in range(3)]
        await asyncio.sleep(0)
        first, second, third = asked
        second.cancel()
        assert (await first)["park"] == (await third)["park"] == 0

    on(empty_db, scene)


def test_what_was_ended_opens_no_connection(empty_db):
    """A thread that still computes while the server stops is told so."""
    database = Database(empty_db.dsn)
    with database.reader(PUBLIC) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    database.close()
    with database.reader(PUBLIC) as connection:  # a restored database is read again
        assert connection.execute("SELECT 1").fetchone() == (1,)
    database.end()
    with pytest.raises(ClusterError), database.reader(PUBLIC):
        raise AssertionError
