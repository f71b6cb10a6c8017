"""What services cover of ground, land, lines and places, by one of two engines.

`exact` follows every edge once in whole millimetres and knows every depth; `geos`
unites what covers each zone and is kept as the independent check. They share no code.
Rows of every answer are depths: what at least 1, 2, … services cover.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
import shapely

from processes._errors import InvalidInput, NoData
from processes._kernel import over_zones
from processes._progress import stages
from processes._shapes import Shapes, bounds_of
from processes.kernels.area import (
    covered_area,
    outline,
    outside_area,
    polygonal,
    within_places,
)
from processes.kernels.arrays import BoolArray, FloatArray, GeometryArray
from processes.kernels.exact import (
    ExactCoverage,
    Measure,
    NotClosed,
    OverlappingZones,
    covered_each,
    covered_share_each,
    exact_coverage,
)
from processes.kernels.length import covered_length, cut_by_zone, once
from processes.kernels.parallel import THREADS
from processes.kernels.rollup import sums
from processes.kernels.share import covered_share
from processes.kernels.written import geometry_of

Engine = Literal["exact", "geos"]
MOST_DEPTHS = 4
_NO_ZONES: GeometryArray = np.empty(0, dtype=object)
_WIDEST_M = 500_000.0
_BEYOND_M = 100_000.0


@dataclass(frozen=True)
class Ground:
    """What is covered of n parts of the city and outside them.

    Parameters
    ----------
    covered : (d, n) by at least k + 1 services in row k
    total : (n,) all there is
    outside_covered : (d,)
    outside_total : what there is outside; of bare ground, what is covered there
    """

    covered: FloatArray
    total: FloatArray
    outside_covered: FloatArray
    outside_total: float

    @classmethod
    def of(cls, found: Measure) -> Ground:
        """What the kernel found."""
        return cls(
            found.covered, found.total, found.outside_covered, found.outside_total
        )

    def __add__(self, other: Ground) -> Ground:
        """What there is of two over the same parts."""
        return Ground(
            self.covered + other.covered,
            self.total + other.total,
            self.outside_covered + other.outside_covered,
            self.outside_total + other.outside_total,
        )

    def wholly(self) -> Ground:
        """The same, all of it covered once."""
        deeper, beyond = self.covered[1:], self.outside_covered[1:]
        return replace(
            self,
            covered=np.concatenate([self.total[np.newaxis], deeper]),
            outside_covered=np.concatenate([[self.outside_total], beyond]),
        )


def covered_ground(
    engine: Engine,
    parts: GeometryArray,
    shape: Shapes,
    depths: int,
    source: object = None,
) -> Ground:
    """Ground of the parts, square metres; `source` says what the shapes are made of."""
    total = shapely.area(parts)
    if engine == "exact" and is_measurable(parts):
        is_near = near_parts(parts, shape)
        far_m2 = 0.0
        if not is_near.all():
            far = geometry_of(shape[~is_near])
            far_m2 = float(shapely.area(shapely.union_all(far)))
            shape, source = shape[is_near], None
        try:
            found = _asked(
                lambda: over_zones(shape, parts, depths=depths, source=source)
            )
        except OverlappingZones:
            shape = geometry_of(shape)
            covered = covered_each(parts, shape, depths=depths, threads=THREADS)
            whole = np.array([outline(parts)], dtype=object)
            beyond = exact_coverage(
                shape,
                whole,
                depths=depths,
                threads=THREADS,
                with_cells=False,
                on_progress=stages(),
            )
            outside = beyond.area_m2.outside_covered
        else:
            covered = found.area_m2.covered
            outside = found.area_m2.outside_covered
        outside = outside + np.where(np.arange(depths) == 0, far_m2, 0.0)
        return Ground(np.minimum(covered, total), total, outside, float(outside[0]))
    _check_one(engine, depths)
    shape = geometry_of(shape)
    beyond_m2 = outside_area(parts, shape)
    covered = covered_area(parts, shape)[np.newaxis]
    return Ground(covered, total, np.array([beyond_m2]), beyond_m2)


def covered_land(
    engine: Engine,
    parts: GeometryArray,
    land: GeometryArray,
    shape: Shapes,
    depths: int,
    source: object = None,
) -> Ground:
    """Ground of places within the parts and outside, overlaps once; square metres."""
    if engine == "exact" and is_measurable(parts) and near_parts(parts, land).all():
        near, made = _near(parts, shape, source)
        try:
            found = _asked(
                lambda: over_zones(near, parts, land=land, depths=depths, source=made)
            )
        except OverlappingZones:
            pass
        else:
            return Ground.of(found.other_m2)
    _check_one(engine, depths)
    shape = geometry_of(shape)
    study = within_places(parts, land)
    city = outline(parts)
    shapely.prepare(city)
    rest = land[~shapely.covers(city, land)]
    beyond = polygonal(shapely.difference(shapely.union_all(rest), city))
    outside = np.array([beyond], dtype=object)
    return Ground(
        covered_area(study, shape)[np.newaxis],
        shapely.area(study),
        covered_area(outside, shape),
        float(shapely.area(beyond)),
    )


def covered_lines(
    engine: Engine,
    parts: GeometryArray,
    lines: GeometryArray,
    shape: Shapes,
    depths: int,
    source: object = None,
) -> Ground:
    """Lines within the parts and outside, metres.

    A stretch along a border is of the first part there; one that a line runs twice is
    one stretch.
    """
    every = np.concatenate([parts, lines])
    if engine == "exact" and is_measurable(every):
        near, made = _near(every, shape, source)
        single = once(lines)
        try:
            found = _asked(
                lambda: over_zones(
                    near, parts, lines=single, depths=depths, source=made
                )
            )
        except OverlappingZones:
            by_line = partial(_line_by_line, geometry_of(near), depths)
            return _cut_lines(parts, lines, by_line)
        return Ground.of(found.length_m)
    _check_one(engine, depths)
    united = geometry_of(shape)
    return _cut_lines(
        parts, lines, lambda pieces: covered_length(pieces, united)[np.newaxis]
    )


def _cut_lines(
    parts: GeometryArray,
    lines: GeometryArray,
    measure: Callable[[GeometryArray], FloatArray],
) -> Ground:
    """Lines cut at the borders of parts, which may overlap, and then measured."""
    pieces = cut_by_zone(lines, parts)
    metres = shapely.length(pieces.geometry)
    within = np.minimum(measure(pieces.geometry), metres)
    n, out = len(parts), pieces.zone < 0
    return Ground(
        np.array([sums(row, pieces.zone, n) for row in within]),
        sums(metres, pieces.zone, n),
        within[:, out].sum(axis=1),
        float(np.sum(metres[out])),
    )


def _line_by_line(
    shape: GeometryArray, depths: int, lines: GeometryArray
) -> FloatArray:
    """(d, n) covered length of each line, whatever zone it lies in."""
    return _asked(
        lambda: exact_coverage(
            shape,
            _NO_ZONES,
            lines=lines,
            depths=depths,
            threads=THREADS,
            with_cells=False,
            on_progress=stages(),
        )
    ).line_m


def covered_places(
    engine: Engine, places: GeometryArray, shape: GeometryArray, depths: int
) -> FloatArray:
    """(d, n) covered share of each place, 0 to 1; of points 0 or 1."""
    if engine == "geos" or not is_measurable(places):
        _check_one(engine, depths)
        return covered_share(places, shape)[np.newaxis]
    shape = shape[near_parts(places, shape)]
    try:
        return covered_share_each(places, shape, depths=depths, threads=THREADS)
    except NotClosed as error:
        raise NoData(BROKEN) from error


BROKEN = "图形自相交，无法计算 / a shape crosses itself; no figure can be given"


def _asked(measure: Callable[[], ExactCoverage]) -> ExactCoverage:
    """The kernel's answer; what it cannot answer is said in words for the caller."""
    try:
        return measure()
    except NotClosed as error:
        raise NoData(BROKEN) from error


