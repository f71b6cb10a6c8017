"""Step 6, first half: which states are asked in which cell, and where answers go."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from processes.kernels.exact.bins import cell_of_vertex
from processes.kernels.exact.compile import bare, compiled
from processes.kernels.exact.scene import (
    POINT,
    Bins,
    Grid,
    Int8,
    Int32,
    Int64,
    Scene,
    Truth,
    Whole,
)
from processes.kernels.exact.skip import is_carried


class Asked(NamedTuple):
    """Vertices whose state is asked, by cell.

    Parameters
    ----------
    start : (n + 1,) first of each numbered cell
    chain : (q,) the chain that begins there; ~vertex where one takes up again
    """

    start: Int64
    chain: Int32


class Changes(NamedTuple):
    """Changes of state from the points of cells, as far as they are asked.

    Parameters
    ----------
    chain : (c,) to the first vertex of each chain
    restart : (v,) to vertices where a chain takes up again; empty when none does
    on_edge : (c,) 1 for points that lie on an edge
    """

    chain: Int64
    restart: Int64
    on_edge: Int8


@bare
def _is_begun(scene: Scene, active: Int8, has_others: Truth, chain: Whole) -> Truth:
    """Whether the state at the first vertex of a chain is asked."""
    kind = scene.kind[scene.chain_shape[chain]]
    if len(active) == 0 or kind == POINT:
        return True
    counts = active[scene.chain_start[chain]]
    begun: Truth = counts == 1 or (counts == 0 and is_carried(kind, has_others))
    return begun


@compiled
def asked_by_cell(
    first: Whole, scene: Scene, grid: Grid, bins: Bins, active: Int8, has_others: Truth,
    restart: Int64,
) -> Asked:  # fmt: skip
    """What is asked of the chains from `first` on, and where chains take up again.

    Parameters
    ----------
    active : of step 5; empty when it is not taken
    restart : vertices, of `skip.restart_edges`
    """
    chains = len(scene.chain_shape) - first
    number = np.full(chains + len(restart), -1, np.int32)
    start = np.zeros(len(bins.cell) + 2, np.int64)
    for i in range(len(number)):
        if i < chains:
            if not _is_begun(scene, active, has_others, first + i):
                continue
            vertex = scene.chain_start[first + i]
        else:
            vertex = restart[i - chains]
        number[i] = bins.number[cell_of_vertex(scene, grid, vertex)]
        start[number[i] + 2] += 1
    for c in range(2, len(start)):
        start[c] += start[c - 1]
    chain = np.empty(start[-1], np.int32)
    for i in range(len(number)):
        if number[i] < 0:
            continue
        chain[start[number[i] + 1]] = first + i if i < chains else ~restart[i - chains]
        start[number[i] + 1] += 1
    return Asked(start[:-1], chain)


@compiled
def no_changes(scene: Scene, restart: Int64) -> Changes:
    """Room for what is asked."""
    chains = len(scene.chain_shape)
    return Changes(
        np.zeros(chains, np.int64),
        np.zeros(len(scene.xy) if len(restart) else 0, np.int64),
        np.zeros(chains, np.int8),
    )
