"""The exact kernel beside others: the same seeded cities, agreement first, in turns.

    make bench-coverage
    python -m tests.bench.coverage --services 100000 --rounds 3 --peers VENV/bin/python
    python -m tests.bench.coverage --only sectors catchments gaps

Three cities of 30 by 30 km: views between buildings, plain sectors, deep catchments.
The kernel starts from geometry objects and gives every zone and all 100 m cells; the
others give zones alone. Everybody has two threads. Raw seconds, ratios and goals are
written to data/bench/coverage.json; a smaller city than the one written is refused.
With `--only` some are measured and the others stay as they were written. `tables`,
`growth` and `http` go from tables to tables: see tests/bench/coverage_tables.py.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from gis.db.cluster import Cluster
from processes.kernels.exact import exact_coverage, stand, warm
from processes.kernels.gaps import zone_gaps
from tests.bench import coverage_tables
from tests.bench.coverage_city import SIDE_M, services, zones
from tests.bench.coverage_peers import (
    LAYERS,
    PEERS,
    Peer,
    by_geopandas,
    by_postgis,
    by_shapely,
    fill,
)

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "data" / "bench" / "coverage.json"
SEED = 2012
AGREE_M2 = 1e-2
EDITS = 60
ROADS = 287_000
GAP_SERVICES = 20_000
#: Goal per city: times faster than PostGIS, than shapely zone by zone.
FASTER = {"views": (15, 10), "sectors": (10, 7), "catchments": (60, 50)}
EDIT_SHARE = {"views": 1 / 200, "sectors": 1 / 1000}
Engine = Callable[[], np.ndarray]


def in_turns(engines: dict[str, Engine], rounds: int) -> dict[str, list[float]]:
    """Wall seconds of every engine, one after the other, again and again."""
    seconds: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(rounds):
        for name, run in engines.items():
            timed(run, seconds[name])
    return seconds


def timed(run: Engine, seconds: list[float]) -> np.ndarray:
    """What an engine finds; its wall seconds are appended."""
    began = time.perf_counter()
    found = run()
    seconds.append(round(time.perf_counter() - began, 4))
    return found


def agreed_in_turns(
    engines: dict[str, Engine], first: str, rounds: int
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """How far apart the areas of zones are, at most, and seconds of all in turns.

    The first round is the one whose figures are compared; if they differ, nothing else
    is timed and nothing is written.
    """
    seconds: dict[str, list[float]] = {name: [] for name in engines}
    found = {name: timed(run, seconds[name]) for name, run in engines.items()}
    apart = {n: float(np.abs(area - found[first]).max()) for n, area in found.items()}
    if max(apart.values()) > AGREE_M2:
        raise SystemExit(f"figures differ, nothing is timed: {apart}")
    for name, more in in_turns(engines, rounds - 1).items():
        seconds[name] += more
    return apart, seconds


def measure_city(
    kind: str, n: int, rounds: int, cluster: Cluster, peers: Path | None
) -> dict[str, Any]:
    """One city: everybody in turns, then the kernel's own ways in turns."""
    here = services(kind, n, SIDE_M, SEED)
    ground = zones(SIDE_M, SEED + 1)
    fill(cluster.dsn, here, ground)
    engines: dict[str, Engine] = {
        "exact": lambda: exact_coverage(here, ground).area_m2.covered[0],
        "postgis": lambda: by_postgis(cluster.dsn, len(ground)),
        "shapely by zone": lambda: by_shapely(here, ground),
    }
    with tempfile.TemporaryDirectory() as name, ExitStack() as at_end:
        folder = Path(name)
        for what, shapes in zip(LAYERS, (ground, here), strict=True):
            np.save(folder / f"{what}.npy", shapely.to_wkb(shapes))
        for peer_name in PEERS if peers else ():
            peer = Peer(peer_name, peers, folder)
            at_end.callback(peer.stop)
            engines[peer_name] = peer.run
        apart, seconds = agreed_in_turns(engines, "exact", rounds)
    return {
        "services": len(here),
        "vertices": int(shapely.get_num_coordinates(here).sum()),
        "zones": len(ground),
        "apart_m2": apart,
        "seconds": seconds,
        "own_seconds": in_turns(own_ways(here, ground), rounds + 2),
        "edit_seconds": edit_seconds(kind, here, ground),
    } | origin()


