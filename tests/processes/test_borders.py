"""What lies on a border or an outline counts once, whoever asks and however."""

from __future__ import annotations

from typing import Any

import pytest
import shapely

from layers import Catalogue, load_catalogue
from processes import Result, read_inputs, registry
from tests.memory import MemoryReader, box, two_towns

AT = "2015-12-31"


def people(code: str, count: int, place: str) -> dict[str, Any]:
    return {"code": code, "population": count, "geometry": place}


def run(process: str, rows: dict[str, Any], **inputs: Any) -> Result:
    chosen = registry[process]
    reader = MemoryReader({**two_towns(), **rows})
    return chosen.run(read_inputs(chosen.inputs, {"as_of": AT, **inputs}), reader)


def by_zone(result: Result) -> dict[str, Any]:
    return {row["zone_id"]: row for row in result.rows}


#: On a border of two communities of a district, of two districts, and in one community.
PEOPLE = [
    people("p-1", 10, "POINT(500 300)"),
    people("p-2", 200, "POINT(1000 300)"),
    people("p-3", 3000, "POINT(1200 300)"),
]
#: One along the border of the districts, one across all of it.
ROADS = [
    {"code": "r-1", "geometry": "LINESTRING(1000 100, 1000 400)"},
    {"code": "r-2", "geometry": "LINESTRING(100 300, 1900 300)"},
]
GROUND = [{"code": "s", "geometry": box(0, 200, 2000, 800)}]
CITY = {"population_point": PEOPLE, "road": ROADS, "scenic_area": GROUND}


@pytest.mark.parametrize("zones", ["district", "street", "community"])
@pytest.mark.parametrize(
    "demand",
    [
        {"of": "population"},
        {"of": "length", "demand": "road"},
        {"of": "count", "demand": "population_point"},
    ],
    ids=lambda demand: demand["of"],
)
def test_a_zone_asked_for_alone_has_the_figure_that_it_has_among_all(
    zones: str, demand: dict[str, Any]
) -> None:
    question = {"service": "scenic_area", "zones": zones, **demand}
    every = by_zone(run("coverage", CITY, **question))
    for code in every.keys() - {"outside", "total"}:
        alone = by_zone(run("coverage", CITY, within=[code], **question))
        assert alone[code] == every[code]
        assert alone["outside"]["total"] == 0.0


def test_a_border_is_of_the_zone_of_the_lowest_code() -> None:
    question = {"service": "scenic_area", "zones": "district", "within": ["330109"]}
    found = by_zone(run("coverage", CITY, of="population", **question))
    assert found["330109"]["total"] == 3000.0
    found = by_zone(run("coverage", CITY, of="length", demand="road", **question))
    assert found["330109"]["total"] == 900.0


def test_whom_an_outline_covers_lives_in_no_gap() -> None:
    at = ["POINT(300 200)", "POINT(1000 200)", "POINT(300 100)", "POINT(300 500)"]
    rows = {
        "scenic_area": GROUND,
        "population_point": [people(f"p-{i}", 10**i, p) for i, p in enumerate(at)],
    }
    question = {"service": "scenic_area", "residue": False}
    gaps = run("gap", rows, **question).rows
    assert sum(row["population"] for row in gaps) == 100.0
    found = run("coverage", rows, service="scenic_area", of="population").rows[-1]
    assert found["total"] - found["covered"] == 100.0


def test_who_lives_in_a_sliver_is_told_with_the_residue() -> None:
    places = ["POINT(300 500)", "POINT(300 199.8)", "POINT(300 50)", "POINT(1200 0.2)"]
    rows = {
        "scenic_area": [
            {"code": "s", "geometry": box(0, 200, 2000, 1000)},
            {"code": "t", "geometry": box(0, 60, 1000, 199.6)},
            {"code": "u", "geometry": box(1000, 0.5, 2000, 200)},
        ],
        "population_point": [people(f"p-{i}", 10**i, p) for i, p in enumerate(places)],
    }
    found = run("gap", rows, service="scenic_area")
    told = {row["gap_id"]: row["population"] for row in found.rows}
    assert told == {"gap-1": 100.0, "residue-330106": 10.0, "residue-330109": 1000.0}
    covered = by_zone(run("coverage", rows, service="scenic_area", of="population"))
    for line in found.reconciliation["zones"]:
        zone = covered[line["zone_id"]]
        told_of = line["gap_population"] + line["residue_population"]
        assert zone["covered"] + told_of == zone["total"]


def test_who_lives_on_a_border_lives_in_one_gap_whoever_asks() -> None:
    question = {"service": "base_station", "residue": False}
    every = run("gap", CITY, **question).rows
    assert {row["zone_id"]: row["population"] for row in every} == {
        "330106": 210.0,
        "330109": 3000.0,
    }
    (alone,) = run("gap", CITY, within=["330109"], **question).rows
    assert alone["population"] == 3000.0


