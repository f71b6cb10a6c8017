"""Views over low buildings: 2.5-D, on flat ground.

A building at least as high as the camera hides everything behind it. From h above one
of height H the ray that grazes the roof at distance d comes down to the height g of the
target at d * (h - g) / (h - H): the building hides its footprint and, from there, a
shadow that ends. What is seen is no longer star-shaped.
"""

from __future__ import annotations

import math

import numpy as np
import shapely

from processes.kernels.arrays import FloatArray, GeometryArray, IntArray
from processes.kernels.visibility.compiled import compiled
from processes.kernels.visibility.index import BuildingIndex, Walls
from processes.kernels.visibility.states import ViewState
from processes.kernels.visibility.views import Cameras, DrawnViews, swept_over

_EDGE_ON_M = 1e-6
_CIRCLE = np.linspace(0.0, 2.0 * np.pi, 120, endpoint=False)
_UNSEEN_M2 = 1e-6


def views_over_roofs(
    index: BuildingIndex,
    cameras: Cameras,
    height_m: FloatArray,
    far_m: FloatArray,
    near_m: FloatArray,
    *,
    target_height_m: float = 0.0,
    threads: int = 2,
) -> DrawnViews:
    """Area and polygon that each camera sees, over buildings lower than itself.

    Parameters
    ----------
    index : the buildings with their heights, same CRS
    cameras : (n,)
    height_m : (n,) of the lens above ground [m]; nan = all buildings are opaque
    far_m, near_m, threads : as for `visible_areas`
    target_height_m : height of what is looked at, above ground [m]

    Returns
    -------
    A camera on a roof below it is FREE, and its host hides ground like any other.

    Notes
    -----
    Kernel A3: the star of the opaque buildings without its dead zone, less the finite
    shadows of the low buildings in it, one difference each; the dead zone is cut last,
    for a low building inside it throws its shadow out of it. The area is that of the
    star in closed form less what the differences took off its polygon.
    """
    height = np.asarray(height_m, dtype=np.float64)
    if height.shape != (len(cameras),):
        raise ValueError(f"height_m: shape {height.shape}, must be ({len(cameras)},)")
    lowest = np.where(np.isnan(height), -np.inf, height)
    sight = swept_over(index, cameras, far_m, near_m, lowest, threads=threads)
    geometry, area, state = sight.geometry(), sight.area_m2.copy(), sight.state.copy()
    at = np.column_stack([sight.x, sight.y])
    reach = np.where(sight.state == ViewState.OK, far_m, 0.0).max(axis=1, initial=0.0)
    camera, building = _low_around(index.walls, at, reach, lowest)
    looking = np.unique(camera)
    if len(looking) == 0:
        return DrawnViews(
            state, area, sight.mount, sight.x, sight.y, sight.host, geometry
        )
    star = swept_over(
        index, cameras.only(looking), far_m[looking], np.zeros(len(looking)),
        lowest[looking], threads=threads,
    ).geometry()  # fmt: skip
    for k, i in enumerate(looking):
        low = _slice(camera, building, i)
        levels = np.flatnonzero(sight.state[i] == ViewState.OK)
        widest = star[k, levels[np.argmax(far_m[i, levels])]]
        low = low[shapely.intersects(widest, index.outline[low])]
        if len(low) == 0:
            continue
        shadows = _shadows(
            index.walls, index.outline, low, at[i], float(height[i]),
            float(target_height_m), float(reach[i]),
        )  # fmt: skip
        for level in levels[~shapely.is_missing(star[k, levels])]:
            whole = shapely.transform(star[k, level], lambda p, i=i: p - at[i])
            seen = whole
            for shadow in shadows:
                seen = shapely.difference(seen, shadow)
            if near_m[i] > 0.0:
                circle = np.column_stack([np.cos(_CIRCLE), np.sin(_CIRCLE)])
                dead = shapely.polygons(near_m[i] * circle)
                whole, seen = shapely.difference([whole, seen], dead)
            area[i, level] = max(area[i, level] - (whole.area - seen.area), 0.0)
            if seen.area <= _UNSEEN_M2:
                state[i, level], area[i, level] = ViewState.HIDDEN, 0.0
                geometry[i, level] = None
            else:
                geometry[i, level] = _placed(seen, at[i])
    return DrawnViews(state, area, sight.mount, sight.x, sight.y, sight.host, geometry)


