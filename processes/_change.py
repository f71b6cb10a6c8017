"""From one city to another in steps, and what each step does to every zone's figure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from processes._measure import Demand, measure
from processes._ports import Reader
from processes._services import Service
from processes._zones import TOTAL_ID, Zones
from processes.coverage import CoverageInputs
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
_SPARE_BITS = 4  # of sums of parts in any order

Figures = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Step:
    """The city half-way between two ends: what covers it, what is covered, where."""

    ground: Mapping[str, Any]
    demand: Demand
    read: Reader  # holds the demand
    asked: CoverageInputs
    zones: Zones


def _by_code(service: Service) -> dict[str, Any]:
    """The ground that each asset covers."""
    code = service.features.code[service.asset]
    return dict(zip(code.tolist(), service.shape, strict=True))


def grounds_between(
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


def is_same(one: Step, other: Step) -> bool:
    """Whether two steps are the same city: nothing to be measured again."""
    if one.zones is not other.zones or one.demand != other.demand:
        return False
    if other.demand.layer is not None and one.asked is not other.asked:
        return False
    return one.ground.keys() == other.ground.keys() and all(
        one.ground[code] is shape for code, shape in other.ground.items()
    )


def figures_of(step: Step, service: Service) -> dict[str, tuple[float, float]]:
    """Covered and total by zone."""
    ground = _array([step.ground[code] for code in sorted(step.ground)])
    asked = step.asked
    found = measure(
        step.read,
        step.zones,
        [replace(service, ground=ground, asset=np.arange(len(ground)))],
        step.demand,
        as_of=asked.as_of,
        engine=asked.engine,
        depths=asked.depth,
    ).at_depth(asked.depth)
    pairs = zip(found.covered.tolist(), found.total.tolist(), strict=True)
    return dict(zip(step.zones.code.tolist(), pairs, strict=True))


def change_rows(
    found: Sequence[Figures],
    stored: tuple[dict[str, float] | None, ...],
    old: Zones,
    new: Zones,
    demand: Demand,
) -> tuple[list[dict[str, Any]], float]:
    """One row per zone of either end, the sum last; what all figures are multiples of.

    Notes
    -----
    With every figure a multiple of one power of two below 2**49 of it, differences and
    sums of them are exact in floating point.
    """
    names = dict(zip(old.code, old.name, strict=True))
    names |= dict(zip(new.code, new.name, strict=True))
    codes = sorted(names)
    covered = np.array(
        [[step.get(code, (0.0, 0.0))[0] for step in found] for code in codes]
    ).reshape(len(codes), len(found))
    ends = covered[:, [0, -1]].copy()
    for i, figures in enumerate(stored):
        if figures is not None:
            ends[:, i] = [figures.get(code, 0.0) for code in codes]
    largest = max(float(np.abs(covered).sum(axis=0).max(initial=0.0)), 1.0)
    unit = 2.0 ** (math.ceil(math.log2(largest)) - 53 + _SPARE_BITS)
    steps, ends = np.rint(covered / unit), np.rint(ends / unit)
    parts = np.diff(steps, axis=1)
    # what other code made of the same tables
    parts[:, PARTS.index("rule_changed")] += (steps[:, 0] - ends[:, 0]) + (
        ends[:, 1] - steps[:, -1]
    )
    table = np.column_stack([ends, ends[:, 1] - ends[:, 0], parts])
    table = np.vstack([table, table.sum(axis=0)]) * unit
    rows = []
    for code, figures in zip([*codes, TOTAL_ID], table.tolist(), strict=True):
        rows.append(
            {
                "zone_id": code,
                "zone_name": names.get(code),
                "before": figures[0],
                "after": figures[1],
                "difference": figures[2],
                **dict(zip(PARTS, figures[3:], strict=True)),
                "total_before": _total(found[0], code),
                "total_after": _total(found[-1], code),
                "unit": demand.unit,
            }
        )
    return rows, unit


def _total(step: Figures, code: str) -> float:
    """All there is in a zone, or in all of them."""
    if code == TOTAL_ID:
        return math.fsum(total for _, total in step.values())
    return step.get(code, (0.0, 0.0))[1]
