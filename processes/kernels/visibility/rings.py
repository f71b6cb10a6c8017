"""Rings around what a level shows, in metres from the camera, closed bit for bit."""

from __future__ import annotations

import math

from processes.kernels.arrays import FloatArray, IntArray
from processes.kernels.visibility.compiled import compiled
from processes.kernels.visibility.levels import (
    BLIND,
    THIN_M,
    U0,
    U1,
    WALL,
    X0,
    X1,
    Y0,
    Y1,
)
from processes.kernels.visibility.wedge import TURN, Wedge

# columns of a ring
FIRST, LAST, ITEM, HOLE = 0, 1, 2, 3  # points FIRST:LAST of ITEM = camera, level
RING_COLUMNS = 4

_SAME = 1e-16  # (1e-8 m)^2
_FEWEST = 4
_ON_LATTICE = 1e-6  # of a step: nearer than this, the end of an arc is the vertex


@compiled
def arc_parts(far: float, step: float, sagitta: float) -> int:
    """Chords of a full circle: at most `step` [rad] each and `sagitta` [m] deep."""
    if sagitta < far:
        step = min(step, 2.0 * math.acos(1.0 - sagitta / far))
    return max(math.ceil(TURN / step - 1e-9), 4)


@compiled
def fill_lattice(lattice: FloatArray, parts: int) -> None:
    """Write the unit vectors of k / parts of a turn, k = 0 .. parts - 1."""
    for k in range(parts):
        lattice[k, 0] = math.cos(k * (TURN / parts))
        lattice[k, 1] = math.sin(k * (TURN / parts))


@compiled
def level_rings(
    span: FloatArray,
    kind: IntArray,
    spans: int,
    wedge: Wedge,
    near: float,
    far: float,
    parts: int,
    lattice: FloatArray,
    item: int,
    point: FloatArray,
    points: int,
    ring: IntArray,
    rings: int,
) -> tuple[int, int]:
    """Numbers of points and rings after those of one level.

    Parameters
    ----------
    span, kind, spans : one level, from `level_spans`
    wedge, near, far : opening and ground ranges [m]
    parts, lattice : where arcs have vertices, counted from the axis
    item : what the rings are labelled with
    point, points : (cap, 2) [m] from the camera, filled up to `points`
    ring, rings : (cap, 4) columns as named in this room

    Notes
    -----
    Kernel A1 steps 6 to 8. A blind span ends one polygon, whose ring comes back along
    the near arc, and the next span opens another. The full circle has no sides: it is
    walked from the end of a blind span, or, without one, has the near circle as a hole.
    Both arcs have their vertices in the same directions, so that their chords do not
    cross however near they are.
    """
    start = 0
    if wedge.whole == 1:
        while start < spans and not _is_after_blind(kind, spans, start):
            start += 1
        if start == spans:
            start = 0
    k = 0
    while k < spans:
        if kind[(start + k) % spans] == BLIND:
            k += 1
            continue
        first, run = points, k
        while k < spans and kind[(start + k) % spans] != BLIND:
            points = _span(span, kind, (start + k) % spans, wedge, far, parts,
                           lattice, point, points, first)  # fmt: skip
            k += 1
        closed_circle = wedge.whole == 1 and k - run == spans
        if points > first and not closed_circle:
            if near > 0.0:
                points = _back(span, (start + run) % spans, (start + k - 1) % spans,
                               wedge, near, parts, lattice, point, points,
                               first)  # fmt: skip
            else:
                points = _emit(point, points, first, 0.0, 0.0)
        points, rings = _close(point, points, first, item, 0, ring, rings)
        if closed_circle and near > 0.0:
            first = points
            points = _arc(TURN, 0.0, wedge.axis_x, wedge.axis_y, wedge.axis_x,
                          wedge.axis_y, near, wedge, parts, lattice, point, points,
                          first)  # fmt: skip
            points, rings = _close(point, points, first, item, 1, ring, rings)
    return points, rings


@compiled
def _is_after_blind(kind: IntArray, spans: int, k: int) -> bool:
    """Whether a span is to be seen and the one before it, around the circle, is not."""
    before = k - 1 if k > 0 else spans - 1
    return int(kind[k]) != BLIND and int(kind[before]) == BLIND


