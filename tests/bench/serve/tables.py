"""The tables of the benchmark, from the demo generator: made once, used by every run.

50,000 polygons with 11 properties and 100,000 points are the demo city's unit grids and
cameras; 1,700,000 cells are squares of 99 m over its districts. The peers read plain
copies without our validity and metres, which is the easiest table they can get.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psycopg
import shapely
from psycopg import sql

from gis.db.cluster import Cluster
from gis.db.loader import load_frame
from gis.db.migrate import FOLDER, find_migrations, migrate
from gis.db.pool import Database
from gis.db.tables import build_table, build_table_sql
from gis.demo import places
from gis.demo.buildings import build_up
from gis.demo.cameras import cameras
from gis.demo.city import make_ground
from gis.demo.facts import read_districts
from gis.demo.ground import Ground
from gis.demo.people import settle_people
from gis.demo.roads import lay_roads
from gis.demo.size import SIZES
from gis.demo.zones import number_cells, unit_grids
from layers import CONFIG, LAYERS, Catalogue, City, load_catalogue, load_city

SEED = 2012
#: Layer -> rows that serving.md's figures stand for; a run over fewer is refused.
SIZES_WANTED = {"bench_grid": 50_000, "bench_point": 100_000, "bench_cell": 1_700_000}
_CELL_M = 99.0  # 1.7 million of these fit into the districts
_OWN = Path(__file__).resolve().parent / "layers"
_MIGRATION = 9000

Say = Callable[[str], None]


@dataclass(frozen=True)
class Bench:
    """Where the benchmark lives: one private cluster, one configuration folder."""

    home: Path
    cluster: Cluster
    catalogue: Catalogue
    city: City

    @property
    def config(self) -> Path:
        return self.home / "config"

    @property
    def dsn(self) -> str:
        return self.cluster.dsn


def prepare(home: Path, say: Say) -> Bench:
    """The running cluster with every table filled; quick when it was made before."""
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)
    config = home / "config"
    shutil.copytree(CONFIG, config, dirs_exist_ok=True)
    shutil.copytree(_OWN, config / "layers", dirs_exist_ok=True)
    bench = Bench(
        home, Cluster(home), load_catalogue(LAYERS, config / "layers"), load_city()
    )
    text = "\n".join(
        build_table_sql(build_table(bench.catalogue[name], bench.city))
        for name in SIZES_WANTED
    )
    migration = config / "migrations" / f"{_MIGRATION}_bench.sql"
    if migration.exists() and migration.read_text() != text:
        say("tables: made for an earlier form of the layers, made anew")
        bench.cluster.reset()
    migration.parent.mkdir(exist_ok=True)
    migration.write_text(text)
    bench.cluster.start()
    database = Database(bench.dsn)
    found = find_migrations(FOLDER, migration.parent)
    migrate(database, bench.catalogue, bench.city, found)
    _fill(bench, database, say)
    database.close()
    return bench


def sizes(dsn: str) -> dict[str, int]:
    """Rows of every table."""
    with psycopg.connect(dsn) as connection:
        return {
            name: connection.execute(
                sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("city", name))
            ).fetchone()[0]
            for name in SIZES_WANTED
        }


def _fill(bench: Bench, database: Database, say: Say) -> None:
    with psycopg.connect(bench.dsn, autocommit=True) as connection:
        there = sizes(bench.dsn)
        if there == SIZES_WANTED and _copied(connection):
            return
        for name in SIZES_WANTED:
            connection.execute(
                sql.SQL("TRUNCATE {}").format(sql.Identifier("city", name))
            )
        say("tables: the demo city's ground")
        ground = make_ground(SIZES["city"], SEED, lambda *_: None)
        for name, frame in (
            ("bench_grid", _grids(ground)),
            ("bench_point", _points(ground)),
        ):
            say(f"tables: {name}, {len(frame)} rows")
            load_frame(
                database, bench.catalogue, bench.city, name, frame, datum="cgcs2000"
            )
        say(f"tables: bench_cell, {SIZES_WANTED['bench_cell']} rows")
        _cells(connection)
        say("tables: plain copies for the peers")
        _copy_for_peers(connection, bench.catalogue)


def _updated(count: int) -> np.ndarray:
    """Instants in one year, second by second apart."""
    first = np.datetime64("2015-01-01T08:00:00")
    step = (np.arange(count) * 7919) % 31_000_000
    return (first + step.astype("timedelta64[s]")).astype("datetime64[s]")


def _grids(ground: Ground):
    """50,000 unit grids in the order of their codes."""
    frame = unit_grids(ground, number_cells(ground))
    frame = frame.drop_duplicates("code").sort_values("code")
    frame = frame.head(SIZES_WANTED["bench_grid"]).reset_index(drop=True)
    count = len(frame)
    frame["population"] = (np.arange(count) * 37) % 900
    frame["updated_at"] = _updated(count)
    frame["valid_to"] = np.datetime64("NaT", "s")
    kept = [
        "code", "name", "valid_from", "valid_to", "source", "synthetic", "street_code",
        "community_code", "population", "area_m2", "updated_at", frame.geometry.name,
    ]  # fmt: skip
    return frame[kept]


def _points(ground: Ground):
    """100,000 cameras in the order of their codes."""
    settle_people(ground)
    roads, buildings = lay_roads(ground), build_up(ground)
    compounds, scenic = places.compounds(ground, buildings), places.scenic_areas(ground)
    public = places.public_places(ground, scenic)
    frame = cameras(ground, compounds, public, roads).drop_duplicates("code")
    frame = frame.sort_values("code").head(SIZES_WANTED["bench_point"])
    frame = frame.reset_index(drop=True)
    frame["updated_at"] = _updated(len(frame))
    frame["valid_to"] = np.datetime64("NaT", "s")
    kept = [
        "code", "name", "valid_from", "valid_to", "source", "synthetic", "kind",
        "state", "operator", "height_m", "updated_at", frame.geometry.name,
    ]  # fmt: skip
    return frame[kept]


def _cells(connection: psycopg.Connection) -> None:
    """Squares whose middles lie in a district, from north to south, west to east."""
    connection.execute("CREATE TEMP TABLE middle (n int, x float8, y float8, d text)")
    left = SIZES_WANTED["bench_cell"]
    number = 0
    with connection.cursor().copy("COPY middle FROM STDIN") as copy:
        for district in read_districts(()):
            rings = [np.array(ring, dtype=float) / 1000 for ring in district.rings]
            shape = shapely.union_all([shapely.Polygon(ring) for ring in rings])
            west, south, east, north = shape.bounds
            xs = np.arange(np.floor(west / _CELL_M), east / _CELL_M) + 0.5
            ys = np.arange(np.floor(south / _CELL_M), north / _CELL_M) + 0.5
            x, y = (axis.ravel() * _CELL_M for axis in np.meshgrid(xs, ys[::-1]))
            shapely.prepare(shape)
            inside = shapely.contains_xy(shape, x, y)
            for at in np.flatnonzero(inside)[:left]:
                number += 1
                copy.write_row((number, x[at], y[at], district.code))
            left -= min(left, int(inside.sum()))
    connection.execute(
        "INSERT INTO city.bench_cell (code, name, valid_from, source, synthetic, "
        "district_code, area_m2, updated_at, geom_m, geom) "
        "SELECT lpad(n::text, 9, '0'), '单元' || n, '2012-01-01', "
        "'citygrid demo, seed 2012', true, d, 9801.0, "
        "'2015-01-01T08:00:00Z'::timestamptz + n % 31000000 * interval '1 second', g, "
        "ST_Transform(g, 4490) FROM (SELECT *, ST_MakeEnvelope(x - 49.5, y - 49.5, "
        "x + 49.5, y + 49.5, 4549) AS g FROM middle) m ORDER BY n"
    )
    connection.execute("DROP TABLE middle")


def plain_name(layer: str) -> str:
    """Name of a layer's plain copy, as the peers publish it."""
    return layer.removeprefix("bench_")


