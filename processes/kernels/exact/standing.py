"""Step 9: a measured city that answers edits without being measured again.

The sums of a run are whole numbers. An edit changes what lies in the boxes of the
shapes that go and come, and nothing else; so those shapes and all that can meet them
are measured twice, before and after, and the difference is added to the sums. What lies
further away gives the same whole numbers both times and cancels. The figures are those
of a whole new run, to the bit: origin, frames of the zones and order of shapes are the
same, and every edge that meets the boxes meets the same edges as in the whole city.
Where the one shape goes that reached over a multiple of 100 km (`frame.grid_of`), a new
run would have another origin: then figures may differ in the 16th digit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from processes.kernels.arrays import FloatArray, GeometryArray, IntArray
from processes.kernels.exact.apart import overlap_checked
from processes.kernels.exact.boxes import Index, index_of, shape_boxes
from processes.kernels.exact.build import Layer
from processes.kernels.exact.chain import Chains
from processes.kernels.exact.city import built_city, packed_city
from processes.kernels.exact.exact import mended
from processes.kernels.exact.few import Stock
from processes.kernels.exact.figures import (
    ExactCoverage,
    Totals,
    covered_ground,
    figures,
    no_cells,
    totals,
)
from processes.kernels.exact.frame import Around, Refused, fits
from processes.kernels.exact.pack import MM, polygon_chains
from processes.kernels.exact.scene import Int8, Int64
from processes.kernels.exact.solve import NotClosed, Tuning, check_open, solve
from processes.kernels.exact.stock import Shelf, shelf_of
from processes.kernels.exact.survey import check_depth
from processes.kernels.exact.threads import Workers, workers
from processes.kernels.exact.vicinity import Found, exchanged

__all__ = ["Refused", "Standing", "stand"]

_NONE: GeometryArray = np.empty(0, dtype=object)
_ALONE = Workers(1, None)
_APART_MM = 2_000_000


@dataclass(frozen=True)
class _Ground:
    """All that is not edited, and whether nothing is asked but services over points."""

    others: Stock
    lines: Stock
    zones: Stock
    point: Int64
    point_index: Index
    point_row: IntArray
    weights: FloatArray
    only_points: bool


@dataclass(frozen=True)
class Standing:
    """A measured city. Make it with `stand`; it never changes: an edit makes another.

    Parameters
    ----------
    depths, cell_m : as in `exact_coverage`
    first : services of the first run
    later : those that edits have added
    alive, later_alive : (n,) which of them count, 1 or 0
    """

    depths: int
    cell_m: int
    first: Stock
    alive: Int8
    later: Shelf
    later_alive: Int8
    ground: _Ground
    frame: Around
    totals: Totals

    @cached_property
    def coverage(self) -> ExactCoverage:
        """The figures, without cells."""
        return figures(
            self.totals,
            self.frame.frames.unit,
            self.frame.zone_double_area,
            self.depths,
            self.ground.point_row,
            self.ground.weights,
            no_cells(self.depths, self.cell_m),
        )

    @property
    def worn(self) -> int:
        """Vertices that edits have added: a new run now and then frees them."""
        return len(self.later.stock.chains.xy)

    def edited(self, removed: IntArray, added: GeometryArray) -> Standing:
        """The city without some services and with others.

        Parameters
        ----------
        removed : positions: of the first run's services, then of the added in turn
        added : (multi)polygons [m], as in `exact_coverage`

        Raises
        ------
        ValueError : a position that is not there, or no polygon
        Refused : the edit leaves the extent; the city must be measured anew
        NotClosed : an added shape crosses itself and cannot be mended
        """
        try:
            return self._edited(removed, added)
        except NotClosed:
            whole, changed = mended(added)
            if changed == 0:
                raise
            return self._edited(removed, whole)

    def _edited(self, removed: IntArray, added: GeometryArray) -> Standing:
        removed = np.unique(removed)
        n_first, n_later = len(self.alive), len(self.later_alive)
        alive, later_alive = self.alive.copy(), np.zeros(n_later + len(added), np.int8)
        later_alive[:n_later] = self.later_alive
        for position in removed.tolist():
            if not (0 <= position < n_first + n_later) or not (
                alive[position]
                if position < n_first
                else later_alive[position - n_first]
            ):
                raise ValueError(f"removed: {position} given, is no service here")
        new = polygon_chains("added", added, _ALONE)
        fits(self.frame, shape_boxes(new), self.cell_m * int(MM))
        later = self.later.with_more(new)
        edits = np.append(removed, n_first + n_later + np.arange(len(added)))
        old = edits < n_first
        box = np.concatenate(
            [
                self.first.boxes.box[edits[old]],
                later.stock.boxes.box[edits[~old] - n_first],
            ]
        )
        some = box[:, 0] <= box[:, 2]
        edits, box = edits[some], box[some]
        after = _Changing(self.totals)
        ground = self.ground
        for group in _groups(box):
            was, now = exchanged(
                self.first, later.stock, ground.others, ground.lines, ground.zones,
                ground.point, ground.point_index, alive, later_alive,
                edits[group], box[group], *self.frame.origin, self.cell_m * int(MM),
                self.frame.frames, self.depths, ground.only_points,
            )  # fmt: skip
            after.exchange(was, now, self.cell_m * int(MM))
        later_alive[n_later:] = 1
        return replace(
            self, later=later, alive=alive, later_alive=later_alive, totals=after.totals
        )


def stand(
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
) -> Standing:
    """A city measured once, ready for edits; arguments and errors of `exact_coverage`.

    Examples
    --------
    >>> import shapely
    >>> city = stand(shapely.box([0, 5], 0, [6, 9], 2), shapely.box([0], 0, 20, 10))
    >>> city.coverage.area_m2.covered.tolist()
    [[18.0]]
    >>> city = city.edited(np.array([1]), shapely.box([10], 0, 11, 1))
    >>> city.coverage.union_m2.tolist()
    [13.0]
    """
    with workers(threads) as crew:
        if check_zones:
            overlap_checked(zones, crew)
        try:
            return _stood(
                services, zones, lines, points, weights, others, depths, cell_m, crew
            )
        except NotClosed:
            if isinstance(services, Chains):
                raise
            whole, changed = mended(services)
            land, changed_too = mended(others)
            if changed + changed_too == 0:
                raise
            return _stood(
                whole, zones, lines, points, weights, land, depths, cell_m, crew
            )


def _stood(
    services: GeometryArray | Chains,
    zones: GeometryArray,
    lines: GeometryArray,
    points: GeometryArray,
    weights: FloatArray | None,
    others: GeometryArray,
    depths: int,
    cell_m: int,
    crew: Workers,
) -> Standing:
    city = packed_city(
        services, others, lines, zones, points, weights, depths, cell_m, crew
    )
    built = built_city(city, crew)
    if built is None or city.frame is None:
        raise ValueError("zones: nothing given, must hold at least one polygon")
    solved = solve(built, depths, Tuning(), crew)
    nothing = polygon_chains("added", _NONE, crew)
    return Standing(
        depths,
        cell_m,
        _stock(city.services),
        np.ones(len(city.services.box), np.int8),
        shelf_of(nothing),
        np.zeros(0, np.int8),
        _Ground(
            _stock(city.others),
            _stock(city.lines),
            _stock(city.zones),
            city.point,
            index_of(np.concatenate([city.point, city.point], axis=1)),
            city.point_row,
            city.weights,
            built.only_points,
        ),
        city.frame,
        totals(built, solved, depths),
    )


def _stock(layer: Layer) -> Stock:
    return Stock(layer.chains, index_of(layer.box))


def _groups(box: Int64) -> list[IntArray]:
    """Edits by where they lie: each group is measured by itself.

    Notes
    -----
    A group's window holds all between its edits; far ones are cheaper apart.
    """
    groups: dict[tuple[int, ...], list[int]] = {}
    for i, tile in enumerate((box[:, :2] // _APART_MM).tolist()):
        groups.setdefault(tuple(tile), []).append(i)
    return [np.array(group) for group in groups.values()]


def _height_changed(was: Found, now: Found) -> int:
    """Greatest change of the sum of heights over a row of cells: 0 of valid shapes."""
    first = min(was.row, now.row)
    last = max(found.row + len(found.height) for found in (was, now))
    change = np.zeros((last - first, now.height.shape[1]), np.int64)
    for found, sign in ((was, -1), (now, 1)):
        change[found.row - first :][: len(found.height)] += sign * found.height
    return int(np.abs(change).max(initial=0))


class _Changing:
    """Sums of a city while parts of it are exchanged."""

    def __init__(self, of: Totals) -> None:
        self.totals = replace(of, area=of.area.copy(), length=of.length.copy())

    def exchange(self, was: Found, now: Found, cell_mm: int) -> None:
        """Take away what was there and add what is there now.

        Raises
        ------
        ValueError : too many services or others over one place
        NotClosed : a shape that came crosses itself
        """
        for found in (was, now):
            check_depth(found.services, found.others)
            check_open(found.open_rings, 0)
        check_open(0, _height_changed(was, now))
        of = self.totals
        column = np.append(now.zone, -1)
        of.area[:, column] += now.area - was.area
        line, depth = of.line, of.point_depth
        if len(now.line):
            of.length[:, column] += now.length - was.length
            line = line.copy()
            line[:, now.line] += now.line_length - was.line_length
        if len(now.point):
            depth = depth.copy()
            depth[now.point] = now.point_depth
        more = covered_ground((now.union - was.union).tolist(), cell_mm)
        union = tuple(n + m for n, m in zip(of.union, more, strict=True))
        self.totals = replace(of, line=line, point_depth=depth, union=union)
