"""The nearest wall in every direction: an angular sweep over dual lines.

For a wall a-b let c = a x b and m = (b.y - a.y, -(b.x - a.x)) / c. The ray t * d meets
the wall's line at t = 1 / (m . d), so that the nearest wall in direction d is the one
of greatest m . d, which is linear in d: a wall that is nearest at both ends of an
interval without breakpoints is nearest throughout. No tree is kept, walls may cross.
"""

from __future__ import annotations

import math

import numpy as np

from processes.kernels.arrays import FloatArray, IntArray
from processes.kernels.visibility.compiled import compiled
from processes.kernels.visibility.gather import (
    DUAL_X,
    DUAL_Y,
    FROM,
    FROM_X,
    FROM_Y,
    THIN_RAD,
    TO,
    TO_X,
    TO_Y,
)
from processes.kernels.visibility.order import sort_along
from processes.kernels.visibility.wedge import Wedge, angle_to_axis

# columns of a piece: a stretch of directions with one nearest wall, or none; it ends
# where the next one starts
START = 0  # angle to the axis [rad]
START_X, START_Y = 1, 2  # its direction, any length
PIECE_COLUMNS = 3
OPEN = -1
FULL = -1

_TIE = 1e-12
_SPLITS = 62


@compiled
def sweep(
    sight: FloatArray,
    n: int,
    wedge: Wedge,
    piece: FloatArray,
    piece_sight: IntArray,
) -> int:
    """Number of pieces from the right side to the left; FULL if they do not fit.

    Parameters
    ----------
    sight : (>= n, 8) what was gathered
    n : how many
    wedge : the opening
    piece : (cap, 3) written: columns as named in this room; one row more than pieces
        says where the last ends
    piece_sight : (cap,) written: row of `sight`, or OPEN

    Notes
    -----
    Kernel A1 step 5. Breakpoints are all starts, all ends and both sides; the active
    list is unordered, its length the number of walls behind one another.
    """
    breaks = 2 * n + 2
    angle, item = np.empty(breaks), np.empty(breaks, np.int64)
    for k in range(n):
        angle[2 * k], item[2 * k] = sight[k, FROM], 2 * k
        angle[2 * k + 1], item[2 * k + 1] = sight[k, TO], 2 * k + 1
    angle[2 * n], item[2 * n] = -wedge.half, 2 * n
    angle[2 * n + 1], item[2 * n + 1] = wedge.half, 2 * n + 1
    sort_along(angle, item, breaks)
    active, place = np.empty(n, np.int64), np.empty(n, np.int64)
    waiting = np.empty((_SPLITS, 3))
    count, at, pieces = 0, 0, 0
    while True:
        here, opening = angle[at], item[at]
        while at < breaks and angle[at] - here < THIN_RAD:
            s = item[at] >> 1
            if s < n and item[at] & 1 == 0:
                active[count], place[s] = s, count
                count += 1
            elif s < n:
                count -= 1
                last = active[count]
                active[place[s]], place[last] = last, place[s]
            at += 1
        if pieces + 1 >= len(piece):
            return FULL
        if at == breaks:
            piece[pieces, START] = wedge.half
            piece[pieces, START_X], piece[pieces, START_Y] = wedge.left_x, wedge.left_y
            return pieces
        nearest = OPEN
        if count == 1:
            nearest = active[0]
        elif count > 1:
            fromx, fromy = _direction(sight, opening, n, wedge)
            tox, toy = _direction(sight, item[at], n, wedge)
            nearest, final = _nearest(sight, active, count, fromx, fromy, tox, toy)
            if nearest != final:
                pieces = _crossed(
                    sight, active, count, wedge, here, angle[at], fromx, fromy, tox,
                    toy, piece, piece_sight, pieces, waiting,
                )  # fmt: skip
                continue
        if pieces == 0 or piece_sight[pieces - 1] != nearest:
            fromx, fromy = _direction(sight, opening, n, wedge)
            piece_sight[pieces], piece[pieces, START] = nearest, here
            piece[pieces, START_X], piece[pieces, START_Y] = fromx, fromy
            pieces += 1


