"""Step 6 for points, closed: a point on an outline is held by the shape.

Symbolic perturbation puts a point that lies exactly on an outline on one side of it.
Here those points are found, and every shape whose outline they lie on holds them.
"""

from __future__ import annotations

import numpy as np

from processes.kernels.exact.bins import cell_of_vertex
from processes.kernels.exact.compile import bare
from processes.kernels.exact.perturb import is_left
from processes.kernels.exact.scene import (
    POINT,
    SERVICE,
    ZONE,
    Bins,
    Grid,
    Int8,
    Int32,
    Int64,
    Scene,
    Truth,
    Whole,
    service_depth,
    zone_of_state,
)


@bare
def winding_about(x: Whole, y: Whole, scene: Scene, shape: Whole) -> Whole:
    """How often a shape winds about a point at a vertex (x, y), perturbed as ever."""
    total = np.int64(0)
    priority = scene.priority[shape]
    for e in range(
        scene.chain_start[scene.shape_start[shape]],
        scene.chain_start[scene.shape_start[shape + 1]],
    ):
        if scene.edge_shape[e] < 0:
            continue
        ay = np.int64(scene.xy[e, 1])
        by = np.int64(scene.xy[e + 1, 1])
        if (ay < y) == (by < y):
            continue
        left = is_left(
            2 * x, 2 * y, np.int64(scene.xy[e, 0]), ay, np.int64(scene.xy[e + 1, 0]),
            by, -1, priority,
        )  # fmt: skip
        if left == (by < ay):
            total += 1 if by < ay else -1
    return total


@bare
def _is_on(x: Whole, y: Whole, ax: Whole, ay: Whole, bx: Whole, by: Whole) -> Truth:
    """Whether a point lies on an edge, its ends included."""
    if x < min(ax, bx) or x > max(ax, bx) or y < min(ay, by) or y > max(ay, by):
        return False
    return (bx - ax) * (y - ay) == (by - ay) * (x - ax)


@bare
def is_on_any(
    x: Whole, y: Whole, first: Whole, last: Whole, item: Int64, ends: Int64, box: Int32
) -> Truth:
    """Whether a point of a cell lies on an edge of its subcell.

    Parameters
    ----------
    item, first, last : edges of the subcell: item[first:last]
    ends, box : of the edges of the cell, of `subgrid.gather`
    """
    for k in range(first, last):
        i = item[k]
        if (
            box[0, i] <= x and x <= box[2, i] and box[1, i] <= y and y <= box[3, i]
            and _is_on(x, y, ends[i, 0], ends[i, 1], ends[i, 2], ends[i, 3])
        ):  # fmt: skip
            return True
    return False


@bare
def close_points(
    first: Whole, last: Whole, scene: Scene, grid: Grid, bins: Bins,
    chain_state: Int64, on_edge: Int8, depths: Whole, depth: Int64, zone: Int64,
) -> None:  # fmt: skip
    """Services that hold the points first..last of the chains, and their zones.

    Parameters
    ----------
    chain_state : (c,) states of chains; of points, as perturbed
    on_edge : (c,) 1 for points that lie on an edge
    depths : services beyond so many are not looked for
    depth, zone : (c,) written for points: services that hold it, outlines included;
        the first zone that does, -1 for none
    """
    for chain in range(first, last):
        if scene.kind[scene.chain_shape[chain]] != POINT:
            continue
        state = chain_state[chain]
        deep = service_depth(state)
        held = zone_of_state(state)
        depth[chain] = deep
        zone[chain] = held
        if on_edge[chain] == 0:
            continue
        v = scene.chain_start[chain]
        x = np.int64(scene.xy[v, 0])
        y = np.int64(scene.xy[v, 1])
        cell = bins.number[cell_of_vertex(scene, grid, v)]
        previous = np.int64(-1)
        for k in range(bins.start[cell], bins.start[cell + 1]):
            e = bins.edge[k]
            shape = np.int64(scene.edge_shape[e])
            kind = scene.kind[shape]
            # the edges of a shape stand together: one that was met is not met again
            if shape == previous or (kind != SERVICE and kind != ZONE):
                continue
            if kind == SERVICE and deep >= depths:
                continue
            if not _is_on(
                x, y, np.int64(scene.xy[e, 0]), np.int64(scene.xy[e, 1]),
                np.int64(scene.xy[e + 1, 0]), np.int64(scene.xy[e + 1, 1]),
            ):  # fmt: skip
                continue
            previous = shape
            if kind == SERVICE:
                deep += 1 - winding_about(x, y, scene, shape)
            elif held < 0 or scene.row[shape] < held:
                held = scene.row[shape]
        depth[chain] = deep
        zone[chain] = held
