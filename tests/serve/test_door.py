"""Requests that came before are answered by their bytes, and as they were before."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from urllib.parse import urlsplit

import psycopg
import pytest

from gis.serve import door
from gis.serve.door import Joining
from layers import Level
from tests.waiting import until

PATH = "/collections/park/items?f=json&limit=2"
TOKEN = "Authorization: Bearer token-of-staff"


class Client:
    """One connection over which bytes are sent as they are."""

    def __init__(self, server):
        self.host = urlsplit(server.base).netloc
        name, _, port = self.host.partition(":")
        self._socket = socket.create_connection((name, int(port)), timeout=10)
        self._left = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def head(self, path=PATH, *lines, method="GET"):
        first = f"{method} {path} HTTP/1.1", f"Host: {self.host}"
        return "\r\n".join([*first, *lines, "", ""]).encode()

    def send(self, data):
        self._socket.sendall(data)

    def receive(self):
        """Status, headers but date and id, body."""
        while b"\r\n\r\n" not in self._left:
            self._more()
        head, _, self._left = self._left.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        pairs = (line.split(": ", 1) for line in lines)
        headers = {name.lower(): value for name, value in pairs}
        size = int(headers.get("content-length", 0))
        while len(self._left) < size:
            self._more()
        body, self._left = self._left[:size], self._left[size:]
        assert re.fullmatch("[0-9a-z-]{8,64}", headers.pop("x-request-id"))
        assert headers.pop("date")
        return int(status.split()[1]), headers, body

    def ask(self, *arguments, **named):
        self.send(self.head(*arguments, **named))
        return self.receive()

    def _more(self):
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionResetError
        self._left += data


@pytest.fixture
def client(server):
    with Client(server) as client:
        yield client


def asked_within(server, client, data):
    """Whether the application was asked for what these bytes ask."""
    before = len(server.asked)
    client.send(data)
    answer = client.receive()
    return answer, len(server.asked) > before


@pytest.mark.parametrize("lines", [(), ("Accept-Encoding: gzip",)])
def test_what_came_before_is_answered_alike_without_the_application(
    server, client, lines
):
    head = client.head(PATH, "User-Agent: door", *lines)
    first, was_asked = asked_within(server, client, head)
    again, is_asked = asked_within(server, client, head)
    assert first == again
    assert first[0] == 200
    assert was_asked
    assert not is_asked
    tag = f"If-None-Match: {first[1]['etag']}"
    held = client.head(PATH, "User-Agent: another", *lines, tag)
    answers = [asked_within(server, client, held) for _ in range(3)]
    assert [asked for _, asked in answers] == [True, False, False]
    assert {answer[0] for answer, _ in answers} == {304}
    assert all("content-length" not in answer[1] for answer, _ in answers)
    assert answers[0][0] == answers[2][0]


def test_who_holds_what_came_before_is_answered_without_the_application(server, client):
    lines = "User-Agent: holder", "Accept: */*"
    whole = client.ask(PATH, *lines)
    tag = whole[1]["etag"]
    for given, status in [
        (tag, 304), ("*", 304), (f'W/"other", {tag}', 304), ('W/"other"', 200),
    ]:  # fmt: skip
        for at in range(len(lines) + 1):
            more = *lines[:at], f"if-none-match: {given}", *lines[at:]
            answer, is_asked = asked_within(server, client, client.head(PATH, *more))
            assert not is_asked
            assert answer[0] == status
            assert answer[1]["etag"] == tag
            assert answer[2] == (whole[2] if status == 200 else b"")
    with psycopg.connect(server.dsn, autocommit=True) as writer:
        writer.execute("UPDATE city.park SET name = name")
    assert client.ask(PATH, *lines, f"If-None-Match: {tag}")[0] == 200
    assert client.ask(PATH, *lines, f"If-None-Match: {tag}, x")[0] == 200


@pytest.mark.parametrize("given", [b"\x00", b'"a"\r\n "b"', b"\xff"])
def test_what_is_held_is_read_only_where_it_is_plain(server, client, given):
    head = client.head(PATH, "User-Agent: odd")
    client.send(head)
    client.receive()
    before = len(server.asked)
    client.send(head[:-2] + b"If-None-Match: " + given + b"\r\n\r\n")
    client._more()
    status = int(client._left.split()[1])
    assert status == 400 or len(server.asked) == before + 1


def test_it_is_counted_and_logged(server, client):
    def counted():
        text = server.get("/metrics").text
        found = re.search(r'requests_total{route="items",status="200"} (\d+)', text)
        return int(found[1]) if found else 0

    client.ask()
    line = "/collections/park/items 200"
    before, lines = counted(), server.log.getvalue().count(line)
    for _ in range(5):
        assert client.ask()[0] == 200
    assert counted() == before + 5
    # it is written once the answer is on its way
    until(lambda: server.log.getvalue().count(line) >= lines + 5, 5)


def test_a_commit_before_the_request_is_seen(server, client):
    client.ask()
    with psycopg.connect(server.dsn, autocommit=True) as writer:
        for _ in range(20):
            before = client.ask()
            assert client.ask() == before
            writer.execute("UPDATE city.park SET name = name")
            assert client.ask()[1]["etag"] != before[1]["etag"]


@pytest.mark.parametrize(
    "line",
    [TOKEN, "Cookie: citygrid_lang=en", "X-Request-Id: some-request", "Expect: x"],
)
def test_what_may_change_with_time_goes_the_ordinary_way(server, client, line):
    head = client.head(PATH, line)
    for _ in range(3):
        answer, is_asked = asked_within(server, client, head)
        assert answer[0] == 200
        assert is_asked


def test_levels_never_share_an_answer(server, client):
    path = "/collections/case_record/items?f=json&limit=2"
    public = client.ask(path)
    assert client.ask(path, TOKEN) != public
    assert client.ask(path) == public
    assert server.get(path, Level.STAFF).content == client.ask(path, TOKEN)[2]


def test_many_at_once_are_answered_in_their_order(client):
    """Requests sent before the first was answered, known and unknown ones mixed."""
    paths = [PATH, "/healthz", PATH, "/collections/park/items/park-0?f=json", PATH]
    alone = [client.ask(path) for path in paths]
    for _ in range(3):
        client.send(b"".join(client.head(path) for path in paths))
        assert [client.receive()[2] for _ in paths] == [body for _, _, body in alone]
    for path in paths:  # one after another, each in a piece of its own
        client.send(client.head(path))
    assert [client.receive()[2] for _ in paths] == [body for _, _, body in alone]


def test_a_request_in_pieces_is_one_request(client):
    whole = client.ask()
    head = client.head()
    for at in (1, 3, 20, len(head) - 4, len(head) - 1):
        client.send(head[:at])
        time.sleep(0.02)
        client.send(head[at:])
        assert client.receive() == whole


def test_a_body_is_never_taken_for_a_request(server, client):
    """The bytes of a known request, inside another's body."""
    client.ask()
    inner = client.head()
    before = len(server.asked)
    client.send(
        client.head(
            "/processes/gap/execution",
            f"Content-Length: {len(inner)}",
            "Content-Type: application/json",
            method="POST",
        )
    )
    time.sleep(0.1)
    client.send(inner)
    status, _, body = client.receive()
    assert status == 400, body
    assert client.ask()[0] == 200
    assert len(server.asked) == before + 1


