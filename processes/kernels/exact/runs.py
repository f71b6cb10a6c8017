"""Step 4, the usual way: edges of a cell in runs of one shape each.

Shapes lie together in memory, so that the edges of one shape follow each other in a
cell. Most pairs of runs do not meet, which their boxes tell; of those that do, only the
edges in what both boxes hold are looked at. Lines have few edges in a cell and do not
meet each other: each of their edges looks at all others at once. Cells with very many
edges are subdivided instead (`subgrid`).
"""

from __future__ import annotations

from processes.kernels.exact.compile import bare, inlined
from processes.kernels.exact.perturb import along, crossing, runs_beside
from processes.kernels.exact.scene import Int8, Int32, Int64, Truth, Whole
from processes.kernels.exact.subgrid import is_wanted, may_be_wanted


@bare
def find_runs(n: Whole, shape: Int64, wanted: Int8, box: Int32, run: Int32) -> Whole:
    """How many runs the n edges of a cell fall into.

    Parameters
    ----------
    shape, wanted, box : of `subgrid.gather`
    run : (6, n + 1) written: first edge of each run; its least x and y, greatest x and
        y; what is wanted of any of its edges
    """
    runs = -1
    previous = -1
    for k in range(n):
        if shape[k] != previous:
            previous = shape[k]
            runs += 1
            run[0, runs] = k
            run[1, runs] = box[0, k]
            run[2, runs] = box[1, k]
            run[3, runs] = box[2, k]
            run[4, runs] = box[3, k]
            run[5, runs] = wanted[k]
        else:
            run[1, runs] = min(run[1, runs], box[0, k])
            run[2, runs] = min(run[2, runs], box[1, k])
            run[3, runs] = max(run[3, runs], box[2, k])
            run[4, runs] = max(run[4, runs], box[3, k])
            run[5, runs] |= wanted[k]
    run[0, runs + 1] = n
    return runs + 1


