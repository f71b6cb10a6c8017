"""Views of high points, kilometres wide: ray by ray over roofs.

Over a town a high camera sees thousands of small pieces: exact outlines cost more than
they tell. What a ray sees changes smoothly but for jumps at the corners where an
outline comes into view or ends. So rays a metre apart at the far end are not enough:
each jump between two of them costs half its height on average, and hundreds do not
cancel (1e-3 of the area, seen at 300 m to 2 km). Here every such corner is the border
between two rays, and each ray stands for the middle of what it speaks for.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from processes.kernels.arrays import FloatArray, IntArray
from processes.kernels.visibility.compiled import compiled
from processes.kernels.visibility.crossing import corners, crossed
from processes.kernels.visibility.index import BuildingIndex, Walls
from processes.kernels.visibility.views import Cameras
from processes.kernels.visibility.wedge import TURN

RAY_STEP_M = 1.0
_MOST_RAYS = 200_000
_MERGED = 1e-3  # of a step: corners that close are one border


@dataclass(frozen=True, eq=False)
class RayView:
    """What one high point sees, as stretches of rays.

    Attributes
    ----------
    area_m2 : of all stretches, each as wide as the angle that its ray speaks for
    ray : (k,) number of the ray of each stretch, ascending
    near_m, far_m : (k,) its ends
    border_rad : (n + 1,) ascending, counter-clockwise from east: ray k stands for what
        lies between border k and border k + 1, and runs in the middle
    """

    area_m2: float
    ray: IntArray
    near_m: FloatArray
    far_m: FloatArray
    border_rad: FloatArray

    @property
    def rays(self) -> int:
        """Number of rays."""
        return len(self.border_rad) - 1


def high_point_views(
    index: BuildingIndex,
    cameras: Cameras,
    height_m: FloatArray,
    far_m: FloatArray,
    near_m: FloatArray,
    *,
    target_height_m: float = 0.0,
    step_m: float = RAY_STEP_M,
    threads: int = 2,
) -> list[RayView]:
    """What high cameras see over roofs, on flat ground.

    Parameters
    ----------
    index : the buildings with their heights, same CRS
    cameras : (n,) finite; where a camera stands on a roof, its host hides ground too
    height_m : (n,) of the lens above ground [m]
    far_m, near_m : (n,) ranges on the ground [m], finite
    target_height_m : height of what is looked at, above ground [m]
    step_m : greatest distance of neighbouring borders at the far range, above 0

    Raises
    ------
    ValueError : a step or range that is none, or more than 200,000 steps

    Notes
    -----
    Kernel A3, high points. A ray walks the grid (Amanatides and Woo 1987); where it
    crosses a building between d_in and d_out, the ground is hidden from d_in to
    d_out (h - g) / (h - H), for good if H >= h; the building's own ground only, if
    H <= g.
    """

    def work(i: int) -> RayView:
        far, height = float(far_m[i]), float(height_m[i])
        borders = ray_borders(index, cameras, i, far, step_m)
        at = float(cameras.x[i]), float(cameras.y[i])
        ray, near, end = _walked(
            index.walls, *at, height, far, float(near_m[i]), float(target_height_m),
            borders,
        )  # fmt: skip
        return ray_view(ray, near, end, borders)

    for i in range(len(cameras)):
        check_reach(cameras, i, float(far_m[i]), float(height_m[i]), step_m)
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, range(len(cameras))))


def check_reach(
    cameras: Cameras, i: int, far: float, height: float, step_m: float
) -> None:
    """Refuse a camera that has no range or height, and a step that is none."""
    if not step_m > 0.0:
        raise ValueError(f"step_m: {step_m} given, must be above 0")
    if not (np.isfinite(far) and far > 0.0 and np.isfinite(height)):
        raise ValueError(f"camera {i}: far_m {far}, must be finite and above 0")
    rays = math.ceil(_opening_rad(cameras, i) * far / step_m)
    if rays > _MOST_RAYS:
        raise ValueError(f"step_m: {rays} rays, must be at most {_MOST_RAYS}")


def ray_borders(
    index: BuildingIndex, cameras: Cameras, i: int, far: float, step_m: float
) -> FloatArray:
    """(n + 1,) borders of rays: equal steps, and every corner that a view ends at."""
    opening = _opening_rad(cameras, i)
    steps = math.ceil(opening * far / step_m)
    azimuth = float(np.nan_to_num(cameras.azimuth_deg[i]))
    first = math.radians(90.0 - azimuth) - opening / 2
    equal = np.linspace(0.0, opening, steps + 1)
    at = corners(index.walls, float(cameras.x[i]), float(cameras.y[i]), far)
    turned = np.mod(np.arctan2(at[:, 1], at[:, 0]) - first, TURN)
    spare = _MERGED * opening / steps
    turned = turned[(turned > spare) & (turned < opening - spare)]
    inner = np.sort(np.concatenate([equal[1:-1], turned]))
    apart = np.diff(inner, prepend=0.0) > spare
    borders: FloatArray = first + np.concatenate([[0.0], inner[apart], [opening]])
    return borders


def _opening_rad(cameras: Cameras, i: int) -> float:
    return math.radians(min(float(cameras.hfov_deg[i]), 360.0))


def ray_view(
    ray: IntArray, near: FloatArray, far: FloatArray, borders: FloatArray
) -> RayView:
    """Stretches with their area."""
    width = np.diff(borders)[ray]
    area = float(np.sum((far**2 - near**2) / 2 * width))
    return RayView(area, ray, near, far, borders)


@compiled
def _walked(
    walls: Walls,
    x: float,
    y: float,
    height: float,
    far: float,
    near: float,
    target: float,
    borders: FloatArray,
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Stretches of every ray that are seen."""
    seen_by = np.full(len(walls.height_m), -1, np.int64)
    rays = len(borders) - 1
    ray = np.empty(4 * rays + 64, np.int64)
    ends = np.empty((4 * rays + 64, 2))
    crossing = np.empty(256)
    met = np.empty((1024, 3))
    n = 0
    for k in range(rays):
        angle = (borders[k] + borders[k + 1]) / 2
        dx, dy = math.cos(angle), math.sin(angle)
        count, stop, met, crossing = crossed(
            walls, walls.height_m, x, y, dx, dy, far, height, seen_by, k, crossing, met
        )
        if n + count + 2 > len(ray):
            room = 2 * (n + count + 2)
            more, wider = np.empty(room, np.int64), np.empty((room, 2))
            more[:n], wider[:n] = ray[:n], ends[:n]
            ray, ends = more, wider
        at = near
        for q in np.argsort(met[:count, 0]):
            first, last, roof = met[q, 0], met[q, 1], met[q, 2]
            if first >= stop:
                break
            if first > at:
                ray[n], ends[n, 0], ends[n, 1] = k, at, first
                n += 1
            if roof > target:
                last *= (height - target) / (height - roof)
            at = max(at, last)
        if at < stop:
            ray[n], ends[n, 0], ends[n, 1] = k, at, stop
            n += 1
    return ray[:n].copy(), ends[:n, 0].copy(), ends[:n, 1].copy()


