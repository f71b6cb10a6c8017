"""Every target of the plan, per zone and date: value, state and distance.

Question: how far is each district (street, community) from each number that the plan
promises, and how did the city get here?

Method: measured targets are computed from layers as their files in data/targets say,
by the same kernels as `coverage`; reported ones are the latest value that an office
gave on or before the date (layer indicator_value). The city's figure is numerator over
denominator summed over the zones in scope, never a mean of ratios. `met` compares the
unrounded value.

The JSON answer::

    as_of         "2015-12-31"
    zones         {"layer": "district", "items": [{"id", "name"}]}
    targets       [{"id", "kind": "measured"|"reported", "theme": {"zh", "en"},
                    "title": {"zh", "en"}, "words", "op", "value", "unit", "due",
                    "scope": {"id", "title", "note"}, "city_only", "basis", "note",
                    "ledger": {"services", "demand", "layer_versions", ...}}]
    cells         [{"target", "zone_id", "zone_name", "value", "state", "numerator",
                    "denominator", "natural_unit", "distance", "distance_natural",
                    "also": [{"id", "title", "value", "numerator", "denominator"}],
                    "parts": [{"key", "numerator", "denominator", "value"}],
                    "reason", "office", "reported_on"}], one per target and zone;
                    reported targets have cells at district level only
    city          the same keys with zone_id "city", and
                  "series": [{"as_of", "value", "state", "numerator", "denominator"}]
    summary       {"measured"|"reported": {"met", "not_met", "no_data",
                    "short_up_to_15", "short_over_15"}} over the city row
    reconciliation

`value` is in the target's unit (a percentage of 0 to 100, km2, ...); `distance` is
value less target, turned so that below 0 is always short; `distance_natural` is the
same in the unit of the numerator. `state` is met, not_met, no_data or out_of_scope.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from layers import Disclosure, Title
from processes._asked import AsOf, Within
from processes._coarse import NOTE
from processes._errors import InvalidInput
from processes._judge import CITY_ID, summary, target_card
from processes._ports import Reader
from processes._reconcile import answered, facts_of
from processes._reported import REPORTED_LAYER, reported_rows
from processes._scores import measured_rows
from processes._services import with_hiding
from processes._spec import CSV, JSON, XLSX, Inputs, Process, Result
from processes._targets import Target, load_scopes, load_targets
from processes._zones import computed_at, read_zones


class ScorecardInputs(Inputs):
    """Which targets, at which level, when."""

    targets: tuple[str, ...] = Field(
        (), max_length=200, description="ids of targets, e.g. vs-2; none: all of them"
    )
    zones: Literal["district", "street", "community"] = Field(
        "district", description="level of the rows beside the whole city"
    )
    as_of: AsOf = None
    within: Within = ()
    series: bool = Field(
        True, description="whether the city's rows carry the values of earlier dates"
    )


def published_dates() -> tuple[str, ...]:
    """Dates at which scorecards are published, ISO."""
    return tuple(day.isoformat() for day in load_scopes().dates)


def chosen(inputs: ScorecardInputs) -> list[Target]:
    """The targets asked for, in the plan's order.

    Raises
    ------
    InvalidInput : an id that the plan does not have
    """
    known = load_targets()
    for id_ in inputs.targets:
        if id_ not in known:
            raise InvalidInput("targets", id_, f"must be one of {', '.join(known)}")
    return [t for t in known.values() if not inputs.targets or t.id in inputs.targets]


def split(inputs: ScorecardInputs, read: Reader) -> Sequence[ScorecardInputs]:
    """One question per measured target and date; the reported ones of a date together.

    Each is kept by the versions of its own layers: a new camera leaves the hospitals'
    figures as they are.
    """
    targets = chosen(inputs)
    measured = [(t.id,) for t in targets if t.kind == "measured"]
    reported = tuple(t.id for t in targets if t.kind == "reported")
    groups = [*measured, *([reported] if reported else [])]
    asked = [
        ScorecardInputs(
            targets=group,
            zones=inputs.zones,
            as_of=inputs.as_of,
            within=inputs.within,
            series=False,
        )
        for group in groups
    ]
    if inputs.series:
        asked += [
            ScorecardInputs(
                targets=group,
                zones=inputs.zones if inputs.within else "district",
                as_of=day,
                within=inputs.within,
                series=False,
            )
            for day in load_scopes().dates
            if inputs.as_of is None or day <= inputs.as_of
            for group in groups
        ]
    return list({part.model_dump_json(): part for part in asked}.values())


def run(inputs: ScorecardInputs, read: Reader) -> Result:
    """The scorecard, every part computed here and now."""
    parts = split(inputs, read)
    if len(parts) > 1:
        return join(inputs, [_one(part, read, None) for part in parts], read)
    return _one(inputs, read, None)


def coarse(inputs: ScorecardInputs, read: Reader, rule: Disclosure) -> Result:
    """The same as far as it may be told of services that are not public."""
    parts = split(inputs, read)
    if len(parts) > 1:
        return join(inputs, [_one(part, read, rule) for part in parts], read)
    return _one(inputs, read, rule)


def _one(inputs: ScorecardInputs, read: Reader, rule: Disclosure | None) -> Result:
    """One target, or reported ones together, at one date."""
    zones = read_zones(read, inputs.zones, as_of=inputs.as_of, within=inputs.within)
    cards: list[dict[str, Any]] = []
    cells: list[dict[str, Any]] = []
    city: list[dict[str, Any]] = []
    for target in chosen(inputs):
        if target.kind == "measured":
            rows = measured_rows(read, zones, target, inputs.as_of, rule)
        else:
            rows = reported_rows(read, zones, target, inputs.as_of)
        cells += rows.cells
        city.append(rows.city)
        cards.append(target_card(target, rows.ledger))
    versions = [id_ for t in chosen(inputs) for id_ in t.layers]
    layers = {inputs.zones, computed_at(read, inputs.zones), *versions}
    if any(t.kind == "reported" for t in chosen(inputs)):
        layers.add(REPORTED_LAYER)
    body = {
        "as_of": inputs.as_of.isoformat() if inputs.as_of else None,
        "zones": {
            "layer": inputs.zones,
            "items": [
                {"id": code, "name": name}
                for code, name in zip(zones.code, zones.name, strict=True)
            ],
        },
        "targets": cards,
        "cells": cells,
        "city": city,
        "summary": summary(cards, city),
    }
    facts = facts_of(read, zones, sorted(layers), inputs.as_of)
    return _result(inputs, read, body, facts, () if rule is None else (NOTE,))


def join(inputs: ScorecardInputs, answers: Sequence[Result], read: Reader) -> Result:
    """One scorecard from the answers of its targets and dates."""
    bodies = [answer.body or {} for answer in answers]
    as_of = inputs.as_of.isoformat() if inputs.as_of else None
    now: list[Mapping[str, Any]] = []
    before: list[Mapping[str, Any]] = []
    for body, answer in zip(bodies, answers, strict=True):
        same = body["as_of"] == as_of and answer.inputs["zones"] == inputs.zones
        if same:
            now.append(body)
        if body["as_of"] in published_dates():
            before.append(body)
    cards = [card for body in now for card in body["targets"]]
    city = [dict(row) for body in now for row in body["city"]]
    for row in city:
        if inputs.series:
            row["series"] = _series(row["target"], before)
    versions: dict[str, int] = {}
    for answer in answers:
        versions |= answer.reconciliation["layer_versions"]
    merged = {
        "as_of": as_of,
        "zones": now[0]["zones"],
        "targets": cards,
        "cells": [cell for body in now for cell in body["cells"]],
        "city": city,
        "summary": summary(cards, city),
    }
    facts = dict(answers[0].reconciliation)
    for name in ("process", "process_version", "hash"):
        facts.pop(name, None)
    facts["layer_versions"] = dict(sorted(versions.items()))
    notes = tuple(dict.fromkeys(tuple(n.items()) for a in answers for n in a.notes))
    return _result(inputs, read, merged, facts, tuple(dict(note) for note in notes))


def _series(target: str, bodies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The city's values of a target at the published dates."""
    kept = ("value", "state", "numerator", "denominator")
    points = {
        body["as_of"]: {"as_of": body["as_of"], **{name: row[name] for name in kept}}
        for body in bodies
        for row in body["city"]
        if row["target"] == target
    }
    return [points[day] for day in sorted(points)]


