"""How much of each zone is covered by one, two, three, four assets at least.

Question: where does one broken camera leave a hole, and where would nobody notice?

Method: as `coverage`, all depths in one pass over the edges: the number of assets over
every piece of every edge is known exactly. `covered_k` is what at least k assets cover;
covered_1 is the figure of `coverage`. Rows: one per zone, `outside`, `total`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import Field

from layers import Disclosure, Title
from processes._asked import (
    AsOf,
    DemandLayer,
    DemandWhere,
    ModelParameters,
    PlaceShare,
    ServiceLayer,
    Weight,
    Where,
    Within,
    ZoneLayer,
)
from processes._demand import asked_demand
from processes._errors import Forbidden
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
from processes._reconcile import answered, facts_of, layers_read
from processes._services import read_service
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
from processes._zones import OUTSIDE_ID, TOTAL_ID, read_zones

DEPTHS = 4


class RedundancyInputs(Inputs):
    """Of what service, over which zones, of what."""

    service: ServiceLayer
    zones: ZoneLayer = "district"
    levels: tuple[str, ...] = LEVELS
    of: Of = Field("area", description="what is measured; as in coverage")
    demand: DemandLayer = None
    demand_where: DemandWhere = None
    weight: Weight = None
    share_min: PlaceShare = 0.0
    where: Where = None
    as_of: AsOf = None
    parameters: ModelParameters = Field(default_factory=dict)
    within: Within = ()


def run(inputs: RedundancyInputs, read: Reader) -> Result:
    """Rows zone_id, zone_name, total, unit, covered_1..4, ratio_1..4, reason."""
    if inputs.levels:
        parts = by_level(inputs, read)
        return join(inputs, [run(part, read) for part in parts], read)
    zones = read_zones(read, inputs.zones, as_of=inputs.as_of, within=inputs.within)
    service = read_service(
        read,
        inputs.service,
        where=inputs.where,
        as_of=inputs.as_of,
        parameters=inputs.parameters,
    )
    demand = asked_demand(inputs, read, service, inputs.share_min)
    found = measure(read, zones, [service], demand, as_of=inputs.as_of, depths=DEPTHS)
    rows = [
        _row(code, name, found.by_depth[:, i].tolist(), float(found.total[i]), demand)
        for i, (code, name) in enumerate(zip(zones.code, zones.name, strict=True))
    ]
    rows += _sums(found, demand)
    facts = {
        **facts_of(read, zones, _reads(inputs, read), inputs.as_of),
        **service.facts,
        **demand_facts(demand),
        "engine": "exact",
        "depths": DEPTHS,
    }
    return answered(
        PROCESS,
        inputs,
        read,
        rows=rows,
        outlines=ZoneOutlines(inputs.zones, inputs.as_of),
        facts=facts,
    )


def join(inputs: RedundancyInputs, answers: Sequence[Result], read: Reader) -> Result:
    """The rows of every level."""
    return joined_levels(PROCESS, inputs, answers, read)


def coarse(inputs: RedundancyInputs, _read: Reader, _rule: Disclosure) -> Result:
    """Refuse: how many assets lie over a place tells where they are.

    Raises
    ------
    Forbidden : always
    """
    raise Forbidden(
        f"此服务（{inputs.service}）的多重覆盖需要登录",
        f"redundancy of this service ({inputs.service}) needs a sign-in",
    )


def _sums(found: Measured, demand: Demand) -> list[dict[str, Any]]:
    """What lies in no zone, and everything."""
    outside = found.outside_by_depth.tolist()
    whole = [sum_facts(row) for row in found.by_depth]
    inside_m = sum_facts(found.total)
    return [
        _row(OUTSIDE_ID, None, outside, found.outside_total, demand),
        _row(
            TOTAL_ID,
            None,
            np.add(whole, outside).tolist(),
            inside_m + found.outside_total,
            demand,
        ),
    ]


def _row(
    code: str, name: str | None, covered: list[float], total: float, demand: Demand
) -> dict[str, Any]:
    depths = range(1, DEPTHS + 1)
    return {
        "zone_id": code,
        "zone_name": name,
        "total": total,
        "unit": demand.unit,
        **{f"covered_{k}": covered[k - 1] for k in depths},
        **{f"ratio_{k}": ratio(covered[k - 1], total) for k in depths},
        "reason": None
        if total
        else "没有可覆盖的对象 / there is nothing to be covered here",
    }


def _reads(inputs: RedundancyInputs, read: Reader) -> Sequence[str]:
    """Layers that the answer depends on."""
    demand = inputs.demand or USUAL_DEMAND.get(inputs.of)
    named = [
        id_
        for level in asked_levels(inputs, read)
        for id_ in layers_read(read, inputs.service, level, demand)
    ]
    return tuple(dict.fromkeys(named))


PROCESS = Process(
    id="redundancy",
    version="1",
    title=Title(zh="多重覆盖", en="Redundancy"),
    description=Title(
        zh="每个区划被至少一、二、三、四个设施覆盖的数量和比例。",
        en="How much of each zone at least one, two, three, four assets cover.",
    ),
    inputs=RedundancyInputs,
    run=run,
    coarse=coarse,
    split=by_level,
    join=join,
    media_types=(GEOJSON, JSON, CSV, XLSX),
    reads=_reads,
)
