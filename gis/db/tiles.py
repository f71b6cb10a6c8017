"""SQL of vector tiles: attributes as declared, integer SRIDs only, bounded in size.

A tile that would hold too much is made anew: with codes alone, then coarse. A coarse
tile holds one feature for all that lie in a cell of a 64 by 64 grid, and their number
as `aggregated`; of lines it holds the longest, and `left_out` counts the others. Where
even that is too much, cells grow and lines get fewer, and at last become cells, too.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import sql

from gis.access import schema_of
from gis.db.boxes import ROUNDED_DEGREES
from gis.db.changes import Box
from gis.db.compose import Statement
from gis.db.match import valid_at
from gis.db.matrix import WEB_MERCATOR, MatrixSet
from gis.errors import NotFound
from layers import Catalogue, Layer, Level

EXTENT = 4096
BUFFER = 64
LARGEST_BYTES = 500_000
CELLS = 64  # of a coarse tile, along each side
LONGEST = 2_000  # lines of a coarse tile
#: How coarse a tile may be: cells grow by this factor along each side.
STEPS = (1, 2, 4, 8, 16)
#: What `Tiler.making` yields, is sent and returns.
Making = Generator[Statement, Sequence[Any] | None, bytes]
#: Attributes that only coarse tiles have.
AGGREGATED = "aggregated"
LEFT_OUT = "left_out"


def largest_at(zoom: int) -> int:
    """Features that a tile of this zoom holds at most, before it is made coarse."""
    return 5_000 if zoom < 10 else 20_000


@dataclass(frozen=True)
class Tile:
    """One tile of a layer: the features valid on a day, as a level sees them.

    Parameters
    ----------
    index : zoom, row from the north, column
    """

    layer: str
    level: Level
    index: tuple[int, int, int]
    day: date
    matrix_set: MatrixSet = WEB_MERCATOR


@dataclass(frozen=True)
class _Drawing:
    """SQL of a tile: its envelope, what of a layer it reads, and each feature in it.

    Parameters
    ----------
    bounds : the envelope's parameters
    wide : the envelope and its margin in the stored CRS
    shape : the feature in the tile's own coordinates
    """

    bounds: tuple[float, ...]
    envelope: sql.Composable
    wide: sql.Composable
    shape: sql.Composable


def tile_columns(layer: Layer, level: Level) -> list[str]:
    """Attributes of a layer's tiles at a level: code, and those declared and seen."""
    declared = layer.tiles.columns if layer.tiles else ()
    seen = layer.columns_at(level)
    return list(dict.fromkeys(["code", *(name for name in declared if name in seen)]))


