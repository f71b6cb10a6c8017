"""Coverage from tables to tables: the process itself, over stored shapes and over HTTP.

`tables`: 100,000 views or sectors, 20,000 catchments and 3,249 zones stand in the
layers residential_land and community of a migrated database. The process `coverage`
reads, packs, measures all zones and 100 m cells and writes its run; PostGIS measures
the zones alone. Reading and packing by itself stands beside COPY of the same rows.
`growth`: ten times the views on ten times the ground.
`http`: cameras of the demo city at every level, asked in process and of a server by
turns; every question is new to both.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from gis.compute import execute
from gis.db.cluster import Cluster
from gis.db.migrate import find_migrations, migrate
from gis.db.pool import Database
from gis.db.reader import DatabaseReader
from gis.db.results import DatabaseResults
from layers import Level, load_catalogue, load_city
from processes.kernels.exact import exact_coverage, packed_shapes
from processes.kernels.written import Written
from tests.bench import view_store
from tests.bench.asking import asking
from tests.bench.coverage_city import SIDE_M, services, zones
from tests.bench.coverage_peers import by_postgis, fill

NAMES = ("tables", "growth", "http")
#: Goal per city: times faster than PostGIS.
FASTER = {"views": 9, "sectors": 6, "catchments": 40}
READ_MOST, GROWTH_MOST, HTTP_MOST = 4.0, 15.0, 2.0
_TEN = 10
_SERVICE, _ZONE = "residential_land", "community"
_COPY = (
    "COPY (SELECT code, geom_m FROM city.residential_land) TO STDOUT (FORMAT BINARY)"
)
_INTO = {
    _SERVICE: "INSERT INTO city.residential_land (code, valid_from, source, synthetic,"
    " geom_m) SELECT to_char(id, 'FM0000000'), '2020-01-01', 'bench', true,"
    " ST_Multi(ST_SetSRID(geom, 4549)) FROM bench_service ORDER BY id",
    _ZONE: "INSERT INTO city.community (code, name, valid_from, source, synthetic,"
    " street_code, district_code, geom_m) SELECT to_char(id, 'FM0000000'), id::text,"
    " '2020-01-01', 'bench', true, '0', '0', ST_Multi(ST_SetSRID(geom, 4549))"
    " FROM bench_zone ORDER BY id",
}
#: Another version of the layer: nothing that was kept answers the next question.
_TOUCH = "UPDATE city.residential_land SET name = 'x' WHERE code = '0000000'"


@contextmanager
def a_cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of its own."""
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        cluster = Cluster(Path(home), durable=False)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop(immediate=True)


def seconds_of(run: Callable[[], Any], seconds: list[float]) -> Any:  # what it gives
    """What something gives; its wall seconds are appended."""
    begun = time.perf_counter()
    found = run()
    seconds.append(round(time.perf_counter() - begun, 4))
    return found


def measure_tables(n: int, rounds: int, seed: int, agree_m2: float) -> dict[str, Any]:
    """Every city in its turn, in one database."""
    with a_cluster() as cluster:
        database = Database(cluster.dsn)
        try:
            migrate(database, load_catalogue(), load_city(), find_migrations())
            return {
                kind: _stored(
                    database, kind, n // (5 if kind == "catchments" else 1), rounds,
                    seed, agree_m2,
                )
                for kind in FASTER
            }  # fmt: skip
        finally:
            database.close()


def _stored(
    database: Database, kind: str, n: int, rounds: int, seed: int, agree_m2: float
) -> dict[str, Any]:
    here, ground = services(kind, n, SIDE_M, seed), zones(SIDE_M, seed + 1)
    fill(database.dsn, here, ground)
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        for layer, statement in _INTO.items():
            connection.execute(f"TRUNCATE city.{layer}".encode())
            connection.execute(statement.encode())
            connection.execute(f"VACUUM ANALYZE city.{layer}".encode())
        reader = DatabaseReader(database, load_catalogue(), load_city())
        results = DatabaseResults(database)

        def ours() -> np.ndarray:
            asked = {"service": _SERVICE, "zones": _ZONE}
            answer = execute(
                "coverage", asked, reader=reader, level=Level.RESTRICTED,
                results=results,
            )  # fmt: skip
            return np.array([row["covered"] for row in answer.rows[: len(ground)]])

        def read_and_packed() -> None:
            shapes = reader.features(_SERVICE).shapes
            assert isinstance(shapes, Written)
            packed_shapes(shapes)

        def copied() -> None:
            with connection.cursor().copy(_COPY.encode()) as copy:
                for _ in copy:
                    pass

        found: dict[str, list[float]] = {
            name: []
            for name in ("tables to tables", "postgis", "read and pack", "copy")
        }
        ours()  # zones are looked through for overlaps once and remembered
        for _ in range(rounds):
            connection.execute(_TOUCH.encode())
            area = seconds_of(ours, found["tables to tables"])
        peer = seconds_of(
            lambda: by_postgis(database.dsn, len(ground)), found["postgis"]
        )
        apart = float(np.abs(area - peer).max())
        if apart > agree_m2:
            raise SystemExit(f"{kind}: figures differ by {apart} m2")
        for _ in range(rounds + 3):
            seconds_of(read_and_packed, found["read and pack"])
            seconds_of(copied, found["copy"])
    return {"services": len(here), "zones": len(ground), "seconds": found}


