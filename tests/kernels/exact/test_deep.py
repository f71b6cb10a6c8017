"""Places too deep for step 5 to look at: what lies in them counts all the same."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from processes.kernels.exact import Tuning, exact_coverage, packed_shapes, stand
from processes.kernels.exact.parts import finish, packed, partial, piece, strips
from processes.kernels.exact.window import is_deep
from tests.kernels.exact.scenes import quarters
from tests.kernels.exact.test_standing import assert_same

SIDE_M = 1500.0


def on_lattice(shapes: np.ndarray, step_m: float) -> np.ndarray:
    moved = shapely.transform(shapes, lambda xy: np.round(xy / step_m) * step_m)
    return moved[shapely.is_valid(moved) & ~shapely.is_empty(moved)]


def deep_city(seed: int, step_m: float) -> tuple[np.ndarray, np.ndarray, dict]:
    """Wide discs many times over cells; lines, points and land among them."""
    rng = np.random.default_rng(seed)
    at = shapely.points(np.round(rng.uniform(0, SIDE_M, (300, 2)), 2) + 500_000)
    disc = shapely.buffer(at[:60], rng.uniform(150, 420, 60), quad_segs=6)
    walk = rng.normal(0, 90, (80, 6, 2)).cumsum(axis=1)
    lines = shapely.linestrings(walk + rng.uniform(0, SIDE_M, (80, 1, 2)) + 500_000)
    land = on_lattice(shapely.buffer(at[60:140], 60.0, quad_segs=2), step_m)
    layers = {"lines": on_lattice(lines, step_m), "points": at, "others": land}
    return disc, quarters(5, SIDE_M, seed), layers


@pytest.mark.parametrize("depths", [1, 3])
@pytest.mark.parametrize("step_m", [0.001, 50.0])
@pytest.mark.parametrize("is_rounded", [True, False])
@pytest.mark.parametrize("left_out", [[], ["others"]])
def test_what_is_left_out_changes_nothing(depths, step_m, is_rounded, left_out) -> None:
    disc, zones, layers = deep_city(41, step_m)
    disc = on_lattice(disc, step_m) if is_rounded else disc
    layers = {k: v for k, v in layers.items() if k not in left_out} | {"depths": depths}
    found = exact_coverage(disc, zones, **layers)
    whole = exact_coverage(disc, zones, tuning=Tuning(skip_deep=False), **layers)
    assert found.crossings < 0.9 * whole.crossings
    assert_same(found, whole)
    np.testing.assert_array_equal(found.cells.area_m2, whole.cells.area_m2)
    np.testing.assert_array_equal(found.cells.length_m, whole.cells.length_m)
    city = packed(disc, zones, **layers)
    halves = [partial(piece(city, strip), strip) for strip in strips(city, 2)]
    assert_same(finish(city, halves[0] + halves[1]), found)
    edited = stand(disc[1:], zones, **layers).edited(np.array([3]), disc[:1])
    rest = np.delete(disc, 4)
    assert_same(edited.coverage, exact_coverage(rest, zones, **layers))


def test_what_is_left_out_is_measured_as_geos_does() -> None:
    disc, zones, layers = deep_city(42, 0.001)
    found = exact_coverage(disc, zones, **layers)
    union = shapely.union_all(disc)
    length_m = shapely.length(shapely.intersection(layers["lines"], union))
    np.testing.assert_allclose(found.line_m[0], length_m, atol=2e-2)
    land = shapely.intersection(shapely.union_all(layers["others"]), union)
    covered = found.other_m2.covered[0].sum() + found.other_m2.outside_covered[0]
    assert covered == pytest.approx(shapely.area(land), abs=0.5)


@pytest.mark.parametrize("depths", [1, 3])
def test_edits_where_services_lie_deep(depths) -> None:
    """A quarter of an hour's walk about everything, edited in the middle and beside."""
    rng = np.random.default_rng(43)
    _, zones, layers = deep_city(43, 0.001)
    at = rng.uniform(0, 3 * SIDE_M, (400, 2)) - SIDE_M + 500_000
    wide = shapely.buffer(shapely.points(at), rng.uniform(300, 500, 400), quad_segs=10)
    middle = shapely.points(rng.uniform(-300, 300, (30, 2)) + SIDE_M / 2 + 500_000)
    come = [
        *shapely.buffer(middle, rng.uniform(50, 400, 30), quad_segs=8),
        *wide[:30],
    ]
    here, position = list(wide[30:]), list(range(370))
    city = stand(wide[30:], zones, **layers, depths=depths)
    unchanged = 0
    for edit, shape in enumerate(come):
        gone = int(rng.integers(len(here)))
        here.pop(gone)
        later = city.edited(np.array([position.pop(gone)]), np.array([shape]))
        here.append(shape)
        position.append(370 + edit)
        unchanged += later.totals.union == city.totals.union
        city = later
        if edit % 10 == 9:
            whole = exact_coverage(np.array(here), zones, **layers, depths=depths)
            assert_same(city.coverage, whole)
    assert 0 < unchanged < len(come)


def test_a_window_is_deep_only_where_all_of_it_is() -> None:
    box = packed_shapes(shapely.box([0, 0, 0], 0, [900, 900, 500], 900))

    def deep(left: int, right: int, depths: int) -> bool:
        window = np.array([left, 200, right, 300]) * 1000
        return bool(is_deep(box, window, 0, 0, 100_000, depths))

    assert deep(150, 450, 2)
    assert deep(150, 350, 3)
    assert not deep(150, 450, 3)  # the cell in which the third ends
    assert not deep(150, 350, 4)
    assert deep(650, 750, 2)
    assert not deep(650, 850, 2)
    assert not deep(1200, 1300, 1)
