"""What was mended, and in which rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Repair:
    """One thing done to one row: its number in the file, its code, what was done."""

    row_number: int
    code: str | None
    what: str


class Repairs:
    """Kinds of repair, each with the rows of n that needed it."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._kinds: dict[str, Mask] = {}

    def note(self, what: str, rows: Mask) -> None:
        """Say that a kind of repair was made in the rows of a mask."""
        if rows.any():
            known = self._kinds.get(what)
            self._kinds[what] = rows.copy() if known is None else known | rows

    def rows(self) -> Mask:
        """(n,) rows in which anything was mended."""
        found = np.zeros(self._count, dtype=bool)
        for mask in self._kinds.values():
            found |= mask
        return found

    def counts(self, accepted: Mask) -> Counter[str]:
        """Accepted rows by what was mended in them."""
        found = {what: int((m & accepted).sum()) for what, m in self._kinds.items()}
        return Counter({what: number for what, number in found.items() if number})

    def listed(self, accepted: Mask) -> Iterator[tuple[int, str]]:
        """Row and kind of every repair of an accepted row, in the order of rows."""
        pairs = [
            (int(row), what)
            for what, mask in self._kinds.items()
            for row in np.flatnonzero(mask & accepted)
        ]
        return iter(sorted(pairs))
