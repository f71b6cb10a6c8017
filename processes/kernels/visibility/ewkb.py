"""Rings as bytes: one EWKB MultiPolygon for each camera and level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from processes.kernels.arrays import FloatArray, IntArray
from processes.kernels.visibility.compiled import compiled
from processes.kernels.visibility.rings import FIRST, HOLE, ITEM, LAST

ByteArray = NDArray[np.uint8]

_COLLECTION, _PART, _RING, _POINT = 13, 9, 4, 16  # bytes of each header, of a point
_SHIFT = 6  # puts the first ring of an item on a multiple of 8, where copying is cheap
_POLYGON, _MULTIPOLYGON, _HAS_SRID = 3, 6, 0x20


@compiled
def encoded(
    point: FloatArray,
    ring: IntArray,
    rings: int,
    items: int,
    srid: int,
    start: IntArray,
    size: IntArray,
) -> ByteArray:
    """Bytes of all items, with gaps below 8 bytes between them.

    Parameters
    ----------
    point : (p, 2) working CRS [m]
    ring, rings : (>= rings, 4) from `level_rings`, items ascending, a hole after its
        exterior
    items : how many
    srid : written into every geometry
    start, size : (items,) written: where an item's bytes stand; size 0 = no ring

    Notes
    -----
    Kernel A1 step 8. Little-endian EWKB: 13 bytes, 9 for each polygon, 4 for each ring,
    16 for each point; a last point has the bits of the first.
    """
    total = 0
    for item in range(items):
        start[item], size[item] = 0, 0
    for r in range(rings):
        item = ring[r, ITEM]
        if size[item] == 0:
            size[item] = _COLLECTION
        if ring[r, HOLE] == 0:
            size[item] += _PART
        size[item] += _RING + _POINT * (ring[r, LAST] - ring[r, FIRST])
    for item in range(items):
        if size[item] > 0:
            start[item] = total + _SHIFT
            total += (size[item] + _SHIFT + 7) // 8 * 8
    number = np.empty(total // 8)
    out, raw = number.view(np.uint8), point.reshape(-1).view(np.uint8)
    r = 0
    while r < rings:
        item = ring[r, ITEM]
        end, parts = r, 0
        while end < rings and ring[end, ITEM] == item:
            parts += 1 - ring[end, HOLE]
            end += 1
        # the gaps before and after, so that equal views are equal bytes
        number[start[item] // 8], number[(start[item] + size[item] - 1) // 8] = 0.0, 0.0
        at = _header(out, start[item], _MULTIPOLYGON, srid, parts)
        while r < end:
            last = r + 1
            while last < end and ring[last, HOLE] == 1:
                last += 1
            at = _header(out, at, _POLYGON, 0, last - r)
            while r < last:
                first, count = ring[r, FIRST], ring[r, LAST] - ring[r, FIRST]
                at = _number(out, at, count)
                if at % 8 == 0:
                    for k in range(count):
                        number[at // 8 + 2 * k] = point[first + k, 0]
                        number[at // 8 + 2 * k + 1] = point[first + k, 1]
                else:
                    for k in range(_POINT * count):
                        out[at + k] = raw[_POINT * first + k]
                at += _POINT * count
                r += 1
    return out


@compiled
def _header(out: ByteArray, at: int, kind: int, srid: int, count: int) -> int:
    """Place after byte order, type, reference system if any, number of members."""
    out[at] = 1
    out[at + 1], out[at + 2], out[at + 3] = kind, 0, 0
    out[at + 4] = _HAS_SRID if srid > 0 else 0
    at += 5
    if srid > 0:
        at = _number(out, at, srid)
    return _number(out, at, count)


@compiled
def _number(out: ByteArray, at: int, value: int) -> int:
    """Place after a 32-bit number."""
    for k in range(4):
        out[at + k] = (value >> (8 * k)) & 255
    return at + 4
