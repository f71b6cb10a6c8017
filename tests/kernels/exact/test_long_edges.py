"""Edges as long as a country: no edge is split, and figures stay within their bound."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from processes.kernels.exact import exact_coverage
from tests.kernels.exact.oracle import covered_mm2
from tests.kernels.exact.scenes import array


@pytest.mark.parametrize(
    ("side_m", "cell_m", "tolerance_m2"),
    [(90_000, 1000, 1e-5), (900_000, 2000, 2e-3)],
)
def test_long_edges_are_measured_within_their_bound(
    side_m: int, cell_m: int, tolerance_m2: float
) -> None:
    rng = np.random.default_rng(51)
    corner = np.round(rng.uniform(0, side_m, (7, 3, 2)), 3)
    shapes = list(shapely.polygons(corner))
    cut = np.round(rng.uniform(0.3, 0.7, 2) * side_m, 3)
    zones = [
        shapely.Polygon([(0, 0), (cut[0], 0), (cut[1], side_m), (0, side_m)]),
        shapely.Polygon([(cut[0], 0), (side_m, 0), (side_m, side_m), (cut[1], side_m)]),
    ]
    found = exact_coverage(array(shapes), array(zones), depths=3, cell_m=cell_m)
    ground, _, _ = covered_mm2(shapes, zones, [], 3)
    exact_m2 = np.array([[float(a / 10**6) for a in row] for row in ground])
    apart = np.abs(found.area_m2.covered - exact_m2[:, :-1])
    assert apart.max() < tolerance_m2
    assert np.abs(found.union_m2 - exact_m2.sum(axis=1)).max() < tolerance_m2
