"""Which shapes of one set meet which shapes of another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from processes.kernels.arrays import GeometryArray, IntArray


@dataclass(frozen=True)
class Touching:
    """For each of n places the positions of the shapes that meet it.

    Parameters
    ----------
    start : (n + 1,) where a place's positions begin in `position`
    position : positions of shapes, ascending within a place
    """

    start: IntArray
    position: IntArray

    def of(self, place: int) -> IntArray:
        """Positions of the shapes that meet a place."""
        return self.position[self.start[place] : self.start[place + 1]]

    @property
    def count(self) -> IntArray:
        """(n,) how many shapes meet each place."""
        return np.diff(self.start)


def touching(
    places: GeometryArray, shapes: GeometryArray, predicate: str = "intersects"
) -> Touching:
    """The shapes that meet each place.

    Parameters
    ----------
    places : (n,) geometries; empty ones and None meet nothing
    shapes : (m,) geometries of the same CRS
    predicate : relation of the place to the shape, as in shapely's STRtree

    Examples
    --------
    >>> row = shapely.box(np.arange(3.0), 0, np.arange(3.0) + 1, 1)
    >>> touching(row, row[1:]).of(0).tolist()
    [0]
    """
    if len(places) == 0 or len(shapes) == 0:
        nothing = np.zeros(0, dtype=np.int64)
        return Touching(np.zeros(len(places) + 1, dtype=np.int64), nothing)
    place, shape = shapely.STRtree(shapes).query(places, predicate=predicate)
    order = np.lexsort((shape, place))
    place, shape = place[order], shape[order]
    start = np.searchsorted(place, np.arange(len(places) + 1))
    return Touching(start.astype(np.int64), shape.astype(np.int64))
