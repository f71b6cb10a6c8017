"""Empty, zero, partial, late: what processes say at the edges."""

from __future__ import annotations

import csv
import io
import math
import zipfile
from typing import Any

import openpyxl
import orjson
import pytest

from processes import (
    CSV,
    GEOJSON,
    JSON,
    XLSX,
    InvalidInput,
    NoData,
    Process,
    Registry,
    Result,
    read_inputs,
    registry,
    render,
)
from processes._scores import stations_needed
from processes._targets import load_scopes, load_targets
from tests.memory import MemoryReader, box, two_towns

AT = "2015-12-31"


def run(process: str, rows: dict[str, Any], **inputs: Any) -> Result:
    chosen = registry[process]
    reader = MemoryReader({**two_towns(), **rows})
    return chosen.run(read_inputs(chosen.inputs, {"as_of": AT, **inputs}), reader)


def by_zone(result: Result) -> dict[str, Any]:
    return {row["zone_id"]: row for row in result.rows}


GRID = [
    {
        "code": "330106001001001",
        "name": "=cmd",
        "responsible_org": "甲",
        "geometry": box(0, 0, 400, 500),
    }
]


def test_an_empty_layer_covers_nothing_and_says_so() -> None:
    result = run("coverage", {}, service="base_station")
    assert [row["coverage_ratio"] for row in result.rows[:2]] == [0.0, 0.0]
    assert result.rows[0]["covered"] == 0.0
    assert "base_station" in result.notes[0]["zh"]
    assert run("gap", {}, service="base_station").reconciliation["gaps_found"] == 2


def test_a_zone_of_no_area_has_a_reason_instead_of_a_ratio() -> None:
    flat = {"code": "330127", "name": "淳安县", "geometry": "POLYGON EMPTY"}
    rows = {"district": [*two_towns()["district"], flat], "unit_grid": GRID}
    row = by_zone(run("coverage", rows, service="unit_grid"))["330127"]
    assert row["coverage_ratio"] is None
    assert row["total"] == 0.0
    assert row["reason"]


def test_no_zone_at_the_date_is_no_data() -> None:
    with pytest.raises(NoData):
        run("coverage", {"district": []}, service="unit_grid")


def test_zones_that_finer_ones_do_not_tile_are_computed_themselves() -> None:
    rows = {"community": two_towns()["community"][:1], "unit_grid": GRID}
    result = run("coverage", rows, service="unit_grid")
    assert result.reconciliation["zones_not_tiled_by_it"] == 2
    assert by_zone(result)["330106"]["covered"] == pytest.approx(200_000)
    assert by_zone(result)["330106"]["total"] == pytest.approx(1_000_000)


def test_within_limits_the_question() -> None:
    rows = {"unit_grid": GRID}
    result = run("coverage", rows, service="unit_grid", zones="community",
                 within=["330106"])  # fmt: skip
    assert [row["zone_id"] for row in result.rows] == [
        "330106001001",
        "330106001002",
        "outside",
        "total",
    ]
    assert by_zone(result)["outside"]["covered"] == 0.0
    assert by_zone(result)["outside"]["reason"]


def test_a_date_selects_what_was_valid_then() -> None:
    later = [{**GRID[0], "valid_from": "2014-01-01"}]
    before = run("coverage", {"unit_grid": later}, service="unit_grid",
                 as_of="2013-12-31")  # fmt: skip
    assert before.rows[0]["covered"] == 0.0
    assert run("coverage", {"unit_grid": later}, service="unit_grid").rows[0]["covered"]


def school(code: str, places: int) -> dict[str, Any]:
    return {"code": code, "places": places, "geometry": "POINT(100 100)"}


@pytest.mark.parametrize("process", ["coverage", "redundancy", "trend"])
def test_what_a_weight_counts_is_the_unit(process: str) -> None:
    rows = {"school": [school("a", 300), school("b", 40)], "unit_grid": GRID}
    question = {"service": "unit_grid", "of": "count", "demand": "school"}
    found = run(process, rows, weight="places", **question).rows[-1]
    assert (found["total"], found["unit"]) == (340.0, "place")
    found = run(process, rows, **question).rows[-1]
    assert (found["total"], found["unit"]) == (2.0, "feature")


@pytest.mark.parametrize("process", ["coverage", "redundancy", "what-if"])
@pytest.mark.parametrize("of", ["area", "length", "residential_area"])
@pytest.mark.parametrize("name", ["weight", "share_min"])
def test_what_counts_no_features_has_no_weight(
    process: str, of: str, name: str
) -> None:
    given = {"weight": "lanes", "share_min": 0.5}[name]
    question = {"service": "unit_grid", "of": of, "demand": "road", name: given}
    with pytest.raises(InvalidInput, match=f"{name}: {given} given, must be absent"):
        run(process, {"unit_grid": GRID}, **question)


CAMERA = {
    "code": "c",
    "state": "online",
    "resolution_px": 1920,
    "hfov_deg": 90,
    "height_m": 0,
    "geometry": "POINT(250 250)",
}
# one triangle of a view: arcs are chords of 3 degrees with their ends on the circle
CHORD = 15.36**2 * math.sin(math.radians(3)) / 2