@bare
def lies_in(
    i: Whole, j: Whole, i_is_first: Truth, ends: Int64,
    left: Whole, bottom: Whole, right: Whole, top: Whole,
) -> Truth:  # fmt: skip
    """Whether the crossing point of edges i and j has left <= x < right, and so y.

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
    x = ax + t * (bx - ax)
    y = ay + t * (by - ay)
    within: Truth = left <= x < right and bottom <= y < top
    return within


@inlined
def append(entering: Whole, leaving: Whole, found: Int32, n: Whole) -> Whole:
    """Write a crossing to found[n] if there is room; n with it."""
    if n < len(found):
        found[n, 0] = entering
        found[n, 1] = leaving
    return n + 1


@inlined
def _on_both_sides(i: Whole, n: Whole, ends: Int64, near: Int32) -> Whole:
    """Keep of the edges near[1, :n] those whose ends are not on one side of edge i."""
    x = ends[i, 0]
    y = ends[i, 1]
    dx = ends[i, 2] - x
    dy = ends[i, 3] - y
    kept: Whole = 0
    for q in range(n):
        j = near[1, q]
        near[1, kept] = j
        a = dx * (ends[j, 1] - y) - dy * (ends[j, 0] - x)
        b = dx * (ends[j, 3] - y) - dy * (ends[j, 2] - x)
        kept += ((a <= 0) | (b <= 0)) & ((a >= 0) | (b >= 0))
    return kept


@bare
def pairs_of_runs(
    x0: Whole, y0: Whole, cell: Whole, runs: Whole, run: Int32,
    ends: Int64, box: Int32, shape: Int64, wanted: Int8,
    shape_priority: Int64, edge: Int32, near: Int32, found: Int32, n: Whole,
) -> Whole:  # fmt: skip
    """Append the crossings whose point lies in a cell to found[:n]; n with them.

    Parameters
    ----------
    runs, run : of `find_runs`, of everything but lines
    ends, box, shape, wanted : edges of the cell, of `subgrid.gather`
    edge : the same edges in the scene
    near : (2, m) room for the edges of a run that can meet another run, and an edge
    found : (m, 2) written as far as there is room
    """
    for u in range(runs):
        of_u = shape[run[0, u]]
        for v in range(u + 1, runs):
            left = max(run[1, u], run[1, v])
            bottom = max(run[2, u], run[2, v])
            right = min(run[3, u], run[3, v])
            top = min(run[4, u], run[4, v])
            if left > right or bottom > top or not may_be_wanted(run[5, u] | run[5, v]):
                continue
            if shape_priority[of_u] == shape_priority[shape[run[0, v]]]:
                continue
            # every edge of the shorter run looks at the longer one, all edges at once
            short = u
            long = v
            if run[0, u + 1] - run[0, u] > run[0, v + 1] - run[0, v]:
                short = v
                long = u
            priority = shape_priority[shape[run[0, short]]]
            other = shape_priority[shape[run[0, long]]]
            m = 0
            for j in range(run[0, long], run[0, long + 1]):
                near[0, m] = j
                m += (
                    (box[0, j] <= right) & (box[2, j] >= left)
                    & (box[1, j] <= top) & (box[3, j] >= bottom)
                )  # fmt: skip
            for i in range(run[0, short], run[0, short + 1]):
                i_left = box[0, i]
                i_bottom = box[1, i]
                i_right = box[2, i]
                i_top = box[3, i]
                if i_left > right or i_right < left or i_bottom > top or i_top < bottom:
                    continue
                most: Whole = 0
                for q in range(m):
                    j = near[0, q]
                    near[1, most] = j
                    most += (
                        (box[0, j] <= i_right) & (box[2, j] >= i_left)
                        & (box[1, j] <= i_top) & (box[3, j] >= i_bottom)
                    )  # fmt: skip
                if most > 1:
                    most = _on_both_sides(i, most, ends, near)
                for q in range(most):
                    j = near[1, q]
                    if not is_wanted(wanted[i] | wanted[j]):
                        continue
                    sign = crossing(
                        ends[i, 0], ends[i, 1], ends[i, 2], ends[i, 3], priority,
                        ends[j, 0], ends[j, 1], ends[j, 2], ends[j, 3], other,
                    )  # fmt: skip
                    if sign == 0 or not lies_in(
                        i, j, priority < other, ends, x0, y0, x0 + cell, y0 + cell
                    ):
                        continue
                    if sign > 0:
                        n = append(edge[i], edge[j], found, n)
                    else:
                        n = append(edge[j], edge[i], found, n)
    return n


@bare
def pairs_of_lines(
    x0: Whole, y0: Whole, cell: Whole, first: Whole, last: Whole, runs: Whole,
    run: Int32, ends: Int64, box: Int32, shape: Int64, wanted: Int8,
    shape_priority: Int64, edge: Int32, services: Whole, zones: Whole, near: Int32,
    found: Int32, n: Whole,
) -> Whole:  # fmt: skip
    """The same of the edges first..last of a cell, which are of lines, with all before.

    Parameters
    ----------
    runs, run : of `find_runs`, of the edges before them
    services : how many edges are of services, the scene's first ones
    zones : first edge of any zone, the scene's last ones

    Notes
    -----
    An outline holds what lies on it: a line that is taken to be outside enters the
    shape where the two begin to lie on each other and leaves it where that ends.
    """
    of_others: Whole = 0
    for u in range(runs):
        of_others |= run[5, u]
    for i in range(first, last):
        if not may_be_wanted(wanted[i] | of_others):
            continue
        left = box[0, i]
        bottom = box[1, i]
        right = box[2, i]
        top = box[3, i]
        most: Whole = 0
        for j in range(first):
            near[1, most] = j
            most += (
                (box[0, j] <= right) & (box[2, j] >= left)
                & (box[1, j] <= top) & (box[3, j] >= bottom)
            )  # fmt: skip
        most = _on_both_sides(i, most, ends, near)
        priority = shape_priority[shape[i]]
        for q in range(most):
            j = near[1, q]
            if not is_wanted(wanted[i] | wanted[j]):
                continue
            other = shape_priority[shape[j]]
            sign = crossing(
                ends[i, 0], ends[i, 1], ends[i, 2], ends[i, 3], priority,
                ends[j, 0], ends[j, 1], ends[j, 2], ends[j, 3], other,
            )  # fmt: skip
            if sign == 0 and not (
                (edge[j] < services or edge[j] >= zones)
                and runs_beside(
                    ends[i, 0], ends[i, 1], ends[i, 2], ends[i, 3], priority,
                    ends[j, 0], ends[j, 1], ends[j, 2], ends[j, 3], other,
                )
            ):  # fmt: skip
                continue
            if not lies_in(i, j, priority < other, ends, x0, y0, x0 + cell, y0 + cell):
                continue
            if sign >= 0:
                n = append(edge[i], ~edge[j], found, n)
            if sign <= 0:
                n = append(~edge[j], edge[i], found, n)
    return n
