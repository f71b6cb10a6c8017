"""Steps 7 and 8: carry the state along every chain, emit, and see that it closes."""

from __future__ import annotations

import numpy as np

from processes.kernels.exact.compile import bare
from processes.kernels.exact.emit import walk_border, walk_edge, walk_line
from processes.kernels.exact.events import read_events
from processes.kernels.exact.queries import Changes
from processes.kernels.exact.references import Windings, winding_at
from processes.kernels.exact.scene import (
    AREA_UNIT,
    FIELD,
    HEIGHT_UNIT,
    LINE,
    ONE_OTHER,
    ONE_SERVICE,
    OTHER,
    POINT,
    SERVICE,
    START,
    ZONE,
    Bins,
    Float64,
    Frames,
    Grid,
    Int8,
    Int32,
    Int64,
    Scene,
    Sums,
    Truth,
    Whole,
    other_depth,
    service_depth,
    zone_of_state,
)
from processes.kernels.exact.skip import is_carried

_NOTHING = START | (START << 20)


@bare
def _state_at(
    vertex: Whole, shape: Whole, change: Whole, scene: Scene, grid: Grid,
    reference: Int64, windings: Windings,
) -> Whole:  # fmt: skip
    """State beside a vertex, its own shape left out."""
    column = np.int64(scene.xy[vertex, 0]) // grid.cell
    row = np.int64(scene.xy[vertex, 1]) // grid.cell
    state: Whole = reference[row - grid.row, column - grid.column] + change
    if scene.kind[shape] == SERVICE or scene.kind[shape] == OTHER:
        turns = winding_at(scene, grid, windings, shape, row, column)
        state -= scene.weight[shape] * turns
    return state


@bare
def _stays_deep(
    state: Whole, first: Whole, last: Whole, edge_shape: Int32, shape_weight: Int64,
    event: Int32, depths: Whole,
) -> tuple[Truth, Whole]:  # fmt: skip
    """Whether no crossing can bring an edge up to a counted depth; the state after."""
    leaves = np.int64(0)
    after = state
    for k in range(first, last):
        weight = shape_weight[edge_shape[event[k] >> 1]]
        if event[k] & 1:
            after -= weight
            if weight == ONE_SERVICE:
                leaves += 1
        else:
            after += weight
    return service_depth(state) - leaves >= depths, after


