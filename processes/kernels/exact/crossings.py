"""Step 4: which edges cross which, cell by cell; on the way, the states of step 6."""

from __future__ import annotations

import numpy as np

from processes.kernels.exact.compile import bare, compiled
from processes.kernels.exact.on_edge import is_on_any
from processes.kernels.exact.perturb import along, crossing, runs_beside
from processes.kernels.exact.queries import Asked, Changes
from processes.kernels.exact.runs import (
    append,
    find_runs,
    pairs_of_lines,
    pairs_of_runs,
)
from processes.kernels.exact.scene import (
    LINE,
    ONE_OTHER,
    OTHER,
    POINT,
    ZONE,
    Bins,
    Grid,
    Int8,
    Int32,
    Int64,
    Scene,
    Truth,
    Whole,
)
from processes.kernels.exact.skip import DEAD
from processes.kernels.exact.starts import change_to_vertex, edges_on_way
from processes.kernels.exact.subgrid import (
    DEAD_OTHER,
    DEAD_SERVICE,
    MOST_ACROSS,
    MOST_IN_RUNS,
    OF_ZONE,
    WANTED,
    gather,
    is_wanted,
    matter,
    may_be_wanted,
    subdivide,
    usual_across,
)


@bare
def _matters(
    first: Whole, last: Whole, edge: Int32, edge_shape: Int32, kind: Int8, active: Int8
) -> Whole:
    """What there is in a dead cell: `matter` of all its edges together."""
    found: Whole = 0
    for k in range(first, last):
        found |= matter(kind[edge_shape[edge[k]]], active[edge[k]])
    return found


@bare
def _lines_last(
    edge: Int32, services: Whole, lines: Whole, zones: Whole, kept: Int32
) -> tuple[Whole, Whole]:
    """Copy edges to kept[:n], those of lines behind all others.

    Parameters
    ----------
    services : the edges before are left out
    lines, zones : first edge of any line, and of any zone

    Returns
    -------
    How many are not of lines, and n.
    """
    n: Whole = 0
    for e in edge:
        kept[n] = e
        n += (services <= e) & ((e < lines) | (e >= zones))
    heavy = n
    for e in edge:
        if lines <= e and e < zones:
            kept[n] = e
            n += 1
    return heavy, n


@bare
def _first_edge(kind: Whole, scene: Scene) -> Whole:
    """First edge of a kind or of those after it: layers follow one another."""
    low: Whole = 0
    high: Whole = len(scene.kind)
    while low < high:
        middle = (low + high) // 2
        if scene.kind[middle] < kind:
            low = middle + 1
        else:
            high = middle
    edge: Whole = scene.chain_start[scene.shape_start[low]]
    return edge


@bare
def _meeting_subcell(
    i: Whole, j: Whole, i_is_first: bool, ends: Int64,
    x0: Whole, y0: Whole, cell: Whole, across: Whole, size: Whole,
) -> Whole:  # fmt: skip
    """Subcell of the crossing point of edges i and j, -1 if in another cell.

    Notes
    -----
    The point is always computed along the edge of lower priority, in coordinates of
    the whole scene: the same bits wherever a pair is found.
    """
    if not i_is_first:
        i, j = j, i
    ax = ends[i, 0]
    ay = ends[i, 1]
    bx = ends[i, 2]
    by = ends[i, 3]
    t = along(ax, ay, bx, by, ends[j, 0], ends[j, 1], ends[j, 2], ends[j, 3])
    x = ax + t * (bx - ax) - x0
    y = ay + t * (by - ay) - y0
    if x < 0.0 or y < 0.0 or x >= cell or y >= cell:
        return -1
    inverse = 1.0 / size
    column = min(int(x * inverse), across - 1)
    return min(int(y * inverse), across - 1) * across + column


@bare
def _runs_beside(
    i: Whole, j: Whole, i_is_line: Truth, ends: Int64, priority: Whole, other: Whole
) -> Truth:
    """`runs_beside` of two edges of which one is of a line."""
    if not i_is_line:
        i, j = j, i
        priority, other = other, priority
    return runs_beside(
        ends[i, 0], ends[i, 1], ends[i, 2], ends[i, 3], priority,
        ends[j, 0], ends[j, 1], ends[j, 2], ends[j, 3], other,
    )  # fmt: skip


