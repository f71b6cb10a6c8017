"""`make soak`: eight clients and an editor for half an hour over the same tables.

No error, memory that stays where it is, and no stale answer: after every commit the
editor reads what it wrote, in four ways. What fails is printed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from tests.bench.serve.ours_alone import memory_mb
from tests.bench.serve.peers import Connection, Server
from tests.bench.serve.start import servers
from tests.bench.serve.tables import Bench, prepare
from tests.conftest import ROOT

CLIENTS = 8
_GRID = "/collections/bench_grid"
_CODINGS = ("identity", "gzip", "zstd")
#: Memory of the last quarter beside that of the second, the first being for warming.
MOST_GROWTH = 1.1


class Soak:
    """What was asked, what failed, how memory went."""

    def __init__(self, bench: Bench, server: Server, seconds: float) -> None:
        self.bench = bench
        self.server = server
        self.end = time.monotonic() + seconds
        self.statuses: Counter[int] = Counter()
        self.problems: list[str] = []
        self.memory: list[float] = []
        self.times: list[float] = []
        self.edits = 0
        self.stale = 0
        with psycopg.connect(bench.dsn) as connection:
            rows = connection.execute(
                "SELECT code, ST_X(p), ST_Y(p) FROM (SELECT fid, code, "
                "ST_PointOnSurface(geom) AS p FROM city.bench_grid) g "
                "ORDER BY fid OFFSET 100 LIMIT 4000"
            ).fetchall()
        self.places: list[tuple[str, float, float]] = rows

    @property
    def is_on(self) -> bool:
        """Whether there is time left and nothing has gone badly wrong."""
        return time.monotonic() < self.end and len(self.problems) < 50

    def run(self) -> None:
        """All clients, the editor and the watch, until the time is over."""
        workers = [self._client] * CLIENTS + [self._editor, self._watch]
        threads = [
            threading.Thread(target=self._guarded, args=(work, number))
            for number, work in enumerate(workers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _guarded(self, work: Any, number: int) -> None:
        try:
            work(random.Random(number))
        except Exception as error:
            self.problems.append(f"{work.__name__}: {error!r}")

    # -- those who read ----------------------------------------------------------

    def _client(self, chance: random.Random) -> None:
        connection, tags = self.server.connect(), {}
        walk = f"{_GRID}/items?f=json&limit=50"
        while self.is_on:
            code, lon, lat = chance.choice(self.places)
            side = chance.choice((0.002, 0.01, 0.03))
            box = f"bbox={lon},{lat},{lon + side:.6f},{lat + side:.6f}"
            target = chance.choice(
                [
                    f"{_GRID}/items/{code}?f=json",
                    f"{_GRID}/items?f=json&limit=100&{box}",
                    f"{_GRID}/items?f=json&limit=1000&{box}",
                    f"{_GRID}/items?f=json&limit=5000&{box}",
                    f"{_GRID}/items?f=jsonfg&limit=20&{box}",
                    f"{_GRID}/items?f=html&limit=20&{box}",
                    f"{_GRID}/items?f=csv&limit=500&{box}",
                    f"{_GRID}/items?f=gpkg&limit=200&{box}",
                    f"{_GRID}/items?resulttype=hits&f=json&{box}",
                    f"{_GRID}/items?f=json&limit=10&q={code[-3:]}",
                    f"{_GRID}/items?f=json&limit=10&filter=population%3E{side * 9000}",
                    "/collections/bench_cell/tiles/WebMercatorQuad/13/3376/6830",
                    "/?f=json",
                    walk,
                ]
            )
            headers = {"Accept-Encoding": chance.choice(_CODINGS)}
            if target in tags and chance.random() < 0.3:
                headers["If-None-Match"] = tags[target]
            begun = time.perf_counter()
            status, body, answered = connection.get(target, headers)
            self.times.append(time.perf_counter() - begun)
            self.statuses[status] += 1
            if status not in (200, 204, 304, 503):
                self.problems.append(f"{status} to {target}: {body[:200]!r}")
            if "etag" in answered:
                tags[target] = answered["etag"]
                if len(tags) > 500:
                    tags.clear()
            if target == walk:
                walk = _next(self.server, body, answered, walk)
        connection.close()

    # -- who writes --------------------------------------------------------------

    def _editor(self, chance: random.Random) -> None:
        """One commit after another; every one must be seen by the reads after it."""
        connection, number = self.server.connect(), 0
        with psycopg.connect(self.bench.dsn, autocommit=True) as writer:
            while self.is_on:
                number += 1
                code, lon, lat = chance.choice(self.places)
                name = f"soak {number}"
                writer.execute(
                    "UPDATE city.bench_grid SET name = %s WHERE code = %s", (name, code)
                )
                box = f"bbox={lon},{lat},{lon + 0.001:.6f},{lat + 0.001:.6f}"
                item = self._read(connection, f"{_GRID}/items/{code}?f=json")
                page = self._read(connection, f"{_GRID}/items?f=json&limit=500&{box}")
                named = self._read(
                    connection,
                    f"{_GRID}/items?f=json&resulttype=hits&name=soak%20{number}",
                )
                again = self._read(connection, f"{_GRID}/items/{code}?f=json")
                seen = [f["properties"]["name"] for f in page.get("features", ())
                        if f["id"] == code]  # fmt: skip
                for found, wanted, what in (
                    (item.get("properties", {}).get("name"), name, "item"),
                    (again.get("properties", {}).get("name"), name, "kept item"),
                    (seen, [name], "page"),
                    (named.get("numberMatched"), 1, "count"),
                ):
                    if found != wanted:
                        self.stale += 1
                        self.problems.append(f"stale {what}: {found} for {wanted}")
                self.edits += 1
                time.sleep(0.05)
        connection.close()

    def _read(self, connection: Connection, target: str) -> dict[str, Any]:
        """A document, asked again while the server is busy."""
        for _ in range(20):
            status, body, _ = connection.get(target)
            self.statuses[status] += 1
            if status != 503:
                found: dict[str, Any] = json.loads(body)
                return found
            time.sleep(0.5)
        return {}

    def _watch(self, _chance: random.Random) -> None:
        while self.is_on:
            self.memory.append(memory_mb(self.server))
            time.sleep(2)

    # -- telling -----------------------------------------------------------------

    def report(self) -> tuple[str, bool]:
        """What happened, and whether all is well."""
        quarter = max(1, len(self.memory) // 4)
        second = self.memory[quarter : 2 * quarter] or self.memory
        growth = max(self.memory[-quarter:]) / max(second)
        times = sorted(self.times)
        lines = [
            f"requests {len(times)}  statuses {dict(sorted(self.statuses.items()))}",
            f"edits {self.edits}  stale {self.stale}",
            f"ms: median {1000 * median(times):.1f}, "
            f"p99 {1000 * times[int(len(times) * 0.99)]:.1f}",
            f"memory MB: first {self.memory[0]:.0f}, last {self.memory[-1]:.0f}, "
            f"last quarter over second {growth:.3f}",
            *self.problems[:20],
        ]
        well = not self.problems and growth <= MOST_GROWTH and self.edits > 0
        return "\n".join(lines) + "\n", well


def _next(server: Server, body: bytes, answered: dict[str, str], walk: str) -> str:
    """The page after this one; from the beginning after the last."""
    if not body or answered.get("content-encoding"):
        return walk
    links = {link["rel"]: link["href"] for link in json.loads(body)["links"]}
    first = f"{_GRID}/items?f=json&limit=50"
    return links["next"].split(str(server.port), 1)[1] if "next" in links else first


def main() -> None:
    """Run, print, fail where anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    asked = parser.parse_args()
    base = Path(os.environ.get("CITYGRID_HOME", str(ROOT / ".citygrid")))
    bench = prepare(base / "bench", lambda text: sys.stderr.write(f"{text}\n"))
    try:
        with servers(bench, {"citygrid"}) as (server,):
            soak = Soak(bench, server, asked.minutes * 60)
            soak.run()
            text, well = soak.report()
        with psycopg.connect(bench.dsn, autocommit=True) as connection:
            connection.execute(
                "UPDATE city.bench_grid g SET name = p.name FROM public.grid p "
                "WHERE p.code = g.code AND p.name IS DISTINCT FROM g.name"
            )
            connection.execute("VACUUM ANALYZE city.bench_grid")
    finally:
        bench.cluster.stop()
    sys.stdout.write(text)
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
