"""Which zone holds a point, and whether a service reaches it."""

from __future__ import annotations

import numpy as np
import shapely

from processes.kernels.arrays import BoolArray, GeometryArray, IntArray

OUTSIDE = -1


def zone_of(points: GeometryArray, zones: GeometryArray) -> IntArray:
    """Position of the zone that holds each point.

    Parameters
    ----------
    points : (n,) points, working CRS [m]
    zones : (z,) (multi)polygons; a point on a border belongs to the zone that stands
        first, so that every point is counted once

    Returns
    -------
    (n,) positions, -1 outside every zone.

    Examples
    --------
    >>> row = shapely.box(np.arange(2.0), 0, np.arange(2.0) + 1, 1)
    >>> zone_of(shapely.points([[0.5, 0.5], [1, 0.5], [7, 7]]), row).tolist()
    [0, 0, -1]
    """
    found = np.full(len(points), OUTSIDE, dtype=np.int64)
    if len(points) == 0 or len(zones) == 0:
        return found
    point, zone = shapely.STRtree(zones).query(points, predicate="intersects")
    order = np.lexsort((-zone, point))
    found[point[order]] = zone[order]
    return found


def is_reached(places: GeometryArray, services: GeometryArray) -> BoolArray:
    """Whether at least one service meets each place; a boundary counts as inside.

    Examples
    --------
    >>> is_reached(shapely.points([[1, 0.5], [2, 0]]),
    ...            np.array([shapely.box(0, 0, 1, 1)])).tolist()
    [True, False]
    """
    reached = np.zeros(len(places), dtype=np.bool_)
    if len(places) and len(services):
        place, _ = shapely.STRtree(services).query(places, predicate="intersects")
        reached[place] = True
    return reached


def anchor(places: GeometryArray) -> GeometryArray:
    """One point of each place by which it is counted into a zone.

    Notes
    -----
    A point itself; of a polygon or line a point on it (PostGIS ST_PointOnSurface).
    """
    anchors: GeometryArray = shapely.point_on_surface(places)
    return anchors