def test_unknown_direction_follows_the_declared_policy() -> None:
    whole = run("coverage", {"camera": [CAMERA]}, service="camera")
    assert whole.rows[0]["covered"] == pytest.approx(120 * CHORD, rel=1e-9)
    assert whole.reconciliation["unknown_direction_share"] == 1.0
    assert whole.reconciliation["parameters"]["unknown_direction"] == "disc"
    without = run("coverage", {"camera": [CAMERA]}, service="camera",
                  parameters={"unknown_direction": "exclude"})  # fmt: skip
    assert without.rows[0]["covered"] == 0.0
    assert without.reconciliation["excluded"]["direction_unknown"] == 1


def test_a_purpose_of_less_detail_reaches_further() -> None:
    camera = {**CAMERA, "azimuth_deg": 45}
    near, far = (
        run("coverage", {"camera": [camera]}, service="camera",
            parameters={"level": level}).rows[0]["covered"]
        for level in ("observe", "detect")
    )  # fmt: skip
    assert far / near == pytest.approx((62.5 / 25) ** 2)


def test_optics_come_from_the_lens_where_the_angle_is_missing() -> None:
    lens = {**CAMERA, "hfov_deg": None, "focal_mm": 2.7, "sensor_mm": 5.4}
    result = run(
        "coverage", {"camera": [{**lens, "azimuth_deg": 45}]}, service="camera"
    )
    assert result.rows[0]["covered"] == pytest.approx(30 * CHORD, rel=1e-9)


def test_optics_that_nobody_knows_are_assumed_by_kind_and_counted() -> None:
    unknown = {**CAMERA, "azimuth_deg": 0, "hfov_deg": None, "kind": "6"}
    result = run("coverage", {"camera": [unknown]}, service="camera")
    facts = result.reconciliation
    assert facts["assumed_share"] == 1.0
    assert facts["optics_source"] == {"assumed": 1}
    # a panorama spreads its pixels over the circle: 1920 / (2 pi 62.5)
    reach = 1920 / (2 * math.pi * 62.5)
    assert result.rows[0]["covered"] == pytest.approx(math.pi * reach**2, rel=5e-4)
    known = {**CAMERA, "azimuth_deg": 0, "kind": "3", "tilt_deg": 10}
    facts = run("coverage", {"camera": [known]}, service="camera").reconciliation
    assert facts["assumed_share"] == 0.0


def test_a_building_hides_what_is_behind_it() -> None:
    # the wall stands 10 m in front and is as wide as the opening: 10 x 20 / 2
    wall = {"code": "b", "geometry": box(200, 260, 300, 262)}
    camera = {**CAMERA, "azimuth_deg": 0}
    rows = {"camera": [camera], "building": [wall]}
    behind = run("coverage", rows, service="camera")
    assert behind.rows[0]["covered"] == pytest.approx(100.0, rel=1e-9)
    assert behind.reconciliation["occlusion"] == {
        "by": "building", "version": 1, "heights_known_share": 0.0,
    }  # fmt: skip
    through = run("coverage", rows, service="camera", parameters={"occlusion": "none"})
    assert through.rows[0]["covered"] == pytest.approx(30 * CHORD, rel=1e-9)
    assert through.reconciliation["occlusion"] == {"by": "none"}
    gate = run("coverage", {**rows, "building": [{**wall, "opaque": False}]},
               service="camera")  # fmt: skip
    assert gate.rows[0]["covered"] == pytest.approx(30 * CHORD, rel=1e-9)


def test_same_question_same_hash_other_answer_other_hash() -> None:
    first = run("coverage", {"unit_grid": GRID}, service="unit_grid")
    again = run("coverage", {"unit_grid": GRID}, service="unit_grid")
    other = run("coverage", {"unit_grid": GRID}, service="unit_grid", zones="street")
    assert first.reconciliation["hash"] == again.reconciliation["hash"]
    assert first.reconciliation["hash"] != other.reconciliation["hash"]


def test_csv_has_its_columns_in_order_and_full_figures() -> None:
    result = run("coverage", {"unit_grid": GRID}, service="unit_grid")
    text = render(result, CSV)
    assert text.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
    names = ["zone_id", "zone_name", "covered", "total", "unit", "coverage_ratio"]
    assert list(rows[0])[:6] == names
    assert [row["zone_id"] for row in rows[-2:]] == ["outside", "total"]
    assert float(rows[0]["covered"]) == result.rows[0]["covered"]
    assert rows[-2]["coverage_ratio"] == ""


def test_texts_that_look_like_formulas_are_made_safe() -> None:
    result = run("coverage", {"unit_grid": GRID}, service="unit_grid",
                 zones="unit_grid")  # fmt: skip
    assert "'=cmd" in render(result, CSV).decode("utf-8-sig")


