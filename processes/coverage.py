"""How much of each zone a service covers.

Question: what part of the ground, the roads, the people, the places or the residential
land of every district (street, community, unit grid) does a service reach?

Method: the service layer becomes ground by its declared coverage model; every edge of
it is followed once through the communities (unit grids when those are asked) with the
number of assets over it known from exact signs, so that nothing counts twice and no
union is built; coarser zones are sums. `engine=geos` unites and cuts instead. Rows: one
per zone (`levels`: of every layer named), then `outside` (what lies in no zone; of
`area`, the ground covered there, which is all that is known of it), then `total`, the
sum of all rows before. `reconciliation.zones` is the sum over the zones alone. Source:
design rules of this project; the models' own basis is repeated in the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from pydantic import Field

from layers import Disclosure, Title
from processes._asked import (
    AsOf,
    DemandLayer,
    DemandWhere,
    ModelParameters,
    OpenAt,
    PlaceShare,
    ServiceLayer,
    State,
    Weight,
    Where,
    Within,
    ZoneLayer,
)
from processes._coarse import (
    NOTE,
    TOO_FEW,
    cell_groups,
    class_row,
    group_share,
    is_few,
    is_finer,
    rule_facts,
)
from processes._demand import asked_demand
from processes._engine import Engine
from processes._errors import Forbidden
from processes._hours import open_only, refuse_hidden, state_filter
from processes._levels import LEVELS, asked_levels, by_level, joined_levels
from processes._measure import (
    USUAL_DEMAND,
    Demand,
    Measured,
    Of,
    demand_facts,
    measure,
    ratio,
    sum_facts,
)
from processes._ports import Reader
from processes._reconcile import facts_of, layers_read, sealed
from processes._services import Service, read_service
from processes._spec import (
    CSV,
    GEOJSON,
    JSON,
    XLSX,
    Inputs,
    Process,
    Result,
    ZoneOutlines,
)
from processes._zones import OUTSIDE_ID, TOTAL_ID, Zones, read_zones

VERSION = "3"


class CoverageInputs(Inputs):
    """What is covered, where, by what, and when."""

    service: ServiceLayer
    zones: ZoneLayer = "district"
    levels: tuple[str, ...] = LEVELS
    of: Of = Field("area", description="what is measured")
    demand: DemandLayer = None
    where: Where = None
    state: State = None
    open_at: OpenAt = None
    demand_where: DemandWhere = None
    weight: Weight = None
    share_min: PlaceShare = 0.0
    as_of: AsOf = None
    parameters: ModelParameters = Field(default_factory=dict)
    within: Within = ()
    depth: int = Field(
        1,
        ge=1,
        le=4,
        description="how many services must cover a place for it to count as covered",
    )
    engine: Engine = Field(
        "exact",
        description="exact follows every edge once in whole millimetres; geos unites "
        "what covers each zone, the independent check",
    )


def run(inputs: CoverageInputs, read: Reader) -> Result:
    """Rows zone_id, zone_name, covered, total, unit, coverage_ratio, reason."""
    if inputs.levels:
        parts = by_level(inputs, read)
        return join(inputs, [run(part, read) for part in parts], read)
    zones = read_zones(read, inputs.zones, as_of=inputs.as_of, within=inputs.within)
    service, demand = ask(inputs, read)
    measured = _measured(inputs, read, zones, service, demand)
    return sealed(answer(inputs, read, zones, service, demand, measured))


def join(inputs: CoverageInputs, answers: Sequence[Result], read: Reader) -> Result:
    """The rows of every level."""
    return joined_levels(PROCESS, inputs, answers, read)


def coarse(inputs: CoverageInputs, read: Reader, rule: Disclosure) -> Result:
    """The same rows as far as they may be told of a service that is not public."""
    refuse_hidden(inputs.state, inputs.open_at)
    if inputs.depth > 1:
        raise Forbidden(
            "depth：此服务只公开是否被覆盖，登录后可按层数计算",
            "depth: of this service only whether it covers is told; more needs a "
            "sign-in",
        )
    zones = read_zones(read, inputs.zones, as_of=inputs.as_of, within=inputs.within)
    service, demand = ask(inputs, read)
    measured = _measured(inputs, read, zones, service, demand)
    result = answer(inputs, read, zones, service, demand, measured)
    ground = demand.of == "area" and demand.layer is None
    finer = is_finer(read, inputs.zones, rule.exact_down_to)
    if ground and not finer:
        return sealed(result)
    group = np.arange(len(zones))
    if finer:
        group = cell_groups(read, zones, service, rule, inputs.as_of, inputs.within)
    few = is_few(measured.features_in, group, rule)
    share = group_share(measured.covered, measured.total, group)
    in_classes = finer or inputs.zones == rule.exact_down_to
    rows = [dict(row) for row in result.rows]
    for i, row in enumerate(rows[: len(zones)]):
        if few[i] and row["total"]:
            rows[i] = class_row(row, float("nan"), rule) | {"reason": TOO_FEW}
        elif in_classes:
            rows[i] = class_row(row, float(share[i]), rule)
    told = replace(
        result,
        rows=tuple(rows),
        notes=(*result.notes, NOTE),
        reconciliation={**result.reconciliation, **rule_facts(rule)},
    )
    return sealed(told)


def _measured(
    inputs: CoverageInputs, read: Reader, zones: Zones, service: Service, demand: Demand
) -> Measured:
    """What at least `depth` assets cover."""
    found = measure(
        read,
        zones,
        [service],
        demand,
        as_of=inputs.as_of,
        engine=inputs.engine,
        depths=inputs.depth,
    )
    return found.at_depth(inputs.depth)


def ask(inputs: CoverageInputs, read: Reader) -> tuple[Service, Demand]:
    """The service and the demand of a question."""
    layer = read.catalogue.get(inputs.service)
    where = inputs.where
    if layer is not None:
        where = state_filter(read, layer, inputs.state, inputs.where)
    service = read_service(
        read,
        inputs.service,
        where=where,
        as_of=inputs.as_of,
        parameters=inputs.parameters,
    )
    service = open_only(read, service, inputs.open_at, inputs.as_of)
    demand = asked_demand(inputs, read, service, inputs.share_min)
    return service, demand


def answer(
    inputs: CoverageInputs,
    read: Reader,
    zones: Zones,
    service: Service,
    demand: Demand,
    measured: Measured,
) -> Result:
    """The rows, the sum and what is needed to recompute them."""
    inside = (sum_facts(measured.covered), sum_facts(measured.total))
    outside = (measured.outside_covered, measured.outside_total)
    whole = (inside[0] + outside[0], inside[1] + outside[1])
    rows = [
        _row(code, name, covered, total, demand, _reason(zones, demand))
        for code, name, covered, total in zip(
            zones.code, zones.name, measured.covered, measured.total, strict=True
        )
    ]
    why = (
        "只问了部分区划 / the question is limited to some zones"
        if zones.limited
        else "区划之外没有 / there is nothing outside the zones"
    )
    rows.append(_row(OUTSIDE_ID, None, *outside, demand, why))
    rows.append(_row(TOTAL_ID, None, *whole, demand, _reason(zones, demand)))
    facts = {
        **facts_of(read, zones, _reads(inputs, read), inputs.as_of),
        **service.facts,
        **demand_facts(demand),
        "engine": inputs.engine,
        "depth": inputs.depth,
        "zones": {
            "covered": inside[0],
            "total": inside[1],
            "coverage_ratio": ratio(*inside),
        },
    }
    notes = []
    if service.facts["assets"] == 0:
        notes.append(
            {
                "zh": f"图层 {inputs.service} 在此条件下没有要素，覆盖率均为 0。",
                "en": f"The layer {inputs.service} holds nothing that counts here: "
                "every ratio is 0.",
            }
        )
    return Result(
        process=PROCESS.id,
        version=PROCESS.version,
        inputs=inputs.model_dump(mode="json"),
        id_column="zone_id",
        rows=tuple(rows),
        outlines=ZoneOutlines(inputs.zones, inputs.as_of),
        srid=read.city.working_srid,
        reconciliation=facts,
        notes=tuple(notes),
    )


def _row(
    code: str,
    name: str | None,
    covered: float,
    total: float,
    demand: Demand,
    reason: str,
) -> dict[str, Any]:
    share = ratio(float(covered), float(total))
    return {
        "zone_id": code,
        "zone_name": name,
        "covered": float(covered),
        "total": float(total),
        "unit": demand.unit,
        "coverage_ratio": share,
        "reason": reason if share is None else None,
    }


def _reason(zones: Zones, demand: Demand) -> str:
    if demand.layer is None:
        return "区划面积为 0 / the zone has no area"
    return f"区划内没有 {demand.layer} / no {demand.layer} in this zone"


def _reads(inputs: CoverageInputs, read: Reader) -> Sequence[str]:
    """Layers that the answer depends on."""
    demand = inputs.demand or USUAL_DEMAND.get(inputs.of)
    named = [
        id_
        for level in asked_levels(inputs, read)
        for id_ in layers_read(read, inputs.service, level, demand)
    ]
    return tuple(dict.fromkeys(named))


PROCESS = Process(
    id="coverage",
    version=VERSION,
    title=Title(zh="覆盖率", en="Coverage"),
    description=Title(
        zh="每个区划的面积、道路长度、人口、场所或居住用地有多少被一项服务覆盖。",
        en="How much of each zone's area, roads, people, places or residential land a "
        "service covers.",
    ),
    inputs=CoverageInputs,
    run=run,
    coarse=coarse,
    split=by_level,
    join=join,
    media_types=(GEOJSON, JSON, CSV, XLSX),
    reads=_reads,
)
