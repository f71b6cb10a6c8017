"""The edges of one cell, in a finer grid of their own."""

from __future__ import annotations

import numpy as np

from processes.kernels.exact.bins import x_range
from processes.kernels.exact.compile import bare, compiled, inlined
from processes.kernels.exact.scene import (
    OTHER,
    SERVICE,
    ZONE,
    Int8,
    Int32,
    Int64,
    Truth,
    Whole,
)

MOST_ACROSS = 64
MOST_IN_RUNS = 256
WANTED, DEAD_LINE, OF_ZONE, DEAD_OTHER, DEAD_SERVICE = 1, 2, 4, 8, 16
_LINE_AND_ZONE = DEAD_LINE | OF_ZONE
_EDGES_PER_SUBCELL = 3.0
_LONG = 0.3  # of a cell's width, from which an edge's box is that of its part in it
_RIM_MM = 4


@bare
def _clip(
    ax: float, ay: float, bx: float, by: float, x0: Whole, y0: Whole, width: float,
    k: Whole, box: Int32,
) -> None:  # fmt: skip
    """Box k of what an edge, seen from the cell's corner, has in its cell."""
    u, v = x_range(ax, ay, bx, by, -1.0, width + 1.0)
    s, t = x_range(ay, ax, by, bx, -1.0, width + 1.0)
    box[0, k] = x0 + np.int64(max(u, 0.0)) - _RIM_MM
    box[1, k] = y0 + np.int64(max(s, 0.0)) - _RIM_MM
    box[2, k] = x0 + np.int64(min(v, width)) + _RIM_MM
    box[3, k] = y0 + np.int64(min(t, width)) + _RIM_MM


@bare
def gather(
    xy: Int32, edge_shape: Int32, kind: Int8, edge: Int32, active: Int8,
    all_wanted: Truth, x0: Whole, y0: Whole, cell: Whole,
    ends: Int64, box: Int32, shape: Int64, wanted: Int8,
) -> None:  # fmt: skip
    """Copy the edges of a cell next to each other.

    Parameters
    ----------
    xy, edge_shape : of the scene
    edge : (n,) the edges
    x0, y0, cell : corner and width of the cell [mm]
    ends : (n, 4) written: both ends
    box : (4, n) written: least x, y and greatest x, y; of a long edge, of what lies in
        the cell
    shape, wanted : (n,) written: shape of each edge; what it is, as of `matter`
    """
    long = cell * _LONG
    for k in range(len(edge)):
        e = edge[k]
        ax = np.int64(xy[e, 0])
        ay = np.int64(xy[e, 1])
        bx = np.int64(xy[e + 1, 0])
        by = np.int64(xy[e + 1, 1])
        ends[k, 0] = ax
        ends[k, 1] = ay
        ends[k, 2] = bx
        ends[k, 3] = by
        box[0, k] = min(ax, bx)
        box[1, k] = min(ay, by)
        box[2, k] = max(ax, bx)
        box[3, k] = max(ay, by)
        if abs(bx - ax) + abs(by - ay) > long:
            _clip(
                float(ax - x0), float(ay - y0), float(bx - x0), float(by - y0),
                x0, y0, float(cell), k, box,
            )  # fmt: skip
        shape[k] = edge_shape[e]
        if all_wanted:
            wanted[k] = WANTED
            continue
        wanted[k] = matter(kind[shape[k]], active[e])


@inlined
def matter(kind: Whole, active: Whole) -> Whole:
    """What an edge in a dead cell is, as a bit or two."""
    found: Whole = WANTED if active == 1 else 0
    if kind == ZONE:
        found |= OF_ZONE
    elif active != 1:
        if kind == OTHER:
            found = DEAD_OTHER
        elif kind == SERVICE:
            found = DEAD_SERVICE
        elif active == 0:
            found = DEAD_LINE
    return found


@inlined
def is_wanted(both: Whole) -> Truth:
    """Whether a crossing counts, from `matter` of its two edges together.

    Notes
    -----
    In dead cells all is covered at every depth: zones are of matter to lines, others
    and zones to others, and services to nobody but what also passes a live cell.
    """
    if both & DEAD_LINE != 0:
        zone: Truth = both & OF_ZONE != 0
        return zone
    counts: Truth = (
        both & WANTED != 0 or both & (DEAD_OTHER | DEAD_SERVICE) == DEAD_OTHER
    )
    return counts