def _copied(connection: psycopg.Connection) -> bool:
    found = connection.execute(
        "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' "
        "AND tablename = 'bench_copied'"
    ).fetchone()
    return bool(found[0])


def _copy_for_peers(connection: psycopg.Connection, catalogue: Catalogue) -> None:
    for layer in SIZES_WANTED:
        plain = plain_name(layer)
        names = [sql.Identifier(name) for name in catalogue[layer].all_columns]
        kind = catalogue[layer].geometry
        for text in (
            "DROP TABLE IF EXISTS public.{table}",
            "CREATE TABLE public.{table} AS SELECT {names}, "
            "ST_SetSRID(geom, 4326)::geometry({kind}, 4326) AS geom "
            "FROM city.{layer} ORDER BY fid",
            "ALTER TABLE public.{table} ADD PRIMARY KEY (code)",
            "CREATE INDEX ON public.{table} USING gist (geom)",
            "VACUUM ANALYZE public.{table}",
            "VACUUM ANALYZE city.{layer}",
        ):
            connection.execute(
                sql.SQL(text).format(
                    table=sql.Identifier(plain),
                    layer=sql.Identifier(layer),
                    names=sql.SQL(", ").join(names),
                    kind=sql.SQL(kind),
                )
            )
    connection.execute("CREATE TABLE IF NOT EXISTS public.bench_copied ()")