def measure_growth(n: int, rounds: int, seed: int) -> dict[str, Any]:
    """Seconds of some views, and of ten times as many on ten times the ground."""
    wide = SIDE_M * float(np.sqrt(_TEN))
    few, many = services("views", n, SIDE_M, seed), _many(n, wide, seed)
    found: dict[str, list[float]] = {"few": [], "many": []}
    for _ in range(rounds):
        seconds_of(lambda: exact_coverage(few, zones(SIDE_M, seed)), found["few"])
        seconds_of(lambda: exact_coverage(many, zones(wide, seed)), found["many"])
    return {"services": [len(few), len(many)], "seconds": found}


def _many(n: int, wide: float, seed: int) -> np.ndarray:
    return np.concatenate(
        [services("views", n, wide, seed + 100 + part) for part in range(_TEN)]
    )


def measure_http(n: int, rounds: int) -> dict[str, Any]:
    """Coverage of the demo city's cameras at all levels, in process and over HTTP."""
    with a_cluster() as cluster, tempfile.TemporaryDirectory() as home:
        database = view_store.build(cluster, "city" if n >= 100_000 else "small")
        catalogue, city = load_catalogue(), load_city()
        reader = DatabaseReader(database, catalogue, city)
        results = DatabaseResults(database)
        found: dict[str, list[float]] = {"in process": [], "http": []}
        cameras = len(reader.features("camera", geometry=False))
        try:
            with asking(cluster.dsn, Path(home)) as ask:
                for number in range(rounds + 1):  # the first is for compiled code
                    asked = [_question(2 * number + i) for i in range(2)]
                    seconds_of(
                        lambda: execute(
                            "coverage", asked[0], reader=reader,  # noqa: B023  # at once
                            level=Level.RESTRICTED, results=results,
                        ),
                        found["in process"],
                    )  # fmt: skip
                    seconds_of(
                        lambda: ask("coverage", asked[1]),  # noqa: B023  # at once
                        found["http"],
                    )
        finally:
            database.close()
    return {
        "cameras": cameras,
        "seconds": {name: values[1:] for name, values in found.items()},
    }


def _question(number: int) -> dict[str, Any]:
    """One that nobody has asked: of targets a few millimetres higher."""
    height = {"target_height_m": round(0.001 * (number + 1), 3)}
    return {"service": "camera", "levels": ["all"], "parameters": height}


def goals(found: dict[str, Any]) -> list[tuple[str, float, float, bool]]:
    """Id, measured, wanted and whether that is the least, of what was measured."""
    told: list[tuple[str, float, float, bool]] = []
    for kind, city in found.get("tables", {}).items():
        wall = {name: float(np.median(s)) for name, s in city["seconds"].items()}
        ratio = wall["postgis"] / wall["tables to tables"]
        told.append((f"{kind}-tables-over-postgis", ratio, FASTER[kind], True))
        ratio = wall["read and pack"] / wall["copy"]
        told.append((f"{kind}-read-and-pack-over-copy", ratio, READ_MOST, False))
    if "growth" in found:
        wall = {n: float(np.median(s)) for n, s in found["growth"]["seconds"].items()}
        ratio = wall["many"] / wall["few"]
        told.append(("views-ten-times-as-many", ratio, GROWTH_MOST, False))
    if "http" in found:
        wall = {n: float(np.median(s)) for n, s in found["http"]["seconds"].items()}
        ratio = wall["http"] / wall["in process"]
        told.append(("coverage-http-over-in-process", ratio, HTTP_MOST, False))
    return told
