"""Answers of several scenarios side by side: one row per zone that any of them changes.

All of them are asked on the city as it is now. They must measure the same, so that
figures may stand beside each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gis.db.scenarios import Scenario
from gis.errors import QueryError
from processes import Result

MOST_COMPARED = 6
LEVELS = ("district", "street", "community")
#: What scenarios must have in common.
MEASURE = ("service", "of", "demand", "demand_where", "weight", "where", "as_of")
_FIGURES = ("before", "after", "difference", "ratio_before", "ratio_after")
_ALWAYS = ("outside", "total")


def read_ids(text: str | None) -> list[str]:
    """Scenarios to compare, in the order asked.

    Raises
    ------
    QueryError : fewer than two, too many, or one twice
    """
    ids = [part.strip()[:40] for part in (text or "").split(",") if part.strip()]
    if not 2 <= len(ids) <= MOST_COMPARED or len(set(ids)) < len(ids):
        raise QueryError(
            "scenarios",
            f"{len(ids)} given, must be 2 to {MOST_COMPARED} different scenarios",
        )
    return ids


def read_levels(text: str | None, known: Sequence[str]) -> list[str]:
    """Zone layers to compare in.

    Raises
    ------
    QueryError : an unknown one
    """
    levels = list(LEVELS) if text is None else text.split(",")
    for level in levels:
        if level not in known:
            raise QueryError(
                "levels", f"{level[:40]!r} given, must be of {', '.join(known)}"
            )
    return list(dict.fromkeys(levels))


def compared(
    scenarios: Sequence[Scenario],
    results: Sequence[Result],
    heads: Sequence[Mapping[str, Any]],
    levels: Sequence[str],
) -> dict[str, Any]:
    """The comparison as JSON types; figures of a row are lists, one per scenario.

    Parameters
    ----------
    results : answers of what-if for every zone, aligned with the scenarios
    heads : how each scenario is described

    Raises
    ------
    QueryError : they measure different things
    """
    asked = [{key: one.inputs.get(key) for key in MEASURE} for one in scenarios]
    for key in MEASURE:
        if any(one[key] != asked[0][key] for one in asked):
            told = ", ".join(f"{one[key]!r}" for one in asked)
            raise QueryError("scenarios", f"{key} differs: {told}; must be the same")
    rows = []
    for same in zip(*(result.rows for result in results), strict=True):
        first = same[0]
        changed = any(row["before"] != row["after"] for row in same)
        if changed or first["zone_id"] in _ALWAYS:
            shared = ("level", "zone_id", "zone_name", "total", "unit")
            rows.append(
                {key: first[key] for key in shared}
                | {key: [row[key] for row in same] for key in _FIGURES}
            )
    versions = results[0].reconciliation["layer_versions"]
    return {
        "scenarios": list(heads),
        "measure": {k: v for k, v in asked[0].items() if v is not None},
        "levels": list(levels),
        "layer_versions": versions,
        "rows": rows,
    }
