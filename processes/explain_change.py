"""Why a figure changed between two dates: parts that add up to the change.

Question: the district covers 3 km2 more than in 2013; how much of that is new cameras,
how much is lost to retired or broken ones, and what came from moved borders, from more
people, from other parameters?

Method: the city of the first date is turned into that of the second one step at a time,
and measured as `coverage` measures it after every step; each part is the difference of
two steps, so that they add up to the whole change. Steps in this order: assets that
appeared; assets that are gone; assets that went out of service or came back (they are
kept, the model's own condition no longer holds, or holds again); assets that cover
otherwise (moved, other optics, other buildings about them); other parameters
(`parameters_before`); another demand; other borders. The first six are measured on the
borders of the first date. Another order would share out what two steps do together
in another way: the order is part of the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import shapely
from pydantic import Field

from layers import Disclosure, Title
from processes._errors import Forbidden, InvalidInput
from processes._measure import (
    USUAL_DEMAND,
    Demand,
    Measured,
    Of,
    demand_facts,
    demand_layer,
    measure,
)
from processes._ports import Reader
from processes._progress import tell
from processes._reconcile import answered, facts_of, layers_read
from processes._services import Service, read_service
from processes._spec import CSV, JSON, Inputs, Process, Result
from processes._zones import TOTAL_ID, Zones, read_zones
from processes.kernels.arrays import GeometryArray

PARTS = (
    "assets_added",
    "assets_retired",
    "out_of_service",
    "assets_changed",
    "rule_changed",
    "denominator_changed",
    "boundary_moved",
)
_UNDER_WAY = Title(zh="逐步比较", en="step by step")


class ExplainChangeInputs(Inputs):
    """Which figure, and between which dates."""

    service: str = Field(description="layer that covers, e.g. camera")
    before: date = Field(description="first date")
    as_of: date | None = Field(None, description="second date; today if absent")
    zones: str = Field("district", description="layer that divides the city")
    of: Of = Field("area", description="what is measured; as in coverage")
    demand: str | None = Field(None, description="layer that is to be covered")
    demand_where: str | None = Field(
        None, max_length=4000, description="CQL2 text: which of the demand counts"
    )
    weight: str | None = Field(
        None, description="number column of the demand that a feature counts by"
    )
    share_min: float = Field(
        0.0, ge=0, le=1, description="least covered share from which a place counts"
    )
    where: str | None = Field(
        None, max_length=4000, description="CQL2 text: which assets count"
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        description="numbers of the coverage model; as in coverage",
    )
    parameters_before: dict[str, Any] | None = Field(
        None, description="those of the first date, where they were others"
    )
    within: tuple[str, ...] = Field(
        (), max_length=500, description="zone codes: only zones that begin with them"
    )


@dataclass(frozen=True)
class _Step:
    """The city half-way between two dates: what covers it, what is covered, where."""

    ground: Mapping[str, Any]
    demand_at: date
    zones: Zones


def run(inputs: ExplainChangeInputs, read: Reader) -> Result:
    """Rows zone_id, zone_name, before, after, difference, and one column per part."""
    last = inputs.as_of
    if last is None or inputs.before > last:
        raise InvalidInput("before", inputs.before, f"must not be after {last}")
    old_zones, new_zones = (
        read_zones(read, inputs.zones, as_of=day, within=inputs.within)
        for day in (inputs.before, last)
    )
    was, then, now = _services(inputs, read, last)
    demand = Demand(
        of=inputs.of,
        layer=demand_layer(inputs.of, inputs.demand, None),
        where=inputs.demand_where,
        weight=inputs.weight,
        share_min=inputs.share_min,
    )
    kept = _codes(read, inputs.service, last)
    known = _codes(read, inputs.service, inputs.before)
    steps, counts = _steps(was, then, now, kept, known)
    path = [_Step(one, inputs.before, old_zones) for one in steps]
    path.append(_Step(steps[-1], last, old_zones))
    path.append(_Step(steps[-1], last, new_zones))
    found: list[dict[str, tuple[float, float]]] = []
    for i, step in enumerate(path):
        tell(i / len(path), _UNDER_WAY)
        before = path[i - 1] if i else None
        is_same = before is not None and _is_same(before, step, demand)
        found.append(found[-1] if is_same else _figures(read, step, now, demand))
    rows = _rows(found, old_zones, new_zones, demand)
    facts = {
        **facts_of(read, new_zones, _reads(inputs, read), last),
        **now.facts,
        **demand_facts(demand),
        "before": inputs.before.isoformat(),
        "parameters_before": was.facts.get("parameters"),
        "assets_before": was.facts["assets"],
        "order_of_parts": list(PARTS),
        "counts": counts,
    }
    return answered(
        PROCESS,
        inputs,
        read,
        rows=rows,
        facts=facts,
    )


def coarse(inputs: ExplainChangeInputs, _read: Reader, _rule: Disclosure) -> Result:
    """Refuse: between two dates stands a single asset.

    Raises
    ------
    Forbidden : always
    """
    raise Forbidden(
        f"此服务（{inputs.service}）的变化原因需要登录",
        f"why figures of this service ({inputs.service}) changed needs a sign-in",
    )


def _services(
    inputs: ExplainChangeInputs, read: Reader, last: date
) -> tuple[Service, Service, Service]:
    """The service at the first date, at the second with the old parameters, and now."""
    old = inputs.parameters
    if inputs.parameters_before is not None:
        old = inputs.parameters_before

    def at(day: date, parameters: Mapping[str, Any]) -> Service:
        return read_service(
            read,
            inputs.service,
            where=inputs.where,
            as_of=day,
            parameters=parameters,
        )

    was, now = at(inputs.before, old), at(last, inputs.parameters)
    if now.flag is not None:
        raise InvalidInput(
            "service", inputs.service, "must cover ground; this layer is only a flag"
        )
    return was, now if old == inputs.parameters else at(last, old), now


def _codes(read: Reader, layer: str, day: date) -> set[str]:
    """Every asset that is kept at a date, in service or not."""
    return set(read.features(layer, as_of=day, geometry=False).code)


def _by_code(service: Service) -> dict[str, Any]:
    """The ground that each asset covers."""
    code = service.features.code[service.asset]
    return dict(zip(code.tolist(), service.shape, strict=True))


def _steps(
    was: Service, then: Service, now: Service, kept: set[str], known: set[str]
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """What covers the city after each of the first five steps, and how many assets."""
    one, two, three = _by_code(was), _by_code(then), _by_code(now)
    appeared = {c: s for c, s in two.items() if c not in known}
    retired = {c for c in one if c not in kept}
    stopped = {c for c in one if c in kept and c not in two}
    back = {c: s for c, s in two.items() if c in known and c not in one}
    both = [c for c in one if c in two]
    same = shapely.equals_exact(
        _array([one[c] for c in both]), _array([two[c] for c in both]), 0.0
    )
    changed = {c: two[c] for c, is_same in zip(both, same, strict=True) if not is_same}
    added = {**one, **appeared}
    left = {c: s for c, s in added.items() if c not in retired}
    served = {c: s for c, s in left.items() if c not in stopped} | back
    counts = {
        "assets_added": len(appeared),
        "assets_retired": len(retired),
        "out_of_service": len(stopped),
        "back_in_service": len(back),
        "assets_changed": len(changed),
    }
    return [one, added, left, served, served | changed, three], counts


def _array(shapes: Sequence[Any]) -> GeometryArray:
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return found


def _is_same(one: _Step, other: _Step, demand: Demand) -> bool:
    """Whether two steps are the same city: nothing to be measured again."""
    if one.zones is not other.zones:
        return False
    moved = demand.layer is not None and one.demand_at != other.demand_at
    same = one.ground.keys() == other.ground.keys() and all(
        one.ground[code] is shape for code, shape in other.ground.items()
    )
    return same and not moved


def _figures(
    read: Reader, step: _Step, service: Service, demand: Demand
) -> dict[str, tuple[float, float]]:
    """Covered and total by zone, the sum under `total`."""
    ground = _array([step.ground[code] for code in sorted(step.ground)])
    found: Measured = measure(
        read,
        step.zones,
        [replace(service, shape=ground, asset=np.arange(len(ground)))],
        demand,
        as_of=step.demand_at,
    )
    pairs = zip(found.covered.tolist(), found.total.tolist(), strict=True)
    figures = dict(zip(step.zones.code.tolist(), pairs, strict=True))
    figures[TOTAL_ID] = (float(np.sum(found.covered)), float(np.sum(found.total)))
    return figures


def _rows(
    found: Sequence[Mapping[str, tuple[float, float]]],
    old: Zones,
    new: Zones,
    demand: Demand,
) -> list[dict[str, Any]]:
    """One row per zone of either date, the sum last."""
    names = dict(zip(old.code, old.name, strict=True))
    names |= dict(zip(new.code, new.name, strict=True))
    rows = []
    for code in [*sorted(names), TOTAL_ID]:
        covered = [step.get(code, (0.0, 0.0))[0] for step in found]
        parts = np.diff(covered).tolist()
        rows.append(
            {
                "zone_id": code,
                "zone_name": names.get(code),
                "before": covered[0],
                "after": covered[-1],
                "difference": covered[-1] - covered[0],
                **dict(zip(PARTS, parts, strict=True)),
                "total_before": found[0].get(code, (0.0, 0.0))[1],
                "total_after": found[-1].get(code, (0.0, 0.0))[1],
                "unit": demand.unit,
            }
        )
    return rows


def _reads(inputs: ExplainChangeInputs, read: Reader) -> Sequence[str]:
    """Layers that the answer depends on."""
    demand = inputs.demand or USUAL_DEMAND.get(inputs.of)
    return layers_read(read, inputs.service, inputs.zones, demand)


PROCESS = Process(
    id="explain-change",
    version="1",
    title=Title(zh="变化原因", en="Explain a change"),
    description=Title(
        zh="两个日期之间覆盖数值的变化分解为：新增、撤除、停用、变动、参数、分母、边界。",
        en="The change of a covered figure between two dates in parts: assets added, "
        "retired, out of service, changed; rule, denominator, borders.",
    ),
    inputs=ExplainChangeInputs,
    run=run,
    coarse=coarse,
    media_types=(JSON, CSV),
    reads=_reads,
)
