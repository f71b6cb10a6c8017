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

# columns of a piece: a stretch of directions with one nearest wall, or none
START, END = 0, 1  # angles to the axis [rad]
START_X, START_Y, END_X, END_Y = 2, 3, 4, 5  # their directions, any length
PIECE_COLUMNS = 6
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
    piece : (cap, 6) written: columns as named in this room
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
    fromx, fromy = wedge.right_x, wedge.right_y
    while True:
        here = angle[at]
        ends_from = at
        while at < breaks and angle[at] - here < THIN_RAD:
            if item[at] < 2 * n and item[at] % 2 == 0:
                s = item[at] // 2
                active[count], place[s] = s, count
                count += 1
            at += 1
        for k in range(ends_from, at):
            if item[k] < 2 * n and item[k] % 2 == 1:
                s = item[k] // 2
                count -= 1
                last = active[count]
                active[place[s]], place[last] = last, place[s]
        if at == breaks:
            return pieces
        tox, toy = _direction(sight, item[at], n, wedge)
        pieces = _nearest_between(
            sight, active, count, wedge, here, angle[at], fromx, fromy, tox, toy,
            piece, piece_sight, pieces, waiting,
        )  # fmt: skip
        if pieces == FULL:
            return FULL
        fromx, fromy = tox, toy


@compiled
def _direction(
    sight: FloatArray, item: int, n: int, wedge: Wedge
) -> tuple[float, float]:
    """Direction of a breakpoint."""
    s = item // 2
    if s == n:
        if item % 2 == 0:
            return wedge.right_x, wedge.right_y
        return wedge.left_x, wedge.left_y
    if item % 2 == 0:
        return sight[s, FROM_X], sight[s, FROM_Y]
    return sight[s, TO_X], sight[s, TO_Y]


@compiled
def _nearest_between(
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
    """`pieces` and those between two breakpoints; splits where walls cross."""
    if count < 2:
        only = active[0] if count == 1 else OPEN
        return _append(
            piece, piece_sight, pieces, only, start, end, fromx, fromy, tox, toy
        )
    left = 0  # ends that wait for the stretch before them
    while True:
        first = _nearest(sight, active, count, fromx, fromy, tox, toy)
        final = _nearest(sight, active, count, tox, toy, fromx, fromy)
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
        pieces = _append(
            piece, piece_sight, pieces, first, start, end, fromx, fromy, tox, toy
        )
        if left == 0 or pieces == FULL:
            return pieces
        left -= 1
        start, fromx, fromy = end, tox, toy
        end, tox, toy = waiting[left, 0], waiting[left, 1], waiting[left, 2]


@compiled
def _nearest(
    sight: FloatArray,
    active: IntArray,
    count: int,
    dx: float,
    dy: float,
    otherx: float,
    othery: float,
) -> int:
    """Nearest sight in direction d; a tie goes to the nearer in the other direction."""
    best = int(active[0])
    most = sight[best, DUAL_X] * dx + sight[best, DUAL_Y] * dy
    for k in range(1, count):
        s = int(active[k])
        value = sight[s, DUAL_X] * dx + sight[s, DUAL_Y] * dy
        if value > most * (1.0 + _TIE):
            best, most = s, value
        elif value > most * (1.0 - _TIE):
            there = sight[s, DUAL_X] * otherx + sight[s, DUAL_Y] * othery
            if there > sight[best, DUAL_X] * otherx + sight[best, DUAL_Y] * othery:
                best, most = s, value
    return best


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


@compiled
def _append(
    piece: FloatArray,
    piece_sight: IntArray,
    pieces: int,
    s: int,
    start: float,
    end: float,
    fromx: float,
    fromy: float,
    tox: float,
    toy: float,
) -> int:
    """`pieces`, one more unless the last has the same wall and grows."""
    if pieces > 0 and piece_sight[pieces - 1] == s:
        last = pieces - 1
    elif pieces == len(piece):
        return FULL
    else:
        last, pieces = pieces, pieces + 1
        piece_sight[last] = s
        piece[last, START] = start
        piece[last, START_X], piece[last, START_Y] = fromx, fromy
    piece[last, END] = end
    piece[last, END_X], piece[last, END_Y] = tox, toy
    return pieces