def _placed(seen: shapely.Geometry, at: FloatArray) -> shapely.Geometry:
    """The same in the working CRS; its coarser coordinates may fold a thin spike."""
    moved = shapely.transform(seen, lambda p: p + at)
    if not moved.is_valid:
        moved = shapely.make_valid(moved, method="structure", keep_collapsed=False)
    if moved.geom_type != "GeometryCollection":
        return moved
    parts = shapely.get_parts(shapely.get_parts(moved))
    return shapely.multipolygons(parts[shapely.get_dimensions(parts) == 2])


def _slice(camera: IntArray, building: IntArray, i: int) -> IntArray:
    """Buildings of camera i; cameras ascend."""
    first, last = np.searchsorted(camera, [i, i + 1])
    return building[first:last]


def _shadows(
    walls: Walls,
    outline: GeometryArray,
    low: IntArray,
    at: FloatArray,
    height: float,
    target: float,
    reach: float,
) -> list[shapely.Geometry]:
    """What low buildings hide, relative to the camera: footprints, then shadows.

    The footprint and the stretch behind its far walls are all of it: in front of a near
    wall nothing is hidden, behind it the footprint begins.
    """
    hidden: list[shapely.Geometry] = []
    for b in low:
        hidden.append(shapely.transform(outline[b], lambda p: p - at))
        roof = float(walls.height_m[b])
        if roof <= target or height <= target:
            continue
        throw = (height - target) / (height - roof)
        edge = walls.edge[walls.first_edge[b] : walls.first_edge[b + 1]]
        a, c = edge[:, :2] - at, edge[:, 2:] - at
        cross = a[:, 0] * c[:, 1] - a[:, 1] * c[:, 0]
        away = cross / np.hypot(*(c - a).T)
        behind = away > _EDGE_ON_M
        a, c, away = a[behind], c[behind], away[behind]
        # a shadow that passes the range may end there
        k = np.minimum(throw, np.maximum(1.01 * reach / away, 1.01))[:, None]
        hidden.extend(shapely.polygons(np.stack([a, c, k * c, k * a], axis=1)))
    return hidden


def _low_around(
    walls: Walls, at: FloatArray, reach: FloatArray, height: FloatArray
) -> tuple[IntArray, IntArray]:
    """Pairs of camera and building that it may look over, cameras ascending."""
    none = np.empty(0, np.int64)
    counted = _low_pairs(walls, at, reach, height, none, none)
    camera, building = np.empty(counted, np.int64), np.empty(counted, np.int64)
    _low_pairs(walls, at, reach, height, camera, building)
    return camera, building


@compiled
def _low_pairs(
    walls: Walls,
    at: FloatArray,
    reach: FloatArray,
    height: FloatArray,
    camera: IntArray,
    building: IntArray,
) -> int:
    """Number of pairs; written as far as there is room."""
    n = 0
    for k in range(len(at)):
        x, y, r = at[k, 0], at[k, 1], reach[k]
        if not r > 0.0:
            continue
        first_i = max(math.floor((x - r - walls.x0) / walls.cell_m), 0)
        first_j = max(math.floor((y - r - walls.y0) / walls.cell_m), 0)
        last_i = min(math.floor((x + r - walls.x0) / walls.cell_m), walls.columns - 1)
        last_j = min(math.floor((y + r - walls.y0) / walls.cell_m), walls.rows - 1)
        for i in range(first_i, last_i + 1):
            for j in range(first_j, last_j + 1):
                cell = i * walls.rows + j
                for q in range(walls.cell_start[cell], walls.cell_start[cell + 1]):
                    b = walls.cell_item[q]
                    if walls.height_m[b] >= height[k]:
                        continue
                    if i != max(first_i, walls.column[b]) or j != max(
                        first_j, walls.row[b]
                    ):
                        continue
                    dx = max(walls.box[b, 0] - x, x - walls.box[b, 2], 0.0)
                    dy = max(walls.box[b, 1] - y, y - walls.box[b, 3], 0.0)
                    if dx * dx + dy * dy >= r * r:
                        continue
                    if n < len(camera):
                        camera[n], building[n] = k, b
                    n += 1
    return n
