"""Kept tiles: none is stale after any edit, and those far from an edit stay kept.

Every tile served is compared with one made at that moment over another connection.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime

import psycopg
import pytest

from gis.db.matrix import MATRIX_SETS, WEB_MERCATOR
from gis.db.tiles import BUFFER, EXTENT
from gis.tiling.area import index_at
from gis.tiling.maker import Maker
from layers import Level

LON, LAT = 120.16, 30.27
ZOOM = 14
WIDTH = 360 / 2**ZOOM
MARGIN = WIDTH * BUFFER / EXTENT
PLACED = (
    "SELECT ST_SetSRID(ST_Point(%s, %s), 4490), "
    "ST_Transform(ST_SetSRID(ST_Point(%s, %s), 4490), 4549)"
)


class Scene:
    """Points of one layer, the tiles around them, and what the server keeps of them."""

    def __init__(self, server, writer, maker, layer) -> None:
        self.server, self.writer, self.maker, self.layer = server, writer, maker, layer
        zoom, row, column = index_at(WEB_MERCATOR, ZOOM, LON, LAT)
        self.middle = (zoom, row, column)
        self.west, _, self.east, self.north = WEB_MERCATOR.degrees_of(self.middle)
        self.indexes = [
            (zoom, row + dy, column + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1, 4)
        ]
        self.indexes += [(12, row // 4, column // 4)]

    def write(self, text, *values):
        with self.writer.transaction():
            return self.writer.execute(text, values)

    def put(self, code, lon, lat):
        self.write(
            "INSERT INTO city.parking_lot (code, name, valid_from, source, synthetic, "
            f"geom, geom_m) SELECT %s, %s, '2012-01-01', 'test', true, p.* "
            f"FROM ({PLACED}) p",
            f"edit-{code}", f"name {code}", lon, lat, lon, lat,
        )  # fmt: skip

    def move(self, code, lon, lat):
        self.write(
            f"UPDATE city.parking_lot SET (geom, geom_m) = ({PLACED}) WHERE code = %s",
            lon, lat, lon, lat, f"edit-{code}",
        )  # fmt: skip

    def look(self, matrix_set=WEB_MERCATOR, indexes=None):
        """Entity tag of every tile, once each was found to be right."""
        tags = {}
        for index in indexes or self.indexes:
            path = "/".join(map(str, (matrix_set.id, *index)))
            answer = self.server.get(f"/collections/parking_lot/tiles/{path}")
            made = self.maker.tile(self.layer, matrix_set, index).body
            assert answer.content == made, index
            assert answer.status_code == (200 if made else 204)
            tags[index] = answer.headers["etag"]
        return tags

    def changed(self, before, after):
        return {index for index, tag in before.items() if after[index] != tag}


@pytest.fixture
def scene(server, catalogue, city):
    with (
        psycopg.connect(server.dsn, autocommit=True) as writer,
        psycopg.connect(
            server.dsn, autocommit=True, options="-c role=citygrid_public"
        ) as reader,
    ):
        day = datetime.now(UTC).date()
        maker = Maker(reader, catalogue, city, Level.PUBLIC, day)
        yield Scene(server, writer, maker, catalogue["parking_lot"])
        writer.execute("DELETE FROM city.parking_lot WHERE code LIKE 'edit-%'")


def test_only_tiles_that_a_change_lies_in_are_made_anew(scene):
    zoom, row, column = scene.middle
    overview = scene.indexes[-1]
    lat = scene.north - WIDTH / 3
    before = scene.look()
    # inside of one tile
    scene.put("a", scene.west + WIDTH / 2, lat)
    now = scene.look()
    assert scene.changed(before, now) == {scene.middle, overview}
    # an attribute alone
    scene.write("UPDATE city.parking_lot SET name = 'other' WHERE code = 'edit-a'")
    before, now = now, scene.look()
    assert scene.changed(before, now) == {scene.middle, overview}
    # in the margin that the neighbour draws, too
    neighbour = (zoom, row, column + 1)
    scene.put("b", scene.east - 0.8 * MARGIN, lat)
    before, now = now, scene.look()
    assert scene.changed(before, now) == {scene.middle, neighbour, overview}
    # just beyond it
    scene.move("b", scene.east - 1.2 * MARGIN, lat)
    before, now = now, scene.look()
    assert scene.changed(before, now) == {scene.middle, neighbour, overview}
    scene.write("UPDATE city.parking_lot SET name = 'more' WHERE code = 'edit-b'")
    before, now = now, scene.look()
    assert scene.changed(before, now) == {scene.middle, overview}
    # away from here and to there, not in between
    scene.move("a", scene.west + 4.5 * WIDTH, lat)
    before, now = now, scene.look()
    there = (zoom, row, column + 4)
    assert {scene.middle, there} <= scene.changed(before, now)
    assert neighbour not in scene.changed(before, now)
    scene.write("DELETE FROM city.parking_lot WHERE code = 'edit-a'")
    before, now = now, scene.look()
    assert there in scene.changed(before, now)
    assert scene.middle not in scene.changed(before, now)


def test_what_changes_nothing_leaves_every_tile(scene):
    scene.put("a", scene.west + WIDTH / 2, scene.north - WIDTH / 2)
    before = scene.look()
    with scene.writer.transaction(force_rollback=True):
        scene.writer.execute("DELETE FROM city.parking_lot")
        assert scene.look()[scene.middle] == before[scene.middle]
    scene.write("UPDATE city.parking_lot SET name = 'x' WHERE code = 'none'")
    assert scene.look() == before
    version = scene.writer.execute(
        "SELECT version FROM city.layer_version WHERE layer = 'parking_lot'"
    ).fetchone()[0]
    latest = scene.writer.execute(
        "SELECT max(version) FROM trace.layer_change WHERE layer = 'parking_lot'"
    ).fetchone()[0]
    assert version == latest


def test_bulk_and_forgotten_changes_are_everywhere(scene):
    """Many rows at once, a record that was lost, more changes than are remembered."""
    before = scene.look()
    many = (
        "INSERT INTO city.parking_lot (code, name, valid_from, source, synthetic, geom,"
        " geom_m) SELECT 'edit-' || n, 'n', '2012-01-01', 'test', true, g, "
        "ST_Transform(g, 4549) FROM (SELECT n, ST_SetSRID(ST_Point(%s + n * 1e-7, %s), "
        "4490) AS g FROM generate_series(1, %s) n) p"
    )
    lon, lat = scene.west + WIDTH / 2, scene.north - WIDTH / 2
    scene.write(many, lon, lat, 20_001)
    now = scene.look()
    assert scene.changed(before, now) == set(scene.indexes)
    # the overview is coarse now: cells and numbers, which one row changes
    coarse = scene.indexes[-1]
    assert b"aggregated" in scene.maker.tile(scene.layer, WEB_MERCATOR, coarse).body
    scene.write("DELETE FROM city.parking_lot WHERE code = 'edit-17'")
    assert coarse in scene.changed(now, scene.look())
    before = scene.look()
    scene.write("DELETE FROM trace.layer_change WHERE layer = 'parking_lot'")
    scene.put("far", scene.west + 100 * WIDTH, lat)
    assert scene.changed(before, scene.look()) == set()
    with scene.writer.transaction():
        for number in range(300):
            scene.writer.execute(
                "UPDATE city.parking_lot SET name = %s WHERE code = 'edit-far'",
                (str(number),),
            )
    assert scene.changed(before, scene.look()) == set(scene.indexes)
    rows = scene.writer.execute(
        "SELECT count(*) FROM trace.layer_change WHERE layer = 'parking_lot'"
    ).fetchone()
    assert rows[0] == 256


@pytest.mark.parametrize("matrix_set", list(MATRIX_SETS.values()), ids=lambda m: m.id)
def test_no_tile_is_stale_after_any_edit(scene, matrix_set):
    chance = random.Random(7)
    indexes = [
        index_at(matrix_set, zoom - matrix_set.shift, LON + step * 0.013, LAT)
        for zoom in (12, 14, 16)
        for step in (-1, 0, 1)
    ]
    there: list[int] = []
    scene.look(matrix_set, indexes)
    for number in range(40):
        lon, lat = LON + chance.uniform(-0.05, 0.05), LAT + chance.uniform(-0.03, 0.03)
        kind = chance.choice(
            ["put", "put", "move", "name", "delete"] if there else ["put"]
        )
        one = chance.choice(there) if there else 0
        if kind == "put":
            scene.put(number, lon, lat)
            there.append(number)
        elif kind == "move":
            scene.move(one, lon, lat)
        elif kind == "name":
            scene.write(
                "UPDATE city.parking_lot SET name = %s WHERE code = %s",
                f"name {number}", f"edit-{one}",
            )  # fmt: skip
        else:
            scene.write("DELETE FROM city.parking_lot WHERE code = %s", f"edit-{one}")
            there.remove(one)
        scene.look(matrix_set, indexes)
