"""camera-view: levels, states, assumptions, and who may ask."""

from __future__ import annotations

import math
from typing import Any

import pytest
import shapely

from gis.compute import execute
from layers import Level, load_city, transformer
from processes import Forbidden, InvalidInput, Result
from tests.memory import ORIGIN, MemoryReader, box, two_towns

CAMERA = {
    "code": "c1", "state": "online", "kind": "3", "resolution_px": 1920,
    "hfov_deg": 90, "height_m": 6, "tilt_deg": 20, "azimuth_deg": 0,
    "geometry_source": "surveyed", "geometry": "POINT(250 250)",
}  # fmt: skip
CHORD = math.sin(math.radians(3)) / 2


def ask(rows: dict[str, Any], level: Level = Level.RESTRICTED, **inputs: Any) -> Result:
    reader = MemoryReader({**two_towns(), **rows}, level=level)
    return execute("camera-view", inputs, reader=reader, level=level)


def by_level(result: Result, kind: str = "view") -> dict[str, Any]:
    return {row["purpose"]: row for row in result.rows if row["kind"] == kind}


def lonlat(x: float, y: float) -> dict[str, float]:
    city = load_city()
    change = transformer(city.working_srid, city.stored_srid)
    lon, lat = change.transform(ORIGIN[0] + x, ORIGIN[1] + y)
    return {"lon": lon, "lat": lat}


def test_levels_of_the_document() -> None:
    """kernels A4: 1920 px, 90 degrees at 6 m, tilt 20: identify is out of reach."""
    result = ask({"camera": [CAMERA]}, cameras=["c1"])
    rows = by_level(result)
    assert list(rows) == ["monitor", "detect", "observe", "recognise", "identify"]
    far = [rows[level]["reach_m"] for level in ("detect", "observe", "recognise")]
    assert far == pytest.approx([37.928354, 14.139646, 4.793996], abs=5e-7)
    assert rows["identify"]["state"] == "absent"
    # near edge: 6 / tan(20 + 58.715507 / 2)
    near = 6 / math.tan(math.radians(20 + 58.715507 / 2))
    assert rows["observe"]["dead_zone_m"] == pytest.approx(near, abs=1e-6)
    assert rows["recognise"]["state"] == "dead"
    true = math.pi / 4 * (14.139646**2 - near**2)
    assert rows["observe"]["area_m2"] == pytest.approx(true, rel=1e-6)
    assert result.geometry is not None
    shape = dict(zip(rows, result.geometry, strict=True))["observe"]
    chords = 30 * CHORD * (14.139646**2 - near**2)
    assert shape.area == pytest.approx(chords, rel=1e-6)
    facts = result.reconciliation
    assert facts["edition"] == "2015"
    assert facts["levels"]["observe"]["standard"] == "EN 62676-4"
    assert facts["footprint"] == "sector"


def test_the_newer_edition_has_its_own_levels() -> None:
    rows = by_level(ask({"camera": [CAMERA]}, cameras=["c1"], edition="2025"))
    assert list(rows) == [
        "overview", "outline", "discern", "perceive", "characterise", "validate",
        "scrutinise",
    ]  # fmt: skip
    # 125 px/m is the same distance under either name
    assert rows["perceive"]["reach_m"] == pytest.approx(4.793996, abs=5e-7)
    with pytest.raises(InvalidInput, match="levels: identify given, must be one of ov"):
        ask({"camera": [CAMERA]}, cameras=["c1"], edition="2025", levels=["identify"])


def test_a_drawn_camera_equals_a_stored_one() -> None:
    wall = {"code": "b", "geometry": box(200, 260, 252, 262), "height_m": 30}
    stored = ask({"camera": [CAMERA], "building": [wall]}, cameras=["c1"])
    optics = {"pixels_across": 1920, "opening_deg": 90, "mount_m": 6, "down_deg": 20,
              "facing_deg": 0}  # fmt: skip
    drawn = ask({"building": [wall]}, drawn=[{**lonlat(250, 250), **optics}])
    for one, other in zip(stored.rows, drawn.rows, strict=True):
        assert one["area_m2"] == pytest.approx(other["area_m2"], rel=1e-6)
        assert one["state"] == other["state"]
    assert stored.reconciliation["occlusion"]["by"] == "building"
    both = ask(
        {"camera": [CAMERA], "building": [wall]},
        cameras=["c1"],
        drawn=[{**lonlat(250, 250), **optics, "code": "new"}],
        levels=["observe"],
    )
    assert [row["camera"] for row in both.rows] == ["c1", "new"]


