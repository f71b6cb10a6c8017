"""Step 1: where the rings of polygons stand in their bytes, and in what box each lies.

What is stored in the database and what the kernel of views draws comes as EWKB. It is
read where it stands: no geometry object is made, no coordinate copied before `pack`
rounds it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from processes.kernels.exact.compile import bare
from processes.kernels.exact.scene import Float64, Int8, Int64, Truth, Whole
from processes.kernels.exact.threads import Workers, even_ranges, workers
from processes.kernels.written import Written

_POLYGON, _MULTIPOLYGON, _HAS_SRID = 3, 6, 0x20000000
_UNREADABLE = -1
FEW = 1000  # shapes that are read before a thread would begin

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.uint32]


class Rings(NamedTuple):
    """Rings of n shapes, in order.

    Parameters
    ----------
    owner : (r,) shape of each, ascending
    at : (r,) byte of its first coordinate
    points : (r,) how many points it has
    hole : (r,) 1 for all but the first of a polygon
    """

    owner: Int64
    at: Int64
    points: Int64
    hole: Int8


@bare
def _polygon(
    number: Numbers, at: Whole, end: Whole, ring: Whole, listed: Truth, where: Int64,
    points: Int64, hole: Int8,
) -> tuple[Whole, Whole]:  # fmt: skip
    """Read the rings of one polygon behind its header.

    Returns
    -------
    The byte behind it, -1 if its rings reach beyond the end; the number of the next
    ring.
    """
    n_rings = np.int64(number[at])
    at += 4
    for k in range(n_rings):
        if at + 4 > end:
            return _UNREADABLE, ring
        n = np.int64(number[at])
        at += 4
        if at + 16 * n > end:
            return _UNREADABLE, ring
        if listed:
            where[ring] = at
            points[ring] = n
            hole[ring] = 0 if k == 0 else 1
        ring += 1
        at += 16 * n
    return at, ring


@bare
def _header(pool: Bytes, number: Numbers, at: Whole, end: Whole) -> tuple[Whole, Whole]:
    """Kind of the geometry at a byte, -1 for what is not read; where it goes on."""
    if at + 9 > end or pool[at] != 1:
        return _UNREADABLE, at
    kind = np.int64(number[at + 1])
    at += 5
    if kind & _HAS_SRID:
        kind ^= _HAS_SRID
        at += 4
        if at + 4 > end:
            return _UNREADABLE, at
    return kind, at


@bare
def _walked(
    first: Whole, last: Whole, pool: Bytes, number: Numbers, start: Int64, size: Int64,
    ring_start: Int64, listed: Truth, where: Int64, points: Int64, hole: Int8,
) -> Whole:  # fmt: skip
    """Count the rings of shapes first..last, or list them.

    Parameters
    ----------
    ring_start : (n + 1,) number of rings of shape i in i + 1, written; or, where rings
        are listed, first ring of each

    Returns
    -------
    The first shape that cannot be read, -1 if there is none.
    """
    for shape in range(first, last):
        ring = ring_start[shape] if listed else np.int64(0)
        if size[shape] > 0:
            end = start[shape] + size[shape]
            kind, at = _header(pool, number, start[shape], end)
            if kind == _MULTIPOLYGON:
                parts = np.int64(number[at])
                at += 4
                for _ in range(parts):
                    kind, at = _header(pool, number, at, end)
                    if kind != _POLYGON:
                        return shape
                    at, ring = _polygon(
                        number, at, end, ring, listed, where, points, hole
                    )
                    if at < 0:
                        return shape
            elif kind == _POLYGON:
                at, ring = _polygon(number, at, end, ring, listed, where, points, hole)
            else:
                return shape
            if at != end:
                return shape
        if not listed:
            ring_start[shape + 1] = ring
    return -1


@bare
def _bound(
    first: Whole, last: Whole, ring_start: Int64, value: Float64, where: Int64,
    points: Int64, box: Float64,
) -> None:  # fmt: skip
    """Boxes of shapes first..last."""
    for shape in range(first, last):
        left = bottom = np.inf
        right = top = -np.inf
        for ring in range(ring_start[shape], ring_start[shape + 1]):
            at = where[ring]
            for _ in range(points[ring]):
                left = min(left, value[at])
                right = max(right, value[at])
                bottom = min(bottom, value[at + 8])
                top = max(top, value[at + 8])
                at += 16
        if left <= right:
            box[shape, 0] = left
            box[shape, 1] = bottom
            box[shape, 2] = right
            box[shape, 3] = top


def rings_of(name: str, written: Written, crew: Workers) -> Rings:
    """Rings of polygons.

    Raises
    ------
    ValueError : bytes of anything but little-endian polygons or multipolygons of x and
        y; it names the layer and the position
    """
    n = len(written)
    pool, number = written.every("u1"), written.every("<u4")
    start = np.ascontiguousarray(written.start, np.int64)
    size = np.ascontiguousarray(written.size, np.int64)
    parts = even_ranges(n, crew.threads)
    ring_start = np.zeros(n + 1, np.int64)
    nothing = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int8)

    def walk(first: Whole, last: Whole) -> Whole:
        return _walked(
            first, last, pool, number, start, size, ring_start, False, *nothing
        )

    beyond = (size > 0) & ((start < 0) | (start + size > len(pool)))
    found = np.flatnonzero(beyond)[:1].tolist()
    found = found or [int(at) for at in crew.run(walk, parts) if at >= 0]
    if found:
        raise ValueError(
            f"{name}[{found[0]}]: its bytes are not read, must be a polygon or a "
            "multipolygon as little-endian EWKB with x and y"
        )
    count = ring_start[1:].copy()
    np.cumsum(ring_start, out=ring_start)
    n_rings = int(ring_start[-1])
    lists = (
        np.empty(n_rings, np.int64), np.empty(n_rings, np.int64),
        np.empty(n_rings, np.int8),
    )  # fmt: skip
    crew.run(
        lambda first, last: _walked(
            first, last, pool, number, start, size, ring_start, True, *lists
        ),
        parts,
    )
    return Rings(np.repeat(np.arange(n), count), *lists)


def boxes_of(name: str, written: Written, *, threads: int = 2) -> Float64:
    """(n, 4) least x, y and greatest x, y [m]; nan for shapes without a point."""
    with workers(threads if len(written) > FEW else 1) as crew:
        return _boxes(written, rings_of(name, written, crew), crew)


def _boxes(written: Written, rings: Rings, crew: Workers) -> Float64:
    box = np.full((len(written), 4), np.nan)
    count = np.bincount(rings.owner, minlength=len(written))
    ring_start = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    value = written.every("<f8")
    crew.run(
        lambda first, last: _bound(
            first, last, ring_start, value, rings.at, rings.points, box
        ),
        even_ranges(len(written), crew.threads),
    )
    return box
