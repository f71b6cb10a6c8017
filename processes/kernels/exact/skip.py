"""Step 5: cells so deep under services that nothing in them changes a figure."""

from __future__ import annotations

import numpy as np

from processes.kernels.exact.compile import bare, compiled, inlined
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
    Truth,
    Whole,
    service_depth,
)

DEAD, LOOKED_AT = 1, 2


@bare
def mark_dead_cells(
    first: Whole, last: Whole, scene: Scene, grid: Grid, bins: Bins, reference: Int64,
    windings: Windings, depths: Whole, dead: Int8, active: Int8,
) -> None:  # fmt: skip
    """Mark the numbered cells first..last that at least `depths` services cover whole.

    Parameters
    ----------
    dead : (n,) written; DEAD for such cells
    active : (v,) written; 1 for edges that touch a live cell

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
        dead[c] = DEAD if spare >= 0 else 0
        if spare < 0:
            for k in range(bins.start[c], bins.start[c + 1]):
                active[edge[k]] = 1


@inlined
def is_carried(kind: Whole, has_others: Truth) -> Truth:
    """Whether inactive edges of a kind have a state: of all but services.

    Notes
    -----
    Services cover them at every depth; zones and others change along them.
    """
    carried: Truth = kind in (LINE, OTHER) or (kind == ZONE and has_others)
    return carried


@inlined
def _takes_up(scene: Scene, active: Int8, has_others: Truth, e: Whole) -> Truth:
    """Whether the state is asked at an edge, for its chain had lost it.

    Notes
    -----
    An inactive edge that is carried loses its depth, one of another part everything.
    """
    if active[e] == active[e - 1] or active[e] < 0 or scene.edge_shape[e - 1] < 0:
        return False
    if active[e] == 1:
        lost: Truth = active[e - 1] != 1
        return lost
    carried = is_carried(scene.kind[scene.edge_shape[e]], has_others)
    return active[e - 1] < 0 and carried


@compiled
def restart_edges(
    first: Whole, last: Whole, scene: Scene, active: Int8, has_others: Truth
) -> Int64:
    """(n,) edges of first..last that count and follow one that did not."""
    found = np.empty(max(last - first, 0), np.int64)
    n = 0
    for e in range(max(first, 1), last):
        if _takes_up(scene, active, has_others, e):
            found[n] = e
            n += 1
    return found[:n].copy()
