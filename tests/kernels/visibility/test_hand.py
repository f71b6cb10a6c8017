"""Areas worked out by hand; the camera stands at the origin and sees 100 m."""

from __future__ import annotations

from math import acos, asin, atan, pi, sqrt, tan

import numpy as np
import pytest
import shapely
from shapely import box

from processes.kernels.visibility import Mount, ViewState, camera_views
from tests.kernels.visibility.oracle import city, one

R = 100.0
ALPHA = atan(5 / 20)
# the square hides its sector of 2 alpha beyond its front, a triangle of 20 * 10 / 2
SQUARE = pi * R**2 - (ALPHA * R**2 - 100)
# slot of 1 mm: rays within b pass it, those from b to a end on its sides
B = atan(0.0005 / 30)
SLOT = B * R**2 - 400 * tan(B) + 2 * (0.5 * 0.0005 * 10 - 10 * (0.0005 - 20 * tan(B)))
# 0.05 m before both walls of a corner: quarter disc, two strips, one square
STRIP = (0.05 * sqrt(100 - 0.05**2) + 100 * asin(0.05 / 10)) / 2
DEAD = acos(20 / 25)  # half the stretch in which a wall at 20 m is nearer than 25 m

ACROSS = box(-400, 20, 400, 30)
FRONT = box(-5, 20, 5, 30)

