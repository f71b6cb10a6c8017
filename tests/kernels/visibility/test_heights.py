"""Over low roofs: shadows that end, roof mounts, sight lines in three dimensions."""

from __future__ import annotations

from math import atan, pi

import numpy as np
import pytest
import shapely
from shapely import box

from processes.kernels.visibility import Mount, ViewState, build_index, visible_areas
from processes.kernels.visibility.heights import views_over_roofs
from tests.kernels.visibility.oracle import EAST, NORTH, city, one, scattered

FRONT = box(-5, 20, 5, 30)


def over(index, camera, height, far, near=0.0, target=0.0):
    """View of one camera."""
    return views_over_roofs(
        index, camera, np.array([float(height)]), np.array([[float(far)]]),
        np.array([float(near)]), target_height_m=target,
    )  # fmt: skip


def lost(roof: float, height: float, target: float = 0.0, far: float = 100.0) -> float:
    """Area that the square hides."""
    index = city(FRONT, heights_m=np.array([roof]))
    seen = over(index, one(), height, far, target=target)
    assert seen.geometry[0, 0].is_valid
    return pi * far**2 - float(seen.area_m2[0, 0])


def test_low_building_hides_its_footprint_and_a_shadow_that_ends() -> None:
    # k = 8 / 5: the far wall 10 wide at 30 m goes to 16 wide at 48 m; the sides of the
    # near wall, 20 m to 32 m, run inside the lines of sight past its corners: between
    # the near corners at 20 m and the far shadow 48 m the outline is the footprint and
    # the swept far wall. Footprint 100, trapezoid (10 + 16) / 2 * 18 = 234, and the two
    # side walls sweep (5, 20)-(5, 30)-(8, 48)-(8, 32): 2 * 5 * 12 / 2 + ... by shoelace
    side = shapely.Polygon([(5, 20), (8, 32), (8, 48), (5, 30)]).area
    assert side == pytest.approx(39.0)
    assert lost(3.0, 8.0) == pytest.approx(100 + 234 + 2 * 39, rel=1e-9)


def test_target_height_shortens_the_shadow() -> None:
    # k = (8 - 1.7) / (8 - 3) = 1.26
    k = 1.26
    far_wall = (10 + 10 * k) / 2 * (30 * k - 30)
    side = shapely.Polygon([(5, 20), (5 * k, 20 * k), (5 * k, 30 * k), (5, 30)]).area
    assert lost(3.0, 8.0, 1.7) == pytest.approx(100 + far_wall + 2 * side, rel=1e-9)
    assert lost(1.5, 8.0, 1.7) == pytest.approx(100, rel=1e-9)


@pytest.mark.parametrize("roof", [8.0, 30.0, np.nan])
def test_as_high_as_the_camera_or_unknown_is_opaque(roof: float) -> None:
    assert lost(roof, 8.0) == pytest.approx(atan(5 / 20) * 1e4 - 100, rel=1e-9)


def test_nearly_as_high_is_nearly_opaque() -> None:
    # the shadow passes the range: what is left is the footprint's own sector
    opaque = atan(5 / 20) * 1e4 - 100
    assert lost(7.999, 8.0) == pytest.approx(opaque, rel=1e-3)


def test_unknown_mount_height_is_flat() -> None:
    index = city(FRONT, heights_m=np.array([1.0]))
    seen = over(index, one(), np.nan, 100)
    flat = visible_areas(index, one(), np.array([[100.0]]), np.zeros(1))
    assert seen.area_m2[0, 0] == flat.area_m2[0, 0]


def test_the_dead_zone_is_cut_last() -> None:
    # a wall of 2 m inside the dead zone of 10 m, seen from 4 m: k = 2, its shadow runs
    # from 8 to 18 m and lies partly beyond the dead zone
    low = box(-1, 8, 1, 9)
    index = city(low, heights_m=np.array([2.0]))
    seen = over(index, one(), 4.0, 50, near=10.0)
    opening = shapely.Point(0, 0).buffer(50, 1000)
    dead = shapely.Point(0, 0).buffer(10, 1000)
    shadow = shapely.MultiPoint([(-1, 8), (1, 8), (2, 18), (-2, 18), (2, 16), (-2, 16)])
    hidden = shadow.convex_hull.difference(dead).area
    assert hidden > 10
    assert pi * 2400 - seen.area_m2[0, 0] == pytest.approx(hidden, rel=1e-3)
    assert opening.covers(seen.geometry[0, 0].buffer(-0.1))


def test_a_host_below_the_camera_hides_ground() -> None:
    # roof 60 m, lens 63 m, 5 m behind the edge: ground from 5 * 63 / 3 = 105 m on
    host = box(-100, -100, 5, 100)
    index = city(host, heights_m=np.array([60.0]))
    seen = over(index, one(90, 20), 63.0, 200)
    assert seen.mount[0] == Mount.FREE
    assert seen.geometry[0, 0].bounds[0] == pytest.approx(105.0, rel=1e-9)
    hidden = over(index, one(90, 20), 63.0, 104)
    assert hidden.state[0, 0] == ViewState.HIDDEN
    assert hidden.geometry[0, 0] is None


def test_three_dimensional_sight_lines() -> None:
    rng = np.random.default_rng(8)
    shapes = scattered(rng, 60, 120.0, lattice=False)
    roofs = rng.uniform(1, 12, len(shapes))
    index, height, target = build_index(shapes, roofs), 7.0, 1.5
    tested = 0
    for _ in range(12):
        x, y = EAST + rng.uniform(0, 120), NORTH + rng.uniform(0, 120)
        seen = over(index, one(0, 360, x, y), height, 60, near=4, target=target)
        if seen.state[0, 0] != ViewState.OK:
            continue
        eye, shape = np.array([seen.x[0], seen.y[0]]), seen.geometry[0, 0]
        assert shape.is_valid
        for _ in range(120):
            bearing, far = rng.uniform(0, 2 * pi), rng.uniform(4, 60)
            point = eye + far * np.array([np.sin(bearing), np.cos(bearing)])
            where = shapely.Point(point)
            if shape.boundary.distance(where) < 0.06:
                continue
            truth = all(
                b == seen.host[0] or not _blocks(outline, roof, eye, point, target)
                for b, (outline, roof) in enumerate(zip(shapes, roofs, strict=True))
            )
            assert shape.contains(where) == truth
            tested += 1
    assert tested > 500


def _blocks(outline, roof, eye, point, target, height=7.0) -> bool:
    """Whether the line from the lens to a target passes below a roof inside it."""
    inside = shapely.LineString([eye, point]).intersection(outline)
    if inside.is_empty:
        return False
    away = np.hypot(*(shapely.get_coordinates(inside) - eye).T) / np.hypot(
        *(point - eye)
    )
    over_it = height + (target - height) * away.max()
    on_footprint = shapely.contains_xy(outline, *point)
    return bool(on_footprint or over_it < roof)
