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
def add_steps(first: Whole, last: Whole, scene: Scene, grid: Grid, step: Int64) -> None:
    """Add the weights of edges first..last where a row's points begin to feel them.

    Parameters
    ----------
    step : (rows, columns) changes of state from one cell to the next in a row
    """
    xy = scene.xy
    edge_shape = scene.edge_shape
    shape_weight = scene.weight
    shape_priority = scene.priority
    cell = np.int64(grid.cell)
    for e in range(first, last):
        shape = edge_shape[e]
        if shape < 0:
            continue
        weight = shape_weight[shape]
        ay = np.int64(xy[e, 1])
        by = np.int64(xy[e + 1, 1])
        if weight == 0 or ay == by:
            continue
        top = max(ay, by)
        row = (min(ay, by) + cell - 1) // cell
        if row * cell >= top:
            continue
        ax = np.int64(xy[e, 0])
        bx = np.int64(xy[e + 1, 0])
        if by > ay:
            weight = -weight
        while row * cell < top:
            column = first_column(ax, ay, bx, by, row, cell, shape_priority[shape])
            step[row - grid.row, column - grid.column] += weight
            row += 1


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


@compiled
def winding_boxes(scene: Scene, grid: Grid) -> tuple[Int64, Int64]:
    """`box` and `start` of `Windings`: memory grows with vertices, not with area."""
    n = len(scene.weight)
    cell = np.int64(grid.cell)
    box = np.zeros((n, 3), np.int64)
    start = np.zeros(n + 1, np.int64)
    for shape in range(n):
        start[shape + 1] = start[shape]
        first = scene.chain_start[scene.shape_start[shape]]
        last = scene.chain_start[scene.shape_start[shape + 1]]
        kind = scene.kind[shape]
        if (kind != SERVICE and kind != OTHER) or first == last:
            continue
        left = right = np.int64(scene.xy[first, 0])
        bottom = top = np.int64(scene.xy[first, 1])
        for v in range(first, last):
            x = np.int64(scene.xy[v, 0])
            y = np.int64(scene.xy[v, 1])
            left = min(left, x)
            right = max(right, x)
            bottom = min(bottom, y)
            top = max(top, y)
        box[shape, 0] = (left - 1) // cell
        box[shape, 1] = (bottom - 1) // cell
        box[shape, 2] = (right + 1) // cell - box[shape, 0] + 1
        cells = box[shape, 2] * ((top + 1) // cell - box[shape, 1] + 1)
        if cells <= _FREE_CELLS + _CELLS_PER_VERTEX * (last - first):
            start[shape + 1] += cells
    return box, start


@bare
def wind(
    first: Whole, last: Whole, scene: Scene, grid: Grid, windings: Windings
) -> None:
    """Fill the windings of shapes first..last."""
    xy = scene.xy
    edge_shape = scene.edge_shape
    cell = np.int64(grid.cell)
    value = windings.value
    for shape in range(first, last):
        begin = windings.start[shape]
        end = windings.start[shape + 1]
        if begin == end:
            continue
        left = windings.box[shape, 0]
        columns = windings.box[shape, 2]
        for e in range(
            scene.chain_start[scene.shape_start[shape]],
            scene.chain_start[scene.shape_start[shape + 1]],
        ):
            if edge_shape[e] < 0:
                continue
            ay = np.int64(xy[e, 1])
            by = np.int64(xy[e + 1, 1])
            top = max(ay, by)
            row = (min(ay, by) + cell - 1) // cell
            while row * cell < top and ay != by:
                column = first_column(
                    np.int64(xy[e, 0]), ay, np.int64(xy[e + 1, 0]), by,
                    row, cell, scene.priority[shape],
                )  # fmt: skip
                if column < left + columns:
                    at = begin + (row - windings.box[shape, 1]) * columns
                    value[at + column - left] += 1 if by < ay else -1
                row += 1
        for k in range(begin, end):
            if (k - begin) % columns != 0:
                value[k] += value[k - 1]


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
