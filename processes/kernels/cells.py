"""Groups of neighbouring cells that each hold enough assets to hide any one of them."""

from __future__ import annotations

import heapq

import numpy as np

from processes.kernels.arrays import FloatArray, GeometryArray, IntArray
from processes.kernels.touch import touching


def merged_cells(
    cells: GeometryArray, parent: IntArray, assets: IntArray, *, smallest: int
) -> IntArray:
    """A group for each cell, so that every group holds at least `smallest` assets.

    Parameters
    ----------
    cells : (n,) polygons that share their borders
    parent : (n,) cells are only joined within one parent
    assets : (n,) assets in each cell
    smallest : a group with fewer is joined to the neighbour with fewest

    Returns
    -------
    (n,) group numbers: the position of the group's first cell. A parent that holds
    fewer assets in all is one group.

    Notes
    -----
    Always the group with fewest assets is joined first, ties by position: the same
    cells give the same groups, whatever else is asked. A group without neighbours is
    joined to the first other group of its parent.
    """
    n = len(cells)
    group = np.arange(n)
    near = touching(cells, cells)
    neighbours = [
        {int(j) for j in near.of(i) if j != i and parent[j] == parent[i]}
        for i in range(n)
    ]
    members: dict[int, list[int]] = {}
    for i in range(n):
        members.setdefault(int(parent[i]), []).append(i)
    for inside in members.values():
        _merge(inside, neighbours, assets.astype(np.int64), group, smallest)
    return group


def _merge(
    inside: list[int],
    neighbours: list[set[int]],
    assets: IntArray,
    group: IntArray,
    smallest: int,
) -> None:
    """Join the groups of one parent; writes to `group`."""
    count = {i: int(assets[i]) for i in inside}
    cells = {i: [i] for i in inside}
    queue = [(count[i], i) for i in inside if count[i] < smallest]
    heapq.heapify(queue)
    while queue:
        held, i = heapq.heappop(queue)
        if i not in count or count[i] != held or len(count) == 1:
            continue
        beside = neighbours[i] or (set(count) - {i})
        j = min(beside, key=lambda k: (count[k], k))
        keep, gone = min(i, j), max(i, j)
        count[keep] += count.pop(gone)
        cells[keep] += cells.pop(gone)
        around = (neighbours[keep] | neighbours[gone]) - {keep, gone}
        neighbours[keep] = around
        for k in around:
            neighbours[k].discard(gone)
            neighbours[k].add(keep)
        if count[keep] < smallest:
            heapq.heappush(queue, (count[keep], keep))
    for first, held_cells in cells.items():
        group[held_cells] = first


def share_class(share: FloatArray, class_points: float) -> IntArray:
    """Class of a share, counted from 0, in classes of a width in points.

    Examples
    --------
    >>> share_class(np.array([0.0, 0.049, 0.05, 1.0]), 5.0).tolist()
    [0, 0, 1, 19]
    """
    last = round(100.0 / class_points) - 1
    place = np.floor(np.asarray(share) * 100.0 / class_points + 1e-9)
    return np.clip(place, 0, last).astype(np.int64)
