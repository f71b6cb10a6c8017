"""Views of high points over hilly ground with buildings on it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely

from processes.kernels.arrays import FloatArray, IntArray
from processes.kernels.visibility.compiled import compiled
from processes.kernels.visibility.crossing import crossed
from processes.kernels.visibility.index import BuildingIndex, Walls
from processes.kernels.visibility.rays import (
    RAY_STEP_M,
    RayView,
    check_reach,
    ray_borders,
    ray_view,
)
from processes.kernels.visibility.views import Cameras

_SPARE_M = 1e-9  # heights that close are one: even ground must not fall into pieces


@dataclass(frozen=True, eq=False)
class Ground:
    """Heights of the ground in square cells, north up, working CRS.

    Attributes
    ----------
    height_m : (rows, columns) of the middle of each cell; nan where nothing is known
    west, north : corner of the first cell [m]
    cell_m : side of a cell, above 0
    """

    height_m: FloatArray
    west: float
    north: float
    cell_m: float

    def at(self, x: float, y: float) -> float:
        """Height of the ground at a point, nan where it is not known."""
        return float(_height(self.height_m, self.west, self.north, self.cell_m, x, y))


@dataclass(frozen=True, eq=False)
class ReliefView:
    """What a high point sees over relief.

    Attributes
    ----------
    view : stretches of rays, lengths on the map
    ground_m : height of the ground below the lens
    unknown_m2 : area within range of whose height nothing is known; it is not seen and
        hides nothing
    """

    view: RayView
    ground_m: float
    unknown_m2: float


def high_point_over_relief(
    index: BuildingIndex,
    camera: Cameras,
    height_m: float,
    far_m: float,
    near_m: float,
    ground: Ground,
    *,
    target_height_m: float = 0.0,
    step_m: float = RAY_STEP_M,
) -> ReliefView:
    """What one high camera sees over hills and the roofs on them.

    Parameters
    ----------
    index : buildings with their heights above their own ground
    camera : one, on ground of known height
    height_m : of the lens above the ground below it [m]
    far_m, near_m : ranges on the map [m]
    target_height_m : height of what is looked at, above the ground [m]
    step_m : as of `high_point_views`

    Raises
    ------
    ValueError : nothing is known of the ground below the camera; as `high_point_views`

    Notes
    -----
    Kernel A3, relief. The ground along a ray is taken at half cells, bilinear, straight
    between; a target is seen where the line of sight to it is no lower than any ground
    or roof before it, solved exactly in each straight piece. A roof is flat, its
    building's height above the ground in the middle of its outline's box (the host of
    the camera: above the ground below the camera); ground within an outline is not
    seen. Curvature of the earth and refraction are left out: at 5 km they lower the
    ground by 1.7 m.

    Examples
    --------
    >>> from processes.kernels.visibility.index import build_index
    >>> flat = Ground(np.full((40, 40), 7.0), -200.0, 200.0, 10.0)
    >>> camera = Cameras(*(np.array([v]) for v in (0.0, 0.0, 0.0, 90.0)))
    >>> nothing = build_index(np.empty(0, dtype=object))
    >>> seen = high_point_over_relief(nothing, camera, 30.0, 100.0, 0.0, flat)
    >>> round(seen.view.area_m2, 6)
    7853.981634
    """
    check_reach(camera, 0, far_m, height_m, step_m)
    x, y = float(camera.x[0]), float(camera.y[0])
    below = ground.at(x, y)
    if not math.isfinite(below):
        raise ValueError(f"ground: nothing is known of the height at {x}, {y}")
    borders = ray_borders(index, camera, 0, far_m, step_m)
    heights = np.ascontiguousarray(ground.height_m, np.float64)
    grid = (heights, ground.west, ground.north, ground.cell_m)
    top = _roofs(index.walls, *grid)
    for b in _hosts(index, x, y):
        top[b] = below + index.walls.height_m[b]
    ray, near, far, unknown = _walked(
        index.walls, top, *grid, x, y, below + height_m, far_m, near_m,
        target_height_m, borders,
    )  # fmt: skip
    return ReliefView(ray_view(ray, near, far, borders), below, float(unknown))


def _hosts(index: BuildingIndex, x: float, y: float) -> IntArray:
    """Buildings that the camera stands on."""
    box = index.walls.box
    inside = (box[:, 0] <= x) & (x <= box[:, 2]) & (box[:, 1] <= y) & (y <= box[:, 3])
    near = np.flatnonzero(inside)
    hosts: IntArray = near[shapely.intersects_xy(index.outline[near], x, y)]
    return hosts


@compiled
def _height(
    heights: FloatArray, west: float, north: float, cell: float, x: float, y: float
) -> float:
    """Bilinear between the middles of cells; nan outside and beside the unknown."""
    column, row = (x - west) / cell - 0.5, (north - y) / cell - 0.5
    j, i = math.floor(column), math.floor(row)
    if i < 0 or j < 0 or i + 1 >= heights.shape[0] or j + 1 >= heights.shape[1]:
        return math.nan
    u, v = column - j, row - i
    upper = heights[i, j] * (1.0 - u) + heights[i, j + 1] * u
    lower = heights[i + 1, j] * (1.0 - u) + heights[i + 1, j + 1] * u
    return float(upper * (1.0 - v) + lower * v)


@compiled
def _roofs(
    walls: Walls, heights: FloatArray, west: float, north: float, cell: float
) -> FloatArray:
    """(buildings,) level of each roof; inf where it or its ground is not known."""
    top = np.empty(len(walls.height_m))
    for b in range(len(top)):
        x = (walls.box[b, 0] + walls.box[b, 2]) / 2
        y = (walls.box[b, 1] + walls.box[b, 3]) / 2
        top[b] = math.inf
        if math.isfinite(x) and math.isfinite(y):
            base = _height(heights, west, north, cell, x, y)
            if not math.isnan(base):
                top[b] = base + walls.height_m[b]
    return top


@compiled
def _walked(
    walls: Walls,
    top: FloatArray,
    heights: FloatArray,
    west: float,
    north: float,
    cell: float,
    x: float,
    y: float,
    eye: float,
    far: float,
    near: float,
    target: float,
    borders: FloatArray,
) -> tuple[IntArray, FloatArray, FloatArray, float]:
    """Stretches of every ray that are seen, and the area of unknown ground."""
    seen_by = np.full(len(top), -1, np.int64)
    rays = len(borders) - 1
    ray = np.empty(4 * rays + 64, np.int64)
    ends = np.empty((4 * rays + 64, 2))
    crossing, met = np.empty(256), np.empty((1024, 3))
    stretch = np.empty((1024, 2))
    n, unknown = 0, 0.0
    for k in range(rays):
        angle = (borders[k] + borders[k + 1]) / 2
        dx, dy = math.cos(angle), math.sin(angle)
        count, stop, met, crossing = crossed(
            walls, top, x, y, dx, dy, far, math.inf, seen_by, k, crossing, met
        )
        order = np.argsort(met[:count, 0])
        most = 2 * (math.ceil(far / (0.5 * cell)) + count) + 4
        if most > len(stretch):
            stretch = np.empty((2 * most, 2))
        seen, lost = _sighted(
            met, order, heights, west, north, cell, x, y, dx, dy, eye, near, stop,
            target, stretch,
        )  # fmt: skip
        unknown += lost * (borders[k + 1] - borders[k])
        if n + seen > len(ray):
            room = 2 * (n + seen)
            more, wider = np.empty(room, np.int64), np.empty((room, 2))
            more[:n], wider[:n] = ray[:n], ends[:n]
            ray, ends = more, wider
        ray[n : n + seen], ends[n : n + seen] = k, stretch[:seen]
        n += seen
    return ray[:n].copy(), ends[:n, 0].copy(), ends[:n, 1].copy(), unknown


@compiled
def _sighted(
    met: FloatArray,
    order: IntArray,
    heights: FloatArray,
    west: float,
    north: float,
    cell: float,
    x: float,
    y: float,
    dx: float,
    dy: float,
    eye: float,
    near: float,
    stop: float,
    target: float,
    stretch: FloatArray,
) -> tuple[int, float]:
    """Stretches of one ray that are seen, and half the squares of unknown ones.

    `horizon` is the steepest rise of all that was passed. Ground that rises steeper
    than that is seen; where it falls away it is below its own near end, so that only
    the horizon at the near end of each straight piece counts.
    """
    n, p, cover, horizon, lost = 0, 0, 0.0, -math.inf, 0.0
    pieces = math.ceil(stop / (0.5 * cell))
    low = _height(heights, west, north, cell, x, y)
    for piece in range(pieces):
        begin, end = piece * 0.5 * cell, min((piece + 1) * 0.5 * cell, stop)
        high = _height(heights, west, north, cell, x + end * dx, y + end * dy)
        if math.isnan(low) or math.isnan(high):
            a, b = max(begin, near), max(end, near)
            lost += (b * b - a * a) / 2
            low = high
            continue
        rise = (high - low) / (end - begin)
        a = begin
        while a < end:
            while p < len(order) and met[order[p], 0] <= a:
                q = order[p]
                first, last, roof = met[q, 0], met[q, 1], met[q, 2]
                cover = max(cover, last)
                horizon = max(horizon, (roof - eye) / last)
                if first > 0.0:
                    horizon = max(horizon, (roof - eye) / first)
                p += 1
            if cover > a:
                a = min(cover, end)
                continue
            b = end
            if p < len(order):
                b = min(b, met[order[p], 0])
            at_a, at_b = low + rise * (a - begin), low + rise * (b - begin)
            if a > 0.0:
                horizon = max(horizon, (at_a - eye) / a)
            over_a, over_b = 1.0, 1.0  # nothing stands before the first piece
            if horizon > -math.inf:
                over_a = at_a + target - eye - horizon * a
                over_b = at_b + target - eye - horizon * b
            n = _noted(stretch, n, a, b, over_a, over_b, near)
            horizon = max(horizon, (at_b - eye) / b)
            a = b
        low = high
    return n, lost


@compiled
def _noted(
    stretch: FloatArray,
    n: int,
    a: float,
    b: float,
    over_a: float,
    over_b: float,
    near: float,
) -> int:
    """Stretches with the part of a-b that is seen; `over` is linear, seen from 0 on."""
    over_a, over_b = over_a + _SPARE_M, over_b + _SPARE_M
    if over_a < 0.0 and over_b < 0.0:
        return n
    if over_a < 0.0:
        a += (b - a) * over_a / (over_a - over_b)
    elif over_b < 0.0:
        b = a + (b - a) * over_a / (over_a - over_b)
    a = max(a, near)
    if not a < b:
        return n
    if n > 0 and stretch[n - 1, 1] == a:
        stretch[n - 1, 1] = b
        return n
    stretch[n, 0], stretch[n, 1] = a, b
    return n + 1