class Tiler:
    """Builds the statements of tiles.

    Parameters
    ----------
    catalogue : the layers there are
    stored_srid : EPSG code of column geom; its numbers are those of WGS 84
    """

    def __init__(self, catalogue: Catalogue, stored_srid: int) -> None:
        self._catalogue = catalogue
        self._srid = stored_srid

    def making(self, tile: Tile, most: int = LARGEST_BYTES) -> Making:
        """Statements to run one after another, each sent the one row of the last.

        Parameters
        ----------
        most : bytes that the tile may have

        Returns
        -------
        The tile: in full, with codes alone, or coarse, as it fits.
        """
        body, count = _found((yield self.full(tile)))
        largest = largest_at(tile.index[0] + tile.matrix_set.shift)
        if count <= largest and len(body) > most:
            body, _ = _found((yield self.full(tile, ["code"])))
        if count > largest or len(body) > most:
            for statement in self.coarse(tile):
                body, _ = _found((yield statement))
                if len(body) <= most:
                    break
        return body

    def full(self, tile: Tile, columns: Sequence[str] | None = None) -> Statement:
        """One row: the tile as bytes, and how many features were found for it.

        Where they are too many nothing is drawn: the bytes are empty.

        Parameters
        ----------
        columns : attributes; None: those declared

        Raises
        ------
        NotFound : the layer has no tiles at this level or the tile lies outside
        """
        layer, drawing = self._layer(tile), self._drawing(tile)
        names = tile_columns(layer, tile.level) if columns is None else columns
        largest = largest_at(tile.index[0] + tile.matrix_set.shift)
        valid = valid_at(tile.day)
        text = sql.SQL(
            "WITH e AS (SELECT {envelope} AS box), v AS MATERIALIZED ("
            "SELECT v.fid, {columns}, v.geom FROM {view} v, e "
            "WHERE v.geom && {wide} AND {valid} LIMIT {largest} + 1) "
            "SELECT coalesce((SELECT ST_AsMVT(m, {name}, {extent}, 'geom', 'fid') "
            "FILTER (WHERE geom IS NOT NULL) FROM (SELECT v.fid, {attributes}, "
            "{shape} AS geom FROM v, e "
            # without an offset each shape would be worked out twice
            "WHERE (SELECT count(*) FROM v) <= {largest} OFFSET 0) m), ''), "
            "(SELECT count(*) FROM v)"
        ).format(
            envelope=drawing.envelope,
            columns=sql.SQL(", ").join([sql.Identifier("v", name) for name in names]),
            view=sql.Identifier(schema_of(tile.level), layer.id),
            wide=drawing.wide,
            valid=valid.text,
            largest=sql.Literal(largest),
            name=sql.Literal(layer.id),
            extent=sql.Literal(EXTENT),
            attributes=sql.SQL(", ").join([_attribute(layer, n) for n in names]),
            shape=drawing.shape,
        )
        return text, (*drawing.bounds, *valid.values)

    def coarse(self, tile: Tile) -> Iterator[Statement]:
        """One row each: the coarse tile as bytes, and how many features it holds.

        Every statement gives a smaller tile than the one before.
        """
        layer = self._layer(tile)
        if layer.geometry in ("LineString", "MultiLineString"):
            for step in STEPS[:4]:
                yield self._packed(layer, self._longest(tile, layer, step))
        for step in STEPS:
            yield self._packed(layer, self._cells(tile, layer, step))

    def _packed(
        self, layer: Layer, rows: tuple[sql.Composable, tuple[object, ...]]
    ) -> Statement:
        """The rows of a tile as one row: its bytes, and their number."""
        text = sql.SQL(
            "SELECT coalesce(ST_AsMVT(m, {name}, {extent}, 'geom', 'fid') "
            "FILTER (WHERE geom IS NOT NULL), ''), count(*) FROM ({inner}) m"
        ).format(name=sql.Literal(layer.id), extent=sql.Literal(EXTENT), inner=rows[0])
        return text, rows[1]

    def _layer(self, tile: Tile) -> Layer:
        layer = self._catalogue.get(tile.layer)
        if layer is None or layer.tiles is None or not layer.geometry_at(tile.level):
            raise NotFound(f"{tile.layer[:60]}: no tiles under this name")
        return layer

    def _drawing(self, tile: Tile) -> _Drawing:
        """How the features `v` of a tile whose bounds are `e.box` are drawn."""
        layer, matrix_set, zoom = self._layer(tile), tile.matrix_set, tile.index[0]
        unit = matrix_set.width_of(zoom) / EXTENT
        geometry: sql.Composable = sql.SQL("v.geom")
        srid = self._srid
        wide = sql.SQL("ST_Expand(e.box, {})").format(sql.Literal(unit * BUFFER))
        if matrix_set.is_mercator:
            srid = matrix_set.srid
            geometry = sql.SQL("ST_Transform(v.geom, {})").format(sql.Literal(srid))
            wide = sql.SQL("ST_Transform({}, {})").format(wide, sql.Literal(self._srid))
        if layer.geometry != "Point" and zoom + matrix_set.shift < 13:
            # a quarter of a screen's point, at 256 points a tile
            geometry = sql.SQL("ST_Simplify({}, {}, true)").format(
                geometry, sql.Literal(unit * 4)
            )
        return _Drawing(
            bounds=matrix_set.bounds_of(tile.index),
            envelope=sql.SQL(
                "ST_MakeEnvelope(%s::float8, %s::float8, %s::float8, %s::float8, {})"
            ).format(sql.Literal(srid)),
            wide=wide,
            shape=sql.SQL("ST_AsMVTGeom({}, e.box, {}, {})").format(
                geometry, sql.Literal(EXTENT), sql.Literal(BUFFER)
            ),
        )

    def _longest(
        self, tile: Tile, layer: Layer, step: int
    ) -> tuple[sql.Composable, tuple[object, ...]]:
        """The longest lines of a tile, with the number of the others."""
        drawing, valid = self._drawing(tile), valid_at(tile.day)
        most = max(LONGEST // step**2, 1)
        text = sql.SQL(
            "SELECT v.fid, {code}, greatest(count(*) OVER () - {most}, 0) AS {left_out}"
            ", {shape} AS geom FROM {view} v, (SELECT {envelope} AS box) e "
            "WHERE v.geom && {wide} AND {valid} "
            "ORDER BY ST_Length(v.geom) DESC LIMIT {most}"
        ).format(
            code=_attribute(layer, "code"),
            most=sql.Literal(most),
            left_out=sql.Identifier(LEFT_OUT),
            shape=drawing.shape,
            view=sql.Identifier(schema_of(tile.level), layer.id),
            envelope=drawing.envelope,
            wide=drawing.wide,
            valid=valid.text,
        )
        return text, (*drawing.bounds, *valid.values)

    def _cells(
        self, tile: Tile, layer: Layer, step: int
    ) -> tuple[sql.Composable, tuple[object, ...]]:
        """One feature per cell that any feature has its middle in.

        Cells are equal in degrees; in Mercator at zoom 8 that moves a cell by less
        than a tenth of its height.
        """
        west, south, east, north = tile.matrix_set.degrees_of(tile.index)
        valid = valid_at(tile.day)
        cells = CELLS // step
        size = EXTENT // cells
        shape = "ST_Point((x + 0.5) * {size}, (y + 0.5) * {size})"
        if layer.geometry != "Point":
            shape = (
                "ST_ForcePolygonCCW(ST_MakeEnvelope(x * {size}, y * {size}, "
                "(x + 1) * {size}, (y + 1) * {size}))"
            )
        text = sql.SQL(
            "SELECT (y * {cells} + x)::bigint AS fid, count(*) AS {aggregated}, "
            "{shape} AS geom FROM (SELECT "
            "floor(((ST_XMin(v.geom) + ST_XMax(v.geom)) / 2 - %s::float8) "
            "/ %s::float8)::int AS x, "
            "floor((%s::float8 - (ST_YMin(v.geom) + ST_YMax(v.geom)) / 2) "
            "/ %s::float8)::int AS y FROM {view} v "
            "WHERE v.geom && ST_MakeEnvelope(%s::float8, %s::float8, %s::float8, "
            "%s::float8, {srid}) AND {valid}) c "
            "WHERE x BETWEEN 0 AND {last} AND y BETWEEN 0 AND {last} GROUP BY x, y"
        ).format(
            cells=sql.Literal(cells),
            last=sql.Literal(cells - 1),
            aggregated=sql.Identifier(AGGREGATED),
            shape=sql.SQL(shape).format(size=sql.Literal(size)),
            view=sql.Identifier(schema_of(tile.level), layer.id),
            srid=sql.Literal(self._srid),
            valid=valid.text,
        )
        steps = (west, (east - west) / cells, north, (north - south) / cells)
        return text, (*steps, west, south, east, north, *valid.values)


def _found(row: Sequence[Any] | None) -> tuple[bytes, int]:
    """Bytes and number of features of a row."""
    return (bytes(row[0]), int(row[1])) if row else (b"", 0)


def reach_of(tile: Tile) -> Box:
    """Outside of this no feature matters to a tile [degree]."""
    margin = BUFFER / EXTENT
    west, south, east, north = tile.matrix_set.degrees_of(tile.index, margin)
    more = ROUNDED_DEGREES
    return west - more, south - more, east + more, north + more


def unchanging(layer: Layer, level: Level, day: date) -> Statement:
    """One row: the days around `day` on which the same versions are valid.

    The first day and the day after the last; null is open. A tile of one day is that of
    every other day between, as long as the table's version stands.
    """
    text = sql.SQL(
        "SELECT max(d) FILTER (WHERE d <= %s::date), min(d) FILTER (WHERE d > %s::date)"
        " FROM (SELECT valid_from AS d FROM {view} UNION ALL "
        "SELECT valid_to FROM {view} WHERE valid_to IS NOT NULL) days"
    ).format(view=sql.Identifier(schema_of(level), layer.id))
    return text, (day, day)


def outline(layer: Layer, level: Level, code: str, day: date) -> Statement:
    """One row: the place of a feature in degrees, as binary."""
    valid = valid_at(day)
    text = sql.SQL(
        "SELECT ST_AsBinary(geom) FROM {view} WHERE code = %s::text AND {valid}"
    ).format(view=sql.Identifier(schema_of(level), layer.id), valid=valid.text)
    return text, (code, *valid.values)


def fair_share(sizes: Sequence[int], whole: int) -> int:
    """The size that each part may have so that all together fit.

    Small parts keep what they have; what they leave is shared by the large ones.

    Examples
    --------
    >>> fair_share([10, 300, 500], 400), fair_share([10, 20], 400)
    (195, 400)
    """
    left, parts = whole, sorted(sizes)
    for at, size in enumerate(parts):
        share = left // (len(parts) - at)
        if size > share:
            return share
        left -= size
    return whole


def _attribute(layer: Layer, name: str) -> sql.Composable:
    """An attribute; times as text, since tiles know none."""
    is_time = layer.all_columns[name].type in ("date", "datetime")
    return sql.SQL("{}::text AS {}" if is_time else "{} AS {}").format(
        sql.Identifier("v", name), sql.Identifier(name)
    )


def build_tile(
    catalogue: Catalogue,
    stored_srid: int,
    layer_id: str,
    level: Level,
    tile: tuple[int, int, int],
    day: date,
) -> Statement:
    """`Tiler.full` of one tile of WebMercatorQuad."""
    wanted = Tile(layer_id, level, tile, day)
    return Tiler(catalogue, stored_srid).full(wanted)
