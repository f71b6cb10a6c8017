"""The 100 m cells behind a figure, handed by the kernel to whoever keeps runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from processes.kernels.arrays import FloatArray, IntArray

if TYPE_CHECKING:  # the kernel is read when something is measured
    from processes.kernels.exact.figures import Cells


@dataclass(frozen=True)
class GridCells:
    """Covered ground by cell; the sum of all is the figure's `total` row.

    Parameters
    ----------
    cell_m : width of a cell
    column, row : (c,) a cell begins at (column * cell_m, row * cell_m), working CRS
    covered_m2 : (c,) ground covered by as many services as was asked
    """

    cell_m: int
    column: IntArray
    row: IntArray
    covered_m2: FloatArray


@dataclass
class Kept:
    """What measurements of a block left behind."""

    found: list[Cells] = field(default_factory=list)

    def at_depth(self, depth: int) -> GridCells | None:
        """Cells covered by at least so many; None unless one measurement was made."""
        if len(self.found) != 1:
            return None
        (cells,) = self.found
        covered = cells.area_m2[depth - 1]
        held = covered > 0.0
        return GridCells(
            cells.cell_m, cells.column[held], cells.row[held], covered[held]
        )


_keeper: ContextVar[Kept | None] = ContextVar("keeper", default=None)


def wants_cells() -> bool:
    """Whether somebody keeps the cells of what is measured."""
    return _keeper.get() is not None


def keep_cells(cells: Cells) -> None:
    """Leave the cells of a measurement to whoever keeps them."""
    keeper = _keeper.get()
    if keeper is not None:
        keeper.found.append(cells)


@contextmanager
def keeping_cells() -> Iterator[Kept]:
    """Keep the cells of what is measured in this block."""
    kept = Kept()
    token = _keeper.set(kept)
    try:
        yield kept
    finally:
        _keeper.reset(token)
