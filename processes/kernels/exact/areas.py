"""Step 7, last part: areas of cells from the sums of their rows; weights of points."""

from __future__ import annotations

import numpy as np

from processes.kernels.exact.compile import bare, compiled
from processes.kernels.exact.scene import Float64, Grid, Int64, Whole

PART_BITS = 20


@compiled
def cell_areas(
    sums: Int64, cell: Int64, columns: Whole, width: float, unit: float, height: float
) -> tuple[Float64, Float64]:
    """Area of the numbered cells, and height at which the cells left of each are held.

    Parameters
    ----------
    sums : (n, 3 * depths) of `Sums`
    unit, height : parts that a square millimetre and a millimetre are divided into

    Returns
    -------
    (depths, n) mm2 and (depths, n) mm.

    Notes
    -----
    area = own area + width * sum of the heights of the cells right of it in the row.
    """
    depths = sums.shape[1] // 3
    n = len(cell)
    area = np.empty((depths, n))
    beside = np.empty((depths, n))
    for k in range(depths):
        right = np.int64(0)
        row = np.int64(-1)
        for i in range(n - 1, -1, -1):
            if cell[i] // columns != row:
                row = cell[i] // columns
                right = np.int64(0)
            area[k, i] = sums[i, 2 * k] / unit + width * (right / height)
            right += sums[i, 2 * k + 1]
            beside[k, i] = right / height
    return area, beside


@bare
def open_height(sums: Int64, cell: Int64, columns: Whole) -> Whole:
    """Greatest sum of heights over a row of cells; 0 where every outline is closed.

    Parameters
    ----------
    sums : (n, 3 * depths) of `Sums`
    """
    worst: Whole = np.int64(0)
    for k in range(sums.shape[1] // 3):
        total = np.int64(0)
        row = np.int64(-1)
        for i in range(len(cell)):
            if cell[i] // columns != row:
                row = cell[i] // columns
                worst = max(worst, abs(total))
                total = np.int64(0)
            total += sums[i, 2 * k + 1]
        worst = max(worst, abs(total))
    return worst


@compiled
def row_heights(sums: Int64, cell: Int64, grid: Grid) -> Int64:
    """(rows, depths) sums of heights over each row of cells; 0 where all is closed.

    Parameters
    ----------
    sums : (n, 3 * depths) of `Sums`
    """
    depths = sums.shape[1] // 3
    found = np.zeros((grid.rows, depths), np.int64)
    for i in range(len(cell)):
        for k in range(depths):
            found[cell[i] // grid.columns, k] += sums[i, 2 * k + 1]
    return found


@compiled
def ground_parts(
    sums: Int64, cell: Int64, columns: Whole, first: Whole, depths: Whole
) -> Int64:
    """Own areas of all cells, and heights times columns, that no sum can overflow.

    Parameters
    ----------
    sums : (n, 3 * depths) of `Sums`
    columns, first : of the grid of the cells; its first column

    Returns
    -------
    (depths, 4) for both: parts above 2**PART_BITS, and those below.
    """
    found = np.zeros((depths, 4), np.int64)
    rest = (1 << PART_BITS) - 1
    for c in range(len(cell)):
        column = cell[c] % columns + first
        for k in range(depths):
            area = sums[c, 2 * k]
            height = sums[c, 2 * k + 1]
            found[k, 0] += area >> PART_BITS
            found[k, 1] += area & rest
            found[k, 2] += (height >> PART_BITS) * column
            found[k, 3] += (height & rest) * column
    return found


@bare
def add_weights(zone: Int64, depth: Int64, weight: Float64, found: Float64) -> None:
    """Add the weight of every point to its zone's: all of it, and what is covered.

    Parameters
    ----------
    zone : (p,) position of the zone that holds each point, -1 for none
    depth : (p,) services that hold it
    found : (depths + 1, zones + 1) written: weight under each depth, whole weight; the
        last column is of points in no zone
    """
    depths = len(found) - 1
    outside = found.shape[1] - 1
    for i in range(len(zone)):
        column = zone[i] if zone[i] >= 0 else outside
        found[depths, column] += weight[i]
        for k in range(min(depth[i], depths)):
            found[k, column] += weight[i]
