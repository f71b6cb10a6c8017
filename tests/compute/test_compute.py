"""Answers are kept by what they depend on, and only what changed is computed again."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
import pytest

from gis.compute import execute
from layers import Level
from processes import (
    CSV,
    GEOJSON,
    InvalidInput,
    NoData,
    Result,
    Run,
    UnknownProcess,
    registry,
    render,
)
from tests.memory import MemoryReader, box, two_towns

TODAY = date(2026, 3, 1)


class Shelf(dict[str, str]):
    """A store of results that counts what is put."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def put(self, run: Run) -> None:
        self.made.append(run.answer.process)
        self[run.key] = run.answer.to_text()


def city(**more: Any) -> MemoryReader:
    rows = two_towns()
    rows["unit_grid"] = [
        {
            "code": "330106001001001",
            "responsible_org": "甲",
            "manager_phone": "13800000000",
            "geometry": box(0, 0, 400, 500),
        }
    ]
    rows["hospital"] = [
        {
            "code": "h",
            "grade": "3",
            "electronic_records": True,
            "geometry": "POINT(1 1)",
        }
    ]
    rows["water_section"] = [
        {"code": "w", "boundary": True, "automatic": True, "geometry": "POINT(1 1)"}
    ]
    return MemoryReader({**rows, **more})


def run(
    process: str, inputs: dict[str, Any], reader: MemoryReader, shelf: Shelf | None
) -> Result:
    return execute(
        process,
        inputs,
        reader=reader,
        level=reader.level,
        results=shelf,
        today=TODAY,
    )


def test_the_second_asking_reads_nothing_and_says_the_same() -> None:
    shelf, reader = Shelf(), city()
    inputs = {"service": "unit_grid"}
    first = run("coverage", inputs, reader, shelf)
    reader.asked.clear()
    second = run("coverage", inputs, reader, shelf)
    assert reader.asked == []
    assert shelf.made == ["coverage"]
    assert second.rows == first.rows
    assert second.reconciliation == first.reconciliation
    assert render(second, GEOJSON) == render(first, GEOJSON)


def test_a_new_version_of_a_layer_is_another_answer() -> None:
    shelf, reader = Shelf(), city()
    first = run("coverage", {"service": "unit_grid"}, reader, shelf)
    reader.rows["unit_grid"][0]["geometry"] = box(0, 0, 500, 500)
    assert run("coverage", {"service": "unit_grid"}, reader, shelf).rows == first.rows
    reader.versions["unit_grid"] += 1
    second = run("coverage", {"service": "unit_grid"}, reader, shelf)
    assert second.rows[0]["covered"] == pytest.approx(250_000)
    assert second.reconciliation["hash"] != first.reconciliation["hash"]


def test_only_the_targets_whose_layers_changed_are_computed_again() -> None:
    shelf, reader = Shelf(), city()
    inputs = {"targets": ["me-1", "en-3"], "as_of": "2015-12-31", "series": False}
    run("scorecard", inputs, reader, shelf)
    assert shelf.made == ["scorecard"] * 3, "two targets and their sum"
    reader.versions["hospital"] += 1
    run("scorecard", inputs, reader, shelf)
    assert shelf.made == ["scorecard"] * 5, "one target and the sum"


def test_joined_and_direct_scorecards_agree() -> None:
    reader = city()
    inputs = {"targets": ["me-1", "en-3", "go-1"], "as_of": "2015-12-31"}
    joined = run("scorecard", inputs, reader, Shelf())
    process = registry["scorecard"]
    direct = process.run(process.inputs.model_validate(inputs), reader)
    assert joined.body == direct.body
    assert joined.rows == direct.rows


def test_today_is_written_into_the_answer() -> None:
    result = run("coverage", {"service": "unit_grid"}, city(), None)
    assert result.inputs["as_of"] == TODAY.isoformat()
    assert result.reconciliation["as_of"] == TODAY.isoformat()


def test_outlines_are_read_when_a_client_wants_them() -> None:
    reader = city()
    result = run("coverage", {"service": "unit_grid"}, reader, Shelf())
    collection = orjson.loads(render(result, GEOJSON))
    shapes = {f["id"]: f["geometry"] for f in collection["features"]}
    lon, lat = shapes["330106"]["coordinates"][0][0]
    assert 119.9 < lon < 120.1
    assert 30.2 < lat < 30.3
    assert shapes["outside"] is None
    reader.asked.clear()
    render(result, CSV)
    assert reader.asked == []