CASES = {
    "empty quarter": ([], 90, 0, R, pi * R**2 / 4),
    "empty circle": ([], 360, 0, R, pi * R**2),
    "empty narrow": ([], 6, 0, R, pi * R**2 * 6 / 360),
    "empty, wider than a half": ([], 200, 10, R, pi * (R**2 - 100) * 200 / 360),
    "ring with a hole": ([], 360, 10, R, pi * (R**2 - 100)),
    "wall across": ([ACROSS], 90, 0, R, 400.0),
    "wall just out of reach": ([ACROSS], 90, 0, 20.0, pi * 100),
    # wall 300 = 20 * 30 / 2 within the dead angle, arcs on both sides of it
    "wall and arcs": ([ACROSS], 90, 0, 25.0, 300 + 625 * (pi / 4 - DEAD)),
    "half the wall": ([box(0, 20, 99, 30)], 90, 0, R, pi * R**2 / 8 + 200),
    "square": ([FRONT], 360, 0, R, SQUARE),
    "touching halves": ([box(-5, 20, 1, 30), box(1, 20, 5, 30)], 360, 0, R, SQUARE),
    "overlapping": ([box(-5, 20, 2, 30), box(-3, 20, 5, 28)], 360, 0, R, SQUARE),
    "the same twice": ([FRONT, FRONT], 360, 0, R, SQUARE),
    "sliver": ([box(-5, 20, 5, 20 + 1e-7)], 360, 0, R, SQUARE),
    "across the cut": ([box(-5, -30, 5, -20)], 360, 0, R, SQUARE),
    "one behind the other": ([FRONT, box(-6, 40, 6, 50)], 360, 0, R, SQUARE),
    "slot of 1 mm": (
        [box(-5, 20, -0.0005, 30), box(0.0005, 20, 5, 30)],
        360, 0, R, SQUARE + SLOT,
    ),
    # the disc less its segment beyond 80 m
    "chord": (
        [box(-400, 80, 400, 90)],
        360, 0, R, pi * R**2 - (R**2 * acos(0.8) - 80 * 60),
    ),
    # two triangles beyond 25 m, at 20 m, from 15 to 20 m aside
    "wall in the dead zone": (
        [ACROSS],
        90, 25, R, 2 * (0.5 * 20 * 5 - 312.5 * (pi / 4 - DEAD)),
    ),
    # everything within 45 degrees of the front is hidden from inside the dead zone
    "dead quarter": ([box(-5, 5, 5, 8)], 360, 10, R, 0.75 * pi * (R**2 - 100)),
    # ends 2 * (5 * 2 / 2) and faces 2 * (19 * 14 / 2), up to the corner (19, 19)
    "crossing bars": (
        [box(5, 19, 35, 21), box(19, 5, 21, 35)],
        360, 0, R, pi * R**2 - R**2 / 2 * (pi / 2 - 2 * atan(5 / 21)) + 276,
    ),
    "courtyard": (
        [box(-30, -30, 30, 30).difference(box(-20, -20, 20, 20))],
        360, 0, R, 1600.0,
    ),
    "courtyard, one quarter": (
        [box(-30, -30, 30, 30).difference(box(-20, -20, 20, 20))],
        90, 0, R, 400.0,
    ),
    "on a wall": ([box(-50, -20, 50, 0)], 180, 0, 10.0, 50 * pi),
    "inner corner": (
        [box(-50, -50, 50, 50).difference(box(0, 0, 60, 60))],
        360, 0, 10.0, 25 * pi + 2 * STRIP + 0.05**2,
    ),
    "party wall": ([box(-50, -20, 0, 0), box(0, -20, 50, 0)], 180, 0, 10.0, 50 * pi),
    "inside a roof": ([box(-20, -20, 20, 20)], 360, 0, R, pi * R**2),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_area(name: str) -> None:
    outlines, hfov, near, far, area = CASES[name]
    views = camera_views(
        city(*outlines), one(hfov=hfov), np.array([[far]]), np.array([near])
    )
    assert views.state[0, 0] == ViewState.OK
    assert views.area_m2[0, 0] == pytest.approx(area, rel=1e-12)
    shape = views.geometry()[0, 0]
    assert shape.is_valid
    # arcs of 3 degrees lose 4.6e-4 of the far disc, gain as much at the near one
    inside = (pi * near**2) * hfov / 360
    assert shape.area == pytest.approx(area, abs=4.7e-4 * (area + 2 * inside))


@pytest.mark.parametrize("azimuth", [0, 37, 90, 180, 233.5, 359])
@pytest.mark.parametrize("name", ["square", "slot of 1 mm", "crossing bars", "chord"])
def test_any_cut_gives_the_same(name: str, azimuth: float) -> None:
    outlines, hfov, near, far, area = CASES[name]
    views = camera_views(
        city(*outlines), one(azimuth, hfov), np.array([[far]]), np.array([near])
    )
    assert views.area_m2[0, 0] == pytest.approx(area, rel=1e-12)
    assert views.geometry()[0, 0].is_valid


def test_given_figures() -> None:
    assert CASES["square"][-1] == pytest.approx(29066.139905, abs=5e-7)
    assert CASES["slot of 1 mm"][-1] == pytest.approx(29066.301571, abs=5e-7)
    assert CASES["chord"][-1] == pytest.approx(29780.915447965, abs=5e-9)
    assert CASES["wall in the dead zone"][-1] == pytest.approx(11.314340872, abs=5e-9)
    assert CASES["on a wall"][-1] == pytest.approx(157.079632679, abs=5e-9)


def parts(name: str, azimuth: float = 0.0) -> shapely.MultiPolygon:
    """Polygon of a case."""
    outlines, hfov, near, far, _ = CASES[name]
    far_m, near_m = np.array([[far]]), np.array([near])
    views = camera_views(city(*outlines), one(azimuth, hfov), far_m, near_m)
    return views.geometry()[0, 0]


def test_dead_stretch_splits_the_polygon() -> None:
    assert len(parts("wall in the dead zone").geoms) == 2


@pytest.mark.parametrize("azimuth", [0, 120, 180, 300])
def test_whole_turn_with_a_dead_stretch_is_one_polygon(azimuth: float) -> None:
    shape = parts("dead quarter", azimuth)
    assert len(shape.geoms) == 1
    assert len(shape.geoms[0].interiors) == 0


def test_whole_turn_with_a_dead_zone_has_a_hole() -> None:
    shape = parts("ring with a hole")
    assert len(shape.geoms[0].interiors) == 1
    assert shape.geoms[0].exterior.is_ccw
    assert not shape.geoms[0].interiors[0].is_ccw


def test_levels_in_one_pass() -> None:
    far = np.array([[100.0, 25.0, 15.0, 0.0]])
    views = camera_views(city(ACROSS), one(hfov=90), far, np.zeros(1))
    by_hand = [400, 300 + 625 * (pi / 4 - DEAD), pi * 225 / 4, 0]
    assert views.area_m2[0] == pytest.approx(by_hand, rel=1e-12)
    assert views.state[0].tolist() == [0, 0, 0, ViewState.ABSENT]


def test_mounts() -> None:
    block = box(-20, -20, 20, 20)
    at = {
        (30.0, 0.0): Mount.FREE,
        (20.0, 0.0): Mount.MOVED,
        (20.02, 0.0): Mount.MOVED,
        (20.03, 0.0): Mount.FREE,
        (19.6, 0.0): Mount.MOVED,
        (19.4, 0.0): Mount.INDOOR,
        (0.0, 0.0): Mount.INDOOR,
    }
    for (x, y), mount in at.items():
        views = camera_views(
            city(block), one(90, 90, x, y), np.array([[9.0]]), np.zeros(1)
        )
        assert views.mount[0] == mount, (x, y)
        if mount == Mount.MOVED:
            assert views.x[0] == pytest.approx(20.05, abs=1e-12)
        assert views.host[0] == (0 if mount == Mount.INDOOR else -1)
        # in front of the wall, or with the host left out, the quarter is open
        assert views.area_m2[0, 0] == pytest.approx(pi * 81 / 4, rel=1e-12)
