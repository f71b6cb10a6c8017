"""Vectors of the two documents: pixel densities, dead zones, tilted pictures."""

from __future__ import annotations

from math import inf, radians, tan

import numpy as np
import pytest
import shapely

from processes.kernels.optics import (
    dead_zone,
    field_of_view,
    purpose_range,
    vertical_view,
)
from processes.kernels.visibility import Cameras, ViewState
from processes.kernels.visibility.optics import (
    axis_range,
    ground_half_angle,
    pinhole_footprints,
    pinhole_views,
    sector_reach,
    shadow_end,
    upper_edge,
)
from tests.kernels.visibility.oracle import city, one

DORI = np.array([25.0, 62.5, 125.0, 250.0])


def of(*values: float) -> list[np.ndarray]:
    """Each number as an array of one."""
    return [np.array([float(value)]) for value in values]


@pytest.mark.parametrize(
    ("pixels", "hfov", "ranges"),
    [
        (1920, 90, [38.4, 15.36, 7.68, 3.84]),
        (1920, 60, [66.510751, 26.6043, 13.30215, 6.651075]),
        (2560, 110, [35.850626, 14.34025, 7.170125, 3.585063]),
        (3840, 30, [286.621502, 114.648601, 57.3243, 28.66215]),
        (1920, 6, [732.715649, 293.08626, 146.54313, 73.271565]),
        (3840, 360, [24.446199, 9.77848, 4.88924, 2.44462]),
    ],
)
def test_ranges(pixels: int, hfov: int, ranges: list[float]) -> None:
    found = [purpose_range(*of(pixels, hfov), p)[0] for p in DORI]
    assert found == pytest.approx(ranges, abs=5.1e-7)


@pytest.mark.parametrize(
    ("target", "far"),
    [
        (0.0, [37.928354, 14.139646, 4.793996, 0.0]),
        (1.7, [38.158485, 14.745833, 6.363364, 0.0]),
    ],
)
def test_ground_ranges(target: float, far: list[float]) -> None:
    lens = of(1920, 90, 58.715507, 6, 20)
    reach = sector_reach(*lens, DORI, target_height_m=target)
    assert reach.far_m[0] == pytest.approx(far, abs=5.1e-7)


@pytest.mark.parametrize(
    ("height", "tilt", "vfov", "target", "near", "far"),
    [
        (6, 20, 50, 0, 6.0, inf),
        (6, 20, 50, 1.7, 4.3, inf),
        (6, 10, 20, 0, 16.484865, inf),
        (6, 30, 20, 0, 7.150522, 16.484865),
        (4, 45, 90, 0, 0.0, inf),
        (5, -15, 20, 0, inf, inf),
    ],
)
def test_edges_of_the_picture(height, tilt, vfov, target, near, far) -> None:
    lens = of(height, tilt, vfov)
    assert dead_zone(*lens, target)[0] == pytest.approx(near, abs=5.1e-7)
    assert upper_edge(*lens, target)[0] == pytest.approx(far, abs=5.1e-7)


def test_far_is_cut_by_the_upper_edge() -> None:
    reach = sector_reach(*of(3840, 30, 20, 6, 30), DORI)
    assert reach.far_m[0, 0] == pytest.approx(16.484865, abs=5.1e-7)
    assert reach.near_m[0] == pytest.approx(7.150522, abs=5.1e-7)


def test_a_picture_above_the_horizon_sees_no_ground() -> None:
    reach = sector_reach(*of(1920, 90, 20, 5, -15), DORI)
    assert reach.near_m[0] == inf


@pytest.mark.parametrize(
    ("hfov", "vfov"), [(90, 58.715507), (60, 35.983398), (110, 77.552142)]
)
def test_vertical_opening(hfov: float, vfov: float) -> None:
    assert vertical_view(*of(hfov))[0] == pytest.approx(vfov, abs=5.1e-7)


@pytest.mark.parametrize(
    ("distance", "height", "roof", "target", "end"),
    [
        (20, 8, 3, 0, 32),
        (20, 8, 7.9, 0, 1600),
        (20, 8, 8, 0, inf),
        (20, 100, 18, 0, 24.390244),
        (20, 8, 3, 1.7, 25.2),
        (20, 8, 1.5, 1.7, 20),
    ],
)
def test_shadow_ends(distance, height, roof, target, end) -> None:
    found = shadow_end(*of(distance, height, roof), target)[0]
    assert found == pytest.approx(end, abs=5.1e-7)


