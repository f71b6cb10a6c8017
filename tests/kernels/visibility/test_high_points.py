"""High points: rays over roofs and over a raster, by hand and beside GEOS."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from processes.kernels.visibility import build_index, views_over_roofs
from processes.kernels.visibility.rays import high_point_views, seen_cells
from tests.bench.view_scene import EAST, NORTH, PITCH_M, houses
from tests.kernels.visibility.oracle import city, one, seen_over_roofs


def at(value: float) -> np.ndarray:
    return np.array([float(value)])


def test_a_low_wall_hides_a_stretch() -> None:
    """From 8 m over a wall of 3 m between 20 and 21 m the ground is back at 33.6 m."""
    index = build_index(np.array([shapely.box(-500, 20, 500, 21)]), at(3.0))
    narrow = one(0, 0.02)
    (view,) = high_point_views(index, narrow, at(8), at(100), at(5), step_m=0.001)
    first, second = view.near_m[:2], view.far_m[:2]
    assert first == pytest.approx([5, 21 * 8 / 5], rel=1e-6)
    assert second == pytest.approx([20, 100], rel=1e-6)
    half = math.radians(0.02) / 2
    area = half * (20**2 - 5**2 + 100**2 - 33.6**2)
    assert view.area_m2 == pytest.approx(area, rel=1e-6)


def test_a_high_wall_ends_the_ray_and_a_free_plain_does_not() -> None:
    tall = city(shapely.box(-500, 20, 500, 21), heights_m=at(9.0))
    (view,) = high_point_views(tall, one(0, 0.02), at(8), at(100), at(0), step_m=0.001)
    assert view.far_m == pytest.approx(np.full(len(view.far_m), 20.0), rel=1e-6)
    (free,) = high_point_views(city(), one(), at(8), at(100), at(0))
    assert free.area_m2 == pytest.approx(math.pi * 1e4, rel=1e-12)


def test_the_host_hides_what_is_at_its_foot() -> None:
    """Roof of 60 m, lens at 63, 5 m from its edge: hidden to 5 x 63 / 3 = 105 m."""
    index = city(shapely.box(-500, -50, 500, 5), heights_m=at(60.0))
    (view,) = high_point_views(index, one(0, 0.02), at(63), at(300), at(0), step_m=0.01)
    assert view.near_m == pytest.approx(np.full(len(view.near_m), 105.0), rel=1e-6)


@pytest.mark.parametrize(("reach", "height", "seed"), [(300, 45, 6), (1000, 60, 7)])
def test_rays_beside_geos(reach: float, height: float, seed: int) -> None:
    """Rays of a metre over a town: within 5e-4 of the outlines themselves.

    Without a border at every corner they were off by 1.4e-3 here.
    """
    random = np.random.default_rng(seed)
    count = int((2 * reach / PITCH_M + 4) ** 2)
    outlines, roofs = houses(random, count), random.uniform(3, 18, count)
    roofs[::40] = 70.0
    middle = math.ceil(math.sqrt(count)) * PITCH_M / 2
    camera = one(0, 360, EAST + middle + 3.3, NORTH + middle + 1.7)
    exact = seen_over_roofs(outlines, roofs, camera.x[0], camera.y[0], height, reach)
    index = build_index(outlines, roofs)
    (view,) = high_point_views(index, camera, at(height), at(reach), at(0))
    assert view.area_m2 == pytest.approx(exact, rel=2.5e-4)
    (fine,) = high_point_views(index, camera, at(height), at(reach), at(0), step_m=0.25)
    assert fine.area_m2 == pytest.approx(exact, rel=2e-5)


def test_cells_and_a_narrow_view_of_a_town() -> None:
    """A sector of the circle, its polygon from `views_over_roofs`, its cells."""
    random = np.random.default_rng(6)
    outlines, roofs = houses(random, 900), random.uniform(3, 18, 900)
    index = build_index(outlines, roofs)
    camera = one(200, 70, EAST + 500, NORTH + 500)
    asked = (camera, at(45), at(200), at(20))
    (view,) = high_point_views(index, *asked)
    exact = views_over_roofs(index, camera, at(45), np.array([[200.0]]), at(20))
    assert view.area_m2 == pytest.approx(exact.area_m2[0, 0], rel=6e-4)
    mask, (west, north) = seen_cells(view, EAST + 500, NORTH + 500, 1.0)
    assert mask.sum() == pytest.approx(view.area_m2, rel=0.02)
    row, column = np.nonzero(mask)
    drawn = shapely.points(west + column + 0.5, north - row - 0.5)
    assert shapely.dwithin(exact.geometry[0, 0], drawn, 0.8).all()


def test_equal_to_the_bit_over_threads() -> None:
    random = np.random.default_rng(7)
    index = build_index(houses(random, 400), random.uniform(3, 30, 400))
    cameras = one(0, 360, EAST + 300, NORTH + 300)
    pair = type(cameras)(*(np.repeat(v, 2) for v in vars(cameras).values()))
    views = high_point_views(index, pair, np.full(2, 20.0), np.full(2, 150.0),
                             np.zeros(2), threads=2)  # fmt: skip
    (alone,) = high_point_views(index, cameras, at(20), at(150), at(0), threads=1)
    assert [v.area_m2 for v in views] == [alone.area_m2] * 2


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"far_m": at(np.inf)}, "finite"),
        ({"far_m": at(0)}, "above 0"),
        ({"step_m": 0.0}, "step_m"),
        ({"step_m": 1e-6}, "rays"),
    ],
)
def test_what_cannot_be_walked_is_refused(inputs: dict, words: str) -> None:
    asked = {"far_m": at(100), **inputs}
    with pytest.raises(ValueError, match=words):
        high_point_views(city(), one(), at(8), near_m=at(0), **asked)
