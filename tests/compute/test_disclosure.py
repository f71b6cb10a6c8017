"""A public caller cannot find a camera: by gaps, zones, parameters, dates, filters."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
import shapely

from gis.compute import execute
from gis.disclosure import hidden_words
from layers import Level, load_catalogue
from processes import GEOJSON, JSON, Forbidden, InvalidInput, render
from tests.memory import MemoryReader, box, two_towns

TODAY = date(2026, 3, 1)
DEMANDS = {"length": "road", "count": "residential_compound"}


def camera(code: str, x: float, y: float, **more: Any) -> dict[str, Any]:
    return {
        "code": code,
        "geometry": f"POINT({x} {y})",
        "state": "online",
        "kind": "fixed",
        "resolution_px": 1920,
        "hfov_deg": 90,
        "height_m": 4,
        "azimuth_deg": 45,
        "operator": "CANARY",
        **more,
    }


def town(**more: Any) -> dict[str, list[dict[str, Any]]]:
    """Ten by ten unit grids of 50 x 100 m per community, a few cameras."""
    rows = two_towns()
    grids = []
    for community, x0 in (
        ("330106001001", 0),
        ("330106001002", 500),
        ("330109001001", 1000),
        ("330109001002", 1500),
    ):
        for i in range(100):
            x, y = x0 + 50 * (i % 10), 100 * (i // 10)
            grids.append(
                {
                    "code": f"{community}{i + 1:03d}",
                    "name": str(i),
                    "geometry": box(x, y, x + 50, y + 100),
                }
            )
    rows["unit_grid"] = grids
    rows["camera"] = [
        camera("c1", 110, 120),
        camera("c2", 310, 420),
        camera("c3", 330, 430),
        camera("c4", 350, 470),
        camera("c5", 1710, 820),
        camera("c6", 520, 120, valid_from="2015-06-15"),
    ]
    rows["population_point"] = [
        {"code": f"p{i}", "population": 2**i, "geometry": f"POINT({x} {y})"}
        for i, (x, y) in enumerate([(112, 122), (312, 422), (990, 990), (1990, 10)])
    ]
    rows["residential_compound"] = [
        {"code": "r1", "population": 10, "geometry": box(100, 100, 140, 140)},
        {"code": "r2", "population": 10, "geometry": box(700, 700, 740, 740)},
    ]
    rows["road"] = [
        {"code": "w", "class": "local", "geometry": "LINESTRING(0 125, 1000 125)"}
    ]
    rows.update(more)
    return rows


def ask(
    process: str, inputs: dict[str, Any], level: Level = Level.PUBLIC, **rows: Any
) -> Any:
    reader = MemoryReader(town(**rows), level=level)
    return execute(process, inputs, reader=reader, level=level, today=TODAY)


def public(zones: str, **more: Any) -> Any:
    return ask("coverage", {"service": "camera", "zones": zones, **more})


@pytest.mark.parametrize("zones", ["district", "street", "community"])
def test_ground_is_exact_down_to_communities(zones: str) -> None:
    inputs = {"service": "camera", "zones": zones}
    told, exact = ask("coverage", inputs), ask("coverage", inputs, Level.RESTRICTED)
    assert told.rows == exact.rows
    assert told.rows[0]["covered"] > 0


@pytest.mark.parametrize(
    "inputs",
    [
        {"parameters": {"level": "identify"}},
        {"parameters": {"unknown_direction": "exclude"}},
        {"parameters": {"target_height_m": 1.5}},
        {"where": "code = 'c1'"},
        {
            "demand_where": "code = 'r1'",
            "of": "count",
            "demand": "residential_compound",
        },
        {"share_min": 0.5, "of": "count", "demand": "residential_compound"},
        {"weight": "population", "of": "count", "demand": "residential_compound"},
        {"of": "population", "demand": "residential_compound"},
        {"as_of": "2015-06-15"},
        {"as_of": "2015-06-14"},
    ],
    ids=str,
)
def test_free_questions_are_refused(inputs: dict[str, Any]) -> None:
    with pytest.raises(Forbidden) as caught:
        public("community", **inputs)
    assert next(iter(inputs)) in str(caught.value) or "demand" in str(caught.value)
    assert "/" in str(caught.value)
    assert ask("coverage", {"service": "camera", "zones": "community", **inputs},
               Level.RESTRICTED).rows  # fmt: skip


def test_the_measure_of_a_target_is_published_with_its_least_share() -> None:
    measure = {"of": "count", "demand": "public_place"}
    assert public("community", share_min=0.1, **measure).rows  # the plan's vs-1
    with pytest.raises(Forbidden, match="share_min"):
        public("community", share_min=0.2, **measure)


def test_declared_parameters_may_be_spelled_out() -> None:
    assert public("district", parameters={"level": "observe"}).rows


def test_zones_of_ones_own_are_refused() -> None:
    with pytest.raises(Forbidden, match="zones"):
        public("living_circle", as_of=None)


def test_hidden_demand_does_not_exist() -> None:
    with pytest.raises(InvalidInput, match="demand") as caught:
        ask("coverage", {"service": "residential_compound", "of": "count",
                         "demand": "camera"})  # fmt: skip
    assert "camera" not in str(caught.value).split("must be")[1]


@pytest.mark.parametrize(
    "where", ["manager = 'x'", '"manager" IS NULL', "manager_phone LIKE '1%'"]
)
def test_filters_over_hidden_columns_are_refused(where: str) -> None:
    inputs = {"service": "unit_grid", "where": where}
    with pytest.raises(InvalidInput, match="where") as caught:
        ask("coverage", inputs)
    assert "manager" not in str(caught.value).split("must")[1]
    assert ask("coverage", inputs, Level.STAFF).rows


def test_cells_are_told_in_classes_of_groups_with_three_assets() -> None:
    result = public("unit_grid")
    rows = [row for row in result.rows if row["zone_id"] not in ("outside", "total")]
    assert len(rows) == 400
    assert all(row["covered"] is None for row in rows)
    assert all(round(row["coverage_ratio"] * 200) % 5 == 0 for row in rows)
    exact = ask("coverage", {"service": "camera", "zones": "unit_grid"},
                Level.RESTRICTED)  # fmt: skip
    empty = sum(row["covered"] == 0 for row in exact.rows)
    assert empty > 300, "the exact answer shows where the cameras are not"


def test_groups_of_cells_do_not_depend_on_the_selection() -> None:
    whole = {row["zone_id"]: row["coverage_ratio"] for row in public("unit_grid").rows}
    part = public("unit_grid", within=["330106001001"]).rows
    for row in part:
        if row["zone_id"] not in ("outside", "total"):
            assert row["coverage_ratio"] == whole[row["zone_id"]]
    with pytest.raises(Forbidden, match="within"):
        public("unit_grid", within=["330106001001001"])


def test_people_and_places_are_told_in_classes_at_community_level() -> None:
    people = {row["zone_id"]: row for row in public("community", of="population").rows}
    row = people["330106001001"]
    assert row["covered"] is None
    assert row["coverage_ratio"] is None, "two points only: too few"
    places = public("street", of="count", demand="residential_compound").rows
    assert places[0]["coverage_ratio"] is None


def test_many_people_are_told_in_classes_then_exactly() -> None:
    points = [
        {"code": f"q{i}", "population": 10, "geometry": f"POINT({x} {y})"}
        for i, (x, y) in enumerate([(115, 125), (115, 126), (400, 400), (20, 900)])
    ]
    inputs = {"service": "camera", "of": "population"}
    fine = ask("coverage", {**inputs, "zones": "community"}, population_point=points)
    assert fine.rows[0]["coverage_ratio"] == 0.525
    assert fine.rows[0]["coverage_class"] == "50-55"
    coarse = ask("coverage", {**inputs, "zones": "street"}, population_point=points)
    assert coarse.rows[0]["coverage_ratio"] == 0.5


def test_gaps_are_whole_cells() -> None:
    inputs = {"service": "camera", "zones": "community"}
    told = ask("gap", inputs)
    reader = MemoryReader(town())
    cells = {shape.wkb for shape in reader.features("unit_grid").geometry}
    assert told.rows
    assert told.geometry is not None
    assert all(shape.wkb in cells for shape in told.geometry)
    assert all(row["kind"] == "cell" for row in told.rows)
    exact = ask("gap", inputs, Level.STAFF)
    assert {row["kind"] for row in exact.rows} >= {"gap"}


def test_answers_to_the_public_hold_no_trace_of_an_asset() -> None:
    reader = MemoryReader(town())
    cameras = reader.features("camera").geometry
    for process, inputs in (
        ("coverage", {"service": "camera", "zones": "unit_grid"}),
        ("coverage", {"service": "camera", "zones": "community"}),
        ("gap", {"service": "camera", "zones": "district"}),
        ("scorecard", {"targets": ["vs-1", "vs-2"], "zones": "community"}),
    ):
        result = ask(process, inputs)
        for media in (GEOJSON, JSON):
            text = render(result, media).decode()
            assert "CANARY" not in text
            assert '"c1"' not in text
        if result.geometry is not None:
            corners = shapely.points(
                shapely.get_coordinates(np.array(result.geometry, dtype=object))
            )
            distance = shapely.distance(corners[:, None], cameras[None, :])
            assert distance.min() > 1.0


def test_a_moved_camera_inside_its_group_changes_nothing_told_of_cells() -> None:
    before = public("unit_grid").rows
    cameras = town()["camera"]
    cameras[0] = camera("c1", 112, 121)
    after = ask("coverage", {"service": "camera", "zones": "unit_grid"}, camera=cameras)
    assert [r["coverage_ratio"] for r in before[:-2]] == [
        r["coverage_ratio"] for r in after.rows[:-2]
    ]


def test_scorecard_tells_hidden_services_in_classes_at_community_level() -> None:
    inputs = {"targets": ["vs-2"], "zones": "community", "as_of": "2015-12-31"}
    cells = {c["zone_id"]: c for c in ask("scorecard", inputs).body["cells"]}
    assert cells["330106001001"]["value"] is None
    assert "few" in cells["330106001001"]["reason"]
    exact = ask("scorecard", inputs, Level.STAFF).body["cells"]
    assert exact[0]["value"] == 100.0


def test_scorecard_of_an_unpublished_date_is_refused_for_hidden_services_only() -> None:
    with pytest.raises(Forbidden, match="as_of"):
        ask("scorecard", {"targets": ["vs-2"], "as_of": "2015-06-15"})
    assert ask("scorecard", {"targets": ["sc-1"], "as_of": "2015-06-15"}).rows


def test_future_dates_are_refused() -> None:
    with pytest.raises(InvalidInput, match="as_of"):
        public("district", as_of="2027-01-01")


@pytest.mark.parametrize("level", list(Level))
def test_hidden_words_are_exactly_the_columns_above_a_level(level: Level) -> None:
    for layer in load_catalogue().values():
        text = " ".join(layer.all_columns)
        seen = set(layer.columns_at(level))
        assert set(hidden_words(text, layer, level)) == set(layer.all_columns) - seen
