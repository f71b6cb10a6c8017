"""Where rays cross buildings, and the corners at which outlines come into view."""

from __future__ import annotations

import math

import numpy as np

from processes.kernels.arrays import FloatArray, IntArray
from processes.kernels.visibility.compiled import compiled
from processes.kernels.visibility.index import Walls


@compiled
def corners(walls: Walls, x: float, y: float, far: float) -> FloatArray:
    """(n, 2) corners about a point, where a wall that faces it meets one that does not.

    Only there does what a ray meets change by a jump: at other corners it goes on from
    one wall to the next.
    """
    found = np.empty((256, 2))
    n = 0
    for b in range(len(walls.height_m)):
        if not walls.first_edge[b] < walls.first_edge[b + 1]:
            continue
        dx = max(walls.box[b, 0] - x, x - walls.box[b, 2], 0.0)
        dy = max(walls.box[b, 1] - y, y - walls.box[b, 3], 0.0)
        if dx * dx + dy * dy >= far * far:
            continue
        first, last = walls.first_edge[b], walls.first_edge[b + 1]
        ring = first
        for e in range(first, last):
            follows = e + 1
            closed = e + 1 == last
            if not closed:
                closed = (
                    walls.edge[e, 2] != walls.edge[e + 1, 0]
                    or walls.edge[e, 3] != walls.edge[e + 1, 1]
                )
            if closed:
                follows, ring = ring, e + 1
            if _faces(walls, e, x, y) == _faces(walls, follows, x, y):
                continue
            if n == len(found):
                wider = np.empty((2 * n, 2))
                wider[:n] = found
                found = wider
            found[n, 0], found[n, 1] = walls.edge[e, 2] - x, walls.edge[e, 3] - y
            n += 1
    return found[:n].copy()


@compiled
def _faces(walls: Walls, e: int, x: float, y: float) -> bool:
    """Whether a point lies outside of a wall, right of its direction."""
    ax, ay = walls.edge[e, 0] - x, walls.edge[e, 1] - y
    bx, by = walls.edge[e, 2] - x, walls.edge[e, 3] - y
    return bool(ax * by - ay * bx < 0.0)


@compiled
def crossed(
    walls: Walls,
    top: FloatArray,
    x: float,
    y: float,
    dx: float,
    dy: float,
    far: float,
    opaque_from: float,
    seen_by: IntArray,
    k: int,
    crossing: FloatArray,
    met: FloatArray,
) -> tuple[int, float, FloatArray, FloatArray]:
    """Stretches of a ray over buildings, where it ends, and the room they stand in.

    Parameters
    ----------
    top : (buildings,) height of each roof; one at `opaque_from` or more ends the ray
    seen_by : (buildings,) ray that met each last; k is the number of this one
    met : rows of d_in, d_out [m] and top, in no order
    """
    cell = walls.cell_m
    i, j = math.floor((x - walls.x0) / cell), math.floor((y - walls.y0) / cell)
    way_x, way_y = (1 if dx > 0.0 else -1), (1 if dy > 0.0 else -1)
    step_x = cell / abs(dx) if dx != 0.0 else math.inf
    step_y = cell / abs(dy) if dy != 0.0 else math.inf
    edge_x = walls.x0 + (i + (1 if way_x > 0 else 0)) * cell
    edge_y = walls.y0 + (j + (1 if way_y > 0 else 0)) * cell
    next_x = (edge_x - x) / dx if dx != 0.0 else math.inf
    next_y = (edge_y - y) / dy if dy != 0.0 else math.inf
    count, stop, at = 0, far, 0.0
    while at < stop:
        if 0 <= i < walls.columns and 0 <= j < walls.rows:
            c = i * walls.rows + j
            for q in range(walls.cell_start[c], walls.cell_start[c + 1]):
                b = walls.cell_item[q]
                if seen_by[b] == k:
                    continue
                seen_by[b] = k
                edges = walls.first_edge[b + 1] - walls.first_edge[b]
                if 2 * edges > len(crossing):
                    crossing = np.empty(4 * edges)
                m = _crossings(walls, b, x, y, dx, dy, crossing)
                if count + m + 2 > len(met):
                    wider = np.empty((2 * (count + m + 2), 3))
                    wider[:count] = met[:count]
                    met = wider
                for p in range(0, m - 1, 2):
                    if crossing[p] >= stop:
                        break
                    if top[b] >= opaque_from:
                        stop = min(stop, crossing[p])
                        break
                    met[count, 0], met[count, 1] = crossing[p], crossing[p + 1]
                    met[count, 2] = top[b]
                    count += 1
        if next_x < next_y:
            at, i = next_x, i + way_x
            next_x += step_x
        else:
            at, j = next_y, j + way_y
            next_y += step_y
    return count, stop, met, crossing


@compiled
def _crossings(
    walls: Walls, b: int, x: float, y: float, dx: float, dy: float, crossing: FloatArray
) -> int:
    """Distances at which a ray crosses the walls of a building, ascending."""
    m, inside = 0, False
    for e in range(walls.first_edge[b], walls.first_edge[b + 1]):
        ax, ay = walls.edge[e, 0] - x, walls.edge[e, 1] - y
        bx, by = walls.edge[e, 2] - x, walls.edge[e, 3] - y
        sa, sb = dx * ay - dy * ax, dx * by - dy * bx
        if (sa > 0.0) == (sb > 0.0):
            continue
        t = sa / (sa - sb)
        along = (ax + t * (bx - ax)) * dx + (ay + t * (by - ay)) * dy
        if along > 0.0:
            crossing[m] = along
            m += 1
            inside = not inside
    if inside:  # the camera stands over it: the building begins at its foot
        crossing[m] = 0.0
        m += 1
    for p in range(1, m):
        value, q = crossing[p], p
        while q > 0 and crossing[q - 1] > value:
            crossing[q] = crossing[q - 1]
            q -= 1
        crossing[q] = value
    return m
