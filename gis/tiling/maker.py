"""Makes tiles one after another over one connection, as the server makes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import shapely

from gis.db.compose import Composer
from gis.db.matrix import MatrixSet
from gis.db.pool import Connection
from gis.db.tiles import LARGEST_BYTES, Tile, Tiler, fair_share, outline, unchanging
from gis.errors import QueryError
from gis.tiling.area import Index
from gis.tiling.store import Edition
from layers import Catalogue, City, Layer, Level


@dataclass(frozen=True)
class Made:
    """A tile, and whether any feature lies in it or near its edge."""

    body: bytes
    touched: bool


class Maker:
    """Tiles of a level on a day.

    Parameters
    ----------
    connection : reads as the level
    """

    def __init__(
        self,
        connection: Connection,
        catalogue: Catalogue,
        city: City,
        level: Level,
        day: date,
    ) -> None:
        self._connection = connection
        self._composer = Composer(catalogue, city)
        self._tiler = Tiler(catalogue, city.stored_srid)
        self._level, self._day = level, day

    def edition(self, layer: Layer) -> Edition:
        """Version of a layer's tiles, and the days for which they are right."""
        version = self.version(layer)
        asked = unchanging(layer, self._level, self._day)
        row = self._connection.execute(*asked).fetchone() or (None, None)
        return Edition(layer.id, self._level, version, *row)

    def version(self, layer: Layer) -> int:
        """Version of a layer's table."""
        row = self._connection.execute(*self._composer.version(layer.id)).fetchone()
        return int(row[0]) if row else 0

    def bounds(self, layer: Layer) -> tuple[float, float, float, float] | None:
        """Box around the features of a layer in degrees; None without any."""
        asked = self._composer.extent(layer.id, self._level)
        row = self._connection.execute(*asked).fetchone()
        if row is None or row[0] is None:
            return None
        return row[0], row[1], row[2], row[3]

    def outline(self, layer: Layer, code: str) -> shapely.Geometry:
        """The place of one feature in degrees.

        Raises
        ------
        QueryError : there is no such feature
        """
        asked = outline(layer, self._level, code, self._day)
        row = self._connection.execute(*asked).fetchone()
        if row is None or row[0] is None:
            raise QueryError(layer.id, f"{code!r} given, no such code on {self._day}")
        return shapely.from_wkb(row[0])

    def tile(
        self,
        layer: Layer,
        matrix_set: MatrixSet,
        index: Index,
        most: int = LARGEST_BYTES,
    ) -> Made:
        """The tile of one layer."""
        asked = Tile(layer.id, self._level, index, self._day, matrix_set)
        making = self._tiler.making(asked, most)
        row = self._connection.execute(*next(making)).fetchone()
        touched = bool(row and row[1])
        while True:
            try:
                statement = making.send(row)
            except StopIteration as done:
                return Made(done.value, touched)
            row = self._connection.execute(*statement).fetchone()

    def tiles(
        self, layers: list[Layer], matrix_set: MatrixSet, index: Index
    ) -> dict[str, Made]:
        """The tile of each layer, together no larger than one tile may be."""
        found = {layer.id: self.tile(layer, matrix_set, index) for layer in layers}
        share = fair_share([len(one.body) for one in found.values()], LARGEST_BYTES)
        for layer in layers:
            if len(found[layer.id].body) > share:
                found[layer.id] = self.tile(layer, matrix_set, index, share)
        return found
