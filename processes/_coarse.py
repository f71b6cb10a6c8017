"""What may be told of a service to those who may not see its assets.

Ratios down to the level that the layer's file names are exact for the ground; finer
cells are joined until each group holds enough assets, and told in classes; counts of
people and places at that level are told in classes too, and not at all where too few
places would be told one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from layers import Disclosure
from processes._errors import Forbidden
from processes._ports import Reader
from processes._services import Service
from processes._zones import Zones
from processes.kernels.arrays import BoolArray, FloatArray, IntArray
from processes.kernels.cells import merged_cells, share_class
from processes.kernels.rollup import parent_of, sums
from processes.kernels.touch import touching


def is_finer(read: Reader, layer: str, than: str) -> bool:
    """Whether a zone layer is a finer division than another one of the city's."""
    levels: Sequence[str] = read.city.zones
    return levels.index(layer) < levels.index(than)


def cell_groups(
    read: Reader,
    zones: Zones,
    service: Service,
    rule: Disclosure,
    as_of: date | None,
    within: Sequence[str],
) -> IntArray:
    """Group of each cell, every group with enough assets reaching into it.

    Raises
    ------
    Forbidden : `within` cuts out part of a community, whose groups then would differ
    """
    coarse = read.features(rule.exact_down_to, as_of=as_of, geometry=False)
    for code in within:
        if not any(whole.startswith(code) for whole in coarse.code):
            raise Forbidden(
                f"within：此服务只按整个 {rule.exact_down_to} 公开",
                f"within: this service is told for a whole {rule.exact_down_to} only",
            )
    parent = parent_of(zones.code, coarse.code)
    reaching = touching(zones.outline, service.shape).count
    return merged_cells(zones.outline, parent, reaching, smallest=rule.minimum_assets)


def is_few(features_in: IntArray, group: IntArray, rule: Disclosure) -> BoolArray:
    """Whether a group holds too few places to be told of; never for bare ground."""
    if len(features_in) == 0:
        return np.zeros(len(group), dtype=np.bool_)
    held = np.bincount(group, weights=features_in, minlength=len(group))
    few: BoolArray = held[group] < rule.minimum_assets
    return few


def group_share(covered: FloatArray, total: FloatArray, group: IntArray) -> FloatArray:
    """Covered share of each cell's group, nan where the group has nothing to cover."""
    n = len(group)
    part, whole = sums(covered, group, n)[group], sums(total, group, n)[group]
    with np.errstate(invalid="ignore", divide="ignore"):
        share: FloatArray = np.where(whole > 0, part / whole, np.nan)
    return share


def in_class(share: float, rule: Disclosure) -> tuple[float | None, str | None]:
    """Middle of the class of a share, and the class in points.

    Examples
    --------
    >>> in_class(0.37, Disclosure())
    (0.375, '35-40')
    """
    if np.isnan(share):
        return None, None
    width = rule.class_points
    place = int(share_class(np.array([share]), width)[0])
    low, high = place * width, min((place + 1) * width, 100.0)
    return round((low + high) / 200.0, 6), f"{low:g}-{high:g}"


def class_row(row: dict[str, Any], share: float, rule: Disclosure) -> dict[str, Any]:
    """A row that tells the class only."""
    middle, name = in_class(share, rule)
    return {**row, "covered": None, "coverage_ratio": middle, "coverage_class": name}


def rule_facts(rule: Disclosure) -> dict[str, Any]:
    """The rule as part of a reconciliation."""
    return {
        "disclosure": {
            "exact_down_to": rule.exact_down_to,
            "class_points": rule.class_points,
            "minimum_assets": rule.minimum_assets,
        }
    }


TOO_FEW = "数量过少，不公开 / too few to be told one by one"

NOTE = {
    "zh": "该服务的位置不公开：覆盖率按档给出（取档的中值），"
    "资产过少的单元与相邻单元合并。",
    "en": "The places of this service are not public: ratios are told in classes "
    "(their middle), and cells with few assets are joined with their neighbours.",
}
