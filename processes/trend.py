"""How a figure came to be what it is: a series of dates, zone by zone.

Question: how did each district get from 2012 to now, on the borders of each time or on
those of the last date?

Method: for the end of every period (and the last date) what was valid then, from
`valid_from` and `valid_to`, is measured as `coverage` (or a target of the plan as the
scorecard) measures it. `borders=then` takes the zones of each date: a zone that was
divided ends, its parts begin. `borders=now` takes the zones of the last date for all
dates, so that the series can be compared. Both name the date of their zones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Literal

from pydantic import Field

from layers import Disclosure, Title
from processes._asked import (
    DemandLayer,
    DemandWhere,
    ModelParameters,
    Weight,
    Where,
    Within,
    ZoneLayer,
)
from processes._demand import asked_demand
from processes._errors import Forbidden, InvalidInput
from processes._measure import (
    USUAL_DEMAND,
    Of,
    demand_facts,
    measure,
    ratio,
    sum_facts,
)
from processes._ports import Reader
from processes._progress import tell
from processes._reconcile import answered, facts_of
from processes._scores import measured_rows
from processes._services import read_service, service_reads, with_hiding
from processes._spec import CSV, JSON, XLSX, Inputs, Process, Result
from processes._targets import Target, load_targets
from processes._zones import TOTAL_ID, Zones, computed_at, read_zones

MOST_DATES = 60
_MONTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
_UNDER_WAY = Title(zh="逐期计算", en="date by date")


class TrendInputs(Inputs):
    """A target or a service, over which zones, from when to when."""

    target: str | None = Field(None, description="id of a measured target, e.g. vs-2")
    service: str | None = Field(None, description="or a layer that covers")
    zones: ZoneLayer = "district"
    begin: date = Field(date(2012, 12, 31), description="first date")
    as_of: date | None = Field(None, description="last date; today if absent")
    period: Literal["month", "quarter", "half-year", "year"] = Field(
        "year", description="the series holds the end of each, and the last date"
    )
    borders: Literal["then", "now"] = Field(
        "now", description="zones as they were at each date, or as at the last date"
    )
    of: Of = Field("area", description="what is measured of a service; as in coverage")
    demand: DemandLayer = None
    demand_where: DemandWhere = None
    where: Where = None
    weight: Weight = None
    parameters: ModelParameters = Field(default_factory=dict)
    within: Within = ()


def run(inputs: TrendInputs, read: Reader) -> Result:
    """Rows as_of, zone_id, zone_name, borders_of, covered, total, unit, value."""
    if inputs.as_of is None:
        raise InvalidInput("as_of", "nothing", "must be a date")
    last = inputs.as_of
    dates = list(_dates(inputs.begin, last, _MONTHS[inputs.period]))
    target = _asked(inputs)
    now = read_zones(read, inputs.zones, as_of=last, within=inputs.within)
    rows: list[dict[str, Any]] = []
    facts: dict[str, Any] = {}
    for i, day in enumerate(dates):
        tell(i / len(dates), _UNDER_WAY)
        zones, borders_of = now, last
        if inputs.borders == "then":
            zones, borders_of = _zones_then(inputs, read, day), day
        figures, facts = (
            _of_service(inputs, read, zones, day)
            if target is None
            else _of_target(target, read, zones, day)
        )
        stamp = {"as_of": day.isoformat(), "borders_of": borders_of.isoformat()}
        rows += [{**stamp, **row} for row in figures]
    reconciliation = {
        **facts_of(read, now, _reads(inputs, read), last),
        **facts,
        "borders": inputs.borders,
        "dates": [day.isoformat() for day in dates],
    }
    return answered(
        PROCESS,
        inputs,
        read,
        rows=rows,
        facts=reconciliation,
    )


def coarse(_inputs: TrendInputs, _read: Reader, _rule: Disclosure) -> Result:
    """Refuse: between two dates stands a single asset.

    Raises
    ------
    Forbidden : always
    """
    raise Forbidden(
        "此服务的时间序列需要登录；公布日期的数值见考核表",
        "the series of this service needs a sign-in; the scorecard tells it at the "
        "published dates",
    )


def _dates(begin: date, last: date, months: int) -> Iterator[date]:
    """The ends of the periods from `begin` on, and the last date.

    Raises
    ------
    InvalidInput : the first date lies after the last, or there are too many

    Examples
    --------
    >>> [str(day) for day in _dates(date(2013, 5, 1), date(2015, 6, 1), 12)]
    ['2013-12-31', '2014-12-31', '2015-06-01']
    """
    if begin > last:
        raise InvalidInput("begin", begin, f"must not be after {last}")
    count = 0
    month = begin.year * 12 + (begin.month - 1) // months * months + months
    while True:
        following = date(month // 12, month % 12 + 1, 1) - timedelta(days=1)
        if following >= last:
            break
        if following >= begin:
            count += 1
            if count >= MOST_DATES:
                allowed = f"must give at most {MOST_DATES} dates; take longer periods"
                raise InvalidInput("begin", begin, allowed)
            yield following
        month += months
    yield last


def _asked(inputs: TrendInputs) -> Target | None:
    """The target of a question, None where it is of a service.

    Raises
    ------
    InvalidInput : neither or both, or a target that is not measured
    """
    if (inputs.target is None) == (inputs.service is None):
        given = f"{inputs.target} and {inputs.service}"
        raise InvalidInput("target", given, "must be given, or service, not both")
    if inputs.target is None:
        return None
    measured = {id_: t for id_, t in load_targets().items() if t.kind == "measured"}
    if inputs.target not in measured:
        known = ", ".join(measured)
        raise InvalidInput("target", inputs.target, f"must be one of {known}")
    return measured[inputs.target]


def _zones_then(inputs: TrendInputs, read: Reader, day: date) -> Zones:
    return read_zones(read, inputs.zones, as_of=day, within=inputs.within)


def _of_service(
    inputs: TrendInputs, read: Reader, zones: Zones, day: date
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A date's rows of a service, its sum last."""
    service = read_service(
        read,
        inputs.service or "",
        where=inputs.where,
        as_of=day,
        parameters=inputs.parameters,
    )
    demand = asked_demand(inputs, read, service)
    found = measure(read, zones, [service], demand, as_of=day)
    pairs = zip(found.covered.tolist(), found.total.tolist(), strict=True)
    rows = [
        _row(code, name, covered, total, demand.unit)
        for code, name, (covered, total) in zip(
            zones.code, zones.name, pairs, strict=True
        )
    ]
    whole = (sum_facts(found.covered), sum_facts(found.total))
    rows.append(_row(TOTAL_ID, None, *whole, demand.unit))
    return rows, {**service.facts, **demand_facts(demand)}


