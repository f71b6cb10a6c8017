"""Step 7, second half: what a straight piece of an edge adds to the sums.

The area under a piece is (its middle x - a left side) * (its rise). Summed over the
edges about a place, left sides cancel: what is left is the area to the left of them.
"""

from __future__ import annotations

import numpy as np

from processes.kernels.exact.compile import compiled, inlined
from processes.kernels.exact.events import Events
from processes.kernels.exact.scene import (
    AREA_UNIT,
    HEIGHT_UNIT,
    OTHER,
    SERVICE,
    ZONE,
    Frames,
    Grid,
    Int32,
    Sums,
    Whole,
    other_depth,
    service_depth,
    zone_of_state,
)


@inlined
def add_service_piece(
    ax: float, ay: float, bx: float, by: float, column: Whole, row: Whole,
    state: Whole, depth: Whole, depths: Whole,
    grid: Grid, number: Int32, frames: Frames, sums: Sums,
) -> None:  # fmt: skip
    """Add a piece of a service's edge: below `depth` services lies outside it.

    Notes
    -----
    Heights are rounded end by end, so that they cancel to the bit along a chain.
    """
    rise = by - ay
    if rise != 0.0:
        middle = 0.5 * (ax + bx)
        x0 = column * float(grid.cell)
        y0 = row * float(grid.cell)
        c = number[row * grid.columns + column]
        sums.cell[c, 2 * depth] += np.int64(np.rint((middle - x0) * rise * AREA_UNIT))
        sums.cell[c, 2 * depth + 1] += np.int64(
            np.rint((by - y0) * HEIGHT_UNIT)
        ) - np.int64(np.rint((ay - y0) * HEIGHT_UNIT))
        everything = len(frames.left) - 1
        zone = zone_of_state(state)
        held = zone >= 0 and zone < everything
        if held:
            sums.area[depth, zone] += np.int64(
                np.rint((middle - frames.left[zone]) * rise * frames.unit[zone])
            )
        if other_depth(state) > 0:
            if held:
                sums.area[depths + depth, zone] += np.int64(
                    np.rint((middle - frames.left[zone]) * rise * frames.unit[zone])
                )
            sums.area[depths + depth, everything] += np.int64(
                np.rint(
                    (middle - frames.left[everything]) * rise * frames.unit[everything]
                )
            )


@compiled
def _add_line_piece(
    ax: float, ay: float, bx: float, by: float, cell: Whole,
    state: Whole, depths: Whole, sums: Sums,
) -> None:  # fmt: skip
    """Add a piece of a line: its length, whole and under each depth."""
    length = np.int64(np.rint(np.hypot(bx - ax, by - ay) * AREA_UNIT))
    outside = sums.length.shape[1] - 1
    zone = zone_of_state(state)
    if zone < 0 or zone > outside:
        zone = outside
    sums.length[depths, zone] += length
    for k in range(min(service_depth(state), depths)):
        sums.length[k, zone] += length
        sums.cell[cell, 2 * depths + k] += length


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
    state: Whole, depths: Whole, frames: Frames, sums: Sums,
) -> None:  # fmt: skip
    """Add a piece of the edge of a zone or of an other."""
    rise = by - ay
    if rise == 0.0 or _border_class(kind, state, depths) < 0:
        return
    both = kind == OTHER or other_depth(state) > 0
    everything = len(frames.left) - 1
    middle = 0.5 * (ax + bx)
    deep = min(service_depth(state), depths)
    zone = own_row if kind == ZONE else zone_of_state(state)
    if zone >= 0 and zone < everything:
        part = np.int64(
            np.rint((middle - frames.left[zone]) * rise * frames.unit[zone])
        )
        for k in range(deep):
            if kind == ZONE:
                sums.area[k, zone] += part
            if both:
                sums.area[depths + k, zone] += part
        if both:
            sums.area[2 * depths, zone] += part
    if kind == OTHER:
        part = np.int64(
            np.rint((middle - frames.left[everything]) * rise * frames.unit[everything])
        )
        for k in range(deep):
            sums.area[depths + k, everything] += part
        sums.area[2 * depths, everything] += part


@compiled
def walk_border(
    px: float, py: float, qx: float, qy: float, state: Whole,
    n: Whole, events: Events, kind: Whole, own_row: Whole, depths: Whole,
    frames: Frames, sums: Sums,
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
        state += events.weight[i]
        if _border_class(kind, state, depths) != _border_class(kind, held, depths):
            bx = events.x[i]
            by = events.y[i]
            _add_border_piece(ax, ay, bx, by, kind, own_row, held, depths, frames, sums)
            ax = bx
            ay = by
            held = state
    _add_border_piece(ax, ay, qx, qy, kind, own_row, held, depths, frames, sums)
    return state


@compiled
def walk_edge(
    px: float, py: float, qx: float, qy: float, state: Whole,
    n: Whole, events: Events, kind: Whole, depths: Whole,
    grid: Grid, number: Int32, frames: Frames, sums: Sums,
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
    width = float(grid.cell)
    dx = qx - px
    dy = qy - py
    column = int(px // width)
    row = int(py // width)
    last_column = int(qx // width)
    last_row = int(qy // width)
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
        if i < n and events.t[i] <= min(x_t, y_t):
            bx = events.x[i]
            by = events.y[i]
            change = events.weight[i]
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
                    grid, number, frames, sums,
                )  # fmt: skip
        else:
            cell = number[row * grid.columns + column]
            _add_line_piece(ax, ay, bx, by, cell, state, depths, sums)
        if ended:
            return state
        state += change
        ax = bx
        ay = by
        column = next_column
        row = next_row
