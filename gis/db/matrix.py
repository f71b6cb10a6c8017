"""Tile matrix sets: where a tile lies, by the definitions of OGC's two well-known ones.

A layer's zoom range counts in WebMercatorQuad; the same detail is one zoom less in
WorldCRS84Quad, whose first matrix has two tiles.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from gis.errors import NotFound, QueryError

MERCATOR_SRID = 3857
DEEPEST = 22
_HALF_M = 20_037_508.342789244  # half the width of EPSG:3857

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class MatrixSet:
    """One tile matrix set.

    Parameters
    ----------
    srid : 3857 (metres) or 4326 (degrees, lon before lat)
    first_columns : tiles of the first matrix from west to east
    extent : west, south, east, north of all tiles
    shift : added to a zoom here, it gives the zoom of the same detail in Mercator
    """

    id: str
    srid: int
    first_columns: int
    extent: Bounds
    shift: int

    @property
    def is_mercator(self) -> bool:
        """Whether its unit is the metre of Web Mercator."""
        return self.srid == MERCATOR_SRID

    def width_of(self, zoom: int) -> float:
        """Width of one tile, in the unit of the CRS."""
        west, _, east, _ = self.extent
        return float((east - west) / (self.first_columns * 2**zoom))

    def bounds_of(self, tile: tuple[int, int, int]) -> Bounds:
        """West, south, east, north of a tile: zoom, row from the north, column.

        Raises
        ------
        NotFound : the matrix set has no such tile
        """
        zoom, row, column = tile
        if not 0 <= zoom <= DEEPEST:
            raise NotFound(f"tile: zoom {zoom} given, must be 0 to {DEEPEST}")
        if not (0 <= row < 2**zoom and 0 <= column < self.first_columns * 2**zoom):
            raise NotFound(f"tile: {zoom}/{row}/{column} lies outside the matrix")
        width = self.width_of(zoom)
        west, north = self.extent[0] + column * width, self.extent[3] - row * width
        return west, north - width, west + width, north

    def degrees_of(self, tile: tuple[int, int, int], margin: float = 0.0) -> Bounds:
        """Bounds of a tile in degrees.

        Parameters
        ----------
        margin : share of the tile's width by which it is widened on every side
        """
        west, south, east, north = self.bounds_of(tile)
        more = self.width_of(tile[0]) * margin
        west, south, east, north = west - more, south - more, east + more, north + more
        if not self.is_mercator:
            return west, south, east, north
        low, high = (
            math.degrees(math.atan(math.sinh(y / _HALF_M * math.pi)))
            for y in (south, north)
        )
        return west / _HALF_M * 180, low, east / _HALF_M * 180, high


WEB_MERCATOR = MatrixSet(
    "WebMercatorQuad", MERCATOR_SRID, 1, (-_HALF_M, -_HALF_M, _HALF_M, _HALF_M), 0
)
WORLD_CRS84 = MatrixSet("WorldCRS84Quad", 4326, 2, (-180.0, -90.0, 180.0, 90.0), 1)

#: Every tile matrix set that is served, by id; the default first.
MATRIX_SETS: Mapping[str, MatrixSet] = {
    one.id: one for one in (WEB_MERCATOR, WORLD_CRS84)
}


def read_tile_index(zoom: str, row: str, column: str) -> tuple[int, int, int]:
    """Tile numbers of a path.

    Raises
    ------
    QueryError : one of them is no whole number
    """
    numbers = []
    for name, text in (("tileMatrix", zoom), ("tileRow", row), ("tileCol", column)):
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            raise QueryError(name, f"{text[:20]!r} given, must be a whole number")
        numbers.append(int(text))
    return numbers[0], numbers[1], numbers[2]