def origin() -> dict[str, Any]:
    """Of which commit, and on how busy a machine, something was just measured."""
    git = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    commit = subprocess.run(git, capture_output=True, text=True, check=True)
    return {"commit": commit.stdout.strip(), "load": round(os.getloadavg()[0], 2)}


def own_ways(here: np.ndarray, ground: np.ndarray) -> dict[str, Engine]:
    """The kernel on one thread, at four depths, with more layers in the same run."""
    rng = np.random.default_rng(SEED)
    at = rng.uniform(0, SIDE_M, (200_000, 2)) + 500_000
    people = shapely.points(np.round(at, 3))
    begin = rng.uniform(0, SIDE_M, (ROADS, 2)) + 500_000
    roads = shapely.linestrings(
        np.round(np.stack([begin, begin + rng.normal(0, 150, begin.shape)], axis=1), 3)
    )
    corner = rng.uniform(0, SIDE_M - 200, (6_000, 2)) + 500_000
    land = shapely.box(*np.round(corner, 3).T, *np.round(corner + 150, 3).T)

    def area(**more: Any) -> np.ndarray:
        return exact_coverage(here, ground, **more).area_m2.covered[0]

    return {
        "two threads": area,
        "one thread": lambda: area(threads=1),
        "four depths": lambda: area(depths=4),
        "with roads, people and land": lambda: area(
            lines=roads, points=people, others=land
        ),
    }


def edit_seconds(kind: str, here: np.ndarray, ground: np.ndarray) -> list[float]:
    """Seconds of single edits: one service goes, another comes."""
    city = stand(here, ground)
    fresh = services(kind, EDITS, SIDE_M, SEED + 7)
    rng = np.random.default_rng(SEED)
    seconds = []
    for i in range(len(fresh)):
        gone = np.array([rng.integers(len(here))])
        began = time.perf_counter()
        city.edited(gone, fresh[i : i + 1])
        seconds.append(round(time.perf_counter() - began, 5))
    return seconds


def measure_gaps(rounds: int) -> dict[str, Any]:
    """Gaps beside geopandas' overlay difference, as bare ground."""
    here = services("sectors", GAP_SERVICES, SIDE_M, SEED)
    ground = zones(SIDE_M, SEED + 1)
    engines: dict[str, Engine] = {
        "gaps": lambda: (
            zone_gaps(ground, here, smallest_m2=0.0, width_m=0.0).covered_m2
        ),
        "geopandas overlay": lambda: by_geopandas(here, ground),
    }
    apart, seconds = agreed_in_turns(engines, "gaps", rounds)
    return {"services": GAP_SERVICES, "apart_m2": apart, "seconds": seconds} | origin()


def goals(
    cities: dict[str, Any], gaps: dict[str, Any] | None, stored: dict[str, Any]
) -> list[dict[str, Any]]:
    """What was to be reached, and whether it is."""
    found: list[dict[str, Any]] = []

    def goal(id_: str, measured: float, wanted: float, *, at_least: bool) -> None:
        holds = measured >= wanted if at_least else measured <= wanted
        found.append(
            {
                "id": id_,
                "measured": round(float(measured), 5),
                "goal": wanted,
                "holds": bool(holds),
            }
        )

    for kind, city in cities.items():
        wall = {name: np.median(s) for name, s in city["seconds"].items()}
        own = {name: np.median(s) for name, s in city["own_seconds"].items()}
        postgis, by_zone = FASTER[kind]
        goal(
            f"{kind}-over-postgis",
            wall["postgis"] / wall["exact"],
            postgis,
            at_least=True,
        )
        goal(
            f"{kind}-over-shapely-by-zone",
            wall["shapely by zone"] / wall["exact"],
            by_zone,
            at_least=True,
        )
        goal(
            f"{kind}-two-threads-over-one",
            own["one thread"] / own["two threads"],
            1.5,
            at_least=True,
        )
        goal(
            f"{kind}-four-depths-over-one",
            own["four depths"] / own["two threads"],
            1.6,
            at_least=False,
        )
        goal(
            f"{kind}-with-roads-people-land-over-without",
            own["with roads, people and land"] / own["two threads"],
            2.0,
            at_least=False,
        )
        edit = float(np.median(city["edit_seconds"]))
        if kind in EDIT_SHARE:
            share = EDIT_SHARE[kind]
            run = own["two threads"]  # warm, as edits are
            goal(f"{kind}-edit-over-run", edit / run, share, at_least=False)
        else:
            goal(f"{kind}-edit-seconds", edit, 0.010, at_least=False)
    if gaps is not None:
        wall = {name: np.median(s) for name, s in gaps["seconds"].items()}
        ratio = wall["geopandas overlay"] / wall["gaps"]
        goal("gaps-over-geopandas-overlay", ratio, 3.0, at_least=True)
    for id_, measured, wanted, at_least in coverage_tables.goals(stored):
        goal(id_, measured, wanted, at_least=at_least)
    return found


