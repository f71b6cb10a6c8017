"""What is no request is refused in JSON, and no head is read without end."""

import json
import socket
import threading
import time

import pytest
import uvicorn

from gis.serve.unreadable import LONGEST_ADDRESS, LONGEST_HEAD, HttpProtocol


async def _well(scope, receive, send):
    assert scope["type"] == "http"
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture(scope="module")
def port():
    config = uvicorn.Config(_well, http=HttpProtocol, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join(10)
    listener.close()


def ask(port, *parts):
    """Status and document of what is answered to these bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for part in parts:
            try:
                connection.sendall(part)
            except OSError:
                break  # refused before all was sent
        answered = b""
        while b"\r\n\r\n" not in answered or not answered.split(b"\r\n\r\n", 1)[1]:
            more = connection.recv(65536)
            if not more:
                break
            answered += more
    head, _, body = answered.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body) if body else None


@pytest.mark.parametrize(
    ("request_", "status", "named"),
    [
        (b"FOO / HTTP/1.1\r\n\r\n", 400, "method"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400, "headers"),
        (b"\x16\x03\x01\x00\xa5", 400, "HTTP/1.1"),
        (b"GET /?" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414, "address"),
    ],
)
def test_bytes_that_are_no_request(port, request_, status, named):
    answered, problem = ask(port, request_)
    assert answered == problem["status"] == status
    assert named in problem["detail"]
    assert str(LONGEST_ADDRESS) in problem["detail"] or status == 400


@pytest.mark.parametrize("begun", [b"GET /?", b"GET / HTTP/1.1\r\nHost: a\r\nx: "])
def test_a_head_without_end(port, begun):
    answered, problem = ask(port, begun, *[b"a" * 32_768] * 64)
    assert answered in (414, 431)
    assert problem["status"] == answered


def test_long_bodies_and_kept_connections_are_none_of_its_business(port):
    body = b"b" * (2 * LONGEST_HEAD)
    post = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for _ in range(3):
            connection.sendall(post + body)
            assert connection.recv(4096).startswith(b"HTTP/1.1 204")