def test_the_end_of_a_head_is_never_taken_for_a_request(client):
    """The bytes of a known request, as the last headers of another."""
    known = client.ask()
    client.send(b"GET /healthz HTTP/1.1\r\nX-Said: ")
    time.sleep(0.1)
    client.send(client.head())
    assert client.receive()[2] == b'{"status":"ok"}'
    assert client.ask() == known


@pytest.mark.parametrize("path", [PATH, "/healthz"])
def test_a_silent_connection_is_held_longer_than_proxies_hold_theirs(
    server, client, monkeypatch, path
):
    """Who waits less closes first: no request meets a connection being closed."""
    assert door.KEEP_ALIVE_S > 60
    assert client.ask(path)[0] == client.ask(path)[0] == 200
    monkeypatch.setattr(door, "KEEP_ALIVE_S", 0.2)
    with Client(server) as brief:
        assert brief.ask(path)[0] == brief.ask(path)[0] == 200
        time.sleep(0.4)
        with pytest.raises(ConnectionError):
            brief.ask(path)
    assert client.ask(path)[0] == 200


def test_lost_connections_of_the_database_are_opened_again(server, client):
    client.ask()
    with psycopg.connect(server.dsn, autocommit=True) as killer:
        killer.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
    assert client.ask()[0] == 200


def test_a_client_that_leaves_meanwhile_harms_nobody(server):
    for _ in range(10):
        with Client(server) as client:
            client.ask()
            client.send(client.head())
    with Client(server) as client:
        assert client.ask()[0] == 200
    assert "Traceback" not in server.log.getvalue()


class Recording:
    """A transport that remembers what it is told."""

    def __init__(self):
        self.told = []
        self.is_gone = False

    def is_closing(self):
        return self.is_gone

    def write(self, data):
        self.told.append(data)

    def writelines(self, pieces):
        self.told.append(b"".join(pieces))

    def close(self):
        self.told.append("close")


def test_a_head_goes_with_the_first_of_its_body():
    async def play():
        sent = Recording()
        joining = Joining(sent, asyncio.get_running_loop())
        joining.write(b"HTTP/1.1 200 OK\r\n\r\n")
        joining.write(b"body")
        joining.write(b" and more")
        joining.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await asyncio.sleep(0)
        joining.write(b"HTTP/1.1 304 Not Modified\r\n\r\n")
        joining.close()
        joining.write(b"HTTP/1.1 200 OK\r\n\r\n")
        sent.is_gone = True
        await asyncio.sleep(0)
        return sent.told

    assert asyncio.run(play()) == [
        b"HTTP/1.1 200 OK\r\n\r\nbody",
        b" and more",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\n\r\n",
        "close",
    ]


def test_a_head_without_a_body_comes_all_the_same(client):
    client.send(client.head(method="HEAD"))
    while not client._left.endswith(b"\r\n\r\n"):
        client._more()
    assert client._left.startswith(b"HTTP/1.1 200")
    client._left = b""
    tag = client.ask()[1]["etag"]
    assert client.ask(PATH, f"If-None-Match: {tag}")[0] == 304
    client.send(client.head(PATH, "Connection: close", method="HEAD"))
    with pytest.raises(ConnectionResetError):  # its end, after the head
        while True:
            client._more()
    assert client._left.startswith(b"HTTP/1.1 200")
    assert client._left.endswith(b"\r\n\r\n")
