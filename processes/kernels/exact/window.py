"""Steps 2, 3 and 5 of a few shapes: the cells in which an edit can change anything."""

from __future__ import annotations

import numpy as np

from processes.kernels.exact.bins import list_cells, number_cells, put_edges
from processes.kernels.exact.boxes import taken
from processes.kernels.exact.chain import Chains
from processes.kernels.exact.compile import bare, compiled
from processes.kernels.exact.few import grid_about, scene_of
from processes.kernels.exact.references import (
    Windings,
    add_steps,
    sum_rows,
    winding_boxes,
)
from processes.kernels.exact.scene import (
    Bins,
    Grid,
    Int8,
    Int64,
    Scene,
    Truth,
    Whole,
    service_depth,
)
from processes.kernels.exact.skip import DEAD, mark_dead_cells


@compiled
def bins_of(scene: Scene, grid: Grid) -> Bins:
    """Step 2 of a few shapes."""
    counts = np.zeros((1, grid.columns * grid.rows), np.int32)
    n = len(scene.xy)
    cells = list_cells(0, n, scene, grid, counts[0])
    cell, number, start = number_cells(scene, grid, counts)
    edge = np.empty(start[-1], np.int32)
    put_edges(0, n, scene.edge_shape, cells, counts[0], edge)
    return Bins(cell, number, start, edge)


@compiled
def states_of(scene: Scene, grid: Grid) -> tuple[Int64, Windings]:
    """Step 3 of a few shapes."""
    n = len(scene.weight)
    box = np.zeros((n, 3), np.int64)
    start = np.zeros(n + 1, np.int64)
    winding_boxes(0, n, scene, grid, box, start[1:])
    for i in range(n):
        start[i + 1] += start[i]
    windings = Windings(box, start, np.zeros(start[n], np.int8))
    steps = np.zeros((1, grid.rows, grid.columns), np.int64)
    add_steps(0, n, scene, grid, windings, steps[0])
    sum_rows(0, grid.rows, steps)
    return steps[0], windings


@bare
def mark_window(
    window: Int64, scene: Scene, grid: Grid, bins: Bins, reference: Int64,
    windings: Windings, depths: Whole, dead: Int8, active: Int8,
) -> None:  # fmt: skip
    """Step 5 in a window; all without it is dead, for nothing changes there.

    Parameters
    ----------
    window : (4,) least x and y, greatest x and y of all that goes or comes [mm]

    Notes
    -----
    An edge that leaves the window's cells counts whatever these are, before and after:
    what it adds elsewhere is then the same.
    """
    xy = scene.xy
    first_column = (window[0] - 1) // grid.cell
    first_row = (window[1] - 1) // grid.cell
    last_column = (window[2] + 1) // grid.cell
    last_row = (window[3] + 1) // grid.cell
    left = first_column * grid.cell
    bottom = first_row * grid.cell
    right = (last_column + 1) * grid.cell
    top = (last_row + 1) * grid.cell
    for c in range(len(bins.cell)):
        row = bins.cell[c] // grid.columns + grid.row
        column = bins.cell[c] % grid.columns + grid.column
        dead[c] = DEAD
        if (
            column < first_column or column > last_column
            or row < first_row or row > last_row
        ):  # fmt: skip
            continue
        mark_dead_cells(
            c, c + 1, scene, grid, bins, reference, windings, depths, dead, active
        )
        for k in range(bins.start[c], bins.start[c + 1]):
            e = bins.edge[k]
            if (
                min(xy[e, 0], xy[e + 1, 0]) <= left
                or max(xy[e, 0], xy[e + 1, 0]) + 1 >= right
                or min(xy[e, 1], xy[e + 1, 1]) <= bottom
                or max(xy[e, 1], xy[e + 1, 1]) + 1 >= top
            ):
                active[e] = 1


@compiled
def is_deep(
    services: Chains, window: Int64, x0: Whole, y0: Whole, cell: Whole, depths: Whole
) -> Truth:
    """Whether services cover every cell of a window at every depth.

    Parameters
    ----------
    services : all that meet the window, but for those that go or come
    window : as in `mark_window`
    x0, y0, cell : origin and width of a cell [mm]
    """
    none = np.zeros(0, np.int64)
    nobody = taken(services, none)
    scene, _ = scene_of(
        (services, nobody, nobody, nobody),
        (np.arange(len(services.shape_start) - 1), none, none, none),
        np.zeros((0, 2), np.int64), x0, y0,
    )  # fmt: skip
    if len(scene.xy) == 0:
        return False
    grid = grid_about(scene, cell)
    bins = bins_of(scene, grid)
    reference, windings = states_of(scene, grid)
    dead = np.zeros(len(bins.cell), np.int8)
    active = np.zeros(len(scene.xy), np.int8)
    mark_window(window, scene, grid, bins, reference, windings, depths, dead, active)
    for row in range((window[1] - 1) // cell, (window[3] + 1) // cell + 1):
        for column in range((window[0] - 1) // cell, (window[2] + 1) // cell + 1):
            r = row - grid.row
            c = column - grid.column
            if r < 0 or r >= grid.rows or c < 0 or c >= grid.columns:
                return False
            k = bins.number[r * grid.columns + c]
            deep = dead[k] != 0 if k >= 0 else service_depth(reference[r, c]) >= depths
            if not deep:
                return False
    return True
