"""Covered area of zones: services united zone by zone, each square metre once."""

from __future__ import annotations

import numpy as np
import shapely

from processes.kernels.arrays import FloatArray, GeometryArray
from processes.kernels.parallel import THREADS, for_each
from processes.kernels.touch import touching


def covered_area(
    zones: GeometryArray, services: GeometryArray, *, threads: int = THREADS
) -> FloatArray:
    """Area of each zone that lies in at least one service.

    Parameters
    ----------
    zones : (n,) valid (multi)polygons, working CRS [m]
    services : (m,) valid (multi)polygons of the same CRS; empty ones cover nothing

    Returns
    -------
    (n,) square metres, each within [0, area of the zone].

    Notes
    -----
    area(zone and union of the services that meet it), by GEOS, in double precision.
    A zone that one service covers whole is not cut. Per community and 100 services
    GEOS is right to about 1e-5 m2.

    Examples
    --------
    >>> covered_area(np.array([shapely.box(0, 0, 10, 10)]),
    ...              shapely.box([5, 5], [0, 0], [15, 12], [4, 2])).tolist()
    [20.0]
    """
    area = np.zeros(len(zones))
    if len(zones) == 0 or len(services) == 0:
        return area
    whole = touching(zones, services, "covered_by").count > 0
    area[whole] = shapely.area(zones[whole])
    near = touching(zones, services)

    def cut(zone: int) -> None:
        united = shapely.union_all(services[near.of(zone)])
        area[zone] = shapely.area(shapely.intersection(zones[zone], united))

    cost = near.count
    cost[whole] = 0
    left = np.flatnonzero(cost)
    for_each(cut, left, cost=cost[left], threads=threads)
    smaller: FloatArray = np.minimum(area, shapely.area(zones))
    return smaller


def outline(zones: GeometryArray) -> shapely.Geometry:
    """The zones as one geometry, the borders between them gone.

    Notes
    -----
    Zones that share their borders exactly are joined along them; where that does not
    give the sum of their areas (they overlap), they are united in the general way.
    """
    if len(zones) == 0:
        return shapely.MultiPolygon()
    whole = float(np.sum(shapely.area(zones)))
    try:
        joined = shapely.coverage_union_all(zones)
        if shapely.is_valid(joined) and abs(joined.area - whole) <= 1e-9 * whole:
            return joined
    except shapely.GEOSException:
        pass
    return shapely.union_all(zones)


def outside_area(zones: GeometryArray, services: GeometryArray) -> float:
    """Area that services cover outside every zone.

    Parameters
    ----------
    zones, services : as in `covered_area`

    Returns
    -------
    Square metres.

    Examples
    --------
    >>> outside_area(np.array([shapely.box(0, 0, 10, 10)]),
    ...              np.array([shapely.box(5, 0, 12, 10)]))
    20.0
    """
    if len(services) == 0:
        return 0.0
    city = outline(zones)
    shapely.prepare(city)
    beyond = ~shapely.covers(city, services) & ~shapely.is_empty(services)
    if not beyond.any():
        return 0.0
    united = shapely.union_all(services[beyond])
    return float(shapely.area(shapely.difference(united, city)))


def within_places(zones: GeometryArray, places: GeometryArray) -> GeometryArray:
    """The part of each zone that lies in at least one place (land of a kind).

    Parameters
    ----------
    zones, places : (n,) and (m,) valid (multi)polygons of one CRS

    Returns
    -------
    (n,) polygonal geometries, empty where a zone holds no place.
    """
    parts = np.full(len(zones), shapely.MultiPolygon(), dtype=object)
    near = touching(zones, places)

    def cut(zone: int) -> None:
        united = shapely.union_all(places[near.of(zone)])
        parts[zone] = polygonal(shapely.intersection(zones[zone], united))

    left = np.flatnonzero(near.count)
    for_each(cut, left, cost=near.count[left])
    return parts


def polygonal(geometry: shapely.Geometry) -> shapely.Geometry:
    """The polygons of a geometry, without the lines and points where shapes only touch.

    Examples
    --------
    >>> polygonal(shapely.from_wkt(
    ...     "GEOMETRYCOLLECTION(POINT(0 0), POLYGON((0 0,1 0,1 1,0 0)))")).area
    0.5
    """
    kind = shapely.get_type_id(geometry)
    if kind in (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON):
        return geometry
    parts = shapely.get_parts(shapely.get_parts(geometry))
    polygons = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return shapely.multipolygons(polygons) if len(polygons) else shapely.MultiPolygon()
