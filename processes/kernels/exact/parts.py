"""Step 10, on many machines: whole-number sums of a city strip by strip.

A city is packed once (`packed`) and cut into strips (`strips`), each of which counts
the edges that begin in it. `piece` is the part of a city that a strip needs: it can be
sent elsewhere. `partial` measures a strip, of the city or of its piece, and gives whole
numbers; sums of all strips are those of the city, and `finish` makes the figures of
them: to the bit those of `exact_coverage`, however the city is cut.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from processes.kernels.arrays import FloatArray, GeometryArray, IntArray
from processes.kernels.exact.apart import overlap_checked
from processes.kernels.exact.boxes import index_of, near, shape_boxes, taken, widen
from processes.kernels.exact.build import Layer
from processes.kernels.exact.chain import Chains
from processes.kernels.exact.city import City, built_city, packed_city
from processes.kernels.exact.figures import (
    WIDE,
    CellSums,
    ExactCoverage,
    Totals,
    cell_sums,
    cells_of,
    figures,
    no_cells,
    no_figures,
    union_of,
)
from processes.kernels.exact.pack import MM
from processes.kernels.exact.scene import Int64
from processes.kernels.exact.solve import Tuning, check_closed, solve
from processes.kernels.exact.threads import workers

Strip = tuple[int, int]
_NONE: GeometryArray = np.empty(0, dtype=object)
_EVERYWHERE = 1 << 60


@dataclass(frozen=True)
class Partial:
    """Sums of a strip, all of them whole numbers; those of two strips may be added.

    Parameters
    ----------
    area, length, line : as in `Sums`
    cells : sums of the cells that the strip adds to
    point : (p,) positions of the points that lie in the strip
    point_depth, point_zone : (p,) services that hold each, and its zone
    crossings : pairs of edges that were found to cross
    """

    area: IntArray
    length: IntArray
    line: IntArray
    cells: CellSums
    point: IntArray
    point_depth: IntArray
    point_zone: IntArray
    crossings: int

    def __add__(self, other: Partial) -> Partial:
        """The sums of both."""
        cell = np.concatenate([self.cells.cell, other.cells.cell])
        sums = np.concatenate([self.cells.sums, other.cells.sums])
        order = np.argsort(cell, kind="stable")
        cell, sums = cell[order], sums[order]
        first = np.flatnonzero(np.diff(cell, prepend=-1))
        if len(first):
            sums = np.add.reduceat(sums, first, axis=0)
        return Partial(
            self.area + other.area,
            self.length + other.length,
            self.line + other.line,
            CellSums(cell[first], sums),
            np.concatenate([self.point, other.point]),
            np.concatenate([self.point_depth, other.point_depth]),
            np.concatenate([self.point_zone, other.point_zone]),
            self.crossings + other.crossings,
        )


def packed(
    services: GeometryArray | Chains,
    zones: GeometryArray,
    *,
    lines: GeometryArray = _NONE,
    points: GeometryArray = _NONE,
    weights: FloatArray | None = None,
    others: GeometryArray = _NONE,
    depths: int = 1,
    threads: int = 2,
    cell_m: int = 100,
    check_zones: bool = True,
) -> City:
    """Everything that is measured together, as whole numbers.

    Arguments and errors are those of `exact_coverage`; shapes that cross themselves on
    the millimetre lattice must be mended before.
    """
    with workers(threads) as crew:
        if check_zones:
            overlap_checked(zones, crew)
        return packed_city(
            services, others, lines, zones, points, weights, depths, cell_m, crew
        )


def strips(city: City, n: int) -> list[Strip]:
    """Strips low <= y < high [mm] that hold about equally many vertices.

    Returns
    -------
    At most n; the first begins below and the last ends above everything.
    """
    if n < 1:
        raise ValueError(f"strips: {n} given, must be at least 1")
    heights = [
        layer.chains.xy[layer.chains.start[layer.chains.size > 0], 1]
        for layer in city.layers
    ]
    sizes = [layer.chains.size[layer.chains.size > 0] for layer in city.layers]
    y = np.concatenate([*heights, city.point[:, 1]])
    weight = np.concatenate([*sizes, np.ones(len(city.point), np.int64)])
    order = np.argsort(y, kind="stable")
    share = np.cumsum(weight[order])
    if len(y) == 0:
        return [(-_EVERYWHERE, _EVERYWHERE)]
    at = np.searchsorted(share, share[-1] * np.arange(1, n) / n)
    cuts = np.unique(y[order][at])
    limits = [-_EVERYWHERE, *cuts.tolist(), _EVERYWHERE]
    return list(pairwise(limits))


def piece(city: City, strip: Strip) -> City:
    """The part of a city that `partial` needs for a strip; the same sums, to the bit.

    Notes
    -----
    The strip's own edges may reach beyond it: all that meets the box of a layer's own
    edges is taken along.
    """
    low, high = strip
    asked = np.array([[-_EVERYWHERE, low, _EVERYWHERE, high - 1]])
    inside = (city.point[:, 1] >= low) & (city.point[:, 1] < high)
    wider = np.array([[_EVERYWHERE, low, -_EVERYWHERE, high - 1]])
    for layer in city.layers:
        shapes = _meeting(layer, asked)
        here = asked.copy()
        widen(layer.chains, shapes, asked, here)
        wider[0, 1] = min(wider[0, 1], here[0, 1])
        wider[0, 3] = max(wider[0, 3], here[0, 3])
    wider[0, 0], wider[0, 2] = -_EVERYWHERE, _EVERYWHERE
    layers = [_part(layer, _meeting(layer, wider)) for layer in city.layers]
    return replace(
        city,
        services=layers[0],
        others=layers[1],
        lines=layers[2],
        zones=layers[3],
        point=city.point[inside],
        point_row=city.point_row[inside],
        weights=np.empty(0),
    )


def _meeting(layer: Layer, asked: Int64) -> Int64:
    """Shapes that count and whose box meets what is asked, in their order."""
    found = near(index_of(layer.box[layer.shapes]), asked)
    return layer.shapes[found]


def _part(layer: Layer, shapes: Int64) -> Layer:
    """Some shapes of a layer, which know their positions in the whole."""
    chains = taken(layer.chains, shapes)
    row = shapes if layer.row is None else layer.row[shapes]
    return Layer(layer.kind, chains, np.arange(len(shapes)), shape_boxes(chains), row)


def partial(
    city: City, strip: Strip, *, threads: int = 1, tuning: Tuning | None = None
) -> Partial:
    """Sums of the edges and points of a strip.

    Parameters
    ----------
    city : the whole, or its `piece` for the strip

    Raises
    ------
    NotClosed : shapes cross themselves
    """
    part = piece(city, strip)
    with workers(threads) as crew:
        built = built_city(part, crew, strip)
        if built is None:
            return _nothing(city)
        solved = solve(built, city.depths, tuning or Tuning(), crew)
        sums = solved.sums
        return Partial(
            sums.area,
            sums.length,
            sums.line,
            cell_sums(built, solved),
            part.point_row,
            solved.point_depth,
            solved.point_zone,
            solved.crossings,
        )


def _nothing(city: City) -> Partial:
    none = np.empty(0, np.int64)
    d = city.depths
    return Partial(
        np.zeros((2 * d + 1, city.n_zones + 1), np.int64),
        np.zeros((d + 1, city.n_zones + 1), np.int64),
        np.zeros((d, city.n_lines), np.int64),
        CellSums(none, np.empty((0, 3 * d), np.int64)),
        none,
        none,
        none,
        0,
    )


def finish(city: City, total: Partial, *, with_cells: bool = True) -> ExactCoverage:
    """The figures of a city from the sums of all its strips.

    Raises
    ------
    NotClosed : shapes cross themselves, or a strip is missing
    """
    d, cell_m = city.depths, city.cell_mm // int(MM)
    if city.frame is None:
        return no_figures(d, city.n_zones, city.n_lines, city.weights, cell_m)
    check_closed(total.cells.sums, total.cells.cell, WIDE)
    depth = np.zeros(len(city.weights), np.int64)
    zone = np.full(len(city.weights), -1, np.int64)
    depth[total.point], zone[total.point] = total.point_depth, total.point_zone
    depth, zone = depth[city.point_row], zone[city.point_row]
    union = union_of(total.cells, city.cell_mm, d)
    return figures(
        Totals(total.area, total.length, total.line, union, depth, zone),
        city.frame.frames.unit,
        city.frame.zone_double_area,
        d,
        city.point_row,
        city.weights,
        cells_of(total.cells, city.frame.origin, d, city.cell_mm)
        if with_cells
        else no_cells(d, cell_m),
        total.crossings,
    )