def test_tilted_picture_covers_more_azimuth() -> None:
    assert ground_half_angle(*of(90, 30))[0] == pytest.approx(49.11, abs=0.005)
    bottom = ground_half_angle(*of(90, 30), row=-1.0, vfov_deg=58.715507)[0]
    assert bottom == pytest.approx(59.68, abs=0.005)


def test_second_document() -> None:
    hfov = field_of_view(*of(4.0, 5.4))
    assert hfov[0] == pytest.approx(68.04, abs=0.005)
    depth = [purpose_range(np.array([1920.0]), hfov, p)[0] for p in DORI]
    assert depth == pytest.approx([56.89, 22.76, 11.38, 5.69], abs=0.005)
    lens = of(6, 20, 41.55)
    assert dead_zone(*lens, 0.0)[0] == pytest.approx(6.96, abs=0.005)
    assert dead_zone(*lens, 1.5)[0] == pytest.approx(5.22, abs=0.005)
    reached = [
        axis_range(purpose_range(*of(1920, 68), p), *of(6, 20), 1.5)[0] for p in DORI
    ]
    assert reached == pytest.approx([58.95, 22.60, 10.48, 4.42], abs=0.006)


def trapezoid(tilt: float, vfov: float, depth: float, azimuth: float = 0.0):
    """Footprint of a lens at 6 m, opening 60."""
    return pinhole_footprints(
        one(azimuth, 60), *of(vfov, 6, tilt), np.array([[float(depth)]])
    )[0, 0]


def test_footprint_by_hand() -> None:
    # straight down: 6 m away, 12 tan 30 wide, 12 tan 20 high
    down = trapezoid(90, 40, 50)
    assert down.area == pytest.approx(12 * tan(radians(30)) * 12 * tan(radians(20)))
    assert trapezoid(90, 40, 5.9) is None
    # tilt 30, opening 40: from 6 / tan 50 to 6 / tan 10, width 2 z tan 30
    near, far = 6 / tan(radians(50)), 6 / tan(radians(10))
    shape = trapezoid(30, 40, 1000)
    assert shape.bounds[1] == pytest.approx(near)
    assert shape.bounds[3] == pytest.approx(far)
    depth = far * np.cos(radians(30)) + 3
    assert shape.bounds[2] == pytest.approx(depth * tan(radians(30)))
    # a level ends where its depth does
    cut = trapezoid(30, 40, 20)
    assert cut.bounds[3] == pytest.approx((20 - 3) / np.cos(radians(30)))
    # half of it on either side of north turned east
    assert trapezoid(30, 40, 20, 90).bounds[0] == pytest.approx(near)
    assert trapezoid(-30, 40, 20) is None


def test_footprint_of_a_wide_lens_is_refused() -> None:
    with pytest.raises(ValueError, match="hfov_deg"):
        pinhole_footprints(one(0, 180), *of(40, 6, 30), np.array([[20.0]]))


def test_pinhole_views() -> None:
    cameras = Cameras(*(np.repeat(v, 3) for v in of(0, 0, 0, 60)))
    six, tilt, vfov = (np.repeat(v, 3) for v in of(6, 30, 40))
    depth = np.array([[20.0, 1.0]] * 3)
    footprint = pinhole_footprints(cameras, vfov, six, tilt, depth)
    assert footprint[0, 1] is None
    free = pinhole_views(city(), cameras, footprint)
    assert free.area_m2[:, 0] == pytest.approx(footprint[0, 0].area, rel=1e-12)
    assert (free.state[:, 1] == ViewState.ABSENT).all()
    wall = pinhole_views(city(shapely.box(-99, 10, 99, 11)), cameras, footprint)
    front = shapely.intersection(footprint[0, 0], shapely.box(-99, 0, 99, 10))
    assert wall.area_m2[0, 0] == pytest.approx(front.area, rel=1e-12)
    close = pinhole_views(city(shapely.box(-99, 2, 99, 3)), cameras, footprint)
    assert close.state[0, 0] == ViewState.HIDDEN
