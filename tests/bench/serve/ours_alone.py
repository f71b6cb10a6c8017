"""What only this server is asked for: depth, versions, memory, abandoned requests."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import psycopg

from tests.bench.serve.peers import Question, Server

DEPTH = 1_500_000
ABANDONED = 12


def deep_pages(server: Server, count: int = 30) -> dict[str, list[float]]:
    """Seconds of first pages and of pages after 1.5 million rows, in turns.

    The pages are the next ones of one walk each, so that none was asked before.
    """
    connection = server.connect()
    walks = {
        "first": f"/collections/bench_cell/items?f=json&limit=100&lang=en&code={''}",
        "deep": f"/collections/bench_cell/items?f=json&limit=100&offset={DEPTH - 100}",
    }
    walks["first"] = "/collections/bench_cell/items?f=json&limit=100"
    found: dict[str, list[float]] = {"first": [], "deep": []}
    for number in range(count + 2):
        for name in sorted(walks, reverse=bool(number % 2)):
            begun = time.perf_counter()
            status, body, _ = connection.get(walks[name])
            seconds = time.perf_counter() - begun
            document = json.loads(body)
            if status != 200 or document["numberReturned"] != 100:
                raise RuntimeError(f"{name} page: {status}")
            if number > 1:
                found[name].append(seconds)
            links = {link["rel"]: link["href"] for link in document["links"]}
            walks[name] = links["next"].split(str(server.port), 1)[1]
    connection.close()
    return found


def kept_answers(
    server: Server, questions: Sequence[Question]
) -> dict[str, list[float]]:
    """Seconds of an answer when it is new, when it is kept, and when it is a 304."""
    connection = server.connect()
    found: dict[str, list[float]] = {"cold": [], "kept": [], "unchanged": []}
    for question in questions:
        target = server.target(question)
        assert target
        tag = ""
        for name in ("cold", "kept", "unchanged"):
            headers = {"If-None-Match": tag} if name == "unchanged" else {}
            begun = time.perf_counter()
            status, _, answered = connection.get(target, headers)
            found[name].append(time.perf_counter() - begun)
            if status != (304 if name == "unchanged" else 200):
                raise RuntimeError(f"{name}: {status} to {target}")
            tag = answered["etag"]
    connection.close()
    return found


def stale_answers(server: Server, dsn: str, commits: int = 40) -> int:
    """How many reads after a commit did not see it; items, item and count."""
    connection = server.connect()
    stale = 0
    with psycopg.connect(dsn, autocommit=True) as writer:
        code, name = writer.execute(
            "SELECT code, name FROM city.bench_grid ORDER BY fid LIMIT 1"
        ).fetchone()
        item = f"/collections/bench_grid/items/{code}?f=json"
        page = "/collections/bench_grid/items?f=json&limit=5"
        hits = "/collections/bench_grid/items?f=json&resulttype=hits&name=changed"
        for number in range(commits):
            wanted = "changed" if number % 2 == 0 else f"name {number}"
            writer.execute(
                "UPDATE city.bench_grid SET name = %s WHERE code = %s", (wanted, code)
            )
            one = json.loads(connection.get(item)[1])["properties"]["name"]
            listed = json.loads(connection.get(page)[1])["features"]
            counted = json.loads(connection.get(hits)[1])["numberMatched"]
            seen = [f["properties"]["name"] for f in listed if f["id"] == code]
            stale += one != wanted
            stale += seen not in ([wanted], [])
            stale += counted != (wanted == "changed")
        writer.execute(
            "UPDATE city.bench_grid SET name = %s WHERE code = %s", (name, code)
        )
        writer.execute("VACUUM ANALYZE city.bench_grid")
    connection.close()
    return stale


def memory_mb(server: Server) -> float:
    """Resident memory of the server's process."""
    status = Path(f"/proc/{server.processes[0].pid}/status").read_text()
    line = next(one for one in status.splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def memory_of_long_pages(server: Server, questions: Sequence[Question]) -> list[float]:
    """Resident memory after each long page, eight clients' worth of them."""
    connection = server.connect()
    found = []
    for question in questions:
        target = server.target(question)
        assert target
        connection.get(target)
        found.append(memory_mb(server))
    connection.close()
    return found


def abandoned(server: Server, dsn: str) -> dict[str, object]:
    """Twelve heavy requests whose clients leave after half a second.

    Returns
    -------
    Backends still busy two seconds later, and milliseconds of the landing page,
    asked all the while from before the first request until after the last check.
    """
    landing: list[float] = []
    ending = threading.Event()

    def look() -> None:
        connection = server.connect()
        while not ending.is_set():
            begun = time.perf_counter()
            status, _, _ = connection.get("/?f=json")
            landing.append(1000 * (time.perf_counter() - begun))
            if status != 200:
                raise RuntimeError(f"landing page: {status}")
            time.sleep(0.005)
        connection.close()

    looking = threading.Thread(target=look)
    looking.start()
    time.sleep(0.5)
    clients = [_send(server, number) for number in range(ABANDONED)]
    time.sleep(0.5)
    busy_before = _busy(dsn)
    for client in clients:
        client.close()
    time.sleep(2)
    busy = _busy(dsn)
    time.sleep(0.5)
    ending.set()
    looking.join()
    landing.sort()
    return {
        "busy_before": busy_before,
        "busy_after_2_s": busy,
        "landing_ms": {
            "p50": median(landing),
            "p99": landing[int(len(landing) * 0.99)],
            "worst": landing[-1],
            "asked": len(landing),
        },
    }


def _send(server: Server, number: int) -> socket.socket:
    """A request that takes seconds: a filter that no index serves, over 1.7 million."""
    filters = (
        f"area_m2%20*%20{number + 3}%20%3C%200%20OR%20name%20LIKE%20'%25{number}x%25'"
    )
    heavy = (
        f"/collections/bench_cell/items?f=json&limit=10000&filter={filters}"
        if number % 2
        else f"/collections/bench_cell/items?f=gpkg&limit=10000&filter={filters}"
    )
    client = socket.create_connection(("127.0.0.1", server.port))
    client.sendall(f"GET {heavy} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return client


def _busy(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).fetchone()
        return int(row[0])
