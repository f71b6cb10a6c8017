"""What no service covers: the gaps of zones, and the slivers that are not counted.

covered + gap + residue = zone. A gap is a part of the uncovered ground that a square of
the opening's width fits into and that is at least the smallest area; the rest of the
uncovered ground is residue: counted, listed, and called no gap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from processes.kernels.area import polygonal
from processes.kernels.arrays import FloatArray, GeometryArray, IntArray
from processes.kernels.parallel import for_each
from processes.kernels.touch import touching


_LATTICE_M = 1e-5


@dataclass(frozen=True)
class Gaps:
    """Gaps of n zones.

    Parameters
    ----------
    gap : (k,) polygons, in the order of their zones
    zone : (k,) position of each gap's zone
    covered_m2, residue_m2 : (n,) square metres
    residue : (n,) what is uncovered and no gap, often empty
    """

    gap: GeometryArray
    zone: IntArray
    covered_m2: FloatArray
    residue_m2: FloatArray
    residue: GeometryArray


def zone_gaps(
    zones: GeometryArray,
    services: GeometryArray,
    *,
    smallest_m2: float,
    width_m: float,
    threads: int = 2,
) -> Gaps:
    """Uncovered polygons of each zone.

    Parameters
    ----------
    zones : (n,) valid (multi)polygons, working CRS [m]
    services : (m,) valid (multi)polygons
    smallest_m2 : parts below this area are residue
    width_m : parts narrower than this are residue; 0 leaves the shape as it is

    Notes
    -----
    zone - union of services, opened by width / 2 with mitred corners, intersected with
    the gap again (a mitre may stand out), exploded, small parts dropped.

    Examples
    --------
    >>> found = zone_gaps(np.array([shapely.box(0, 0, 100, 10)]),
    ...     np.array([shapely.box(0, 0, 60, 10)]), smallest_m2=50, width_m=1)
    >>> shapely.area(found.gap).tolist(), found.covered_m2.tolist()
    ([400.0], [600.0])
    """
    n = len(zones)
    covered = np.zeros(n)
    slivers = np.full(n, shapely.MultiPolygon(), dtype=object)
    sliver_m2 = np.zeros(n)
    kept: list[GeometryArray] = [np.empty(0, dtype=object)] * n
    near = touching(zones, services)

    def cut(zone: int) -> None:
        whole = zones[zone]
        united = shapely.union_all(services[near.of(zone)])
        covered[zone] = shapely.area(shapely.intersection(whole, united))
        raw = polygonal(shapely.difference(whole, united))
        parts = _wide_parts(raw, smallest_m2, width_m)
        kept[zone] = parts
        left = shapely.area(raw) - float(np.sum(shapely.area(parts)))
        if left > 1e-6:
            gap = shapely.multipolygons(parts) if len(parts) else shapely.Polygon()
            slivers[zone] = polygonal(shapely.difference(raw, gap))
        sliver_m2[zone] = max(left, 0.0)

    for_each(cut, np.arange(n), cost=near.count, threads=threads)
    lengths = np.array([len(parts) for parts in kept], dtype=np.int64)
    gap = np.concatenate(kept) if n else np.empty(0, dtype=object)
    return Gaps(gap, np.repeat(np.arange(n), lengths), covered, sliver_m2, slivers)


def _wide_parts(
    raw: shapely.Geometry, smallest_m2: float, width_m: float
) -> GeometryArray:
    """Parts of a polygonal geometry that are wide and large enough."""
    parts = shapely.get_parts(raw)
    parts = parts[shapely.area(parts) >= smallest_m2]
    if width_m == 0.0 or len(parts) == 0:
        all_parts: GeometryArray = parts
        return all_parts
    half = width_m / 2
    shrunk = shapely.buffer(parts, -half, join_style="mitre")
    opened = shapely.buffer(shrunk, half, join_style="mitre")
    inside = [_intersection(a, b) for a, b in zip(opened, parts, strict=True)]
    pieces = shapely.get_parts(np.array(inside, dtype=object))
    wide: GeometryArray = pieces[shapely.area(pieces) >= max(smallest_m2, 1e-9)]
    return wide


def _intersection(opened: shapely.Geometry, part: shapely.Geometry) -> shapely.Geometry:
    """The opened part within the part, valid.

    Notes
    -----
    Their edges run along one another within rounding, which GEOS cannot always node;
    where it cannot, both are first set on a lattice of a hundredth of a millimetre.
    """
    try:
        inside = shapely.intersection(opened, part)
    except shapely.GEOSException:
        inside = shapely.intersection(opened, part, grid_size=_LATTICE_M)
    return polygonal(shapely.make_valid(inside))
