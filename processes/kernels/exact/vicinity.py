"""Step 9, second half: what lies around an edit, measured before and after it.

The steps of a run in one call of machine code on one thread: for a few hundred edges
the way through the interpreter would take longer than all they need.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from processes.kernels.exact.areas import ground_parts, row_heights
from processes.kernels.exact.boxes import (
    Index,
    joined,
    near,
    reached,
    shape_boxes,
    taken,
)
from processes.kernels.exact.chain import Chains
from processes.kernels.exact.chains import propagate
from processes.kernels.exact.compile import bare, compiled
from processes.kernels.exact.crossings import find_crossings
from processes.kernels.exact.events import count_events, fill_events, start_events
from processes.kernels.exact.few import Stock, grid_about, in_order, scene_of
from processes.kernels.exact.on_edge import close_points
from processes.kernels.exact.queries import asked_by_cell, no_changes
from processes.kernels.exact.references import deepest
from processes.kernels.exact.scene import (
    Frames,
    Int8,
    Int64,
    Sums,
    Truth,
    Whole,
)
from processes.kernels.exact.skip import restart_edges
from processes.kernels.exact.window import bins_of, is_deep, mark_window, states_of

#: Services about an edit, per depth, from which on it may change nothing at all.
_MANY = 24


class Found(NamedTuple):
    """Sums of some surroundings, or what an edit added to them.

    Parameters
    ----------
    zone, line : zones and lines that are near
    area, length, line_length : as in `Sums`, of these zones and lines
    union : (depths, 4) covered ground of all cells, as of `ground_parts`
    point : points that are near
    point_depth : (p,) services that hold each
    open_rings : chains that do not come back to their state; none of valid shapes
    row, height : first row of cells, and (r, depths) sums of heights over each; valid
        shapes that come or go change none of them
    services, others : greatest depths at the points of the cells
    """

    zone: Int64
    line: Int64
    area: Int64
    length: Int64
    line_length: Int64
    union: Int64
    point: Int64
    point_depth: Int64
    open_rings: Whole
    row: Whole
    height: Int64
    services: Whole
    others: Whole


@compiled
def _nothing(depths: Whole) -> Found:
    """No sum of anything."""
    none = np.zeros(0, np.int64)
    return Found(
        none, none, np.zeros((2 * depths + 1, 1), np.int64),
        np.zeros((depths + 1, 1), np.int64), np.zeros((depths, 0), np.int64),
        np.zeros((depths, 4), np.int64), none, none, 0, 0,
        np.zeros((0, depths), np.int64), 0, 0,
    )  # fmt: skip


@compiled
def _measured(
    layers: tuple[Chains, Chains, Chains, Chains],
    orders: tuple[Int64, Int64, Int64, Int64],
    point: Int64, points: Int64, window: Int64, x0: Whole, y0: Whole, cell: Whole,
    frames: Frames,
    depths: Whole, only_points: Truth,
) -> Found:  # fmt: skip
    """Steps 2 to 8 of some shapes."""
    zone = orders[3]
    line = orders[2]
    z = len(zone)
    area = np.zeros((2 * depths + 1, z + 1), np.int64)
    length = np.zeros((depths + 1, z + 1), np.int64)
    line_length = np.zeros((depths, len(line)), np.int64)
    scene, point_chain = scene_of(layers, orders, points, x0, y0)
    n = len(scene.xy)
    n_chains = len(scene.chain_shape)
    if n == 0:
        return _nothing(depths)
    left = np.empty(z + 1)
    unit = np.empty(z + 1)
    for i in range(z):
        left[i] = frames.left[zone[i]]
        unit[i] = frames.unit[zone[i]]
    left[z] = frames.left[-1]
    unit[z] = frames.unit[-1]
    grid = grid_about(scene, cell)
    bins = bins_of(scene, grid)
    reference, windings = states_of(scene, grid)
    services, others = deepest(reference)
    has_others = len(orders[1]) > 0
    dead = np.zeros(len(bins.cell), np.int8)
    active = np.zeros(n, np.int8)
    restart = np.empty(0, np.int64)
    if not only_points:
        mark_window(
            window, scene, grid, bins, reference, windings, depths, dead, active
        )
    if dead.any():
        restart = restart_edges(np.int64(0), n, scene, active, has_others)
    else:
        dead = active = np.empty(0, np.int8)
    first_chain = point_chain if only_points else np.int64(0)
    asked = asked_by_cell(first_chain, scene, grid, bins, active, has_others, restart)
    changes = no_changes(scene, restart)
    pairs = find_crossings(
        0, len(bins.cell), scene, grid, bins, 0, asked, changes, active, dead,
        not only_points,
    )  # fmt: skip
    start = np.empty(n + 1, np.int64)
    count = np.zeros(n, np.int32)
    count_events(pairs, count)
    most = start_events(count, 0, n, 0, start)
    event = np.empty(start[n], np.int32)
    fill_events(pairs, start, count, event)
    sums = Sums(
        np.zeros((len(bins.cell), 3 * depths), np.int64), area, length, line_length
    )
    state = np.zeros(n_chains, np.int64)
    open_rings = propagate(
        first_chain, n_chains, scene, grid, bins, Frames(left, unit), reference,
        windings, changes, depths, start, event, np.empty((most, 3)),
        np.empty((most, 2), np.int64), active, has_others, sums, state,
    )  # fmt: skip
    depth = np.zeros(n_chains, np.int64)
    held = np.zeros(n_chains, np.int64)
    close_points(
        point_chain, n_chains, scene, grid, bins, state, changes.on_edge, depths,
        depth, held,
    )  # fmt: skip
    return Found(
        zone, line, area, length, line_length,
        ground_parts(sums.cell, bins.cell, grid.columns, grid.column, depths),
        point, depth[point_chain:], open_rings,
        grid.row, row_heights(sums.cell, bins.cell, grid), services, others,
    )  # fmt: skip


@bare
def _exchange(positions: Int64, alive: Int8, later_alive: Int8) -> None:
    """Let services go or come."""
    for position in positions:
        if position < len(alive):
            alive[position] = 1 - alive[position]
        else:
            later_alive[position - len(alive)] = 1 - later_alive[position - len(alive)]


@compiled
def _staying(some: Int64, alive: Int8, positions: Int64) -> Int64:
    """Those of some services that count before and after."""
    found = np.empty(len(some), np.int64)
    n = 0
    for i in some:
        stays = alive[i] == 1
        for position in positions:
            stays = stays and position != i
        if stays:
            found[n] = i
            n += 1
    return found[:n]


@compiled
def exchanged(
    first: Stock, later: Stock, others: Stock, lines: Stock, zones: Stock,
    points: Int64, point_index: Index, alive: Int8, later_alive: Int8,
    positions: Int64, asked: Int64, x0: Whole, y0: Whole, cell: Whole, frames: Frames,
    depths: Whole, only_points: Truth,
) -> tuple[Found, Found]:  # fmt: skip
    """What lies about some services before they go or come, and after it.

    Parameters
    ----------
    points, point_index : (p, 2) points [mm], and where they are
    alive, later_alive : which services count, 1 or 0; written
    positions : services that go or come, later ones behind the first
    asked : (m, 4) boxes of all that goes or comes here
    x0, y0, cell, frames : origin, width of a cell [mm] and frames of the whole city
    only_points : whether nothing is asked of the city but services over points

    Notes
    -----
    All that the edges about can meet is measured. Edges further away may miss what
    crosses them: they add the same, right or wrong, before and after. Where what stays
    covers everything deep enough, nothing changes at all.
    """
    at_first = near(first.boxes, asked)
    at_later = near(later.boxes, asked)
    window = np.array(
        [
            asked[:, 0].min() - x0, asked[:, 1].min() - y0,
            asked[:, 2].max() - x0, asked[:, 3].max() - y0,
        ]
    )  # fmt: skip
    if len(at_first) + len(at_later) >= _MANY * depths:
        stay = joined(
            taken(first.chains, _staying(at_first, alive, positions)),
            taken(
                later.chains, _staying(at_later, later_alive, positions - len(alive))
            ),
        )
        if is_deep(stay, window, x0, y0, cell, depths):
            _exchange(positions, alive, later_alive)
            return _nothing(depths), _nothing(depths)
    about = asked.copy()
    far = (
        reached(first.chains, at_first, asked, about),
        reached(later.chains, at_later, asked, about),
        reached(others.chains, near(others.boxes, asked), asked, about),
        reached(lines.chains, near(lines.boxes, asked), asked, about),
        reached(zones.chains, near(zones.boxes, asked), asked, about),
    )
    wider = np.concatenate((about, *far))
    at_first = near(first.boxes, wider)
    at_later = near(later.boxes, wider)
    land = near(others.boxes, wider)
    land = in_order(others.chains, land, others.boxes.box, 1)
    line = near(lines.boxes, wider)
    zone = near(zones.boxes, wider)
    inside = near(point_index, asked)
    before = _with_services(
        first.chains, later.chains, at_first[alive[at_first] == 1],
        at_later[later_alive[at_later] == 1], others.chains, lines.chains,
        zones.chains, land, line, zone, inside[:0], points, window, x0, y0, cell,
        frames, depths, only_points,
    )  # fmt: skip
    _exchange(positions, alive, later_alive)
    after = _with_services(
        first.chains, later.chains, at_first[alive[at_first] == 1],
        at_later[later_alive[at_later] == 1], others.chains, lines.chains,
        zones.chains, land, line, zone, inside, points, window, x0, y0, cell, frames,
        depths, only_points,
    )  # fmt: skip
    return before, after


@compiled
def _with_services(
    first: Chains, later: Chains, some: Int64, more: Int64,
    others: Chains, lines: Chains, zones: Chains,
    land: Int64, line: Int64, zone: Int64, inside: Int64, points: Int64, window: Int64,
    x0: Whole, y0: Whole, cell: Whole, frames: Frames, depths: Whole,
    only_points: Truth,
) -> Found:  # fmt: skip
    """Sums of some first and later services over all that is near."""
    services = joined(taken(first, some), taken(later, more))
    order = in_order(
        services, np.arange(len(some) + len(more)), shape_boxes(services), depths
    )
    return _measured(
        (services, others, lines, zones), (order, land, line, zone),
        inside, points[inside], window, x0, y0, cell, frames, depths, only_points,
    )  # fmt: skip
