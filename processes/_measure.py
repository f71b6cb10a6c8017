"""How much of what is measured lies in the services, zone by zone.

Four things are measured, each square metre, metre, person or feature once: ground
(`area`, or the ground of a polygon layer), lines (`length`), people (`population`),
features (`count`). A feature belongs to the zone that holds it, a polygon or line to
the one that holds a point on it; it counts as covered from a least share on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

import numpy as np
import shapely

from layers import Features
from processes._engine import (
    Engine,
    Ground,
    covered_ground,
    covered_land,
    covered_lines,
    covered_places,
)
from processes._errors import InvalidInput
from processes._ports import Reader
from processes._services import Service
from processes._shapes import Shapes
from processes._zones import Zones
from processes.kernels.arrays import BoolArray, FloatArray, GeometryArray, IntArray
from processes.kernels.points import anchor
from processes.kernels.rollup import sums
from processes.kernels.share import is_covered
from processes.kernels.touch import touching
from processes.kernels.written import geometry_of

Of = Literal["area", "length", "population", "count", "residential_area"]
USUAL_DEMAND: Mapping[str, str] = {
    "population": "population_point",
    "residential_area": "residential_land",
}
UNIT: Mapping[str, str] = {
    "area": "m2",
    "residential_area": "m2",
    "length": "m",
    "population": "person",
    "count": "feature",
}
_NO_CODES: IntArray = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Demand:
    """What is to be covered.

    Parameters
    ----------
    of : what is measured
    layer : the layer that holds it; None: the ground of the zones
    where : CQL2 text that selects among its features
    weight : column that a feature counts by; None: people `population`, features 1
    share_min : least covered share from which a line or polygon counts as covered
    also : further columns to read, for breakdowns
    weight_unit : what the weight counts, where its column says so
    """

    of: Of
    layer: str | None = None
    where: str | None = None
    weight: str | None = None
    share_min: float = 0.0
    also: tuple[str, ...] = ()
    weight_unit: str | None = None

    @property
    def unit(self) -> str:
        """Unit of the numerator and the denominator."""
        return self.weight_unit or UNIT[self.of]


@dataclass(frozen=True)
class Items:
    """The counted features, one by one.

    Parameters
    ----------
    features : with the columns `also`
    zone : (k,) position of each feature's zone, -1 for none
    weight : (k,) what it counts
    deep : (k,) how many services cover it, counted up to the depths asked
    """

    features: Features
    zone: IntArray
    weight: FloatArray
    deep: IntArray

    @property
    def covered(self) -> BoolArray:
        """(k,) whether each is covered."""
        found: BoolArray = self.deep > 0
        return found


@dataclass(frozen=True)
class Measured:
    """Covered and total per zone and outside every zone, in the demand's unit.

    Parameters
    ----------
    by_depth : (d, n) covered by at least k + 1 services in row k
    total : (n,)
    outside_by_depth : (d,)
    features_in : (n,) how many of the demand's features each zone holds
    items : the features, where they are counted one by one
    """

    by_depth: FloatArray
    total: FloatArray
    outside_by_depth: FloatArray
    outside_total: float
    features_in: IntArray = field(default_factory=lambda: _NO_CODES)
    items: Items | None = None

    def at_depth(self, depth: int) -> Measured:
        """What at least `depth` services cover, as if that were covering."""
        return replace(
            self,
            by_depth=self.by_depth[depth - 1 :],
            outside_by_depth=self.outside_by_depth[depth - 1 :],
        )

    @property
    def covered(self) -> FloatArray:
        """(n,) covered by at least one service."""
        first: FloatArray = self.by_depth[0]
        return first

    @property
    def outside_covered(self) -> float:
        """Covered by at least one service outside every zone."""
        return float(self.outside_by_depth[0])


def measure(
    read: Reader,
    zones: Zones,
    services: Sequence[Service],
    demand: Demand,
    *,
    as_of: date | None,
    known: Items | None = None,
    engine: Engine = "exact",
    depths: int = 1,
) -> Measured:
    """Covered and total of a demand in each zone, and outside.

    Parameters
    ----------
    services : covered is what lies in at least one of them
    known : the same features measured before with the same services, by another
        weight: what is covered is not computed again
    engine : by what it is measured
    depths : how many services over one place are told apart, 1 to 4

    Raises
    ------
    InvalidInput : the demand layer is not of the kind that the measure needs
    """
    if demand.of in ("area", "residential_area"):
        if any(service.flag is not None for service in services):
            raise InvalidInput(
                "of", demand.of, "must be count or population: the service is a flag"
            )
        if demand.layer is None:
            return _ground(zones, services, engine, depths)
        return _land(read, zones, services, demand, as_of, engine, depths)
    if demand.of == "length":
        return _lines(read, zones, services, demand, as_of, engine, depths)
    return _features(read, zones, services, demand, as_of, known, engine, depths)


def _shapes(services: Sequence[Service]) -> tuple[Shapes, object]:
    """What the services cover, and what it is made of if that is known."""
    shown = [service for service in services if service.flag is None]
    if len(shown) == 1:
        return shown[0].ground, shown[0].source
    shapes = [service.shape for service in shown]
    return np.concatenate(shapes) if shapes else np.empty(0, dtype=object), None


def _ground(
    zones: Zones, services: Sequence[Service], engine: Engine, depths: int
) -> Measured:
    """Ground of the zones; outside them, the ground that is covered there."""
    shape, source = _shapes(services)
    found = covered_ground(engine, zones.part, shape, depths, source)
    covered = np.array([zones.by_zone(row) for row in found.covered])
    outside = found.outside_covered
    if zones.limited:
        outside = np.zeros(depths)
    return Measured(covered, zones.area_m2, outside, float(outside[0]))


def _land(
    read: Reader,
    zones: Zones,
    services: Sequence[Service],
    demand: Demand,
    as_of: date | None,
    engine: Engine,
    depths: int,
) -> Measured:
    """Ground of a polygon layer, overlaps once."""
    land = read_demand(read, demand, as_of, dimension=2).geometry
    if zones.limited:
        land = land[touching(land, zones.part).count > 0]
    shape, source = _shapes(services)
    found = covered_land(engine, zones.part, land, shape, depths, source)
    covered = np.array([zones.by_zone(row) for row in found.covered])
    total = zones.by_zone(found.total)
    held = _held(zones, land)
    if zones.limited:
        return Measured(covered, total, np.zeros(depths), 0.0, held)
    return Measured(covered, total, found.outside_covered, found.outside_total, held)


def _lines(
    read: Reader,
    zones: Zones,
    services: Sequence[Service],
    demand: Demand,
    as_of: date | None,
    engine: Engine,
    depths: int,
) -> Measured:
    """Lines by zone; those that carry a flag themselves are covered wholly."""
    lines = read_demand(read, demand, as_of, dimension=1)
    held = _held(zones, lines.geometry)
    if zones.limited:
        lines = lines.take(touching(lines.geometry, zones.part).count > 0)
    parts, owner = zones.dividing(lines.geometry)
    flagged = _flagged(services, lines)
    shape, source = _shapes(services)

    def measured(some: GeometryArray) -> Ground:
        return covered_lines(engine, parts, some, shape, depths, source)

    found = measured(lines.geometry[~flagged])
    if flagged.any():
        found = found + measured(lines.geometry[flagged]).wholly()
    n = len(zones)
    covered = np.array([sums(row, owner, n) for row in found.covered])
    total = sums(found.total, owner, n)
    if zones.limited:
        return Measured(covered, total, np.zeros(depths), 0.0, held)
    return Measured(covered, total, found.outside_covered, found.outside_total, held)


def _held(zones: Zones, places: GeometryArray) -> IntArray:
    """(n,) how many places each zone holds."""
    place = zones.holding(anchor(places))
    return np.bincount(place[place >= 0], minlength=len(zones)).astype(np.int64)


def _features(
    read: Reader,
    zones: Zones,
    services: Sequence[Service],
    demand: Demand,
    as_of: date | None,
    known: Items | None,
    engine: Engine,
    depths: int,
) -> Measured:
    """Features by count or by the people they stand for."""
    features = read_demand(read, demand, as_of, dimension=None)
    place = zones.holding(anchor(features.geometry))
    if zones.limited:
        features, place = features.take(place >= 0), place[place >= 0]
    weight = np.ones(len(features))
    if demand.of == "population" or demand.weight:
        weight = np.nan_to_num(features.columns[demand.weight or "population"])
    if known is not None:
        deep = known.deep
    else:
        deep = _flagged(services, features).astype(np.int64)
        shape = geometry_of(_shapes(services)[0])
        if len(shape):
            share = covered_places(engine, features.geometry, shape, depths)
            reached = is_covered(share, demand.share_min).sum(axis=0)
            deep = np.maximum(deep, reached)
    counted = np.array([np.where(deep > k, weight, 0.0) for k in range(depths)])
    out = place < 0
    return Measured(
        np.array([sums(row, place, len(zones)) for row in counted]),
        sums(weight, place, len(zones)),
        counted[:, out].sum(axis=1),
        float(np.sum(weight[out])),
        np.bincount(place[~out], minlength=len(zones)).astype(np.int64),
        Items(features, place, weight, deep),
    )


def _flagged(services: Sequence[Service], features: Features) -> BoolArray:
    """Which features carry a flag themselves, by code."""
    found = np.zeros(len(features), dtype=np.bool_)
    for service in services:
        if service.flag is None:
            continue
        if service.layer != features.layer:
            raise InvalidInput(
                "demand",
                features.layer,
                f"must be {service.layer}: the service is a flag of its own features",
            )
        on = set(service.features.code[service.flag])
        found |= np.array([code in on for code in features.code], dtype=np.bool_)
    return found


def read_demand(
    read: Reader, demand: Demand, as_of: date | None, *, dimension: int | None
) -> Features:
    """Features of the demand layer, of one dimension where the measure needs it."""
    layer = demand.layer or ""
    if layer not in read.catalogue:
        known = ", ".join(read.catalogue.visible_at(read.level))
        raise InvalidInput("demand", layer, f"must be one of {known}")
    columns: list[str] = list(demand.also)
    if demand.of == "population" or demand.weight:
        name = demand.weight or "population"
        column = read.catalogue[layer].columns.get(name)
        if column is None or column.type not in ("integer", "number"):
            raise InvalidInput("weight", name, f"must be a number column of {layer}")
        columns.append(name)
    kind: dict[int | None, tuple[str, ...]] = {
        0: ("Point",),
        1: ("LineString", "MultiLineString"),
        2: ("Polygon", "MultiPolygon"),
    }
    allowed = kind.get(dimension)
    geometry = read.catalogue[layer].geometry
    if geometry == "none" or (allowed and geometry not in allowed):
        wanted = " or ".join(allowed) if allowed else "features with a place"
        raise InvalidInput("demand", layer, f"of={demand.of} needs {wanted}")
    features = read.features(layer, columns=columns, where=demand.where, as_of=as_of)
    return features.take(~shapely.is_missing(features.geometry))


def sum_facts(values: FloatArray) -> float:
    """Sum of figures, exact to rounding once."""
    return float(np.sum(values.astype(np.longdouble)))


def ratio(covered: float, total: float) -> float | None:
    """Share, None where there is nothing to be covered; never above 1 by rounding.

    Examples
    --------
    >>> ratio(1.0, 4.0), ratio(0.0, 0.0)
    (0.25, None)
    """
    return None if total == 0 else covered / total


def demand_facts(demand: Demand) -> dict[str, Any]:
    """The demand as part of a reconciliation."""
    return {
        "of": demand.of,
        "demand": demand.layer,
        "demand_where": demand.where,
        "weight": demand.weight
        or ("population" if demand.of == "population" else None),
        "share_min": demand.share_min if demand.of in ("count", "population") else None,
    }
