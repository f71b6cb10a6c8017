"""Where a scene lies: its origin, its grid, and the frames that areas are taken in.

What edits leave as it is: a part of a scene is measured in the frame of the whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from processes.kernels.exact.scene import Frames, Grid, Int64

EXTENT_MM = 1 << 30
MOST_CELLS = 100_000_000
_AREA_BITS = 61
_FINEST_BITS = 20
_ANCHOR_MM = 100_000_000
NO_ZONE = 1 << 40


class Refused(ValueError):
    """An edit that only a whole new run can answer: it leaves the city's extent."""


@dataclass(frozen=True)
class Around:
    """What a scene shares with the scenes of its parts.

    Parameters
    ----------
    origin, frames, zone_double_area : as in `Built`
    least, greatest : (2,) corners of the extent [mm]
    """

    origin: tuple[int, int]
    frames: Frames
    zone_double_area: Int64
    least: Int64
    greatest: Int64


def grid_of(
    least: Int64, greatest: Int64, cell_mm: int, corner: Int64 | None = None
) -> tuple[Grid, tuple[int, int]]:
    """A grid with one empty cell on each side, and where its local origin lies.

    Parameters
    ----------
    corner : the origin, where it is given

    Raises
    ------
    ValueError : the extent or the number of cells is too large

    Notes
    -----
    The origin lies on a coarse lattice: what is added at the rim of a city does not
    move it, so that the same shapes have the same coordinates, to the bit.
    """
    anchor = -(-_ANCHOR_MM // cell_mm) * cell_mm
    if corner is None:
        corner = (least - cell_mm) // anchor * anchor
    first = (least - corner) // cell_mm - 1
    cells = (greatest - corner) // cell_mm + 2 - first
    reach = int((first + cells).max()) * cell_mm
    if reach > EXTENT_MM:
        raise ValueError(
            f"extent: {int(cells.max()) * cell_mm / 1e6:.0f} km with one empty cell on "
            f"each side, {reach / 1e6:.0f} km from a multiple of {anchor // 10**6} km; "
            f"must be at most {EXTENT_MM / 1e6:.0f} km"
        )
    size = int(cells[0]) * int(cells[1])
    if size > MOST_CELLS:
        raise ValueError(
            f"cell_m: {cell_mm // 1000} gives {size} cells, "
            f"must give at most {MOST_CELLS}; take larger cells"
        )
    grid = Grid(cell_mm, *(int(n) for n in (*cells, *first)))
    return grid, (int(corner[0]), int(corner[1]))


def fits(frame: Around, box: Int64, cell_mm: int) -> None:
    """Refuse what would move the origin of a scene, or the unit of its sums.

    Parameters
    ----------
    box : (n, 4) of shapes to be added

    Raises
    ------
    Refused : a whole new run is needed
    """
    some = box[box[:, 0] <= box[:, 2]]
    if (some[:, :2] >= frame.least).all() and (some[:, 2:] <= frame.greatest).all():
        return
    least = np.minimum(frame.least, some[:, :2].min(axis=0, initial=1 << 60))
    greatest = np.maximum(frame.greatest, some[:, 2:].max(axis=0, initial=-(1 << 60)))
    old, origin = grid_of(frame.least, frame.greatest, cell_mm)
    new, moved = grid_of(least, greatest, cell_mm)
    if moved != origin or reach_of(old) != reach_of(new):
        raise Refused(
            "added: lies far outside of the city, which must be measured anew"
        )


def reach_of(grid: Grid) -> tuple[int, int]:
    """Width and height of a grid [mm], rounded up.

    Notes
    -----
    The unit of areas outside of zones depends on them: rounded, so that it does not
    change with what is added at the rim.
    """
    columns, rows = grid.columns * grid.cell, grid.rows * grid.cell
    return (columns // _ANCHOR_MM + 2) * _ANCHOR_MM, (
        rows // _ANCHOR_MM + 2
    ) * _ANCHOR_MM


def frames_of(box: Int64, grid: Grid) -> Frames:
    """Areas from the left side of each zone, in the finest unit that cannot overflow.

    Raises
    ------
    ValueError : a zone too large for the unit of one square millimetre
    """
    left = np.append(np.where(box[:, 0] < NO_ZONE, box[:, 0], 0), 0).astype(np.float64)
    side = np.maximum(box[:, 2:] - box[:, :2], 1).astype(np.float64)
    whole = float(np.prod(np.array(reach_of(grid), np.float64)))
    area = np.append(side[:, 0] * side[:, 1], whole)
    bits = np.minimum(_FINEST_BITS, _AREA_BITS - np.ceil(np.log2(area)))
    if (bits < 0).any():
        raise ValueError("extent: area must be below 2**61 mm2")
    return Frames(left, np.exp2(bits))
