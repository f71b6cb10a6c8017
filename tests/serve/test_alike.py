"""Features asked for like one before are answered at the door, and as behind it."""

from __future__ import annotations

import re
import socket
import threading
import time
from urllib.parse import urlsplit

import psycopg
import pytest

from gis.settings import Timeouts
from layers import Level
from tests.waiting import until

ITEM = "/collections/{}/items/{}-{}{}"
#: With these the same is asked the ordinary way.
ORDINARY = {"X-Request-Id": "the-ordinary-way", "Accept-Language": "en, ordinary"}
OF_REQUEST = ("date", "x-request-id")


def path_of(number, query="?f=json", layer="park"):
    return ITEM.format(layer, layer, number, query)


def answer_of(answer):
    """Status, headers but those of the request itself, and body as it was sent."""
    headers = {k.lower(): v for k, v in answer.headers.items()}
    for name in OF_REQUEST:
        headers.pop(name, None)
    return answer.status_code, headers, answer.content


def kind(name):
    """Headers that no request had before."""
    return {"Accept-Language": f"en, {name}"}


def ask(server, path, **headers):
    """The answer, and whether the application was asked for it."""
    before = len(server.asked)
    answer = answer_of(server.get(path, headers=headers))
    return answer, len(server.asked) > before


@pytest.mark.parametrize(
    "query",
    [
        "?f=json",
        "?f=json&crs=http://www.opengis.net/def/crs/EPSG/0/4549",
        "?f=json&lang=en&properties=name&skipGeometry=true",
        "?datetime=2020-01-01T00:00:00Z&f=json",
    ],
)
@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
def test_another_code_is_answered_as_it_is_behind_the_door(server, query, coding):
    given = {"Accept-Encoding": coding, **kind("likeness")}
    expected = [
        ask(server, path_of(n, query), **{**given, **ORDINARY})[0] for n in range(3)
    ]
    first, is_asked = ask(server, path_of(0, query), **given)
    assert is_asked
    assert first == expected[0]
    if "4549" in query:  # long enough to be packed
        assert first[1].get("content-encoding", "identity") == coding
    for _ in range(2):  # read, then kept
        for number in (1, 2):
            found, is_asked = ask(server, path_of(number, query), **given)
            assert found == expected[number]
            assert not is_asked or found[0] == 404


def test_a_commit_before_the_request_is_seen(server):
    given = kind("reader of commits")
    ask(server, path_of(0), **given)
    with psycopg.connect(server.dsn, autocommit=True) as writer:
        for number in (1, 2):
            writer.execute("UPDATE city.park SET name = name")
            before = ask(server, path_of(number), **given)
            for _ in range(10):
                assert ask(server, path_of(number), **given) == before
                assert before[1] is False
                writer.execute("UPDATE city.park SET name = name")
                after, _ = ask(server, path_of(number), **given)
                assert after[1]["etag"] != before[0][1]["etag"]
                before = ask(server, path_of(number), **given)


def test_what_is_not_there_is_refused_as_behind_the_door(server):
    given = kind("seeker")
    ask(server, path_of(0), **given)
    for path in (path_of("none"), path_of("%E6%9D%AD"), path_of(".."), path_of("%00")):
        expected = ask(server, path, **{**given, **ORDINARY})[0]
        assert expected[0] == 404
        assert ask(server, path, **given)[0] == expected


def test_who_holds_a_feature_is_told_that_it_is_unchanged(server):
    found = [ask(server, path_of(n), **kind("giver"))[0] for n in range(2)]
    given = {**kind("holder"), "If-None-Match": found[1][1]["etag"]}
    assert ask(server, path_of(0), **given)[0][0] == 200
    assert ask(server, path_of(1), **given)[0][0] == 304


def test_levels_never_share_a_way(server):
    layer = "case_record"
    first, second = (path_of(n, layer=layer) for n in range(2))
    public = server.get(second)
    assert server.get(first, Level.STAFF).status_code == 200
    before = len(server.asked)
    staff = server.get(second, Level.STAFF)
    assert len(server.asked) == before + 1
    assert server.get(second).content == public.content
    assert staff.content != public.content
    cookie = {**kind("eater"), "Cookie": "citygrid_lang=en"}
    assert [ask(server, path_of(n), **cookie)[1] for n in range(2)] == [True, True]


def test_they_are_counted_and_logged(server):
    def counted():
        text = server.get("/metrics").text
        names = 'requests_total{route="item",status="200"} ', "kept_hits_total "
        return [int(text.partition(f"\ncitygrid_{n}")[2].split()[0]) for n in names]

    given = kind("counter")
    ask(server, path_of(0), **given)
    line = "/collections/park/items/park-1 200"
    (requests, hits), lines = counted(), server.log.getvalue().count(line)
    for number in (0, 1):  # the second is kept
        assert ask(server, path_of(1), **given)[1] is False
        until(
            lambda number=number: server.log.getvalue().count(line) > lines + number, 5
        )
        assert counted() == [requests + 1 + number, hits + number]
    assert "citygrid_in_flight_requests 1\n" in server.get("/metrics").text


