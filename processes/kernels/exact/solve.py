"""Steps 2 to 8 in their order, on several threads: a scene in, whole sums out."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from processes.kernels.exact.areas import open_height
from processes.kernels.exact.build import Built
from processes.kernels.exact.chains import propagate
from processes.kernels.exact.crossings import find_crossings
from processes.kernels.exact.events import (
    count_events,
    fill_events,
    start_events,
)
from processes.kernels.exact.on_edge import close_points
from processes.kernels.exact.queries import Changes, asked_by_cell, no_changes
from processes.kernels.exact.references import Windings
from processes.kernels.exact.scene import (
    HEIGHT_UNIT,
    Bins,
    Int8,
    Int32,
    Int64,
    Sums,
    Whole,
)
from processes.kernels.exact.skip import LOOKED_AT, mark_dead_cells, restart_edges
from processes.kernels.exact.survey import binned, referenced
from processes.kernels.exact.threads import Workers, even_parts, even_ranges

FOREIGN = -1
_PARTS_PER_THREAD = 16
_MOST_GROUPS = 4  # each has a count of every edge
_EVENT_WORK = 4  # a crossing takes as long as so many vertices
_CLOSED_MM = 1e-5
_NONE8: Int8 = np.empty(0, np.int8)
_NONE64: Int64 = np.empty(0, np.int64)


class NotClosed(ArithmeticError):
    """An outline is open: a shape crosses itself, and the sums are worthless."""


@dataclass(frozen=True)
class Tuning:
    """What changes the time a run takes, never its figures.

    Parameters
    ----------
    skip_deep : whether step 5 is taken
    across : subcells along a side of a cell; 1 for runs; 0 for what is usual
    parts : parts that the work is cut into; 0 for the usual number
    """

    skip_deep: bool = True
    across: int = 0
    parts: int = 0


@dataclass(frozen=True)
class Solved:
    """Sums of a run, the cells they are of, and what holds every point.

    Parameters
    ----------
    point_depth, point_zone : (p,) services that hold each point, exact below the depth
        asked, and its zone
    crossings : how many pairs of edges cross
    """

    sums: Sums
    bins: Bins
    point_depth: Int64
    point_zone: Int64
    crossings: int


@dataclass(frozen=True)
class _Active:
    """Step 5: which cells are dead, which edges count, where chains take up again.

    Cells that are not dead but hold edges of another part are LOOKED_AT.
    """

    dead: Int8
    edge: Int8
    restart: Int64


_ALL = _Active(_NONE8, _NONE8, _NONE64)


def _activated(
    built: Built,
    bins: Bins,
    reference: Int64,
    windings: Windings,
    depths: int,
    workers: Workers,
) -> _Active:
    """Step 5."""
    scene, grid = built.scene, built.grid
    dead = np.zeros(len(bins.cell), np.int8)
    active = np.zeros(len(scene.xy), np.int8)
    workers.run(
        lambda a, b: mark_dead_cells(
            a, b, scene, grid, bins, reference, windings, depths,
            dead, active,
        ),
        even_parts(bins.start, workers.threads),
        stage="skip",
        share=(0.15, 0.2),
    )  # fmt: skip
    return _Active(dead, active, _NONE64)


def _ours(built: Built, active: _Active, workers: Workers) -> _Active:
    """Where chains take up again; only the edges of this part count."""
    dead, edge = active.dead, active.edge
    if len(built.mine) == 0 and not dead.any():
        return _ALL
    if len(built.mine):
        if not dead.any():
            edge = np.ones(len(built.mine), np.int8)
        edge[built.mine == 0] = FOREIGN
        dead[dead == 0] = LOOKED_AT
    found: list[Int64] = workers.run(
        lambda a, b: restart_edges(a, b, built.scene, edge, built.has_others),
        even_ranges(len(edge), workers.threads),
    )
    return _Active(dead, edge, np.concatenate(found))


def _crossed(
    built: Built,
    bins: Bins,
    active: _Active,
    first: int,
    tuning: Tuning,
    workers: Workers,
) -> tuple[list[Int32], Changes]:
    """Steps 4 and 6: crossings; changes of state to chains from `first` on.

    Notes
    -----
    Without chains before the points nobody asks for crossings.
    """
    scene, grid = built.scene, built.grid
    asked, changes = workers.both(
        lambda: asked_by_cell(
            np.int64(first), scene, grid, bins, active.edge, built.has_others,
            active.restart,
        ),
        lambda: no_changes(scene, active.restart),
    )  # fmt: skip
    parts = tuning.parts or _PARTS_PER_THREAD * workers.threads
    found: list[Int32] = workers.run(
        lambda a, b: find_crossings(
            a, b, scene, grid, bins, tuning.across, asked, changes, active.edge,
            active.dead, not built.only_points,
        ),
        even_parts(bins.start + asked.start, parts),
        stage="crossings",
        share=(0.2, 0.65),
    )  # fmt: skip
    return found, changes


def _events(
    built: Built, pairs: list[Int32], workers: Workers
) -> tuple[Int64, Int32, int]:
    """Step 4, sorted: the crossings of every edge, and how many one has at most."""
    n = len(built.scene.xy)
    sizes = np.cumsum([0, *map(len, pairs)])
    groups = even_parts(sizes, min(workers.threads, _MOST_GROUPS)) or [(0, 0)]
    count = {first: np.zeros(n, np.int32) for first, _ in groups}

    def count_some(first: int, last: int) -> None:
        for some in pairs[first:last]:
            count_events(some, count[first])

    def pile_up(first: int, last: int) -> int:
        for one, other in pairwise(count.values()):
            other[first:last] += one[first:last]
        return int(total[first:last].sum())

    workers.run(count_some, groups)
    parts = even_ranges(n, workers.threads)
    *_, total = count.values()
    found = workers.run(pile_up, parts)
    before = {a: sum(found[:i]) for i, (a, _) in enumerate(parts)}
    start = np.empty(n + 1, np.int64)
    most = workers.run(
        lambda a, b: int(start_events(total, a, b, before[a], start)), parts
    )
    event = np.empty(int(start[-1]), np.int32)

    def fill(first: int, last: int) -> None:
        for some in pairs[first:last]:
            fill_events(some, start, count[first], event)

    workers.run(fill, groups, stage="crossings sorted", share=(0.65, 0.7))
    return start, event, max(most)


def _no_sums(built: Built, bins: Bins, depths: int) -> Sums:
    """Sums to begin with."""
    zones = len(built.zone_double_area)
    return Sums(
        np.zeros((len(bins.cell), 3 * depths), np.int64),
        np.zeros((2 * depths + 1, zones + 1), np.int64),
        np.zeros((depths + 1, zones + 1), np.int64),
        np.zeros((depths, built.lines), np.int64),
    )


def _emitted(
    built: Built,
    bins: Bins,
    reference: Int64,
    windings: Windings,
    changes: Changes,
    active: _Active,
    events: tuple[Int64, Int32, int],
    depths: int,
    tuning: Tuning,
    workers: Workers,
) -> tuple[Sums, Int64]:
    """Steps 7 and 8: every thread has sums of its own; they are added at the end."""
    scene = built.scene
    n_chains = len(scene.chain_shape)
    spare = deque(_no_sums(built, bins, depths) for _ in range(workers.threads))
    chain_state = np.zeros(n_chains, np.int64)
    event_start, event, most_events = events

    def carry(first: int, last: int) -> int:
        sums = spare.popleft()
        bad = propagate(
            first, last, scene, built.grid, bins, built.frames, reference, windings,
            changes, depths, event_start, event,
            np.empty((most_events, 3)), np.empty((most_events, 2), np.int64),
            active.edge, built.has_others, sums, chain_state,
        )  # fmt: skip
        spare.append(sums)
        return int(bad)

    parts = tuning.parts or _PARTS_PER_THREAD * workers.threads
    work = scene.chain_start + _EVENT_WORK * event_start[scene.chain_start]
    bad = workers.run(
        carry,
        even_parts(work, parts),
        stage="chains",
        share=(0.7, 1.0),
    )
    check_open(sum(bad), 0)
    total = spare.popleft()
    for sums in spare:
        for mine, theirs in zip(total, sums, strict=True):
            np.add(mine, theirs, out=mine)
    return total, chain_state


def _closed(
    built: Built,
    bins: Bins,
    chain_state: Int64,
    on_edge: Int8,
    depths: int,
    workers: Workers,
) -> tuple[Int64, Int64]:
    """Step 6 for points: depth and zone of each, outlines and borders included."""
    depth = np.zeros(len(chain_state), np.int64)
    zone = np.full(len(chain_state), -1, np.int64)
    points = np.arange(built.point_chain, len(chain_state) + 1)
    parts = [
        (a + built.point_chain, b + built.point_chain)
        for a, b in even_parts(points, workers.threads)
    ]
    workers.run(
        lambda a, b: close_points(
            a, b, built.scene, built.grid, bins, chain_state, on_edge, depths,
            depth, zone,
        ),
        parts,
    )  # fmt: skip
    return depth[built.point_chain :], zone[built.point_chain :]


def _pointed(
    built: Built,
    bins: Bins,
    reference: Int64,
    depths: int,
    tuning: Tuning,
    workers: Workers,
) -> Solved:
    """Step 6 alone: services and points, nothing whose area or length is asked."""
    scene, grid = built.scene, built.grid
    first = built.point_chain
    _, changes = _crossed(built, bins, _ALL, first, tuning, workers)
    at = scene.xy[scene.chain_start[first:-1]].astype(np.int64) // grid.cell
    state = changes.chain.copy()
    state[first:] += reference[at[:, 1] - grid.row, at[:, 0] - grid.column]
    depth, zone = _closed(built, bins, state, changes.on_edge, depths, workers)
    return Solved(_no_sums(built, bins, depths), bins, depth, zone, 0)


def check_closed(sums: Int64, cell: Int64, columns: int) -> None:
    """Refuse sums of cells in whose rows outlines do not close.

    Raises
    ------
    NotClosed : heights of a row do not add up to nothing
    """
    check_open(0, open_height(sums, cell, columns))


def check_open(rings: Whole, height: Whole) -> None:
    """Refuse what does not close.

    Parameters
    ----------
    rings : chains that do not come back to their state
    height : of `open_height`

    Raises
    ------
    NotClosed : either is more than rounding leaves
    """
    if rings:
        raise NotClosed(f"{rings} rings do not close; are all shapes valid?")
    gap_mm = height / HEIGHT_UNIT
    if gap_mm > _CLOSED_MM:
        raise NotClosed(f"outlines are open by {gap_mm:.3g} mm; are all shapes valid?")


def solve(built: Built, depths: int, tuning: Tuning, workers: Workers) -> Solved:
    """The sums of a scene at depths 1..depths.

    Raises
    ------
    ValueError : too many services or others over one place, or entries of cells
    NotClosed : a ring does not come back to its state
    Stopped : it was cancelled
    """
    bins, (reference, windings) = workers.both(
        lambda: binned(built, workers), lambda: referenced(built, workers)
    )
    if built.only_points:
        return _pointed(built, bins, reference, depths, tuning, workers)
    active = _Active(np.zeros(len(bins.cell), np.int8), _NONE8, _NONE64)
    if tuning.skip_deep:
        active = _activated(built, bins, reference, windings, depths, workers)
    active = _ours(built, active, workers)
    pairs, changes = _crossed(built, bins, active, 0, tuning, workers)
    events = _events(built, pairs, workers)
    sums, chain_state = _emitted(
        built, bins, reference, windings, changes, active, events,
        depths, tuning, workers,
    )  # fmt: skip
    if len(built.mine) == 0:
        check_closed(sums.cell, bins.cell, built.grid.columns)
    depth, zone = _closed(built, bins, chain_state, changes.on_edge, depths, workers)
    return Solved(sums, bins, depth, zone, sum(map(len, pairs)))
