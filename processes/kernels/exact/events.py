"""Step 4, sorted: the crossings of every edge, in the order in which it meets them."""

from __future__ import annotations

import numpy as np

from processes.kernels.exact.compile import bare
from processes.kernels.exact.perturb import along, shared_way
from processes.kernels.exact.scene import (
    ONE_ZONE,
    Float32,
    Float64,
    Int32,
    Int64,
    Truth,
    Whole,
)

_RIM = 1e-6


@bare
def count_events(pairs: Int32, count: Int32) -> None:
    """Add to count[edge] how many of some crossings each edge has."""
    for k in range(len(pairs)):
        for side in range(2):
            e = pairs[k, side]
            if e >= 0:
                count[e] += 1


@bare
def start_events(
    count: Int32, first: Whole, last: Whole, before: Whole, start: Int64
) -> Whole:
    """Where the events of the edges first..last begin; the most that one of them has.

    Parameters
    ----------
    count : (v,) crossings of each edge
    before : events of all edges before `first`
    start : (v + 1,) written: first event of each edge, and of the one behind the last
    """
    most: Whole = 0
    for e in range(first, last):
        start[e] = before
        most = max(most, count[e])
        before += count[e]
    start[last] = before
    return most


@bare
def fill_events(pairs: Int32, start: Int64, left: Int32, event: Int32) -> None:
    """Put each crossing with both its edges, the last place first.

    Parameters
    ----------
    start : first event of each edge
    left : (v,) how many places from there on are left to each edge; written
    event : (m,) written: 2 * other edge, + 1 where the edge leaves the other's shape
    """
    for k in range(len(pairs)):
        for side in range(2):
            e = pairs[k, side]
            if e >= 0:
                other = pairs[k, 1 - side]
                left[e] -= 1
                event[start[e] + left[e]] = 2 * (other if other >= 0 else ~other) + side


@bare
def _sort_events(n: Whole, spot: Float64, step: Int64) -> None:
    """Order the first n events by the way along the edge, then by their code."""
    gap = n // 2
    while gap > 0:
        for k in range(gap, n):
            t = spot[k, 0]
            x = spot[k, 1]
            y = spot[k, 2]
            weight = step[k, 0]
            code = step[k, 1]
            i: Whole = k
            while i >= gap and (
                spot[i - gap, 0] > t
                or (spot[i - gap, 0] == t and step[i - gap, 1] > code)
            ):
                spot[i, 0] = spot[i - gap, 0]
                spot[i, 1] = spot[i - gap, 1]
                spot[i, 2] = spot[i - gap, 2]
                step[i, 0] = step[i - gap, 0]
                step[i, 1] = step[i - gap, 1]
                i -= gap
            spot[i, 0] = t
            spot[i, 1] = x
            spot[i, 2] = y
            step[i, 0] = weight
            step[i, 1] = code
        gap //= 2


@bare
def _was_rounded(f: Whole, offset: Float32) -> Truth:
    """Whether an edge is of a service and rounding took anything from its ends."""
    if f + 1 >= len(offset):
        return False
    begin: Truth = offset[f, 0] != 0.0 or offset[f, 1] != 0.0
    end: Truth = offset[f + 1, 0] != 0.0 or offset[f + 1, 1] != 0.0
    return begin or end


@bare
def _moved(e: Whole, f: Whole, xy: Int32, offset: Float32) -> float:
    """How much further along edge e the edge f was met before it was rounded."""
    px = np.int64(xy[e, 0])
    py = np.int64(xy[e, 1])
    qx = np.int64(xy[e + 1, 0])
    qy = np.int64(xy[e + 1, 1])
    ax = np.int64(xy[f, 0])
    ay = np.int64(xy[f, 1])
    bx = np.int64(xy[f + 1, 0])
    by = np.int64(xy[f + 1, 1])
    across = float((qx - px) * (by - ay) - (qy - py) * (bx - ax))
    if across == 0.0:
        return 0.0
    s = along(ax, ay, bx, by, px, py, qx, qy)
    dx = offset[f, 0] + s * (offset[f + 1, 0] - offset[f, 0])
    dy = offset[f, 1] + s * (offset[f + 1, 1] - offset[f, 1])
    return float(dx * (by - ay) - dy * (bx - ax)) / across


