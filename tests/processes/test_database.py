"""The figures of processes against PostGIS, over the same stored geometry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import shapely

from gis.compute import execute
from gis.db.pool import Database
from gis.db.reader import DatabaseReader
from gis.db.results import DatabaseResults
from layers import Catalogue, City, Level
from processes import Result
from processes._services import read_service

AT = "2015-12-31"
VALID = f"valid_from <= DATE '{AT}' AND (valid_to IS NULL OR valid_to > DATE '{AT}')"
ZONES = ("district", "street", "community")


@pytest.fixture(scope="module")
def reader(city_db: Database, catalogue: Catalogue, city: City) -> DatabaseReader:
    return DatabaseReader(city_db, catalogue, city)


def run(reader: DatabaseReader, process: str, **inputs: Any) -> Result:
    asked = {"as_of": AT, **inputs}
    return execute(process, asked, reader=reader, level=Level.RESTRICTED)


def by_zone(result: Result) -> dict[str, Mapping[str, Any]]:
    return {row["zone_id"]: row for row in result.rows}


def query(database: Database, text: str, values: Any = None) -> dict[str, Any]:
    with database.reader() as connection:
        return {row[0]: row[1:] for row in connection.execute(text, values)}


def assert_adds_up(result: Result) -> None:
    *zones, outside, total = result.rows
    for name in ("covered", "total"):
        parts = sum(row[name] for row in zones) + outside[name]
        assert parts == pytest.approx(total[name], rel=1e-9, abs=1e-6)
    for row in zones:
        if row["total"]:
            assert row["coverage_ratio"] == row["covered"] / row["total"]
            assert 0 <= row["coverage_ratio"] <= 1 + 1e-12
        else:
            assert row["coverage_ratio"] is None
            assert row["reason"]


@pytest.mark.parametrize("zones", ZONES)
def test_polygons_agree(city_db: Database, reader: Any, zones: str) -> None:
    result = run(reader, "coverage", service="unit_grid", zones=zones)
    assert_adds_up(result)
    expected = query(
        city_db,
        f"""
        WITH served AS (
          SELECT ST_Union(geom_m) AS g FROM city.unit_grid
          WHERE responsible_org IS NOT NULL AND {VALID}
        )
        SELECT code, ST_Area(ST_Intersection(geom_m, g)), ST_Area(geom_m)
        FROM city.{zones}, served WHERE {VALID}
        """,
    )
    found = by_zone(result)
    assert set(found) == {*expected, "outside", "total"}
    assert any(covered > 0 for covered, _ in expected.values())
    for code, (covered, area) in expected.items():
        assert found[code]["covered"] == pytest.approx(covered, rel=1e-6, abs=1e-3)
        assert found[code]["total"] == pytest.approx(area, rel=1e-9)


def test_discs_agree_with_the_buffer_that_the_answer_states(
    city_db: Database, reader: Any
) -> None:
    result = run(reader, "coverage", service="base_station", zones="street")
    facts = result.reconciliation
    assert_adds_up(result)
    expected = query(
        city_db,
        f"""
        WITH served AS (
          SELECT ST_Union(ST_Buffer(geom_m,
            coalesce(range_m, %s::float8) * %s::float8, %s::int)) AS g
          FROM city.base_station WHERE {VALID}
        )
        SELECT code, ST_Area(ST_Intersection(geom_m, g)), ST_Area(geom_m)
        FROM city.street, served WHERE {VALID}
        """,
        [
            facts["parameters"]["radius_m"],
            facts["arc"]["disc_radius_factor"],
            facts["arc"]["quad_segs"],
        ],
    )
    found = by_zone(result)
    for code, (covered, _) in expected.items():
        assert found[code]["covered"] == pytest.approx(covered, rel=1e-6, abs=1e-3)


def test_sectors_agree(city_db: Database, reader: Any) -> None:
    result = run(reader, "coverage", service="camera", zones="community")
    assert_adds_up(result)
    from datetime import date

    service = read_service(reader, "camera", as_of=date.fromisoformat(AT))
    expected = query(
        city_db,
        f"""
        WITH sector AS (
          SELECT ST_SetSRID(ST_GeomFromWKB(wkb), 4549) AS g
          FROM unnest(%s::bytea[]) AS wkb
        )
        SELECT z.code, coalesce(ST_Area(ST_Intersection(z.geom_m, (
            SELECT ST_Union(g) FROM sector WHERE ST_Intersects(g, z.geom_m)))), 0)
        FROM city.community z WHERE {VALID}
        """,
        [shapely.to_wkb(service.shape).tolist()],
    )
    found = by_zone(result)
    assert sum(covered for (covered,) in expected.values()) > 0
    for code, (covered,) in expected.items():
        assert found[code]["covered"] == pytest.approx(covered, rel=1e-6, abs=1e-3)
    assert 0.1 < result.reconciliation["unknown_direction_share"] < 0.4


def test_people_agree(city_db: Database, reader: Any) -> None:
    result = run(
        reader, "coverage", service="residential_compound", of="population",
        zones="street",
    )  # fmt: skip
    assert_adds_up(result)
    expected = query(
        city_db,
        f"""
        SELECT z.code, sum(p.population)::float8,
          coalesce(sum(p.population) FILTER (WHERE EXISTS (
            SELECT FROM city.residential_compound c WHERE {VALID}
              AND ST_Intersects(c.geom_m, p.geom_m))), 0)::float8
        FROM (SELECT * FROM city.street WHERE {VALID}) z
        JOIN (SELECT * FROM city.population_point WHERE {VALID}) p
          ON ST_Intersects(z.geom_m, p.geom_m)
        GROUP BY z.code
        """,
    )
    found = by_zone(result)
    for code, (total, covered) in expected.items():
        assert (found[code]["total"], found[code]["covered"]) == (total, covered)


def test_roads_agree(city_db: Database, reader: Any) -> None:
    result = run(
        reader, "coverage", service="traffic_sensor", of="length", demand="road",
        zones="district",
    )  # fmt: skip
    assert_adds_up(result)
    total = query(
        city_db,
        f"SELECT 'all', sum(ST_Length(geom_m)) FROM city.road WHERE {VALID}",
    )["all"][0]
    assert result.rows[-1]["total"] == pytest.approx(total, rel=1e-9)
    assert result.rows[-1]["covered"] > 0


def test_residential_land_agrees(city_db: Database, reader: Any) -> None:
    result = run(
        reader, "coverage", service="unit_grid", of="residential_area", zones="street"
    )
    assert_adds_up(result)
    total = query(
        city_db,
        f"SELECT 'all', ST_Area(ST_Union(geom_m)) FROM city.residential_land "
        f"WHERE {VALID}",
    )["all"][0]
    assert result.rows[-1]["total"] == pytest.approx(total, rel=1e-9)


def test_coarse_zones_are_sums_of_communities(reader: Any) -> None:
    fine = by_zone(run(reader, "coverage", service="camera", zones="community"))
    for zones in ("street", "district"):
        coarse = run(reader, "coverage", service="camera", zones=zones)
        assert coarse.reconciliation["zones_not_tiled_by_it"] == 0
        for code, row in by_zone(coarse).items():
            if code in ("outside", "total"):
                continue
            inside = [r for c, r in fine.items() if c.startswith(code)]
            for name in ("covered", "total"):
                summed = sum(r[name] for r in inside)
                assert row[name] == pytest.approx(summed, rel=1e-12)


@pytest.mark.parametrize("zones", ZONES)
def test_gaps_add_up(reader: Any, zones: str) -> None:
    result = run(reader, "gap", service="camera", zones=zones, limit=100_000)
    covered = by_zone(run(reader, "coverage", service="camera", zones=zones))
    people = by_zone(
        run(reader, "coverage", service="camera", zones=zones, of="population")
    )
    for line in result.reconciliation["zones"]:
        everyone = people[line["zone_id"]]
        told_of = line["gap_population"] + line["residue_population"]
        assert everyone["covered"] + told_of == everyone["total"]
        parts = line["covered_m2"] + line["gap_m2"] + line["residue_m2"]
        assert parts == pytest.approx(line["zone_m2"], rel=1e-9)
        same = covered[line["zone_id"]]["covered"]
        # gaps are cut by GEOS, coverage follows edges: 10 mm2 apart at most
        assert line["covered_m2"] == pytest.approx(same, rel=1e-9, abs=1e-5)
    gaps = [row for row in result.rows if row["kind"] == "gap"]
    assert gaps
    ranks = [(-row["population"], -row["area_m2"]) for row in gaps]
    assert ranks == sorted(ranks)
    assert result.geometry is not None
    outlines = np.array(result.geometry[: len(gaps)], dtype=object)
    area = np.array([row["area_m2"] for row in gaps])
    assert shapely.area(outlines) == pytest.approx(area, rel=1e-5, abs=0.5)


def test_every_measured_target_has_figures(reader: Any) -> None:
    result = run(reader, "scorecard", series=False)
    city = {row["target"]: row for row in (result.body or {})["city"]}
    assert len(city) == 62
    measured = [
        card["id"]
        for card in (result.body or {})["targets"]
        if card["kind"] == "measured"
    ]
    assert len(measured) == 20
    for id_ in measured:
        assert city[id_]["denominator"], f"{id_}: nothing to be covered"
        assert city[id_]["value"] is not None


def test_answers_are_kept_in_the_database(own_city_db: Database, reader: Any) -> None:
    results = DatabaseResults(own_city_db)
    mine = DatabaseReader(own_city_db, reader.catalogue, reader.city)
    asked = {"service": "park", "zones": "street", "as_of": AT}
    first = execute(
        "coverage", asked, reader=mine, level=Level.RESTRICTED, results=results
    )
    again = execute(
        "coverage", asked, reader=mine, level=Level.RESTRICTED, results=results
    )
    assert again.rows == first.rows
    assert again.reconciliation == first.reconciliation


def test_locate(reader: Any) -> None:
    points = reader.features("population_point", columns=("community_code",))
    point, community = points.geometry[0], points.columns["community_code"][0]
    result = execute(
        "locate",
        {"x": point.x, "y": point.y, "datum": "4549"},
        reader=reader,
        level=Level.PUBLIC,
    )
    zones = (result.body or {})["zones"]
    assert zones["community"]["code"] == community
    assert zones["unit_grid"]["code"].startswith(community)
    assert zones["district"]["code"] == community[:6]
