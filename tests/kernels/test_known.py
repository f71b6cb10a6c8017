"""Kernels against published vectors and figures worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from processes.kernels import datum, optics
from processes.kernels.arc import ARC_STEP_DEG, QUAD_SEGS, discs, radius_factor

DENSITY = {"detect": 25.0, "observe": 62.5, "recognise": 125.0, "identify": 250.0}


def one(value: float) -> np.ndarray:
    return np.array([value])


@pytest.mark.parametrize(
    ("pixels", "hfov", "ranges"),
    [
        (1920, 90, (38.4, 15.36, 7.68, 3.84)),
        (1920, 60, (66.510751, 26.6043, 13.30215, 6.651075)),
        (2560, 110, (35.850626, 14.34025, 7.170125, 3.585063)),
        (3840, 30, (286.621502, 114.648601, 57.3243, 28.66215)),
        (1920, 6, (732.715649, 293.08626, 146.54313, 73.271565)),
        (3840, 360, (24.446199, 9.77848, 4.88924, 2.44462)),
    ],
)
def test_purpose_range(pixels: int, hfov: int, ranges: tuple[float, ...]) -> None:
    for density, expected in zip(DENSITY.values(), ranges, strict=True):
        found = optics.purpose_range(one(pixels), one(hfov), density)[0]
        assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (0.0, (37.928354, 14.139646, 4.793996, 0.0)),
        (1.7, (38.158485, 14.745833, 6.363364, 0.0)),
    ],
)
def test_ground_range(target: float, expected: tuple[float, ...]) -> None:
    along = np.array([38.4, 15.36, 7.68, 3.84])
    found = optics.ground_range(along, np.full(4, 6.0), target)
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("height", "tilt", "vfov", "target", "expected"),
    [
        (6, 20, 50, 0, 6.0),
        (6, 20, 50, 1.7, 4.3),
        (6, 10, 20, 0, 16.484865),
        (6, 30, 20, 0, 7.150522),
        (4, 45, 90, 0, 0.0),
        (5, -15, 20, 0, np.inf),
    ],
)
def test_dead_zone(
    height: float, tilt: float, vfov: float, target: float, expected: float
) -> None:
    found = optics.dead_zone(one(height), one(tilt), one(vfov), target)[0]
    assert found == pytest.approx(expected, abs=1e-6)


def test_field_of_view_of_a_data_sheet() -> None:
    hfov = optics.field_of_view(one(4.0), one(5.4))
    assert hfov[0] == pytest.approx(68.04, abs=0.01)
    along = [optics.purpose_range(one(1920), hfov, d)[0] for d in DENSITY.values()]
    assert along == pytest.approx([56.89, 22.76, 11.38, 5.69], abs=0.01)


def test_a_disc_is_the_buffer_of_the_stated_radius() -> None:
    shape = discs(one(500_000.0), one(3_350_000.0), one(500.0))[0]
    radius = 500.0 * float(radius_factor(ARC_STEP_DEG))
    other = shapely.Point(500_000.0, 3_350_000.0).buffer(radius, quad_segs=QUAD_SEGS)
    assert shapely.symmetric_difference(shape, other).area < 1e-4
    assert shape.area == pytest.approx(np.pi * 500.0**2, rel=1e-9)


def test_datums_at_wulin_square() -> None:
    lon, lat = one(120.1632), one(30.2741)
    gcj = datum.wgs84_to_gcj02(lon, lat)
    assert [v[0] for v in gcj] == pytest.approx([120.16787073, 30.27175648], abs=1e-8)
    bd = datum.gcj02_to_bd09(*gcj)
    assert [v[0] for v in bd] == pytest.approx([120.17446315, 30.27747113], abs=1e-8)


def test_datums_come_back_within_a_centimetre() -> None:
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(118.3, 120.8, 4000), rng.uniform(29.1, 30.6, 4000)
    shift = np.hypot(*(a - b for a, b in zip(
        datum.wgs84_to_gcj02(lon, lat), (lon, lat), strict=True)))  # fmt: skip
    assert shift.min() > 0.004
    for there, back in (
        (datum.wgs84_to_gcj02, datum.gcj02_to_wgs84),
        (datum.gcj02_to_bd09, datum.bd09_to_gcj02),
        (datum.wgs84_to_bd09, datum.bd09_to_wgs84),
    ):
        again = back(*there(lon, lat))
        assert np.abs(again[0] - lon).max() < 1e-8, "a millimetre"
        assert np.abs(again[1] - lat).max() < 1e-8


def test_datums_leave_the_rest_of_the_world_alone() -> None:
    lon, lat = np.array([2.35, 151.2]), np.array([48.85, -33.9])
    assert datum.wgs84_to_gcj02(lon, lat)[0].tolist() == lon.tolist()
    assert datum.gcj02_to_wgs84(lon, lat)[1].tolist() == lat.tolist()