@bare
def _pairs_of_cell(
    x0: Whole, y0: Whole, cell: Whole, across: Whole, size: Whole,
    start: Int64, item: Int64, ends: Int64, box: Int32, shape: Int64, wanted: Int8,
    shape_weight: Int64, shape_priority: Int64, edge: Int32, found: Int32, n: Whole,
) -> Whole:  # fmt: skip
    """Append the crossings whose point lies in a cell to found[:n]; n with them.

    Parameters
    ----------
    start, item : subcells, of `subgrid.subdivide`
    ends, box, shape, wanted : edges of the cell, of `subgrid.gather`
    edge : the same edges in the scene
    found : (m, 2) written as far as there is room
    """
    for subcell in range(across * across):
        last = start[subcell + 1]
        next_shape = start[subcell]
        for u in range(start[subcell], last):
            i = item[u]
            if next_shape <= u:
                next_shape = u + 1
                while next_shape < last and shape[item[next_shape]] == shape[i]:
                    next_shape += 1
            priority = shape_priority[shape[i]]
            left = box[0, i]
            bottom = box[1, i]
            right = box[2, i]
            top = box[3, i]
            for v in range(next_shape, last):
                j = item[v]
                if (
                    box[0, j] > right or box[2, j] < left
                    or box[1, j] > top or box[3, j] < bottom
                    or not is_wanted(wanted[i] | wanted[j])
                ):  # fmt: skip
                    continue
                other = shape_priority[shape[j]]
                if other == priority:
                    continue
                sign = crossing(
                    ends[i, 0], ends[i, 1], ends[i, 2], ends[i, 3], priority,
                    ends[j, 0], ends[j, 1], ends[j, 2], ends[j, 3], other,
                )  # fmt: skip
                weight = shape_weight[shape[i]]
                other_weight = shape_weight[shape[j]]
                if weight == 0 and other_weight == 0:
                    continue
                if sign == 0 and not (
                    (weight == 0 or other_weight == 0)
                    and weight + other_weight != ONE_OTHER
                    and _runs_beside(i, j, weight == 0, ends, priority, other)
                ):
                    continue
                meeting = _meeting_subcell(
                    i, j, priority < other, ends, x0, y0, cell, across, size
                )
                if meeting != subcell:
                    continue
                mine = edge[i] if other_weight != 0 else ~edge[i]
                theirs = edge[j] if weight != 0 else ~edge[j]
                if sign >= 0:
                    n = append(mine, theirs, found, n)
                if sign <= 0:
                    n = append(theirs, mine, found, n)
    return n


