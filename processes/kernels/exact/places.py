"""What services cover of each of many places that may overlap one another."""

from __future__ import annotations

import numpy as np
import shapely

from processes.kernels.arrays import FloatArray, GeometryArray, IntArray
from processes.kernels.exact.apart import overlap_m2
from processes.kernels.exact.exact import exact_coverage

NOTHING_M2 = 1e-6
_NO_ZONES: GeometryArray = np.empty(0, dtype=object)


def disjoint_groups(places: GeometryArray) -> IntArray:
    """(n,) group of each place; places of one group do not overlap.

    Notes
    -----
    Most layers of places need one group. Where places lie on one another, each takes
    the first group that none of the earlier ones it overlaps has taken.

    Examples
    --------
    >>> disjoint_groups(shapely.box([0, 5, 9], 0, [6, 9, 12], 5)).tolist()
    [0, 1, 0]
    """
    group = np.zeros(len(places), np.int64)
    if overlap_m2(places) == 0.0:
        return group
    one, other = shapely.STRtree(places).query(places, predicate="intersects")
    earlier = other < one
    one, other = one[earlier], other[earlier]
    apart = ~shapely.relate_pattern(places[one], places[other], "T********")
    one, other = one[~apart], other[~apart]
    order = np.argsort(one, kind="stable")
    one, other = one[order], other[order]
    start = np.searchsorted(one, np.arange(len(places) + 1))
    for place in range(len(places)):
        taken = set(group[other[start[place] : start[place + 1]]].tolist())
        while int(group[place]) in taken:
            group[place] += 1
    return group


def covered_each(
    places: GeometryArray, services: GeometryArray, *, depths: int = 1, threads: int = 2
) -> FloatArray:
    """Area of each place that at least 1..depths services cover.

    Parameters
    ----------
    places : (n,) (multi)polygons, working CRS [m]; they may overlap
    services : (m,) (multi)polygons of the same CRS

    Returns
    -------
    (depths, n) square metres; below a square millimetre it is 0: places that only touch
    a service are not covered.

    Examples
    --------
    >>> place = shapely.box([0, 1], 0, [4, 5], 1)
    >>> covered_each(place, shapely.box([2], 0, 9, 9)).tolist()
    [[2.0, 3.0]]
    """
    area = np.zeros((depths, len(places)))
    if len(places) == 0 or len(services) == 0:
        return area
    group = disjoint_groups(places)
    tree = shapely.STRtree(services)
    for g in range(int(group.max()) + 1):
        mine = group == g
        near = services[np.unique(tree.query(places[mine])[1])]
        found = exact_coverage(
            near,
            places[mine],
            depths=depths,
            threads=threads,
            check_zones=False,
            with_cells=False,
        )
        area[:, mine] = found.area_m2.covered
    area[area < NOTHING_M2] = 0.0
    return area


def covered_share_each(
    places: GeometryArray, services: GeometryArray, *, depths: int = 1, threads: int = 2
) -> FloatArray:
    """Share of each place that at least 1..depths services cover.

    Parameters
    ----------
    places : (n,) points, lines or polygons, also mixed, on the millimetre lattice

    Returns
    -------
    (depths, n) in [0, 1]: area of polygons, length of lines; points have 0 or 1, and
    one on the outline of a service has 1. nan for an empty geometry.

    Examples
    --------
    >>> covered_share_each(np.array([shapely.box(0, 0, 10, 10), shapely.Point(1, 1)]),
    ...                    np.array([shapely.box(0, 0, 5, 10)])).tolist()
    [[0.5, 1.0]]
    """
    share = np.full((depths, len(places)), np.nan)
    dimension = shapely.get_dimensions(places)
    point, line, polygon = (
        np.flatnonzero((dimension == d) & ~shapely.is_empty(places)) for d in (0, 1, 2)
    )
    if len(point):
        found = exact_coverage(
            services, _NO_ZONES, points=places[point],
            depths=depths, threads=threads, with_cells=False,
        )  # fmt: skip
        for k in range(depths):
            share[k, point] = found.point_depth > k
    if len(line):
        found = exact_coverage(
            services, _NO_ZONES, lines=places[line],
            depths=depths, threads=threads, with_cells=False,
        )  # fmt: skip
        share[:, line] = found.line_m
    with np.errstate(invalid="ignore", divide="ignore"):
        share[:, line] = np.minimum(share[:, line] / shapely.length(places[line]), 1.0)
        area = covered_each(places[polygon], services, depths=depths, threads=threads)
        share[:, polygon] = np.minimum(area / shapely.area(places[polygon]), 1.0)
    return share
