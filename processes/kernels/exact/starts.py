"""Step 6: the state at a vertex, by walking there from the point of its cell."""

from __future__ import annotations

import numpy as np

from processes.kernels.exact.compile import bare
from processes.kernels.exact.perturb import is_left
from processes.kernels.exact.scene import Int32, Int64, Whole


@bare
def edges_on_way(
    vx: Whole, vy: Whole, x0: Whole, n: Whole, box: Int32, item: Int64
) -> Whole:
    """Write to `item` which of n edges the way to a vertex can meet; how many.

    Parameters
    ----------
    x0 : left side of the cell [mm]
    box : (4, n) of `subgrid.gather`
    """
    kept: Whole = 0
    for k in range(n):
        item[kept] = k
        kept += (
            (box[0, k] <= vx) & (box[1, k] <= vy)
            & ((box[0, k] <= x0) | (box[3, k] >= vy))
        )  # fmt: skip
    return kept


@bare
def change_to_vertex(
    vx: Whole, vy: Whole, own_priority: Whole,
    shape_weight: Int64, shape_priority: Int64,
    x0: Whole, y0: Whole, across: Whole, size: Whole,
    start: Int64, item: Int64, ends: Int64, shape: Int64,
) -> Whole:  # fmt: skip
    """Change of state from the cell's point to a vertex (vx, vy).

    Parameters
    ----------
    own_priority : of the vertex's shape
    shape_weight, shape_priority : of all shapes
    x0, y0 : corner of the cell [mm]; its point lies half a millimetre inside
    start, item : subcells, of `subgrid.subdivide`; of a whole cell, of `edges_on_way`
    ends, shape : edges of the cell

    Notes
    -----
    The way goes up (or half a millimetre down) to the vertex's height, then right. It
    is cut half a millimetre beyond each subcell's border, so that an edge listed in
    two subcells is met once; both ends of each piece are judged exactly. Edges of the
    shape itself, and of its priority, are left out; so are those above, below or right
    of the way, which it cannot meet.
    """
    change = np.int64(0)
    last_row = min((vy - y0) // size, across - 1)
    last_column = min((vx - x0) // size, across - 1)
    x2 = 2 * x0 + 1
    for row in range(last_row + 1):
        from2 = 2 * (y0 + row * size) + 1
        to2: Whole = 2 * vy
        to_priority = own_priority
        if row < last_row:
            to2 = 2 * (y0 + (row + 1) * size) + 1
            to_priority = -1
        for k in range(start[row * across], start[row * across + 1]):
            i = item[k]
            ax = ends[i, 0]
            bx = ends[i, 2]
            if (ax <= x0) == (bx <= x0):
                continue
            weight = shape_weight[shape[i]]
            priority = shape_priority[shape[i]]
            if weight == 0 or priority == own_priority:
                continue
            ay = ends[i, 1]
            by = ends[i, 3]
            ended = is_left(x2, to2, ax, ay, bx, by, to_priority, priority)
            if is_left(x2, from2, ax, ay, bx, by, -1, priority) != ended:
                change += weight if ended else -weight
    for column in range(last_column + 1):
        from2 = 2 * (x0 + column * size) + 1
        to2 = 2 * vx
        if column < last_column:
            to2 = 2 * (x0 + (column + 1) * size) + 1
        subcell = last_row * across + column
        for k in range(start[subcell], start[subcell + 1]):
            i = item[k]
            ax = ends[i, 0]
            ay = ends[i, 1]
            bx = ends[i, 2]
            by = ends[i, 3]
            if min(ay, by) > vy or max(ay, by) < vy or min(ax, bx) > vx:
                continue
            weight = shape_weight[shape[i]]
            priority = shape_priority[shape[i]]
            if weight == 0 or priority == own_priority:
                continue
            shifted_less = priority < own_priority
            below_a = ay < vy or (ay == vy and shifted_less)
            below_b = by < vy or (by == vy and shifted_less)
            if below_a == below_b:
                continue
            ended = is_left(to2, 2 * vy, ax, ay, bx, by, own_priority, priority)
            began = is_left(from2, 2 * vy, ax, ay, bx, by, own_priority, priority)
            if began != ended:
                change += weight if ended else -weight
    return change
