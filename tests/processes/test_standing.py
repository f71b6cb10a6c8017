"""What-if and live figures over dirty cities: those of `coverage`, to the bit."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from processes import NoData, Result, read_inputs, registry
from processes._live import LiveCity, LiveQuestion
from tests.memory import MemoryReader, box, two_towns

AT = "2015-12-31"
FAR = {"code": "far", "geometry": box(300_000, 0, 301_000, 1000)}
NEAR = [
    {"code": "a", "geometry": box(400, 200, 700, 800)},
    {"code": "b", "geometry": box(600, 100, 2100, 300)},
]


def run(reader: MemoryReader, process: str, **inputs: Any) -> Result:
    chosen = registry[process]
    return chosen.run(read_inputs(chosen.inputs, {"as_of": AT, **inputs}), reader)


def overlapping() -> dict[str, Any]:
    """The second community reaches a millimetre into the first."""
    rows = two_towns()
    first, second, *others = rows["community"]
    wide = {**second, "geometry": box(499.999, 0, 1000, 1000)}
    return {**rows, "community": [first, wide, *others], "scenic_area": NEAR}


def assert_removal_equals(rows: dict[str, Any], *, gone: str, **of: Any) -> None:
    before = MemoryReader(rows)
    left = [row for row in rows["scenic_area"] if row["code"] != gone]
    after = MemoryReader({**rows, "scenic_area": left})
    question = {"service": "scenic_area", "levels": ["district", "community"], **of}
    found = run(before, "what-if", remove=[gone], changed_only=False, **question)
    for name, city in (("before", before), ("after", after)):
        expected = run(city, "coverage", **question)
        assert [row[name] for row in found.rows] == [
            row["covered"] for row in expected.rows
        ]


def test_zones_that_overlap_are_answered_for() -> None:
    assert_removal_equals(overlapping(), gone="a")


def test_ground_far_away_counts_as_in_coverage() -> None:
    rows = {**two_towns(), "scenic_area": [*NEAR, FAR]}
    assert_removal_equals(rows, gone="a")
    assert_removal_equals(rows, gone="far")


@pytest.mark.parametrize("rows", [two_towns(), overlapping()], ids=["tiled", "lapped"])
def test_roads_count_as_in_coverage(rows: dict[str, Any]) -> None:
    roads = [
        {"code": "r-1", "geometry": "LINESTRING(100 250, 1900 253)"},
        {"code": "r-2", "geometry": "LINESTRING(650 900, 650 400, 690 400)"},
        {"code": "r-3", "geometry": "LINESTRING(300500 500, 300700 500)"},
    ]
    rows = {**rows, "scenic_area": [*NEAR, FAR], "road": roads}
    for gone in ("a", "far"):
        assert_removal_equals(rows, gone=gone, of="length", demand="road")


def test_land_in_zones_that_overlap_is_refused_in_words() -> None:
    land = [{"code": "l", "geometry": box(300, 300, 900, 900)}]
    reader = MemoryReader({**overlapping(), "residential_land": land})
    question = {"service": "scenic_area", "of": "residential_area", "remove": ["a"]}
    with pytest.raises(NoData, match="zones overlap"):
        run(reader, "what-if", **question)


def test_live_figures_outlive_zones_that_overlap() -> None:
    rows = overlapping()
    city = LiveCity(
        MemoryReader(rows),
        LiveQuestion("scenic_area", ("community",), "area", date(2015, 12, 31)),
    )
    later = MemoryReader({**rows, "scenic_area": NEAR[:1]})
    assert city.follow(later, ["b"])
    expected = run(later, "coverage", service="scenic_area", zones="community")
    assert [row.covered for row in city.rows()] == [
        row["covered"] for row in expected.rows[:-2]
    ]
