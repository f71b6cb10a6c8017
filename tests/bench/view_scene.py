"""A seeded town for the benchmark of views: houses apart, cameras between."""

from __future__ import annotations

import numpy as np
import shapely

from processes.kernels.arrays import FloatArray, GeometryArray
from processes.kernels.visibility import Cameras

PITCH_M = 34.0
EAST, NORTH = 500_000.0, 3_340_000.0


def houses(random: np.random.Generator, count: int) -> GeometryArray:
    """Turned rectangles, one on each square of a lattice, some with a court."""
    side = int(np.ceil(np.sqrt(count)))
    k = np.arange(count)
    x = (k % side + 0.5) * PITCH_M + random.uniform(-3, 3, count)
    y = (k // side + 0.5) * PITCH_M + random.uniform(-3, 3, count)
    w, h = random.uniform(4, 11, count), random.uniform(3, 8, count)
    turn = random.uniform(0, np.pi, count)
    corner = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], float)
    u, v = corner[:, 0] * w[:, None], corner[:, 1] * h[:, None]
    px = EAST + x[:, None] + u * np.cos(turn)[:, None] - v * np.sin(turn)[:, None]
    py = NORTH + y[:, None] + u * np.sin(turn)[:, None] + v * np.cos(turn)[:, None]
    ring = np.stack([px, py], axis=2).round(3)
    found: GeometryArray = shapely.polygons(ring)
    return found


def cameras(
    random: np.random.Generator, buildings: GeometryArray, count: int
) -> tuple[Cameras, FloatArray, FloatArray]:
    """Cameras in the open with far ranges of four levels and dead zones of none.

    Returns
    -------
    Cameras, (n, 4) far ranges [m], (n,) dead zones [m]
    """
    tree = shapely.STRtree(buildings)
    x0, y0, x1, y1 = shapely.total_bounds(buildings)
    at = np.empty((0, 2))
    while len(at) < count:
        point = random.uniform((x0, y0), (x1, y1), (2 * count, 2))
        inside, _ = tree.query(shapely.points(point), predicate="dwithin", distance=0.6)
        at = np.concatenate([at, np.delete(point, np.unique(inside), axis=0)])
    at = at[:count]
    hfov = random.choice([36.0, 60.0, 90.0, 110.0, 360.0], count)
    far = random.uniform(40, 120, count)
    levels = far[:, None] * np.array([1.0, 0.4, 0.2, 0.1])
    posts = Cameras(at[:, 0], at[:, 1], random.uniform(0, 360, count), hfov)
    return posts, levels, np.zeros(count)
