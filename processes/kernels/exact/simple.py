"""Step 1: shapes whose outlines may touch themselves once they are rounded.

A valid shape stays valid when its corners are moved by less than a millimetre, unless
two of its edges come to touch that did not. Whether any do is told from whole numbers;
GEOS is asked only about those shapes.
"""

from __future__ import annotations

import numpy as np

from processes.kernels.arrays import IntArray
from processes.kernels.exact.chain import Chains
from processes.kernels.exact.city import packed_shapes
from processes.kernels.exact.compile import bare
from processes.kernels.exact.decode import FEW
from processes.kernels.exact.exact import mended
from processes.kernels.exact.scene import Int8, Int64, Truth, Whole
from processes.kernels.exact.threads import Workers, even_parts, workers
from processes.kernels.written import Written

_RUN = 8  # edges one behind the other that are looked at together


@bare
def _side(xy: Int64, a: Whole, b: Whole, p: Whole) -> Whole:
    """Left of the line from a to b: above 0."""
    left = (xy[b, 0] - xy[a, 0]) * (xy[p, 1] - xy[a, 1])
    side: Whole = left - (xy[b, 1] - xy[a, 1]) * (xy[p, 0] - xy[a, 0])
    return side


@bare
def _meet(xy: Int64, e: Whole, f: Whole) -> Truth:
    """Whether two edges whose boxes meet have a point in common."""
    one = _side(xy, e, e + 1, f)
    other = _side(xy, e, e + 1, f + 1)
    if (one > 0 and other > 0) or (one < 0 and other < 0):
        return False
    one = _side(xy, f, f + 1, e)
    other = _side(xy, f, f + 1, e + 1)
    return not ((one > 0 and other > 0) or (one < 0 and other < 0))


@bare
def _folded(xy: Int64, a: Whole, b: Whole, c: Whole) -> Truth:
    """Whether the edge b-c goes back along the edge a-b."""
    if _side(xy, a, b, c) != 0:
        return False
    along: Whole = (xy[b, 0] - xy[a, 0]) * (xy[c, 0] - xy[b, 0])
    back: Truth = along + (xy[b, 1] - xy[a, 1]) * (xy[c, 1] - xy[b, 1]) < 0
    return back


@bare
def _bound_runs(chain: Whole, chains: Chains, first_run: Whole, box: Int64) -> Whole:
    """Boxes of the runs of a ring; the number of the next run."""
    xy = chains.xy
    begin = chains.start[chain]
    end = begin + chains.size[chain] - 1
    run = first_run
    for v in range(begin, end, _RUN):
        left = right = xy[v, 0]
        bottom = top = xy[v, 1]
        for k in range(v + 1, min(v + _RUN, end) + 1):
            left = min(left, xy[k, 0])
            right = max(right, xy[k, 0])
            bottom = min(bottom, xy[k, 1])
            top = max(top, xy[k, 1])
        box[run, 0] = left
        box[run, 1] = bottom
        box[run, 2] = right
        box[run, 3] = top
        box[run, 4] = v
        box[run, 5] = min(v + _RUN, end)
        box[run, 6] = begin
        box[run, 7] = end
        run += 1
    return run


@bare
def _runs_meet(xy: Int64, box: Int64, i: Whole, j: Whole) -> Truth:
    """Whether edges of two runs touch that do not follow one another."""
    begin = box[i, 6]
    end = box[i, 7]
    same = begin == box[j, 6]
    for e in range(box[i, 4], box[i, 5]):
        left = min(xy[e, 0], xy[e + 1, 0])
        right = max(xy[e, 0], xy[e + 1, 0])
        bottom = min(xy[e, 1], xy[e + 1, 1])
        top = max(xy[e, 1], xy[e + 1, 1])
        if (
            right < box[j, 0]
            or box[j, 2] < left
            or top < box[j, 1]
            or box[j, 3] < bottom
        ):
            continue
        for f in range(max(box[j, 4], e + 1), box[j, 5]):
            if (
                right < min(xy[f, 0], xy[f + 1, 0])
                or max(xy[f, 0], xy[f + 1, 0]) < left
                or top < min(xy[f, 1], xy[f + 1, 1])
                or max(xy[f, 1], xy[f + 1, 1]) < bottom
                or (same and (f == e + 1 or (e == begin and f == end - 1)))
            ):
                continue
            if _meet(xy, e, f):
                return True
    return False


@bare
def _is_doubtful(shape: Whole, chains: Chains, first_run: Whole, box: Int64) -> Truth:
    xy = chains.xy
    run = first_run
    for chain in range(chains.shape_start[shape], chains.shape_start[shape + 1]):
        if chains.size[chain] == 0:
            return True
        begin = chains.start[chain]
        end = begin + chains.size[chain] - 1
        if _folded(xy, end - 1, begin, begin + 1):
            return True
        for v in range(begin + 1, end):
            if _folded(xy, v - 1, v, v + 1):
                return True
        run = _bound_runs(chain, chains, run, box)
    for i in range(first_run, run):
        for j in range(i, run):
            if (
                box[i, 0] <= box[j, 2]
                and box[j, 0] <= box[i, 2]
                and box[i, 1] <= box[j, 3]
                and box[j, 1] <= box[i, 3]
                and _runs_meet(xy, box, i, j)
            ):
                return True
    return False


@bare
def _judge(
    first: Whole, last: Whole, chains: Chains, run_start: Int64, box: Int64, found: Int8
) -> None:
    """Tell of shapes first..last whether they are doubtful."""
    for shape in range(first, last):
        found[shape] = _is_doubtful(shape, chains, run_start[shape], box)


def doubtful_shapes(chains: Chains, crew: Workers) -> IntArray:
    """Shapes with a ring that rounding took away or edges that touch, by position.

    Parameters
    ----------
    chains : of (multi)polygons that were valid before they were rounded
    """
    n = len(chains.shape_start) - 1
    runs = np.concatenate(
        [[0], np.cumsum(np.maximum(chains.size + _RUN - 2, 0) // _RUN)]
    )
    run_start = runs[chains.shape_start].astype(np.int64)
    box = np.empty((int(runs[-1]), 8), np.int64)
    found = np.zeros(n, np.int8)
    crew.run(
        lambda first, last: _judge(first, last, chains, run_start, box, found),
        even_parts(chains.shape_start, crew.threads),
    )
    return np.flatnonzero(found)


def mended_bytes(shapes: Written, *, threads: int = 2) -> tuple[Written, int]:
    """What `mended` gives of shapes that were valid before they are rounded; how many.

    Examples
    --------
    >>> import shapely
    >>> from processes.kernels.written import written_out
    >>> thin = shapely.Polygon([(0, 0), (9, 0), (9, 9), (8.9996, 0.0004), (0, 5)])
    >>> whole, count = mended_bytes(written_out(shapely.to_wkb([thin]).tolist()))
    >>> count, whole.geometry[0] == mended(np.array([thin]))[0][0]
    (1, True)
    """
    threads = threads if len(shapes) > FEW else 1
    with workers(threads) as crew:
        doubtful = doubtful_shapes(packed_shapes(shapes, threads=threads), crew)
    asked = Written(shapes.pool, shapes.start[doubtful], shapes.size[doubtful])
    sound, count = mended(asked.geometry)
    return (shapes.replaced(doubtful, sound), count) if count else (shapes, 0)