def seen_cells(
    view: RayView, x: float, y: float, cell_m: float
) -> tuple[IntArray, tuple[float, float]]:
    """Mask of the cells whose middle lies on a stretch that is seen.

    Returns
    -------
    (rows, columns) of 0 and 1, north up, and the west and north edge of its corner.
    """
    if not cell_m > 0.0:
        raise ValueError(f"cell_m: {cell_m} given, must be above 0")
    reach = float(view.far_m.max(initial=0.0))
    half = math.ceil(reach / cell_m) + 1
    west, north = (
        (math.floor(x / cell_m) - half) * cell_m,
        (math.floor(y / cell_m) + half + 1) * cell_m,
    )
    side = 2 * half + 1
    column, row = np.meshgrid(np.arange(side), np.arange(side))
    px = west + (column + 0.5) * cell_m - x
    py = north - (row + 0.5) * cell_m - y
    away = np.hypot(px, py).ravel()
    rays, first = view.rays, view.border_rad[0]
    turned = np.mod(np.arctan2(py, px).ravel() - first, TURN)
    ray = np.searchsorted(view.border_rad - first, turned, side="right") - 1
    seen = np.zeros(side * side, np.int64)
    start = np.searchsorted(view.ray, np.arange(rays + 1))
    ok = np.flatnonzero((ray < rays) & (away <= reach))
    _marked(ray, away, ok, start, view.near_m, view.far_m, seen)
    return seen.reshape(side, side), (west, north)


@compiled
def _marked(
    ray: IntArray,
    away: FloatArray,
    ok: IntArray,
    start: IntArray,
    near: FloatArray,
    far: FloatArray,
    seen: IntArray,
) -> None:
    """Write 1 where a cell lies in a stretch of its ray."""
    for q in ok:
        for s in range(start[ray[q]], start[ray[q] + 1]):
            if near[s] <= away[q] <= far[s]:
                seen[q] = 1
                break
