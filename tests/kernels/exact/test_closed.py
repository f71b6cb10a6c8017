"""Points on outlines, lines one by one, and outlines off the millimetre lattice."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from processes.kernels.exact import Tuning, exact_coverage
from tests.kernels.exact.oracle import held_along
from tests.kernels.exact.scenes import (
    array,
    partitions,
    polygons,
    quarters,
    scaled,
    walks,
)
from tests.kernels.exact.test_lattice import DEPTHS, few

SIDE_M = 1500.0


@few
@given(
    services=st.lists(polygons(), max_size=6),
    zones=partitions(),
    step_mm=st.sampled_from([1, 1000, 50_000]),
)
def test_a_point_on_an_outline_is_held(services, zones, step_mm):
    shapes, ground = scaled(services, step_mm), scaled(zones, step_mm)
    x, y = np.meshgrid(np.arange(-1, 14), np.arange(-1, 14))
    points = shapely.points(x.ravel(), y.ravel())
    at = scaled(list(points), step_mm)
    found = exact_coverage(shapes, ground, points=at, depths=4, threads=1)
    # Judged on the whole numbers of the lattice, where GEOS has no rounding either.
    deep = shapely.intersects(array(services)[:, None], points).sum(axis=0)
    np.testing.assert_array_equal(found.point_depth, np.minimum(deep, 4))
    holds = shapely.intersects(array(zones)[:, None], points)
    first = np.where(holds.any(axis=0), holds.argmax(axis=0), -1) if len(zones) else -1
    np.testing.assert_array_equal(found.point_zone, np.broadcast_to(first, len(at)))


@few
@given(
    services=st.lists(polygons(), min_size=1, max_size=6),
    zones=partitions(),
    walks=st.lists(walks(), min_size=1, max_size=5),
    step_mm=st.sampled_from([1, 1000, 37_000, 50_000]),
    tuning=st.builds(
        Tuning, skip_deep=st.booleans(), across=st.sampled_from([0, 1, 5])
    ),
)
def test_a_line_along_an_outline_is_held(services, zones, walks, step_mm, tuning):
    services = [*services, *services[:1]]
    shapes, ground = scaled(services, step_mm), scaled(zones, step_mm)
    lines = scaled(walks, step_mm)
    found = exact_coverage(
        shapes, ground, lines=lines, depths=DEPTHS, tuning=tuning, threads=1
    )
    n = len(shapes)
    of_line = np.zeros((DEPTHS, len(lines)))
    of_zone = np.zeros((DEPTHS + 1, len(ground) + 1))
    for i, line in enumerate(lines):
        corner = np.rint(shapely.get_coordinates(line) * 1000).astype(int).tolist()
        for p, q in pairwise(corner):
            for share, held in held_along(p, q, [*shapes, *ground]):
                metres = float(share) * math.dist(p, q) / 1000
                deep = sum(shape < n for shape in held)
                zone = min([shape - n for shape in held[deep:]], default=-1)
                of_line[:deep, i] += metres
                of_zone[: min(deep, DEPTHS), zone] += metres
                of_zone[DEPTHS, zone] += metres
    np.testing.assert_allclose(found.line_m, of_line, atol=1e-8)
    for measured, expected in (
        (found.length_m.covered, of_zone[:DEPTHS, :-1]),
        (found.length_m.outside_covered, of_zone[:DEPTHS, -1]),
        (found.length_m.total, of_zone[DEPTHS, :-1]),
        (found.length_m.outside_total, of_zone[DEPTHS, -1]),
    ):
        np.testing.assert_allclose(measured, expected, atol=1e-8)
    everywhere = found.cells.length_m.sum(axis=1)
    np.testing.assert_allclose(everywhere, of_line.sum(axis=1), atol=1e-8)


@pytest.fixture(scope="module")
def arcs() -> np.ndarray:
    """Discs and sectors whose corners are at no whole millimetre."""
    rng = np.random.default_rng(21)
    centre = shapely.points(rng.uniform(0, SIDE_M, (500, 2)) + 500_000)
    disc = shapely.buffer(centre, rng.uniform(10, 90, 500), quad_segs=30)
    half = shapely.box(*(shapely.get_coordinates(centre).T), 510_000, 510_000)
    return np.concatenate([disc[:300], shapely.difference(disc[300:], half[300:])])


def test_areas_are_those_before_rounding(arcs) -> None:
    zones = quarters(7, SIDE_M, seed=22)
    found = exact_coverage(arcs, zones, depths=2)
    united = shapely.union_all(arcs)
    cut = shapely.area(shapely.intersection(zones, united))
    np.testing.assert_allclose(found.area_m2.covered[0], cut, atol=2e-5)
    assert found.union_m2[0] == pytest.approx(united.area, abs=1e-4)
    # What is lost without: rounding alone moves the sum by a hundred times as much.
    rounded = shapely.set_precision(arcs, 0.001, mode="pointwise")
    crude = exact_coverage(rounded, zones).area_m2.covered[0]
    assert np.abs(crude - cut).max() > 1e-3
    cells = found.cells
    x, y = cells.column * 100.0, cells.row * 100.0
    box = shapely.box(x, y, x + 100, y + 100)
    cut = shapely.area(shapely.intersection(box, united))
    np.testing.assert_allclose(cells.area_m2[0], cut, atol=2e-5)


def test_one_disc_keeps_its_area_to_the_square_millimetre() -> None:
    disc = shapely.buffer(array([shapely.Point(612.3456, 99.9)]), 30.0, quad_segs=30)
    zone = shapely.box([0, 612.3], 0, [612.3, 2000], 300)
    found = exact_coverage(disc, zone).area_m2.covered[0]
    cut = shapely.area(shapely.intersection(zone, disc[0]))
    np.testing.assert_allclose(found, cut, atol=1e-6)


def test_copies_in_any_order_give_the_same_bits() -> None:
    disc = shapely.buffer(array([shapely.Point(50, 50)]), 30.0, quad_segs=30)
    moved = shapely.transform(disc, lambda xy: xy + 1e-4)
    zone = array([shapely.box(0, 0, 100, 100)])
    pair = np.concatenate([disc, moved])
    one = exact_coverage(pair, zone).area_m2.covered
    other = exact_coverage(pair[::-1], zone).area_m2.covered
    np.testing.assert_array_equal(one, other)


def test_every_line_has_its_own_covered_length(arcs) -> None:
    rng = np.random.default_rng(23)
    walk = rng.normal(0, 60, (80, 12, 2)).cumsum(axis=1)
    lines = shapely.linestrings(
        np.round(walk + rng.uniform(0, SIDE_M, (80, 1, 2)) + 500_000, 3)
    )
    lines = np.append(lines, [None, lines[0]])
    found = exact_coverage(arcs, array([]), lines=lines, depths=2)
    within = shapely.intersection(lines, shapely.union_all(arcs))
    metres = np.nan_to_num(shapely.length(within))
    np.testing.assert_allclose(found.line_m[0], metres, atol=2e-6)
    assert (found.line_m[1] <= found.line_m[0]).all()
    assert found.line_m[1].sum() > 0
    assert found.line_m[0, 0] == found.line_m[0, -1]