@inlined
def may_be_wanted(both: Whole) -> Truth:
    """The same of two runs of edges: whether any crossing of theirs may count."""
    may: Truth = (
        both & WANTED != 0
        or both & _LINE_AND_ZONE == _LINE_AND_ZONE
        or both & (DEAD_OTHER | DEAD_SERVICE) == DEAD_OTHER
    )
    return may


@bare
def usual_across(n: Whole, cell: Whole) -> Whole:
    """Subcells along one side of a cell with n edges."""
    across = int(np.sqrt(n / _EDGES_PER_SUBCELL))
    return min(max(across, 1), MOST_ACROSS, cell)


@bare
def _clamped(distance: float, inverse: float, across: Whole) -> Whole:
    """Subcell at a distance from the cell's corner, kept within the cell."""
    return min(int(max(distance, 0.0) * inverse), across - 1)


@bare
def _rows_of(
    ends: Int64, k: Whole, x0: Whole, y0: Whole, across: Whole, size: Whole, row: Whole
) -> tuple[Whole, Whole]:
    """First and last subcell that a long edge meets in a row of subcells."""
    inverse = 1.0 / size
    u, v = x_range(
        float(ends[k, 0] - x0), float(ends[k, 1] - y0),
        float(ends[k, 2] - x0), float(ends[k, 3] - y0),
        row * size - 1.0, (row + 1) * size + 1.0,
    )  # fmt: skip
    return (
        _clamped(u - 1.0, inverse, across),
        _clamped(v + 1.0, inverse, across),
    )


@compiled
def subdivide(
    n: Whole, ends: Int64, box: Int32, x0: Whole, y0: Whole, across: Whole, size: Whole,
    span: Int32, start: Int64, item: Int64,
) -> Int64:  # fmt: skip
    """Sort n edges into across * across subcells, `size` mm wide.

    Parameters
    ----------
    span : (n, 4) written: first column and row, last column and row of each edge
    start : (MOST_ACROSS**2 + 2,) written: first item of each subcell
    item : buffer for the items

    Returns
    -------
    The buffer that holds the items, `item` or a larger one.

    Notes
    -----
    An edge may be listed where it does not pass; never is it missing where it does.
    """
    cells = across * across
    if across == 1:
        start[0] = 0
        start[1] = n
        start[2] = n
        if n > len(item):
            item = np.empty(2 * n, np.int64)
        for k in range(n):
            item[k] = k
        return item
    start[: cells + 2] = 0
    inverse = 1.0 / size
    for k in range(n):
        column_0 = _clamped(float(box[0, k] - x0 - 1), inverse, across)
        row_0 = _clamped(float(box[1, k] - y0 - 1), inverse, across)
        column_1 = _clamped(float(box[2, k] - x0 + 1), inverse, across)
        row_1 = _clamped(float(box[3, k] - y0 + 1), inverse, across)
        span[k, 0] = column_0
        span[k, 1] = row_0
        span[k, 2] = column_1
        span[k, 3] = row_1
        long = row_1 - row_0 + column_1 - column_0 > 2
        for row in range(row_0, row_1 + 1):
            if long:
                column_0, column_1 = _rows_of(ends, k, x0, y0, across, size, row)
            for c in range(row * across + column_0, row * across + column_1 + 1):
                start[c + 2] += 1
    for c in range(2, cells + 2):
        start[c] += start[c - 1]
    if start[cells + 1] > len(item):
        item = np.empty(2 * start[cells + 1], np.int64)
    for k in range(n):
        column_0 = span[k, 0]
        column_1 = span[k, 2]
        row_0 = span[k, 1]
        row_1 = span[k, 3]
        long = row_1 - row_0 + column_1 - column_0 > 2
        for row in range(row_0, row_1 + 1):
            if long:
                column_0, column_1 = _rows_of(ends, k, x0, y0, across, size, row)
            for c in range(row * across + column_0, row * across + column_1 + 1):
                item[start[c + 1]] = k
                start[c + 1] += 1
    return item
