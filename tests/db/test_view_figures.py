"""Figures of one public place and one community, worked out again in plain SQL.

From the stored views of cameras, the places and their parts, by PostGIS alone: the
statements are what a colleague would write to check a figure on a map.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gis.compute import execute
from gis.db import camera_views
from gis.db.pool import Connection, Database
from gis.db.reader import DatabaseReader
from layers import Catalogue, City, Level

VIEWS = """
    SELECT v.geom_m, v.camera_code, v.assumed FROM city.camera_view v
    WHERE v.purpose = %(level)s AND v.camera_state = 'online' AND v.valid_to IS NULL
      AND v.geom_m IS NOT NULL
"""
PARTS = f"""
SELECT p.code, p.purpose, coalesce(ST_Area(ST_Intersection(p.geom_m, (
    SELECT ST_Union(v.geom_m) FROM ({VIEWS}) v WHERE v.geom_m && p.geom_m
))), 0) / ST_Area(p.geom_m)
FROM city.place_part p WHERE p.place_code = %(place)s AND p.purpose = %(level)s
"""
PLACE = f"""
SELECT ST_Area(p.geom_m), coalesce(ST_Area(ST_Intersection(p.geom_m, (
    SELECT ST_Union(v.geom_m) FROM ({VIEWS}) v WHERE v.geom_m && p.geom_m))), 0),
  (SELECT count(*) FROM ({VIEWS}) v WHERE ST_Intersects(v.geom_m, p.geom_m)),
  (SELECT avg(v.assumed::int)::float8 FROM ({VIEWS}) v
   WHERE ST_Intersects(v.geom_m, p.geom_m))
FROM city.public_place p WHERE p.code = %(place)s
"""
ZONE = f"""
WITH zone AS (SELECT geom_m FROM city.community WHERE code = %(zone)s),
seen AS (
    SELECT row_number() OVER () AS n, v.geom_m, v.camera_code
    FROM ({VIEWS}) v, zone WHERE ST_Intersects(v.geom_m, zone.geom_m)),
once AS (SELECT ST_Union(geom_m) AS geom_m FROM seen),
twice AS (
    SELECT ST_Union(ST_CollectionExtract(ST_Intersection(a.geom_m, b.geom_m), 3))
        AS geom_m
    FROM seen a JOIN seen b ON a.n < b.n AND ST_Intersects(a.geom_m, b.geom_m))
SELECT ST_Area(zone.geom_m), ST_Area(ST_Intersection(once.geom_m, zone.geom_m)),
  ST_Area(ST_Intersection(twice.geom_m, zone.geom_m)),
  (SELECT sum(ST_Length(ST_Intersection(ST_Intersection(r.geom_m, zone.geom_m),
                                        once.geom_m)))
   FROM city.road r WHERE r.valid_to IS NULL AND r.geom_m && zone.geom_m),
  (SELECT sum(ST_Length(ST_Intersection(
       ST_Intersection(r.geom_m, ST_Boundary(zone.geom_m)), once.geom_m)))
   FROM city.road r WHERE r.valid_to IS NULL AND r.geom_m && zone.geom_m),
  (SELECT sum(p.population) FROM city.population_point p
   WHERE p.valid_to IS NULL AND ST_Intersects(p.geom_m, zone.geom_m)
     AND ST_Intersects(p.geom_m, once.geom_m))
FROM zone, once, twice
"""
CAMERAS = """
SELECT count(*), count(*) FILTER (WHERE ST_Contains(z.geom_m, c.geom_m)),
       count(*) FILTER (WHERE c.state = 'online')
FROM city.camera c, city.community z
WHERE z.code = %(zone)s AND ST_Intersects(c.geom_m, z.geom_m) AND c.valid_to IS NULL
  AND c.state <> 'removed'