def test_lost_connections_of_the_database_are_opened_again(server):
    given = kind("loser")
    ask(server, path_of(0), **given)
    with psycopg.connect(server.dsn, autocommit=True) as killer:
        killer.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
    found, is_asked = ask(server, path_of(1), **given)
    assert found[0] == 200
    assert not is_asked


class Caller:
    """One connection over which requests of one kind are sent as bytes."""

    def __init__(self, server, name):
        self.address = urlsplit(server.base)
        self.lines = [f"{k}: {v}" for k, v in kind(name).items()]
        where = self.address.hostname, self.address.port
        self.socket = socket.create_connection(where, timeout=10)

    def send(self, path):
        lines = f"Host: {self.address.netloc}", *self.lines
        head = "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""])
        self.socket.sendall(head.encode())

    def receive(self, ending=b"}"):
        data = b""
        while not data.endswith(ending):
            more = self.socket.recv(65536)
            assert more, data
            data += more
        return data


def waiting_for_a_lock(watcher):
    return watcher.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND state = 'active' AND wait_event_type = 'Lock'"
    ).fetchone()[0]


def test_sql_ends_with_its_client_and_others_come_in_their_order(server):
    layer = "noise_point"
    paths = [path_of(n, layer=layer) for n in range(3)]
    callers = [Caller(server, "lost") for _ in range(3)]
    callers[0].send(paths[0])
    callers[0].receive()
    gone = "items/noise_point-1 499 "
    lines, before = server.log.getvalue().count(gone), len(server.asked)
    with (
        psycopg.connect(server.dsn) as locker,
        psycopg.connect(server.dsn, autocommit=True) as watcher,
    ):
        locker.execute("LOCK TABLE city.noise_point IN ACCESS EXCLUSIVE MODE")
        for caller in callers:
            caller.send(paths[1])
        until(lambda: waiting_for_a_lock(watcher) == 3, 5)
        callers[0].send(paths[2])
        for caller in callers[1:]:
            caller.socket.close()
        until(lambda: waiting_for_a_lock(watcher) == 1, 2)
        until(lambda: server.log.getvalue().count(gone) == lines + 2, 5)
        assert server.get("/healthz").status_code == 200
        locker.rollback()
        data = callers[0].receive()
        while b'"id":"noise_point-2"' not in data:
            data += callers[0].receive()
    callers[0].socket.close()
    assert data.index(b'"id":"noise_point-1"') < data.index(b'"id":"noise_point-2"')
    assert [path for path, _ in server.asked[before:]] == ["/healthz"]
    assert "citygrid_in_flight_requests 1\n" in server.get("/metrics").text
    assert "Traceback" not in server.log.getvalue()


def test_what_takes_too_long_is_tried_once_and_refused_in_words(start, canary_dsn):
    with (
        start(timeouts=Timeouts(public=1500)) as server,
        psycopg.connect(canary_dsn) as locker,
    ):
        assert server.get(path_of(0, layer="noise_point")).status_code == 200
        locker.execute("LOCK TABLE city.noise_point IN ACCESS EXCLUSIVE MODE")
        begun = time.monotonic()
        answer = server.get(path_of(1, layer="noise_point"))
        assert time.monotonic() - begun < 2.9
        locker.rollback()
    assert answer.status_code == 503
    assert answer.json()["code"] == "ServerBusy"
    assert answer.headers["retry-after"]
    logged = re.search(r"noise_point-1 503 (\d+)", server.log.getvalue())
    assert int(logged[1]) >= 1500


@pytest.mark.parametrize(("number", "status"), [(1, 200), ("none", 404)])
def test_a_server_that_stops_answers_what_it_was_asked(
    start, canary_dsn, number, status
):
    with psycopg.connect(canary_dsn) as locker:
        with start() as server:
            caller = Caller(server, "last")
            caller.send(path_of(0, layer="noise_point"))
            caller.receive()
            locker.execute("LOCK TABLE city.noise_point IN ACCESS EXCLUSIVE MODE")
            caller.send(path_of(number, layer="noise_point"))
            with psycopg.connect(canary_dsn, autocommit=True) as watcher:
                until(lambda: waiting_for_a_lock(watcher) == 1, 5)
            release = threading.Timer(0.5, locker.rollback)
            release.start()
            begun = time.monotonic()
        assert time.monotonic() - begun < 4  # sooner than an idle connection is closed
        release.join()
    assert caller.receive().startswith(b"HTTP/1.1 %d" % status)
    assert caller.socket.recv(1) == b""
    caller.socket.close()
