"""A city measured strip by strip is, to the bit, the city measured at once."""

from __future__ import annotations

import pickle
from functools import reduce
from operator import add

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from processes.kernels.exact import (
    NotClosed,
    Tuning,
    exact_coverage,
    finish,
    packed,
    partial,
    piece,
    strips,
)
from tests.kernels.exact.scenes import (
    array,
    partitions,
    polygons,
    quarters,
    scaled,
    walks,
)
from tests.kernels.exact.scenes import sectors as cameras
from tests.kernels.exact.test_lattice import few
from tests.kernels.exact.test_standing import assert_same

SIDE_M = 1500.0
DEPTHS = 2


def town() -> tuple[np.ndarray, np.ndarray, dict]:
    """Cameras and wide discs off the lattice, roads, people, land; two tall zones."""
    rng = np.random.default_rng(41)
    centre = shapely.points(rng.uniform(0, SIDE_M, (60, 2)) + 500_000)
    disc = shapely.buffer(centre, rng.uniform(5, 300, 60), quad_segs=12)
    services = np.concatenate([cameras(500, SIDE_M, 42), disc, disc[:9], array([None])])
    walk = rng.normal(0, 60, (30, 8, 2)).cumsum(axis=1)
    walk += rng.uniform(0, SIDE_M, (30, 1, 2))
    at = shapely.points(np.round(rng.uniform(0, SIDE_M, (900, 2)) + 500_000, 3))
    land = shapely.set_precision(shapely.buffer(at[:60], 25.0, quad_segs=2), 0.001)
    zones = quarters(5, SIDE_M, 43)
    zones = np.append(zones[5:], shapely.union_all(zones[:5]))
    more = {
        "lines": shapely.linestrings(np.round(walk + 500_000, 3)),
        "points": np.append(at, [None]),
        "weights": np.arange(901) * 0.1,
        "others": shapely.set_precision(land, 0.0),
        "depths": DEPTHS,
    }
    return services, zones, more


@pytest.mark.parametrize("tuning", [Tuning(), Tuning(skip_deep=False, across=1)])
def test_any_cut_of_a_city_gives_the_same_bits(tuning) -> None:
    services, zones, more = town()
    whole = exact_coverage(services, zones, **more)
    city = packed(services, zones, **more)
    for n in (1, 2, 7):
        cut = strips(city, n)
        assert len(cut) == n
        found = [partial(city, strip, tuning=tuning) for strip in cut]
        total = reduce(add, reversed(found))
        assert_same(finish(city, total), whole)
        for name in ("column", "row", "area_m2", "length_m"):
            np.testing.assert_array_equal(
                getattr(finish(city, total).cells, name), getattr(whole.cells, name)
            )


def test_a_piece_is_small_travels_and_gives_the_same_bits() -> None:
    services, zones, more = town()
    city = packed(services, zones, **more)
    vertices = len(city.services.chains.xy)
    found = []
    for strip in strips(city, 6):
        part = piece(city, strip)
        assert len(part.services.chains.xy) < 0.8 * vertices
        sent = pickle.loads(pickle.dumps(part))
        found.append(partial(sent, strip))
    assert_same(
        finish(city, reduce(add, found)), exact_coverage(services, zones, **more)
    )


def test_a_strip_that_is_missing_is_noticed() -> None:
    services, zones, more = town()
    city = packed(services, zones, **more)
    found = [partial(city, strip) for strip in strips(city, 5)]
    with pytest.raises(NotClosed, match="outlines are open"):
        finish(city, found[0] + found[1] + found[2] + found[4])


@few
@given(
    services=st.lists(polygons(), max_size=6),
    zones=partitions(),
    others=st.lists(polygons(), max_size=2),
    lines=st.lists(walks(), max_size=3),
    n=st.integers(1, 5),
    step_mm=st.sampled_from([1, 1000, 50_000]),
)
def test_strips_of_the_lattice(services, zones, others, lines, n, step_mm):
    shapes, ground = scaled(services, step_mm), scaled(zones, step_mm)
    more = {"others": scaled(others, step_mm), "lines": scaled(lines, step_mm)}
    city = packed(shapes, ground, **more, depths=2, threads=1)
    found = reduce(add, [partial(city, strip) for strip in strips(city, n)])
    whole = exact_coverage(shapes, ground, **more, depths=2, threads=1)
    assert_same(finish(city, found), whole)


def test_points_alone_and_nothing_at_all() -> None:
    services, _, more = town()
    nothing = array([])
    only = {"points": more["points"], "weights": more["weights"]}
    city = packed(services, nothing, **only)
    found = reduce(add, [partial(city, strip) for strip in strips(city, 3)])
    assert_same(finish(city, found), exact_coverage(services, nothing, **only))
    city = packed(nothing, nothing)
    found = reduce(add, [partial(city, strip) for strip in strips(city, 3)])
    assert_same(finish(city, found), exact_coverage(nothing, nothing))
    with pytest.raises(ValueError, match="strips: 0 given"):
        strips(city, 0)
