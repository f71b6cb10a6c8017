"""What is covered, exactly: every zone, every cell and every depth in one pass."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely

from processes.kernels.arrays import FloatArray, GeometryArray
from processes.kernels.exact.apart import overlap_checked
from processes.kernels.exact.chain import Chains
from processes.kernels.exact.city import built_city, packed_city
from processes.kernels.exact.figures import (
    ExactCoverage,
    cell_sums,
    cells_of,
    figures,
    no_cells,
    no_figures,
    totals,
)
from processes.kernels.exact.pack import MM
from processes.kernels.exact.solve import NotClosed, Tuning, solve
from processes.kernels.exact.threads import Cancelled, Progress, Workers, workers

MOST_THREADS = 64
_NONE: GeometryArray = np.empty(0, dtype=object)


def exact_coverage(
    services: GeometryArray | Chains,
    zones: GeometryArray,
    *,
    lines: GeometryArray | None = None,
    points: GeometryArray | None = None,
    weights: FloatArray | None = None,
    others: GeometryArray | None = None,
    depths: int = 1,
    threads: int = 2,
    cell_m: int = 100,
    with_cells: bool = True,
    check_zones: bool = True,
    tuning: Tuning | None = None,
    on_progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> ExactCoverage:
    """What at least 1..depths services cover, in every zone and cell.

    Parameters
    ----------
    services : (n,) valid (multi)polygons, working CRS [m], on the mm lattice (other
        coordinates are rounded to it); missing and empty ones cover nothing; or what
        `packed_shapes` made of them, which is not mended
    zones : (z,) valid (multi)polygons that do not overlap; they may leave gaps
    lines : (l,) (multi)lines whose covered length is measured, each line by itself
    points : (p,) points; missing and empty ones count nowhere
    weights : (p,) what each point weighs; None: 1
    others : (o,) (multi)polygons whose covered ground is measured, overlaps once
    depths : 1 to 4
    threads : 1 to 64
    cell_m : width of the output cells, whole metres, 1 to 2000
    with_cells : whether figures of cells are wanted; the others are the same without
    check_zones : whether overlapping zones are looked for first
    tuning : what changes the time, never the figures
    on_progress : told what is under way and the share done, 0 to 1
    cancelled : asked between parts of the work; `Stopped` is raised once it says so

    Raises
    ------
    ValueError : a limit is exceeded, or geometries are of another kind
    OverlappingZones : ground lies in more than one zone
    NotClosed : shapes cross themselves and cannot be mended; no figure can be given
    Stopped : it was cancelled

    Notes
    -----
    Areas are exact to the rounding of crossing points (3e-8 mm, 1.2e-7 mm at 1,000 km)
    and of the sums. An edge of any length is followed whole: a point in whole
    millimetres within it would lie up to half a millimetre beside it, which moves
    square metres; the rounding of its crossings moves its length times 1e-7 mm. The
    same figures to the bit for any threads, parts and order of services. What rounding
    to the millimetre takes from a service's corners is added again beside its free
    edges, to a square millimetre per crossing. A point or a line on an outline is
    held by the shape, on a border by the first zone. No union is built; every shape's
    edges are followed once, with the number of services over them known from exact
    signs. Shapes that cross themselves once they are rounded (views with parts thinner
    than a millimetre) leave outlines open: then they are mended, counted in `repaired`,
    and everything is done again.

    Examples
    --------
    >>> import shapely
    >>> found = exact_coverage(shapely.box([0, 5], [0, 0], [10, 15], [10, 10]),
    ...                        np.array([shapely.box(0, 0, 20, 10)]), depths=2)
    >>> found.area_m2.covered.tolist()
    [[150.0], [50.0]]
    """
    _check(threads, points, weights)
    asked = _Asked(
        _or_none(lines),
        zones,
        _or_none(points),
        weights,
        depths,
        cell_m,
        with_cells,
        check_zones,
        tuning or Tuning(),
    )
    land = _or_none(others)
    with workers(threads, on_progress, cancelled) as crew:
        try:
            return _measured(services, land, asked, crew)
        except NotClosed:
            if isinstance(services, Chains):
                raise
            services, count = mended(services)
            land, more = mended(land)
            if count + more == 0:
                raise
            known = replace(asked, check_zones=False)
            found = _measured(services, land, known, crew)
            return replace(found, repaired=count + more)


@dataclass(frozen=True)
class _Asked:
    """What is asked beside services and others; as in `exact_coverage`."""

    lines: GeometryArray
    zones: GeometryArray
    points: GeometryArray
    weights: FloatArray | None
    depths: int
    cell_m: int
    with_cells: bool
    check_zones: bool
    tuning: Tuning


def _measured(
    services: GeometryArray | Chains,
    others: GeometryArray,
    asked: _Asked,
    crew: Workers,
) -> ExactCoverage:
    """One run over shapes as they are."""
    _, city = crew.both(
        lambda: overlap_checked(asked.zones, crew) if asked.check_zones else None,
        lambda: packed_city(
            services, others, asked.lines, asked.zones, asked.points, asked.weights,
            asked.depths, asked.cell_m, crew,
        ),
    )  # fmt: skip
    built = built_city(city, crew)
    if built is None:
        return no_figures(
            city.depths, city.n_zones, city.n_lines, city.weights, asked.cell_m
        )
    solved = solve(built, city.depths, asked.tuning, crew)
    measured, cells = crew.both(
        lambda: figures(
            totals(built, solved, city.depths),
            built.frames.unit,
            built.zone_double_area,
            city.depths,
            city.point_row,
            city.weights,
            no_cells(city.depths, asked.cell_m),
            solved.crossings,
        ),
        lambda: (
            cells_of(cell_sums(built, solved), built.origin, city.depths, city.cell_mm)
            if asked.with_cells
            else no_cells(city.depths, asked.cell_m)
        ),
    )
    return replace(measured, cells=cells)


def mended(shapes: GeometryArray) -> tuple[GeometryArray, int]:
    """Shapes without those crossings of themselves that rounding made; how many.

    Notes
    -----
    Only shapes that rounding to the millimetre breaks are changed: GEOS brings them to
    the lattice whole, which moves their outline by a millimetre.
    """
    rounded = shapely.set_precision(shapes, 1.0 / MM, mode="pointwise")
    broken = ~(shapely.is_valid(rounded) | shapely.is_missing(shapes))
    sound = shapes.copy()
    whole = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    sound[broken] = shapely.set_precision(whole, 1.0 / MM)
    return sound, int(np.count_nonzero(broken))


def _or_none(geometries: GeometryArray | None) -> GeometryArray:
    return _NONE if geometries is None else geometries


def _check(
    threads: int,
    points: GeometryArray | None,
    weights: FloatArray | None,
) -> None:
    if not 1 <= threads <= MOST_THREADS:
        raise ValueError(f"threads: {threads} given, must be 1 to {MOST_THREADS}")
    if weights is not None:
        n = 0 if points is None else len(points)
        if len(weights) != n:
            raise ValueError(f"weights: {len(weights)} given, must be {n}")
        if not np.isfinite(weights).all():
            raise ValueError("weights: must be finite")
