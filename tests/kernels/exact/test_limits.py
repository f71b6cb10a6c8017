"""What the kernel cannot do it refuses, and says why."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from processes.kernels.exact import build, doubles, exact_coverage, skip, survey, warm
from processes.kernels.exact.compile import _sources, compiled
from tests.kernels.exact.scenes import array

BOX = array([shapely.box(0, 0, 10, 10)])
POINT = array([shapely.Point(1, 1)])


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        ("depths: 0 given, must be 1 to 4", {"depths": 0}),
        ("depths: 5 given, must be 1 to 4", {"depths": 5}),
        ("threads: 0 given, must be 1 to 64", {"threads": 0}),
        ("cell_m: 0 given, must be 1 to 2000", {"cell_m": 0}),
        ("cell_m: 2001 given, must be 1 to 2000", {"cell_m": 2001}),
        ("weights: 2 given, must be 1", {"points": POINT, "weights": np.ones(2)}),
        ("weights: must be finite", {"points": POINT, "weights": np.array([np.nan])}),
        (r"lines\[0\]: POLYGON given, must be LINESTRING", {"lines": BOX}),
        (r"points\[0\]: POLYGON given, must be POINT", {"points": BOX}),
        (r"others\[0\]: POINT given, must be POLYGON or MULTI", {"others": POINT}),
    ],
)
def test_arguments_out_of_bounds_are_refused(message, arguments) -> None:
    with pytest.raises(ValueError, match=message):
        exact_coverage(BOX, BOX, **arguments)


def test_overlapping_zones_are_refused() -> None:
    zones = shapely.box([0, 9.999], [0, 0], [10, 20], [10, 10])
    with pytest.raises(ValueError, match=r"zones: 0\.01 m2 lie in more than one"):
        exact_coverage(BOX, zones)
    inner = array([shapely.box(0, 0, 300, 300), shapely.box(120, 120, 130, 130)])
    with pytest.raises(ValueError, match="zones: 100 m2 lie in more than one"):
        exact_coverage(BOX, inner)
    twice = np.concatenate([BOX, BOX])
    with pytest.raises(ValueError, match="zones: 100 m2 lie in more than one"):
        exact_coverage(BOX, twice)


def test_coordinates_that_are_no_metres_are_refused() -> None:
    with pytest.raises(ValueError, match="services: coordinates must be finite"):
        exact_coverage(array([shapely.box(0, 0, 1e10, 1)]), BOX)
    broken = shapely.transform(BOX, lambda xy: np.where(xy > 5, np.inf, xy))
    with pytest.raises(ValueError, match="services: coordinates must be finite"):
        exact_coverage(broken, BOX)


def test_an_extent_over_a_thousand_kilometres_is_refused() -> None:
    far = array([shapely.box(0, 0, 1, 1), shapely.box(1.08e6, 0, 1.08e6 + 1, 1)])
    with pytest.raises(ValueError, match=r"extent: .* km .* must be at most 1074 km"):
        exact_coverage(far, BOX)


def test_too_many_cells_are_refused() -> None:
    far = array([shapely.box(0, 0, 1, 1), shapely.box(5e4, 5e4, 5e4 + 1, 5e4 + 1)])
    with pytest.raises(ValueError, match=r"cell_m: 1 gives .* take larger cells"):
        exact_coverage(far, BOX, cell_m=1)


@pytest.mark.parametrize(
    ("room", "name", "most", "message"),
    [
        (build, "MOST_ZONES", 1, "zones: 2 given, must be at most 1"),
        (build, "MOST_VERTICES", 5, "vertices: 10 given, must be at most 5"),
        (build, "MOST_SHAPES", 1, "shapes: 2 given, must be at most 1"),
        (survey, "MOST_ENTRIES", 3, r"cell_m: \d+ edges in cells, must be at most 3"),
    ],
)
def test_more_than_numbers_can_hold_is_refused(
    monkeypatch, room, name, most, message
) -> None:
    zones = array([shapely.box(0, 0, 5, 10), shapely.box(5, 0, 10, 10)])
    monkeypatch.setattr(room, name, most)
    with pytest.raises(ValueError, match=message):
        exact_coverage(array([]), zones, check_zones=False)


def test_too_deep_a_stack_is_refused(monkeypatch) -> None:
    rng = np.random.default_rng(1)
    stack = shapely.box(-rng.uniform(1, 9, 9), -1, 300, 300)
    monkeypatch.setattr(survey, "MOST_DEEP", 8)
    with pytest.raises(ValueError, match="services: 9 over one place, must be below 7"):
        exact_coverage(stack, BOX)


def test_what_is_kept_compiled_is_renewed_with_any_source() -> None:
    assert (
        compiled(doubles._mixed.py_func)._cache._cache_file._source_stamp == _sources()
    )


def test_a_warm_kernel_has_compiled_its_rarest_step() -> None:
    warm()
    assert len(skip.restart_edges.nopython_signatures) == 1