@compiled
def _span(
    span: FloatArray,
    kind: IntArray,
    k: int,
    wedge: Wedge,
    far: float,
    parts: int,
    lattice: FloatArray,
    point: FloatArray,
    points: int,
    first: int,
) -> int:
    """`points` and those of one span."""
    if (span[k, U1] - span[k, U0]) * far < THIN_M:
        return points
    if kind[k] == WALL:
        points = _emit(point, points, first, span[k, X0], span[k, Y0])
        return _emit(point, points, first, span[k, X1], span[k, Y1])
    return _arc(span[k, U0], span[k, U1], span[k, X0], span[k, Y0], span[k, X1],
                span[k, Y1], far, wedge, parts, lattice, point, points,
                first)  # fmt: skip


@compiled
def _back(
    span: FloatArray,
    run_first: int,
    run_last: int,
    wedge: Wedge,
    near: float,
    parts: int,
    lattice: FloatArray,
    point: FloatArray,
    points: int,
    first: int,
) -> int:
    """`points` and the near arc, from the end of a run to its start."""
    end, start = span[run_last, U1], span[run_first, U0]
    if end <= start:
        end += TURN
    return _arc(end, start, span[run_last, X1], span[run_last, Y1], span[run_first, X0],
                span[run_first, Y0], near, wedge, parts, lattice, point, points,
                first)  # fmt: skip


@compiled
def _arc(
    u0: float,
    u1: float,
    x0: float,
    y0: float,
    x1: float,
    y1: float,
    radius: float,
    wedge: Wedge,
    parts: int,
    lattice: FloatArray,
    point: FloatArray,
    points: int,
    first: int,
) -> int:
    """`points` and those of an arc: its ends, and the lattice directions between."""
    scale = radius / math.sqrt(x0 * x0 + y0 * y0)
    points = _emit(point, points, first, x0 * scale, y0 * scale)
    step = TURN / parts
    low, high = (u0, u1) if u1 > u0 else (u1, u0)
    k0 = math.floor(low / step + _ON_LATTICE) + 1
    k1 = math.ceil(high / step - _ON_LATTICE) - 1
    k, way = (k0, 1) if u1 > u0 else (k1, -1)
    ax, ay = radius * wedge.axis_x, radius * wedge.axis_y
    is_kept = parts == len(lattice)
    if is_kept:
        k %= parts
    for _ in range(k1 - k0 + 1):
        if is_kept:
            c, s = lattice[k, 0], lattice[k, 1]
        else:
            c, s = math.cos(k * step), math.sin(k * step)
        point[points, 0], point[points, 1] = ax * c - ay * s, ay * c + ax * s
        points += 1
        k += way
        if is_kept and k == parts:
            k = 0
        elif is_kept and k < 0:
            k = parts - 1
    scale = radius / math.sqrt(x1 * x1 + y1 * y1)
    return _emit(point, points, first, x1 * scale, y1 * scale)


@compiled
def _emit(point: FloatArray, points: int, first: int, x: float, y: float) -> int:
    """`points`, one more unless it is the last again."""
    if points > first:
        dx, dy = point[points - 1, 0] - x, point[points - 1, 1] - y
        if dx * dx + dy * dy < _SAME:
            return points
    point[points, 0], point[points, 1] = x, y
    return points + 1


@compiled
def _close(
    point: FloatArray,
    points: int,
    first: int,
    item: int,
    hole: int,
    ring: IntArray,
    rings: int,
) -> tuple[int, int]:
    """`points` and `rings` with the ring closed by the bits of its first point.

    A ring without an area is dropped.
    """
    if points == first:
        return points, rings
    dx, dy = (
        point[points - 1, 0] - point[first, 0],
        point[points - 1, 1] - point[first, 1],
    )
    if points - first > 1 and dx * dx + dy * dy < _SAME:
        points -= 1
    point[points, 0], point[points, 1] = point[first, 0], point[first, 1]
    points += 1
    if points - first < _FEWEST:
        return first, rings
    ring[rings, FIRST], ring[rings, LAST] = first, points
    ring[rings, ITEM], ring[rings, HOLE] = item, hole
    return points, rings + 1
