"""Steps 2 and 3 on several threads: edges by cell, and the states of the cells."""

from __future__ import annotations

import numpy as np

from processes.kernels.exact.bins import list_cells, number_cells, put_edges
from processes.kernels.exact.build import Built
from processes.kernels.exact.frame import MOST_CELLS
from processes.kernels.exact.references import (
    Windings,
    add_steps,
    deepest,
    sum_rows,
    winding_boxes,
)
from processes.kernels.exact.scene import Bins, Int32, Int64, Whole
from processes.kernels.exact.threads import (
    Parts,
    Workers,
    even_parts,
    even_ranges,
)

MOST_ENTRIES = (1 << 31) - 1
MOST_DEEP = 1 << 19


def _edge_parts(built: Built, workers: Workers) -> Parts:
    """Ranges of edges, each of which may have a number for every cell of the grid."""
    cells = built.grid.columns * built.grid.rows
    most = max(1, MOST_CELLS // cells)
    return even_ranges(len(built.scene.xy), min(workers.threads, most))


def binned(built: Built, workers: Workers) -> Bins:
    """Step 2."""
    scene, grid = built.scene, built.grid
    parts = _edge_parts(built, workers)
    counts = np.zeros((len(parts), grid.columns * grid.rows), np.int32)
    order = {part: i for i, part in enumerate(parts)}
    cells: list[Int32] = workers.run(
        lambda a, b: list_cells(a, b, scene, grid, counts[order[a, b]]), parts
    )
    cell, number, start = number_cells(scene, grid, counts)
    if start[-1] > MOST_ENTRIES:
        raise ValueError(
            f"cell_m: {start[-1]} edges in cells, must be at most {MOST_ENTRIES}; "
            "take larger cells"
        )
    edge = np.empty(int(start[-1]), np.int32)
    workers.run(
        lambda a, b: put_edges(
            a, b, scene.edge_shape, cells[order[a, b]], counts[order[a, b]], edge
        ),
        parts,
        stage="bins",
        share=(0.0, 0.1),
    )
    return Bins(cell, number, start, edge)


def referenced(built: Built, workers: Workers) -> tuple[Int64, Windings]:
    """Step 3: (rows, columns) states, and the windings of single shapes."""
    scene, grid = built.scene, built.grid
    n = len(scene.weight)
    box = np.zeros((n, 3), np.int64)
    start = np.zeros(n + 1, np.int64)
    vertex = scene.chain_start[scene.shape_start]
    workers.run(
        lambda a, b: winding_boxes(a, b, scene, grid, box, start[1:]),
        even_parts(vertex, workers.threads),
    )
    np.cumsum(start, out=start)
    windings = Windings(box, start, np.zeros(int(start[-1]), np.int8))
    parts = even_parts(vertex, len(_edge_parts(built, workers)))
    order = {part: i for i, part in enumerate(parts)}
    steps = np.zeros((len(parts), grid.rows, grid.columns), np.int64)
    workers.run(
        lambda a, b: add_steps(a, b, scene, grid, windings, steps[order[a, b]]), parts
    )
    rows = even_ranges(grid.rows, workers.threads)
    workers.run(
        lambda a, b: sum_rows(a, b, steps), rows, stage="references", share=(0.1, 0.15)
    )
    reference: Int64 = steps[0]
    check_depth(*deepest(reference))
    return reference, windings


def check_depth(services: Whole, others: Whole) -> None:
    """Refuse more shapes over one place than a state can count.

    Raises
    ------
    ValueError : and what is allowed
    """
    for name, depth in (("services", services), ("others", others)):
        if depth >= MOST_DEEP - 1:
            raise ValueError(
                f"{name}: {depth} over one place, must be below {MOST_DEEP - 1}"
            )
