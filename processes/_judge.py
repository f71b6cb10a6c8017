"""A target's rows: how a value is judged, and how rows are summed up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from processes._targets import Target, load_scopes

CITY_ID = "city"
_ROUNDING = 1e-9
_NEAR_POINTS = 15.0


@dataclass(frozen=True)
class Rows:
    """A target's rows: one per zone, one for the city, and how they came about."""

    cells: list[dict[str, Any]]
    city: dict[str, Any]
    ledger: Mapping[str, Any]


def blank_row(target: Target, zone_id: str, name: str | None) -> dict[str, Any]:
    """A row of which nothing is known yet."""
    return {
        "target": target.id,
        "zone_id": zone_id,
        "zone_name": name,
        "value": None,
        "state": "no_data",
        "numerator": None,
        "denominator": None,
        "natural_unit": None,
        "distance": None,
        "distance_natural": None,
        "reason": None,
    }


def judged(target: Target, value: float | None) -> dict[str, Any]:
    """State and distance of a value; below 0 is short whichever way the target points.

    Notes
    -----
    The unrounded value is compared; a billionth of the target is left to the rounding
    of sums of areas.
    """
    if value is None:
        return {"value": None, "state": "no_data", "distance": None}
    distance = value - target.value
    if target.op in ("<=", "<"):
        distance = -distance
    slack = _ROUNDING * max(abs(target.value), 1.0)
    met = distance >= -slack if "=" in target.op else distance > slack
    return {
        "value": value,
        "state": "met" if met else "not_met",
        "distance": distance,
    }


def target_card(target: Target, ledger: Mapping[str, Any]) -> dict[str, Any]:
    """The target as the scorecard shows it."""
    scope = load_scopes().scopes[target.scope]
    return {
        "id": target.id,
        "kind": target.kind,
        "theme": target.theme.model_dump(),
        "title": target.title.model_dump(),
        "words": target.words,
        "op": target.op,
        "value": target.value,
        "unit": target.unit,
        "due": target.due.isoformat(),
        "scope": {
            "id": target.scope,
            "title": scope.title.model_dump(),
            "note": scope.note.model_dump() if scope.note else None,
        },
        "city_only": target.city_only,
        "basis": target.basis,
        "note": target.note.model_dump() if target.note else None,
        "ledger": dict(ledger),
    }


def summary(
    cards: Sequence[Mapping[str, Any]], city: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, int]]:
    """How many targets the city meets, misses by little, misses by much."""
    by_id = {card["id"]: card for card in cards}
    names = ("met", "not_met", "no_data", "short_up_to_15", "short_over_15")
    counts = {kind: dict.fromkeys(names, 0) for kind in ("measured", "reported")}
    for row in city:
        card = by_id[row["target"]]
        count = counts[card["kind"]]
        count[row["state"]] += 1
        if row["state"] == "not_met":
            short = -row["distance"]
            if card["unit"] != "%":
                short = 100.0 * short / abs(card["value"])
            near = short <= _NEAR_POINTS
            count["short_up_to_15" if near else "short_over_15"] += 1
    return counts
