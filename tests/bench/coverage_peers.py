"""Others that measure the same city: PostGIS, shapely, geopandas, DuckDB, sedonadb.

Each gives the covered area of every zone. DuckDB and sedonadb are run by an interpreter
of their own (`--peers PYTHON`, of what `requirements-peers.txt` names), which this file
is also.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

PER_ZONE = """
SELECT z.id, coalesce(ST_Area(ST_Intersection(z.geom, u.geom)), 0)
FROM bench_zone AS z
LEFT JOIN LATERAL (
    SELECT ST_Union(s.geom) AS geom FROM bench_service AS s
    WHERE ST_Intersects(s.geom, z.geom)
) AS u ON true
WHERE z.id %% 2 = %s
"""
PER_PAIR = """
SELECT z.id AS id, ST_Area(ST_Intersection(z.geom, ST_Union_Agg(s.geom))) AS area
FROM zone AS z JOIN service AS s ON ST_Intersects(z.geom, s.geom)
GROUP BY z.id, z.geom
"""
LAYERS = ("zone", "service")


def fill(dsn: str, services: np.ndarray, zones: np.ndarray) -> None:
    """Two indexed tables."""
    import psycopg
    import shapely

    with psycopg.connect(dsn) as db:
        db.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        for name, shapes in (("bench_service", services), ("bench_zone", zones)):
            db.execute(f"DROP TABLE IF EXISTS {name}")
            db.execute(f"CREATE TABLE {name} (id int, geom geometry)")
            with db.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                for i, text in enumerate(shapely.to_wkb(shapes, hex=True)):
                    copy.write_row((i, text))
            db.execute(f"CREATE INDEX ON {name} USING gist (geom)")
            db.execute(f"ANALYZE {name}")


def by_postgis(dsn: str, zones: int) -> np.ndarray:
    """Half of the zones by each of two connections."""
    import psycopg

    area = np.zeros(zones)

    def half(which: int) -> None:
        with psycopg.connect(dsn) as db:
            for zone, m2 in db.execute(PER_ZONE, (which,)):
                area[zone] = m2

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(half, (0, 1)))
    return area


def by_shapely(services: np.ndarray, zones: np.ndarray) -> np.ndarray:
    """Zone by zone on two threads: what the tree finds is united and cut."""
    import shapely

    tree = shapely.STRtree(services)
    zone, service = tree.query(zones, predicate="intersects")
    order = np.argsort(zone, kind="stable")
    near = np.split(service[order], np.searchsorted(zone[order], range(1, len(zones))))

    def cut(z: int) -> float:
        united = shapely.union_all(services[near[z]])
        return float(shapely.area(shapely.intersection(zones[z], united)))

    with ThreadPoolExecutor(2) as pool:
        return np.array(list(pool.map(cut, range(len(zones)))))


def by_geopandas(services: np.ndarray, zones: np.ndarray) -> np.ndarray:
    """Zones less what overlay leaves of them."""
    import geopandas as gpd
    import shapely

    ground = gpd.GeoDataFrame({"id": range(len(zones))}, geometry=zones)
    covering = gpd.GeoDataFrame(geometry=services)
    left = gpd.overlay(ground, covering, how="difference")
    rest = np.zeros(len(zones))
    rest[left["id"]] = shapely.area(left.geometry.to_numpy())
    return shapely.area(zones) - rest


class Peer:
    """An engine in its own process, asked line by line."""

    def __init__(self, name: str, python: Path, folder: Path) -> None:
        self._name = name
        self._folder = folder
        self._process = subprocess.Popen(
            [python, "-W", "ignore", __file__, name, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self) -> np.ndarray:
        """Covered area of every zone."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError(f"{self._name}: has no pipes")
        self._process.stdin.write("run\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(f"{self._name}: {answer['error']}")
        return np.load(self._folder / f"{self._name}.npy")

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()


def sedona_over(layers: dict[str, Any]) -> Callable[[], Any]:
    """sedonadb with the layers in memory."""
    import sedonadb

    context = sedonadb.connect()
    for name, frame in layers.items():
        context.create_data_frame(frame).to_view(f"raw_{name}", overwrite=True)
        view = context.sql(f"SELECT id, ST_GeomFromWKB(wkb) AS geom FROM raw_{name}")
        view.to_memtable().to_view(name, overwrite=True)
    return lambda: context.sql(PER_PAIR).to_pandas()


def duckdb_over(layers: dict[str, Any]) -> Callable[[], Any]:
    """DuckDB with its spatial extension and the layers in memory, on two threads."""
    import duckdb
    import duckdb_extension_spatial as spatial

    database = duckdb.connect(config={"threads": 2})
    (extension,) = Path(spatial.__file__).parent.glob("extensions/*/*.duckdb_extension")
    database.execute(f"LOAD '{extension}'")
    for name, frame in layers.items():
        database.register(f"raw_{name}", frame)
        database.execute(
            f"CREATE TABLE {name} AS "
            f"SELECT id, ST_GeomFromWKB(wkb) AS geom FROM raw_{name}"
        )
    return lambda: database.sql(PER_PAIR).df()


PEERS = {"sedonadb": sedona_over, "duckdb spatial": duckdb_over}


def serve(name: str, folder: Path) -> None:
    """Answer every line with the areas of all zones, written to a file."""
    import pandas as pd

    wkb = {n: np.load(folder / f"{n}.npy", allow_pickle=True) for n in LAYERS}
    measure = PEERS[name](
        {
            n: pd.DataFrame({"id": np.arange(len(some)), "wkb": some})
            for n, some in wkb.items()
        }
    )
    for _ in sys.stdin:
        try:
            began = time.perf_counter()
            found = measure()
            area = np.zeros(len(wkb["zone"]))
            area[found["id"]] = found["area"]
            np.save(folder / f"{name}.npy", area)
            answer = {"seconds": time.perf_counter() - began}
        except Exception as error:  # told to the other process
            answer = {"error": str(error)[:500]}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]))
