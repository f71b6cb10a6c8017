"""Step 7, second half: what a straight piece of an edge adds to the sums.

The area under a piece is (its middle x - a left side) * (its rise). Summed over the
edges about a place, left sides cancel: what is left is the area to the left of them.

Arrays of `Frames` and `Sums` are handed on one by one: `left`, `unit`; `cell_sums`,
`area_sums`, `length_sums`. A cell's area is below 2**42 mm2 (2 km), so that its sums in
2**-20 mm2 fit.
"""

from __future__ import annotations

import numpy as np

from processes.kernels.exact.compile import bare, inlined
from processes.kernels.exact.scene import (
    AREA_UNIT,
    HEIGHT_UNIT,
    ZONE,
    Float32,
    Float64,
    Int32,
    Int64,
    Whole,
    other_depth,
    service_depth,
    zone_of_state,
)


@bare
def beside_piece(
    px: float, py: float, qx: float, qy: float,
    ax: float, ay: float, bx: float, by: float,
    p_dx: float, p_dy: float, q_dx: float, q_dy: float,
) -> float:  # fmt: skip
    """Area between a piece a-b of the edge p-q and where it was before rounding.

    Parameters
    ----------
    p_dx, p_dy, q_dx, q_dy : what rounding took from p and from q [mm]

    Notes
    -----
    The way between them, which changes evenly along the edge, times the piece's length,
    and half the cross product of the ways at the ends: of a whole outline nothing is
    left out, of a crossing about a square millimetre.
    """
    dx = qx - px
    dy = qy - py
    at_p = p_dx * dy - p_dy * dx
    at_q = q_dx * dy - q_dy * dx
    square = dx * dx + dy * dy
    t_a = ((ax - px) * dx + (ay - py) * dy) / square
    t_b = ((bx - px) * dx + (by - py) * dy) / square
    turned = p_dx * q_dy - p_dy * q_dx
    return (t_b - t_a) * (at_p + 0.5 * ((t_a + t_b) * (at_q - at_p) + turned))


@bare
def add_service_piece(
    ax: float, ay: float, bx: float, by: float, column: Whole, row: Whole,
    state: Whole, depth: Whole, depths: Whole, beside: float,
    width: float, columns: Whole, before: Whole, number: Int32,
    left: Float64, unit: Float64,
    cell_sums: Int64, area_sums: Int64,
) -> None:  # fmt: skip
    """Add a piece of a service's edge: below `depth` services lies outside it.

    Parameters
    ----------
    beside : area between the piece and the line before it was rounded [mm2]

    Notes
    -----
    Heights are rounded end by end, so that they cancel to the bit along a chain.
    """
    rise = by - ay
    if rise != 0.0 or beside != 0.0:
        middle = 0.5 * (ax + bx)
        x0 = column * width
        y0 = row * width
        c = number[row * columns + column - before]
        cell_sums[c, 2 * depth] += np.int64(
            np.rint(((middle - x0) * rise + beside) * AREA_UNIT)
        )
        cell_sums[c, 2 * depth + 1] += np.int64(
            np.rint((by - y0) * HEIGHT_UNIT)
        ) - np.int64(np.rint((ay - y0) * HEIGHT_UNIT))
        everything = len(left) - 1
        zone = zone_of_state(state)
        held = zone >= 0 and zone < everything
        if held:
            area_sums[depth, zone] += np.int64(
                np.rint(((middle - left[zone]) * rise + beside) * unit[zone])
            )
        if other_depth(state) > 0:
            if held:
                area_sums[depths + depth, zone] += np.int64(
                    np.rint(((middle - left[zone]) * rise + beside) * unit[zone])
                )
            area_sums[depths + depth, everything] += np.int64(
                np.rint(
                    ((middle - left[everything]) * rise + beside) * unit[everything]
                )
            )


@inlined
def _column(
    row: Whole, kind: Whole, own: Whole, state: Whole, depths: Whole
) -> Whole:  # fmt: skip
    """Column of a row of the area sums that a zone's or other's edge adds to, or -1.

    Notes
    -----
    A zone's edge bounds what is covered to its left; so does an edge of an other where
    no further other lies over it. `own` is a zone, or -1 for the zone of the place.
    """
    others = other_depth(state)
    k = row if row < depths else row - depths
    counts = k == depths or service_depth(state) > k
    if kind == ZONE:
        counts = counts and (row < depths or others > 0)
    else:
        counts = counts and row >= depths and others == 0
    if not counts:
        return -1
    return own if own >= 0 else zone_of_state(state)


@bare
def walk_border(
    px: float, py: float, qx: float, qy: float, state: Whole,
    n: Whole, spot: Float64, step: Int64, kind: Whole, own: Whole, depths: Whole,
    left: Float64, unit: Float64, area_sums: Int64,
) -> Whole:  # fmt: skip
    """Add an edge p-q of a zone or an other to every row of the area sums.

    Parameters
    ----------
    own : column to add to; -1 for the zone that holds the place

    Returns
    -------
    The state at q.

    Notes
    -----
    For each row the edge is cut where its column changes and nowhere else, so that
    rounding does not depend on crossings that step 5 leaves out, nor on `depths`.
    """
    after = state
    for row in range(2 * depths + 1):
        ax = px
        ay = py
        after = state
        column = _column(row, kind, own, state, depths)
        for i in range(n + 1):
            bx = qx
            by = qy
            following: Whole = np.int64(-2)
            if i < n:
                bx = spot[i, 1]
                by = spot[i, 2]
                after += step[i, 0]
                following = _column(row, kind, own, after, depths)
            if following == column:
                continue
            rise = by - ay
            if column >= 0 and column < len(left) and rise != 0.0:
                middle = 0.5 * (ax + bx)
                area_sums[row, column] += np.int64(
                    np.rint((middle - left[column]) * rise * unit[column])
                )
            ax = bx
            ay = by
            column = following
    return after