@pytest.mark.parametrize("engine", ["exact", "geos"])
def test_a_road_leaves_a_border_for_the_zone_behind_it(engine: str) -> None:
    """All of it lies in the later zone, and its stretch on the border in both."""
    roads = [{"code": "r", "geometry": "LINESTRING(1000 100, 1000 400, 1500 400)"}]
    rows = {"scenic_area": GROUND, "road": roads}
    question = {"service": "scenic_area", "of": "length", "demand": "road"}
    found = by_zone(run("coverage", rows, engine=engine, **question))
    assert (found["330106"]["total"], found["330106"]["covered"]) == (300.0, 200.0)
    assert (found["330109"]["total"], found["330109"]["covered"]) == (500.0, 500.0)


def test_a_road_along_an_oblique_outline_is_covered_beyond_a_border_too() -> None:
    """Cut at the border it would not be: the cut lies between two millimetres."""
    ground = "POLYGON((300 203, 1703 778, 1703 900, 300 900, 300 203))"
    rows = {
        "scenic_area": [{"code": "s", "geometry": ground}],
        "road": [{"code": "r", "geometry": "LINESTRING(1703 778, 300 203)"}],
    }
    question = {"service": "scenic_area", "of": "length", "demand": "road"}
    found = by_zone(run("coverage", rows, **question))
    for code in ("330106", "330109", "total"):
        assert found[code]["covered"] == found[code]["total"] > 700.0


def test_what_there_is_of_roads_does_not_depend_on_what_covers_them() -> None:
    roads = [{"code": "r", "geometry": "LINESTRING(103 301, 1907 709, 1201 13)"}]
    ground = [
        {"code": f"s-{i}", "geometry": f"POINT({137 * i} {71 * i})"} for i in range(12)
    ]
    rows = {"scenic_area": GROUND, "base_station": ground, "road": roads}
    totals = [
        {
            code: row["total"]
            for code, row in by_zone(
                run("coverage", rows, service=service, of="length", demand="road")
            ).items()
        }
        for service in ("scenic_area", "base_station")
    ]
    assert totals[0] == totals[1]


def test_roads_that_are_a_service_themselves_are_covered_wholly() -> None:
    layers = dict(load_catalogue())
    model = {"model": "attribute", "column": "oneway", "basis": "test"}
    declared = {**layers["road"].model_dump(by_alias=True), "coverage": model}
    layers["road"] = type(layers["road"]).model_validate(declared)
    roads = [{**ROADS[0], "oneway": True}, {**ROADS[1], "oneway": False}]
    rows = {**two_towns(), "road": roads}
    reader = MemoryReader(rows, catalogue=Catalogue(layers))
    chosen = registry["coverage"]
    question = {"service": "road", "of": "length", "demand": "road", "as_of": AT}
    found = by_zone(chosen.run(read_inputs(chosen.inputs, question), reader))
    assert (found["330106"]["total"], found["330106"]["covered"]) == (1200.0, 300.0)
    assert (found["330109"]["total"], found["330109"]["covered"]) == (900.0, 0.0)


def test_a_stretch_that_a_road_runs_twice_counts_once() -> None:
    roads = [
        {"code": "r-1", "geometry": "LINESTRING(100 300, 400 300, 200 300)"},
        {"code": "r-2", "geometry": "LINESTRING(900 300, 1100 300, 900 300)"},
    ]
    rows = {"scenic_area": GROUND, "road": roads}
    question = {"service": "scenic_area", "of": "length", "demand": "road"}
    for engine in ("exact", "geos"):
        found = by_zone(run("coverage", rows, engine=engine, **question))
        for code, metres in (("330106", 400.0), ("330109", 100.0), ("total", 500.0)):
            assert found[code]["total"] == pytest.approx(metres, rel=1e-12)
            assert found[code]["covered"] == pytest.approx(metres, rel=1e-12)


@pytest.mark.parametrize("engine", ["exact", "geos"])
@pytest.mark.parametrize(
    "line",
    [
        "300 200, 300 800",
        "300 200, 700 200",
        "700 900, 700 200, 900 200",
        "300 800, 500 800, 500 801, 500 800, 700 800",
    ],
)
def test_a_road_along_an_outline_is_covered(line: str, engine: str) -> None:
    square = box(300, 200, 700, 800)
    rows = {
        "scenic_area": [{"code": "s", "geometry": square}],
        "road": [{"code": "r", "geometry": f"LINESTRING({line})"}],
    }
    question = {"service": "scenic_area", "of": "length", "demand": "road"}
    road, ground = shapely.from_wkt([f"LINESTRING({line})", square])
    on_rim = shapely.length(shapely.intersection(road, ground))
    found = by_zone(run("coverage", rows, engine=engine, **question))
    assert found["330106"]["covered"] == pytest.approx(on_rim)
    assert on_rim >= 400.0
