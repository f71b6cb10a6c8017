"""What holds in any city: monotone, turned, moved, split, scaled, in any order."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st

from processes.kernels.visibility import build_index, camera_views, visible_areas
from tests.kernels.visibility.oracle import one

NUMBER = st.integers(-30, 30)
BOX = st.tuples(NUMBER, NUMBER, st.integers(1, 12), st.integers(1, 12)).filter(
    # the camera stands at the origin, 1 m from anything
    lambda b: (
        not (b[0] - 1 <= 0 <= b[0] + b[2] + 1 and b[1] - 1 <= 0 <= b[1] + b[3] + 1)
    )
)
CITY = st.lists(BOX, max_size=12)
OPENING = st.sampled_from([20.0, 90.0, 170.0, 180.0, 250.0, 360.0])
AZIMUTH = st.sampled_from([0.0, 30.0, 90.0, 211.0])
QUICK = settings(max_examples=60, deadline=None, derandomize=True)


def outlines(boxes) -> np.ndarray:
    """Boxes as polygons."""
    return np.array([shapely.box(x, y, x + w, y + h) for x, y, w, h in boxes], object)


def area(shapes, azimuth, hfov, far=40.0, near=0.0, x=0.0, y=0.0) -> float:
    """What one camera sees."""
    seen = visible_areas(
        build_index(shapes), one(azimuth, hfov, x, y),
        np.array([[far]]), np.array([near]), threads=1,
    )  # fmt: skip
    return float(seen.area_m2[0, 0])


@QUICK
@given(AZIMUTH, OPENING, st.floats(1.0, 500.0), st.floats(0.0, 0.99))
def test_empty_city_is_the_sector(azimuth, hfov, far, share) -> None:
    near = far * share
    sector = np.radians(hfov) / 2 * (far**2 - near**2)
    empty = np.empty(0, object)
    assert area(empty, azimuth, hfov, far, near) == pytest.approx(sector, rel=1e-12)


@QUICK
@given(CITY, AZIMUTH, OPENING, st.lists(st.floats(0.5, 60), min_size=2, max_size=5))
def test_farther_sees_more(boxes, azimuth, hfov, ranges) -> None:
    far = np.sort(np.array([ranges]))
    index = build_index(outlines(boxes))
    seen = visible_areas(index, one(azimuth, hfov), far, np.zeros(1)).area_m2[0]
    assert (np.diff(seen) >= -1e-9).all()
    assert (seen <= np.radians(hfov) / 2 * far[0] ** 2 * (1 + 1e-12)).all()


@QUICK
@given(CITY, BOX, AZIMUTH, OPENING)
def test_one_building_more_hides_more(boxes, other, azimuth, hfov) -> None:
    shapes = outlines([*boxes, other])
    more = area(shapes, azimuth, hfov)
    assert more <= area(shapes[:-1], azimuth, hfov) + 1e-9


@QUICK
@given(CITY, AZIMUTH, OPENING, st.floats(0, 360), st.floats(0, 5))
def test_turned_and_moved(boxes, azimuth, hfov, turn, near) -> None:
    shapes = outlines(boxes)
    here = area(shapes, azimuth, hfov, near=near)
    turned = np.array(
        [shapely.affinity.rotate(s, -turn, origin=(0, 0)) for s in shapes], object
    )
    assert area(turned, azimuth + turn, hfov, near=near) == pytest.approx(
        here, rel=1e-9, abs=1e-7
    )
    away = (518_000.0, 3_346_000.0)
    moved = shapely.transform(shapes, lambda p: p + away)
    assert area(moved, azimuth, hfov, 40.0, near, *away) == pytest.approx(
        here, rel=1e-12, abs=1e-9
    )


@QUICK
@given(CITY, AZIMUTH, OPENING, st.randoms())
def test_order_and_doubles_change_nothing(boxes, azimuth, hfov, random) -> None:
    shuffled = [*boxes, *boxes[:3]]
    random.shuffle(shuffled)
    assert area(outlines(shuffled), azimuth, hfov) == pytest.approx(
        area(outlines(boxes), azimuth, hfov), rel=1e-12, abs=1e-9
    )


@QUICK
@given(CITY, AZIMUTH, OPENING)
def test_splitting_walls_changes_nothing(boxes, azimuth, hfov) -> None:
    whole = outlines(boxes)
    denser = shapely.segmentize(whole, 0.7)
    halves = [
        part
        for x, y, w, h in boxes
        for part in ((x, y, w / 2, h), (x + w / 2, y, w / 2, h))
    ]
    expected = pytest.approx(area(whole, azimuth, hfov), rel=1e-11, abs=1e-9)
    assert area(denser, azimuth, hfov) == expected
    assert area(outlines(halves), azimuth, hfov) == expected


@QUICK
@given(CITY, AZIMUTH, OPENING, st.floats(0.1, 20))
def test_scaled(boxes, azimuth, hfov, k) -> None:
    shapes = outlines(boxes)
    larger = shapely.transform(shapes, lambda p: p * k)
    # keeps 1 m of the camera clear of the stand-off at the smallest scale
    assert area(larger, azimuth, hfov, 40.0 * k, 2.0 * k) == pytest.approx(
        k**2 * area(shapes, azimuth, hfov, 40.0, 2.0), rel=1e-10, abs=1e-8
    )


@QUICK
@given(CITY, AZIMUTH, OPENING, st.floats(0, 30))
def test_polygons_are_valid_and_near_the_number(boxes, azimuth, hfov, near) -> None:
    views = camera_views(
        build_index(outlines(boxes)), one(azimuth, hfov),
        np.array([[40.0, 31.0]]), np.array([near]), threads=1,
    )  # fmt: skip
    for shape, measured in zip(views.geometry()[0], views.area_m2[0], strict=True):
        if shape is not None:
            assert shape.is_valid
            assert shape.area == pytest.approx(measured, abs=4.6e-4 * 2 * np.pi * 1600)


@QUICK
@given(CITY, AZIMUTH)
def test_openings_add_up(boxes, azimuth) -> None:
    shapes = outlines(boxes)
    quarters = sum(area(shapes, azimuth + 90 * k, 90.0, near=3.0) for k in range(4))
    assert quarters == pytest.approx(area(shapes, azimuth, 360.0, near=3.0), rel=1e-11)
