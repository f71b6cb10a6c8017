"""Lines by zone, and how much of them services cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from processes.kernels.arrays import FloatArray, GeometryArray, IntArray
from processes.kernels.parallel import THREADS, for_each
from processes.kernels.touch import touching

OUTSIDE = -1
_HALF_MM = 0.0005


@dataclass(frozen=True)
class Pieces:
    """Lines cut at zone borders.

    Parameters
    ----------
    line : (k,) position of the line that a piece is part of
    zone : (k,) position of its zone, -1 outside every zone
    geometry : (k,) line geometries
    """

    line: IntArray
    zone: IntArray
    geometry: GeometryArray


def cut_by_zone(lines: GeometryArray, zones: GeometryArray) -> Pieces:
    """Lines cut at zone borders, every metre in exactly one piece.

    Parameters
    ----------
    lines : (n,) valid (multi)lines, working CRS [m]
    zones : (z,) valid (multi)polygons; a stretch along the border between two zones
        belongs to the one that stands first

    Notes
    -----
    Zones take their part in order, each from what the ones before have left, so that
    the lengths of the pieces of a line add up to the line. A stretch that a line runs
    twice is one stretch, whether a border cuts the line or not.

    Examples
    --------
    >>> there_and_back = shapely.linestrings([[[1, 1], [3, 1], [1, 1]]])
    >>> shapely.length(cut_by_zone(there_and_back, shapely.box([0], 0, 9, 9)).geometry)
    array([2.])
    """
    lines = once(lines)
    inside = touching(lines, zones, "covered_by")
    near = touching(lines, zones)
    held = np.flatnonzero(inside.count)
    first = inside.position[inside.start[held]]
    # a zone before it may have a part of its border
    alone = first == near.position[near.start[held]]
    held, zone = held[alone], first[alone].tolist()
    line = held.tolist()
    geometry = list(lines[held])
    for position in np.setdiff1d(np.flatnonzero(shapely.length(lines)), held):
        rest = lines[position]
        for candidate in near.of(int(position)):
            part = shapely.intersection(rest, zones[candidate])
            if shapely.length(part) == 0.0:
                continue
            rest = shapely.difference(rest, zones[candidate])
            line.append(int(position))
            zone.append(int(candidate))
            geometry.append(part)
        if shapely.length(rest) > 0.0:
            line.append(int(position))
            zone.append(OUTSIDE)
            geometry.append(rest)
    made = np.empty(len(geometry), dtype=object)
    made[:] = geometry
    return Pieces(np.array(line, np.int64), np.array(zone, np.int64), made)


def once(lines: GeometryArray) -> GeometryArray:
    """Lines of which no stretch is run twice; all others as they are.

    Parameters
    ----------
    lines : (n,) (multi)lines on the mm lattice, working CRS [m]; None stays

    Notes
    -----
    Where a line that runs a stretch twice also crosses itself, the crossing becomes a
    corner, rounded as GEOS rounds it.

    Examples
    --------
    >>> back = shapely.linestrings([[[1, 1], [3, 1], [1, 1]]])
    >>> shapely.length(once(back)).tolist()
    [2.0]
    """
    crossing = np.flatnonzero(~shapely.is_simple(lines))
    united = shapely.unary_union(lines[crossing, np.newaxis], axis=1)
    # two stretches of one line share at least a millimetre, or nothing
    shorter = shapely.length(united) < shapely.length(lines[crossing]) - _HALF_MM
    found = lines.copy()
    found[crossing[shorter]] = united[shorter]
    return found


def covered_length(
    lines: GeometryArray, services: GeometryArray, *, threads: int = THREADS
) -> FloatArray:
    """Length of each line that lies in at least one service.

    Parameters
    ----------
    lines : (n,) valid (multi)lines, working CRS [m]
    services : (m,) valid (multi)polygons

    Returns
    -------
    (n,) metres, each within [0, length of the line].

    Examples
    --------
    >>> line = shapely.linestrings([[[0, 0], [10, 0]]])
    >>> covered_length(line, shapely.box([2, 3], -1, [4, 6], 1)).tolist()
    [4.0]
    """
    metres = np.zeros(len(lines))
    near = touching(lines, services)

    def cut(line: int) -> None:
        united = shapely.union_all(services[near.of(line)])
        metres[line] = shapely.length(shapely.intersection(lines[line], united))

    left = np.flatnonzero(near.count)
    for_each(cut, left, cost=near.count[left], threads=threads)
    shorter: FloatArray = np.minimum(metres, shapely.length(lines))
    return shorter
