"""k-coverage: nested depths, against counts by hand and by PostGIS."""

from __future__ import annotations

from typing import Any

import pytest

from gis.compute import execute
from gis.db.pool import Database
from gis.db.reader import DatabaseReader
from layers import Catalogue, City, Level
from processes import Forbidden, InvalidInput
from tests.processes.test_database import VALID, by_zone, query, run


@pytest.fixture(scope="module")
def reader(city_db: Database, catalogue: Catalogue, city: City) -> DatabaseReader:
    return DatabaseReader(city_db, catalogue, city)


def test_the_first_depth_is_coverage_and_depths_are_nested(reader: Any) -> None:
    found = by_zone(run(reader, "redundancy", service="camera", zones="street"))
    covered = by_zone(run(reader, "coverage", service="camera", zones="street"))
    assert found.keys() == covered.keys()
    for zone, row in found.items():
        assert row["covered_1"] == pytest.approx(covered[zone]["covered"], rel=1e-12)
        depths = [row[f"covered_{k}"] for k in (1, 2, 3, 4)]
        assert depths == sorted(depths, reverse=True)
    assert found["total"]["covered_2"] > found["total"]["covered_3"] > 0


def test_people_by_the_number_of_stations_over_them(
    city_db: Database, reader: Any
) -> None:
    result = run(reader, "redundancy", service="base_station", of="population")
    facts = result.reconciliation
    expected = query(
        city_db,
        f"""
        WITH served AS MATERIALIZED (
          SELECT ST_Buffer(geom_m, coalesce(range_m, %s::float8) * %s::float8, %s::int)
            AS g FROM city.base_station WHERE {VALID}
        ), person AS (
          SELECT p.population, (SELECT count(*) FROM served
            WHERE ST_Intersects(g, p.geom_m)) AS deep
          FROM city.population_point AS p WHERE {VALID}
        )
        SELECT k, coalesce(sum(population) FILTER (WHERE deep >= k), 0)
        FROM person, generate_series(1, 4) AS k GROUP BY k
        """,
        [
            facts["parameters"]["radius_m"],
            facts["arc"]["disc_radius_factor"],
            facts["arc"]["quad_segs"],
        ],
    )
    total = by_zone(result)["total"]
    for k in (1, 2, 3, 4):
        assert total[f"covered_{k}"] == pytest.approx(float(expected[k][0]), rel=1e-9)


def test_the_public_is_not_told_how_many_cameras_lie_over_a_place(reader: Any) -> None:
    with pytest.raises(Forbidden):
        execute("redundancy", {"service": "camera"}, reader=reader, level=Level.PUBLIC)


@pytest.mark.parametrize(
    ("process", "asked", "levels"),
    [
        ("coverage", ["all"], ("district", "street", "community", "unit_grid")),
        ("redundancy", ["street", "district"], ("street", "district")),
    ],
)
def test_levels_of_one_call_are_those_of_single_calls(
    reader: Any, process: str, asked: list[str], levels: tuple[str, ...]
) -> None:
    whole = run(reader, process, service="camera", levels=asked)
    assert tuple(whole.reconciliation["levels"]) == levels
    for level in levels:
        alone = run(reader, process, service="camera", zones=level)
        mine = [dict(row) for row in whole.rows if row["level"] == level]
        assert [{"level": level, **row} for row in alone.rows] == mine
        told = whole.reconciliation["levels"][level]
        assert told["hash"] == alone.reconciliation["hash"]


@pytest.mark.parametrize("levels", [["street", "street"], ["all", "street"], ["x"]])
def test_levels_that_are_none_are_refused(reader: Any, levels: list[str]) -> None:
    with pytest.raises(InvalidInput, match=r"each once|must be one of"):
        run(reader, "coverage", service="camera", levels=levels)
