"""Why nothing is seen; what is refused; what a buried camera is not."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import box

from processes.kernels.visibility import (
    Cameras,
    Mount,
    ViewState,
    build_index,
    camera_views,
    visible_areas,
)
from processes.kernels.visibility.dependency import dependency_views
from tests.kernels.visibility.oracle import city, one


def state_of(index, camera, far, near=0.0):
    """State and area of one camera at one level."""
    views = camera_views(index, camera, np.array([[float(far)]]), np.array([near]))
    assert bool(views.size[0, 0]) == (views.state[0, 0] == ViewState.OK)
    assert (views.geometry()[0, 0] is None) == (views.state[0, 0] != ViewState.OK)
    return ViewState(views.state[0, 0]), views.area_m2[0, 0]


def test_labels() -> None:
    labels = {state.label for state in ViewState}
    assert labels == {"ok", "absent", "dead", "buried", "hidden", "no_data"}


def test_every_zero_has_its_reason() -> None:
    empty = city()
    assert state_of(empty, one(), 0.0) == (ViewState.ABSENT, 0.0)
    assert state_of(empty, one(), 10.0, 10.0) == (ViewState.DEAD, 0.0)
    assert state_of(empty, one(), 10.0, np.inf) == (ViewState.DEAD, 0.0)
    assert state_of(city(box(-99, 1, 99, 2)), one(0, 60), 10.0, 5.0) == (
        ViewState.HIDDEN, 0.0,
    )  # fmt: skip
    both = city(box(-9, -9, 9, 9), box(-8, -8, 9, 9))
    assert state_of(both, one(), 10.0) == (ViewState.BURIED, 0.0)


@pytest.mark.parametrize("column", range(6))
def test_unknown_is_not_zero(column: int) -> None:
    values = [0.0, 0.0, 45.0, 90.0, 50.0, 3.0]
    values[column] = np.nan
    *camera, far, near = values
    camera = Cameras(*(np.array([v]) for v in camera))
    state, area = state_of(city(), camera, far, near)
    assert state == ViewState.NO_DATA
    assert np.isnan(area)


def test_a_whole_turn_needs_no_direction() -> None:
    state, area = state_of(city(), one(np.nan, 360), 10.0)
    assert state == ViewState.OK
    assert area == pytest.approx(100 * np.pi)


def test_one_level_may_be_dead_and_another_seen() -> None:
    far = np.array([[50.0, 4.0, 0.0, np.nan]])
    seen = visible_areas(city(), one(), far, np.array([5.0]))
    assert seen.state[0].tolist() == [
        ViewState.OK, ViewState.DEAD, ViewState.ABSENT, ViewState.NO_DATA,
    ]  # fmt: skip


def test_gates_hide_nothing() -> None:
    wall = box(-99, 20, 99, 30)
    through = city(wall, opaque=np.array([False]))
    _, area = state_of(through, one(0, 90), 100)
    assert area == pytest.approx(np.pi * 2500)


@pytest.mark.parametrize("height", [1.0, 30.0, np.nan])
def test_flat_views_know_no_heights(height: float) -> None:
    index = city(box(-99, 20, 99, 30), heights_m=np.array([height]))
    assert state_of(index, one(0, 90), 100)[1] == pytest.approx(400)


def test_orientation_of_the_input_is_of_no_matter() -> None:
    yard = box(-30, -30, 30, 30).difference(box(-20, -20, 20, 20))
    for shape in (yard, yard.reverse(), shapely.MultiPolygon([yard])):
        assert state_of(city(shape), one(), 100)[1] == pytest.approx(1600, rel=1e-12)


def test_missing_and_empty_outlines() -> None:
    index = city(None, shapely.Polygon(), box(-99, 20, 99, 30), None)
    assert len(index) == 4
    assert state_of(index, one(0, 90), 100)[1] == pytest.approx(400)


def test_outside_the_grid() -> None:
    index = city(box(0, 0, 10, 10))
    for x, y in ((-5000, 0), (5, -70), (80, 80), (-64.5, 5)):
        view = camera_views(index, one(0, 360, x, y), np.array([[60.0]]), np.zeros(1))
        assert view.area_m2[0, 0] == pytest.approx(np.pi * 3600, rel=1e-12)


def test_refusals() -> None:
    index = city(box(0, 0, 1, 1))
    for camera, far, near, name in (
        (one(0, 0), 10.0, 0.0, "hfov_deg"),
        (one(0, 90), np.inf, 0.0, "far_m"),
        (one(0, 90), -1.0, 0.0, "far_m"),
        (one(0, 90), 10.0, -1.0, "near_m"),
        (one(0, 90, np.inf), 10.0, 0.0, "x, y"),
    ):
        with pytest.raises(ValueError, match=name):
            visible_areas(index, camera, np.array([[far]]), np.array([near]))
    with pytest.raises(ValueError, match="far_m"):
        visible_areas(index, one(), np.array([10.0]), np.zeros(1))
    with pytest.raises(ValueError, match="near_m"):
        visible_areas(index, one(), np.array([[10.0]]), np.zeros(2))
    with pytest.raises(ValueError, match="arc_step_deg"):
        camera_views(index, one(), np.array([[9.0]]), np.zeros(1), arc_step_deg=0.0)
    with pytest.raises(ValueError, match="polygon"):
        build_index(np.array([shapely.Point(0, 0)]))
    with pytest.raises(ValueError, match="heights_m"):
        build_index(np.array([box(0, 0, 1, 1)]), np.zeros(2))


def test_no_cameras_no_levels() -> None:
    none = Cameras(*(np.empty(0) for _ in range(4)))
    assert camera_views(city(), none, np.empty((0, 4)), np.empty(0)).state.shape == (
        0, 4,
    )  # fmt: skip
    assert visible_areas(
        city(), one(), np.empty((1, 0)), np.zeros(1)
    ).state.shape == (1, 0)  # fmt: skip


def test_a_stray_building_does_not_fill_the_memory() -> None:
    index = city(box(-99, 20, 99, 30), box(4e6, 4e6, 4e6 + 9, 4e6 + 9))
    assert len(index.walls.cell_start) <= 2**24 + 1
    assert state_of(index, one(0, 90), 100)[1] == pytest.approx(400)


def test_dependency_of_a_camera() -> None:
    near_wall, low, wall = box(-1, 2, 1, 3), box(-4, 10, 4, 11), box(-99, 20, 99, 21)
    index = city(near_wall, low, wall, heights_m=np.array([9.0, 2.0, 9.0]))
    camera, far = one(0, 90), np.array([30.0])
    flat = dependency_views(index, camera, far).geometry()[0, 0]
    assert flat.intersects(near_wall)  # whatever the dead zone
    assert not flat.contains(shapely.Point(0, 5))
    over = dependency_views(index, camera, far, height_m=np.array([6.0]))
    assert over.geometry()[0, 0].contains(shapely.Point(8, 15))
    assert not over.geometry()[0, 0].contains(shapely.Point(0, 15))
    # its chords lie outside the true range
    open_to = dependency_views(city(), camera, far).geometry()[0, 0]
    rim = shapely.Point(0, 0).buffer(30, quad_segs=500)
    quarter = shapely.Polygon([(0, 0), (99, 99), (-99, 99)])
    assert open_to.buffer(1e-9).covers(rim.intersection(quarter))


def test_dependency_of_a_buried_camera_is_its_whole_opening() -> None:
    index = city(box(-9, -9, 9, 9), box(-8, -8, 9, 9))
    cameras = Cameras(*(np.array([v, v]) for v in (0.0, 0.0, 0.0, 90.0)))
    cameras.x[1] = 50.0
    views = dependency_views(index, cameras, np.array([30.0, 30.0]))
    assert views.mount.tolist() == [Mount.BURIED, Mount.FREE]
    first, second = views.geometry()[:, 0]
    assert first.area == pytest.approx(second.area)
    assert first.contains(shapely.Point(0, 5))