def test_few_cameras_and_the_whole_city_see_the_same() -> None:
    walls = [
        {"code": f"b{i}", "geometry": box(255 + 9 * i, 230, 258 + 9 * i, 270)}
        for i in range(20)
    ]
    cameras = [
        {**CAMERA, "code": f"c{i}", "geometry": f"POINT({254 + 9 * i} 250)"}
        for i in range(12)
    ]
    rows = {"camera": cameras, "building": walls}
    whole = ask(rows, cameras=[c["code"] for c in cameras])
    alone = [ask(rows, cameras=[c["code"]]) for c in cameras]
    assert whole.geometry is not None
    one_by_one = [shape for one in alone for shape in one.geometry or ()]
    assert [s and s.wkb for s in whole.geometry] == [s and s.wkb for s in one_by_one]
    assert [r["area_m2"] for r in whole.rows] == [
        r["area_m2"] for one in alone for r in one.rows
    ]


def test_a_camera_over_a_low_roof() -> None:
    """From 8 m over a wall of 3 m at 20 m the ground is seen again from 32 m."""
    camera = {**CAMERA, "height_m": 8, "resolution_px": 7680, "tilt_deg": 10}
    wall = {"code": "b", "geometry": box(150, 270, 350, 270.5), "height_m": 3}
    rows = {"camera": [camera], "building": [wall]}
    opaque = by_level(ask(rows, cameras=["c1"], levels=["detect"]))["detect"]
    over = by_level(ask(rows, cameras=["c1"], levels=["detect"], over_roofs=True))
    assert over["detect"]["area_m2"] > opaque["area_m2"] + 1000
    result = ask(rows, cameras=["c1"], levels=["detect"], over_roofs=True)
    assert result.geometry is not None
    line = shapely.LineString([(500250, 3350250), (500250, 3350350)])
    seen = shapely.get_parts(shapely.intersection(line, result.geometry[0]))
    assert shapely.bounds(seen)[:, 1].max() - 3350250 == pytest.approx(32.8, abs=0.01)


def test_the_picture_of_a_pinhole() -> None:
    """Tilt 20, depth 30.72 (50 px/m is asked nowhere): the far edge is a line."""
    camera = {**CAMERA, "hfov_deg": 60, "vfov_deg": 36, "max_view_m": 25}
    result = ask({"camera": [camera]}, cameras=["c1"], levels=["detect"],
                 footprint="pinhole")  # fmt: skip
    (row,) = result.rows
    assert row["footprint"] == "pinhole"
    near = 6 / math.tan(math.radians(38))
    far = (25 - 6 * math.sin(math.radians(20))) / math.cos(math.radians(20))
    half = [
        math.tan(math.radians(30))
        * (v * math.cos(math.radians(20)) + 6 * math.sin(math.radians(20)))
        for v in (near, far)
    ]
    assert row["area_m2"] == pytest.approx((half[0] + half[1]) * (far - near))
    lost = {**camera, "azimuth_deg": None}
    (row,) = ask({"camera": [lost]}, cameras=["c1"], levels=["detect"],
                 footprint="pinhole").rows  # fmt: skip
    assert (row["footprint"], row["direction_known"]) == ("sector", False)
    with pytest.raises(InvalidInput, match="footprint"):
        ask({"camera": [camera]}, cameras=["c1"], footprint="pinhole", over_roofs=True)


