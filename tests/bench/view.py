"""Views of cameras beside shapely, numpy, pysovist, PostGIS and GDAL: agreement first.

    python -m tests.bench.view                  # about six minutes, writes the table
    python -m tests.bench.view --size small --quick --out /dev/stdout

Peers answer the same question on the same cameras: the area of one level. Times are of
one thread each, in turns; the kernel has two where it says so. Areas, sight lines and
rings are compared before anything is timed.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from gis.db.cluster import Cluster
from processes.kernels.visibility import build_index, camera_views, visible_areas
from tests.bench import view_peers as peers
from tests.bench import view_store as store
from tests.bench.view_scene import cameras, houses
from tests.conftest import ROOT

SEED = 6
BUILDINGS, FEW_BUILDINGS, CAMERAS = 491_000, 12_000, 100_000
ROUNDS = 5


def timed(work: Callable[[], Any]) -> float:
    """Seconds of a call."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


class Bench:
    """One town, its cameras, and what was measured of them."""

    def __init__(self, *, quick: bool) -> None:
        self.quick = quick
        self.buildings = 20_000 if quick else BUILDINGS
        self.count = 5_000 if quick else CAMERAS
        random = np.random.default_rng(SEED)
        self.houses = houses(random, self.buildings)
        self.posts, self.far, self.near = cameras(random, self.houses, self.count)
        self.index = build_index(self.houses)
        self.town = peers.Town(self.houses, self.posts, self.far[:, 0])
        self.one = self.far[:, :1]
        self.samples: dict[str, Any] = {}
        self.goals: list[dict[str, Any]] = []

    def goal(
        self, name: str, measured: float, goal: float, *, most: bool = False
    ) -> None:
        """Note a goal: at least so much, or at most."""
        holds = measured <= goal if most else measured >= goal
        told = float(f"{measured:.4g}")
        self.goals.append(
            {"id": name, "measured": told, "goal": goal, "holds": bool(holds)}
        )

    def agreement(self, dsn: str) -> dict[str, float]:
        """Greatest difference of each peer, as a share of the area."""
        own = visible_areas(self.index, self.posts, self.one, self.near).area_m2[:, 0]
        most = 50 if self.quick else 1000
        few = 20 if self.quick else 100
        gdal, gdal_s = peers.by_gdal(self.town, 10 if self.quick else 40, 1.0)
        sovist, sovist_s = peers.by_pysovist(self.town, few)
        self.samples["gdal_viewshed_s"] = [gdal_s / len(gdal)]
        self.samples["pysovist_s"] = [sovist_s / few]
        found = {
            "geos_oracle": peers.by_oracle(self.town, most),
            "shapely": peers.by_shapely(self.town, few),
            "numpy": peers.by_numpy(self.town, few),
            "postgis": peers.by_postgis(dsn, self.town, few),
            "pysovist": sovist,
            "gdal_1m": gdal,
        }
        told = {
            name: float(np.max(np.abs(area - own[: len(area)]) / own[: len(area)]))
            for name, area in found.items()
        }
        self.goal("area-off-geos-oracle", told["geos_oracle"], 1e-6, most=True)
        self.goal("area-off-pysovist", told["pysovist"], 1e-12, most=True)
        kept = np.arange(100 if self.quick else 1000)
        near = camera_views(self.index, self.posts.only(kept), self.far[kept],
                            self.near[kept] + 3.0)  # fmt: skip
        shapes = near.geometry()
        shapes = shapes[~shapely.is_missing(shapes)]
        rings = shapely.get_rings(shapely.get_parts(shapes))
        open_ = sum(not shapely.is_closed(ring) for ring in rings)
        wrong = int((~shapely.is_valid(shapes)).sum()) + open_
        self.goal("rings-invalid-or-open", wrong, 0, most=True)
        some = kept[:400]
        view = camera_views(self.index, self.posts.only(some),
                            self.one[some], self.near[some])  # fmt: skip
        points = 4_000 if self.quick else 40_000
        off = peers.sight_lines(self.town, view.geometry()[:, 0], points, SEED)
        self.goal("sight-lines-wrong", off, 0, most=True)
        for reach in (1000,) if self.quick else (1000, 2000):
            away = [peers.rays_beside_outlines(reach, seed) for seed in (6, 7)]
            self.goal(f"rays-off-geos-{reach}-m", max(away), 5e-4, most=True)
        return told

    def speed(self, dsn: str) -> None:
        """The kernel and its peers in turns, seconds per camera."""
        few = 20 if self.quick else 200
        part = slice(0, few)
        small = houses(np.random.default_rng(SEED), FEW_BUILDINGS)
        posts, far, near = cameras(np.random.default_rng(SEED), small, self.count)
        little = build_index(small)
        work: dict[str, tuple[int, Callable[[], Any]]] = {
            "one_level": (self.count, lambda: self._areas(threads=1)),
            "one_level_two_threads": (self.count, lambda: self._areas(threads=2)),
            "four_levels_ewkb": (
                self.count,
                lambda: camera_views(
                    self.index, self.posts, self.far, self.near, threads=1
                ),
            ),
            "one_level_12k_buildings": (
                self.count,
                lambda: visible_areas(little, posts, far[:, :1], near, threads=1),
            ),
            "shapely": (few, lambda: peers.by_shapely(self.town, part.stop)),
            "numpy": (few, lambda: peers.by_numpy(self.town, part.stop)),
            "postgis": (few // 2, lambda: peers.by_postgis(dsn, self.town, few // 2)),
        }
        for _, call in work.values():
            call()
        for _ in range(2 if self.quick else ROUNDS):
            for name, (n, call) in work.items():
                self.samples.setdefault(f"{name}_s", []).append(timed(call) / n)
        at = {name: store.median(self.samples[f"{name}_s"]) for name in work}
        own = at["one_level"]
        sovist = store.median(self.samples["pysovist_s"])
        self.goal("one-level-over-pysovist", sovist / own, 100)
        self.goal("one-level-over-shapely", at["shapely"] / own, 100)
        self.goal("one-level-over-postgis", at["postgis"] / own, 400)
        self.goal("one-level-over-numpy", at["numpy"] / own, 3)
        self.goal("ewkb-of-four-levels", at["four_levels_ewkb"] / own, 4, most=True)
        self.goal("two-threads", own / at["one_level_two_threads"], 1.7)
        growth = own / at["one_level_12k_buildings"]
        self.goal("growth-12k-to-491k-buildings", growth, 2, most=True)

    def _areas(self, *, threads: int) -> None:
        visible_areas(self.index, self.posts, self.one, self.near, threads=threads)

    def stored(self, cluster: Cluster, size: str, home: Path) -> None:
        """Refresh, single edits and dragging over the demo city."""
        database = store.build(cluster, size)
        found = store.refreshes(database, 2 if self.quick else ROUNDS)
        self.samples["refresh_s"], self.samples["copy_s"] = found.values()
        edits = store.single_edits(database, 50 if self.quick else 300, SEED)
        self.samples["draw_one_s"], self.samples["select_one_s"] = edits.values()
        drags = store.dragged(cluster.dsn, home, 60 if self.quick else 400, SEED)
        self.samples["drag_http_s"] = drags
        database.close()
        ratio = store.median(found["refresh"]) / store.median(found["copy"])
        self.goal("refresh-over-bare-copy", ratio, 2, most=True)
        one = store.median(edits["draw"]) / store.median(edits["select"])
        self.goal("one-camera-over-bare-select", one, 5, most=True)
        p95 = 1000 * float(np.percentile(drags, 95))
        self.goal("drag-p95-ms", p95, 100, most=True)


def commit() -> str:
    """The commit that is measured, with a mark where files differ from it."""
    found = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"], cwd=ROOT, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    return found.stdout.strip()


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default=str(ROOT / "data" / "bench" / "view.json"))
    parser.add_argument("--size", choices=("small", "city"), default="city")
    parser.add_argument("--quick", action="store_true", help="smaller, for a look")
    options = parser.parse_args()
    if shutil.which("gdal_viewshed") is None:
        parser.error("gdal_viewshed is missing here: apt-get install gdal-bin")
    bench = Bench(quick=options.quick)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o755)
        cluster = Cluster(home, durable=False)
        cluster.start()
        try:
            peers.fill_postgis(cluster.dsn, bench.houses)
            agreement = bench.agreement(cluster.dsn)
            bench.speed(cluster.dsn)
            bench.stored(cluster, options.size, home)
        finally:
            cluster.stop(immediate=True)
    table = {
        "commit": commit(),
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {platform.python_version()}",
        "seed": SEED,
        "sizes": {
            "buildings": bench.buildings, "cameras": bench.count,
            "stored_city": options.size,
        },
        "area_off": agreement,
        "samples": bench.samples,
        "goals": bench.goals,
    }  # fmt: skip
    text = json.dumps(table, indent=1, ensure_ascii=False) + "\n"
    Path(options.out).write_text(text, encoding="utf-8")
    for goal in bench.goals:
        sys.stderr.write(f"{'ok ' if goal['holds'] else 'NOT'} {goal}\n")


if __name__ == "__main__":
    main()
