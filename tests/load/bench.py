"""Times loading a million cameras against a bare COPY of the same rows.

`make bench-load` writes data/bench/load.json: goals with what was measured.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psycopg

from gis.db.cluster import Cluster
from gis.db.loader import load_source
from gis.db.migrate import find_migrations, migrate
from gis.db.pool import Database
from gis.load import read_source
from gis.load.headers import read_synonyms
from layers import CONFIG, load_catalogue, load_city
from processes.kernels.datum import wgs84_to_gcj02
from tests.conftest import ROOT

LAYER = "camera"
SEED = 2015
TARGET = ROOT / "data" / "bench" / "load.json"


def write_cameras(path: Path, count: int) -> None:
    """Cameras in GCJ-02 as an office would hand them over."""
    random = np.random.default_rng(SEED)
    lon, lat = random.uniform(120.0, 120.4, count), random.uniform(30.1, 30.4, count)
    x, y = wgs84_to_gcj02(lon, lat)
    pd.DataFrame(
        {
            "code": [f"3301060000132{i:07d}" for i in range(count)],
            "名称": [f"摄像机{i}" for i in range(count)],
            "经度": x.round(8),
            "纬度": y.round(8),
            "kind": random.integers(1, 8, count),
            "state": random.choice(["在线", "离线", "故障"], count),
            "operator": random.choice(["公安", "城管", "交警"], count),
            "resolution_px": 1920,
            "hfov_deg": random.integers(30, 120, count),
            "height_m": random.uniform(3, 12, count).round(1),
            "tilt_deg": random.integers(5, 45, count),
            "azimuth_deg": random.integers(0, 360, count),
            "installed_on": "2014-05-06",
        }
    ).to_csv(path, index=False)


def load(dsn: str, path: Path) -> dict[str, float]:
    """Seconds and largest memory of one load, in this process."""
    begun = time.perf_counter()
    report = load_source(
        Database(dsn), load_catalogue(), load_city(), LAYER, read_source(path),
        datum="gcj02", synonyms=read_synonyms(CONFIG),
        follow_views=False,
    )  # fmt: skip
    seconds = time.perf_counter() - begun
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "memory_mb": memory, "loaded": report.loaded}


def load_apart(dsn: str, path: Path) -> dict[str, float]:
    """The same in a process of its own, so that its memory is its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.load.bench", "--load", str(path), "--dsn", dsn],
        cwd=ROOT, capture_output=True, text=True, check=True, env=os.environ,
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout)
    return found


def copy_bare(dsn: str, folder: Path) -> float:
    """Seconds of COPY into a table like the layer's, and of building its indexes."""
    rows = folder / "rows.csv"
    with psycopg.connect(dsn, autocommit=True) as connection:
        with (
            rows.open("wb") as file,
            connection.cursor().copy(
                f"COPY city.{LAYER} TO STDOUT (FORMAT csv)".encode()
            ) as copy,
        ):
            for block in copy:
                file.write(block)
        indexes = [
            str(text).replace(f"city.{LAYER} ", "bare ").replace(f"{LAYER}_", "bare_")
            for (text,) in connection.execute(
                "SELECT indexdef FROM pg_indexes WHERE schemaname = 'city' "
                "AND tablename = %s",
                (LAYER,),
            )
        ]
        connection.execute(f"CREATE TABLE bare (LIKE city.{LAYER})".encode())
        begun = time.perf_counter()
        with connection.transaction():
            with (
                rows.open("rb") as file,
                connection.cursor().copy("COPY bare FROM STDIN (FORMAT csv)") as copy,
            ):
                while block := file.read(1 << 20):
                    copy.write(block)
            for text in indexes:
                connection.execute(text.encode())
        seconds = time.perf_counter() - begun
        connection.execute("DROP TABLE bare")
    return seconds


def measure(count: int) -> dict[str, object]:
    """Both ways on a server of its own."""
    base = Path(os.environ.get("CITYGRID_HOME", str(ROOT / ".citygrid")))
    base.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="b", dir=base))
    home.chmod(0o755)
    server = Cluster(home)
    try:
        server.start()
        migrate(Database(server.dsn), load_catalogue(), load_city(), find_migrations())
        few, many = home / "few.csv", home / "many.csv"
        write_cameras(few, count // 4)
        write_cameras(many, count)
        small = load_apart(server.dsn, few)
        with psycopg.connect(server.dsn) as connection:
            connection.execute(f"TRUNCATE city.{LAYER}".encode())
        large = load_apart(server.dsn, many)
        bare = copy_bare(server.dsn, home)
    finally:
        server.stop(immediate=True)
        shutil.rmtree(home, ignore_errors=True)
    ratio = large["seconds"] / bare
    growth = large["memory_mb"] / small["memory_mb"]
    return {
        "rows": int(large["loaded"]),
        "load_seconds": round(large["seconds"], 2),
        "copy_seconds": round(bare, 2),
        "goals": [
            goal("load-time-over-bare-copy", ratio, 3.0),
            goal("memory-over-that-of-a-quarter", growth, 1.5),
        ],
    }


def goal(name: str, measured: float, most: float) -> dict[str, object]:
    """One goal: what was measured and what it must not exceed."""
    return {
        "id": name,
        "measured": round(measured, 3),
        "goal": most,
        "holds": measured <= most,
    }


def main() -> None:
    """Measure and write, or load one file for the measuring process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--load", type=Path)
    parser.add_argument("--dsn", default="")
    asked = parser.parse_args()
    if asked.load:
        sys.stdout.write(json.dumps(load(asked.dsn, asked.load)))
        return
    found = measure(asked.rows)
    text = json.dumps(found, indent=2) + "\n"
    sys.stdout.write(text)
    if asked.rows == 1_000_000:
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        TARGET.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