@bare
def _within_cell(
    px: Whole, py: Whole, qx: Whole, qy: Whole, t: float, width: float
) -> tuple[float, float]:
    """Shares of the way p-q between which it is in the cell that holds it at t.

    Notes
    -----
    Step 5 looks at cells: what happens in one may not be moved to another.
    """
    low = 0.0
    high = 1.0
    for p, q in ((px, qx), (py, qy)):
        if p == q:
            continue
        line = np.floor((p + t * (q - p)) / width) * width
        one = (line - p) / (q - p)
        other = (line + width - p) / (q - p)
        low = max(low, min(one, other))
        high = min(high, max(one, other))
    rim = _RIM * (high - low)
    return min(low + rim, t), max(high - rim, t)


@bare
def read_events(
    e: Whole, first: Whole, last: Whole,
    xy: Int32, offset: Float32, edge_shape: Int32, shape_weight: Int64,
    shape_priority: Int64, event: Int32, least: Whole, is_line: Truth, width: float,
    spot: Float64, step: Int64,
) -> Whole:  # fmt: skip
    """Write where and how the state changes along edge e, in order; how many times.

    Parameters
    ----------
    xy, offset, edge_shape, shape_weight, shape_priority : of the scene
    event : crossings of all edges; those of e are first..last
    least : least weight of a shape whose crossings are of matter, above 0
    is_line : whether e is of a line, which meets services where they were before they
        were rounded; within the cell of the crossing
    width : of a cell [mm]
    spot : (n, 3) written: share of the way along the edge, x and y of each crossing;
        of a line in place of x: number of the zone, from 1, on whose border it begins
        to lie, less than 0 where that ends
    step : (n, 2) written: change of state, and the event itself

    Notes
    -----
    Sorted by the way along the edge, then by the other edge, so that their order in
    memory is of no matter. Points come from the edge of lower priority.
    """
    px = np.int64(xy[e, 0])
    py = np.int64(xy[e, 1])
    qx = np.int64(xy[e + 1, 0])
    qy = np.int64(xy[e + 1, 1])
    priority = shape_priority[edge_shape[e]]
    n = 0
    for k in range(first, last):
        f = event[k] >> 1
        shape = edge_shape[f]
        weight = shape_weight[shape]
        if weight < least:
            continue
        ax = np.int64(xy[f, 0])
        ay = np.int64(xy[f, 1])
        bx = np.int64(xy[f + 1, 0])
        by = np.int64(xy[f + 1, 1])
        change = -weight if event[k] & 1 else weight
        if is_line and (qx - px) * (by - ay) == (qy - py) * (bx - ax):
            begin, end = shared_way(px, py, qx, qy, ax, ay, bx, by)
            spot[n, 0] = end if event[k] & 1 else begin
            spot[n, 1] = change // ONE_ZONE if weight >= ONE_ZONE else 0
            step[n, 0] = 0 if weight >= ONE_ZONE else change
            step[n, 1] = event[k]
            n += 1
            continue
        t = along(px, py, qx, qy, ax, ay, bx, by)
        if is_line:
            spot[n, 1] = 0.0
            if _was_rounded(f, offset):
                low, high = _within_cell(px, py, qx, qy, t, width)
                t = min(max(t + _moved(e, f, xy, offset), low), high)
        elif priority < shape_priority[shape]:
            spot[n, 1] = px + t * (qx - px)
            spot[n, 2] = py + t * (qy - py)
        else:
            s = along(ax, ay, bx, by, px, py, qx, qy)
            spot[n, 1] = ax + s * (bx - ax)
            spot[n, 2] = ay + s * (by - ay)
        spot[n, 0] = t
        step[n, 0] = change
        step[n, 1] = event[k]
        n += 1
    _sort_events(n, spot, step)
    return n
