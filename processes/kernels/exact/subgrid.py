"""The edges of one cell, in a finer grid of their own."""

from __future__ import annotations

import numpy as np

from processes.kernels.exact.bins import x_range
from processes.kernels.exact.compile import compiled
from processes.kernels.exact.scene import Int8, Int32, Int64, Truth, Whole

MOST_ACROSS = 64
_EDGES_PER_SUBCELL = 3.0


@compiled
def gather(
    xy: Int32, edge_shape: Int32, edge: Int32, active: Int8, all_wanted: Truth,
    ends: Int64, box: Int64, shape: Int64, wanted: Int8,
) -> None:  # fmt: skip
    """Copy the edges of a cell next to each other.

    Parameters
    ----------
    xy, edge_shape : of the scene
    edge : (n,) the edges
    ends, box : (n, 4) written: both ends; least x, y and greatest x, y
    shape, wanted : (n,) written: shape of each edge; whether its crossings count
    """
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
        box[k, 0] = min(ax, bx)
        box[k, 1] = min(ay, by)
        box[k, 2] = max(ax, bx)
        box[k, 3] = max(ay, by)
        shape[k] = edge_shape[e]
        wanted[k] = 1 if all_wanted else active[e]


@compiled
def usual_across(n: Whole, cell: Whole) -> Whole:
    """Subcells along one side of a cell with n edges."""
    across = int(np.sqrt(n / _EDGES_PER_SUBCELL))
    return min(max(across, 1), MOST_ACROSS, cell)


@compiled
def _clamped(distance: float, inverse: float, across: Whole) -> Whole:
    """Subcell at a distance from the cell's corner, kept within the cell."""
    if distance <= 0.0:
        return 0
    return min(int(distance * inverse), across - 1)


@compiled
def _visit(
    n: Whole, ends: Int64, x0: Whole, y0: Whole, across: Whole, size: Whole,
    slot: Int64, item: Int64, fill: bool,
) -> None:  # fmt: skip
    """Count the edges by subcell in `slot`; or put them where it points."""
    inverse = 1.0 / size
    for k in range(n):
        ax = float(ends[k, 0] - x0)
        ay = float(ends[k, 1] - y0)
        bx = float(ends[k, 2] - x0)
        by = float(ends[k, 3] - y0)
        column_0 = _clamped(min(ax, bx) - 1.0, inverse, across)
        column_1 = _clamped(max(ax, bx) + 1.0, inverse, across)
        row_0 = _clamped(min(ay, by) - 1.0, inverse, across)
        row_1 = _clamped(max(ay, by) + 1.0, inverse, across)
        for row in range(row_0, row_1 + 1):
            left = column_0
            right = column_1
            if row_1 > row_0 and column_1 > column_0:
                u, v = x_range(ax, ay, bx, by, row * size - 1.0, (row + 1) * size + 1.0)
                left = _clamped(u - 1.0, inverse, across)
                right = _clamped(v + 1.0, inverse, across)
            for c in range(row * across + left, row * across + right + 1):
                if fill:
                    item[slot[c]] = k
                slot[c] += 1


@compiled
def subdivide(
    n: Whole, ends: Int64, x0: Whole, y0: Whole, across: Whole, size: Whole,
    start: Int64, item: Int64,
) -> Int64:  # fmt: skip
    """Sort n edges into across * across subcells, `size` mm wide.

    Parameters
    ----------
    start : (MOST_ACROSS**2 + 2,) written: first item of each subcell
    item : buffer for the items

    Returns
    -------
    The buffer that holds the items, `item` or a larger one.
    """
    cells = across * across
    start[: cells + 2] = 0
    _visit(n, ends, x0, y0, across, size, start[2:], item, False)
    for c in range(1, cells + 2):
        start[c] += start[c - 1]
    if start[cells + 1] > len(item):
        item = np.empty(2 * start[cells + 1], np.int64)
    _visit(n, ends, x0, y0, across, size, start[1:], item, True)
    return item
