"""What no service covers: the gaps of zones, and the slivers that are not counted.

covered + gap + residue = zone. A gap is a part of the uncovered ground that a square of
the opening's width fits into and that is at least the smallest area; the rest of the
uncovered ground is residue: counted, listed, and called no gap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely

from processes.kernels.area import polygonal
from processes.kernels.arrays import FloatArray, GeometryArray, IntArray
from processes.kernels.parallel import THREADS, for_each
from processes.kernels.touch import touching

_OVERLAP_M = 1e-3  # so that the opened part's edges do not run along the gap's own
_LATTICE_M = 1e-5
_MERGE_M = 1e-4


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
    threads: int = THREADS,
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
    zone - union of services, shrunk by width / 2 and grown by a millimetre more than
    that with mitred corners, intersected with the gap again (a mitre may stand out),
    exploded, small parts dropped.

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
        united = _united(services[near.of(zone)])
        raw = polygonal(shapely.difference(whole, united))
        covered[zone] = max(shapely.area(whole) - shapely.area(raw), 0.0)
        parts, rest = _wide_parts(raw, smallest_m2, width_m)
        kept[zone] = parts
        left = shapely.area(raw) - float(np.sum(shapely.area(parts)))
        if left > 1e-6 and len(rest):
            slivers[zone] = shapely.multipolygons(rest)
        sliver_m2[zone] = max(left, 0.0)

    for_each(cut, np.arange(n), cost=near.count, threads=threads)
    lengths = np.array([len(parts) for parts in kept], dtype=np.int64)
    gap = np.concatenate(kept) if n else np.empty(0, dtype=object)
    return Gaps(gap, np.repeat(np.arange(n), lengths), covered, sliver_m2, slivers)


def _united(shapes: GeometryArray) -> shapely.Geometry:
    """Union of shapes.

    Notes
    -----
    Shapes that hang together are united by themselves, three times as fast as all at
    once: what lies apart from each other is never laid over each other.
    """
    if len(shapes) == 0:
        return shapely.MultiPolygon()
    return shapely.disjoint_subset_union_all(shapes)


def _wide_parts(
    raw: shapely.Geometry, smallest_m2: float, width_m: float
) -> tuple[GeometryArray, GeometryArray]:
    """Parts of a polygonal geometry that are wide and large enough, and the rest."""
    parts = shapely.get_parts(raw)
    large = shapely.area(parts) >= smallest_m2
    parts, small = parts[large], parts[~large]
    if width_m == 0.0 or len(parts) == 0:
        return parts, small
    half = width_m / 2
    shrunk = shapely.buffer(parts, -half, join_style="mitre")
    opened = shapely.buffer(shrunk, half + _OVERLAP_M, join_style="mitre")
    whole = shapely.covered_by(parts, opened)  # most are wide everywhere
    cut, opened = parts[~whole], opened[~whole]
    inside = _split(shapely.intersection, cut, opened)
    narrow = _split(shapely.difference, cut, opened)
    wide = shapely.area(inside) >= max(smallest_m2, 1e-9)
    return (
        np.concatenate([parts[whole], inside[wide]]),
        np.concatenate([small, inside[~wide], narrow]),
    )


def _split(
    overlay: Callable[[shapely.Geometry, shapely.Geometry], shapely.Geometry],
    parts: GeometryArray,
    opened: GeometryArray,
) -> GeometryArray:
    """Polygons of an overlay of each part with its opened shape.

    Notes
    -----
    A mitred buffer is at times invalid, and where two edges nearly coincide GEOS cannot
    always node them: then both are mended and set on a lattice of a hundredth of a
    millimetre.
    """
    found = []
    for part, shape in zip(parts, opened, strict=True):
        try:
            piece = overlay(part, shape)
        except shapely.GEOSException:
            mended = polygonal(shapely.make_valid(shape))
            piece = overlay(
                shapely.set_precision(part, _LATTICE_M),
                shapely.set_precision(mended, _LATTICE_M),
            )
        if not shapely.is_valid(piece):
            piece = shapely.make_valid(piece)
        found.append(polygonal(piece))
    pieces: GeometryArray = shapely.get_parts(np.array(found, dtype=object))
    return pieces


def one_outline(parts: GeometryArray) -> shapely.Geometry:
    """Parts that share borders as one shape without those borders, for drawing.

    Parameters
    ----------
    parts : (n,) polygons that do not overlap

    Returns
    -------
    One (multi)polygon; of several parts with vertices on a lattice of a tenth of a
    millimetre, so that what was cut at a border on either side meets there.

    Examples
    --------
    >>> one_outline(shapely.box([0, 1], 0, [1, 2], 1)).bounds
    (0.0, 0.0, 2.0, 1.0)
    """
    if len(parts) == 1:
        return parts[0]
    set_down = shapely.set_precision(parts, _MERGE_M, mode="pointwise")
    area_m2 = float(np.sum(shapely.area(parts)))
    # borders divided alike on both sides are only left out; else they are overlaid,
    # and where that leaves a crack, laid on the lattice first
    for is_divided_alike in (True, False):
        try:
            if is_divided_alike:
                united = shapely.coverage_union_all(set_down)
            else:
                united = shapely.union_all(parts)
        except shapely.GEOSException:
            continue
        one = polygonal(united)
        if (
            shapely.get_num_geometries(one) == 1
            and shapely.is_valid(one)
            and abs(one.area - area_m2) <= _MERGE_M * one.length
        ):
            return one
    return polygonal(shapely.union_all(parts, grid_size=_MERGE_M))
