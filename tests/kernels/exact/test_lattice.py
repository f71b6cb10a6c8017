"""Against rational arithmetic, where everything coincides that can."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processes.kernels.exact import Tuning, exact_coverage
from tests.kernels.exact.oracle import covered_mm2
from tests.kernels.exact.scenes import array, partitions, polygons, scaled

TOLERANCE_M2 = 1e-8
DEPTHS = 3
few = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


def numbers(rows: list) -> np.ndarray:
    """Exact square millimetres as square metres."""
    return np.array(rows, dtype=object).astype(np.float64) / 1e6


@few
@given(
    services=st.lists(polygons(), max_size=6),
    zones=partitions(),
    others=st.lists(polygons(), max_size=3),
    step_mm=st.sampled_from([1, 1000, 37_000, 50_000]),
    tuning=st.builds(
        Tuning, skip_deep=st.booleans(), across=st.sampled_from([0, 1, 5])
    ),
)
def test_areas_equal_rational_arithmetic(services, zones, others, step_mm, tuning):
    services = [*services, *services[:2]]
    shapes, ground, land = (scaled(s, step_mm) for s in (services, zones, others))
    found = exact_coverage(
        shapes, ground, others=land, depths=DEPTHS, tuning=tuning, threads=1
    )
    area, both, alone = (
        numbers(rows) for rows in covered_mm2(shapes, ground, land, DEPTHS)
    )
    for measured, expected in (
        (found.area_m2.covered, area[:, :-1]),
        (found.area_m2.outside_covered, area[:, -1]),
        (found.other_m2.covered, both[:, :-1]),
        (found.other_m2.outside_covered, both[:, -1]),
        (found.other_m2.total, alone[:-1]),
        (found.other_m2.outside_total, alone[-1]),
        (found.union_m2, area.sum(axis=1)),
        (found.cells.area_m2.sum(axis=1), area.sum(axis=1)),
        (found.area_m2.total, shapely.area(ground)),
    ):
        # The least figure that is told apart from nothing outside is 1e-5 m2.
        loose = measured is found.area_m2.outside_covered
        loose = loose or measured is found.other_m2.outside_covered
        loose = loose or measured is found.other_m2.outside_total
        atol = 1e-5 if loose else TOLERANCE_M2
        np.testing.assert_allclose(measured, expected, rtol=1e-12, atol=atol)


@few
@given(
    services=st.lists(polygons(), max_size=6),
    zones=partitions(),
    step_mm=st.sampled_from([1000, 37_000]),
)
def test_points_off_every_border_are_counted_where_they_lie(services, zones, step_mm):
    shapes, ground = scaled(services, step_mm), scaled(zones, step_mm)
    # Off the lattice by parts of a step that no edge between lattice points meets.
    x, y = np.meshgrid(np.arange(0, 12) + 0.497, np.arange(0, 12) + 0.473)
    at = scaled(list(shapely.points(x.ravel(), y.ravel())), step_mm)
    weight = np.arange(len(at), dtype=np.float64)
    found = exact_coverage(
        shapes, ground, points=at, weights=weight, depths=2, threads=1
    )
    holds = shapely.contains_properly(ground[:, None], at)
    zone = np.where(holds.any(axis=0), holds.argmax(axis=0), -1) if len(ground) else -1
    deep = shapely.contains_properly(shapes[:, None], at).sum(axis=0)
    np.testing.assert_array_equal(found.point_zone, np.broadcast_to(zone, len(at)))
    np.testing.assert_array_equal(found.point_depth, np.minimum(deep, 2))
    for k in range(2):
        inside = found.weight.covered[k].sum() + found.weight.outside_covered[k]
        assert inside == weight[deep > k].sum()
        assert found.count.outside_covered[k] == ((deep > k) & (zone == -1)).sum()
    assert found.count.total.sum() + found.count.outside_total == len(at)


@few
@given(
    services=st.lists(polygons(), max_size=6),
    zones=partitions(),
    step_mm=st.sampled_from([1000, 37_000]),
)
def test_lines_off_the_lattice_are_cut_where_they_must(services, zones, step_mm):
    shapes, ground = scaled(services, step_mm), scaled(zones, step_mm)
    line = array(
        [
            shapely.LineString([(-0.3, 1.21), (5.17, 4.39), (11.7, 0.43)]),
            shapely.MultiLineString(
                [[(2.31, -1.2), (2.47, 11.3)], [(0.41, 7.3), (9.1, 7.41)]]
            ),
        ]
    )
    lines = scaled(list(line), step_mm)
    found = exact_coverage(shapes, ground, lines=lines, depths=1, threads=1)
    united = shapely.union_all(shapes)
    for z, zone in enumerate(ground):
        part = shapely.intersection(lines, zone)
        assert found.length_m.total[z] == pytest.approx(
            shapely.length(part).sum(), abs=1e-6
        )
        assert found.length_m.covered[0, z] == pytest.approx(
            shapely.length(shapely.intersection(part, united)).sum(), abs=1e-6
        )
    whole = found.length_m.total.sum() + found.length_m.outside_total
    assert whole == pytest.approx(shapely.length(lines).sum(), abs=1e-8)
    covered = found.length_m.covered.sum() + found.length_m.outside_covered.sum()
    assert found.cells.length_m.sum() == pytest.approx(covered, abs=1e-9)


@pytest.mark.parametrize("copies", [1, 2, 5])
def test_copies_count_once_each(copies: int) -> None:
    square = shapely.box(0, 0, 30, 30)
    zone = array([shapely.box(0, 0, 60, 30)])
    found = exact_coverage(array([square] * copies), zone, depths=4)
    expected = [900.0 if k < copies else 0.0 for k in range(4)]
    assert found.area_m2.covered[:, 0].tolist() == expected


def test_a_sliver_of_a_millimetre_is_kept() -> None:
    left = shapely.box(0, 0, 50, 100)
    right = shapely.box(49.999, 0, 100, 100)
    found = exact_coverage(
        array([left, right]), array([shapely.box(0, 0, 100, 100)]), depths=2
    )
    assert found.area_m2.covered[:, 0] == pytest.approx([10000.0, 0.1], abs=1e-12)


def test_touching_shapes_overlap_nowhere() -> None:
    boxes = shapely.box(
        [0, 10, 10, 20], [0, 0, 10, 0], [10, 20, 20, 30], [10] * 2 + [20, 10]
    )
    found = exact_coverage(boxes, array([shapely.box(0, 0, 30, 20)]), depths=2)
    assert found.area_m2.covered[:, 0].tolist() == [400.0, 0.0]
