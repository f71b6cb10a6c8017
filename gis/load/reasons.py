"""Why rows are refused: the first reason of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


class Reasons:
    """The first reason for refusing each of n rows; None where a row is accepted."""

    def __init__(self, count: int) -> None:
        self.text: NDArray[np.object_] = np.full(count, None, dtype=object)

    @property
    def accepted(self) -> Mask:
        """(n,) rows that nothing speaks against so far."""
        return np.asarray(pd.isna(self.text), dtype=bool)

    def refuse(
        self,
        rows: NDArray[Any] | Sequence[bool],
        why: str,
        *,
        name: str = "",
        cells: NDArray[Any] | None = None,
    ) -> None:
        """Give the rows of a mask a reason, keeping the first one a row was given.

        Parameters
        ----------
        name : the column at fault
        cells : (n,) what was found there, to be shown
        """  # fmt: skip
        hit = np.asarray(rows, dtype=bool) & self.accepted
        if not hit.any():
            return
        lead = f"{name}: " if name else ""
        if cells is None:
            self.text[hit] = lead + why
            return
        for row in np.flatnonzero(hit):
            self.text[row] = f"{lead}{str(cells[row])[:40]!r} {why}"

    def add(self, other: Reasons) -> None:
        """Take over the reasons of rows that nothing speaks against so far."""
        hit = self.accepted & ~other.accepted
        self.text[hit] = other.text[hit]

    def counts(self) -> dict[str, int]:
        """Refusals by reason, the commonest first; cells are left out of the text."""
        found = (_without_cell(str(text)) for text in self.text[~self.accepted])
        return dict(Counter(found).most_common())


def _without_cell(reason: str) -> str:
    """The reason without the value it quotes, so that equal faults count together."""
    head, quote, rest = reason.partition(": '")
    return f"{head}: {rest.partition(chr(39) + ' ')[2]}" if quote else reason
