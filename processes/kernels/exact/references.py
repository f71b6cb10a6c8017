"""Step 3: the state at one point of every cell, and which of them a shape holds.

The point of a cell lies half a millimetre right of and above its corner, so that no
vertex ever lies on the lines through it; ties are left to the exact side.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from processes.kernels.exact.compile import bare, compiled
from processes.kernels.exact.perturb import is_left
from processes.kernels.exact.scene import (
    EMPTY,
    OTHER,
    SERVICE,
    Grid,
    Int8,
    Int64,
    Scene,
    Whole,
    other_depth,
    service_depth,
)

_NEAR_MM = 0.01
_FREE_CELLS = 1024
_CELLS_PER_VERTEX = 64


class Windings(NamedTuple):
    """How often each service and other winds about the points of the cells of its box.

    Parameters
    ----------
    box : (s, 3) first column, first row, number of columns
    start : (s + 1,) first value of each shape; none for shapes with too large a box
    value : (n,) row by row
    """

    box: Int64
    start: Int64
    value: Int8


@bare
def first_column(
    ax: Whole, ay: Whole, bx: Whole, by: Whole, row: Whole, cell: Whole, priority: Whole
) -> Whole:
    """First column whose point lies right of where an edge passes a row's line.

    Notes
    -----
    Found in floating point; within 1/100 mm of a point the exact side decides.
    """
    x = ax + (row * cell + 0.5 - ay) * (float(bx - ax) / float(by - ay))
    column = int(np.floor((x - 0.5) / cell)) + 1
    for c in range(column - 1, column + 1):
        if abs(c * cell + 0.5 - x) < _NEAR_MM:
            left = is_left(
                2 * c * cell + 1, 2 * row * cell + 1, ax, ay, bx, by, -1, priority
            )
            return c if left == (by < ay) else c + 1
    return column


@bare
def add_steps(
    first: Whole, last: Whole, scene: Scene, grid: Grid, windings: Windings, step: Int64
) -> None:
    """Let rows of points feel shapes first..last, and fill their windings.

    Parameters
    ----------
    windings : of services and others; zeros at first
    step : (rows, columns) changes of state from one cell to the next in a row
    """
    xy = scene.xy
    edge_shape = scene.edge_shape
    chain_start = scene.chain_start
    shape_start = scene.shape_start
    value = windings.value
    cell = np.int64(grid.cell)
    inverse = 1.0 / cell
    for shape in range(first, last):
        weight = scene.weight[shape]
        if weight == 0:
            continue
        priority = scene.priority[shape]
        begin = windings.start[shape]
        end = windings.start[shape + 1]
        left = windings.box[shape, 0]
        bottom = windings.box[shape, 1]
        columns = windings.box[shape, 2]
        for e in range(
            chain_start[shape_start[shape]], chain_start[shape_start[shape + 1]]
        ):
            if edge_shape[e] < 0:
                continue
            ay = np.int64(xy[e, 1])
            by = np.int64(xy[e + 1, 1])
            top = max(ay, by)
            row = np.int64(min(ay, by) * inverse)
            if row * cell < min(ay, by):
                row += 1
            while row * cell < top and ay != by:
                column = first_column(
                    np.int64(xy[e, 0]), ay, np.int64(xy[e + 1, 0]), by,
                    row, cell, priority,
                )  # fmt: skip
                sign = 1 if by < ay else -1
                step[row - grid.row, column - grid.column] += sign * weight
                if begin < end and column < left + columns:
                    value[begin + (row - bottom) * columns + column - left] += sign
                row += 1
        for row_begin in range(begin, end, max(columns, 1)):
            for k in range(row_begin + 1, row_begin + columns):
                value[k] += value[k - 1]


@bare
def sum_rows(first: Whole, last: Whole, steps: Int64) -> None:
    """States of rows first..last, from the steps of every thread, into steps[0].

    Parameters
    ----------
    steps : (threads, rows, columns)
    """
    threads, _, columns = steps.shape
    for row in range(first, last):
        state = np.int64(EMPTY)
        for column in range(columns):
            for t in range(threads):
                state += steps[t, row, column]
            steps[0, row, column] = state


@compiled
def deepest(reference: Int64) -> tuple[Whole, Whole]:
    """Greatest depth of services and of others at the points of the cells."""
    services: Whole = np.int64(0)
    others: Whole = np.int64(0)
    for state in reference.flat:
        services = max(services, service_depth(state))
        others = max(others, other_depth(state))
    return services, others


@bare
def winding_boxes(
    first: Whole, last: Whole, scene: Scene, grid: Grid, box: Int64, cells: Int64
) -> None:
    """Write `box` of `Windings` and how many values shapes first..last have.

    Notes
    -----
    Memory grows with vertices, not with area: wide shapes of few vertices have none.
    """
    xy = scene.xy
    cell = np.int64(grid.cell)
    for shape in range(first, last):
        begin = scene.chain_start[scene.shape_start[shape]]
        end = scene.chain_start[scene.shape_start[shape + 1]]
        kind = scene.kind[shape]
        if (kind != SERVICE and kind != OTHER) or begin == end:
            continue
        left = right = np.int64(xy[begin, 0])
        bottom = top = np.int64(xy[begin, 1])
        for v in range(begin, end):
            x = np.int64(xy[v, 0])
            y = np.int64(xy[v, 1])
            left = min(left, x)
            right = max(right, x)
            bottom = min(bottom, y)
            top = max(top, y)
        box[shape, 0] = (left - 1) // cell
        box[shape, 1] = (bottom - 1) // cell
        box[shape, 2] = (right + 1) // cell - box[shape, 0] + 1
        n = box[shape, 2] * ((top + 1) // cell - box[shape, 1] + 1)
        if n <= _FREE_CELLS + _CELLS_PER_VERTEX * (end - begin):
            cells[shape] = n


@bare
def winding_at(
    scene: Scene,
    grid: Grid,
    windings: Windings,
    shape: Whole,
    row: Whole,
    column: Whole,
) -> Whole:
    """How often a shape winds about the point of a cell of its box."""
    begin = windings.start[shape]
    if begin < windings.start[shape + 1]:
        down = row - windings.box[shape, 1]
        right = column - windings.box[shape, 0]
        return np.int64(windings.value[begin + down * windings.box[shape, 2] + right])
    x0 = np.int64(column) * grid.cell
    y0 = np.int64(row) * grid.cell
    total = np.int64(0)
    for e in range(
        scene.chain_start[scene.shape_start[shape]],
        scene.chain_start[scene.shape_start[shape + 1]],
    ):
        if scene.edge_shape[e] < 0:
            continue
        ay = np.int64(scene.xy[e, 1])
        by = np.int64(scene.xy[e + 1, 1])
        if (ay <= y0) != (by <= y0):
            left = is_left(
                2 * x0 + 1, 2 * y0 + 1,
                np.int64(scene.xy[e, 0]), ay, np.int64(scene.xy[e + 1, 0]), by,
                -1, scene.priority[shape],
            )  # fmt: skip
            if left == (by < ay):
                total += 1 if by < ay else -1
    return total
