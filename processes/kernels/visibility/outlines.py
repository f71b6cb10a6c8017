"""Walls of buildings: polygons as objects or bytes -> edges that know their inside."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from processes.kernels.arrays import BoolArray, FloatArray, GeometryArray, IntArray
from processes.kernels.visibility.compiled import compiled
from processes.kernels.written import Written

_POLYGON, _MULTIPOLYGON = (
    shapely.GeometryType.POLYGON,
    shapely.GeometryType.MULTIPOLYGON,
)
_WKB_POLYGON, _WKB_MULTIPOLYGON, _HAS_SRID = 3, 6, 0x20000000
_Numbers = NDArray[np.int32]


def oriented_edges(
    buildings: GeometryArray | Written, stands: BoolArray
) -> tuple[FloatArray, IntArray]:
    """Edges with the building on their left, and the building of each.

    Parameters
    ----------
    buildings : (n,) (multi)polygons
    stands : (n,) False for those that hide nothing: they have no edges

    Returns
    -------
    (m, 4) x1, y1, x2, y2 [m] and (m,), ascending

    Raises
    ------
    ValueError : a geometry that is no polygon
    """
    if isinstance(buildings, Written):
        size = np.where(stands, buildings.size, 0)
        read = _written_edges(
            buildings.every("<i4"), buildings.every("<f8"), buildings.start, size
        )
        if read[2]:
            return read[0], read[1]
        buildings = buildings.geometry
    return _drawn_edges(buildings, stands)


def _drawn_edges(
    outline: GeometryArray, stands: BoolArray
) -> tuple[FloatArray, IntArray]:
    """The same of geometry objects."""
    drawn = ~(shapely.is_missing(outline) | shapely.is_empty(outline))
    kind = shapely.get_type_id(outline)
    strange = drawn & (kind != _POLYGON) & (kind != _MULTIPOLYGON)
    if strange.any():
        at = int(np.argmax(strange))
        raise ValueError(
            f"buildings[{at}]: {outline[at].geom_type}, must be a (multi)polygon"
        )
    solid = np.flatnonzero(stands & drawn)
    parts, building = shapely.get_parts(outline[solid], return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    point, ring = shapely.get_coordinates(rings, return_index=True)
    if len(rings) == 0:
        return np.empty((0, 4)), np.empty(0, np.int64)
    start = np.searchsorted(ring, np.arange(len(rings) + 1)).astype(np.int64)
    exterior = np.diff(part, prepend=-1) != 0
    edge, edge_ring = _turned(point, start, exterior)
    owner: IntArray = solid[building[part[edge_ring]]].astype(np.int64)
    return edge, owner


@compiled
def _written_edges(
    number: _Numbers, value: FloatArray, first: IntArray, size: IntArray
) -> tuple[FloatArray, IntArray, bool]:
    """Edges, their buildings, and whether all shapes could be read.

    Parameters
    ----------
    number, value : the bytes of little-endian EWKB as numbers that begin at every byte
    first, size : (n,) where each building stands; size 0 is none
    """
    room = 1 + int(size.sum()) // 16  # no ring is smaller than a point
    point, building = np.empty((room, 2)), np.empty(room, np.int64)
    start, exterior = np.zeros(room + 1, np.int64), np.empty(room, np.bool_)
    points, rings = 0, 0
    unread = (np.empty((0, 4)), np.empty(0, np.int64), False)
    for b in range(len(first)):
        if size[b] == 0:
            continue
        at, end, parts = int(first[b]), int(first[b] + size[b]), 1
        kind, count, after = _header(number, at, end)
        if kind == _WKB_MULTIPOLYGON:
            at, parts = after, count
        for _ in range(parts):
            kind, count, at = _header(number, at, end)
            if kind != _WKB_POLYGON:
                return unread
            for ring in range(count):
                if at + 4 > end or rings == room:
                    return unread
                vertices = int(number[at])
                if at + 4 + 16 * vertices > end:
                    return unread
                exterior[rings], building[rings] = ring == 0, b
                for k in range(vertices):
                    point[points + k, 0] = value[at + 4 + 16 * k]
                    point[points + k, 1] = value[at + 12 + 16 * k]
                points += vertices
                at += 4 + 16 * vertices
                rings += 1
                start[rings] = points
    edge, owner = _turned(point, start[: rings + 1], exterior)
    for e in range(len(owner)):
        owner[e] = building[owner[e]]
    return edge, owner, True


@compiled
def _header(number: _Numbers, at: int, end: int) -> tuple[int, int, int]:
    """Kind of the geometry at a byte, -1 for what is not read; its count; what follows.

    The kind is beyond all kinds where there are other coordinates than x and y.
    """
    if at + 9 > end or number[at] & 255 != 1:
        return -1, 0, at
    kind = int(number[at + 1])
    if kind & _HAS_SRID == 0:
        return kind, int(number[at + 5]), at + 9
    if at + 13 > end:
        return -1, 0, at
    return kind ^ _HAS_SRID, int(number[at + 9]), at + 13


@compiled
def _turned(
    point: FloatArray, start: IntArray, exterior: BoolArray
) -> tuple[FloatArray, IntArray]:
    """Edges of all rings, exteriors counter-clockwise, holes clockwise."""
    edge = np.empty((len(point), 4))
    owner = np.empty(len(point), np.int64)
    n = 0
    for r in range(len(start) - 1):
        first, last = start[r], start[r + 1] - 1
        x0, y0 = point[first, 0], point[first, 1]
        twice = 0.0
        for k in range(first, last):
            twice += (point[k, 0] - x0) * (point[k + 1, 1] - y0)
            twice -= (point[k + 1, 0] - x0) * (point[k, 1] - y0)
        as_given = (twice > 0.0) == exterior[r]
        for step in range(last - first):  # walked so that edges follow one another
            a, b = first + step, first + step + 1
            if not as_given:
                a, b = last - step, last - step - 1
            if point[a, 0] == point[b, 0] and point[a, 1] == point[b, 1]:
                continue
            edge[n, 0], edge[n, 1] = point[a, 0], point[a, 1]
            edge[n, 2], edge[n, 3] = point[b, 0], point[b, 1]
            owner[n] = r
            n += 1
    return edge[:n].copy(), owner[:n].copy()
