"""How long answers take: one client or eight, servers in turns, order rotated."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from statistics import median

import psycopg

from gis.db.compose import Composer, Output
from layers import Level
from tests.bench.serve.peers import Connection, Question, Server
from tests.bench.serve.tables import Bench

CLIENTS = 8


class Copy(Server):
    """PostGIS's own COPY of the features' text: the yardstick, no server at all."""

    name = "copy"

    def __init__(self, bench: Bench) -> None:
        super().__init__(0)
        self.bench = bench
        self._composer = Composer(bench.catalogue, bench.city)

    def target(self, question: Question) -> str | None:
        q = question
        if q.kind != "items" or q.bbox is None:
            return None
        layer = self.bench.catalogue[q.layer]
        with psycopg.connect(self.bench.dsn) as connection:
            feature = self._composer.feature(layer, Level.PUBLIC, Output())
            box = ", ".join(f"{v:.6f}" for v in q.bbox)
            return (
                f"COPY (SELECT {feature.as_string(connection)} FROM city.{q.layer} "
                f"WHERE ST_Intersects(geom, ST_MakeEnvelope({box}, 4490)) "
                f"ORDER BY fid LIMIT {q.limit}) TO STDOUT "
                "(FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"
            )

    def connect(self) -> Connection:
        return _CopyConnection(self)


class _CopyConnection(Connection):
    def __init__(self, server: Copy) -> None:
        super().__init__(server)
        self._db = psycopg.connect(
            server.bench.dsn, autocommit=True,
            options="-c max_parallel_workers_per_gather=0 -c timezone=UTC",
        )  # fmt: skip

    def get(
        self, target: str, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        with self._db.cursor().copy(target.encode()) as copy:
            return 200, b",".join([bytes(part) for part in copy]), {}

    def close(self) -> None:
        self._db.close()


def one_client(
    servers: Sequence[Server], questions: Sequence[Question], warm: int = 2
) -> dict[str, list[float]]:
    """Seconds of every question at every server; a question goes round all of them."""
    asked = [s for s in servers if s.target(questions[0])]
    connections = {server.name: server.connect() for server in asked}
    found: dict[str, list[float]] = defaultdict(list)
    for number, question in enumerate(questions):
        turn = number % len(asked)
        for server in (*asked[turn:], *asked[:turn]):
            target = server.target(question)
            assert target
            begun = time.perf_counter()
            status, _, _ = connections[server.name].get(target)
            seconds = time.perf_counter() - begun
            _check(server, target, status)
            if number >= warm:
                found[server.name].append(seconds)
    for connection in connections.values():
        connection.close()
    return dict(found)


def eight_clients(
    servers: Sequence[Server], questions: Sequence[Question], turns: int = 3
) -> dict[str, list[float]]:
    """Answers per second of every server, once per turn, order rotated."""
    found: dict[str, list[float]] = defaultdict(list)
    asked = [s for s in servers if s.target(questions[0])]
    for turn in range(turns):
        share = questions[turn::turns]
        at = turn % len(asked)
        for server in (*asked[at:], *asked[:at]):
            found[server.name].append(_together(server, share))
    return dict(found)


def _together(server: Server, questions: Sequence[Question]) -> float:
    """Answers per second of eight clients that share the questions."""
    targets = [t for q in questions if (t := server.target(q))]
    waiting = iter(targets)
    lock = threading.Lock()
    problems: list[BaseException] = []

    def client() -> None:
        connection = server.connect()
        try:
            while True:
                with lock:
                    target = next(waiting, None)
                if target is None:
                    return
                status, _, _ = connection.get(target)
                _check(server, target, status)
        except BaseException as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    if problems:
        raise problems[0]
    return len(targets) / seconds


def _check(server: Server, target: str, status: int) -> None:
    if status not in (200, 204):
        raise RuntimeError(f"{server.name}: {status} to {target}")


def typical(samples: dict[str, list[float]]) -> dict[str, float]:
    """Median of each server."""
    return {name: median(values) for name, values in samples.items()}
