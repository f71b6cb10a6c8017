"""A feature at the other end of the world stops no figure."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from processes import InvalidInput
from processes._engine import (
    covered_ground,
    covered_land,
    covered_lines,
    covered_places,
    is_measurable,
    near_parts,
)

ZONES = shapely.box([0, 1000], 0, [1000, 2000], 1000)
NEAR = shapely.box([100, 900, 1900], 100, [300, 1100, 2100], 300)
FAR = shapely.box([-9e6], 4e6, -9e6 + 10, 4e6 + 20)
NOTHING: np.ndarray = np.empty(0, dtype=object)


def test_a_far_service_counts_outside() -> None:
    alone = covered_ground("exact", ZONES, NEAR, 2)
    both = covered_ground("exact", ZONES, np.concatenate([NEAR, FAR]), 2)
    united = covered_ground("geos", ZONES, np.concatenate([NEAR, FAR]), 1)
    np.testing.assert_array_equal(both.covered, alone.covered)
    assert both.outside_covered[0] == alone.outside_covered[0] + 200.0
    assert both.outside_covered[1] == alone.outside_covered[1]
    assert both.outside_total == pytest.approx(united.outside_total)


def test_a_far_zone_or_place_is_measured_by_unions() -> None:
    zones = np.concatenate([ZONES, FAR])
    assert not is_measurable(zones)
    found = covered_ground("exact", zones, NEAR, 1)
    np.testing.assert_allclose(
        found.covered[0, :2], covered_ground("exact", ZONES, NEAR, 1).covered[0]
    )
    land = covered_land("exact", ZONES, np.concatenate([NEAR[:1], FAR]), NEAR, 1)
    assert land.covered[0].tolist() == [40_000.0, 0.0]
    assert land.outside_total == pytest.approx(200.0)
    far_line = shapely.linestrings([[[-9e6, 4e6], [-9e6, 4e6 + 50]]])
    near_line = shapely.linestrings([[[0, 200], [400, 200]]])
    lines = np.concatenate([near_line, far_line])
    roads = covered_lines("exact", ZONES, lines, NEAR, 1)
    assert (roads.covered[0].tolist(), roads.total.tolist()) == ([200.0, 0], [400.0, 0])
    assert (roads.outside_total, roads.outside_covered.tolist()) == (50.0, [0.0])
    points = shapely.points([[200, 200], [-9e6, 4e6 + 5]])
    services = np.concatenate([NEAR, FAR])
    assert covered_places("exact", points, services, 1)[0].tolist() == [1.0, 1.0]


def test_depths_are_refused_where_unions_are_needed() -> None:
    """They were told as none at all, or ended in an error."""
    far_line = shapely.linestrings([[[-9e6, 4e6], [-9e6, 4e6 + 50]]])
    places = np.concatenate([NEAR, FAR])
    lapped = np.concatenate([ZONES, ZONES[:1]])
    for refused in (
        lambda: covered_ground("exact", np.concatenate([ZONES, FAR]), NEAR, 2),
        lambda: covered_land("exact", ZONES, places, NEAR, 2),
        lambda: covered_land("exact", lapped, NEAR, NEAR, 2),
        lambda: covered_lines("exact", ZONES, far_line, NEAR, 2),
        lambda: covered_places("exact", places, NEAR, 2),
    ):
        with pytest.raises(InvalidInput, match="depth: 2 given, must be 1"):
            refused()


def test_nothing_at_all() -> None:
    assert is_measurable(NOTHING)
    assert near_parts(NOTHING, NEAR).all()
    found = covered_ground("exact", ZONES, NOTHING, 2)
    assert found.covered.sum() == 0.0
    for engine in ("exact", "geos"):
        for zones in (ZONES, NOTHING):
            roads = covered_lines(engine, zones, NOTHING, NEAR, 1)
            assert roads.covered.tolist() == [[0.0] * len(zones)]
            assert (roads.outside_total, roads.outside_covered.tolist()) == (0.0, [0.0])
    assert covered_places("exact", NOTHING, NEAR, 1).shape == (1, 0)
