"""Step 2: edges sorted into output cells, one millimetre wide of every side."""

from __future__ import annotations

import numpy as np

from processes.kernels.exact.compile import bare, compiled
from processes.kernels.exact.scene import Grid, Int32, Int64, Scene, Whole

_USUAL_CELLS = 4  # of an edge: room for them is made at once


@bare
def x_range(
    ax: float, ay: float, bx: float, by: float, low: float, high: float
) -> tuple[float, float]:
    """Least and greatest x of an edge where low <= y <= high."""
    if ay == by:
        return min(ax, bx), max(ax, bx)
    bottom = min(ay, by)
    top = max(ay, by)
    slope = (bx - ax) / (by - ay)
    u = ax + (min(max(low, bottom), top) - ay) * slope
    v = ax + (max(min(high, top), bottom) - ay) * slope
    return min(u, v), max(u, v)


@bare
def _list_cells(
    first: Whole, last: Whole, scene: Scene, grid: Grid, count: Int32, found: Int32
) -> Whole:
    """`list_cells` as far as there is room in `found`; how much is needed."""
    xy = scene.xy
    edge_shape = scene.edge_shape
    columns = grid.columns
    before = grid.row * columns + grid.column
    width = float(grid.cell)
    inverse = 1.0 / width
    room = len(found)
    n = 0
    for e in range(first, last):
        if edge_shape[e] < 0:
            continue
        ax = float(xy[e, 0])
        ay = float(xy[e, 1])
        bx = float(xy[e + 1, 0])
        by = float(xy[e + 1, 1])
        column_0 = int((min(ax, bx) - 1.0) * inverse)
        column_1 = int((max(ax, bx) + 1.0) * inverse)
        row_0 = int((min(ay, by) - 1.0) * inverse)
        row_1 = int((max(ay, by) + 1.0) * inverse)
        for row in range(row_0, row_1 + 1):
            left = column_0
            right = column_1
            if row_1 > row_0 and column_1 > column_0:
                u, v = x_range(
                    ax, ay, bx, by, row * width - 1.0, row * width + width + 1.0
                )
                left = int((u - 1.0) * inverse)
                right = int((v + 1.0) * inverse)
            base = row * columns - before
            for c in range(base + left, base + right + 1):
                if n < room:
                    found[n] = c
                n += 1
                count[c] += 1
        if n <= room:
            found[n - 1] = ~found[n - 1]
    return n


@compiled
def list_cells(
    first: Whole, last: Whole, scene: Scene, grid: Grid, count: Int32
) -> Int32:
    """The cells of each of the edges first..last, one after the other.

    Parameters
    ----------
    count : (rows * columns,) zeros; written: edges of each cell

    Returns
    -------
    (n,) places in the window, row * columns + column; the last of an edge as ~place.
    """
    found = np.empty(_USUAL_CELLS * (last - first), np.int32)
    n = _list_cells(first, last, scene, grid, count, found)
    if n > len(found):
        count[:] = 0
        found = np.empty(n, np.int32)
        _list_cells(first, last, scene, grid, count, found)
    return found[:n]


@bare
def put_edges(
    first: Whole, last: Whole, edge_shape: Int32, cells: Int32, free: Int32, edge: Int32
) -> None:
    """Put each of the edges first..last with every cell of its.

    Parameters
    ----------
    cells : of `list_cells`
    free : (rows * columns,) next free entry of each cell
    edge : (n,) written
    """
    k = 0
    for e in range(first, last):
        if edge_shape[e] < 0:
            continue
        more = True
        while more:
            more = cells[k] >= 0
            c = cells[k] if more else ~cells[k]
            edge[free[c]] = e
            free[c] += 1
            k += 1


@bare
def cell_of_vertex(scene: Scene, grid: Grid, vertex: Whole) -> Whole:
    """Place in the window, row * columns + column, of the cell that holds a vertex."""
    row = np.int64(scene.xy[vertex, 1]) // grid.cell - grid.row
    column = np.int64(scene.xy[vertex, 0]) // grid.cell - grid.column
    return row * grid.columns + column


@compiled
def number_cells(scene: Scene, grid: Grid, counts: Int32) -> tuple[Int64, Int32, Int64]:
    """`cell`, `number` and `start` of `Bins`; counts become the first free entries.

    Parameters
    ----------
    counts : (threads, rows * columns) edges that each thread counted

    Notes
    -----
    Entries of one cell are ordered by thread, so by edge: the same for any threads.
    """
    threads, size = counts.shape
    is_start = np.zeros(size, np.bool_)
    for chain in range(len(scene.chain_shape)):
        is_start[cell_of_vertex(scene, grid, scene.chain_start[chain])] = True
    number = np.full(size, -1, np.int32)
    n = 0
    for c in range(size):
        held = is_start[c]
        for t in range(threads):
            held = held or counts[t, c] > 0
        if held:
            number[c] = n
            n += 1
    cell = np.empty(n, np.int64)
    start = np.zeros(n + 1, np.int64)
    entry = np.int64(0)
    for c in range(size):
        if number[c] >= 0:
            cell[number[c]] = c
            for t in range(threads):
                held_here = np.int64(counts[t, c])
                counts[t, c] = np.int32(entry)
                entry += held_here
            start[number[c] + 1] = entry
    return cell, number, start


@compiled
def grouped(key: Int64, groups: Whole) -> tuple[Int64, Int64]:
    """Start of each group and the positions ordered by group, then by position."""
    start = np.zeros(groups + 1, np.int64)
    for k in key:
        start[k + 1] += 1
    for g in range(groups):
        start[g + 1] += start[g]
    free = start[:-1].copy()
    order = np.empty(len(key), np.int64)
    for i in range(len(key)):
        order[free[key[i]]] = i
        free[key[i]] += 1
    return start, order