def _of_target(
    target: Target, read: Reader, zones: Zones, day: date
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A date's rows of a target, the city last; value and state as the scorecard's."""
    found = measured_rows(read, zones, target, day, None)
    rows = []
    for cell in [*found.cells, found.city]:
        if cell["state"] == "out_of_scope":
            continue
        row = _row(
            cell["zone_id"],
            cell["zone_name"],
            cell["numerator"],
            cell["denominator"],
            cell["natural_unit"],
        )
        rows.append(row | {"value": cell["value"], "state": cell["state"]})
    facts = {"target": target.id, "unit": target.unit, "op": target.op}
    return rows, {**facts, "target_value": target.value, "basis": target.basis}


def _row(
    code: str, name: str | None, covered: float, total: float, unit: str
) -> dict[str, Any]:
    return {
        "zone_id": code,
        "zone_name": name,
        "covered": covered,
        "total": total,
        "unit": unit,
        "coverage_ratio": ratio(covered, total),
    }


def _reads(inputs: TrendInputs, read: Reader) -> Sequence[str]:
    """Layers that the answer depends on."""
    target = load_targets().get(inputs.target or "")
    named: list[str | None] = [inputs.zones, computed_at(read, inputs.zones)]
    if target is not None:
        named += with_hiding(read, target.layers)
    if inputs.service is not None:
        named += service_reads(read, inputs.service)
        named.append(inputs.demand or USUAL_DEMAND.get(inputs.of))
    return tuple(dict.fromkeys(id_ for id_ in named if id_ and id_ in read.catalogue))


PROCESS = Process(
    id="trend",
    version="1",
    title=Title(zh="变化趋势", en="Trend"),
    description=Title(
        zh="一项指标或服务在各期末、各区划的数值；按当时或现在的区划边界。",
        en="A target or service at the end of every period, zone by zone, on the "
        "borders of then or of now.",
    ),
    inputs=TrendInputs,
    run=run,
    coarse=coarse,
    media_types=(JSON, CSV, XLSX),
    reads=_reads,
)
