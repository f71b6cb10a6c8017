"""Step 4, sorted: the crossings of every edge, in the order in which it meets them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from processes.kernels.exact.compile import compiled
from processes.kernels.exact.perturb import along
from processes.kernels.exact.scene import Float64, Int32, Int64, Scene, Whole


class Events(NamedTuple):
    """Where and how the state changes along one edge.

    Parameters
    ----------
    t : share of the way along the edge
    x, y : the crossing point [mm]
    weight : change of state
    code : 2 * other edge, + 1 where the edge leaves the other's shape
    """

    t: Float64
    x: Float64
    y: Float64
    weight: Int64
    code: Int32


@compiled
def count_events(pairs: Int32, first: Whole, last: Whole, start: Int64) -> None:
    """Count the crossings of each edge of first..last in start[edge + 1]."""
    for k in range(len(pairs)):
        for side in range(2):
            e = pairs[k, side]
            if first <= e < last:
                start[e + 1] += 1


@compiled
def fill_events(
    pairs: Int32, first: Whole, last: Whole, free: Int64, event: Int32
) -> None:
    """Put each crossing with both its edges, as far as these are in first..last.

    Parameters
    ----------
    free : (v,) next free event of each edge
    event : (m,) written: 2 * other edge, + 1 where the edge leaves the other's shape
    """
    for k in range(len(pairs)):
        for side in range(2):
            e = pairs[k, side]
            if first <= e < last:
                event[free[e]] = 2 * pairs[k, 1 - side] + side
                free[e] += 1


@compiled
def running_sum(values: Int64) -> None:
    """Replace values by the sums of all up to each."""
    for k in range(1, len(values)):
        values[k] += values[k - 1]


@compiled
def room_for_events(n: Whole) -> Events:
    """Buffers for n events of one edge."""
    return Events(
        np.empty(n),
        np.empty(n),
        np.empty(n),
        np.empty(n, np.int64),
        np.empty(n, np.int32),
    )


@compiled
def _sort_events(n: Whole, events: Events) -> None:
    """Order the first n events by the way along the edge, then by their code."""
    gap = n // 2
    while gap > 0:
        for k in range(gap, n):
            t = events.t[k]
            x = events.x[k]
            y = events.y[k]
            weight = events.weight[k]
            code = events.code[k]
            i: Whole = k
            while i >= gap and (
                events.t[i - gap] > t
                or (events.t[i - gap] == t and events.code[i - gap] > code)
            ):
                events.t[i] = events.t[i - gap]
                events.x[i] = events.x[i - gap]
                events.y[i] = events.y[i - gap]
                events.weight[i] = events.weight[i - gap]
                events.code[i] = events.code[i - gap]
                i -= gap
            events.t[i] = t
            events.x[i] = x
            events.y[i] = y
            events.weight[i] = weight
            events.code[i] = code
        gap //= 2


@compiled
def read_events(
    e: Whole, first: Whole, last: Whole, scene: Scene, event: Int32, events: Events
) -> Whole:
    """Write where and how the state changes along edge e, in order; how many times.

    Notes
    -----
    Sorted by the way along the edge, then by the other edge, so that their order in
    memory is of no matter. Points come from the edge of lower priority.
    """
    px = np.int64(scene.xy[e, 0])
    py = np.int64(scene.xy[e, 1])
    qx = np.int64(scene.xy[e + 1, 0])
    qy = np.int64(scene.xy[e + 1, 1])
    priority = scene.priority[scene.edge_shape[e]]
    n = 0
    for k in range(first, last):
        f = event[k] >> 1
        shape = scene.edge_shape[f]
        weight = scene.weight[shape]
        if weight == 0:
            continue
        ax = np.int64(scene.xy[f, 0])
        ay = np.int64(scene.xy[f, 1])
        bx = np.int64(scene.xy[f + 1, 0])
        by = np.int64(scene.xy[f + 1, 1])
        t = along(px, py, qx, qy, ax, ay, bx, by)
        if priority < scene.priority[shape]:
            events.x[n] = px + t * (qx - px)
            events.y[n] = py + t * (qy - py)
        else:
            s = along(ax, ay, bx, by, px, py, qx, qy)
            events.x[n] = ax + s * (bx - ax)
            events.y[n] = ay + s * (by - ay)
        events.t[n] = t
        events.weight[n] = -weight if event[k] & 1 else weight
        events.code[n] = event[k]
        n += 1
    _sort_events(n, events)
    return n
