"""Measured cities kept in memory: what edits of a service change, at every level.

A city is kept under the versions of everything it was measured from. The figures are
those that `coverage` gives for the same question, to the bit: the same kernel over the
same parts, and sums in the same order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import orjson
import shapely

from layers import Features
from processes._buildings import Kept
from processes._counted import Counted, count_covered
from processes._engine import BROKEN, Ground, is_measurable, near_parts
from processes._errors import InvalidInput, NoData
from processes._kernel import packed_service
from processes._measure import Demand, read_demand
from processes._overlapping import Anew, measured_anew
from processes._ports import Reader
from processes._services import Service, read_service, service_reads
from processes._zones import Zones, read_zones
from processes.kernels.arrays import FloatArray, GeometryArray, IntArray
from processes.kernels.exact import (
    Chains,
    ExactCoverage,
    Measure,
    NotClosed,
    OverlappingZones,
    Standing,
    stand,
)
from processes.kernels.length import once
from processes.kernels.parallel import THREADS
from processes.kernels.points import anchor
from processes.kernels.rollup import sums

KEPT_CITIES = 3
_NONE: GeometryArray = np.empty(0, dtype=object)


@dataclass(frozen=True, eq=False)
class Question:
    """What is measured of which service, where and when.

    Parameters
    ----------
    levels : zone layers, all answered at once
    """

    service: str
    levels: tuple[str, ...]
    demand: Demand
    where: str | None
    as_of: date | None
    parameters: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Level:
    """A zone layer of a city.

    Parameters
    ----------
    group : which of the city's measurements it is summed from
    place : (k,) zone of each point of the demand, or of each feature counted
    weight : (k,) what each counts
    """

    zones: Zones
    group: int
    place: IntArray
    weight: FloatArray


@dataclass(frozen=True, eq=False)
class City:
    """A service measured over zones and a demand.

    Parameters
    ----------
    standing : one measurement per set of parts; anew each time where those overlap
    counted : instead of it, where lines or polygons are counted one by one
    row : position of each asset's code among the service's features
    far : position and ground of each shape too far away to touch a zone
    """

    question: Question
    service: Service
    levels: tuple[Level, ...]
    standing: tuple[Standing | Anew, ...]
    row: Mapping[str, int]
    counted: Counted | None = None
    far: Mapping[int, shapely.Geometry] = field(default_factory=dict)

    @property
    def far_m2(self) -> float:
        """Ground that lies far outside, as `coverage` adds it."""
        return float(shapely.area(shapely.union_all(list(self.far.values()))))

    def edited(self, removed: IntArray, added: GeometryArray) -> City:
        """The city without some assets, by position, and with other ground."""
        gone = np.flatnonzero(np.isin(self.service.asset, removed))
        changed = tuple(one.edited(gone, added) for one in self.standing)
        counted = self.counted and self.counted.edited(gone, added)
        left = {at: one for at, one in self.far.items() if at not in gone}
        return replace(self, standing=changed, counted=counted, far=left)


@dataclass(frozen=True)
class Figures:
    """Covered and total per zone of a level, and outside."""

    covered: FloatArray
    total: FloatArray
    outside_covered: float
    outside_total: float


def city_of(read: Reader, question: Question) -> City:
    """The measured city of a question, kept from before or measured now.

    Raises
    ------
    InvalidInput : the question cannot be answered for edits
    """
    layers = [*service_reads(read, question.service), *question.levels]
    if question.demand.layer is not None:
        layers.append(question.demand.layer)
    layers += [id_ for id_ in read.city.zones if id_ in read.catalogue]
    snapshots = tuple(
        read.snapshot(id_, question.as_of) for id_ in dict.fromkeys(layers)
    )
    key = (
        snapshots,
        question.service,
        question.levels,
        question.demand,
        question.where,
        orjson.dumps(question.parameters, option=orjson.OPT_SORT_KEYS),
    )
    return _KEPT.get(key, lambda: _measured(read, question))


def figures_of(city: City) -> list[Figures]:
    """The figures of every level, as `coverage` gives them."""
    if city.counted is not None:
        covered = city.counted.covered
        return [
            _summed(level, np.where(covered, level.weight, 0.0))
            for level in city.levels
        ]
    found = [one.coverage for one in city.standing]
    return [_figures(city, level, found[level.group]) for level in city.levels]


def _figures(city: City, level: Level, found: ExactCoverage | Ground) -> Figures:
    zones, demand = level.zones, city.question.demand
    if demand.of == "length":
        lines = found if isinstance(found, Ground) else found.length_m
        return _of_parts(zones, lines)
    if isinstance(found, Ground):
        outside = float(found.outside_covered[0]) + city.far_m2
        covered = zones.by_zone(found.covered[0])
        return Figures(covered, zones.area_m2, outside, outside)
    if demand.of in ("area", "residential_area"):
        if demand.layer is None:
            total = shapely.area(zones.part)
            covered = np.minimum(found.area_m2.covered[0], total)
            outside = float(found.area_m2.outside_covered[0]) + city.far_m2
            return Figures(zones.by_zone(covered), zones.area_m2, outside, outside)
        return _of_parts(zones, found.other_m2)
    return _summed(level, np.where(found.point_depth > 0, level.weight, 0.0))


def _of_parts(zones: Zones, found: Measure | Ground) -> Figures:
    """Figures of what was measured in every part of the zones."""
    return Figures(
        zones.by_zone(found.covered[0]),
        zones.by_zone(found.total),
        float(found.outside_covered[0]),
        found.outside_total,
    )


def _summed(level: Level, counted: FloatArray) -> Figures:
    """Figures of points or features: what counts of each, by its zone."""
    zones, out = len(level.zones), level.place < 0
    return Figures(
        sums(counted, level.place, zones),
        sums(level.weight, level.place, zones),
        float(np.sum(counted[out])),
        float(np.sum(level.weight[out])),
    )


def _measured(read: Reader, question: Question) -> City:
    """A city measured from what the reader gives."""
    service = read_service(
        read,
        question.service,
        where=question.where,
        as_of=question.as_of,
        parameters=question.parameters,
    )
    if service.flag is not None:
        raise InvalidInput(
            "service", question.service, "must cover ground; this layer is only a flag"
        )
    zones = [read_zones(read, id_, as_of=question.as_of) for id_ in question.levels]
    demand, features = question.demand, None
    if demand.layer is not None:
        features = _demanded(read, question)
    try:
        try:
            return _stood(question, service, zones, features, packing=True)
        except NotClosed:  # shapes are mended, what is packed is not
            return _stood(question, service, zones, features, packing=False)
    except NotClosed as error:
        raise NoData(BROKEN) from error


def _stood(
    question: Question,
    service: Service,
    zones: Sequence[Zones],
    features: Features | None,
    *,
    packing: bool,
) -> City:
    group: list[int] = []
    parts: list[Zones] = []
    for one in zones:
        same = [
            i
            for i, other in enumerate(parts)
            if np.array_equal(other.part_code, one.part_code)
        ]
        group.append(same[0] if same else len(parts))
        if not same:
            parts.append(one)
    demand = question.demand
    held = zones[0].part
    if features is not None and demand.of == "length":
        held = np.concatenate([held, features.geometry])
    is_near = near_parts(held, service.shape)
    near = service.shape.copy()
    near[~is_near] = None  # too far away to touch a zone or a line
    far = {int(at): service.shape[at] for at in np.flatnonzero(~is_near)}
    source = service.source if is_near.all() else None
    shape = packed_service(near, source) if packing else near
    if not is_measurable(held):
        allowed = "must be within 500 km: edits of wider cities are not answered"
        raise InvalidInput("levels", zones[0].layer, allowed)
    nowhere: IntArray = np.empty(0, np.int64)
    place, weight = [nowhere for _ in zones], [np.empty(0) for _ in zones]
    counted = None
    if features is None:
        standing = [_standing_over(one, shape, near) for one in parts]
    elif demand.of in ("area", "residential_area"):
        land = features.geometry
        standing = [_standing_over(one, shape, near, land=land) for one in parts]
    elif demand.of == "length":
        lines = features.geometry
        standing = [_standing_over(one, shape, near, lines=lines) for one in parts]
    else:
        one_each = np.ones(len(features))
        column = demand.weight or ("population" if demand.of == "population" else None)
        if column:
            one_each = np.nan_to_num(features.columns[column])
        weight = [one_each for _ in zones]
        place = [one.holding(anchor(features.geometry)) for one in zones]
        group = [0 for _ in zones]
        if (shapely.get_dimensions(features.geometry) > 0).any():
            standing = []
            counted = count_covered(features.geometry, near, demand.share_min)
        else:
            points = features.geometry
            standing = [stand(shape, _NONE, points=points, threads=THREADS)]
    levels = [
        Level(*of_level) for of_level in zip(zones, group, place, weight, strict=True)
    ]
    row = {str(code): i for i, code in enumerate(service.features.code)}
    return City(question, service, tuple(levels), tuple(standing), row, counted, far)


def _standing_over(
    zones: Zones,
    shape: GeometryArray | Chains,
    near: GeometryArray,
    *,
    land: GeometryArray = _NONE,
    lines: GeometryArray | None = None,
) -> Standing | Anew:
    """A measurement of ground, of land, or of lines.

    Parameters
    ----------
    shape, near : what covers, as the kernel takes it and as objects

    Raises
    ------
    NoData : land of zones that overlap
    """
    single = _NONE if lines is None else once(lines)
    try:
        return stand(shape, zones.part, others=land, lines=single, threads=THREADS)
    except OverlappingZones as error:
        if len(land):
            raise NoData(
                f"{zones.part_layer}: 区划重叠，无法计算 / zones overlap; no figure of "
                "land can be given for edits"
            ) from error
        return measured_anew(zones.part, near, lines)


def _demanded(read: Reader, question: Question) -> Features:
    """Features of the demand, of a kind that edits are answered for."""
    of = question.demand.of
    dimension = {"area": 2, "residential_area": 2, "length": 1}.get(of)
    return read_demand(read, question.demand, question.as_of, dimension=dimension)


_KEPT: Kept[City] = Kept(KEPT_CITIES)
