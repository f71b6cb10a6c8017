"""Every camera of a chunk: locate, gather, sweep, levels, rings."""

from __future__ import annotations

import math

import numpy as np

from processes.kernels.arrays import FloatArray, IntArray
from processes.kernels.visibility.compiled import compiled
from processes.kernels.visibility.gather import SIGHT_COLUMNS, gather
from processes.kernels.visibility.index import Walls
from processes.kernels.visibility.levels import (
    REACH_COLUMNS,
    SPAN_COLUMNS,
    level_spans,
    reaches,
)
from processes.kernels.visibility.locate import stand
from processes.kernels.visibility.rings import (
    RING_COLUMNS,
    arc_parts,
    fill_lattice,
    level_rings,
)
from processes.kernels.visibility.states import (
    ABSENT,
    BURIED,
    BURIED_VIEW,
    DEAD,
    HIDDEN,
    NO_DATA,
    OK,
    UNKNOWN,
)
from processes.kernels.visibility.sweep import FULL, PIECE_COLUMNS, sweep
from processes.kernels.visibility.wedge import TURN, facing

# columns of a camera
CAMERA_X, CAMERA_Y, AZIMUTH, HFOV, NEAR, LOWEST = 0, 1, 2, 3, 4, 5
CAMERA_COLUMNS = 6
_NARROWEST_M = 1e-6


@compiled
def views_of(
    walls: Walls,
    camera: FloatArray,
    far: FloatArray,
    step: float,
    sagitta: float,
    is_drawn: bool,
    state: IntArray,
    area: FloatArray,
    mount: IntArray,
    place: FloatArray,
    host: IntArray,
) -> tuple[FloatArray, IntArray, int]:
    """Points and rings of a chunk of cameras, and the number of rings.

    Parameters
    ----------
    walls : the buildings
    camera : (n, 6) x, y [m], azimuth, hfov [degrees], near [m], roofs lower than
        LOWEST [m] hide nothing
    far : (n, l) ground range of each level [m]
    step, sagitta : bounds of an arc's chords [rad], [m]
    is_drawn : whether rings are wanted; without them points and rings are empty
    state, area : (n, l) written: ViewState, [m2]
    mount, host : (n,) written: Mount, building left out or -1
    place : (n, 2) written: where the camera was put [m]
    """
    n, levels = far.shape
    sight = np.empty((512, SIGHT_COLUMNS))
    piece, piece_sight, reach, span, kind = _room_for(1024)
    lattice = np.empty((math.ceil(TURN / step - 1e-9), 2))
    fill_lattice(lattice, len(lattice))
    point = np.empty((64 * n * levels + 1024 if is_drawn else 1, 2))
    ring = np.empty((2 * n * levels + 64 if is_drawn else 1, RING_COLUMNS), np.int64)
    points, rings = 0, 0
    for i in range(n):
        x, y, near = camera[i, CAMERA_X], camera[i, CAMERA_Y], camera[i, NEAR]
        lowest = camera[i, LOWEST]
        mount[i], place[i, 0], place[i, 1], host[i] = UNKNOWN, x, y, -1
        if not (math.isnan(x) or math.isnan(y)):
            mount[i], x, y, host[i] = stand(walls, x, y, lowest)
            place[i, 0], place[i, 1] = x, y
        most = _open_levels(camera[i], far[i], mount[i], state[i], area[i])
        if most == 0.0:
            continue
        wedge = facing(camera[i, AZIMUTH], camera[i, HFOV])
        found = gather(walls, wedge, x, y, most, host[i], lowest, sight)
        if found > len(sight):
            sight = np.empty((2 * found, SIGHT_COLUMNS))
            gather(walls, wedge, x, y, most, host[i], lowest, sight)
        pieces = sweep(sight, found, wedge, piece, piece_sight)
        while pieces == FULL:
            piece, piece_sight, reach, span, kind = _room_for(2 * len(piece))
            pieces = sweep(sight, found, wedge, piece, piece_sight)
        reaches(sight, piece, piece_sight, pieces, reach)
        for level in range(levels):
            if state[i, level] != OK:
                continue
            reached = far[i, level]
            spans, seen, is_seen = level_spans(reach, pieces, near, reached, span, kind)
            if not is_seen:
                state[i, level] = HIDDEN
                continue
            area[i, level] = seen
            if not is_drawn:
                continue
            parts = arc_parts(reached, step, sagitta)
            most_points = points + 6 * spans + 3 * parts + 16
            if most_points > len(point):
                point = _grown(point, points, 2 * most_points)
            if rings + spans + 2 > len(ring):
                ring = _grown_rings(ring, rings, 2 * (rings + spans + 2))
            first = points
            points, rings = level_rings(
                span, kind, spans, wedge, near, reached, parts, lattice,
                i * levels + level, point, points, ring, rings,
            )  # fmt: skip
            for k in range(first, points):
                point[k, 0] += x
                point[k, 1] += y
    return point[:points], ring, rings


@compiled
def _open_levels(
    camera: FloatArray, far: FloatArray, mount: int, state: IntArray, area: FloatArray
) -> float:
    """Greatest range of the levels left to sweep; states and areas of the others."""
    most = 0.0
    near = camera[NEAR]
    unknown = mount == UNKNOWN or math.isnan(near) or math.isnan(camera[HFOV])
    if math.isnan(camera[AZIMUTH]) and camera[HFOV] < 360.0:
        unknown = True
    for level in range(len(far)):
        area[level] = 0.0
        if unknown or math.isnan(far[level]):
            state[level], area[level] = NO_DATA, math.nan
        elif far[level] <= 0.0:
            state[level] = ABSENT
        elif near >= far[level] - _NARROWEST_M:
            state[level] = DEAD
        elif mount == BURIED:
            state[level] = BURIED_VIEW
        else:
            state[level] = OK
            most = max(most, far[level])
    return most


@compiled
def _room_for(
    pieces: int,
) -> tuple[FloatArray, IntArray, FloatArray, FloatArray, IntArray]:
    """Space for pieces, their sights, reaches, spans and kinds."""
    return (
        np.empty((pieces, PIECE_COLUMNS)),
        np.empty(pieces, np.int64),
        np.empty((pieces, REACH_COLUMNS)),
        np.empty((5 * pieces, SPAN_COLUMNS)),
        np.empty(5 * pieces, np.int64),
    )


@compiled
def _grown(point: FloatArray, points: int, room: int) -> FloatArray:
    """The same points with room for more."""
    larger = np.empty((room, 2))
    for k in range(points):
        larger[k, 0], larger[k, 1] = point[k, 0], point[k, 1]
    return larger


@compiled
def _grown_rings(ring: IntArray, rings: int, room: int) -> IntArray:
    """The same rings with room for more."""
    larger = np.empty((room, RING_COLUMNS), np.int64)
    for k in range(rings):
        for column in range(RING_COLUMNS):
            larger[k, column] = ring[k, column]
    return larger
