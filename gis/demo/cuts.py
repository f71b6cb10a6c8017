"""Straight cuts of simple polygons on the integer-millimetre lattice.

A ring is a list of (x, y) integers in millimetres, counter-clockwise, not closed.
Both halves of a cut share its end points exactly, so that polygons cut from one
another never gap or overlap; `zones` inserts the end points into the neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

Vertex = tuple[int, int]
Ring = list[Vertex]

_ON_EDGE_MM = 12.0


class Junctions:
    """Every vertex made so far, so that a cut can end where another one ends.

    Without it two streets would meet an avenue a hand's breadth apart.
    """

    def __init__(self, snap_mm: int) -> None:
        self.snap_mm = snap_mm
        self._bins: dict[Vertex, list[Vertex]] = {}

    def add(self, vertices: Iterable[Vertex]) -> None:
        """Remember vertices; those already known are kept once."""
        for vertex in vertices:
            size = self.snap_mm
            found = self._bins.setdefault((vertex[0] // size, vertex[1] // size), [])
            if vertex not in found:
                found.append(vertex)

    def on_edge(self, point: Vertex, a: Vertex, b: Vertex) -> Vertex:
        """The known vertex on edge a-b nearest to the point, or the point itself.

        Only vertices within `snap_mm` of the point count.
        """
        size = self.snap_mm
        best, best_mm = point, float(size)
        column, row = point[0] // size, point[1] // size
        dx, dy = b[0] - a[0], b[1] - a[1]
        length = math.hypot(dx, dy)
        for i in (column - 1, column, column + 1):
            for j in (row - 1, row, row + 1):
                for known in self._bins.get((i, j), ()):
                    away = math.hypot(known[0] - point[0], known[1] - point[1])
                    if away >= best_mm:
                        continue
                    off = abs((known[0] - a[0]) * dy - (known[1] - a[1]) * dx)
                    if off <= _ON_EDGE_MM * length:
                        best, best_mm = known, away
        return best


def doubled_area(ring: Ring) -> int:
    """Twice the signed area in square millimetres, exactly."""
    return sum(
        a[0] * b[1] - b[0] * a[1]
        for a, b in zip(ring, ring[1:] + ring[:1], strict=True)
    )


def long_axis(ring: Ring) -> tuple[float, float, float]:
    """Centroid x, y [mm] and direction [rad] of the polygon's longest extent.

    Notes
    -----
    Principal axis of the second moments of area, taken from the shoelace terms
    about the first vertex to keep the digits.
    """
    x0, y0 = ring[0]
    area2 = sx = sy = sxx = syy = sxy = 0.0
    near = [(x - x0, y - y0) for x, y in ring]
    for (ax, ay), (bx, by) in zip(near, near[1:] + near[:1], strict=True):
        cross = ax * by - bx * ay
        area2 += cross
        sx += (ax + bx) * cross
        sy += (ay + by) * cross
        sxx += (ax * ax + ax * bx + bx * bx) * cross
        syy += (ay * ay + ay * by + by * by) * cross
        sxy += (ax * by + 2 * ax * ay + 2 * bx * by + bx * ay) * cross
    cx, cy = sx / (3 * area2), sy / (3 * area2)
    xx = sxx / (6 * area2) - cx * cx
    yy = syy / (6 * area2) - cy * cy
    xy = sxy / (12 * area2) - cx * cy
    return x0 + cx, y0 + cy, 0.5 * math.atan2(2 * xy, xx - yy)


def split(
    ring: Ring, x: float, y: float, angle: float, junctions: Junctions
) -> tuple[list[Ring], list[Ring]] | None:
    """Pieces on both sides of the line through (x, y) whose normal has `angle`.

    Returns
    -------
    (behind, ahead), the pieces against and along the normal; None where the line
    misses the polygon or would pass too close to a corner to be cut cleanly.
    """
    nx, ny = math.cos(angle), math.sin(angle)
    offsets = [(vx - x) * nx + (vy - y) * ny for vx, vy in ring]
    crossings = _crossings(ring, offsets, (nx, ny), junctions)
    if crossings is None:
        return None
    at_edge = {edge: k for k, (_, edge, _) in enumerate(crossings)}
    sides: tuple[list[Ring], list[Ring]] = ([], [])
    for ahead in (False, True):
        visited: set[int] = set()
        for start, (_, edge, _) in enumerate(crossings):
            if (offsets[edge] >= 0) != ahead and start not in visited:
                piece = _walk(ring, crossings, at_edge, start, visited)
                if doubled_area(piece) > 0:
                    sides[ahead].append(piece)
    if not sides[0] or not sides[1]:
        return None
    junctions.add(point for _, _, point in crossings)
    return sides


_Crossing = tuple[float, int, Vertex]


def _crossings(
    ring: Ring, offsets: list[float], normal: tuple[float, float], junctions: Junctions
) -> list[_Crossing] | None:
    """(place along the line, edge, vertex) where the line meets the ring, in order."""
    nx, ny = normal
    count = len(ring)
    found: list[_Crossing] = []
    ends: set[Vertex] = set()
    for i, here in enumerate(offsets):
        there = offsets[(i + 1) % count]
        if (here >= 0) == (there >= 0):
            continue
        a, b = ring[i], ring[(i + 1) % count]
        t = here / (here - there)
        point = (round(a[0] + t * (b[0] - a[0])), round(a[1] + t * (b[1] - a[1])))
        along = point[1] * nx - point[0] * ny
        end = _nearest(point, (a, b), junctions.snap_mm)
        if end is None:
            end = junctions.on_edge(point, a, b)
        if end in ends:
            return None
        ends.add(end)
        found.append((along, i, end))
    if not found:
        return None
    for vertex, offset in zip(ring, offsets, strict=True):
        if abs(offset) < junctions.snap_mm and vertex not in ends:
            return None
    found.sort()
    return found


def _nearest(point: Vertex, ends: tuple[Vertex, Vertex], within: int) -> Vertex | None:
    """The nearer end of an edge when it lies within reach, else nothing."""
    away, end = min((math.hypot(e[0] - point[0], e[1] - point[1]), e) for e in ends)
    return end if away <= within else None


def _walk(
    ring: Ring,
    crossings: list[_Crossing],
    at_edge: dict[int, int],
    start: int,
    visited: set[int],
) -> Ring:
    """The piece entered at crossing `start`: along the ring, back along the cut.

    The line runs inside the polygon between its 1st and 2nd, 3rd and 4th, ...
    crossing, so the partner of crossing k is k ^ 1.
    """
    piece: Ring = []
    k = start
    while True:
        visited.add(k)
        _, i, point = crossings[k]
        piece.append(point)
        while True:
            i = (i + 1) % len(ring)
            piece.append(ring[i])
            if i in at_edge:
                break
        leaving = at_edge[i]
        piece.append(crossings[leaving][2])
        k = leaving ^ 1
        if k == start:
            return [v for j, v in enumerate(piece) if v != piece[j - 1]]
