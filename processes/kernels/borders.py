"""Which parts of a ground that was cut along borders belong together again.

Parts of neighbouring zones are one where their outlines share a stretch of border.
Every edge of an outline that runs along a border is noted on that border as a stretch;
stretches that overlap join their parts. No union is built.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely

from processes.kernels.arrays import FloatArray, GeometryArray, IntArray
from processes.kernels.visibility.compiled import compiled

_NEAR_M = 5e-5  # cut points, and what is mended, lie closer to their border
_SHARED_M = 1e-3
_CELL_M = 100.0
_MOST_CELLS = 4_000_000


class _Grid(NamedTuple):
    """Borders by square cells: those of cell c are item[start[c]:start[c + 1]]."""

    x0: float
    y0: float
    cell_m: float
    columns: int
    rows: int
    start: IntArray
    item: IntArray


def joined_parts(
    parts: GeometryArray, owner: IntArray, zones: GeometryArray
) -> IntArray:
    """The group of each part: parts of one owner that share a stretch of border.

    Parameters
    ----------
    parts : (n,) valid polygons, each within one zone and cut at its borders
    owner : (n,) only parts of the same owner are joined
    zones : (z,) valid (multi)polygons that share their borders

    Returns
    -------
    (n,) numbers 0, 1, … in the order of the groups' first parts.

    Notes
    -----
    A millimetre of common border joins; touching in a point does not.

    Examples
    --------
    >>> row = shapely.box([0, 1, 5], 0, [1, 2, 6], 1)
    >>> joined_parts(row, np.zeros(3, np.int64), shapely.box([0, 1], 0, [1, 6], 1))
    array([0, 0, 1])
    """
    n = len(parts)
    border = _borders(zones)
    if n == 0 or len(border) == 0:
        return np.arange(n)
    ring, of_part = shapely.get_rings(parts, return_index=True)
    xy, of_ring = shapely.get_coordinates(ring, return_index=True)
    part = of_part[of_ring].astype(np.int64)
    is_edge = np.append(of_ring[1:] == of_ring[:-1], False)
    grid = _gridded(border)
    count = _stretches(xy, part, is_edge, border, grid, np.empty((0, 2)), _NO_INTS)
    reach, found = np.empty((count, 2)), np.empty((count, 2), np.int64)
    _stretches(xy, part, is_edge, border, grid, reach, found)
    order = np.lexsort((reach[:, 0], found[:, 0]))
    root = _united(reach[order], found[order], owner, n)
    _, first, group = np.unique(root, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[group]


_NO_INTS: IntArray = np.empty((0, 2), np.int64)


def _borders(zones: GeometryArray) -> FloatArray:
    """(b, 4) straight pieces of the zones' outlines, each once, from left to right."""
    ring = shapely.get_rings(shapely.get_parts(zones))
    xy, of_ring = shapely.get_coordinates(ring, return_index=True)
    is_edge = of_ring[1:] == of_ring[:-1]
    a, b = xy[:-1][is_edge], xy[1:][is_edge]
    turned = (a[:, 0] > b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] > b[:, 1]))
    a[turned], b[turned] = b[turned], a[turned].copy()
    return np.unique(np.hstack([a, b]), axis=0)


def _gridded(border: FloatArray) -> _Grid:
    """Borders by the cells that they may cross."""
    x0, y0 = border[:, :2].min(axis=0)[0], border[:, [1, 3]].min()
    x1, y1 = border[:, 2].max(), border[:, [1, 3]].max()
    cell_m = max(_CELL_M, float(np.sqrt((x1 - x0) * (y1 - y0) / _MOST_CELLS)))
    columns, rows = int((x1 - x0) / cell_m) + 1, int((y1 - y0) / cell_m) + 1
    bare = _Grid(x0, y0, cell_m, columns, rows, np.zeros(1, np.int64), _NO_ITEM)
    count = np.zeros(columns * rows + 1, np.int64)
    _listed(border, bare, count, _NO_ITEM)
    start = np.cumsum(count)
    item = np.empty(start[-1], np.int64)
    _listed(border, bare, start[:-1].copy(), item)
    return bare._replace(start=start, item=item)


_NO_ITEM: IntArray = np.empty(0, np.int64)