@compiled
def find_crossings(
    first: Whole, last: Whole, scene: Scene, grid: Grid, bins: Bins, across: Whole,
    asked: Asked, changes: Changes, active: Int8, dead: Int8, wanted_pairs: Truth,
) -> Int32:  # fmt: skip
    """Crossings of the numbered cells first..last.

    Parameters
    ----------
    across : subcells along a side of a cell; 1: runs; 0: as many as are usual
    asked, changes : what is asked, and written: changes of state; in dead cells
        without active edges those of zones and others alone
    active, dead : of step 5; empty when it is not taken. In dead cells only crossings
        of active edges are looked for, and those of others and lines, not with services
    wanted_pairs : False for the queries alone

    Returns
    -------
    (m, 2) edges: the first enters the shape of the second, the second leaves the
    shape of the first. An edge to which the other means nothing, as that is of a line,
    is given as ~edge.
    """
    xy = scene.xy
    edge_shape = scene.edge_shape
    shape_weight = scene.weight
    shape_priority = scene.priority
    kind = scene.kind
    edge = bins.edge
    columns = grid.columns
    cell = np.int64(grid.cell)
    others = _first_edge(OTHER, scene)
    lines = _first_edge(LINE, scene)
    zones = _first_edge(ZONE, scene)
    most = 0
    for c in range(first, last):
        most = max(most, bins.start[c + 1] - bins.start[c])
    ends = np.empty((most, 4), np.int64)
    box = np.empty((4, most), np.int32)
    run = np.empty((6, most + 1), np.int32)
    near = np.empty((2, most), np.int32)
    span = np.empty((most, 4), np.int32)
    shape = np.empty(most, np.int64)
    wanted = np.empty(most, np.int8)
    kept = np.empty(most, np.int32)
    start = np.empty(MOST_ACROSS * MOST_ACROSS + 2, np.int64)
    item = np.empty(max(most, 4096), np.int64)
    found = np.empty((4096, 2), np.int32)
    n_found: Whole = 0
    for c in range(first, last):
        begin = bins.start[c]
        end = bins.start[c + 1]
        n = end - begin
        skips = len(dead) > 0 and dead[c] != 0
        first_asked = asked.start[c]
        last_asked = asked.start[c + 1]
        pairs: Truth = wanted_pairs
        here = edge[begin:end]
        leaves_services = False
        if skips:
            matters = _matters(begin, end, edge, edge_shape, kind, active)
            if dead[c] == DEAD and matters & WANTED == 0:
                if matters & (OF_ZONE | DEAD_OTHER) == 0:
                    continue
                leaves_services = True
            pairs = pairs and may_be_wanted(matters & ~DEAD_SERVICE)
        if not pairs and first_asked == last_asked:
            continue
        heavy = n
        if leaves_services or lines < zones:
            from_edge = others if leaves_services else np.int64(0)
            heavy, n = _lines_last(here, from_edge, lines, zones, kept)
            here = kept[:n]
        row = bins.cell[c] // columns
        x0 = (bins.cell[c] - row * columns + grid.column) * cell
        y0 = (row + grid.row) * cell
        gather(
            xy, edge_shape, kind, here, active, not skips, x0, y0, cell,
            ends, box, shape, wanted,
        )  # fmt: skip
        runs: Whole = 0
        if pairs:
            runs = find_runs(heavy, shape, wanted, box, run)
            pairs = runs > 1 or (runs == 1 and n > heavy)
        m: Whole = 1
        if across > 0:
            m = min(across, cell)
        elif n > MOST_IN_RUNS:
            m = usual_across(n, cell)
        size = (cell + m - 1) // m
        if m > 1:
            item = subdivide(n, ends, box, x0, y0, m, size, span, start, item)
        for q in range(first_asked, last_asked):
            chain = asked.chain[q]
            vertex = scene.chain_start[chain] if chain >= 0 else np.int64(~chain)
            of_shape = scene.chain_shape[chain] if chain >= 0 else edge_shape[vertex]
            x = np.int64(xy[vertex, 0])
            y = np.int64(xy[vertex, 1])
            if m == 1:
                start[0] = 0
                start[1] = edges_on_way(x, y, x0, heavy, box, item)
            change = change_to_vertex(
                x, y, shape_priority[of_shape],
                shape_weight, shape_priority, x0, y0, m, size,
                start, item, ends, shape,
            )  # fmt: skip
            if chain < 0:
                changes.restart[vertex] = change
                continue
            changes.chain[chain] = change
            if kind[of_shape] == POINT:
                s = (y - y0) // size * m + (x - x0) // size
                if is_on_any(x, y, start[s], start[s + 1], item, ends, box):
                    changes.on_edge[chain] = 1
        while pairs:
            if m == 1:
                after = pairs_of_runs(
                    x0, y0, cell, runs, run, ends, box, shape, wanted,
                    shape_priority, here, near, found, n_found,
                )  # fmt: skip
                after = pairs_of_lines(
                    x0, y0, cell, heavy, n, runs, run, ends, box, shape, wanted,
                    shape_priority, here, others, zones, near, found,
                    after,
                )  # fmt: skip
            else:
                after = _pairs_of_cell(
                    x0, y0, cell, m, size, start, item, ends, box, shape, wanted,
                    shape_weight, shape_priority, here, found, n_found,
                )  # fmt: skip
            if after <= len(found):
                n_found = after
                break
            larger = np.empty((2 * after, 2), np.int32)
            larger[:n_found] = found[:n_found]
            found = larger
    return found[:n_found].copy()