@pytest.mark.parametrize(
    ("inputs", "name"),
    [
        ({"service": "nothing"}, "service"),
        ({"service": "unit_grid", "zones": "camera"}, "zones"),
        ({"service": "unit_grid", "of": "happiness"}, "of"),
        ({"service": "unit_grid", "radius": 5}, "radius"),
        ({}, "service"),
        ({"service": "base_station", "parameters": {"radius_m": 0}}, "radius_m"),
        ({"service": "base_station", "parameters": {"reach": 1}}, "parameters.reach"),
        ({"service": "unit_grid", "parameters": {"radius_m": 5}}, "radius_m"),
        ({"service": "unit_grid", "within": ["999"]}, "within"),
        ({"service": "unit_grid", "of": "length"}, "demand"),
        ({"service": "unit_grid", "of": "length", "demand": "hospital"}, "demand"),
        ({"service": "unit_grid", "of": "count", "demand": "nothing"}, "demand"),
        ({"service": "unit_grid", "of": "population", "weight": "name"}, "weight"),
        ({"service": "hospital", "of": "area"}, "of"),
        ({"service": "unit_grid", "as_of": "yesterday"}, "as_of"),
        ({"service": "unit_grid", "share_min": 2}, "share_min"),
        ({"service": "camera", "parameters": {"level": "wish"}}, "parameters.level"),
    ],
    ids=str,
)
def test_bad_inputs_are_named(inputs: dict[str, Any], name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        run("coverage", inputs, city(), None)
    assert name in caught.value.name
    assert "given" in str(caught.value)


def test_an_unknown_process_names_the_known() -> None:
    with pytest.raises(UnknownProcess, match=r"coverage, .*gap, .*locate, .*scorecard"):
        run("magic", {}, city(), None)


@pytest.mark.parametrize("datum", ["wgs84", "gcj02", "bd09", "4549", "cgcs2000"])
def test_locate_answers_in_any_datum(datum: str) -> None:
    from layers import transformer
    from processes.kernels import datum as shifts

    lon, lat = transformer(4549, 4490).transform(500_100.0, 3_350_100.0)
    import numpy as np

    one = (np.array([lon]), np.array([lat]))
    x, y = {
        "wgs84": (lon, lat),
        "cgcs2000": (lon, lat),
        "gcj02": tuple(v[0] for v in shifts.wgs84_to_gcj02(*one)),
        "bd09": tuple(v[0] for v in shifts.wgs84_to_bd09(*one)),
        "4549": (500_100.0, 3_350_100.0),
    }[datum]
    body = run("locate", {"x": x, "y": y, "datum": datum}, city(), None).body
    assert body is not None
    assert body["zones"]["unit_grid"]["code"] == "330106001001001"
    assert body["zones"]["district"]["name"] == "西湖区"
    assert body["responsible_org"] == "甲"
    assert body["working"]["x"] == pytest.approx(500_100.0, abs=0.01)
    assert body["working"]["y"] == pytest.approx(3_350_100.0, abs=0.01)


def test_locate_tells_a_level_only_its_columns() -> None:
    inputs = {"x": 500_100.0, "y": 3_350_100.0, "datum": "4549"}
    public = MemoryReader(city().rows, level=Level.PUBLIC)
    staff = MemoryReader(city().rows, level=Level.STAFF)
    seen = run("locate", inputs, public, None).body
    assert seen is not None
    assert "manager_phone" not in seen["zones"]["unit_grid"]
    told = run("locate", inputs, staff, None).body
    assert told is not None
    assert told["zones"]["unit_grid"]["manager_phone"] == "13800000000"


@pytest.mark.parametrize(
    "inputs",
    [
        {"x": 200, "y": 30},
        {"x": 120, "y": 95},
        {"x": 120, "y": 30, "datum": "moon"},
        {"x": 120, "y": 30, "datum": "999999"},
        {"x": float("nan"), "y": 30},
        {"y": 30},
    ],
    ids=str,
)
def test_locate_refuses_what_is_no_position(inputs: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        run("locate", inputs, city(), None)


def test_locate_outside_the_city_finds_nothing() -> None:
    body = run("locate", {"x": 100.0, "y": 20.0}, city(), None).body
    assert body is not None
    assert body["found"] is False
    assert body["zones"] == {}


class Restless(MemoryReader):
    """A city whose grids change while they are read, a number of times."""

    changes = 1

    def features(self, layer: str, **options: Any) -> Any:
        if layer == "unit_grid" and self.changes:
            self.changes -= 1
            self.versions[layer] += 1
        return super().features(layer, **options)


def test_an_answer_is_of_one_version() -> None:
    reader, shelf = Restless(city().rows), Shelf()
    result = run("coverage", {"service": "unit_grid"}, reader, shelf)
    assert result.reconciliation["layer_versions"]["unit_grid"] == 2
    assert len(shelf) == 1
    reader.changes = 99
    with pytest.raises(NoData, match="changing"):
        run("coverage", {"service": "unit_grid", "zones": "street"}, reader, shelf)
    assert len(shelf) == 1


@pytest.mark.parametrize("where", ["TRUE) OR (TRUE", "name = ')", "(name = 'a'"])
def test_a_filter_cannot_leave_its_parentheses(where: str) -> None:
    with pytest.raises(InvalidInput, match="where"):
        run("coverage", {"service": "unit_grid", "where": where}, city(), None)


def test_a_filter_selects_among_what_the_model_counts() -> None:
    reader = city()
    inputs = {"service": "unit_grid", "where": "name = ')' OR name IS NULL"}
    assert run("coverage", inputs, reader, None).rows[0]["covered"] > 0
