"""Step 9: a measured city that answers edits without being measured again.

The sums of a run are whole numbers. An edit changes what lies in the boxes of the
shapes that go and come, and nothing else; so those shapes and all that can meet them
are measured twice, before and after, and the difference is added to the sums. What lies
further away gives the same whole numbers both times and cancels. The figures are those
of a whole new run, to the bit: origin, frames of the zones and order of shapes are the
same, and every edge that meets the boxes meets the same edges as in the whole city.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from processes.kernels.arrays import FloatArray, GeometryArray, IntArray
from processes.kernels.exact.apart import overlap_checked
from processes.kernels.exact.boxes import (
    Index,
    index_of,
    joined,
    near,
    shape_boxes,
    taken,
    widen,
)
from processes.kernels.exact.build import Layer, build_scene
from processes.kernels.exact.chain import Chains
from processes.kernels.exact.city import built_city, packed_city
from processes.kernels.exact.exact import mended
from processes.kernels.exact.figures import (
    ExactCoverage,
    Totals,
    figures,
    no_cells,
    totals,
)
from processes.kernels.exact.frame import Around, Refused, fits
from processes.kernels.exact.pack import (
    MM,
    ordered_shapes,
    polygon_chains,
)
from processes.kernels.exact.scene import LINE, OTHER, SERVICE, ZONE, Int64
from processes.kernels.exact.solve import NotClosed, Tuning, solve
from processes.kernels.exact.threads import Workers, workers

__all__ = ["Refused", "Standing", "stand"]

_NONE: GeometryArray = np.empty(0, dtype=object)
_NO_POSITION: IntArray = np.empty(0, np.int64)
_ALONE = Workers(1, None)
_APART_MM = 2_000_000


@dataclass(frozen=True)
class _Stock:
    """Services that are or were there, and which of them count."""

    chains: Chains
    index: Index
    alive: np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True)
class _Ground:
    """All that is not edited: others, lines, zones as chains with boxes; points."""

    others: Chains
    other_index: Index
    lines: Chains
    line_index: Index
    zones: Chains
    zone_index: Index
    point: Int64
    point_index: Index
    point_row: IntArray
    weights: FloatArray


@dataclass(frozen=True)
class Standing:
    """A measured city. Make it with `stand`; it never changes: an edit makes another.

    Parameters
    ----------
    depths, cell_m : as in `exact_coverage`
    first : services of the first run
    later : those that edits have added
    """

    depths: int
    cell_m: int
    first: _Stock
    later: _Stock
    ground: _Ground
    frame: Around
    totals: Totals

    @property
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
        return len(self.later.chains.xy)

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
        n_first, n_later = len(self.first.alive), len(self.later.alive)
        removed = np.unique(removed)
        there = np.concatenate([self.first.alive, self.later.alive])
        for position in removed:
            if not (0 <= position < len(there) and there[position]):
                raise ValueError(f"removed: {position} given, is no service here")
        new = polygon_chains("added", added, _ALONE)
        new_box = shape_boxes(new)
        fits(self.frame, new_box, self.cell_m * int(MM))
        later = _Stock(
            joined(self.later.chains, new),
            index_of(np.concatenate([self.later.index.box, new_box])),
            np.concatenate([self.later.alive, np.zeros(len(added), np.bool_)]),
        )
        arriving = n_first + n_later + np.arange(len(added))
        edits = np.concatenate([removed, arriving])
        old = edits < n_first
        box = np.concatenate(
            [self.first.index.box[edits[old]], later.index.box[edits[~old] - n_first]]
        )
        some = box[:, 0] <= box[:, 2]
        edits, box = edits[some], box[some]
        city = replace(self, later=later)
        for group in _groups(box):
            city = city._toggled(edits[group], box[group])
        alive = city.later.alive.copy()
        alive[n_later:] = True
        return replace(city, later=replace(city.later, alive=alive))

    def _toggled(self, positions: IntArray, asked: Int64) -> Standing:
        """Services that count no longer count, and the other way round."""
        wider = asked.copy()
        for chains, index in (
            (self.first.chains, self.first.index),
            (self.later.chains, self.later.index),
            (self.ground.others, self.ground.other_index),
            (self.ground.lines, self.ground.line_index),
            (self.ground.zones, self.ground.zone_index),
        ):
            widen(chains, near(index, asked), asked, wider)
        n_first = len(self.first.alive)
        first, later = self.first.alive.copy(), self.later.alive.copy()
        mine = positions < n_first
        first[positions[mine]] ^= True
        later[positions[~mine] - n_first] ^= True
        after = replace(
            self,
            first=replace(self.first, alive=first),
            later=replace(self.later, alive=later),
        )
        inside = near(self.ground.point_index, asked)
        was = self._local(wider, _NO_POSITION)
        now = after._local(wider, inside)
        return replace(after, totals=_moved(self.totals, was, now, inside))

    def _local(self, asked: Int64, points: IntArray) -> Totals | None:
        """Sums of what meets some boxes."""
        ground = self.ground
        services = taken(self.first.chains, _counting(self.first, asked))
        more = _counting(self.later, asked)
        if len(more):
            services = joined(services, taken(self.later.chains, more))
        others = taken(ground.others, near(ground.other_index, asked))
        layers = [
            Layer(SERVICE, services, *ordered_shapes(services, self.depths, _ALONE)),
            Layer(OTHER, others, *ordered_shapes(others, 1, _ALONE)),
            _near_layer(LINE, ground.lines, ground.line_index, asked),
            _near_layer(ZONE, ground.zones, ground.zone_index, asked),
        ]
        built = build_scene(
            layers,
            len(self.frame.zone_double_area),
            len(ground.line_index.box),
            ground.point[points],
            self.cell_m * int(MM),
            self.frame,
            _ALONE,
        )
        if built is None:
            return None
        solved = solve(built, self.depths, Tuning(parts=1), _ALONE)
        return totals(built, solved, self.depths)


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
        _Stock(
            city.services.chains,
            index_of(city.services.box),
            np.ones(len(city.services.box), np.bool_),
        ),
        _Stock(nothing, index_of(shape_boxes(nothing)), np.zeros(0, np.bool_)),
        _Ground(
            city.others.chains,
            index_of(city.others.box),
            city.lines.chains,
            index_of(city.lines.box),
            city.zones.chains,
            index_of(city.zones.box),
            city.point,
            index_of(np.concatenate([city.point, city.point], axis=1)),
            city.point_row,
            city.weights,
        ),
        city.frame,
        totals(built, solved, depths),
    )  # fmt: skip


def _counting(stock: _Stock, asked: Int64) -> IntArray:
    """Services that count and meet some boxes."""
    found = near(stock.index, asked)
    return found[stock.alive[found]]


def _near_layer(kind: int, chains: Chains, index: Index, asked: Int64) -> Layer:
    """What meets some boxes of a layer that is not edited."""
    return Layer(kind, chains, near(index, asked), index.box)


def _groups(box: Int64) -> list[IntArray]:
    """Edits by where they lie: each group is measured by itself.

    Notes
    -----
    A group's window holds all between its edits; far ones are cheaper apart.
    """
    if len(box) == 0:
        return []
    tile = box[:, :2] // _APART_MM
    order = np.lexsort((tile[:, 0], tile[:, 1]))
    cuts = np.flatnonzero(np.diff(tile[order], axis=0).any(axis=1)) + 1
    return np.split(order, cuts)


def _moved(
    of: Totals, was: Totals | None, now: Totals | None, points: IntArray
) -> Totals:
    """Sums with those of a part of the city exchanged."""
    area, length, line = of.area, of.length, of.line
    union = list(of.union)
    depth = of.point_depth
    for part, sign in ((was, -1), (now, 1)):
        if part is None:
            continue
        area = area + sign * part.area
        length = length + sign * part.length
        line = line + sign * part.line
        union = [n + sign * m for n, m in zip(union, part.union, strict=True)]
    if now is not None and len(points):
        depth = depth.copy()
        depth[points] = now.point_depth
    return Totals(area, length, line, tuple(union), depth, of.point_zone)