@inlined
def _position(x: float, width: float) -> Whole:
    """Column (or row) of the grid that holds x."""
    position = int(x / width)
    return position + 1 if (position + 1) * width <= x else position


@bare
def walk_edge(
    px: float, py: float, qx: float, qy: float, state: Whole,
    n: Whole, spot: Float64, step: Int64, e: Whole, offset: Float32, depths: Whole,
    width: float, columns: Whole, before: Whole, number: Int32,
    left: Float64, unit: Float64, cell_sums: Int64, area_sums: Int64,
) -> Whole:  # fmt: skip
    """Add an edge p-q of a service, cut at n crossings and the grid's lines.

    Returns
    -------
    The state at q.

    Notes
    -----
    Points on the grid's lines come from the whole edge, never from a piece of it: the
    same bits whatever else crosses the edge.
    """
    dx = qx - px
    dy = qy - py
    column = _position(px, width)
    row = _position(py, width)
    last_column = _position(qx, width)
    last_row = _position(qy, width)
    ax = px
    ay = py
    i = 0
    while True:
        x_line = 0.0
        y_line = 0.0
        x_t = 2.0
        y_t = 2.0
        if last_column != column:
            x_line = (column + 1.0) * width if last_column > column else column * width
            x_t = (x_line - px) / dx
        if last_row != row:
            y_line = (row + 1.0) * width if last_row > row else row * width
            y_t = (y_line - py) / dy
        bx = qx
        by = qy
        next_column = column
        next_row = row
        change = np.int64(0)
        ended = False
        if i < n and spot[i, 0] <= min(x_t, y_t):
            bx = spot[i, 1]
            by = spot[i, 2]
            change = step[i, 0]
            i += 1
        elif min(x_t, y_t) > 1.5:
            ended = True
        elif x_t < y_t:
            bx = x_line
            by = py + x_t * dy
            next_column += 1 if last_column > column else -1
        else:
            bx = px + y_t * dx
            by = y_line
            next_row += 1 if last_row > row else -1
        depth = service_depth(state)
        if depth >= 0 and depth < depths:
            beside = 0.0
            if len(offset):
                beside = beside_piece(
                    px, py, qx, qy, ax, ay, bx, by,
                    np.float64(offset[e, 0]), np.float64(offset[e, 1]),
                    np.float64(offset[e + 1, 0]), np.float64(offset[e + 1, 1]),
                )  # fmt: skip
            add_service_piece(
                ax, ay, bx, by, column, row, state, depth, depths, beside,
                width, columns, before, number, left, unit, cell_sums, area_sums,
            )  # fmt: skip
        if ended:
            return state
        state += change
        ax = bx
        ay = by
        column = next_column
        row = next_row


@bare
def walk_line(
    px: float, py: float, qx: float, qy: float, state: Whole,
    n: Whole, spot: Float64, step: Int64, own: Whole, depths: Whole,
    width: float, columns: Whole, before: Whole, number: Int32,
    cell_sums: Int64, length_sums: Int64, line_sums: Int64,
) -> Whole:  # fmt: skip
    """Add an edge p-q of a line: its length, whole and under each depth.

    Returns
    -------
    The state at q.

    Notes
    -----
    Lengths are taken from the edge's beginning and rounded there, so that cuts at which
    nothing changes are of no matter. What lies on a border is of the first zone there.
    """
    dx = qx - px
    dy = qy - py
    whole = np.sqrt(dx * dx + dy * dy) * AREA_UNIT
    outside = length_sums.shape[1] - 1
    column = _position(px, width)
    row = _position(py, width)
    last_column = _position(qx, width)
    last_row = _position(qy, width)
    right = 1 if last_column > column else 0
    up = 1 if last_row > row else 0
    x_t = ((column + right) * width - px) / dx if last_column != column else 2.0
    y_t = ((row + up) * width - py) / dy if last_row != row else 2.0
    passed = np.int64(0)
    beside = 0.0
    i = 0
    while True:
        t = min(x_t, y_t, 1.0)
        is_event = i < n and spot[i, 0] <= t
        if is_event:
            t = spot[i, 0]
        length = np.int64(np.rint(t * whole))
        piece = length - passed
        passed = length
        zone = zone_of_state(state)
        if zone < 0 or zone > outside:
            zone = outside
        if beside > 0.0:
            zone = min(zone, np.int64(beside) - 1)
        length_sums[depths, zone] += piece
        depth = min(service_depth(state), depths)
        if depth > 0:
            cell = number[row * columns + column - before]
            for k in range(depth):
                length_sums[k, zone] += piece
                cell_sums[cell, 2 * depths + k] += piece
                line_sums[k, own] += piece
        if is_event:
            state += step[i, 0]
            beside += spot[i, 1]
            i += 1
        elif min(x_t, y_t) > 1.5:
            return state
        elif x_t < y_t:
            column += 2 * right - 1
            x_t = 2.0
            if column != last_column:
                x_t = ((column + right) * width - px) / dx
        else:
            row += 2 * up - 1
            y_t = 2.0
            if row != last_row:
                y_t = ((row + up) * width - py) / dy
