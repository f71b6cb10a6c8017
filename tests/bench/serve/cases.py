"""The questions of the benchmark, chosen from the tables: the same for every server."""

from __future__ import annotations

from functools import cache

import numpy as np
import psycopg

from tests.bench.serve.peers import Question


@cache
def _bounds(dsn: str) -> np.ndarray:
    """(n, 4) bounds of the polygons."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT ST_XMin(geom), ST_YMin(geom), ST_XMax(geom), ST_YMax(geom) "
            "FROM public.grid ORDER BY code"
        ).fetchall()
    return np.array(rows)


def boxes(
    dsn: str, low: int, high: int, count: int, seed: int
) -> list[tuple[float, float, float, float]]:
    """Boxes around random polygons that hold `low` to `high` of them.

    The page then holds all that match, so that documents are equal whatever the
    order in which a server reads.
    """
    random = np.random.default_rng(seed)
    west, south, east, north = _bounds(dsn).T
    found: list[tuple[float, float, float, float]] = []
    with psycopg.connect(dsn) as connection:
        for at in random.permutation(len(west))[: 200 * count]:
            lon, lat, half = west[at], south[at], 0.01
            for _ in range(24):
                box = tuple(
                    round(float(v), 6)
                    for v in (lon - half, lat - half, lon + half, lat + half)
                )
                near = int(
                    (
                        (west <= box[2]) & (east >= box[0])
                        & (south <= box[3]) & (north >= box[1])
                    ).sum()
                )  # fmt: skip
                if low <= near <= high and _exact(connection, box) in range(
                    low, high + 1
                ):
                    found.append(box)
                    break
                half *= min(max(((low + high) / 2 / max(near, 1)) ** 0.5, 0.5), 2.0)
                if half > 1.5:
                    break
            if len(found) == count:
                return found
    raise RuntimeError(f"no {count} boxes with {low} to {high} polygons")


def _exact(connection: psycopg.Connection, box: tuple[float, ...]) -> int:
    row = connection.execute(
        "SELECT count(*) FROM public.grid WHERE "
        "ST_Intersects(geom, ST_MakeEnvelope(%s, %s, %s, %s, 4326))",
        box,
    ).fetchone()
    return int(row[0])


def codes(dsn: str, count: int, seed: int) -> list[str]:
    """Codes of random polygons."""
    with psycopg.connect(dsn) as connection:
        connection.execute("SELECT setseed(%s)", (seed % 1000 / 1000,))
        rows = connection.execute(
            "SELECT code FROM public.grid ORDER BY random() LIMIT %s", (count,)
        )
        return [row[0] for row in rows]


def tile_of(dsn: str, wanted: int) -> tuple[tuple[int, int, int], int]:
    """The tile (zoom, row, column) whose number of cells is nearest, and the number."""
    best: tuple[int, tuple[int, int, int], int] | None = None
    with psycopg.connect(dsn) as connection:
        for zoom in range(9, 15):
            side = 40075016.685578488 / 2**zoom
            rows = connection.execute(
                "SELECT floor((20037508.342789244 - ST_Y(c)) / %s)::int, "
                "floor((ST_X(c) + 20037508.342789244) / %s)::int, count(*) "
                "FROM (SELECT ST_Transform(ST_SetSRID(ST_Point((ST_XMin(geom) + "
                "ST_XMax(geom)) / 2, (ST_YMin(geom) + ST_YMax(geom)) / 2), 4326), 3857)"
                " AS c FROM public.cell TABLESAMPLE SYSTEM (100)) m GROUP BY 1, 2 "
                "ORDER BY abs(count(*) - %s) LIMIT 1",
                (side, side, wanted),
            ).fetchall()
            for row, column, number in rows:
                off = abs(number - wanted)
                if best is None or off < best[0]:
                    best = off, (zoom, row, column), number
    assert best
    return best[1], best[2]


def items(dsn: str, limit: int, count: int, **more: object) -> list[Question]:
    """Pages of polygons in fresh boxes that hold nearly `limit` of them."""
    low, high = limit * 4 // 5, limit - max(1, limit // 50)
    return [
        Question("items", "bench_grid", limit=limit, bbox=box, **more)
        for box in boxes(dsn, low, high, count, seed=limit + len(more))
    ]


def filters(count: int) -> list[Question]:
    """Filters in CQL2, none asked twice, over a column without index."""
    return [
        Question(
            "items", "bench_grid", limit=1000,
            filter=f"population > {400 + n} AND area_m2 > {5000 + 7 * n}",
        )
        for n in range(count)
    ]  # fmt: skip
