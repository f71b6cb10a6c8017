"""Random cities against GEOS, one difference per shadow, and against sight lines."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from processes.kernels.visibility import (
    Cameras,
    Mount,
    ViewState,
    build_index,
    camera_views,
    visible_areas,
)
from tests.kernels.visibility.oracle import (
    EAST,
    NORTH,
    is_seen,
    scattered,
    seen_by_geos,
)

SCENES = [(1, False), (2, True), (3, False), (4, True)]


def scene(seed: int, lattice: bool, count: int, cameras: int):
    """Buildings and cameras of every opening, some on walls and in corners."""
    rng = np.random.default_rng(seed)
    outlines = scattered(rng, count, 120.0, lattice=lattice)
    x, y = rng.uniform(0, 130, (2, cameras))
    if lattice:
        x, y = np.round(x), np.round(y)
    azimuth = rng.choice([0.0, 45.0, 90.0, 33.3, 200.1], cameras)
    hfov = rng.choice([1.0, 30, 90, 150, 180, 200, 300, 360], cameras)
    near = np.where(rng.random(cameras) < 0.4, 0.0, rng.uniform(0, 9, cameras))
    far = rng.uniform(15, 60, cameras)[:, None] * [1.0, 0.4, 0.2, 0.1]
    return outlines, Cameras(EAST + x, NORTH + y, azimuth, hfov), far, near


@pytest.mark.parametrize(("seed", "lattice"), SCENES)
def test_areas_equal_geos(seed: int, lattice: bool) -> None:
    outlines, cameras, far, near = scene(seed, lattice, 90, 24)
    seen = visible_areas(build_index(outlines), cameras, far, near)
    compared = 0
    for i, level in np.argwhere(np.isin(seen.state, (ViewState.OK, ViewState.HIDDEN))):
        if level > 1:
            continue
        shape = seen_by_geos(
            outlines[np.arange(len(outlines)) != seen.host[i]],
            seen.x[i], seen.y[i], cameras.azimuth_deg[i], cameras.hfov_deg[i],
            near[i], far[i, level],
        )  # fmt: skip
        # the oracle's own arcs, 4000 chords with the area kept, are off by 4e-7 at most
        allowed = 1e-6 * max(shape.area, 1.0)
        assert seen.area_m2[i, level] == pytest.approx(shape.area, abs=allowed)
        compared += 1
    assert compared > 20


@pytest.mark.parametrize(("seed", "lattice"), SCENES)
def test_sight_lines(seed: int, lattice: bool) -> None:
    outlines, cameras, far, near = scene(seed, lattice, 90, 120)
    views = camera_views(build_index(outlines), cameras, far, near)
    geometry, tree = views.geometry(), shapely.STRtree(outlines)
    rng = np.random.default_rng(seed)
    tested = 0
    for i in np.flatnonzero(views.state[:, 0] == ViewState.OK):
        eye = np.array([views.x[i], views.y[i]])
        bearing = np.radians(
            cameras.azimuth_deg[i] + cameras.hfov_deg[i] * rng.uniform(-0.5, 0.5, 60)
        )
        distance = rng.uniform(near[i], far[i, 0], 60)
        way = np.column_stack([np.sin(bearing), np.cos(bearing)])
        points = eye + way * distance[:, None]
        where = shapely.points(points)
        # arcs are drawn within 5 cm
        clear = shapely.distance(geometry[i, 0].boundary, where) > 0.051
        truth = is_seen(tree, outlines, views.host[i], eye, points)
        drawn = shapely.contains(geometry[i, 0], where)
        assert (truth == drawn)[clear].all(), i
        tested += int(clear.sum())
    assert tested > 1000


@pytest.mark.parametrize(("seed", "lattice"), SCENES)
def test_rings(seed: int, lattice: bool) -> None:
    outlines, cameras, far, near = scene(seed, lattice, 400, 1500)
    views = camera_views(build_index(outlines), cameras, far, near)
    drawn = views.state == ViewState.OK
    assert ((views.size > 0) == drawn).all()
    assert ((views.area_m2 > 0) == drawn).all()
    shapes = views.geometry()[drawn]
    assert shapely.is_valid(shapes).all()
    assert (shapely.get_srid(shapes) == 4549).all()
    assert (shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOLYGON).all()
    point, ring = shapely.get_coordinates(
        shapely.get_rings(shapely.get_parts(shapes)), return_index=True
    )
    first = np.flatnonzero(np.diff(ring, prepend=-1))
    last = np.append(first[1:], len(ring)) - 1
    assert (point[first].view(np.int64) == point[last].view(np.int64)).all()
    assert (last - first >= 3).all()
    # far arcs lose, near arcs gain, at most 4.6e-4 of their discs
    slice_of = np.minimum(cameras.hfov_deg, 360)[:, None] / 720 * 2 * np.pi
    bound = 4.6e-4 * slice_of * (far**2 + near[:, None] ** 2)
    off = np.abs(shapely.area(shapes) - views.area_m2[drawn])
    assert (off <= bound[drawn] + 1e-6).all()


def test_every_mount_is_met() -> None:
    outlines, cameras, far, near = scene(1, False, 400, 1500)
    seen = visible_areas(build_index(outlines), cameras, far, near)
    assert set(seen.mount) == {Mount.FREE, Mount.MOVED, Mount.INDOOR, Mount.BURIED}


def test_threads_and_chunks_give_the_same_bits() -> None:
    outlines, cameras, far, near = scene(5, False, 300, 3500)
    index = build_index(outlines)
    one, two = (camera_views(index, cameras, far, near, threads=t) for t in (1, 2))
    for name in ("state", "mount", "host", "buffer", "start", "size"):
        assert (getattr(one, name) == getattr(two, name)).all(), name
    assert [b.tobytes() for b in one.buffers] == [b.tobytes() for b in two.buffers]
    for name in ("area_m2", "x", "y"):
        a, b = getattr(one, name), getattr(two, name)
        assert (a.view(np.int64) == b.view(np.int64)).all(), name
    alone = np.array([1700])
    single = camera_views(index, cameras.only(alone), far[alone], near[alone])
    assert (single.area_m2[0] == one.area_m2[1700]).all()
    assert [single.ewkb(0, k) for k in range(4)] == [
        one.ewkb(1700, k) for k in range(4)
    ]
    # drawing does not change the number
    measured = visible_areas(index, cameras, far, near)
    assert (measured.area_m2 == one.area_m2).all()