@compiled
def _listed(border: FloatArray, grid: _Grid, free: IntArray, item: IntArray) -> None:
    """Count the borders of every cell in `free[cell + 1]`; or note them from `free`."""
    for k in range(len(border)):
        ax, ay, bx, by = border[k, 0], border[k, 1], border[k, 2], border[k, 3]
        low, high = min(ay, by) - _NEAR_M, max(ay, by) + _NEAR_M
        first = max(int((low - grid.y0) / grid.cell_m), 0)
        last = min(int((high - grid.y0) / grid.cell_m), grid.rows - 1)
        for row in range(first, last + 1):
            left, right = ax, bx
            if ay != by:  # the stretch of the border within this row
                y_low = grid.y0 + row * grid.cell_m - _NEAR_M
                y_high = y_low + grid.cell_m + 2 * _NEAR_M
                s = (min(max(y_low, low), high) - ay) / (by - ay)
                t = (min(max(y_high, low), high) - ay) / (by - ay)
                left = ax + max(min(s, t), 0.0) * (bx - ax)
                right = ax + min(max(s, t), 1.0) * (bx - ax)
            begin = max(int((left - _NEAR_M - grid.x0) / grid.cell_m), 0)
            end = min(int((right + _NEAR_M - grid.x0) / grid.cell_m), grid.columns - 1)
            for cell in range(row * grid.columns + begin, row * grid.columns + end + 1):
                if len(item) == 0:
                    free[cell + 1] += 1
                else:
                    item[free[cell]] = k
                    free[cell] += 1


@compiled
def _stretches(
    xy: FloatArray, part: IntArray, is_edge: np.ndarray, border: FloatArray,
    grid: _Grid, reach: FloatArray, found: IntArray,
) -> int:  # fmt: skip
    """How many edges run along a border; their stretch of it, its number, their part.

    Parameters
    ----------
    xy, part, is_edge : (v,) vertices; an edge goes from one to the next
    reach, found : written where there is room: from and to [m], border and part
    """
    n = 0
    for v in range(len(xy) - 1):
        if not is_edge[v]:
            continue
        x = (xy[v, 0] + xy[v + 1, 0]) / 2
        y = (xy[v, 1] + xy[v + 1, 1]) / 2
        column = int((x - grid.x0) / grid.cell_m)
        row = int((y - grid.y0) / grid.cell_m)
        if not (0 <= column < grid.columns and 0 <= row < grid.rows):
            continue
        cell = row * grid.columns + column
        for i in range(grid.start[cell], grid.start[cell + 1]):
            k = grid.item[i]
            dx, dy = border[k, 2] - border[k, 0], border[k, 3] - border[k, 1]
            length = np.sqrt(dx * dx + dy * dy)
            dx, dy = dx / length, dy / length
            px, py = xy[v, 0] - border[k, 0], xy[v, 1] - border[k, 1]
            qx, qy = xy[v + 1, 0] - border[k, 0], xy[v + 1, 1] - border[k, 1]
            if abs(px * dy - py * dx) > _NEAR_M or abs(qx * dy - qy * dx) > _NEAR_M:
                continue
            p, q = px * dx + py * dy, qx * dx + qy * dy
            begin, end = max(min(p, q), 0.0), min(max(p, q), length)
            if end - begin < _SHARED_M:
                continue
            if n < len(reach):
                reach[n, 0], reach[n, 1] = begin, end
                found[n, 0], found[n, 1] = k, part[v]
            n += 1
    return n


@compiled
def _united(reach: FloatArray, found: IntArray, owner: IntArray, n: int) -> IntArray:
    """The least part of each part's group.

    Parameters
    ----------
    reach, found : stretches, ordered by border and beginning
    """
    root = np.arange(n)
    for i in range(len(reach)):
        for j in range(i + 1, len(reach)):
            if found[j, 0] != found[i, 0] or reach[j, 0] > reach[i, 1] - _SHARED_M:
                break
            a, b = found[i, 1], found[j, 1]
            if owner[a] != owner[b] or reach[j, 1] - reach[j, 0] < _SHARED_M:
                continue
            while root[a] != a:
                root[a] = root[root[a]]
                a = root[a]
            while root[b] != b:
                root[b] = root[root[b]]
                b = root[b]
            root[max(a, b)] = min(a, b)
    for a in range(n):  # roots are smaller than what hangs on them
        root[a] = root[root[a]]
    return root