"""


@pytest.fixture(scope="module")
def drawn(city_db: Database, catalogue: Catalogue) -> Iterator[Database]:
    """The demo city with its views; they are derived, nobody else reads them."""
    camera_views.refresh(city_db, catalogue)
    return city_db


def rows(db: Database, catalogue: Catalogue, city: City, process: str, **inputs: Any):
    reader = DatabaseReader(db, catalogue, city)
    return execute(process, inputs, reader=reader, level=Level.RESTRICTED).rows


def one(connection: Connection, query: str, **values: Any) -> Any:
    return connection.execute(query, values).fetchone()


def test_a_public_place(drawn: Database, catalogue: Catalogue, city: City) -> None:
    """Each part at its own level, the place at the declared one."""
    told = rows(drawn, catalogue, city, "key-part-coverage", rows="place")
    told = sorted(told, key=lambda row: -row["cameras_seeing"])[:4]
    assert any(0 < row["parts_captured"] < row["parts"] for row in told)
    with drawn.owner() as connection:
        for row in told:
            place = row["row_id"]
            levels = connection.execute(
                "SELECT DISTINCT purpose FROM city.place_part WHERE place_code = %s",
                (place,),
            ).fetchall()
            shares = [
                share
                for (level,) in levels
                for *_, share in connection.execute(
                    PARTS, {"place": place, "level": level}
                )
            ]
            assert row["parts"] == len(shares)
            captured = sum(share >= 0.5 for share in shares)
            assert row["parts_captured"] == captured
            assert row["key_part_coverage_ratio"] == captured / len(shares)
            area, seen, cameras, assumed = one(
                connection, PLACE, place=place, level="observe"
            )
            assert row["area_m2"] == pytest.approx(area, rel=1e-9)
            assert row["visible_area_m2"] == pytest.approx(seen, rel=1e-6)
            assert row["visible_area_ratio"] == pytest.approx(seen / area, rel=1e-6)
            assert row["cameras_seeing"] == cameras
            assert row["assumed_share"] == pytest.approx(assumed)


@pytest.mark.parametrize("level", ["detect", "recognise"])
def test_a_community(
    drawn: Database, catalogue: Catalogue, city: City, level: str
) -> None:
    """Ground, ground seen twice, streets and people in view, cameras in service.

    A road along a border and a camera on one belong to one of the two zones, in SQL
    to both.
    """
    with drawn.owner() as connection:
        zone = one(
            connection,
            "SELECT z.code FROM city.community z JOIN city.camera c ON "
            "ST_Intersects(z.geom_m, c.geom_m) WHERE z.valid_to IS NULL GROUP BY 1 "
            "ORDER BY count(*) DESC, 1 LIMIT 1",
        )[0]
        area, seen, twice, street, border, people = one(
            connection, ZONE, zone=zone, level=level
        )
        cameras, inside, working = one(connection, CAMERAS, zone=zone)
    told = rows(
        drawn, catalogue, city, "surveillance", zones="community", within=[zone],
        levels=[level],
    )  # fmt: skip
    (row,) = [row for row in told if row["zone_id"] == zone]
    assert row["visible_area_m2"] == pytest.approx(seen, rel=1e-6)
    assert row["visible_area_ratio"] == pytest.approx(seen / area, rel=1e-6)
    assert row["seen_by_2_ratio"] == pytest.approx(twice / area, rel=1e-6)
    assert street - border < row["street_seen_m"] < street + 1e-6
    assert row["population_in_view"] == people
    assert inside <= row["cameras"] <= cameras
    assert row["cameras_in_service"] <= working
    share = row["cameras_in_service"] / row["cameras"]
    assert row["in_service_share"] == pytest.approx(share)


def test_the_six_kinds_are_all_told(
    drawn: Database, catalogue: Catalogue, city: City
) -> None:
    told = rows(drawn, catalogue, city, "key-part-coverage")
    whole = {row["kind"]: row for row in told if row["zone_id"] == "total"}
    six = {"commercial", "square", "park", "scenic", "transport_hub", "airport"}
    assert set(whole) == six | {None}
    airport = whole["airport"]
    assert airport["parts"] == 0
    assert airport["key_part_coverage_ratio"] is None
    assert "no place of this kind" in airport["reason"]
    assert sum(row["parts"] for k, row in whole.items() if k) == whole[None]["parts"]
