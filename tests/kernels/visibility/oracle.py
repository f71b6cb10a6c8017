"""Slow, independent answers: GEOS, one difference per shadow; sight lines."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely
import shapely.affinity

from processes.kernels.visibility import BuildingIndex, Cameras, build_index

EAST, NORTH = 518_000.0, 3_346_000.0


def one(azimuth: float = 0.0, hfov: float = 360.0, x: float = 0.0, y: float = 0.0):
    """A single camera."""
    return Cameras(*(np.array([float(v)]) for v in (x, y, azimuth, hfov)))


def city(*outlines, **options) -> BuildingIndex:
    """Index of a few outlines."""
    return build_index(np.array(outlines, dtype=object), **options)


def scattered(rng, count: int, width: float, *, lattice: bool) -> np.ndarray:
    """Rectangles, some turned, some with a courtyard; they overlap freely."""
    outlines = []
    for _ in range(count):
        if lattice:
            x, y = rng.integers(0, int(width), 2)
            outlines.append(shapely.box(x, y, x + rng.integers(1, 6), y + 4))
            continue
        x, y = rng.uniform(0, width, 2)
        w, h = rng.uniform(2, 14, 2)
        shape = shapely.box(x, y, x + w, y + h)
        if rng.random() < 0.3:
            shape = shape.difference(shapely.affinity.scale(shape, 0.5, 0.5))
        outlines.append(shapely.affinity.rotate(shape, rng.uniform(0, 90)))
    return shapely.transform(np.array(outlines), lambda p: p + np.array([EAST, NORTH]))


def sector(azimuth, hfov, near, far, *, chords=4000) -> shapely.Polygon:
    """Sector about the origin whose polygon has the area of the true figure."""
    whole = hfov >= 360
    half = np.pi if whole else np.radians(hfov) / 2
    t = np.radians(90 - azimuth) + np.linspace(-half, half, chords + 1)
    step = t[1] - t[0]
    arc = np.column_stack([np.cos(t), np.sin(t)]) * np.sqrt(step / np.sin(step))
    if whole:
        disc = shapely.Polygon(far * arc[:-1])
        return disc.difference(shapely.Polygon(near * arc[:-1])) if near else disc
    inner = near * arc[::-1] if near else np.zeros((1, 2))
    return shapely.Polygon(np.concatenate([far * arc, inner]))


def seen_by_geos(outlines, x, y, azimuth, hfov, near, far) -> shapely.Geometry:
    """The sector less the shadow of every edge, one difference each; local."""
    seen = sector(azimuth, hfov, near, far)
    around = shapely.transform(outlines, lambda p: p - (x, y))
    for outline in around[shapely.distance(around, shapely.Point(0, 0)) < far]:
        seen = seen.difference(outline)
        for ring in shapely.get_rings(outline):
            point = shapely.get_coordinates(ring)
            for a, b in pairwise(point):
                shadow = shadow_of(a, b, far)
                if shadow is not None:
                    seen = seen.difference(shadow)
    return seen


def shadow_of(a, b, far) -> shapely.Polygon | None:
    """What the edge a-b hides from the origin: a pentagon that passes `far`."""
    if abs(a[0] * b[1] - a[1] * b[0]) < 1e-9:
        return None
    near_a, near_b = np.hypot(*a), np.hypot(*b)
    u, v = a / near_a, b / near_b
    middle = (u + v) / np.hypot(*(u + v))
    reach = 1.01 * max(far, near_a, near_b) / max(middle @ u, 1e-6)
    return shapely.Polygon([a, u * reach, 1.5 * middle * reach, v * reach, b])


def seen_over_roofs(outlines, roofs, x, y, height, far) -> float:
    """Area seen from a height on flat ground: a disc less the union of all shadows."""
    around = shapely.transform(outlines, lambda p: p - (x, y))
    hidden = []
    for k in np.flatnonzero(shapely.distance(around, shapely.Point(0, 0)) < far):
        hidden.append(around[k])
        ring = shapely.get_coordinates(shapely.get_exterior_ring(around[k]))
        throw = height / (height - roofs[k]) if roofs[k] < height else 0.0
        for a, b in pairwise(ring):
            if throw:
                corners = np.stack([a, b, throw * b, throw * a])
                hidden.append(shapely.convex_hull(shapely.MultiPoint(corners)))
            else:
                hidden.append(shadow_of(a, b, far))
    disc = sector(0, 360, 0, far, chords=20_000)
    return disc.difference(shapely.union_all(hidden)).area


def is_seen(tree, outlines, host, eye, points) -> np.ndarray:
    """Whether the straight line from the eye to each point meets no building."""
    lines = shapely.linestrings(
        np.stack([np.broadcast_to(eye, points.shape), points], axis=1)
    )
    line, building = tree.query(lines, predicate="intersects")
    blocked = np.zeros(len(points), bool)
    blocked[line[building != host]] = True
    return ~blocked
