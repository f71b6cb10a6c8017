"""From whole-number sums to figures in metres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from processes.kernels.arrays import FloatArray, IntArray
from processes.kernels.exact.areas import (
    PART_BITS,
    add_weights,
    cell_areas,
    ground_parts,
)
from processes.kernels.exact.build import Built
from processes.kernels.exact.scene import AREA_UNIT, HEIGHT_UNIT
from processes.kernels.exact.solve import Solved

MM2_PER_M2 = 1e6
WIDE = 1 << 31
_MM_PER_M = 1e3
_NOTHING_M2 = 1e-5
_TRACE_M2 = 1e-9
_WHOLE = float(1 << 53)


@dataclass(frozen=True)
class Measure:
    """How much there is, and how much of it at least 1..d services cover.

    Parameters
    ----------
    total : (z,) in each zone
    covered : (d, z) covered by at least k + 1 services in row k
    outside_total : in no zone; of ground nan: it has no bounds there
    outside_covered : (d,) in no zone and covered
    """

    total: FloatArray
    covered: FloatArray
    outside_total: float
    outside_covered: FloatArray


@dataclass(frozen=True)
class Cells:
    """Cells that are covered at all or hold an edge, row by row.

    Parameters
    ----------
    cell_m : width of a cell
    column, row : (c,) a cell begins at (column * cell_m, row * cell_m)
    area_m2 : (d, c) area covered by at least k + 1 services
    length_m : (d, c) length of lines covered so
    """

    cell_m: int
    column: IntArray
    row: IntArray
    area_m2: FloatArray
    length_m: FloatArray


@dataclass(frozen=True)
class ExactCoverage:
    """What services cover of zones, lines, points and other polygons.

    Parameters
    ----------
    area_m2 : of the ground
    union_m2 : (d,) ground covered by at least k + 1 services, in zones or not
    length_m : of lines; zeros without lines
    weight, count : of points
    other_m2 : of the ground of others, each square metre once
    cells : of the output grid
    line_m : (d, l) covered length of each line
    point_zone : (p,) first zone that holds each point, its border included; -1 for none
    point_depth : (p,) services that hold it, their outlines included, counted up to the
        depths asked
    crossings : pairs of edges that cross, a measure of the work done
    repaired : shapes that crossed themselves on the mm lattice and were mended
    """

    area_m2: Measure
    union_m2: FloatArray
    length_m: Measure
    weight: Measure
    count: Measure
    other_m2: Measure
    cells: Cells
    line_m: FloatArray
    point_zone: IntArray
    point_depth: IntArray
    crossings: int
    repaired: int = 0


@dataclass(frozen=True)
class CellSums:
    """Sums of the numbered cells of a run, as whole numbers.

    Parameters
    ----------
    cell : (n,) row * WIDE + column of each in the grid of the origin, ascending
    sums : (n, 3 * depths) as in `Sums`
    """

    cell: IntArray
    sums: IntArray


def cell_sums(built: Built, solved: Solved) -> CellSums:
    """The sums of a run's cells."""
    grid, cell = built.grid, solved.bins.cell
    row = cell // grid.columns
    column = cell - row * grid.columns
    return CellSums((row + grid.row) * WIDE + column + grid.column, solved.sums.cell)


def areas_mm2(of: CellSums, cell_mm: int) -> tuple[FloatArray, FloatArray]:
    """Covered area of the numbered cells, and of one cell of the gap left of each.

    Returns
    -------
    (d, n) and (d, n) mm2; the latter is 0 or a whole cell.
    """
    width = float(cell_mm)
    area, beside = cell_areas(of.sums, of.cell, WIDE, width, AREA_UNIT, HEIGHT_UNIT)
    return area, np.rint(beside / width) * width * width


@dataclass(frozen=True)
class Totals:
    """Sums of a run as whole numbers; those of two runs may be added and taken away.

    Parameters
    ----------
    area, length, line : as in `Sums`
    union : covered ground of all cells per depth, in parts of a square millimetre
    point_depth, point_zone : (p,) of points that have a place
    """

    area: IntArray
    length: IntArray
    line: IntArray
    union: tuple[int, ...]
    point_depth: IntArray
    point_zone: IntArray


def totals(built: Built, solved: Solved, depths: int) -> Totals:
    """The sums of a run."""
    sums = solved.sums
    return Totals(
        sums.area,
        sums.length,
        sums.line,
        union_of(cell_sums(built, solved), built.grid.cell, depths),
        solved.point_depth,
        solved.point_zone,
    )


def figures(
    of: Totals,
    unit: FloatArray,
    zone_double_area: IntArray,
    depths: int,
    point_row: IntArray,
    weights: FloatArray,
    cells: Cells,
    crossings: int = 0,
) -> ExactCoverage:
    """Every figure of a run.

    Parameters
    ----------
    unit, zone_double_area : of `Frames` and `Built`
    point_row : position of each point that has a place
    weights : (p,) of all points
    """
    zones = len(zone_double_area)
    area = of.area / unit / MM2_PER_M2
    length = of.length / AREA_UNIT / _MM_PER_M
    ground = zone_double_area / 2.0 / MM2_PER_M2
    covered = np.clip(area[:depths, :zones], 0.0, ground)
    parts = int(AREA_UNIT) * int(HEIGHT_UNIT)
    union_m2 = np.array([max(n / parts, 0.0) / MM2_PER_M2 for n in of.union])
    point_zone = np.full(len(weights), -1, np.int64)
    point_depth = np.zeros(len(weights), np.int64)
    point_zone[point_row] = of.point_zone
    point_depth[point_row] = np.minimum(of.point_depth, depths)
    return ExactCoverage(
        area_m2=Measure(ground, covered, math.nan, _outside(union_m2, covered)),
        union_m2=union_m2,
        length_m=Measure(
            length[depths, :zones],
            length[:depths, :zones],
            float(length[depths, zones]),
            length[:depths, zones],
        ),
        weight=_of_points(of, weights[point_row], zones, depths),
        count=_of_points(of, np.ones(len(point_row)), zones, depths),
        other_m2=_of_others(area, zones, depths),
        cells=cells,
        line_m=of.line / AREA_UNIT / _MM_PER_M,
        point_zone=point_zone,
        point_depth=point_depth,
        crossings=crossings,
    )


