"""Edits of a measured city are, to the bit, what a whole new run gives."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from processes.kernels.exact import ExactCoverage, Refused, exact_coverage, stand
from tests.kernels.exact.scenes import (
    array,
    partitions,
    polygons,
    quarters,
    scaled,
    sectors,
    walks,
)
from tests.kernels.exact.test_lattice import few

SIDE_M = 1500.0
EDITS = 300


def assert_same(one: ExactCoverage, other: ExactCoverage) -> None:
    for name in ("area_m2", "length_m", "weight", "count", "other_m2"):
        for part in ("total", "covered", "outside_total", "outside_covered"):
            np.testing.assert_array_equal(
                getattr(getattr(one, name), part), getattr(getattr(other, name), part)
            )
    for name in ("union_m2", "line_m", "point_zone", "point_depth"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.fixture(scope="module")
def arcs() -> np.ndarray:
    """Discs and sectors off the lattice, some of them twice, among sectors on it."""
    rng = np.random.default_rng(31)
    centre = shapely.points(rng.uniform(0, SIDE_M, (400, 2)) + 500_000)
    disc = shapely.buffer(centre, rng.uniform(5, 90, 400), quad_segs=12)
    return np.concatenate([disc, disc[:40], sectors(600, SIDE_M, seed=32)])


def test_three_hundred_edits_leave_no_trace(arcs) -> None:
    rng = np.random.default_rng(33)
    zones = quarters(7, SIDE_M, seed=34)
    walk = rng.normal(0, 60, (30, 8, 2)).cumsum(axis=1)
    lines = shapely.linestrings(
        np.round(walk + rng.uniform(0, SIDE_M, (30, 1, 2)) + 500_000, 3)
    )
    at = shapely.points(np.round(rng.uniform(0, SIDE_M, (900, 2)) + 500_000, 3))
    place = shapely.buffer(at[:60], 25.0, quad_segs=2)
    other = {
        "lines": lines,
        "points": at,
        "weights": np.arange(900) * 0.1,
        "others": shapely.set_precision(shapely.set_precision(place, 0.001), 0.0),
        "depths": 3,
    }
    here = list(arcs[:700])
    waiting = list(arcs[700:])
    city = stand(arcs[:700], zones, **other)
    position = list(range(700))
    following = 700
    for edit in range(EDITS):
        gone, come = [], []
        kind = edit % 3
        if kind != 1:
            at_place = int(rng.integers(len(here)))
            gone = [position.pop(at_place)]
            waiting.append(here.pop(at_place))
        if kind != 2:
            moved = waiting.pop(int(rng.integers(len(waiting))))
            shift = rng.uniform(-30, 30, 2).round(int(rng.integers(0, 6)))
            come = [shapely.transform(moved, lambda xy, d=shift: xy + d)]
        city = city.edited(np.array(gone, np.int64), array(come))
        here += come
        position += range(following, following + len(come))
        following += len(come)
        if edit in (0, 1, 2, 50, 150, EDITS - 1):
            assert_same(city.coverage, exact_coverage(array(here), zones, **other))
    assert city.worn > 0


@few
@given(
    services=st.lists(polygons(), min_size=1, max_size=6),
    added=st.lists(polygons(), max_size=3),
    zones=partitions().filter(len),
    others=st.lists(polygons(), max_size=2),
    lines=st.lists(walks(), max_size=3),
    gone=st.integers(0, 5),
    step_mm=st.sampled_from([1, 1000, 50_000]),
)
def test_edits_on_the_lattice(services, added, zones, others, lines, gone, step_mm):
    shapes, more, ground = (scaled(s, step_mm) for s in (services, added, zones))
    besides = {"others": scaled(others, step_mm), "lines": scaled(lines, step_mm)}
    city = stand(shapes, ground, **besides, depths=2, threads=1)
    gone = min(gone, len(shapes) - 1)
    rest = np.concatenate([np.delete(shapes, gone), more])
    whole = exact_coverage(rest, ground, **besides, depths=2, threads=1)
    assert_same(city.edited(np.array([gone]), more).coverage, whole)


def test_many_edits_at_once_and_one_by_one(arcs) -> None:
    zones = quarters(7, SIDE_M, seed=34)
    city = stand(arcs[:700], zones)
    gone = np.arange(0, 100)
    at_once = city.edited(gone, arcs[700:760])
    one_by_one = city.edited(gone[:50], arcs[700:730]).edited(gone[50:], arcs[730:760])
    assert_same(at_once.coverage, one_by_one.coverage)
    rest = np.concatenate([arcs[100:760]])
    assert_same(at_once.coverage, exact_coverage(rest, zones))
    assert_same(city.coverage, exact_coverage(arcs[:700], zones))


def test_what_is_taken_back_was_never_there(arcs) -> None:
    zones = quarters(7, SIDE_M, seed=34)
    city = stand(arcs[:700], zones)
    more = city.edited(np.array([], np.int64), arcs[700:])
    back = more.edited(np.arange(700, len(arcs)), array([]))
    assert_same(back.coverage, city.coverage)
    # in the zones all is as before, to the bit of the whole numbers
    assert back.totals.union == city.totals.union
    np.testing.assert_array_equal(back.totals.area, city.totals.area)


def test_a_far_edit_is_refused_and_a_near_one_beyond_the_rim_is_not(arcs) -> None:
    zones = quarters(3, SIDE_M, seed=34)
    city = stand(arcs[:50], zones)
    nobody = np.array([], np.int64)
    beyond = array([shapely.box(509_000, 509_000, 509_010, 509_010)])
    whole = exact_coverage(np.concatenate([arcs[:50], beyond]), zones)
    assert_same(city.edited(nobody, beyond).coverage, whole)
    with pytest.raises(Refused, match="measured anew"):
        city.edited(nobody, array([shapely.box(100, 100, 110, 110)]))


@pytest.mark.parametrize("position", [-1, 50])
def test_a_service_that_is_not_there_cannot_go(arcs, position) -> None:
    city = stand(arcs[:50], quarters(3, SIDE_M, seed=34))
    with pytest.raises(ValueError, match=f"removed: {position} given"):
        city.edited(np.array([position]), array([]))
    gone = city.edited(np.array([3]), array([]))
    with pytest.raises(ValueError, match="removed: 3 given"):
        gone.edited(np.array([3]), array([]))


def test_services_over_points_alone_follow_edits(arcs) -> None:
    at = shapely.points(np.random.default_rng(35).uniform(0, SIDE_M, (500, 2)) + 5e5)
    nowhere = array([])
    city = stand(arcs[:300], nowhere, points=at, depths=2)
    edited = city.edited(np.array([7, 8]), arcs[300:330])
    rest = np.concatenate([np.delete(arcs[:300], [7, 8]), arcs[300:330]])
    whole = exact_coverage(rest, nowhere, points=at, depths=2)
    assert_same(edited.coverage, whole)
    assert (edited.coverage.point_depth != city.coverage.point_depth).any()


def test_cities_made_of_the_same_one_keep_apart(arcs) -> None:
    zones = quarters(5, SIDE_M, seed=34)
    nobody = np.array([], np.int64)
    city = stand(arcs[:100], zones).edited(nobody, arcs[100:120])
    one = city.edited(nobody, arcs[120:200])
    other = city.edited(nobody, arcs[200:260])
    later = one.edited(np.array([130]), arcs[260:270])
    for made, kept in (
        (city, [slice(0, 120)]),
        (one, [slice(0, 200)]),
        (other, [slice(0, 120), slice(200, 260)]),
        (later, [slice(0, 130), slice(131, 200), slice(260, 270)]),
    ):
        shapes = np.concatenate([arcs[part] for part in kept])
        assert_same(made.coverage, exact_coverage(shapes, zones))


def test_thousands_that_come_are_still_found() -> None:
    rng = np.random.default_rng(36)
    corner = np.round(rng.uniform(0, SIDE_M, (3600, 2)) + 500_000, 2)
    small = shapely.box(*corner.T, *(corner + np.round(rng.uniform(1, 9), 2)).T)
    zones = quarters(5, SIDE_M, seed=34)
    nobody = np.array([], np.int64)
    city = stand(small[:100], zones)
    for first in range(100, 3600, 700):
        city = city.edited(nobody, small[first : first + 700])
    city = city.edited(np.arange(50, 3550, 7), array([]))
    rest = np.delete(small, np.arange(50, 3550, 7))
    assert_same(city.coverage, exact_coverage(rest, zones))
