"""Depths and areas by rational arithmetic: slow, exact, and nothing of the kernel's.

Vertical slabs between all vertices and crossings; within a slab edges do not cross, so
that it falls into trapezoids, each of them inside or outside every polygon.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

import shapely

Point = tuple[int, int]
Segment = tuple[Point, Point]


def segments(polygon: shapely.Geometry, per_m: int = 1000) -> list[Segment]:
    """Edges of a (multi)polygon in whole millimetres, from left to right."""
    found = []
    for ring in shapely.get_rings(shapely.get_parts(polygon)):
        points = [
            (round(x * per_m), round(y * per_m))
            for x, y in shapely.get_coordinates(ring)
        ]
        found += [(min(a, b), max(a, b)) for a, b in pairwise(points) if a != b]
    return found


def crossing_x(a: Segment, b: Segment) -> Fraction | None:
    """Where two edges cross or touch, None if they do not or run along one line."""
    (ax, ay), (bx, by) = a
    (cx, cy), (dx, dy) = b
    across = (bx - ax) * (dy - cy) - (by - ay) * (dx - cx)
    if across == 0:
        return None
    t = Fraction((cx - ax) * (dy - cy) - (cy - ay) * (dx - cx), across)
    x = ax + t * (bx - ax)
    inside = max(ax, cx) <= x <= min(bx, dx)
    return x if inside else None


def height(segment: Segment, x: Fraction) -> Fraction:
    """The height of an edge at x."""
    (ax, ay), (bx, by) = segment
    return ay + (by - ay) * (x - ax) / Fraction(bx - ax)


def trapezoids(
    polygons: Sequence[shapely.Geometry],
) -> Iterator[tuple[frozenset[int], Fraction]]:
    """Which polygons hold a trapezoid, and its area in square millimetres."""
    edges = [(s, i) for i, p in enumerate(polygons) for s in segments(p)]
    cuts = {Fraction(x) for s, _ in edges for x, _ in s}
    for i, (s, _) in enumerate(edges):
        for other, _ in edges[:i]:
            x = crossing_x(s, other)
            if x is not None:
                cuts.add(x)
    for left, right in pairwise(sorted(cuts)):
        spanning = sorted(
            (height(s, left) + height(s, right), i)
            for s, i in edges
            if s[0][0] <= left and s[1][0] >= right
        )
        inside: set[int] = set()
        for (low, shape), (high, _) in pairwise(spanning):
            inside ^= {shape}
            if high > low and inside:
                yield frozenset(inside), (high - low) / 2 * (right - left)


def covered_mm2(
    services: Sequence[shapely.Geometry],
    zones: Sequence[shapely.Geometry],
    others: Sequence[shapely.Geometry],
    depths: int,
) -> tuple[list[list[Fraction]], list[list[Fraction]], list[Fraction]]:
    """Per depth and zone (last: outside) services; with others; others alone."""
    n, z = len(services), len(zones)
    ground = [[Fraction(0)] * (z + 1) for _ in range(depths)]
    both = [[Fraction(0)] * (z + 1) for _ in range(depths)]
    alone = [Fraction(0)] * (z + 1)
    for inside, area in trapezoids([*services, *zones, *others]):
        deep = sum(i < n for i in inside)
        zone = [i - n for i in inside if n <= i < n + z]
        at = zone[0] if zone else z
        held = any(i >= n + z for i in inside)
        alone[at] += area if held else 0
        for k in range(min(deep, depths)):
            ground[k][at] += area
            both[k][at] += area if held else 0
    return ground, both, alone


def _meetings(p: Point, q: Point, segment: Segment) -> list[Fraction]:
    """Shares of the way p-q at which an edge is met; its ends where it lies there."""
    (ax, ay), (bx, by) = segment
    dx, dy = q[0] - p[0], q[1] - p[1]
    across = dx * (by - ay) - dy * (bx - ax)
    if across:
        t = Fraction((ax - p[0]) * (by - ay) - (ay - p[1]) * (bx - ax), across)
        return [t]
    return [
        Fraction((x - p[0]) * dx + (y - p[1]) * dy, dx * dx + dy * dy)
        for x, y in segment
    ]


def _holds(edges: Sequence[Segment], x: Fraction, y: Fraction) -> bool:
    """Whether a polygon holds a point, its outline included."""
    below = 0
    for (ax, ay), (bx, by) in edges:
        side = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        if side == 0 and ax <= x <= bx and min(ay, by) <= y <= max(ay, by):
            return True
        below += ax <= x < bx and side > 0
    return below % 2 == 1


def held_along(
    p: Point, q: Point, polygons: Sequence[shapely.Geometry]
) -> Iterator[tuple[Fraction, list[int]]]:
    """Shares of the way p-q and which polygons, outlines included, hold each."""
    outlines = [segments(polygon) for polygon in polygons]
    cuts = {Fraction(0), Fraction(1)}
    for edges in outlines:
        cuts.update(t for edge in edges for t in _meetings(p, q, edge) if 0 < t < 1)
    for begin, end in pairwise(sorted(cuts)):
        middle = (begin + end) / 2
        x = p[0] + middle * (q[0] - p[0])
        y = p[1] + middle * (q[1] - p[1])
        yield end - begin, [i for i, e in enumerate(outlines) if _holds(e, x, y)]