@bare
def propagate(
    first: Whole, last: Whole, scene: Scene, grid: Grid, bins: Bins, frames: Frames,
    reference: Int64, windings: Windings, changes: Changes, depths: Whole,
    event_start: Int64, event: Int32, spot: Float64, step: Int64,
    active: Int8, has_others: Truth, sums: Sums, chain_state: Int64,
) -> Whole:  # fmt: skip
    """Carry the state along the chains first..last and add their edges to the sums.

    Parameters
    ----------
    changes : of state from the points of cells to chains
    event_start, event : crossings of each edge
    spot, step : room for those of one edge, as of `read_events`
    active : (v,) of step 5, -1 for what another part adds; empty when all count. What
        is not of services counts as covered at every depth where it is 0
    has_others : whether there are others
    chain_state : (c,) written: state at each chain's first vertex

    Returns
    -------
    Number of rings at whose end the state is not what it was at their start; 0.
    """
    xy = scene.xy
    edge_shape = scene.edge_shape
    shape_weight = scene.weight
    shape_priority = scene.priority
    number = bins.number
    columns = grid.columns
    before = grid.row * columns + grid.column
    width = float(grid.cell)
    inverse = 1.0 / width
    left = frames.left
    unit = frames.unit
    cell_sums = sums.cell
    area_sums = sums.area
    length_sums = sums.length
    line_sums = sums.line
    everything = len(left) - 1
    offset = scene.offset
    moved = len(offset) > 0
    skips = len(active) > 0
    open_rings = 0
    for chain in range(first, last):
        shape = np.int64(scene.chain_shape[chain])
        kind = scene.kind[shape]
        own_row = scene.row[shape]
        begin = scene.chain_start[chain]
        end = scene.chain_start[chain + 1] - 1
        state = _state_at(
            begin, shape, changes.chain[chain], scene, grid, reference, windings
        )
        chain_state[chain] = state
        if kind == POINT:
            continue
        state_at_start = state
        lost = False
        was_in_dead: Truth = False
        whole = True
        for e in range(begin, end):
            in_dead = skips and active[e] == 0 and is_carried(kind, has_others)
            is_skipped = skips and active[e] != 1 and not in_dead
            if is_skipped:
                lost = True
                whole = False
                if kind != ZONE or active[e] != 0:
                    continue
            px = float(xy[e, 0])
            py = float(xy[e, 1])
            qx = float(xy[e + 1, 0])
            qy = float(xy[e + 1, 1])
            if is_skipped:
                walk_border(
                    px, py, qx, qy, _NOTHING + depths, 0, spot, step,
                    kind, own_row, depths, left, unit, area_sums,
                )  # fmt: skip
                continue
            if lost or (was_in_dead and not in_dead):
                state = _state_at(
                    e, shape, changes.restart[e], scene, grid, reference, windings
                )
            lost = False
            was_in_dead = in_dead
            least = np.int64(ONE_SERVICE)
            if in_dead:
                whole = False
                least = np.int64(ONE_OTHER)
                state = (state & ~FIELD) | (START + depths)
            first_event = event_start[e]
            last_event = event_start[e + 1]
            n: Whole = 0
            if last_event > first_event:
                if kind == SERVICE and service_depth(state) >= depths:
                    deep, after = _stays_deep(
                        state,
                        first_event,
                        last_event,
                        edge_shape,
                        shape_weight,
                        event,
                        depths,
                    )
                    if deep:
                        state = after
                        continue
                n = read_events(
                    e, first_event, last_event, xy, offset, edge_shape, shape_weight,
                    shape_priority, event, least, kind == LINE, width, spot, step,
                )  # fmt: skip
            if kind == ZONE:
                state = walk_border(
                    px, py, qx, qy, state, n, spot, step,
                    kind, own_row, depths, left, unit, area_sums,
                )  # fmt: skip
                continue
            if kind == OTHER:
                walk_border(
                    px, py, qx, qy, state, n, spot, step,
                    kind, len(left) - 1, depths, left, unit, area_sums,
                )  # fmt: skip
                state = walk_border(
                    px, py, qx, qy, state, n, spot, step,
                    kind, -1, depths, left, unit, area_sums,
                )  # fmt: skip
                continue
            if kind == LINE:
                state = walk_line(
                    px, py, qx, qy, state, n, spot, step, own_row, depths,
                    width, columns, before, number, cell_sums, length_sums, line_sums,
                )  # fmt: skip
                continue
            if n == 0:
                depth = service_depth(state)
                if depth >= depths or depth < 0:
                    continue
                column = int(px * inverse)
                row = int(py * inverse)
                x0 = column * width
                y0 = row * width
                if (
                    min(px, qx) > x0 and max(px, qx) < x0 + width
                    and min(py, qy) > y0 and max(py, qy) < y0 + width
                ):  # fmt: skip
                    rise = qy - py
                    beside = 0.0
                    if moved:
                        p_dx = np.float64(offset[e, 0])
                        p_dy = np.float64(offset[e, 1])
                        q_dx = np.float64(offset[e + 1, 0])
                        q_dy = np.float64(offset[e + 1, 1])
                        beside = 0.5 * (
                            (p_dx + q_dx) * rise
                            - (p_dy + q_dy) * (qx - px)
                            + (p_dx * q_dy - p_dy * q_dx)
                        )
                    if rise != 0.0 or beside != 0.0:
                        middle = 0.5 * (px + qx)
                        c = number[row * columns + column - before]
                        cell_sums[c, 2 * depth] += np.int64(
                            np.rint(((middle - x0) * rise + beside) * AREA_UNIT)
                        )
                        cell_sums[c, 2 * depth + 1] += np.int64(rise * HEIGHT_UNIT)
                        zone = zone_of_state(state)
                        held = zone >= 0 and zone < everything
                        if held:
                            part = np.int64(
                                np.rint(
                                    ((middle - left[zone]) * rise + beside) * unit[zone]
                                )
                            )
                            area_sums[depth, zone] += part
                        if other_depth(state) > 0:
                            if held:
                                area_sums[depths + depth, zone] += part
                            area_sums[depths + depth, everything] += np.int64(
                                np.rint(
                                    ((middle - left[everything]) * rise + beside)
                                    * unit[everything]
                                )
                            )
                    continue
            state = walk_edge(
                px, py, qx, qy, state, n, spot, step, e, offset, depths,
                width, columns, before, number, left, unit, cell_sums, area_sums,
            )  # fmt: skip
        if whole and kind != LINE and state != state_at_start:
            open_rings += 1
    return open_rings
