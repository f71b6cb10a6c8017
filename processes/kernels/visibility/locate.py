"""Where a camera really stands: in front of its wall, not in it."""

from __future__ import annotations

import math

from processes.kernels.visibility.compiled import compiled
from processes.kernels.visibility.index import Walls
from processes.kernels.visibility.states import BURIED, FREE, INDOOR, MOVED

SNAP_M = 0.5
"""A camera inside a building by at most this hangs on the nearest wall."""
STAND_OFF_M = 0.05
"""How far in front of its wall a camera is put; half of it counts as on the wall."""
NO_HOST = -1
_MOVES = 3


@compiled
def stand(
    walls: Walls, x: float, y: float, lowest: float
) -> tuple[int, float, float, int]:
    """Mount, position and host building of one camera.

    Parameters
    ----------
    walls : buildings
    x, y : position as surveyed [m]
    lowest : buildings with a roof below this [m] are not walls to this camera;
        -inf for all

    Returns
    -------
    mount : FREE, MOVED, INDOOR or BURIED
    x, y : position for the sweep [m]
    host : the building left out when INDOOR, else NO_HOST

    Notes
    -----
    Kernel A1 step 1. On a wall the wall itself is edge-on and hides nothing, so that
    the camera would see through its own building. A move may end on the next wall
    (inner corner, party wall) and is repeated up to 3 times.
    """
    mount, host = FREE, NO_HOST
    for _ in range(_MOVES + 2):
        b, e, depth = _deepest(walls, x, y, lowest, host)
        if b < 0:
            return mount, x, y, host
        if depth > SNAP_M:
            if mount != FREE:
                return BURIED, x, y, NO_HOST
            mount, host = INDOOR, b
            continue
        x, y = _in_front(walls, e, x, y)
        if mount == FREE:
            mount = MOVED
    return BURIED, x, y, NO_HOST


@compiled
def _deepest(
    walls: Walls, x: float, y: float, lowest: float, host: int
) -> tuple[int, int, float]:
    """Building that holds the point deepest, its nearest edge, the depth.

    -1 where the point is farther than half a stand-off from every building; the depth
    of a point in front of a wall is negative.
    """
    best, best_edge, best_depth = -1, -1, -0.5 * STAND_OFF_M
    i0 = max(math.floor((x - STAND_OFF_M - walls.x0) / walls.cell_m), 0)
    j0 = max(math.floor((y - STAND_OFF_M - walls.y0) / walls.cell_m), 0)
    i1 = math.floor((x + STAND_OFF_M - walls.x0) / walls.cell_m)
    j1 = math.floor((y + STAND_OFF_M - walls.y0) / walls.cell_m)
    for i in range(i0, min(i1, walls.columns - 1) + 1):
        for j in range(j0, min(j1, walls.rows - 1) + 1):
            cell = i * walls.rows + j
            for q in range(walls.cell_start[cell], walls.cell_start[cell + 1]):
                b = walls.cell_item[q]
                if b == host or walls.height_m[b] < lowest:
                    continue
                if (
                    x < walls.box[b, 0] - STAND_OFF_M
                    or y < walls.box[b, 1] - STAND_OFF_M
                    or x > walls.box[b, 2] + STAND_OFF_M
                    or y > walls.box[b, 3] + STAND_OFF_M
                ):
                    continue
                edge, depth = _depth(walls, b, x, y)
                if depth > best_depth:
                    best, best_edge, best_depth = b, edge, depth
    return best, best_edge, best_depth


@compiled
def _depth(walls: Walls, b: int, x: float, y: float) -> tuple[int, float]:
    """Nearest edge of a building, and how deep the point is inside (below 0: out)."""
    inside = False
    nearest, square = -1, math.inf
    for e in range(walls.first_edge[b], walls.first_edge[b + 1]):
        ax, ay = walls.edge[e, 0] - x, walls.edge[e, 1] - y
        bx, by = walls.edge[e, 2] - x, walls.edge[e, 3] - y
        dx, dy = bx - ax, by - ay
        upward = by > ay
        if (ay > 0.0) != (by > 0.0) and (ax * by - ay * bx > 0.0) == upward:
            inside = not inside
        t = min(max(-(ax * dx + ay * dy) / (dx * dx + dy * dy), 0.0), 1.0)
        px, py = ax + t * dx, ay + t * dy
        if px * px + py * py < square:
            nearest, square = e, px * px + py * py
    distance = math.sqrt(square)
    return nearest, distance if inside else -distance


@compiled
def _in_front(walls: Walls, e: int, x: float, y: float) -> tuple[float, float]:
    """Nearest point of an edge, moved off by the stand-off on its outer side."""
    ax, ay = walls.edge[e, 0] - x, walls.edge[e, 1] - y
    dx, dy = walls.edge[e, 2] - walls.edge[e, 0], walls.edge[e, 3] - walls.edge[e, 1]
    length = math.sqrt(dx * dx + dy * dy)
    t = min(max(-(ax * dx + ay * dy) / (length * length), 0.0), 1.0)
    off = STAND_OFF_M / length
    return x + ax + t * dx + off * dy, y + ay + t * dy - off * dx
