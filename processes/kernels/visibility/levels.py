"""What one level shows of the pieces: stretches of wall, of far arc, of dead zone."""

from __future__ import annotations

import math

from processes.kernels.arrays import FloatArray, IntArray
from processes.kernels.visibility.compiled import compiled
from processes.kernels.visibility.gather import DUAL_X, DUAL_Y
from processes.kernels.visibility.sweep import (
    OPEN,
    START,
    START_X,
    START_Y,
)

# columns of a reach: a piece with what every level needs of it
U0, U1 = 0, 1  # angles to the axis [rad]
X0, Y0, X1, Y1 = 2, 3, 4, 5  # points on the wall, or unit vectors when open [m]
AWAY = 6  # distance of the wall's line from the camera [m], inf when open
S0, S1 = 7, 8  # places of both points along the line, from its foot [m]
FOOT_X, FOOT_Y = 9, 10  # unit vector to the foot of the line
REACH_COLUMNS = 11

# kinds of a span
ARC, WALL, BLIND = 0, 1, 2
# columns of a span: U0, U1, X0, Y0, X1, Y1 as above; of an arc any points in its
# directions
SPAN_COLUMNS = 6

THIN_M = 1e-7
"""A span that is narrower than this at the far range is not drawn."""


@compiled
def reaches(
    sight: FloatArray,
    piece: FloatArray,
    piece_sight: IntArray,
    pieces: int,
    reach: FloatArray,
) -> None:
    """Write the pieces as points on their walls.

    Parameters
    ----------
    sight, piece, piece_sight, pieces : what was gathered and swept
    reach : (>= pieces, 11) written: columns as named in this room
    """
    for k in range(pieces):
        reach[k, U0], reach[k, U1] = piece[k, START], piece[k + 1, START]
        x0, y0 = piece[k, START_X], piece[k, START_Y]
        x1, y1 = piece[k + 1, START_X], piece[k + 1, START_Y]
        s = piece_sight[k]
        if s == OPEN:
            t0 = 1.0 / math.sqrt(x0 * x0 + y0 * y0)
            t1 = 1.0 / math.sqrt(x1 * x1 + y1 * y1)
            reach[k, AWAY] = math.inf
        else:
            mx, my = sight[s, DUAL_X], sight[s, DUAL_Y]
            t0, t1 = 1.0 / (mx * x0 + my * y0), 1.0 / (mx * x1 + my * y1)
            away = 1.0 / math.sqrt(mx * mx + my * my)
            footx, footy = mx * away, my * away
            reach[k, AWAY] = away
            reach[k, FOOT_X], reach[k, FOOT_Y] = footx, footy
            reach[k, S0] = t0 * (footx * y0 - footy * x0)
            reach[k, S1] = t1 * (footx * y1 - footy * x1)
        reach[k, X0], reach[k, Y0] = x0 * t0, y0 * t0
        reach[k, X1], reach[k, Y1] = x1 * t1, y1 * t1


