"""Step 5: cells so deep under services that nothing in them changes a figure."""

from __future__ import annotations

import numpy as np

from processes.kernels.exact.compile import bare, compiled
from processes.kernels.exact.references import Windings, winding_at
from processes.kernels.exact.scene import (
    LINE,
    OTHER,
    SERVICE,
    ZONE,
    Bins,
    Grid,
    Int8,
    Int64,
    Scene,
    Whole,
    service_depth,
)


@bare
def mark_dead_cells(
    first: Whole, last: Whole, scene: Scene, grid: Grid, bins: Bins, reference: Int64,
    windings: Windings, depths: Whole, keep_zones: bool, dead: Int8, active: Int8,
) -> None:  # fmt: skip
    """Mark the numbered cells first..last that at least `depths` services cover whole.

    Parameters
    ----------
    keep_zones : whether zone edges stay active everywhere (there are others)
    dead : (n,) written; 1 for such cells
    active : (v,) written; 1 for edges that touch a live cell, every line and other

    Notes
    -----
    Services over the whole cell = depth at its point - services with an edge in the
    cell that hold the point.
    """
    edge = bins.edge
    edge_shape = scene.edge_shape
    shape_kind = scene.kind
    known = windings.start
    box = windings.box
    turns = windings.value
    for c in range(first, last):
        row = bins.cell[c] // grid.columns
        column = bins.cell[c] - row * grid.columns
        spare = service_depth(reference[row, column]) - depths
        row += grid.row
        column += grid.column
        if spare >= 0:
            previous = np.int64(-1)
            for k in range(bins.start[c], bins.start[c + 1]):
                shape = np.int64(edge_shape[edge[k]])
                if shape != previous and shape_kind[shape] == SERVICE:
                    begin = known[shape]
                    if begin < known[shape + 1]:
                        down = row - box[shape, 1]
                        spare -= turns[
                            begin + down * box[shape, 2] + column - box[shape, 0]
                        ]
                    else:
                        spare -= winding_at(scene, grid, windings, shape, row, column)
                    previous = shape
        dead[c] = spare >= 0
        for k in range(bins.start[c], bins.start[c + 1]):
            e = edge[k]
            kind = shape_kind[edge_shape[e]]
            always = kind in (OTHER, LINE) or (kind == ZONE and keep_zones)
            if spare < 0 or always:
                active[e] = 1


@compiled
def restart_edges(scene: Scene, active: Int8) -> Int64:
    """(n,) active edges that follow an inactive one of the same chain."""
    edge_shape = scene.edge_shape
    n = 0
    for e in range(1, len(active)):
        if active[e] == 1 and active[e - 1] != 1 and edge_shape[e - 1] >= 0:
            n += 1
    found = np.empty(n, np.int64)
    n = 0
    for e in range(1, len(active)):
        if active[e] == 1 and active[e - 1] != 1 and edge_shape[e - 1] >= 0:
            found[n] = e
            n += 1
    return found