def test_a_turning_camera_counts_at_its_guard_position() -> None:
    result = ask({"camera": [{**CAMERA, "kind": "1"}]}, cameras=["c1"])
    guard, ring = by_level(result), by_level(result, "reachable")
    assert ring["observe"]["area_m2"] == pytest.approx(4 * guard["observe"]["area_m2"])
    assert guard["observe"]["direction_known"]
    fixed = ask({"camera": [CAMERA]}, cameras=["c1"])
    assert by_level(fixed, "reachable") == {}


def test_a_panorama_has_no_dead_zone() -> None:
    camera = {**CAMERA, "kind": "6", "hfov_deg": 360, "resolution_px": 3840}
    rows = by_level(ask({"camera": [camera]}, cameras=["c1"], target_height_m=1.7))
    depth = 24.446199
    assert rows["detect"]["reach_m"] == pytest.approx(math.sqrt(depth**2 - 4.3**2))
    assert rows["detect"]["dead_zone_m"] == 0.0


def test_states_say_why_nothing_is_seen() -> None:
    tower = {"code": "b1", "geometry": box(200, 200, 300, 300)}
    annex = {"code": "b2", "geometry": box(240, 240, 260, 260)}
    rows = {"camera": [CAMERA], "building": [tower, annex]}
    buried = by_level(ask(rows, cameras=["c1"], levels=["detect"]))["detect"]
    assert (buried["state"], buried["mount"]) == ("buried", "buried")
    roof = ask({**rows, "building": [tower]}, cameras=["c1"], levels=["detect"])
    assert roof.rows[0]["mount"] == "indoor"
    assert roof.rows[0]["host"] == "b1"
    close = {"code": "b3", "geometry": box(200, 251, 300, 252)}
    hidden = ask({**rows, "building": [close]}, cameras=["c1"], levels=["detect"])
    assert hidden.rows[0]["state"] == "hidden"
    assert hidden.rows[0]["area_m2"] == 0.0
    lost = {**CAMERA, "azimuth_deg": None}
    none = ask({"camera": [lost]}, cameras=["c1"], unknown_direction="exclude")
    assert {row["state"] for row in none.rows} == {"no_data"}
    assert none.rows[0]["area_m2"] is None


def test_what_is_assumed_is_said() -> None:
    bare = {"code": "c1", "geometry": "POINT(250 250)", "azimuth_deg": 0}
    result = ask({"camera": [bare]}, cameras=["c1"])
    assert all(row["assumed"] for row in result.rows)
    assert result.rows[0]["optics_source"] == "assumed"
    assert result.reconciliation["assumed_share"] == 1.0


def test_only_those_who_may_see_cameras_see_their_views() -> None:
    rows = {"camera": [CAMERA]}
    here = lonlat(250, 250)
    with pytest.raises(Forbidden):
        ask(rows, Level.PUBLIC, cameras=["c1"])
    with pytest.raises(Forbidden):
        ask(rows, Level.PUBLIC, drawn=[here])
    with pytest.raises(Forbidden):
        ask(rows, Level.STAFF, cameras=["c1"])
    assert ask(rows, Level.STAFF, drawn=[here]).rows
    assert ask(rows, cameras=["c1"]).rows


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({}, "cameras: nothing given"),
        ({"cameras": ["c9"]}, "cameras: c9 given, must be the code of a camera"),
        ({"cameras": ["c1' OR '1'='1"]}, "must be the code of a camera"),
        ({"cameras": ["c1"], "edition": "1999"}, "must be one of 2015, 2025"),
        ({"drawn": [{"lon": 120, "lat": 95}]}, "drawn.0.lat"),
        ({"drawn": [{"lon": 120, "lat": 30, "opening_deg": 0}]}, "opening_deg"),
        ({"drawn": [{"lon": 120, "lat": 30, "kind": "fixed"}]}, "drawn.0.kind"),
        ({"drawn": [{"lon": 120, "lat": 30, "code": "x"}] * 2}, "one camera only"),
        ({"cameras": ["c1"], "layer": "road"}, "layer: road given"),
    ],
)
def test_what_cannot_be_asked_is_named(inputs: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ask({"camera": [CAMERA]}, **inputs)
    assert words in str(caught.value)
