"""Why a figure changed between two dates or two runs: parts that add up to the change.

Question: the district covers 3 km2 more than in 2013; how much of that is new cameras,
how much is lost to retired or broken ones, and what came from moved borders, from more
people, from other parameters?

Method: the city of the first end is turned into that of the second one step at a time,
and measured as `coverage` measures it after every step; each part is the difference of
two steps, so that they add up to the whole change. Steps in this order: assets that
appeared; assets that are gone; assets that went out of service or came back (they are
kept, the model's own condition no longer holds, or holds again); assets that cover
otherwise (moved, other optics, other buildings about them); another rule (parameters,
filters, hours); another demand; other borders. The first six are measured on the
borders of the first end. Another order would share out what two steps do together
in another way: the order is part of the answer.

Two runs of the ledger are read from the tables as they stood when each ran, row by row,
so that edits of one day count too. Where a stored figure differs from what today's code
gives for the same tables, the difference is part of `rule_changed`.

Figures and parts are whole multiples of `rounded_to`, a power of two far below what
anybody measures: they add up exactly, in any order, also in a spreadsheet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from pydantic import Field

from layers import Disclosure, Title
from processes._asked import (
    DemandLayer,
    DemandWhere,
    ModelParameters,
    PlaceShare,
    Weight,
    Where,
    Within,
    ZoneLayer,
)
from processes._change import (
    PARTS,
    Figures,
    Step,
    change_rows,
    figures_of,
    grounds_between,
    is_same,
)
from processes._errors import Forbidden, InvalidInput, NoData
from processes._measure import USUAL_DEMAND, Of, demand_facts
from processes._ports import PastRun, Reader
from processes._progress import tell
from processes._reconcile import answered, facts_of, layers_read
from processes._run import code_version
from processes._spec import CSV, JSON, XLSX, Inputs, Process, Result
from processes._zones import TOTAL_ID, Zones, read_zones
from processes.coverage import CoverageInputs, ask

_UNDER_WAY = Title(zh="逐步比较", en="step by step")


_RUN = r"^[0-9a-f]{32}$"
#: What two runs must have in common: else they answer different questions.
_SAME = ("service", "zones", "of", "within", "depth")
_RULE = ("where", "state", "open_at", "parameters", "engine")


class ExplainChangeInputs(Inputs):
    """Which figure, and between which dates or runs."""

    service: str | None = Field(
        None, description="layer that covers, e.g. camera; of two runs, theirs"
    )
    before: date | None = Field(None, description="first date")
    as_of: date | None = Field(None, description="second date; today if absent")
    before_run: str | None = Field(
        None, pattern=_RUN, description="first run of coverage, instead of dates"
    )
    after_run: str | None = Field(
        None, pattern=_RUN, description="second run of coverage; both or none"
    )
    zones: ZoneLayer = "district"
    of: Of = Field("area", description="what is measured; as in coverage")
    demand: DemandLayer = None
    demand_where: DemandWhere = None
    weight: Weight = None
    share_min: PlaceShare = 0.0
    where: Where = None
    parameters: ModelParameters = Field(default_factory=dict)
    parameters_before: dict[str, Any] | None = Field(
        None, description="those of the first date, where they were others"
    )
    within: Within = ()


@dataclass(frozen=True, eq=False)
class _End:
    """One end of a change: a question of `coverage` and the tables it is asked of.

    Parameters
    ----------
    run : the run whose stored figures stand there; None: what is measured does
    """

    asked: CoverageInputs
    read: Reader
    run: PastRun | None = None

    @property
    def day(self) -> date:
        """Its date."""
        return self.asked.as_of or date.today()

    @property
    def zones(self) -> Zones:
        """Its zones."""
        asked = self.asked
        return read_zones(
            self.read, asked.zones, as_of=asked.as_of, within=asked.within
        )


def run(inputs: ExplainChangeInputs, read: Reader) -> Result:
    """Rows zone_id, zone_name, before, after, difference, and one column per part."""
    one, two = _ends(inputs, read)
    old_zones = one.zones
    new_zones = _unless_same(two.zones, old_zones)
    was, old_demand = ask(one.asked, one.read)
    now, new_demand = ask(two.asked, two.read)
    if now.flag is not None:
        raise InvalidInput(
            "service", two.asked.service, "must cover ground; this layer is only a flag"
        )
    then = now
    if not _is_equal(one.asked, two.asked, _RULE):
        rule = {name: getattr(one.asked, name) for name in _RULE}
        then, _ = ask(two.asked.model_copy(update=rule), two.read)
    kept, known = _codes(two), _codes(one)
    steps, counts = grounds_between(was, then, now, kept, known)
    path = [
        Step(ground, old_demand, one.read, one.asked, old_zones) for ground in steps
    ]
    path.append(Step(steps[-1], new_demand, two.read, two.asked, old_zones))
    path.append(Step(steps[-1], new_demand, two.read, two.asked, new_zones))
    found: list[Figures] = []
    for i, step in enumerate(path):
        tell(i / len(path), _UNDER_WAY)
        before = path[i - 1] if i else None
        unchanged = before is not None and is_same(before, step)
        found.append(found[-1] if unchanged else figures_of(step, now))
    stored = tuple(_stored(end) for end in (one, two))
    rows, unit = change_rows(found, stored, old_zones, new_zones, new_demand)
    facts = {
        **facts_of(two.read, new_zones, _layers(two.asked, read), two.day),
        **now.facts,
        **demand_facts(new_demand),
        "before": one.day.isoformat(),
        "parameters_before": was.facts.get("parameters"),
        "assets_before": was.facts["assets"],
        "order_of_parts": list(PARTS),
        "counts": counts,
        "rounded_to": unit,
        "runs": _run_facts(one, two),
    }
    return answered(PROCESS, inputs, read, rows=rows, facts=facts)


def _ends(inputs: ExplainChangeInputs, read: Reader) -> tuple[_End, _End]:
    """Both ends of the change that is asked about.

    Raises
    ------
    InvalidInput : neither two dates nor two runs of one question
    """
    runs = (inputs.before_run, inputs.after_run)
    if runs != (None, None):
        if None in runs:
            name = "after_run" if inputs.after_run is None else "before_run"
            raise InvalidInput(name, None, "must be given: before_run and after_run")
        for name, field in ExplainChangeInputs.model_fields.items():
            given = getattr(inputs, name)
            of_dates = name not in ("before_run", "after_run", "as_of")
            if of_dates and given != field.get_default(call_default_factory=True):
                allowed = "must be absent: the runs say what was asked, and when"
                raise InvalidInput(name, given, allowed)
        return _ends_of_runs(str(inputs.before_run), str(inputs.after_run), read)
    if inputs.service is None:
        allowed = "must be given, or before_run and after_run"
        raise InvalidInput("service", None, allowed)
    if inputs.before is None:
        allowed = "must be the first date, or give before_run and after_run"
        raise InvalidInput("before", "nothing", allowed)
    last = inputs.as_of
    if last is None or inputs.before > last:
        raise InvalidInput("before", inputs.before, f"must not be after {last}")
    known = {
        name: getattr(inputs, name)
        for name in CoverageInputs.model_fields
        if name in ExplainChangeInputs.model_fields
    }
    after = CoverageInputs(**known)
    old = inputs.parameters_before
    before = after.model_copy(
        update={
            "as_of": inputs.before,
            "parameters": inputs.parameters if old is None else old,
        }
    )
    return _End(before, read), _End(after, read)


def _ends_of_runs(first: str, second: str, read: Reader) -> tuple[_End, _End]:
    one, two = (
        _past(name, id_, read)
        for name, id_ in (("before_run", first), ("after_run", second))
    )
    for name in _SAME:
        was, now = getattr(one.asked, name), getattr(two.asked, name)
        if was != now:
            allowed = f"must have the same {name} as before_run: {was}, not {now}"
            raise InvalidInput("after_run", second, allowed)
    return one, two


def _past(name: str, run_id: str, read: Reader) -> _End:
    """A run with the tables as it read them."""
    ledger = read.ledger
    found = None if ledger is None else ledger.run(run_id)
    if ledger is None or found is None:
        allowed = "must be a run that is kept and that your level may see (/runs)"
        raise InvalidInput(name, run_id, allowed)
    if found.process != "coverage" or found.inputs.get("levels"):
        allowed = f"must be a run of coverage over one zone layer, not {found.process}"
        raise InvalidInput(name, run_id, allowed)
    asked = CoverageInputs.model_validate(found.inputs)
    return _End(asked, ledger.at(found.versions), found)


def _stored(end: _End) -> dict[str, float] | None:
    """Covered by zone as the run of an end says; None: it has none.

    Raises
    ------
    NoData : the run was told in classes, without figures
    """
    if end.run is None:
        return None
    rows = [row for row in end.run.rows if row["zone_id"] != TOTAL_ID]
    if any(row["covered"] is None for row in rows):
        raise NoData(
            f"{end.run.run_id}: 只按档公开，没有数值 / was told in classes; there are "
            "no figures to be explained"
        )
    return {row["zone_id"]: float(row["covered"]) for row in rows}


def _run_facts(one: _End, two: _End) -> dict[str, Any] | None:
    """What is known of both runs; None for dates."""
    if one.run is None or two.run is None:
        return None
    return {
        name: {
            "run": end.run.run_id,
            "layer_versions": dict(end.run.versions),
            "code_version": end.run.code_version,
            "same_code": end.run.code_version == code_version(),
        }
        for name, end in (("before", one), ("after", two))
        if end.run is not None
    }


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


def _is_equal(one: CoverageInputs, two: CoverageInputs, names: Sequence[str]) -> bool:
    return all(getattr(one, name) == getattr(two, name) for name in names)


def _unless_same(new: Zones, old: Zones) -> Zones:
    """The old zones where the new ones are the very same: nothing to measure twice."""
    same = (
        np.array_equal(new.code, old.code)
        and np.array_equal(new.part_code, old.part_code)
        and bool(shapely.equals_exact(new.part, old.part, 0.0).all())
        and np.array_equal(new.owner, old.owner)
    )
    return old if same else new


def _codes(end: _End) -> set[str]:
    """Every asset that is kept at an end, in service or not."""
    layer, day = end.asked.service, end.asked.as_of
    return set(end.read.features(layer, as_of=day, geometry=False).code)


def _reads(inputs: ExplainChangeInputs, read: Reader) -> Sequence[str]:
    """Layers that the answer depends on; of runs, all that they depended on."""
    if inputs.service is None:
        known = []
        for run_id in (inputs.before_run, inputs.after_run):
            found = None
            if run_id is not None and read.ledger is not None:
                found = read.ledger.run(run_id)
            known += list(found.versions) if found else []
        return tuple(dict.fromkeys(id_ for id_ in known if id_ in read.catalogue))
    demand = inputs.demand or USUAL_DEMAND.get(inputs.of)
    return layers_read(read, inputs.service, inputs.zones, demand)


def _layers(asked: CoverageInputs, read: Reader) -> Sequence[str]:
    demand = asked.demand or USUAL_DEMAND.get(asked.of)
    return layers_read(read, asked.service, asked.zones, demand)


PROCESS = Process(
    id="explain-change",
    version="2",
    title=Title(zh="变化原因", en="Explain a change"),
    description=Title(
        zh="两个日期或两次计算之间覆盖数值的变化分解为：新增、撤除、停用、变动、规则、分母、边界。",
        en="The change of a covered figure between two dates or runs in parts: assets "
        "added, retired, out of service, changed; rule, denominator, borders.",
    ),
    inputs=ExplainChangeInputs,
    run=run,
    coarse=coarse,
    media_types=(JSON, CSV, XLSX),
    reads=_reads,
)
