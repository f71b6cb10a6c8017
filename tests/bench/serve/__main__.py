"""`make bench-serve`: this server beside its peers; data/bench/serve.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.serve import cases, ours_alone
from tests.bench.serve.clients import Copy, eight_clients, one_client, typical
from tests.bench.serve.documents import compare
from tests.bench.serve.goals import Goals
from tests.bench.serve.peers import Question, Server
from tests.bench.serve.start import servers
from tests.bench.serve.tables import SEED, SIZES_WANTED, Bench, prepare, sizes
from tests.conftest import ROOT

TARGET = ROOT / "data" / "bench" / "serve.json"


def say(text: str) -> None:
    """Tell how far it is."""
    sys.stderr.write(f"{text}\n")


class Run:
    """One run over all goals."""

    def __init__(self, bench: Bench, started: list[Server], rounds: int) -> None:
        self.bench = bench
        self.servers = started
        self.ours = next(s for s in started if s.name == "citygrid")
        self.copy = Copy(bench)
        self.rounds = rounds
        self.samples: dict[str, dict[str, list[float]]] = {}
        self.notes: dict[str, list[str]] = {}
        self.goals = Goals()

    def equal(self, question: Question) -> None:
        """Refuse to compare what is not the same document."""
        own = self.ours.connect().get(self.ours.target(question) or "")[1]
        for server in self.servers:
            target = server.target(question)
            if server is self.ours or target is None:
                continue
            theirs = server.connect().get(target)[1]
            found = compare(
                own, theirs, server.name, server.decimals, question.srid == 4549
            )
            self.notes.setdefault(server.name, [])
            self.notes[server.name] += [
                note for note in found if note not in self.notes[server.name]
            ]

    def alone(self, name: str, questions: list[Question], *, copy: bool = False):
        """One client: medians in seconds, the raw samples kept."""
        say(f"{name}: one client, {len(questions)} questions")
        asked = [*self.servers, self.copy] if copy else self.servers
        self.samples[name] = one_client(asked, questions)
        return typical(self.samples[name])

    def together(self, name: str, questions: list[Question]):
        """Eight clients: seconds per answer, so that ratios read alike."""
        say(f"{name}: eight clients, {len(questions)} questions")
        self.samples[name] = eight_clients(self.servers, questions)
        rates = typical(self.samples[name])
        return {server: 1 / rate for server, rate in rates.items()}

    # -- the goals -----------------------------------------------------------------

    def pages(self) -> None:
        """S1, S2, S3, S4: pages of features and single ones."""
        n, dsn, goals = self.rounds, self.bench.dsn, self.goals
        thousand = cases.items(dsn, 1000, n)
        self.equal(thousand[0])
        one = self.alone("items1000", thousand, copy=True)
        goals.at_least("S1", "items1000-stock", one, "pygeoapi", 12)
        goals.fastest("S1", "items1000-fastest-peer", one, 3.5)
        goals.at_most("S1", "items1000-copy", one["citygrid"] / one["copy"], 1.3)
        eight = self.together("items1000x8", cases.items(dsn, 999, 3 * n))
        goals.at_least("S1", "items1000x8-stock", eight, "pygeoapi", 15)

        long = cases.items(dsn, 10_000, max(n // 3, 8))
        self.equal(long[0])
        one = self.alone("items10000", long, copy=True)
        goals.at_least("S2", "items10000-stock", one, "pygeoapi", 9)
        goals.fastest("S2", "items10000-fastest-peer", one, 4)
        goals.at_most("S2", "items10000-copy", one["citygrid"] / one["copy"], 1.4)
        memory = ours_alone.memory_of_long_pages(self.ours, long * 4)
        self.samples["memory_mb"] = {"citygrid": memory}
        quarter = len(memory) // 4
        goals.at_most(
            "S2", "memory-growth", max(memory[-quarter:]) / max(memory[:quarter]), 1.05
        )

        codes = cases.codes(dsn, 2 * n, 3)
        single = [Question("item", "bench_grid", code=code) for code in codes]
        self.equal(single[0])
        one = self.alone("item", single)
        goals.at_least("S3", "item-stock", one, "pygeoapi", 6)
        goals.fastest("S3", "item-fastest-peer", one, 3)
        ten = cases.items(dsn, 10, 2 * n)
        self.equal(ten[0])
        one = self.alone("items10", ten)
        goals.at_least("S3", "items10-stock", one, "pygeoapi", 14)
        if "mapserver" in one:
            goals.at_least("S3", "items10-mapserver", one, "mapserver", 1)

        elsewhere = cases.items(dsn, 998, n, srid=4549)
        self.equal(elsewhere[0])
        one = self.alone("items1000-epsg4549", elsewhere)
        goals.at_least("S4", "crs-stock", one, "pygeoapi", 30)
        self.crs_beside_own(elsewhere)
        filters = cases.filters(n)
        one = self.alone("cql2", filters)
        goals.at_least("S4", "cql2-stock", one, "pygeoapi", 4.5)

    def crs_beside_own(self, elsewhere: list[Question]) -> None:
        """Another CRS beside CRS84, over the same boxes, each new to the server."""
        found: dict[str, list[float]] = {"crs84": [], "epsg4549": []}
        connection = self.ours.connect()
        for number, q in enumerate(elsewhere):
            assert q.bbox
            box = tuple(v + 1e-6 for v in q.bbox)
            here = Question("items", q.layer, limit=998, bbox=box)
            pair = [("crs84", here), ("epsg4549", replace(here, srid=4549))]
            # whoever comes first would count the box for the other
            connection.get(self.ours.target(replace(here, limit=997)) or "")
            for name, question in pair[:: -1 if number % 2 else 1]:
                begun = time.perf_counter()
                connection.get(self.ours.target(question) or "")
                found[name].append(time.perf_counter() - begun)
        self.samples["crs"] = found
        one = typical(found)
        self.goals.at_most("S4", "crs-own", one["epsg4549"] / one["crs84"], 1.3)

    def depth(self) -> None:
        """S5: deep pages and large counts."""
        say("deep pages")
        found = ours_alone.deep_pages(self.ours)
        self.samples["deep"] = found
        one = typical(found)
        self.goals.at_most("S5", "deep-page", one["deep"] / one["first"], 1.5)
        hits = [Question("hits", "bench_cell")] * self.rounds
        one = self.alone("count", hits)
        self.goals.at_least("S5", "count-stock", one, "pygeoapi", 200)

    def tiles(self) -> None:
        """S6: tiles."""
        n, goals = self.rounds, self.goals
        small, cells = cases.tile_of(self.bench.dsn, 2_000)
        say(f"tile {small}: {cells} cells")
        stock = [s for s in self.servers if s.name in ("citygrid", "pygeoapi")]
        others = [s for s in self.servers if s.name != "pygeoapi"]
        few = [Question("tile", "bench_cell", index=small, fresh=i) for i in range(4)]
        found = one_client(stock, few, warm=1)
        self.samples["tile2000-stock"] = found
        goals.at_least("S6", "tile2000-stock", typical(found), "pygeoapi", 300)
        many = [
            Question("tile", "bench_cell", index=small, fresh=10 + i) for i in range(n)
        ]
        found = one_client(others, many)
        self.samples["tile2000"] = found
        goals.at_least("S6", "tile2000-tipg", typical(found), "tipg", 1.1)
        same = [Question("tile", "bench_cell", index=small)] * n
        found = one_client(others, same)
        self.samples["tile2000-kept"] = found
        goals.at_least("S6", "tile2000-kept-tipg", typical(found), "tipg", 40)
        large, cells = cases.tile_of(self.bench.dsn, 50_000)
        say(f"tile {large}: {cells} cells")
        many = [
            Question("tile", "bench_cell", index=large, fresh=100 + i)
            for i in range(max(n // 3, 8))
        ]
        found = one_client(others, many)
        self.samples["tile50000"] = found
        goals.at_least("S6", "tile50000-tipg", typical(found), "tipg", 2.3)
        size = len(self.ours.connect().get(self.ours.target(many[0]) or "")[1])
        goals.at_most("S6", "tile-bytes", size, 500_000)
        self.samples["tile_cells"] = {"citygrid": [float(cells)]}

    def kept(self) -> None:
        """S7: kept answers, never stale."""
        say("kept answers")
        found = ours_alone.kept_answers(
            self.ours, cases.items(self.bench.dsn, 996, self.rounds)
        )
        self.samples["kept"] = found
        one = typical(found)
        self.goals.ratio("S7", "kept-cold", one["cold"] / one["kept"], 12)
        self.goals.ratio("S7", "unchanged-cold", one["cold"] / one["unchanged"], 12)
        stale = ours_alone.stale_answers(self.ours, self.bench.dsn)
        self.goals.at_most("S7", "stale-after-commit", stale, 0)

    def left(self) -> None:
        """S8: requests whose clients go away."""
        say("abandoned requests")
        found = ours_alone.abandoned(self.ours, self.bench.dsn)
        landing = found["landing_ms"]
        assert isinstance(landing, dict)
        self.samples["abandoned"] = {k: [v] for k, v in landing.items()}
        self.samples["abandoned"]["busy_before"] = [float(str(found["busy_before"]))]
        busy = int(str(found["busy_after_2_s"]))
        self.goals.at_most("S8", "busy-after-2-s", busy, 0)
        self.goals.at_most("S8", "landing-p99-ms", landing["p99"], 100)


def machine() -> dict[str, Any]:
    """Where it was measured."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {"processor": model, "cores": os.cpu_count(), "memory_gb": round(memory)}


