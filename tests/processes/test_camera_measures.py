"""surveillance, key-part-coverage, blind-spot, camera-service: figures by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from gis.compute import execute
from layers import Level, load_city, transformer
from processes import Forbidden, InvalidInput, Result
from tests.memory import ORIGIN, MemoryReader, box, two_towns

AT = "2015-12-31"
CHORD = 15.36**2 * math.sin(math.radians(3)) / 2  # one triangle of a view


def camera(code: str, x: float, y: float, **more: Any) -> dict[str, Any]:
    """1920 px, 90 degrees, on the ground: observe to 15.36 m, detect to 38.4 m."""
    return {
        "code": code, "state": "online", "kind": "3", "resolution_px": 1920,
        "hfov_deg": 90, "height_m": 0, "tilt_deg": 10, "azimuth_deg": 45,
        "geometry_source": "surveyed", "geometry": f"POINT({x} {y})", **more,
    }  # fmt: skip


def ask(
    process: str,
    town: dict[str, Any],
    level: Level = Level.RESTRICTED,
    /,
    **inputs: Any,
) -> Result:
    reader = MemoryReader({**two_towns(), **town}, level=level)
    return execute(process, {"as_of": AT, **inputs}, reader=reader, level=level)


def by_id(result: Result) -> dict[str, Any]:
    return {str(row[result.id_column]): row for row in result.rows}


TOWN = {
    "camera": [
        camera("a", 100, 100),
        camera("b", 100, 100),
        camera("c", 130, 130, azimuth_deg=225),
        camera("d", 600, 600, azimuth_deg=None, geometry_source="assumed"),
        camera("e", 1100, 100, state="offline"),
    ],
    "road": [
        {"code": "r1", "geometry": "LINESTRING(100 105, 200 105)"},
        {"code": "r2", "geometry": "LINESTRING(1100 500, 1200 500)"},
    ],
    "population_point": [
        {"code": "p1", "population": 40, "geometry": "POINT(105 105)"},
        {"code": "p2", "population": 60, "geometry": "POINT(300 300)"},
    ],
}


def test_what_a_zone_has_in_view() -> None:
    result = ask("surveillance", TOWN, zones="district", levels=["observe", "detect"])
    rows = by_id(result)
    west = rows["330106/observe"]
    # a and b lie over each other; c looks towards them but ends 42.4 - 2 x 15.36 m away
    one, disc = 30 * CHORD, 120 * CHORD
    assert west["visible_area_m2"] == pytest.approx(2 * one + disc, abs=1e-2)
    assert west["visible_area_ratio"] == pytest.approx((2 * one + disc) / 1e6, rel=1e-5)
    assert west["seen_by_2_ratio"] == pytest.approx(one / 1e6, rel=1e-5)
    assert west["seen_by_3_ratio"] == 0.0
    # the road runs 5 m above a: from its side (x = 100) to the arc; the arc's chord at
    # y = 5 lies at most 5 cm within the circle
    road = math.sqrt(15.36**2 - 25)
    assert west["street_seen_m"] == pytest.approx(road, abs=0.05)
    assert west["street_seen_ratio"] == pytest.approx(road / 100, abs=5e-4)
    assert west["population_in_view"] == 40
    assert west["population_in_view_ratio"] == 0.4
    assert (west["cameras"], west["cameras_in_service"]) == (4, 4)
    assert west["assumed_share"] == 0.25
    assert west["unknown_direction_share"] == 0.25
    east = rows["330109/observe"]
    assert (east["cameras"], east["in_service_share"]) == (1, 0.0)
    assert east["visible_area_ratio"] == 0.0
    assert east["population_in_view_ratio"] is None
    total = rows["total/observe"]
    assert total["area_m2"] == pytest.approx(2e6)
    assert total["in_service_share"] == 0.8
    assert rows["330106/detect"]["visible_area_m2"] > west["visible_area_m2"]
    assert result.reconciliation["cameras_by_state"] == {"offline": 1, "online": 4}
    assert "coverage_ratio" not in west
    assert not any("key_part" in name for name in west)


#: Cameras, a road and people on the border of the districts, and a camera far away.
BORDER = {
    "camera": [camera("a", 990, 495), camera("b", 1005, 490), camera("z", 9e6, 100)],
    "road": [
        {"code": "r1", "geometry": "LINESTRING(1000 0, 1000 600)"},
        {"code": "r2", "geometry": "LINESTRING(990 500, 1010 500, 995 500)"},
    ],
    "population_point": [
        {"code": "p1", "population": 40, "geometry": "POINT(1000 505)"},
        {"code": "p2", "population": 60, "geometry": "POINT(1008 495)"},
    ],
}


def test_the_figures_are_those_of_coverage() -> None:
    rows = by_id(ask("surveillance", BORDER, zones="district", levels=["observe"]))
    model = {"level": "observe"}
    for of, demand, total, covered in (
        ("area", None, "area_m2", "visible_area_m2"),
        ("length", "road", "street_m", "street_seen_m"),
        ("population", None, "population", "population_in_view"),
    ):
        found = ask(
            "coverage", BORDER, service="camera", zones="district", of=of,
            demand=demand, parameters=model,
        )  # fmt: skip
        for row in found.rows:
            if row["zone_id"].isdigit():
                told = rows[f"{row['zone_id']}/observe"]
                assert (told[total], told[covered]) == (row["total"], row["covered"])
    assert rows["330106/observe"]["street_m"] == 610.0
    assert 0 < rows["330106/observe"]["street_seen_m"] < 40.0
    assert rows["total/observe"]["population_in_view"] == 100


def test_a_zone_has_the_figures_that_it_has_among_all() -> None:
    asked = {"zones": "district", "levels": ["observe"]}
    every = by_id(ask("surveillance", BORDER, **asked))
    for code in ("330106", "330109"):
        alone = by_id(ask("surveillance", BORDER, within=[code], **asked))
        assert alone[f"{code}/observe"] == pytest.approx(every[f"{code}/observe"])


def test_only_signed_in_users_get_these_measures() -> None:
    with pytest.raises(Forbidden):
        ask("surveillance", TOWN, Level.PUBLIC)
    assert ask("surveillance", TOWN, Level.STAFF).rows


PLACES = {
    "public_place": [
        {"code": "s1", "kind": "square", "geometry": box(100, 100, 120, 120)},
        {"code": "s2", "kind": "square", "geometry": box(600, 100, 700, 200)},
        {"code": "k1", "kind": "park", "geometry": box(300, 300, 320, 320)},
    ],
    "place_part": [
        # recognise reaches 7.68 m: the near gate of s1 is in view, the far one is not
        {"code": "s1-1", "place_code": "s1", "purpose": "recognise",
         "geometry": box(101, 101, 104, 104)},
        {"code": "s1-2", "place_code": "s1", "purpose": "recognise",
         "geometry": box(115, 115, 118, 118)},
        {"code": "s1-3", "place_code": "s1", "purpose": "observe",
         "geometry": box(106, 106, 108, 108)},
    ],
    "camera": [camera("a", 100, 100), camera("f", 600, 100), camera("k", 300, 300)],
}  # fmt: skip


def test_parts_that_have_the_capture_they_need() -> None:
    result = ask("key-part-coverage", PLACES)
    rows = by_id(result)
    squares = rows["330106/square"]
    # s1: two of its three parts; s2 lists none: 185.2 of 10,000 m2 are below a tenth
    assert (squares["parts"], squares["parts_captured"]) == (4, 2)
    assert squares["key_part_coverage_ratio"] == 0.5
    assert (squares["places"], squares["places_captured"]) == (2, 0)
    assert squares["visible_area_m2"] == pytest.approx(60 * CHORD)
    parks = rows["330106/park"]
    # k1 lists none: 185.2 of 400 m2
    assert (parks["parts"], parks["parts_captured"], parks["places_captured"]) == (
        1,
        1,
        1,
    )
    assert parks["visible_area_ratio"] == pytest.approx(30 * CHORD / 400)
    whole = rows["total/all"]
    assert whole["key_part_coverage_ratio"] == pytest.approx(3 / 5)
    assert result.reconciliation["places_without_parts"] == 2
    stricter = ask("key-part-coverage", PLACES, place_share_min=0.5)
    assert by_id(stricter)["total/all"]["parts_captured"] == 2


def test_a_place_seen_from_two_sides() -> None:
    rows = {
        "public_place": [
            {"code": "s", "kind": "square", "geometry": box(100, 100, 110, 110)}
        ],
        "camera": [
            camera("a", 95, 105, azimuth_deg=90, hfov_deg=120, resolution_px=7680),
            camera("b", 115, 105, azimuth_deg=270, hfov_deg=120, resolution_px=7680),
        ],
    }
    (both,) = ask("key-part-coverage", rows, rows="place").rows
    assert both["two_sided_share"] == 1.0
    assert both["cameras_seeing"] == 2
    (alone,) = ask(
        "key-part-coverage", {**rows, "camera": rows["camera"][:1]}, rows="place"
    ).rows
    assert alone["two_sided_share"] == 0.0


def test_the_public_is_told_of_districts_and_not_of_few_places() -> None:
    told = ask("key-part-coverage", PLACES, Level.PUBLIC)
    rows = by_id(told)
    assert rows["330106/park"]["parts_captured"] is None
    assert rows["330106/park"]["reason"]
    assert "optics_source" not in told.reconciliation
    for inputs in ({"rows": "place"}, {"zones": "street"}):
        with pytest.raises(Forbidden):
            ask("key-part-coverage", PLACES, Level.PUBLIC, **inputs)


SQUARE = {
    "public_place": [{"code": "s", "geometry": box(0, 0, 20, 20)}],
    "building": [{"code": "b7", "geometry": box(23, 0, 24, 20)}],
    "camera": [
        camera("sees", 0, 0),
        camera("behind", 28, 10, azimuth_deg=270),
        camera("away", 0, 20, azimuth_deg=315),
        camera("off", 20, 0, azimuth_deg=315, state="offline"),
        camera("far", 10, 50, azimuth_deg=180),
        camera("lost", 10, -5, hfov_deg=None, height_m=None),
        camera("high", 10, 10, height_m=30),
        camera("remote", 10, 400),
    ],
}


def test_why_a_place_is_not_seen() -> None:
    result = ask("blind-spot", SQUARE, place="s")
    rows = by_id(result)
    cameras = {k: r["verdict"] for k, r in rows.items() if r["kind"] == "camera"}
    assert cameras == {
        "sees": "sees", "behind": "hidden", "away": "turned_away",
        "off": "out_of_service", "far": "out_of_range", "lost": "sees",
        "high": "absent",
    }  # fmt: skip
    assert rows["behind"]["hidden_by"] == "b7"
    assert rows["sees"]["area_m2"] == pytest.approx(30 * CHORD)
    assert rows["sees"]["share"] == pytest.approx(30 * CHORD / 400)
    assert rows["lost"]["assumed"]
    facts = result.reconciliation
    parts = [r["area_m2"] for r in rows.values() if r["kind"] == "blind"]
    assert sum(parts) == pytest.approx(facts["blind_m2"])
    assert facts["visible_area_m2"] + facts["blind_m2"] == pytest.approx(400)
    assert parts == sorted(parts, reverse=True)
    assert result.geometry is not None
    shapes = dict(zip(rows, result.geometry, strict=True))
    assert shapes["sees"].area == pytest.approx(rows["sees"]["area_m2"])
    assert shapes["behind"] is None


def test_blind_spots_are_for_those_who_see_cameras() -> None:
    for level in (Level.PUBLIC, Level.STAFF):
        with pytest.raises(Forbidden):
            ask("blind-spot", SQUARE, level, place="s")
    with pytest.raises(InvalidInput, match="place: zz given, must be the code"):
        ask("blind-spot", SQUARE, place="zz")
    with pytest.raises(InvalidInput, match="layer: road given"):
        ask("blind-spot", SQUARE, place="s", layer="road")


def test_cameras_in_service_by_the_hour() -> None:
    rows = {
        "camera": [
            camera("a", 0, 0),
            camera("b", 0, 0),
            camera("c", 0, 0, state="fault"),
            camera("d", 0, 0, state="offline"),
            camera("e", 0, 0, state="removed"),
        ],
        # the city's clock is eight hours ahead of UTC: b is out from 9:00 to 11:00
        "camera_outage": [
            {"code": "o1", "camera_code": "b", "state": "offline",
             "began_at": "2015-12-31T01:00:00", "ended_at": "2015-12-31T03:00:00"},
            {"code": "o2", "camera_code": "c", "state": "fault",
             "began_at": "2015-12-31T10:00:00", "ended_at": None},
        ],
    }  # fmt: skip
    result = ask("camera-service", rows)
    hours = {row["hour"]: row for row in result.rows}
    assert len(hours) == 24
    assert [hours[h]["in_service"] for h in (8, 9, 10, 11, 17, 18)] == [
        3,
        2,
        2,
        3,
        3,
        2,
    ]
    assert hours[20]["fault"] == 1
    assert hours[20]["offline"] == 1, "d has no record: its state holds all day"
    assert hours[9]["in_service_share"] == 0.5
    assert hours[9]["unknown"] == 0
    rows["camera"].append(camera("f", 0, 0, state=None))
    untold = ask("camera-service", rows).rows[9]
    assert (untold["cameras"], untold["unknown"]) == (5, 1)
    assert untold["in_service_share"] == 0.4
    assert result.reconciliation["cameras_by_state"] == {
        "fault": 1, "offline": 1, "online": 2,
    }  # fmt: skip


def test_a_high_point_over_a_town() -> None:
    """A wall of 10 m at 100 m: from 30 m its shadow ends at 150 m, all around east."""
    here = {"lon": 0.0, "lat": 0.0}
    city = load_city()
    change = transformer(city.working_srid, city.stored_srid)
    here["lon"], here["lat"] = change.transform(ORIGIN[0] + 500, ORIGIN[1] + 500)
    wall = {"code": "w", "height_m": 10, "geometry": box(600, 0, 600.01, 1000)}
    asked = {**here, "mount_m": 30, "reach_m": 120, "facing_deg": 90, "opening_deg": 2}
    result = ask("high-point", {"building": [wall]}, Level.STAFF, **asked)
    (row,) = result.rows
    assert row["share"] == pytest.approx(100**2 / 120**2, rel=1e-3)
    assert result.geometry is not None
    assert result.geometry[0].area == pytest.approx(row["area_m2"], rel=0.1)
    free = ask("high-point", {}, Level.STAFF, **asked).rows[0]
    assert free["share"] == pytest.approx(1.0)
    with pytest.raises(Forbidden):
        ask("high-point", {}, Level.PUBLIC, **asked)
