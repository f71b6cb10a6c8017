"""Requests whose clients go away leave nothing running in the database."""

import socket
import time
from urllib.parse import urlsplit

import psycopg
import pytest

from gis.settings import Timeouts
from tests.waiting import until

WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND state = 'active' AND wait_event_type = 'Lock'"
)


def abandon(server, path):
    """Open a connection, ask, and hold it without reading."""
    address = urlsplit(server.base)
    client = socket.create_connection((address.hostname, address.port))
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
    return client


@pytest.mark.parametrize(
    ("path", "slots"),
    [
        ("/collections/noise_point/items", 3),
        ("/collections/noise_point/items?limit=5000", 2),
        ("/collections/noise_point/items?f=gpkg", 2),
        ("/collections/noise_point/tiles/WebMercatorQuad/14/6745/13660", 3),
    ],
)
def test_abandoned_requests_are_cancelled(server, path, slots):
    low = server.json("/collections/noise_point/tiles/WebMercatorQuad/tilejson.json")
    assert low["minzoom"] <= 14 <= low["maxzoom"]
    with (
        psycopg.connect(server.dsn) as locker,
        psycopg.connect(server.dsn, autocommit=True) as watcher,
    ):
        locker.execute("LOCK TABLE city.noise_point IN ACCESS EXCLUSIVE MODE")
        clients = [abandon(server, path) for _ in range(3)]

        def waiting():
            return watcher.execute(WAITING).fetchone()[0]

        until(lambda: waiting() == slots, 5)
        for client in clients:
            client.close()
        until(lambda: waiting() == 0, 2)
        until(lambda: "lane_heavy_running 0\n" in server.get("/metrics").text, 2)
        started = time.monotonic()
        assert server.get("/").status_code == 200
        assert server.get("/collections/park/items").status_code == 200
        assert time.monotonic() - started < 1
        locker.rollback()
    assert server.get(path).status_code in (200, 204)
    assert " 499 " in server.log.getvalue()
    assert "Traceback" not in server.log.getvalue()


def test_slow_answers_are_refused_in_words(start, canary_dsn):
    with (
        start(timeouts=Timeouts(public=300)) as server,
        psycopg.connect(canary_dsn) as locker,
    ):
        locker.execute("LOCK TABLE city.noise_point IN ACCESS EXCLUSIVE MODE")
        answer = server.get("/collections/noise_point/items")
        locker.rollback()
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    problem = answer.json()
    assert problem["code"] == "ServerBusy"
    assert problem["title"] == "未能及时答复，请稍后再试或缩小范围"
    assert "would take too long" in problem["detail"]


def test_a_stream_that_nobody_reads_ends_with_its_client(server):
    """A page whose text fills every buffer on the way holds its slot no longer."""
    with psycopg.connect(server.dsn) as connection:
        kept = connection.execute(
            "SELECT name FROM city.noise_point WHERE code = 'noise_point-0'"
        ).fetchone()
        connection.execute(
            "UPDATE city.noise_point SET name = repeat('x', 20000000) "
            "WHERE code = 'noise_point-0'"
        )
    try:
        clients = [
            abandon(server, "/collections/noise_point/items?limit=5000")
            for _ in range(2)
        ]

        def running(number):
            return f"lane_heavy_running {number}\n" in server.get("/metrics").text

        try:
            until(lambda: running(2), 5)
        finally:
            for client in clients:
                client.close()
        until(lambda: running(0), 2)
    finally:
        with psycopg.connect(server.dsn) as connection:
            connection.execute(
                "UPDATE city.noise_point SET name = %s WHERE code = 'noise_point-0'",
                kept,
            )
    assert "Traceback" not in server.log.getvalue()
