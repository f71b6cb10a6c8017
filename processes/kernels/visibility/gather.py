"""The walls that a camera may see, as they stand in its directions."""

from __future__ import annotations

import math

from processes.kernels.arrays import FloatArray
from processes.kernels.visibility.compiled import compiled
from processes.kernels.visibility.index import Walls
from processes.kernels.visibility.wedge import Wedge, angle_to_axis

# columns of a sight: one wall, or one part of it, as seen by one camera
DUAL_X, DUAL_Y = 0, 1  # m: the ray t * d meets the wall's line at t = 1 / (m . d)
FROM_X, FROM_Y, TO_X, TO_Y = 2, 3, 4, 5  # directions, vertices where there are any
FROM, TO = 6, 7  # their angles to the axis [rad], FROM < TO
SIGHT_COLUMNS = 8

THIN_RAD = 1e-13
"""Breakpoints closer than this are one."""
_EDGE_ON = 1e-18  # (1e-9 m)^2: nearer to the line of a wall, it has no width


@compiled
def gather(
    walls: Walls,
    wedge: Wedge,
    x: float,
    y: float,
    reach: float,
    host: int,
    lowest: float,
    sight: FloatArray,
) -> int:
    """Number of sights of a camera, written to `sight` as far as they fit.

    Parameters
    ----------
    walls, wedge : buildings and opening
    x, y : the camera [m]
    reach : nothing at this distance or beyond is taken [m]
    host, lowest : this building, and those with a lower roof [m], hide nothing
    sight : (cap, 8) columns as named in this room, directions relative to the camera

    Notes
    -----
    Kernel A1 steps 2 and 3. A building that touches several cells is taken in its
    owner cell only: the first of its cells inside the box of the camera.
    """
    n = 0
    first_i = max(math.floor((x - reach - walls.x0) / walls.cell_m), 0)
    first_j = max(math.floor((y - reach - walls.y0) / walls.cell_m), 0)
    last_i = math.floor((x + reach - walls.x0) / walls.cell_m)
    last_j = math.floor((y + reach - walls.y0) / walls.cell_m)
    last_i, last_j = min(last_i, walls.columns - 1), min(last_j, walls.rows - 1)
    narrow = wedge.half < 0.5 * math.pi
    for i in range(first_i, last_i + 1):
        for j in range(first_j, last_j + 1):
            cell = i * walls.rows + j
            for q in range(walls.cell_start[cell], walls.cell_start[cell + 1]):
                x1, y1 = walls.cell_box[q, 0] - x, walls.cell_box[q, 1] - y
                x2, y2 = walls.cell_box[q, 2] - x, walls.cell_box[q, 3] - y
                dx, dy = max(x1, -x2, 0.0), max(y1, -y2, 0.0)
                if dx * dx + dy * dy >= reach * reach:
                    continue
                if narrow and _is_box_outside(wedge, x1, y1, x2, y2):
                    continue
                b = walls.cell_item[q]
                if i != max(first_i, walls.column[b]) or j != max(
                    first_j, walls.row[b]
                ):
                    continue
                if b == host or walls.height_m[b] < lowest:
                    continue
                n = _sights_of(walls, b, wedge, x, y, reach, sight, n)
    return n


