"""Step 9, first half: which shapes an edit can touch, by boxes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from processes.kernels.exact.bins import grouped
from processes.kernels.exact.chain import FAR, Chains
from processes.kernels.exact.compile import bare, compiled
from processes.kernels.exact.scene import Int64, Truth, Whole

_LEAST_TILE_MM = 100_000
_MOST_TILES = 1000
_MOST_ACROSS = 256
_USUAL_SHARE = 0.999
FEW = 1000
LITTLE_MM = 20_000


@bare
def bound_shapes(first: Whole, last: Whole, chains: Chains, box: Int64) -> None:
    """Boxes of the shapes first..last."""
    xy = chains.xy
    for shape in range(first, last):
        left = bottom = np.int64(FAR)
        right = top = np.int64(-FAR)
        for chain in range(chains.shape_start[shape], chains.shape_start[shape + 1]):
            begin = chains.start[chain]
            for v in range(begin, begin + chains.size[chain]):
                left = min(left, xy[v, 0])
                bottom = min(bottom, xy[v, 1])
                right = max(right, xy[v, 0])
                top = max(top, xy[v, 1])
        box[shape, 0] = left
        box[shape, 1] = bottom
        box[shape, 2] = right
        box[shape, 3] = top


@compiled
def shape_boxes(chains: Chains) -> Int64:
    """(s, 4) least x, y and greatest x, y of each shape [mm]; empty ones meet none."""
    box = np.empty((len(chains.shape_start) - 1, 4), np.int64)
    bound_shapes(0, len(box), chains, box)
    return box


@compiled
def by_tile(at: Int64, least_tile: Whole) -> Int64:
    """Positions of points, or of boxes that meet anything, by the tile they lie in.

    Parameters
    ----------
    at : (n, 2) points or (n, 4) boxes, of which the lower corner counts [mm]
    least_tile : width of a tile, at least [mm]
    """
    left = bottom = np.int64(FAR)
    right = top = np.int64(-FAR)
    for i in range(len(at)):
        if at[i, 0] != FAR:
            left = min(left, at[i, 0])
            bottom = min(bottom, at[i, 1])
            right = max(right, at[i, 0])
            top = max(top, at[i, 1])
    if left > right:
        return np.empty(0, np.int64)
    tile = max(least_tile, max(right - left, top - bottom) // _MOST_ACROSS)
    columns = (right - left) // tile + 1
    rows = (top - bottom) // tile + 1
    key = np.full(len(at), columns * rows, np.int64)
    for i in range(len(at)):
        if at[i, 0] != FAR:
            key[i] = (at[i, 1] - bottom) // tile * columns + (at[i, 0] - left) // tile
    start, order = grouped(key, columns * rows + 1)
    return order[: start[columns * rows]]


@bare
def meets(box: Int64, i: Whole, asked: Int64, k: Whole) -> Truth:
    """Whether box i of one list meets box k of another, rims included."""
    across: Truth = box[i, 0] <= asked[k, 2] and box[i, 2] >= asked[k, 0]
    along: Truth = box[i, 1] <= asked[k, 3] and box[i, 3] >= asked[k, 1]
    return across and along


class Index(NamedTuple):
    """Boxes by the tile that holds their lower left corner; wide ones by themselves.

    Parameters
    ----------
    box : (n, 4) the boxes
    tile : width of a tile; of the boxes in tiles none is wider or higher [mm]
    left, bottom, columns, rows : of the tiles
    start : (columns * rows + 1,) first item of each tile
    item : positions of boxes, ascending within a tile
    wide : positions of the wider boxes, ascending
    """

    box: Int64
    tile: int
    left: int
    bottom: int
    columns: int
    rows: int
    start: Int64
    item: Int64
    wide: Int64


def index_of(box: Int64) -> Index:
    """An index of boxes; those that meet none are left out."""
    some = np.flatnonzero(box[:, 0] <= box[:, 2])
    if len(some) <= FEW:
        none = np.empty(0, np.int64)
        return Index(box, 1, 0, 0, 1, 1, np.zeros(2, np.int64), none, some)
    here = box[some]
    side = (here[:, 2:] - here[:, :2]).max(axis=1)
    least, greatest = here[:, :2].min(axis=0), here[:, :2].max(axis=0)
    reach = int((greatest - least).max())
    usual = int(np.quantile(side, _USUAL_SHARE))
    tile = max(_LEAST_TILE_MM, reach // _MOST_TILES, usual)
    columns, rows = (int(n) for n in (greatest - least) // tile + 1)
    tiled = side <= tile
    at = (here[tiled, :2] - least) // tile
    start, order = grouped(at[:, 1] * columns + at[:, 0], columns * rows)
    return Index(
        box, tile, int(least[0]), int(least[1]), columns, rows, start,
        some[tiled][order], some[~tiled],
    )  # fmt: skip


@compiled
def near(index: Index, asked: Int64) -> Int64:
    """Positions of the boxes that meet one of those asked, ascending.

    Notes
    -----
    What meets the box about all is sifted where that looks at no more tiles.
    """
    about = np.empty((1, 4), np.int64)
    several: Whole = 0
    for k in range(len(asked)):
        if k == 0:
            about[0] = asked[0]
        _stretch(about, 0, asked[k : k + 1])
        first, last, first_row, last_row = _tiles(index, asked, k)
        several += max(last - first + 1, 0) * max(last_row - first_row + 1, 0)
    if len(asked) > 1:
        first, last, first_row, last_row = _tiles(index, about, 0)
        if max(last - first + 1, 0) * max(last_row - first_row + 1, 0) <= several:
            return _sifted(index.box, _near_each(index, about), asked)
    return _near_each(index, asked)


@bare
def _tiles(index: Index, asked: Int64, k: Whole) -> tuple[Whole, Whole, Whole, Whole]:
    """First and last column, first and last row of tiles whose boxes may meet box k."""
    return (
        max((asked[k, 0] - index.left) // index.tile - 1, 0),
        min((asked[k, 2] - index.left) // index.tile, index.columns - 1),
        max((asked[k, 1] - index.bottom) // index.tile - 1, 0),
        min((asked[k, 3] - index.bottom) // index.tile, index.rows - 1),
    )


@compiled
def _sifted(box: Int64, some: Int64, asked: Int64) -> Int64:
    """Those of some boxes that meet one of those asked."""
    n = 0
    for i in some:
        for k in range(len(asked)):
            if meets(box, i, asked, k):
                some[n] = i
                n += 1
                break
    return some[:n].copy()


@compiled
def _near_each(index: Index, asked: Int64) -> Int64:
    """The same, box by box."""
    box = index.box
    found = np.empty(256, np.int64)
    n = 0
    for k in range(len(asked)):
        first, last, first_row, last_row = _tiles(index, asked, k)
        for row in range(first_row, last_row + 1):
            if first > last:
                break
            begin = index.start[row * index.columns + first]
            end = index.start[row * index.columns + last + 1]
            for i in index.item[begin:end]:
                if meets(box, i, asked, k):
                    found = _with(found, n, i)
                    n += 1
        for i in index.wide:
            if meets(box, i, asked, k):
                found = _with(found, n, i)
                n += 1
    return np.unique(found[:n])


@compiled
def _with(found: Int64, n: int, i: Whole) -> Int64:
    """The list with i at n; a larger one if it is full."""
    if n == len(found):
        larger = np.empty(2 * n, np.int64)
        larger[:n] = found
        found = larger
    found[n] = i
    return found


@bare
def _bound_edge(xy: Int64, v: Whole, edge: Int64) -> None:
    """Box of the edge that begins at a vertex; written into the only row."""
    edge[0, 0] = min(xy[v, 0], xy[v + 1, 0])
    edge[0, 1] = min(xy[v, 1], xy[v + 1, 1])
    edge[0, 2] = max(xy[v, 0], xy[v + 1, 0])
    edge[0, 3] = max(xy[v, 1], xy[v + 1, 1])


@bare
def _stretch(box: Int64, k: Whole, edge: Int64) -> None:
    """Let box k hold the box of an edge, too."""
    box[k, 0] = min(box[k, 0], edge[0, 0])
    box[k, 1] = min(box[k, 1], edge[0, 1])
    box[k, 2] = max(box[k, 2], edge[0, 2])
    box[k, 3] = max(box[k, 3], edge[0, 3])


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
                _bound_edge(chains.xy, v, edge)
                for k in range(len(asked)):
                    if meets(edge, 0, asked, k):
                        _stretch(wider, k, edge)


@compiled
def reached(chains: Chains, shapes: Int64, asked: Int64, wider: Int64) -> Int64:
    """Boxes of the edges that meet some boxes and lead far out of them.

    Parameters
    ----------
    shapes : some of the chains' shapes
    asked : (m, 4) boxes of what is edited
    wider : (m, 4) the same at first; widened by the edges that lead out a little way

    Notes
    -----
    All that an edit can cut otherwise. A long edge has a box of its own: what lies
    beside it in a box about everything is of no matter.
    """
    found = np.empty((16, 4), np.int64)
    n = 0
    edge = np.empty((1, 4), np.int64)
    for s in shapes:
        for chain in range(chains.shape_start[s], chains.shape_start[s + 1]):
            begin = chains.start[chain]
            for v in range(begin, begin + chains.size[chain] - 1):
                _bound_edge(chains.xy, v, edge)
                for k in range(len(asked)):
                    if not meets(edge, 0, asked, k):
                        continue
                    out = max(
                        asked[k, 0] - edge[0, 0], asked[k, 1] - edge[0, 1],
                        edge[0, 2] - asked[k, 2], edge[0, 3] - asked[k, 3],
                    )  # fmt: skip
                    if out <= LITTLE_MM:
                        _stretch(wider, k, edge)
                        continue
                    if n == len(found):
                        larger = np.empty((2 * n, 4), np.int64)
                        larger[:n] = found
                        found = larger
                    found[n] = edge[0]
                    n += 1
                    break
    return found[:n]


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
                for axis in range(2):
                    xy[v, axis] = chains.xy[k, axis]
                    offset[v, axis] = chains.offset[k, axis]
                v += 1
            c += 1
        shape_start[i + 1] = c
    return Chains(xy, offset, start, size, shape_start, chains.moved)


@compiled
def joined(one: Chains, other: Chains) -> Chains:
    """Two layers as one, the shapes of the first before those of the second."""
    return Chains(
        np.concatenate((one.xy, other.xy)),
        np.concatenate((one.offset, other.offset)),
        np.concatenate((one.start, other.start + len(one.xy))),
        np.concatenate((one.size, other.size)),
        np.concatenate((one.shape_start, other.shape_start[1:] + len(one.start))),
        one.moved or other.moved,
    )
