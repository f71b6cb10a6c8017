"""What would change if assets were added, moved or removed; nothing is written.

Question: how much more of every district, street and community would be covered with
these twelve cameras, or less without those three?

Method: the city is measured once and kept; an edit's surroundings are measured before
and after by the exact kernel and the difference is added, so that the answer equals a
whole new computation of `coverage` to the bit. Assets that are added cover by the model
that their layer declares, cameras behind buildings too; their properties are columns of
the layer. One whose properties say that the model (or `where`) does not count it, such
as a camera that is faulty, covers nothing and is told of as `not_counted`; what is not
said is taken to be as it must be. An asset that is there and is not counted may be
named too: without it nothing changes, and it counts once it is moved, to where it is
perhaps, with the properties that it lacked. Rows: per level every zone that changes
(`changed_only=false`: every zone), then `outside` and `total`. Source:
processes/kernels/exact, step 9.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from pydantic import Field

from layers import Disclosure, Title
from processes._asked import (
    DemandLayer,
    DemandWhere,
    ModelParameters,
    PlaceShare,
    ServiceLayer,
    Weight,
)
from processes._demand import asked_demand
from processes._edits import asked_edits
from processes._engine import BROKEN
from processes._errors import Forbidden, InvalidInput, NoData
from processes._measure import (
    USUAL_DEMAND,
    Of,
    demand_facts,
    ratio,
)
from processes._ports import Reader
from processes._reconcile import answered, facts_of
from processes._services import service_reads
from processes._spec import CSV, JSON, XLSX, Inputs, Process, Result
from processes._standing import Figures, Question, city_of, figures_of
from processes._zones import OUTSIDE_ID, TOTAL_ID
from processes.kernels.arrays import CodeArray
from processes.kernels.exact import NotClosed, Refused


class WhatIfInputs(Inputs):
    """Of what service, what is to be added, moved, removed, and what is measured."""

    service: ServiceLayer
    add: dict[str, Any] | list[dict[str, Any]] | None = Field(
        None,
        description="new assets: GeoJSON features (lon, lat; CGCS2000) with columns of "
        "the layer as properties",
    )
    move: dict[str, Any] | list[dict[str, Any]] | None = Field(
        None,
        description="GeoJSON features whose id is the code of an asset: its new place, "
        "and the properties that change with it",
    )
    remove: tuple[str, ...] = Field(
        (), max_length=1000, description="codes of assets that go"
    )
    levels: tuple[str, ...] = Field(
        ("district", "street", "community"),
        min_length=1,
        max_length=4,
        description="zone layers to answer for, all in one pass",
    )
    of: Of = Field("area", description="what is measured")
    demand: DemandLayer = None
    demand_where: DemandWhere = None
    weight: Weight = None
    share_min: PlaceShare = 0.0
    where: str | None = Field(
        None, max_length=4000, description="CQL2 text: which assets there are now"
    )
    as_of: date | None = Field(None, description="date of the city; today if absent")
    parameters: ModelParameters = Field(default_factory=dict)
    changed_only: bool = Field(True, description="only the zones whose figure changes")


def run(inputs: WhatIfInputs, read: Reader) -> Result:
    """Rows level, zone_id, zone_name, before, after, difference, total, ratios."""
    question = _question(inputs, read)
    city = city_of(read, question)
    edits = asked_edits(read, city, inputs.add, inputs.move, inputs.remove)
    try:
        after = city.edited(edits.gone, edits.ground)
    except Refused as error:
        raise InvalidInput("add", "a place", "must lie in the city") from error
    except NotClosed as error:
        raise NoData(BROKEN) from error
    rows: list[dict[str, Any]] = []
    for level, was, now in zip(
        city.levels, figures_of(city), figures_of(after), strict=True
    ):
        codes, names = level.zones.code, level.zones.name
        rows += _rows(level.zones.layer, codes, names, was, now, inputs, question)
    zones = city.levels[0].zones
    facts = {
        **facts_of(read, zones, _reads(inputs, read), inputs.as_of),
        **city.service.facts,
        **demand_facts(question.demand),
        "levels": list(question.levels),
        "edits": edits.counts,
        "engine": "exact",
    }
    return answered(
        PROCESS,
        inputs,
        read,
        rows=rows,
        facts=facts,
    )


def prepare(service: str, read: Reader, as_of: date) -> None:
    """Measure the city that usual questions begin with, so that none waits for it.

    Parameters
    ----------
    service : layer that covers ground
    """
    city_of(read, _question(WhatIfInputs(service=service, as_of=as_of), read))


def coarse(inputs: WhatIfInputs, _read: Reader, _rule: Disclosure) -> Result:
    """Refuse: a probe that is moved about finds every asset.

    Raises
    ------
    Forbidden : always
    """
    raise Forbidden(
        f"此服务（{inputs.service}）的假设分析需要登录",
        f"what-if of this service ({inputs.service}) needs a sign-in",
    )


def _question(inputs: WhatIfInputs, read: Reader) -> Question:
    """What is measured, checked.

    Raises
    ------
    InvalidInput : an unknown level, one twice, or a demand that edits cannot be told of
    """
    for level in inputs.levels:
        if level not in read.city.zones:
            known = ", ".join(read.city.zones)
            raise InvalidInput("levels", level, f"must be of {known}")
    if len(set(inputs.levels)) < len(inputs.levels):
        raise InvalidInput("levels", ", ".join(inputs.levels), "must be each once")
    return Question(
        service=inputs.service,
        levels=inputs.levels,
        demand=asked_demand(inputs, read, None, inputs.share_min),
        where=inputs.where,
        as_of=inputs.as_of,
        parameters=inputs.parameters,
    )


def _rows(
    level: str,
    codes: CodeArray,
    names: CodeArray,
    was: Figures,
    now: Figures,
    inputs: WhatIfInputs,
    question: Question,
) -> list[dict[str, Any]]:
    """One row per zone of a level, then what lies outside and the sum."""

    def row(
        zone: str, name: str | None, before: float, after: float, whole: float
    ) -> dict[str, Any]:
        return {
            "level": level,
            "zone_id": zone,
            "zone_name": name,
            "before": before,
            "after": after,
            "difference": after - before,
            "total": whole,
            "unit": question.demand.unit,
            "ratio_before": ratio(before, whole),
            "ratio_after": ratio(after, whole),
        }

    told = np.arange(len(codes))
    if inputs.changed_only:
        told = np.flatnonzero(was.covered != now.covered)
    rows = [
        row(
            codes[i],
            names[i],
            float(was.covered[i]),
            float(now.covered[i]),
            float(was.total[i]),
        )
        for i in told.tolist()
    ]
    bare = question.demand.layer is None
    outside = now.outside_total if bare else was.outside_total
    beyond = row(OUTSIDE_ID, None, was.outside_covered, now.outside_covered, outside)
    if bare:  # all that is known of it is what is covered there
        beyond |= {"ratio_before": None, "ratio_after": None}
    rows.append(beyond)
    total = float(np.sum(was.total.astype(np.longdouble))) + outside
    before = float(np.sum(was.covered.astype(np.longdouble))) + was.outside_covered
    after = float(np.sum(now.covered.astype(np.longdouble))) + now.outside_covered
    rows.append(row(TOTAL_ID, None, before, after, total))
    return rows


def _reads(inputs: WhatIfInputs, read: Reader) -> Sequence[str]:
    """Layers that the answer depends on."""
    demand = inputs.demand or USUAL_DEMAND.get(inputs.of)
    named = [*service_reads(read, inputs.service), *inputs.levels, demand]
    named += read.city.zones[1:2]
    return tuple(dict.fromkeys(id_ for id_ in named if id_ and id_ in read.catalogue))


PROCESS = Process(
    id="what-if",
    version="1",
    title=Title(zh="假设分析", en="What if"),
    description=Title(
        zh="增加、移动或撤除设施后，各级区划的覆盖前后与差值；不写入任何数据。",
        en="What adding, moving or removing assets would change in every zone of every "
        "level: before, after, difference. Nothing is written.",
    ),
    inputs=WhatIfInputs,
    run=run,
    coarse=coarse,
    media_types=(JSON, CSV, XLSX),
    reads=_reads,
    kept=False,
    quick=True,
)
