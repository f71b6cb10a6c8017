"""Step 7, second half: what a straight piece of an edge adds to the sums.

The area under a piece is (its middle x - a left side) * (its rise). Summed over the
edges about a place, left sides cancel: what is left is the area to the left of them.

Arrays of `Frames` and `Sums` are handed on one by one: `left`, `unit`; `cell_sums`,
`area_sums`, `length_sums`. Taking them from a tuple here, for every piece, costs more
than the sums themselves.
"""

from __future__ import annotations

import numpy as np

from processes.kernels.exact.compile import compiled, inlined
from processes.kernels.exact.scene import (
    AREA_UNIT,
    HEIGHT_UNIT,
    OTHER,
    SERVICE,
    ZONE,
    Float64,
    Int32,
    Int64,
    Whole,
    other_depth,
    service_depth,
    zone_of_state,
)


@inlined
def add_service_piece(
    ax: float, ay: float, bx: float, by: float, column: Whole, row: Whole,
    state: Whole, depth: Whole, depths: Whole,
    width: float, columns: Whole, number: Int32, left: Float64, unit: Float64,
    cell_sums: Int64, area_sums: Int64,
) -> None:  # fmt: skip
    """Add a piece of a service's edge: below `depth` services lies outside it.

    Notes
    -----
    Heights are rounded end by end, so that they cancel to the bit along a chain.
    """
    rise = by - ay
    if rise != 0.0:
        middle = 0.5 * (ax + bx)
        x0 = column * width
        y0 = row * width
        c = number[row * columns + column]
        cell_sums[c, 2 * depth] += np.int64(np.rint((middle - x0) * rise * AREA_UNIT))
        cell_sums[c, 2 * depth + 1] += np.int64(
            np.rint((by - y0) * HEIGHT_UNIT)
        ) - np.int64(np.rint((ay - y0) * HEIGHT_UNIT))
        everything = len(left) - 1
        zone = zone_of_state(state)
        held = zone >= 0 and zone < everything
        if held:
            area_sums[depth, zone] += np.int64(
                np.rint((middle - left[zone]) * rise * unit[zone])
            )
        if other_depth(state) > 0:
            if held:
                area_sums[depths + depth, zone] += np.int64(
                    np.rint((middle - left[zone]) * rise * unit[zone])
                )
            area_sums[depths + depth, everything] += np.int64(
                np.rint((middle - left[everything]) * rise * unit[everything])
            )


@compiled
def _add_line_piece(
    ax: float, ay: float, bx: float, by: float, cell: Whole,
    state: Whole, depths: Whole, cell_sums: Int64, length_sums: Int64,
) -> None:  # fmt: skip
    """Add a piece of a line: its length, whole and under each depth."""
    length = np.int64(np.rint(np.hypot(bx - ax, by - ay) * AREA_UNIT))
    outside = length_sums.shape[1] - 1
    zone = zone_of_state(state)
    if zone < 0 or zone > outside:
        zone = outside
    length_sums[depths, zone] += length
    for k in range(min(service_depth(state), depths)):
        length_sums[k, zone] += length
        cell_sums[cell, 2 * depths + k] += length


@compiled
def _border_class(kind: Whole, state: Whole, depths: Whole) -> Whole:
    """Number of what a piece of a zone's or other's edge is added to; -1 for nothing.

    Notes
    -----
    A zone's edge bounds what is covered to its left; so does an edge of an other where
    no further other lies over it.
    """
    deep = max(min(service_depth(state), depths), 0)
    others = other_depth(state)
    if kind == ZONE:
        return 2 * deep + (1 if others > 0 else 0)
    return -1 if others != 0 else (state >> 40) * 8 + deep


@compiled
def _add_border_piece(
    ax: float, ay: float, bx: float, by: float, kind: Whole, own_row: Whole,
    state: Whole, depths: Whole, left: Float64, unit: Float64, area_sums: Int64,
) -> None:  # fmt: skip
    """Add a piece of the edge of a zone or of an other."""
    rise = by - ay
    if rise == 0.0 or _border_class(kind, state, depths) < 0:
        return
    both = kind == OTHER or other_depth(state) > 0
    everything = len(left) - 1
    middle = 0.5 * (ax + bx)
    deep = min(service_depth(state), depths)
    zone = own_row if kind == ZONE else zone_of_state(state)
    if zone >= 0 and zone < everything:
        part = np.int64(np.rint((middle - left[zone]) * rise * unit[zone]))
        for k in range(deep):
            if kind == ZONE:
                area_sums[k, zone] += part
            if both:
                area_sums[depths + k, zone] += part
        if both:
            area_sums[2 * depths, zone] += part
    if kind == OTHER:
        part = np.int64(np.rint((middle - left[everything]) * rise * unit[everything]))
        for k in range(deep):
            area_sums[depths + k, everything] += part
        area_sums[2 * depths, everything] += part


@compiled
def walk_border(
    px: float, py: float, qx: float, qy: float, state: Whole,
    n: Whole, spot: Float64, step: Int64, kind: Whole, own_row: Whole, depths: Whole,
    left: Float64, unit: Float64, area_sums: Int64,
) -> Whole:  # fmt: skip
    """Add an edge p-q of a zone or an other, cut where what it is added to changes.

    Returns
    -------
    The state at q.

    Notes
    -----
    Crossings that change nothing do not cut, so that rounding is the same whether
    those of step 5 are known or not.
    """
    ax = px
    ay = py
    held = state
    for i in range(n):
        state += step[i, 0]
        if _border_class(kind, state, depths) != _border_class(kind, held, depths):
            bx = spot[i, 1]
            by = spot[i, 2]
            _add_border_piece(
                ax, ay, bx, by, kind, own_row, held, depths, left, unit, area_sums
            )
            ax = bx
            ay = by
            held = state
    _add_border_piece(
        ax, ay, qx, qy, kind, own_row, held, depths, left, unit, area_sums
    )
    return state


@inlined
def _position(x: float, width: float) -> Whole:
    """Column (or row) of the grid that holds x."""
    position = int(x / width)
    return position + 1 if (position + 1) * width <= x else position


@compiled
def walk_edge(
    px: float, py: float, qx: float, qy: float, state: Whole,
    n: Whole, spot: Float64, step: Int64, kind: Whole, depths: Whole,
    width: float, columns: Whole, number: Int32, left: Float64, unit: Float64,
    cell_sums: Int64, area_sums: Int64, length_sums: Int64,
) -> Whole:  # fmt: skip
    """Add an edge p-q of a service or line, cut at n crossings and the grid's lines.

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
        if kind == SERVICE:
            depth = service_depth(state)
            if depth >= 0 and depth < depths:
                add_service_piece(
                    ax, ay, bx, by, column, row, state, depth, depths,
                    width, columns, number, left, unit, cell_sums, area_sums,
                )  # fmt: skip
        else:
            cell = number[row * columns + column]
            _add_line_piece(ax, ay, bx, by, cell, state, depths, cell_sums, length_sums)
        if ended:
            return state
        state += change
        ax = bx
        ay = by
        column = next_column
        row = next_row
