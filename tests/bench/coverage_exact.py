"""The exact kernel beside GEOS and PostGIS: the same city, agreement first, in turns.

    python -m tests.bench.coverage_exact --cameras 100000 --across 57 --rounds 3

Cameras are flat sectors of 20 to 120 m, communities crooked quadrangles that tile the
city. The kernel starts from geometry objects and gives communities and all 100 m cells;
the others give communities alone. Everybody has two threads. Figures are JSON on
standard output: raw seconds, and the processor's seconds of this process.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psycopg
import shapely

from gis.db.cluster import Cluster
from processes.kernels.area import covered_area
from processes.kernels.exact import exact_coverage
from tests.kernels.exact.scenes import quarters, sectors

AGREE_M2 = 1e-3
PER_ZONE = """
SELECT z.id, coalesce(ST_Area(ST_Intersection(z.geom, u.geom)), 0)
FROM bench_zone AS z
LEFT JOIN LATERAL (
    SELECT ST_Union(s.geom) AS geom FROM bench_service AS s
    WHERE ST_Intersects(s.geom, z.geom)
) AS u ON true
WHERE z.id %% 2 = %s
"""


def fill(dsn: str, services: np.ndarray, zones: np.ndarray) -> None:
    """Two indexed tables."""
    with psycopg.connect(dsn) as db:
        db.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        for name, shapes in (("bench_service", services), ("bench_zone", zones)):
            db.execute(f"CREATE TABLE {name} (id int, geom geometry)")
            with db.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                for i, text in enumerate(shapely.to_wkb(shapes, hex=True)):
                    copy.write_row((i, text))
            db.execute(f"CREATE INDEX ON {name} USING gist (geom)")
            db.execute(f"ANALYZE {name}")


def by_postgis(dsn: str, zones: int) -> np.ndarray:
    """Covered area per zone, half of the zones by each of two connections."""
    area = np.zeros(zones)

    def half(which: int) -> None:
        with psycopg.connect(dsn) as db:
            for zone, m2 in db.execute(PER_ZONE, (which,)):
                area[zone] = m2

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(half, (0, 1)))
    return area


def measure(
    engines: dict[str, Callable[[], np.ndarray]], rounds: int
) -> dict[str, object]:
    """Every engine once for agreement, then all in turns."""
    first = {name: run() for name, run in engines.items()}
    ours = first["exact"]
    apart = {name: float(np.abs(found - ours).max()) for name, found in first.items()}
    if max(apart.values()) > AGREE_M2:
        raise SystemExit(f"figures differ, nothing is timed: {apart}")
    wall: dict[str, list[float]] = {name: [] for name in engines}
    used: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(rounds):
        for name, run in engines.items():
            began, began_used = time.perf_counter(), time.process_time()
            run()
            wall[name].append(round(time.perf_counter() - began, 3))
            used[name].append(round(time.process_time() - began_used, 3))
    ratio = {
        name: round(float(np.median(wall[name]) / np.median(wall["exact"])), 2)
        for name in engines
    }
    return {"apart_m2": apart, "wall_s": wall, "process_s": used, "ratio": ratio}


def main() -> None:
    """Make the city, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=100_000)
    parser.add_argument("--across", type=int, default=57)
    parser.add_argument("--side-km", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgis", action="store_true")
    asked = parser.parse_args()
    services = sectors(asked.cameras, asked.side_km * 1000, seed=1)
    zones = quarters(asked.across, asked.side_km * 1000, seed=2)
    engines: dict[str, Callable[[], np.ndarray]] = {
        "exact": lambda: exact_coverage(services, zones).area_m2.covered[0],
        "exact, 4 depths": lambda: exact_coverage(
            services, zones, depths=4
        ).area_m2.covered[0],
        "exact, 1 thread": lambda: exact_coverage(
            services, zones, threads=1
        ).area_m2.covered[0],
        "geos": lambda: covered_area(zones, services),
    }
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        cluster = Cluster(Path(home), durable=False)
        if asked.postgis:
            cluster.start()
            fill(cluster.dsn, services, zones)
            engines["postgis"] = lambda: by_postgis(cluster.dsn, len(zones))
        try:
            found = measure(engines, asked.rounds)
        finally:
            if asked.postgis:
                cluster.stop(immediate=True)
    city = {"cameras": asked.cameras, "zones": len(zones), "side_km": asked.side_km}
    machine = {"machine": platform.machine(), "python": platform.python_version()}
    json.dump({**city, **machine, **found}, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