def no_figures(
    depths: int, zones: int, lines: int, weights: FloatArray, cell_m: int
) -> ExactCoverage:
    """The answer when there is nothing at all."""
    points = len(weights)
    none = np.zeros((depths, zones))
    nothing = Measure(np.zeros(zones), none, 0.0, np.zeros(depths))
    ground = Measure(np.zeros(zones), none, math.nan, np.zeros(depths))
    return ExactCoverage(
        area_m2=ground,
        union_m2=np.zeros(depths),
        length_m=nothing,
        weight=nothing,
        count=nothing,
        other_m2=nothing,
        cells=no_cells(depths, cell_m),
        line_m=np.zeros((depths, lines)),
        point_zone=np.full(points, -1, np.int64),
        point_depth=np.zeros(points, np.int64),
        crossings=0,
    )


def _outside(whole: FloatArray, inside: FloatArray) -> FloatArray:
    """What is left of the whole, per depth; what the rounding of sums leaves is 0."""
    rest = [
        math.fsum([total, *(-part).tolist()])
        for total, part in zip(whole.tolist(), inside, strict=True)
    ]
    left = np.array(rest, np.float64)
    left[left < _NOTHING_M2] = 0.0
    return left


def _of_others(area: FloatArray, zones: int, depths: int) -> Measure:
    inside = np.maximum(area[2 * depths, :zones], 0.0)
    covered = np.clip(area[depths : 2 * depths, :zones], 0.0, inside)
    whole = area[2 * depths, zones:]
    outside = _outside(whole, inside[np.newaxis])[0]
    outside_covered = _outside(area[depths : 2 * depths, zones], covered)
    return Measure(
        inside, covered, float(outside), np.minimum(outside_covered, outside)
    )


def _of_points(of: Totals, weight: FloatArray, zones: int, depths: int) -> Measure:
    """Sums of weights by zone; added in order of weight, so in any order of points.

    Notes
    -----
    Whole numbers add up to the same in any order: sorting takes longer than all else.
    """
    zone, depth = of.point_zone, of.point_depth
    if (weight != np.rint(weight)).any() or np.abs(weight).sum() >= _WHOLE:
        order = np.argsort(weight, kind="stable")
        zone, depth, weight = zone[order], depth[order], weight[order]
    found = np.zeros((depths + 1, zones + 1))
    add_weights(zone, depth, weight, found)
    return Measure(
        found[depths, :zones], found[:depths, :zones],
        float(found[depths, zones]), found[:depths, zones],
    )  # fmt: skip


def cells_of(of: CellSums, origin: tuple[int, int], depths: int, cell_mm: int) -> Cells:
    """The cells that are covered or hold a covered line."""
    area_mm2, gap_mm2 = areas_mm2(of, cell_mm)
    cell = of.cell
    gap = np.diff(cell, prepend=cell[:1]) - 1
    gap[gap_mm2.max(axis=0, initial=0.0) == 0.0] = 0
    gap = np.maximum(gap, 0)
    beside = np.repeat(np.arange(len(cell)), gap)
    step = np.arange(len(beside)) - np.repeat(np.cumsum(gap) - gap, gap)
    where = np.concatenate([cell, cell[beside] - gap[beside] + step])
    area_m2 = np.concatenate([area_mm2, gap_mm2[:, beside]], axis=1) / MM2_PER_M2
    length_mm = of.sums[:, 2 * depths :].T / AREA_UNIT
    length_m = np.zeros_like(area_m2)
    length_m[:, : len(cell)] = length_mm / _MM_PER_M
    held = np.flatnonzero((area_m2[0] > _TRACE_M2) | (length_m[0] > 0.0))
    held = held[np.argsort(where[held], kind="stable")]
    cell_m = cell_mm // int(_MM_PER_M)
    return Cells(
        cell_m,
        where[held] % WIDE + origin[0] // cell_mm,
        where[held] // WIDE + origin[1] // cell_mm,
        np.clip(area_m2[:, held], 0.0, float(cell_m) ** 2),
        length_m[:, held],
    )


def union_of(of: CellSums, cell_mm: int, depths: int) -> tuple[int, ...]:
    """Covered ground of all cells by depth, in 2**-50 mm2: no rounding at all.

    Notes
    -----
    A height stands for the ground left of its cell: as many cell widths as the cell's
    column. Sums of parts below and above 2**20 cannot overflow.
    """
    parts = ground_parts(of.sums, of.cell, WIDE, 0, depths)
    return covered_ground(parts.tolist(), cell_mm)


def covered_ground(parts: Sequence[Sequence[int]], cell_mm: int) -> tuple[int, ...]:
    """Covered ground in 2**-50 mm2, from the whole numbers of `ground_parts`."""
    return tuple(
        ((own << PART_BITS) + own_rest) * int(HEIGHT_UNIT)
        + ((beside << PART_BITS) + beside_rest) * cell_mm * int(AREA_UNIT)
        for own, own_rest, beside, beside_rest in parts
    )


def no_cells(depths: int, cell_m: int) -> Cells:
    """No cell at all."""
    none = np.empty(0, np.int64)
    return Cells(cell_m, none, none, np.empty((depths, 0)), np.empty((depths, 0)))
