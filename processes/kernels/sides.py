"""Whether a place is looked at from two sides: a face turns away from one camera."""

from __future__ import annotations

import numpy as np
import shapely

from processes.kernels.arrays import FloatArray, GeometryArray

_POINTS = 400


def two_sided_share(
    place: shapely.Geometry, views: GeometryArray, camera_xy: FloatArray
) -> float:
    """Share of a place in view of two cameras whose sights differ by 90 degrees.

    Parameters
    ----------
    place : (multi)polygon, working CRS [m]
    views : (n,) what each camera sees, None for nothing
    camera_xy : (n, 2) where the cameras stand

    Returns
    -------
    Share in [0, 1] of about 400 points of a square lattice in the place, nan for a
    place without area; good to about 0.05.

    Examples
    --------
    >>> place = shapely.box(0, 0, 10, 10)
    >>> both = np.array([shapely.box(-5, -5, 15, 15)] * 2)
    >>> two_sided_share(place, both, np.array([[-50.0, 5.0], [60.0, 5.0]]))
    1.0
    >>> two_sided_share(place, both, np.array([[-50.0, 5.0], [-60.0, 5.0]]))
    0.0
    """
    point = lattice(place)
    if len(point) == 0:
        return float("nan")
    there = ~shapely.is_missing(views)
    shapely.prepare(views[there])
    held = [
        shapely.intersects_xy(view, point[:, 0], point[:, 1]) for view in views[there]
    ]
    sight = [_directions(point, at) for at in camera_xy[there]]
    twice = np.zeros(len(point), dtype=bool)
    for i in range(len(held)):
        for j in range(i):
            both = held[i] & held[j]
            if both.any():
                twice |= both & (np.sum(sight[i] * sight[j], axis=1) <= 1e-12)
    return float(twice.mean())


def lattice(place: shapely.Geometry) -> FloatArray:
    """About 400 points on a square lattice inside a polygon."""
    area = place.area
    if not area > 0.0:
        return np.empty((0, 2))
    step = np.sqrt(area / _POINTS)
    x0, y0, x1, y1 = place.bounds
    x, y = np.meshgrid(
        np.arange(x0 + step / 2, x1, step), np.arange(y0 + step / 2, y1, step)
    )
    shapely.prepare(place)
    inside = shapely.contains_xy(place, x.ravel(), y.ravel())
    found: FloatArray = np.column_stack([x.ravel(), y.ravel()])[inside]
    return found


def _directions(point: FloatArray, at: FloatArray) -> FloatArray:
    """Unit vectors from a camera to points."""
    run = point - at
    length = np.maximum(np.hypot(run[:, 0], run[:, 1]), 1e-9)
    directed: FloatArray = run / length[:, None]
    return directed