@compiled
def level_spans(
    reach: FloatArray,
    pieces: int,
    near: float,
    far: float,
    span: FloatArray,
    kind: IntArray,
) -> tuple[int, float, bool]:
    """Spans of one level, its area, and whether anything of it is to be drawn.

    Parameters
    ----------
    reach : (>= pieces, 11) from `reaches`
    near, far : ground ranges [m], 0 <= near < far
    span : (>= 5 * pieces, 6) written: U0, U1, X0, Y0, X1, Y1
    kind : (>= 5 * pieces,) written: ARC, WALL or BLIND

    Returns
    -------
    Number of spans, area [m2], is drawn.

    Notes
    -----
    Kernel A1 step 6, with places along the wall's line instead of angles: at distance c
    from the line, the wall is nearer than R where |s| < sqrt(R^2 - c^2). Area of an arc
    (R^2 - r0^2) / 2 * dt, of a wall c * ds / 2 - r0^2 / 2 * dt.
    """
    n, area, drawn = 0, 0.0, False
    for k in range(pieces):
        away = reach[k, AWAY]
        a, b = 0.0, 0.0  # the wall is nearer than `far` between these places
        if away < far:
            half = math.sqrt(far * far - away * away)
            a, b = max(reach[k, S0], -half), min(reach[k, S1], half)
        if not a < b:
            n = _arc(span, kind, n, reach[k, U0], reach[k, U1], reach[k, X0],
                     reach[k, Y0], reach[k, X1], reach[k, Y1])  # fmt: skip
            continue
        ua, xa, ya = _at(reach, k, a)
        ub, xb, yb = _at(reach, k, b)
        if a > reach[k, S0]:
            n = _arc(span, kind, n, reach[k, U0], ua,
                     reach[k, X0], reach[k, Y0], xa, ya)  # fmt: skip
        c, d = b, b  # and nearer than `near` between these
        if away < near:
            half = math.sqrt(near * near - away * away)
            c, d = max(a, -half), min(b, half)
            if not c < d:
                c, d = b, b
        uc, xc, yc = (ub, xb, yb) if c == b else _at(reach, k, c)
        ud, xd, yd = (ub, xb, yb) if d == b else _at(reach, k, d)
        if c > a:
            n = _put(span, kind, n, WALL, ua, uc, xa, ya, xc, yc)
            area += 0.5 * (away * (c - a) - near * near * (uc - ua))
        if d > c:
            n = _put(span, kind, n, BLIND, uc, ud, xc, yc, xd, yd)
        if b > d:
            n = _put(span, kind, n, WALL, ud, ub, xd, yd, xb, yb)
            area += 0.5 * (away * (b - d) - near * near * (ub - ud))
        if b < reach[k, S1]:
            n = _arc(span, kind, n, ub, reach[k, U1],
                     xb, yb, reach[k, X1], reach[k, Y1])  # fmt: skip
    for k in range(n):
        if kind[k] == ARC:
            area += 0.5 * (far * far - near * near) * (span[k, U1] - span[k, U0])
        if kind[k] != BLIND and (span[k, U1] - span[k, U0]) * far >= THIN_M:
            drawn = True
    return n, area, drawn


@compiled
def _at(reach: FloatArray, k: int, s: float) -> tuple[float, float, float]:
    """Angle and point at a place along the line of a piece."""
    if s == reach[k, S0]:
        return reach[k, U0], reach[k, X0], reach[k, Y0]
    if s == reach[k, S1]:
        return reach[k, U1], reach[k, X1], reach[k, Y1]
    away, footx, footy = reach[k, AWAY], reach[k, FOOT_X], reach[k, FOOT_Y]
    x, y = away * footx - s * footy, away * footy + s * footx
    x0, y0 = reach[k, X0], reach[k, Y0]
    u = reach[k, U0] + math.atan2(x0 * y - y0 * x, x0 * x + y0 * y)
    return min(max(u, reach[k, U0]), reach[k, U1]), x, y


@compiled
def _put(
    span: FloatArray,
    kind: IntArray,
    n: int,
    what: int,
    u0: float,
    u1: float,
    x0: float,
    y0: float,
    x1: float,
    y1: float,
) -> int:
    """`n` and one span more."""
    kind[n] = what
    span[n, U0], span[n, U1] = u0, u1
    span[n, X0], span[n, Y0] = x0, y0
    span[n, X1], span[n, Y1] = x1, y1
    return n + 1


@compiled
def _arc(
    span: FloatArray,
    kind: IntArray,
    n: int,
    u0: float,
    u1: float,
    x0: float,
    y0: float,
    x1: float,
    y1: float,
) -> int:
    """`n` and an arc, joined to the arc before it."""
    if n > 0 and kind[n - 1] == ARC:
        span[n - 1, U1], span[n - 1, X1], span[n - 1, Y1] = u1, x1, y1
        return n
    return _put(span, kind, n, ARC, u0, u1, x0, y0, x1, y1)