def _result(
    inputs: ScorecardInputs,
    read: Reader,
    body: Mapping[str, Any],
    facts: Mapping[str, Any],
    notes: tuple[Mapping[str, str], ...],
) -> Result:
    """The answer with its ledger rows: one per target and zone, the city first."""
    by_id = {card["id"]: card for card in body["targets"]}
    rows: list[dict[str, Any]] = []
    for row in [*body["city"], *body["cells"]]:
        card = by_id[row["target"]]
        rows.append(
            {
                "target": card["id"],
                "theme": card["theme"]["zh"],
                "title": card["title"]["zh"],
                "title_en": card["title"]["en"],
                "kind": card["kind"],
                "scope": card["scope"]["title"]["zh"],
                "op": card["op"],
                "target_value": card["value"],
                "unit": card["unit"],
                "as_of": body["as_of"],
                **{k: v for k, v in row.items() if k in _LEDGER},
            }
        )
    order = {card["id"]: i for i, card in enumerate(body["targets"])}
    rows.sort(key=lambda row: order[row["target"]])
    return answered(
        PROCESS,
        inputs,
        read,
        id_column="target",
        rows=rows,
        body={**body, "matrix": matrix(body)},
        facts=facts,
        notes=notes,
    )


_LEDGER = (
    "zone_id",
    "zone_name",
    "value",
    "state",
    "numerator",
    "denominator",
    "natural_unit",
    "distance",
    "distance_natural",
    "reason",
    "office",
    "reported_on",
)


