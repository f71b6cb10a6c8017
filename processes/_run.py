"""A run: an answer with all that it depends on, as the ledger keeps it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from layers import Disclosure, Level
from processes._grid import GridCells
from processes._spec import Result

_KEY_DIGITS = 32


@dataclass(frozen=True)
class Run:
    """One answer of a measuring process.

    Parameters
    ----------
    key : hash of all the answer depends on: process, inputs, layers, rule, code
    layers : version of every layer that was read
    rule : what might be told, where a layer is hidden from whoever asked
    asked_by, audience : level of whoever asked; lowest level that gets this answer
    seconds : how long it was computed
    parts : keys of the runs that it is joined from
    is_part : whether it is one of those
    cells : the 100 m cells behind it, where it has them
    """

    key: str
    answer: Result
    layers: Mapping[str, int]
    rule: Disclosure | None
    asked_by: Level
    audience: Level
    seconds: float
    parts: tuple[str, ...] = ()
    is_part: bool = False
    cells: GridCells | None = None

    @property
    def excluded(self) -> dict[str, int]:
        """How many assets did not count, by reason, as the answer itself says."""
        return excluded(self.answer.reconciliation)


def run_id(key: str) -> str:
    """The number of a run: 128 bits of the hash of all it depends on."""
    return key[:_KEY_DIGITS]


def excluded(facts: Mapping[str, Any]) -> dict[str, int]:
    """Assets that did not count, by reason.

    Examples
    --------
    >>> excluded({"excluded": {"type_unknown": 2}, "assets": 9, "assets_with_area": 6})
    {'type_unknown': 2, 'covers_nothing': 1}
    """
    found = {
        str(reason): int(count)
        for reason, count in (facts.get("excluded") or {}).items()
        if count
    }
    assets, held = facts.get("assets"), facts.get("assets_with_area")
    if assets is not None and held is not None:
        rest = int(assets) - int(held) - sum(found.values())
        if rest > 0:
            found["covers_nothing"] = rest
    return found


@cache
def code_version() -> str:
    """Version of the product, and a hash over the files that compute.

    Notes
    -----
    Two checkouts that compute alike have the same version; an edited formula has
    another, whether or not somebody raised a number.
    """
    room = Path(__file__).resolve().parent
    text = hashlib.sha256()
    for path in sorted(room.rglob("*.py")):
        text.update(str(path.relative_to(room)).encode())
        text.update(path.read_bytes())
    return f"{version('citygrid')}+{text.hexdigest()[:12]}"
