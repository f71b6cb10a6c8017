"""Against GEOS unions on shapes as they come; the figures do not depend on the way."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from processes.kernels.exact import ExactCoverage, Stopped, Tuning, exact_coverage
from tests.kernels.exact.scenes import array, quarters, sectors

SIDE_M = 1500.0


def on_lattice(shapes: np.ndarray) -> np.ndarray:
    """Valid shapes on the millimetre lattice, free to be cut off it."""
    return shapely.set_precision(shapely.set_precision(shapes, 0.001), 0.0)


@pytest.fixture(scope="module")
def cameras() -> np.ndarray:
    return sectors(900, SIDE_M, seed=3)


@pytest.fixture(scope="module")
def zones() -> np.ndarray:
    return quarters(7, SIDE_M, seed=4)


@pytest.fixture(scope="module")
def land() -> np.ndarray:
    rng = np.random.default_rng(5)
    centre = shapely.points(rng.uniform(0, SIDE_M, (60, 2)) + 500_000)
    disc = shapely.buffer(centre, rng.uniform(10, 60, 60))
    ring = shapely.difference(disc[:40], shapely.buffer(centre[:40], 8.0))
    pair = shapely.union(disc[40:50], shapely.transform(disc[50:], lambda c: c + 150))
    return on_lattice(np.concatenate([ring, pair]))


@pytest.fixture(scope="module")
def roads() -> np.ndarray:
    rng = np.random.default_rng(6)
    walk = rng.normal(0, 60, (80, 12, 2)).cumsum(axis=1)
    return shapely.linestrings(
        np.round(walk + rng.uniform(0, SIDE_M, (80, 1, 2)) + 500_000, 3)
    )


@pytest.fixture(scope="module")
def people() -> np.ndarray:
    rng = np.random.default_rng(7)
    return shapely.points(np.round(rng.uniform(0, SIDE_M, (3000, 2)) + 500_000, 3))


@pytest.fixture(scope="module")
def found(cameras, zones, land, roads, people) -> ExactCoverage:
    return exact_coverage(
        cameras,
        zones,
        lines=roads,
        points=people,
        weights=np.arange(3000) * 0.1,
        others=land,
        depths=4,
    )


def test_area_equals_unions_per_zone(found, cameras, zones) -> None:
    united = shapely.union_all(cameras)
    cut = shapely.area(shapely.intersection(zones, united))
    np.testing.assert_allclose(found.area_m2.covered[0], cut, atol=1e-5)
    np.testing.assert_allclose(found.area_m2.total, shapely.area(zones), atol=1e-9)
    beyond = shapely.area(shapely.difference(united, shapely.union_all(zones)))
    assert found.area_m2.outside_covered[0] == pytest.approx(beyond, abs=1e-5)
    assert found.union_m2[0] == pytest.approx(united.area, abs=1e-5)


def test_others_equal_unions_per_zone(found, cameras, zones, land) -> None:
    ground = shapely.union_all(land)
    both = shapely.intersection(ground, shapely.union_all(cameras))
    for measured, shape in (
        (found.other_m2.total, ground),
        (found.other_m2.covered[0], both),
    ):
        cut = shapely.area(shapely.intersection(zones, shape))
        np.testing.assert_allclose(measured, cut, atol=1e-5)
    assert found.other_m2.total.sum() + found.other_m2.outside_total == pytest.approx(
        ground.area, abs=1e-5
    )


def test_length_equals_intersections(found, cameras, zones, roads) -> None:
    united = shapely.union_all(cameras)
    part = shapely.intersection(zones[:, None], roads)
    np.testing.assert_allclose(
        found.length_m.total, shapely.length(part).sum(axis=1), atol=1e-6
    )
    within = shapely.intersection(part, united)
    np.testing.assert_allclose(
        found.length_m.covered[0], shapely.length(within).sum(axis=1), atol=1e-6
    )


def test_points_are_counted_by_depth(found, cameras, zones, people) -> None:
    tree = shapely.STRtree(people)
    deep = np.bincount(tree.query(cameras, "intersects")[1], minlength=len(people))
    np.testing.assert_array_equal(found.point_depth, np.minimum(deep, 4))
    zone, point = tree.query(zones, "intersects")
    expected = np.full(len(people), -1)
    expected[point] = zone
    np.testing.assert_array_equal(found.point_zone, expected)
    assert found.count.covered[1].sum() == ((deep > 1) & (expected >= 0)).sum()


def test_cells_equal_unions_per_cell(found, cameras) -> None:
    cells = found.cells
    x, y = cells.column * 100.0, cells.row * 100.0
    box = shapely.box(x, y, x + 100, y + 100)
    cut = shapely.area(shapely.intersection(box, shapely.union_all(cameras)))
    np.testing.assert_allclose(cells.area_m2[0], cut, atol=1e-5)
    assert len(np.unique(cells.row * 10**6 + cells.column)) == len(x)


def test_depths_are_nested(found) -> None:
    for rows in (
        found.area_m2.covered,
        found.other_m2.covered,
        found.length_m.covered,
        found.weight.covered,
        found.cells.area_m2,
    ):
        assert (np.diff(rows, axis=0) <= 1e-9).all()


def test_zones_and_outside_are_the_whole(found) -> None:
    parts = found.area_m2.covered.sum(axis=1) + found.area_m2.outside_covered
    np.testing.assert_allclose(parts, found.union_m2, atol=1e-5)


def test_covered_and_uncovered_are_the_zone(cameras, zones) -> None:
    gap = shapely.difference(zones, shapely.union_all(cameras))
    gap = on_lattice(gap)
    covered = exact_coverage(cameras, zones).area_m2
    left = exact_coverage(gap, zones).area_m2
    rest = covered.total - covered.covered[0] - left.covered[0]
    # A gap's corners are rounded to the millimetre.
    assert np.abs(rest).max() < 0.2


def figures(found: ExactCoverage) -> list[np.ndarray]:
    """Every array of figures."""
    measures = (
        found.area_m2, found.length_m, found.weight, found.count, found.other_m2
    )  # fmt: skip
    rows = [
        np.asarray(value)
        for m in measures
        for value in (m.total, m.covered, m.outside_total, m.outside_covered)
    ]
    cells = found.cells
    return [
        *rows,
        found.union_m2,
        cells.column,
        cells.row,
        cells.area_m2,
        cells.length_m,
    ]


@pytest.mark.parametrize(
    ("threads", "tuning"),
    [
        (1, Tuning()),
        (3, Tuning(parts=1)),
        (2, Tuning(parts=7, across=1)),
        (2, Tuning(skip_deep=False)),
        (4, Tuning(skip_deep=False, across=11)),
    ],
)
def test_the_same_bits_however_it_is_done(
    found, cameras, zones, land, roads, people, threads, tuning
) -> None:
    again = exact_coverage(
        cameras,
        zones,
        lines=roads,
        points=people,
        weights=np.arange(3000) * 0.1,
        others=land,
        depths=4,
        threads=threads,
        tuning=tuning,
    )
    for one, other in zip(figures(found), figures(again), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_same_bits_in_any_order(found, cameras, zones, land, roads, people) -> None:
    rng = np.random.default_rng(8)

    def shuffled(shapes: np.ndarray) -> np.ndarray:
        return shapely.reverse(rng.permutation(shapes))

    order = rng.permutation(len(people))
    again = exact_coverage(
        shuffled(cameras),
        zones,
        lines=shapely.reverse(shuffled(roads)),
        points=people[order],
        weights=(np.arange(3000) * 0.1)[order],
        others=shuffled(land),
        depths=4,
    )
    for one, other in zip(figures(found), figures(again), strict=True):
        np.testing.assert_array_equal(one, other)


def test_deep_stacks_are_skipped_without_a_trace(zones) -> None:
    stack = sectors(1500, SIDE_M, seed=9, far_m=700.0)
    with_skip = exact_coverage(stack, zones, depths=2)
    without = exact_coverage(stack, zones, depths=2, tuning=Tuning(skip_deep=False))
    assert with_skip.crossings < without.crossings / 2
    for one, other in zip(figures(with_skip), figures(without), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_depth_is_the_same_whatever_other_depths_are_asked(
    found, cameras, zones, land, roads
) -> None:
    once = exact_coverage(cameras, zones, lines=roads, others=land)
    for less, more in (
        (once.area_m2, found.area_m2),
        (once.other_m2, found.other_m2),
        (once.length_m, found.length_m),
        (once.cells, found.cells),
    ):
        for name in ("covered", "area_m2", "length_m"):
            if hasattr(less, name):
                one, other = getattr(less, name)[0], getattr(more, name)[0]
                np.testing.assert_array_equal(one, other)


def test_shapes_that_rounding_breaks_spoil_nothing_around_them() -> None:
    rng = np.random.default_rng(11)
    angle = np.linspace(0, 2 * np.pi, 60) * 0.9
    middle = rng.uniform(0, 2, (400, 1, 2))
    star = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    thin = rng.uniform(0.001, 0.02, (400, 60, 1)) * star + middle
    crumbs = shapely.polygons(np.concatenate([middle, thin], axis=1))
    rounded = shapely.set_precision(crumbs, 0.001, mode="pointwise")
    assert not shapely.is_valid(rounded).all()
    wide = shapely.box(0.5, 0.5, 1.5, 1.5)
    zones = shapely.box([0, 1], -1, [1, 3], 3)
    found = exact_coverage(np.append(crumbs, wide), zones, depths=4)
    assert found.repaired > 0
    united = shapely.union_all(np.append(crumbs, wide))
    cut = shapely.area(shapely.intersection(zones, united))
    # Half a millimetre about the crumbs' outlines, and no square metre elsewhere.
    np.testing.assert_allclose(found.area_m2.covered[0], cut, atol=0.1)
    whole = found.area_m2.covered.sum(axis=1) + found.area_m2.outside_covered
    np.testing.assert_allclose(whole, found.union_m2, atol=1e-5)


def test_progress_rises_and_cancelling_stops(cameras, zones) -> None:
    told: list[float] = []
    exact_coverage(cameras, zones, on_progress=lambda what, share: told.append(share))
    assert told == sorted(told)
    assert told[-1] == 1.0
    with pytest.raises(Stopped):
        exact_coverage(cameras, zones, cancelled=lambda: len(told) > 3)


def test_a_city_with_nothing_in_it() -> None:
    nothing = array([])
    found = exact_coverage(nothing, nothing, depths=2)
    assert found.area_m2.covered.shape == (2, 0)
    zone = array([shapely.box(0, 0, 10, 10), None, shapely.Polygon()])
    found = exact_coverage(array([None, shapely.MultiPolygon()]), zone)
    assert found.area_m2.total.tolist() == [100.0, 0.0, 0.0]
    assert found.area_m2.covered.tolist() == [[0.0, 0.0, 0.0]]
    assert len(found.cells.column) == 0
    at = array([shapely.Point(1, 1), None, shapely.Point(50, 50)])
    found = exact_coverage(nothing, zone, points=at)
    assert found.point_zone.tolist() == [0, -1, -1]
    assert found.count.outside_total == 1.0