def kept(services: int) -> dict[str, Any]:
    """The table that is there; refused if its cities are larger."""
    if not TARGET.exists():
        return {"cities": {}, "gaps": None, "stored": {}}
    table: dict[str, Any] = json.loads(TARGET.read_text("utf-8"))
    if table["asked"]["services"] > services:
        raise SystemExit(
            f"--services: {services} given, must be at least "
            f"{table['asked']['services']}: the table that is there is larger"
        )
    if table["asked"]["services"] < services:
        return {"cities": {}, "gaps": table["gaps"], "stored": {}}
    return table


def measure_cities(
    kinds: list[str], services: int, rounds: int, peers: Path | None
) -> dict[str, Any]:
    """Some cities, beside a PostGIS of their own."""
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        cluster = Cluster(Path(home), durable=False)
        cluster.start()
        try:
            return {
                kind: measure_city(
                    kind,
                    services // (5 if kind == "catchments" else 1),
                    rounds,
                    cluster,
                    peers,
                )
                for kind in kinds
            }
        finally:
            cluster.stop(immediate=True)


def measure_stored(before: dict[str, Any], asked: argparse.Namespace) -> dict[str, Any]:
    """From tables to tables, as far as it is asked for; the rest as it was written."""
    n, rounds = asked.services, asked.rounds
    ways: dict[str, Callable[[], dict[str, Any]]] = {
        "tables": lambda: coverage_tables.measure_tables(n, rounds, SEED, AGREE_M2),
        "growth": lambda: coverage_tables.measure_growth(n, rounds, SEED),
        "http": lambda: coverage_tables.measure_http(n, rounds),
    }
    found = {name: run() for name, run in ways.items() if name in asked.only}
    return before | found


def main() -> None:
    """Make the cities, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--peers", type=Path, help="python that has what requirements-peers.txt names"
    )
    names = [*FASTER, "gaps", *coverage_tables.NAMES]
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    asked = parser.parse_args()
    before = kept(asked.services)
    warm()
    kinds = [kind for kind in FASTER if kind in asked.only]
    cities = before["cities"]
    if kinds:
        cities |= measure_cities(kinds, asked.services, asked.rounds, asked.peers)
    gaps = measure_gaps(asked.rounds) if "gaps" in asked.only else before["gaps"]
    cities = {kind: cities[kind] for kind in FASTER if kind in cities}
    stored = measure_stored(before.get("stored", {}), asked)
    table = {
        "commit": origin()["commit"],
        "seed": SEED,
        "asked": {"services": asked.services, "rounds": asked.rounds},
        "machine": platform.machine(),
        "python": platform.python_version(),
        "not_installed": [] if asked.peers else list(PEERS),
        "cities": cities,
        "gaps": gaps,
        "stored": stored,
        "goals": goals(cities, gaps, stored),
    }
    TARGET.write_text(json.dumps(table, indent=1) + "\n", "utf-8")
    for one in table["goals"]:
        sys.stdout.write(
            f"{one['id']}: {one['measured']} (goal {one['goal']}) "
            f"{'holds' if one['holds'] else 'MISSED'}\n"
        )


if __name__ == "__main__":
    main()
