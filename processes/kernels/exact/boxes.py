"""Step 9, first half: which shapes an edit can touch, by boxes."""

from __future__ import annotations

import numpy as np

from processes.kernels.exact.compile import bare, compiled
from processes.kernels.exact.pack import Chains
from processes.kernels.exact.scene import Int64, Truth

_FAR = 1 << 60


@compiled
def shape_boxes(chains: Chains) -> Int64:
    """(s, 4) least x, y and greatest x, y of each shape [mm]; empty ones meet none."""
    n = len(chains.shape_start) - 1
    box = np.empty((n, 4), np.int64)
    for shape in range(n):
        left = bottom = np.int64(_FAR)
        right = top = np.int64(-_FAR)
        for chain in range(chains.shape_start[shape], chains.shape_start[shape + 1]):
            begin = chains.start[chain]
            for v in range(begin, begin + chains.size[chain]):
                left = min(left, chains.xy[v, 0])
                right = max(right, chains.xy[v, 0])
                bottom = min(bottom, chains.xy[v, 1])
                top = max(top, chains.xy[v, 1])
        box[shape, 0] = left
        box[shape, 1] = bottom
        box[shape, 2] = right
        box[shape, 3] = top
    return box


@bare
def meets(box: Int64, i: int, asked: Int64, k: int) -> Truth:
    """Whether box i of one list meets box k of another, rims included."""
    across: Truth = box[i, 0] <= asked[k, 2] and box[i, 2] >= asked[k, 0]
    along: Truth = box[i, 1] <= asked[k, 3] and box[i, 3] >= asked[k, 1]
    return across and along


@compiled
def near(box: Int64, asked: Int64) -> Int64:
    """Positions of the boxes that meet one of those asked, ascending."""
    found = np.empty(len(box), np.int64)
    n = 0
    left = bottom = np.int64(_FAR)
    right = top = np.int64(-_FAR)
    for k in range(len(asked)):
        left = min(left, asked[k, 0])
        bottom = min(bottom, asked[k, 1])
        right = max(right, asked[k, 2])
        top = max(top, asked[k, 3])
    for i in range(len(box)):
        if (
            box[i, 0] > right or box[i, 2] < left
            or box[i, 1] > top or box[i, 3] < bottom
        ):  # fmt: skip
            continue
        for k in range(len(asked)):
            if meets(box, i, asked, k):
                found[n] = i
                n += 1
                break
    return found[:n].copy()


@compiled
def widen(chains: Chains, shapes: Int64, asked: Int64, wider: Int64) -> None:
    """Widen boxes by the edges that meet them: all that an edit can cut otherwise.

    Parameters
    ----------
    shapes : some of the chains' shapes
    asked : (m, 4) boxes of what is edited
    wider : (m, 4) the same at first; written
    """
    edge = np.empty((1, 4), np.int64)
    for i in range(len(shapes)):
        for chain in range(
            chains.shape_start[shapes[i]], chains.shape_start[shapes[i] + 1]
        ):
            begin = chains.start[chain]
            for v in range(begin, begin + chains.size[chain] - 1):
                edge[0, 0] = min(chains.xy[v, 0], chains.xy[v + 1, 0])
                edge[0, 1] = min(chains.xy[v, 1], chains.xy[v + 1, 1])
                edge[0, 2] = max(chains.xy[v, 0], chains.xy[v + 1, 0])
                edge[0, 3] = max(chains.xy[v, 1], chains.xy[v + 1, 1])
                for k in range(len(asked)):
                    if meets(edge, 0, asked, k):
                        wider[k, 0] = min(wider[k, 0], edge[0, 0])
                        wider[k, 1] = min(wider[k, 1], edge[0, 1])
                        wider[k, 2] = max(wider[k, 2], edge[0, 2])
                        wider[k, 3] = max(wider[k, 3], edge[0, 3])


@compiled
def taken(chains: Chains, shapes: Int64) -> Chains:
    """Some shapes of a layer as a layer of their own, in the order given."""
    n_chains = n_vertices = 0
    for s in shapes:
        for chain in range(chains.shape_start[s], chains.shape_start[s + 1]):
            n_chains += 1
            n_vertices += chains.size[chain]
    xy = np.empty((n_vertices, 2), np.int64)
    offset = np.empty((n_vertices, 2), np.float32)
    start = np.empty(n_chains, np.int64)
    size = np.empty(n_chains, np.int64)
    shape_start = np.zeros(len(shapes) + 1, np.int64)
    c = v = 0
    for i in range(len(shapes)):
        for chain in range(
            chains.shape_start[shapes[i]], chains.shape_start[shapes[i] + 1]
        ):
            begin = chains.start[chain]
            start[c] = v
            size[c] = chains.size[chain]
            for k in range(begin, begin + chains.size[chain]):
                xy[v] = chains.xy[k]
                offset[v] = chains.offset[k]
                v += 1
            c += 1
        shape_start[i + 1] = c
    return Chains(xy, offset, start, size, shape_start)


def joined(one: Chains, other: Chains) -> Chains:
    """Two layers as one, the shapes of the first before those of the second."""
    return Chains(
        np.concatenate([one.xy, other.xy]),
        np.concatenate([one.offset, other.offset]),
        np.concatenate([one.start, other.start + len(one.xy)]),
        np.concatenate([one.size, other.size]),
        np.concatenate([one.shape_start, other.shape_start[1:] + len(one.start)]),
    )
