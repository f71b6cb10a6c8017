"""High points: rays over roofs and over a raster, by hand and beside GEOS."""

from __future__ import annotations

import math

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

from processes.kernels.visibility import build_index, views_over_roofs
from processes.kernels.visibility.rays import high_point_views, seen_cells
from processes.kernels.visibility.surface import seen_over_surface
from tests.bench.view_scene import EAST, NORTH, houses
from tests.kernels.visibility.oracle import city, one


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


def test_rays_beside_geos() -> None:
    """GEOS subtracts shadows from a star with 3 degree chords: off by up to 4.6e-4."""
    random = np.random.default_rng(6)
    outlines, roofs = houses(random, 900), random.uniform(3, 18, 900)
    roofs[::40] = 60.0
    index = build_index(outlines, roofs)
    camera = one(0, 360, EAST + 500, NORTH + 500)
    asked = (camera, at(45), at(200), at(0))
    (fine,) = high_point_views(index, *asked, step_m=0.03)
    exact = views_over_roofs(index, camera, at(45), np.array([[200.0]]), at(0))
    assert fine.area_m2 == pytest.approx(exact.area_m2[0, 0], rel=6e-4)
    (rays,) = high_point_views(index, *asked)
    assert rays.area_m2 == pytest.approx(fine.area_m2, rel=5e-3)
    mask, _ = seen_cells(fine, EAST + 500, NORTH + 500, 1.0)
    assert mask.sum() == pytest.approx(fine.area_m2, rel=0.02)


def test_equal_to_the_bit_over_threads() -> None:
    random = np.random.default_rng(7)
    index = build_index(houses(random, 400), random.uniform(3, 30, 400))
    cameras = one(0, 360, EAST + 300, NORTH + 300)
    pair = type(cameras)(*(np.repeat(v, 2) for v in vars(cameras).values()))
    views = high_point_views(index, pair, np.full(2, 20.0), np.full(2, 150.0),
                             np.zeros(2), threads=2)  # fmt: skip
    (alone,) = high_point_views(index, cameras, at(20), at(150), at(0), threads=1)
    assert [v.area_m2 for v in views] == [alone.area_m2] * 2


def test_over_a_raster_read_by_rasterio() -> None:
    """A ridge of 10 m at 50 m: from 20 m the ground is back at 100 m."""
    cells = np.zeros((201, 201), np.float32)
    cells[:, 150] = 10.0
    grid = from_origin(500_000, 3_350_000, 1.0, 1.0)
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", width=201, height=201, count=1, dtype="float32",
            transform=grid, crs="EPSG:4549",
        ) as out:  # fmt: skip
            out.write(cells, 1)
        with memory.open() as surface:
            heights = surface.read(1).astype(np.float64)
            row, column = rasterio.transform.rowcol(
                surface.transform, 500_100.5, 3_349_899.5, op=float
            )
    seen = seen_over_surface(heights, float(column), float(row), 20.0, 100.0, 1.0)
    assert seen[100, 100:151].all()
    assert not seen[100, 151:198].any()
    assert seen[100, :100].all()
    heights[100, 120] = np.nan
    hole = seen_over_surface(heights, float(column), float(row), 20.0, 100.0, 1.0)
    assert not hole[100, 120]


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
    with pytest.raises(ValueError, match="outside"):
        seen_over_surface(np.zeros((3, 3)), 5.0, 1.0, 2.0, 9.0, 1.0)
