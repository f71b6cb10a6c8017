"""Outlines of buildings, ready to be asked: oriented walls in a grid of 64 m cells.

EPSG:4549 or any other plane CRS in metres; nothing here depends on which.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from processes.kernels.arrays import BoolArray, FloatArray, GeometryArray, IntArray
from processes.kernels.visibility.compiled import compiled
from processes.kernels.visibility.outlines import oriented_edges
from processes.kernels.written import Written, geometry_of

CELL_M = 64.0
_MOST_CELLS = 1 << 24  # 128 MB of cell starts; a wider city takes larger cells


class Walls(NamedTuple):
    """The arrays that compiled code reads.

    Attributes
    ----------
    edge : (m, 4) x1, y1, x2, y2 [m]; the building lies left of 1 -> 2
    first_edge : (n + 1,) edges of building b are first_edge[b]:first_edge[b + 1]
    box : (n, 4) least x, least y, greatest x, greatest y [m]
    height_m : (n,) of the roof above ground, inf where unknown
    column, row : (n,) first cell that a building's box touches
    cell_start : (columns * rows + 1,) buildings of a cell are
        cell_item[cell_start[c]:cell_start[c + 1]], c = column * rows + row
    cell_item : (k,) building numbers, ascending in each cell
    cell_box : (k, 4) their boxes, side by side for the memory's sake
    x0, y0, cell_m, columns, rows : the grid
    """

    edge: FloatArray
    first_edge: IntArray
    box: FloatArray
    height_m: FloatArray
    column: IntArray
    row: IntArray
    cell_start: IntArray
    cell_item: IntArray
    cell_box: FloatArray
    x0: float
    y0: float
    cell_m: float
    columns: int
    rows: int


@dataclass(frozen=True, eq=False)
class BuildingIndex:
    """Buildings as the sweep reads them.

    Attributes
    ----------
    given : (n,) the polygons
    walls : their edges and the grid; buildings that hide nothing have no edges
    """

    given: GeometryArray | Written
    walls: Walls

    def __len__(self) -> int:
        """Number of buildings given, those that hide nothing included."""
        return len(self.given)

    @property
    def outline(self) -> GeometryArray:
        """(n,) the polygons as objects."""
        return geometry_of(self.given)


def build_index(
    buildings: GeometryArray | Written,
    heights_m: FloatArray | None = None,
    opaque: BoolArray | None = None,
    *,
    cell_m: float = CELL_M,
) -> BuildingIndex:
    """Index of buildings for every question about what a camera sees.

    Parameters
    ----------
    buildings : (n,) valid polygons or multipolygons, working CRS [m]; None or empty
        hides nothing. They may touch and overlap. As bytes they are read faster.
    heights_m : (n,) roof above ground; nan = unknown, which counts as opaque
    opaque : (n,) False for a gate, arcade or overpass that is drawn as a solid polygon
        but seen through; default all True
    cell_m : side of a grid cell, above 0

    Raises
    ------
    ValueError
        A geometry that is no polygon, a coordinate that is not finite, or arrays of
        unequal length.

    Notes
    -----
    Kernel A1 "Data": exteriors are turned counter-clockwise, holes clockwise.

    Examples
    --------
    >>> import shapely
    >>> index = build_index(np.array([shapely.box(0, 0, 9, 9)]))
    >>> len(index), index.walls.edge.shape
    (1, (4, 4))
    """
    if not isinstance(buildings, Written):
        buildings = np.asarray(buildings, dtype=object)
    n = len(buildings)
    height = np.full(n, np.nan) if heights_m is None else np.array(heights_m, float)
    stands = np.ones(n, bool) if opaque is None else np.array(opaque, dtype=bool)
    for name, array in (("heights_m", height), ("opaque", stands)):
        if array.shape != (n,):
            raise ValueError(f"{name}: shape {array.shape}, must be ({n},)")
    if not cell_m > 0:
        raise ValueError(f"cell_m: {cell_m} given, must be above 0")
    edge, owner = oriented_edges(buildings, stands)
    if not np.isfinite(edge).all():
        raise ValueError("buildings: a coordinate is not finite")
    height = np.where(np.isnan(height), np.inf, height)
    return BuildingIndex(buildings, _in_grid(edge, owner, height, n, float(cell_m)))


def _in_grid(
    edge: FloatArray, owner: IntArray, height: FloatArray, n: int, cell_m: float
) -> Walls:
    """Boxes of the buildings and the cells that each touches."""
    first_edge = np.searchsorted(owner, np.arange(n + 1)).astype(np.int64)
    box, low_x, low_y, high_x, high_y = _boxes(edge, first_edge)
    if len(edge) == 0:
        first, none = np.zeros(n, np.int64), np.empty(0, np.int64)
        return Walls(
            edge, first_edge, box, height, first, first.copy(), np.zeros(2, np.int64),
            none, np.empty((0, 4)), 0.0, 0.0, cell_m, 1, 1,
        )  # fmt: skip
    wide, high = high_x - low_x, high_y - low_y
    while (wide / cell_m + 2) * (high / cell_m + 2) > _MOST_CELLS:
        cell_m *= 2
    # whole cells from the coordinates' origin: any part of the buildings is met in the
    # same order as all of them, so that what is seen is the same to the bit
    x0, y0 = math.floor(low_x / cell_m) * cell_m, math.floor(low_y / cell_m) * cell_m
    cells, columns, rows = _touched(box, x0, y0, cell_m)
    start, item = _cell_lists(cells, columns, rows)
    return Walls(
        edge, first_edge, box, height, cells[:, 0].copy(), cells[:, 1].copy(),
        start, item, box[item], x0, y0, cell_m, columns, rows,
    )  # fmt: skip


@compiled
def _boxes(
    edge: FloatArray, first_edge: IntArray
) -> tuple[FloatArray, float, float, float, float]:
    """(n, 4) boxes, inf to -inf where there are no edges, and the box of all."""
    n = len(first_edge) - 1
    box = np.empty((n, 4))
    low_x, low_y, high_x, high_y = math.inf, math.inf, -math.inf, -math.inf
    for b in range(n):
        x0, y0, x1, y1 = math.inf, math.inf, -math.inf, -math.inf
        for e in range(first_edge[b], first_edge[b + 1]):
            x0, x1 = min(x0, edge[e, 0]), max(x1, edge[e, 0])
            y0, y1 = min(y0, edge[e, 1]), max(y1, edge[e, 1])
        box[b, 0], box[b, 1], box[b, 2], box[b, 3] = x0, y0, x1, y1
        low_x, high_x = min(low_x, x0), max(high_x, x1)
        low_y, high_y = min(low_y, y0), max(high_y, y1)
    return box, low_x, low_y, high_x, high_y


@compiled
def _touched(
    box: FloatArray, x0: float, y0: float, cell_m: float
) -> tuple[IntArray, int, int]:
    """(n, 4) first and last column and row of the cells that boxes touch, and how many.

    A building without edges touches none: its last cell lies before its first.
    """
    cells = np.zeros((len(box), 4), np.int64)
    columns, rows = 0, 0
    for b in range(len(box)):
        if box[b, 0] > box[b, 2]:
            cells[b, 2], cells[b, 3] = -1, -1
            continue
        cells[b, 0] = math.floor((box[b, 0] - x0) / cell_m)
        cells[b, 1] = math.floor((box[b, 1] - y0) / cell_m)
        cells[b, 2] = math.floor((box[b, 2] - x0) / cell_m)
        cells[b, 3] = math.floor((box[b, 3] - y0) / cell_m)
        columns, rows = max(columns, cells[b, 2] + 1), max(rows, cells[b, 3] + 1)
    return cells, columns, rows


@compiled
def _cell_lists(cells: IntArray, columns: int, rows: int) -> tuple[IntArray, IntArray]:
    """Buildings of every cell, counted first and then filled."""
    start = np.zeros(columns * rows + 1, np.int64)
    for b in range(len(cells)):
        for i in range(cells[b, 0], cells[b, 2] + 1):
            for j in range(cells[b, 1], cells[b, 3] + 1):
                start[i * rows + j + 1] += 1
    for c in range(columns * rows):
        start[c + 1] += start[c]
    free = start[:-1].copy()
    item = np.empty(start[-1], np.int64)
    for b in range(len(cells)):
        for i in range(cells[b, 0], cells[b, 2] + 1):
            for j in range(cells[b, 1], cells[b, 3] + 1):
                c = i * rows + j
                item[free[c]] = b
                free[c] += 1
    return start, item
