"""Boxes that look at bounds first find what a look at every vertex finds."""

from __future__ import annotations

import random

import pytest
from psycopg import sql

from gis.db.boxes import ROUNDED_DEGREES, Box, meeting

SRID = 4490
PLAIN = (
    "SELECT n FROM shape WHERE ST_Intersects(geom, ST_MakeEnvelope(%s, %s, %s, %s, %s))"
)
SHAPES = """
CREATE TEMP TABLE shape AS
SELECT n, CASE n %% 3
    WHEN 0 THEN p
    WHEN 1 THEN ST_MakeLine(p, ST_Translate(p, 2e-4, 3e-5))
    ELSE ST_SetSRID(ST_MakePolygon(ST_MakeLine(ARRAY[p, ST_Translate(p, 1e-4, 0),
        ST_Translate(p, 0, 1e-4), p])), 4490) END AS geom
FROM (SELECT n, ST_SetSRID(ST_Point(120 + random() * 0.01, 30 + random() * 0.01), 4490)
    AS p FROM generate_series(1, 3000) n) points
"""


@pytest.fixture
def shapes(empty_db):
    with empty_db.owner() as connection:
        connection.execute("SELECT setseed(0.4)")
        connection.execute(SHAPES.replace("%%", "%"))
        connection.execute("CREATE INDEX ON shape USING gist (geom)")
        connection.execute("INSERT INTO shape VALUES (0, NULL)")
        yield connection


def found(connection, box):
    condition = meeting(box, SRID)
    text = sql.SQL("SELECT n FROM shape WHERE {}").format(condition.text)
    return {row[0] for row in connection.execute(text, condition.values)}


def test_bounds_and_vertices_agree(shapes):
    """Boxes of every size, with corners at, beside and far from vertices."""
    chance = random.Random(3)
    corners = shapes.execute(
        "SELECT ST_XMin(geom), ST_YMax(geom) FROM shape"
    ).fetchall()
    few = 0
    for number in range(300):
        x, y = chance.choice(corners[:-1])
        x += chance.choice([0, 1e-9, -1e-9, 4e-6, -4e-6, ROUNDED_DEGREES])
        y += chance.choice([0, 1e-9, -1e-9, 4e-6, -4e-6, -ROUNDED_DEGREES])
        size = 10 ** chance.uniform(-5, -2)
        turn = chance.choice([-1, 1])
        sides = sorted((x, x + turn * size)), sorted((y, y - turn * size))
        (west, east), (south, north) = sides
        box = Box(west, south, east, north, SRID)
        plain = shapes.execute(PLAIN, (*box.corners, SRID))
        wanted = {row[0] for row in plain}
        assert found(shapes, box) == wanted, (number, box)
        few += 0 < len(wanted) < 3000
    assert few > 200


def test_boxes_without_a_width_or_height_are_points_and_lines(shapes):
    (x, y), *_ = shapes.execute(
        "SELECT ST_X(geom), ST_Y(geom) FROM shape WHERE n = 3"
    ).fetchall()
    assert 3 in found(shapes, Box(x, y, x, y, SRID))
    assert 3 in found(shapes, Box(x, y - 1, x, y + 1, SRID))
    assert 3 not in found(shapes, Box(x + 1e-9, y, x + 1e-9, y, SRID))