def is_measurable(places: GeometryArray) -> bool:
    """Whether places lie close enough together for the kernel's dense grid.

    One feature at the other end of the world, loaded by mistake, must not stop every
    figure: such layers are measured by unions.
    """
    if len(places) == 0:
        return True
    left, bottom, right, top = shapely.total_bounds(places)
    return not (max(right - left, top - bottom) > _WIDEST_M)


def near_parts(parts: GeometryArray, shape: Shapes) -> BoolArray:
    """(m,) which shapes lie no farther from the parts than a city is wide."""
    if len(parts) == 0:
        return np.ones(len(shape), np.bool_)
    left, bottom, right, top = shapely.total_bounds(parts)
    box = bounds_of(shape)
    with np.errstate(invalid="ignore"):
        far = (box[:, 0] < left - _BEYOND_M) | (box[:, 2] > right + _BEYOND_M)
        far |= (box[:, 1] < bottom - _BEYOND_M) | (box[:, 3] > top + _BEYOND_M)
    near: BoolArray = ~far
    return near


def _near(parts: GeometryArray, shape: Shapes, source: object) -> tuple[Shapes, object]:
    """The shapes near the parts, and what they are made of if that is all of them."""
    is_near = near_parts(parts, shape)
    return (shape, source) if is_near.all() else (shape[is_near], None)


def _check_one(engine: Engine, depths: int) -> None:
    """Refuse to tell depths of what is measured by unions."""
    if depths == 1:
        return
    if engine == "geos":
        allowed = "must be exact: unions know of one depth only"
        raise InvalidInput("engine", engine, allowed)
    allowed = (
        "must be 1: zones overlap or features lie over 500 km apart, so that they are "
        "measured by unions, which know of one depth only"
    )
    raise InvalidInput("depth", depths, allowed)