def test_json_holds_rows_and_reconciliation() -> None:
    result = run("coverage", {"unit_grid": GRID}, service="unit_grid")
    body = orjson.loads(render(result, JSON))
    assert len(body["rows"]) == 4
    assert body["reconciliation"]["layer_versions"]["unit_grid"] == 1
    assert body["reconciliation"]["crs"] == "EPSG:4549"


def test_a_format_that_does_not_exist_is_named() -> None:
    result = run("coverage", {"unit_grid": GRID}, service="unit_grid")
    with pytest.raises(InvalidInput, match="format"):
        render(result, "text/plain")


def test_results_survive_the_way_through_text() -> None:
    result = run("gap", {"unit_grid": GRID}, service="unit_grid")
    again = Result.from_text(result.to_text())
    assert again.to_text() == result.to_text()
    assert render(again, GEOJSON) == render(result, GEOJSON)


REPORTED = [
    {"code": "a", "target_id": "go-1", "value": 80, "as_of": "2014-12-31"},
    {"code": "b", "target_id": "go-1", "value": 95, "as_of": "2015-12-31",
     "office": "市政府办公厅"},
    {"code": "c", "target_id": "id-4", "value": 4, "as_of": "2015-12-31"},
    {"code": "d", "target_id": "in-12", "value": 10, "as_of": "2015-06-30",
     "district_code": "330127"},
]  # fmt: skip


def test_reported_values_are_the_latest_at_the_date() -> None:
    rows = {"indicator_value": REPORTED}
    result = run("scorecard", rows, targets=["go-1", "id-4", "go-2"])
    body = result.body or {}
    city = {row["target"]: row for row in body["city"]}
    assert city["go-1"]["value"] == 95.0
    assert city["go-1"]["state"] == "met"
    assert city["go-1"]["office"] == "市政府办公厅"
    assert city["go-1"]["reported_on"] == "2015-12-31"
    assert [point["value"] for point in city["go-1"]["series"]] == [None, None, 80, 95]
    assert city["id-4"]["state"] == "not_met", "rank 4 is behind rank 3"
    assert city["id-4"]["distance"] == -1.0
    assert city["go-2"]["state"] == "no_data"
    assert body["summary"]["reported"]["met"] == 1


def test_a_district_outside_the_scope_is_neither_zero_nor_unknown() -> None:
    result = run("scorecard", {"indicator_value": REPORTED}, targets=["in-12"])
    cells = {cell["zone_id"]: cell for cell in (result.body or {})["cells"]}
    assert cells["330106"]["state"] == "out_of_scope"


def test_the_workbook_has_matrix_ledger_and_notes() -> None:
    result = run("scorecard", {"indicator_value": REPORTED})
    data = render(result, XLSX, "en")
    assert zipfile.is_zipfile(io.BytesIO(data))
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["Matrix", "Ledger", "Notes and versions"]
    matrix = list(book["Matrix"].values)
    assert len(matrix) == 63
    assert matrix[0][:4] == ("id", "theme", "title", "kind")
    assert render(result, JSON).count(b'"matrix"') == 0


@pytest.mark.parametrize("zones", ["street", "community"])
def test_a_target_at_a_finer_level(zones: str) -> None:
    rows = {"unit_grid": GRID, "urbanised_area": [
        {"code": "u", "geometry": box(0, 0, 800, 500)}]}  # fmt: skip
    result = run("scorecard", rows, targets=["cm-1"], zones=zones, series=False)
    body = result.body or {}
    assert body["city"][0]["value"] == pytest.approx(50.0)
    first = body["cells"][0]
    expected = {"street": 50.0, "community": 80.0}[zones]
    assert first["value"] == pytest.approx(expected)


def test_an_unknown_target_names_the_known() -> None:
    with pytest.raises(InvalidInput, match="vs-2"):
        run("scorecard", {}, targets=["xx-1"])


@pytest.mark.parametrize(
    ("population", "built_up_km2", "needed"),
    [
        (100_000, 5, 1),
        (100_000, 30, 2),
        (700_000, 10, 4),
        (2_500_000, 150, 8),
        (4_000_000, 300, 10),
        (9_000_000, 900, 15),
    ],
)
def test_stations_that_the_standard_asks_for(
    population: float, built_up_km2: float, needed: int
) -> None:
    table = list(MemoryReader({}).codes("station_minimum").values())
    assert stations_needed(table, population, built_up_km2, 60.0) == needed


def test_the_plan_is_complete() -> None:
    targets = load_targets()
    assert sum(t.kind == "measured" for t in targets.values()) == 20
    assert sum(t.kind == "reported" for t in targets.values()) == 42
    assert set(load_scopes().scopes) >= {t.scope for t in targets.values()}
    layers = MemoryReader({}).catalogue
    for target in targets.values():
        assert set(target.layers) <= set(layers)
        for word in (target.title.zh, target.title.en, target.words, target.basis):
            assert word


def test_every_process_file_is_found() -> None:
    found = Registry()
    assert {"camera-view", "coverage", "gap", "locate", "scorecard"} <= set(found)
    assert all(isinstance(process, Process) for process in found.values())
