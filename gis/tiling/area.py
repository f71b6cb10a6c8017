"""Which tiles lie in an area."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import shapely

from gis.db.matrix import MatrixSet

Index = tuple[int, int, int]
"""Zoom, row from the north, column."""


@dataclass(frozen=True)
class Area:
    """A part of the city in degrees, lon before lat, and the zooms asked for.

    Parameters
    ----------
    shape : polygon; prepared for many questions
    zooms : first and last
    """

    shape: shapely.Geometry
    zooms: tuple[int, int]

    def __post_init__(self) -> None:
        """Prepare the shape."""
        shapely.prepare(self.shape)

    def holds(self, matrix_set: MatrixSet, index: Index) -> bool:
        """Whether any part of a tile lies in the area."""
        return bool(self.shape.intersects(shapely.box(*matrix_set.degrees_of(index))))

    def tiles(self, matrix_set: MatrixSet, zoom: int) -> Iterator[Index]:
        """Every tile of a zoom in the area, from the north-west."""
        west, south, east, north = self.shape.bounds
        first, last = (
            index_at(matrix_set, zoom, lon, lat)
            for lon, lat in ((west, north), (east, south))
        )
        for row in range(first[1], last[1] + 1):
            for column in range(first[2], last[2] + 1):
                if self.holds(matrix_set, (zoom, row, column)):
                    yield zoom, row, column

    def count(self, matrix_set: MatrixSet, zooms: tuple[int, int]) -> int:
        """About how many tiles the area has at the zooms: those of its box."""
        return sum(self.count_at(matrix_set, z) for z in range(zooms[0], zooms[1] + 1))

    def count_at(self, matrix_set: MatrixSet, zoom: int) -> int:
        """Tiles of one zoom in the area's box."""
        west, south, east, north = self.shape.bounds
        _, top, left = index_at(matrix_set, zoom, west, north)
        _, bottom, right = index_at(matrix_set, zoom, east, south)
        return (bottom - top + 1) * (right - left + 1)


def index_at(matrix_set: MatrixSet, zoom: int, lon: float, lat: float) -> Index:
    """The tile over a point, the nearest where the point lies outside all.

    Examples
    --------
    >>> from gis.db.matrix import WEB_MERCATOR
    >>> index_at(WEB_MERCATOR, 2, 120.0, 30.0)
    (2, 1, 3)
    """
    columns = matrix_set.first_columns * 2**zoom
    column = min(max(int((lon + 180) / 360 * columns), 0), columns - 1)
    low, high = 0, 2**zoom - 1
    while low < high:  # rows are not equally high in Mercator
        middle = (low + high) // 2
        if matrix_set.degrees_of((zoom, middle, column))[1] <= lat:
            high = middle
        else:
            low = middle + 1
    return zoom, low, column


def children(index: Index) -> tuple[Index, Index, Index, Index]:
    """The four tiles of the next zoom in a tile."""
    zoom, row, column = index[0] + 1, index[1] * 2, index[2] * 2
    return (
        (zoom, row, column),
        (zoom, row, column + 1),
        (zoom, row + 1, column),
        (zoom, row + 1, column + 1),
    )