def commit() -> str:
    """The commit, with a plus where the served rooms differ from it."""

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    return git("rev-parse", "--short", "HEAD") + (
        "+" if git("status", "--porcelain", "--", "gis") else ""
    )


def main() -> None:
    """Measure, print the table, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--only", help="parts by comma: pages,depth,tiles,kept,left")
    parser.add_argument("--servers", help="names by comma; default all there are")
    asked = parser.parse_args()
    base = Path(os.environ.get("CITYGRID_HOME", str(ROOT / ".citygrid")))
    bench = prepare(base / "bench", say)
    try:
        found = sizes(bench.dsn)
        if any(found[name] < wanted for name, wanted in SIZES_WANTED.items()):
            sys.exit(f"tables hold {found}, must hold at least {SIZES_WANTED}")
        wanted = set(asked.servers.split(",")) if asked.servers else None
        with servers(bench, wanted) as started:
            run = Run(bench, started, asked.rounds)
            parts = ["pages", "depth", "tiles", "kept", "left"]
            for part in asked.only.split(",") if asked.only else parts:
                getattr(run, part)()
    finally:
        bench.cluster.stop()
    sys.stdout.write(run.goals.table(run.samples))
    if asked.only or asked.servers:
        return
    TARGET.write_text(
        json.dumps(
            {
                "measured_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "commit": commit(),
                "seed": SEED,
                "sizes": found,
                "machine": machine(),
                "processes": {s.name: len(s.processes) for s in started},
                "differences": run.notes,
                "goals": run.goals.found,
                "samples": {
                    name: {
                        server: [round(v, 6) for v in values]
                        for server, values in by_server.items()
                    }
                    for name, by_server in run.samples.items()
                },
            },
            indent=1,
            ensure_ascii=False,
        )
        + "\n",
        "utf-8",
    )


if __name__ == "__main__":
    main()