def matrix(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One record per target, one column per zone: the table as it is read.

    `·` stands for a zone that is not in scope.
    """
    values: dict[tuple[str, str], object] = {}
    for row in [*body["city"], *body["cells"]]:
        out = row["state"] == "out_of_scope"
        values[row["target"], row["zone_id"]] = "·" if out else row["value"]
    return [
        {
            "id": card["id"],
            "theme": card["theme"]["zh"],
            "title": card["title"]["zh"],
            "kind": card["kind"],
            "target": f"{card['op']} {card['value']:g}",
            "unit": card["unit"],
            "scope": card["scope"]["title"]["zh"],
            "全市 / city": values.get((card["id"], CITY_ID)),
            **{
                f"{item['name']} {item['id']}": values.get((card["id"], item["id"]))
                for item in body["zones"]["items"]
            },
        }
        for card in body["targets"]
    ]


def _reads(inputs: ScorecardInputs, read: Reader) -> Sequence[str]:
    """Layers that the answer depends on."""
    targets = chosen(inputs)
    named = [inputs.zones, computed_at(read, inputs.zones)]
    named += [id_ for target in targets for id_ in with_hiding(read, target.layers)]
    named += [
        layer
        for target in targets
        if (layer := load_scopes().scopes[target.scope].layer) is not None
    ]
    if any(target.kind == "reported" for target in targets):
        named.append(REPORTED_LAYER)
    return tuple(dict.fromkeys(id_ for id_ in named if id_ in read.catalogue))


PROCESS = Process(
    id="scorecard",
    version="2",
    title=Title(zh="考核表", en="Scorecard"),
    description=Title(
        zh="规划的每项指标在每个区划、每个日期的数值、是否达标和差距。",
        en="Every target of the plan per zone and date: value, whether it is met, and "
        "the distance to it.",
    ),
    inputs=ScorecardInputs,
    run=run,
    coarse=coarse,
    split=split,
    join=join,
    media_types=(JSON, CSV, XLSX),
    reads=_reads,
)
