"""One target in every zone and in the city: figures, state, distance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from layers import Disclosure
from processes._coarse import TOO_FEW, in_class
from processes._judge import CITY_ID, Rows, blank_row, judged
from processes._measure import Demand, Items, Measured, demand_facts, measure
from processes._ports import Reader
from processes._services import Service, read_service, with_hiding
from processes._targets import (
    Also,
    Measure,
    ServiceOf,
    Stations,
    Target,
    load_scopes,
)
from processes._zones import Zones
from processes.kernels.arrays import BoolArray

_COUNTED = ("count", "population")


@dataclass(frozen=True)
class _Hiding:
    """What of a target must not be told exactly: nothing, or finer zones by a rule."""

    rule: Disclosure | None
    in_classes: bool
    few_below: int


def measured_rows(
    read: Reader,
    zones: Zones,
    target: Target,
    as_of: date | None,
    rule: Disclosure | None,
) -> Rows:
    """Rows of a target that is measured from layers."""
    main = target.measure
    if main is None:
        raise ValueError(f"{target.id}: is not measured")
    hiding = _hiding(read, zones, target, rule)
    scope = load_scopes().scopes[target.scope]
    wanted = np.array([scope.holds(code) for code in zones.code], dtype=np.bool_)
    held = zones.only(wanted)
    services: dict[ServiceOf, Service] = {}
    figure, demand, facts = _measured(
        read, held, main, as_of, services=services, by=target.by
    )
    inside = figure.total > 0 if scope.layer else np.ones(len(held), dtype=np.bool_)
    extra = [
        _also(read, held, target, also, as_of, inside, services, figure)
        for also in target.also
    ]
    place = np.cumsum(wanted) - 1
    cells = []
    for zone, (code, name) in enumerate(zip(zones.code, zones.name, strict=True)):
        row = blank_row(target, code, name)
        i = int(place[zone])
        if not (wanted[zone] and inside[i]):
            cells.append({**row, "state": "out_of_scope"})
            continue
        row |= _figures(
            target, float(figure.covered[i]), float(figure.total[i]), demand
        )
        row["parts"] = [] if hiding.rule else _parts(target, figure, zones_at=i)
        row["also"] = [one[i] for one in extra if i < len(one) - 1]
        if target.city_only:
            row |= {"state": "out_of_scope", "distance": None, "distance_natural": None}
            row["reason"] = "只对全市有目标值 / the target holds for the whole city"
        cells.append(_told(row, target, figure, i, hiding))
    city = blank_row(target, CITY_ID, None)
    city |= _figures(
        target,
        float(np.sum(figure.covered[inside])),
        float(np.sum(figure.total[inside])),
        demand,
    )
    city["parts"] = _parts(target, figure, zones_at=np.flatnonzero(inside))
    city["also"] = [one[-1] for one in extra]
    ledger = {
        **facts,
        "layer_versions": {
            id_: read.version(id_) for id_ in with_hiding(read, target.layers)
        },
        "told_in_classes": hiding.in_classes,
    }
    return Rows(cells, city, ledger)


def _hiding(
    read: Reader, zones: Zones, target: Target, rule: Disclosure | None
) -> _Hiding:
    hidden = rule is not None and any(
        not read.catalogue[id_].geometry_at(read.level) for id_ in target.layers
    )
    if rule is None or not hidden:
        return _Hiding(None, in_classes=False, few_below=0)
    finest_told = zones.layer == rule.exact_down_to
    coarsest = zones.layer == read.city.zones[-1]
    return _Hiding(rule, finest_told, 0 if coarsest else rule.minimum_assets)


def _told(
    row: dict[str, Any], target: Target, figure: Measured, i: int, hiding: _Hiding
) -> dict[str, Any]:
    """A row as far as it may be told."""
    if hiding.rule is None or hiding.few_below == 0 or row["value"] is None:
        return row
    row = {**row, "also": [], "parts": []}
    nothing = {"numerator": None, "distance_natural": None}
    if len(figure.features_in) and figure.features_in[i] < hiding.few_below:
        untold = {"value": None, "state": "no_data", "distance": None}
        return {**row, **nothing, **untold, "reason": TOO_FEW}
    if hiding.in_classes:
        middle, _ = in_class(row["value"] / 100.0, hiding.rule)
        value = None if middle is None else middle * 100.0
        return {**row, **nothing, **judged(target, value)}
    return row


def _measured(
    read: Reader,
    zones: Zones,
    asked: Measure,
    as_of: date | None,
    *,
    services: dict[ServiceOf, Service],
    by: str | None = None,
    known: Items | None = None,
) -> tuple[Measured, str, dict[str, Any]]:
    """Figures, the unit they are in, and the facts of services and demand."""
    for one in asked.services:
        if one not in services:
            services[one] = read_service(read, one.layer, where=one.where, as_of=as_of)
    covering = [services[one] for one in asked.services]
    wanted = asked.demand
    demand = Demand(
        of=asked.of,
        layer=wanted.layer if wanted else None,
        where=wanted.where if wanted else None,
        weight=wanted.weight if wanted else None,
        share_min=wanted.share_min if wanted else 0.0,
        also=(by,) if by else (),
    )
    figure = measure(read, zones, covering, demand, as_of=as_of, known=known)
    unit = demand.unit
    if demand.layer and demand.weight and demand.of == "count":
        column = read.catalogue[demand.layer].columns[demand.weight]
        unit = (column.unit or unit).strip("{}")
    facts = {
        "services": [dict(service.facts) for service in covering],
        **demand_facts(demand),
    }
    return figure, unit, facts


def _figures(
    target: Target, numerator: float, denominator: float, unit: str
) -> dict[str, Any]:
    """Value, state and distance of a measured figure."""
    found: dict[str, Any] = {
        "numerator": numerator,
        "denominator": denominator,
        "natural_unit": unit,
    }
    if denominator == 0:
        reason = "分母为 0 / there is nothing to be covered here"
        return {**found, "state": "no_data", "reason": reason}
    if target.unit == "%":
        value = 100.0 * numerator / denominator
        found |= judged(target, value)
        found["distance_natural"] = found["distance"] / 100.0 * denominator
        return found
    found |= judged(target, numerator * 1e-6)
    found["distance_natural"] = found["distance"] * 1e6
    return found


def _parts(
    target: Target, figure: Measured, *, zones_at: int | np.ndarray[Any, Any]
) -> list[dict[str, Any]]:
    """The figure broken down by a column of what is counted."""
    items = figure.items
    if target.by is None or items is None:
        return []
    here = np.isin(items.zone, zones_at)
    kinds = items.features.columns[target.by]
    parts = []
    for kind in sorted({str(kind) for kind in kinds[here] if kind is not None}):
        mine = here & (kinds == kind)
        total = float(np.sum(items.weight[mine]))
        covered = float(np.sum(items.weight[mine & items.covered]))
        parts.append(
            {
                "key": kind,
                "numerator": covered,
                "denominator": total,
                "value": 100.0 * covered / total if total else None,
            }
        )
    return parts


def _also(
    read: Reader,
    zones: Zones,
    target: Target,
    also: Also,
    as_of: date | None,
    inside: BoolArray,
    services: dict[ServiceOf, Service],
    figure: Measured,
) -> list[dict[str, Any]]:
    """A second figure: one per zone, the city last; stations for the city only."""
    if also.stations is not None:
        return [_stations(read, zones, also, also.stations, as_of, inside)]
    if also.measure is None:
        return []
    known = figure.items if _is_same(target.measure, also.measure) else None
    second, unit, _ = _measured(
        read, zones, also.measure, as_of, services=services, known=known
    )
    pairs = [*zip(second.covered, second.total, strict=True)]
    pairs.append((np.sum(second.covered[inside]), np.sum(second.total[inside])))
    return [
        {
            "id": also.id,
            "title": also.title.model_dump(),
            "value": 100.0 * float(part) / float(whole) if whole else None,
            "numerator": float(part),
            "denominator": float(whole),
            "natural_unit": unit,
        }
        for part, whole in pairs
    ]


def _is_same(one: Measure | None, other: Measure) -> bool:
    """Whether two measures count the same features, by whatever weight."""
    if one is None or one.services != other.services:
        return False
    if one.of not in _COUNTED or other.of not in _COUNTED:
        return False
    first, second = one.demand, other.demand
    if first is None or second is None:
        return False
    alike = {"weight": None}
    return first.model_copy(update=alike) == second.model_copy(update=alike)


def _stations(
    read: Reader,
    zones: Zones,
    also: Also,
    asked: Stations,
    as_of: date | None,
    inside: BoolArray,
) -> dict[str, Any]:
    """Stations there are and stations a standard asks for, in the whole scope."""
    people = measure(
        read, zones, [], Demand("population", layer=asked.population), as_of=as_of
    )
    land = measure(read, zones, [], Demand("area", layer=asked.built_up), as_of=as_of)
    wanted = Demand("count", layer=asked.layer, where=asked.where)
    there = measure(read, zones, [], wanted, as_of=as_of)
    population = float(np.sum(people.total[inside]))
    built_up_km2 = float(np.sum(land.total[inside])) / 1e6
    table = list(read.codes(asked.table).values())
    needed = stations_needed(table, population, built_up_km2, asked.area_per_point_km2)
    count = float(np.sum(there.total[inside]))
    return {
        "id": also.id,
        "title": also.title.model_dump(),
        "value": 100.0 * count / needed,
        "numerator": count,
        "denominator": float(needed),
        "natural_unit": "station",
        "population": population,
        "built_up_km2": built_up_km2,
        "basis": asked.basis,
    }


def stations_needed(
    table: Sequence[Mapping[str, str]],
    population: float,
    built_up_km2: float,
    area_per_point_km2: float,
) -> int:
    """Points that a table asks for, the larger of its two criteria.

    Parameters
    ----------
    table : rows with population_from, built_up_from_km2 and points, ascending; on the
        last row one point is needed for every `area_per_point_km2`, at least its points
    """

    def row(column: str, value: float) -> int:
        return max(i for i, r in enumerate(table) if i == 0 or float(r[column]) < value)

    place = max(
        row("population_from", population), row("built_up_from_km2", built_up_km2)
    )
    needed = int(table[place]["points"])
    if place == len(table) - 1:
        needed = max(needed, math.ceil(built_up_km2 / area_per_point_km2))
    return needed
