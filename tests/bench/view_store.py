"""Stored views and dragged cameras over the demo city, beside the database alone."""

from __future__ import annotations

import os
import statistics
import time
from datetime import date
from pathlib import Path

import numpy as np
import psycopg
from psycopg import sql

from gis.db import camera_views
from gis.db.cluster import Cluster
from gis.db.migrate import find_migrations, migrate
from gis.db.pool import Connection, Database
from gis.db.statements import statement
from gis.db.view_rows import CameraRows
from gis.demo.load import load_demo
from layers import load_catalogue, load_city
from tests.bench.asking import Ask, asking

TABLES = ("city.camera_view", "ledger.view_dependency")


def build(cluster: Cluster, size: str) -> Database:
    """The demo city in a cluster, its views not yet drawn."""
    database = Database(cluster.dsn)
    catalogue, city = load_catalogue(), load_city()
    migrate(database, catalogue, city, find_migrations())
    load_demo(database, catalogue, city, size=size, seed=2012)  # type: ignore[arg-type]
    return database


def refreshes(database: Database, rounds: int) -> dict[str, list[float]]:
    """Seconds of a whole refresh, and of COPY of the same rows into the same tables.

    Both empty the tables first, and build their indexes after the rows. They take
    turns, and what the one before left to write is on the disk before the next begins:
    each bears its own writing only.
    """
    catalogue = load_catalogue()
    found: dict[str, list[float]] = {"refresh": [], "copy": []}
    camera_views.refresh(database, catalogue, whole=True)
    for _ in range(rounds):
        _settle(database)
        begun = time.perf_counter()
        camera_views.refresh(database, catalogue, whole=True)
        found["refresh"].append(time.perf_counter() - begun)
        with database.owner() as connection:
            rows = [_copied(connection, table) for table in TABLES]
            _settle(database)
            begun = time.perf_counter()
            connection.execute(statement("view_empty"))
            with camera_views.without_indexes(connection):
                for table, data in zip(TABLES, rows, strict=True):
                    with connection.cursor().copy(_copy(table, "FROM STDIN")) as copy:
                        for part in data:
                            copy.write(part)
            connection.commit()
            found["copy"].append(time.perf_counter() - begun)
    return found


def _settle(database: Database) -> None:
    """Have everything written that waits, by the database and by the machine."""
    with database.owner(autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    os.sync()


def _copy(table: str, way: str) -> sql.Composed:
    columns = {
        "city.camera_view": "code, name, valid_from, valid_to, source, synthetic, "
        "camera_code, purpose, camera_state, state, area_m2, near_m, far_m, assumed, "
        "geom, geom_m",
        "ledger.view_dependency": "camera_code, valid_from, geom_m",
    }[table]
    text = f"COPY {table} ({columns}) {way} (FORMAT binary)"
    return sql.Composed([sql.SQL(text)])


def _copied(connection: Connection, table: str) -> list[bytes]:
    """Every row of a table as COPY gives it."""
    with connection.cursor().copy(_copy(table, "TO STDOUT")) as copy:
        return [bytes(part) for part in copy]


def single_edits(database: Database, count: int, seed: int) -> dict[str, list[float]]:
    """Seconds to draw one camera again, and of the bare SELECT of its buildings."""
    layer = load_catalogue()["camera"]
    random, day = np.random.default_rng(seed), date.today()
    found: dict[str, list[float]] = {"draw": [], "select": []}
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        codes = [
            str(code)
            for (code,) in connection.execute("SELECT code FROM city.camera ORDER BY 1")
        ]
        for code in random.choice(codes, count + 20):
            begun = time.perf_counter()
            with connection.transaction():
                camera_views.draw(connection, layer, day, [str(code)])
            drawn = time.perf_counter() - begun
            rows = connection.execute(
                statement("view_cameras_of"), {"day": day, "codes": [str(code)]}
            ).fetchall()
            x0, y0, x1, y1 = CameraRows(rows, layer).boxes()[0].tolist()
            asked = {
                "day": day, "srid": 4549, "xmin": [x0], "ymin": [y0], "xmax": [x1],
                "ymax": [y1],
            }  # fmt: skip
            begun = time.perf_counter()
            connection.execute(
                statement("view_buildings_near"), asked, binary=True
            ).fetchall()
            found["select"].append(time.perf_counter() - begun)
            found["draw"].append(drawn)
    return {name: values[20:] for name, values in found.items()}


def dragged(dsn: str, home: Path, count: int, seed: int) -> list[float]:
    """Seconds of asking what a dragged camera sees, over HTTP."""
    with asking(dsn, home, accept="application/geo+json") as ask:
        return _drags(ask, count, seed)


def _drags(ask: Ask, count: int, seed: int) -> list[float]:
    random, taken = np.random.default_rng(seed), []
    lon, lat = 120.165, 30.26
    for k in range(count + 20):
        lon, lat = lon + random.normal(0, 3e-4), lat + random.normal(0, 3e-4)
        lon, lat = min(max(lon, 120.1), 120.25), min(max(lat, 30.2), 30.33)
        camera = {
            "lon": lon, "lat": lat, "facing_deg": 7.0 * k % 360, "opening_deg": 60,
            "pixels_across": 1920, "mount_m": 5, "down_deg": 12,
        }  # fmt: skip
        inputs = {
            "drawn": [camera], "levels": ["detect", "observe", "recognise", "identify"]
        }  # fmt: skip
        begun = time.perf_counter()
        ask("camera-view", inputs)
        taken.append(time.perf_counter() - begun)
    return taken[20:]


def median(values: list[float]) -> float:
    """Middle of a list."""
    return float(statistics.median(values))