@compiled
def _sights_of(
    walls: Walls,
    b: int,
    wedge: Wedge,
    x: float,
    y: float,
    reach: float,
    sight: FloatArray,
    n: int,
) -> int:
    """`n` and the sights of one building: its faces towards the camera."""
    known, known_angle = -2, 0.0  # the edge before, if taken, ends where this starts
    for e in range(walls.first_edge[b], walls.first_edge[b + 1]):
        ax, ay = walls.edge[e, 0] - x, walls.edge[e, 1] - y
        bx, by = walls.edge[e, 2] - x, walls.edge[e, 3] - y
        ex, ey = bx - ax, by - ay
        cross = ax * by - ay * bx
        square = ex * ex + ey * ey
        if cross >= 0.0 or cross * cross < _EDGE_ON * square:
            continue
        if _is_beyond(ax, ay, bx, by, ex, ey, cross, square, reach):
            continue
        if wedge.half < 0.5 * math.pi and _is_outside(wedge, ax, ay, bx, by):
            continue
        # seen from the camera, counter-clockwise, the wall runs from b to a
        if (
            known == e - 1
            and walls.edge[known, 2] == walls.edge[e, 0]
            and walls.edge[known, 3] == walls.edge[e, 1]
        ):
            end = known_angle
        else:
            end = angle_to_axis(wedge, ax, ay)
        start = angle_to_axis(wedge, bx, by)
        known, known_angle = e, start
        mx, my = ey / cross, -ex / cross
        if start - end < math.pi:
            n = _add(sight, n, wedge, mx, my, bx, by, ax, ay, start, end)
        else:  # the wall crosses the direction behind the camera: two parts
            backx, backy = -wedge.axis_x, -wedge.axis_y
            n = _add(sight, n, wedge, mx, my, bx, by, backx, backy, start, math.pi)
            n = _add(sight, n, wedge, mx, my, backx, backy, ax, ay, -math.pi, end)
    return n


@compiled
def _is_beyond(
    ax: float,
    ay: float,
    bx: float,
    by: float,
    ex: float,
    ey: float,
    cross: float,
    square: float,
    reach: float,
) -> bool:
    """Whether no point of the wall a-b is nearer than `reach`."""
    far = reach * reach
    if cross * cross >= far * square:
        return True
    along = -(ax * ex + ay * ey)
    if along <= 0.0:
        return ax * ax + ay * ay >= far
    if along >= square:
        return bx * bx + by * by >= far
    return False


@compiled
def _is_box_outside(wedge: Wedge, x1: float, y1: float, x2: float, y2: float) -> bool:
    """Whether a box is wholly behind, left or right of an opening below 180."""
    ax, ay = wedge.axis_x, wedge.axis_y
    if ax * (x2 if ax > 0.0 else x1) + ay * (y2 if ay > 0.0 else y1) <= 0.0:
        return True
    ax, ay = wedge.left_x, wedge.left_y
    if ax * (y1 if ax > 0.0 else y2) - ay * (x2 if ay > 0.0 else x1) >= 0.0:
        return True
    ax, ay = wedge.right_x, wedge.right_y
    return ax * (y2 if ax > 0.0 else y1) - ay * (x1 if ay > 0.0 else x2) <= 0.0


@compiled
def _is_outside(wedge: Wedge, ax: float, ay: float, bx: float, by: float) -> bool:
    """Whether a wall is wholly behind, left or right of an opening below 180."""
    if (
        wedge.axis_x * ax + wedge.axis_y * ay <= 0.0
        and wedge.axis_x * bx + wedge.axis_y * by <= 0.0
    ):
        return True
    if (
        wedge.left_x * ay - wedge.left_y * ax >= 0.0
        and wedge.left_x * by - wedge.left_y * bx >= 0.0
    ):
        return True
    return (
        wedge.right_x * ay - wedge.right_y * ax <= 0.0
        and wedge.right_x * by - wedge.right_y * bx <= 0.0
    )


@compiled
def _add(
    sight: FloatArray,
    n: int,
    wedge: Wedge,
    mx: float,
    my: float,
    fromx: float,
    fromy: float,
    tox: float,
    toy: float,
    start: float,
    end: float,
) -> int:
    """`n`, one more if the part of a wall lies in the opening; clipped to it."""
    if start >= wedge.half or end <= -wedge.half:
        return n
    if start < -wedge.half:
        start, fromx, fromy = -wedge.half, wedge.right_x, wedge.right_y
    if end > wedge.half:
        end, tox, toy = wedge.half, wedge.left_x, wedge.left_y
    if end - start < THIN_RAD:
        return n
    if n < len(sight):
        sight[n, DUAL_X], sight[n, DUAL_Y] = mx, my
        sight[n, FROM_X], sight[n, FROM_Y] = fromx, fromy
        sight[n, TO_X], sight[n, TO_Y] = tox, toy
        sight[n, FROM], sight[n, TO] = start, end
    return n + 1