@compiled
def _direction(
    sight: FloatArray, item: int, n: int, wedge: Wedge
) -> tuple[float, float]:
    """Direction of a breakpoint."""
    s = item >> 1
    if s == n:
        if item & 1 == 0:
            return wedge.right_x, wedge.right_y
        return wedge.left_x, wedge.left_y
    if item & 1 == 0:
        return sight[s, FROM_X], sight[s, FROM_Y]
    return sight[s, TO_X], sight[s, TO_Y]


@compiled
def _crossed(
    sight: FloatArray,
    active: IntArray,
    count: int,
    wedge: Wedge,
    start: float,
    end: float,
    fromx: float,
    fromy: float,
    tox: float,
    toy: float,
    piece: FloatArray,
    piece_sight: IntArray,
    pieces: int,
    waiting: FloatArray,
) -> int:
    """`pieces` and those between two breakpoints, split where walls cross.

    Stops one short of the room there is, which the next step reports.
    """
    left = 0  # ends that wait for the stretch before them
    while True:
        first, final = _nearest(sight, active, count, fromx, fromy, tox, toy)
        if first != final and left < _SPLITS:
            dx, dy = _crossing(sight, first, final, fromx, fromy, tox, toy)
            t = angle_to_axis(wedge, dx, dy)
            if t - start > _TIE and end - t > _TIE:
                waiting[left, 0], waiting[left, 1], waiting[left, 2] = end, tox, toy
                left += 1
                end, tox, toy = t, dx, dy
                continue
            if end - t > _TIE:
                first = final
        if pieces == 0 or piece_sight[pieces - 1] != first:
            if pieces + 1 >= len(piece):
                return pieces
            piece_sight[pieces], piece[pieces, START] = first, start
            piece[pieces, START_X], piece[pieces, START_Y] = fromx, fromy
            pieces += 1
        if left == 0:
            return pieces
        left -= 1
        start, fromx, fromy = end, tox, toy
        end, tox, toy = waiting[left, 0], waiting[left, 1], waiting[left, 2]


@compiled
def _nearest(
    sight: FloatArray,
    active: IntArray,
    count: int,
    fromx: float,
    fromy: float,
    tox: float,
    toy: float,
) -> tuple[int, int]:
    """Nearest sights in two directions; a tie goes to the nearer in the other one."""
    first = final = int(active[0])
    mx, my = sight[first, DUAL_X], sight[first, DUAL_Y]
    first_here, first_there = mx * fromx + my * fromy, mx * tox + my * toy
    final_here, final_there = first_there, first_here
    for k in range(1, count):
        s = int(active[k])
        mx, my = sight[s, DUAL_X], sight[s, DUAL_Y]
        a, b = mx * fromx + my * fromy, mx * tox + my * toy
        if a > first_here * (1.0 - _TIE) and (
            a > first_here * (1.0 + _TIE) or b > first_there
        ):
            first, first_here, first_there = s, a, b
        if b > final_here * (1.0 - _TIE) and (
            b > final_here * (1.0 + _TIE) or a > final_there
        ):
            final, final_here, final_there = s, b, a
    return first, final


@compiled
def _crossing(
    sight: FloatArray,
    first: int,
    second: int,
    fromx: float,
    fromy: float,
    tox: float,
    toy: float,
) -> tuple[float, float]:
    """Direction in which two walls are equally near, on the side of the stretch."""
    dx = sight[second, DUAL_Y] - sight[first, DUAL_Y]
    dy = sight[first, DUAL_X] - sight[second, DUAL_X]
    a, b = math.sqrt(fromx**2 + fromy**2), math.sqrt(tox**2 + toy**2)
    if dx * (fromx / a + tox / b) + dy * (fromy / a + toy / b) < 0.0:
        return -dx, -dy
    return dx, dy
