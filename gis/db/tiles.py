"""SQL of vector tiles: Web Mercator, attributes as declared, integer SRIDs only."""

from __future__ import annotations

from datetime import date

from psycopg import sql

from gis.access import schema_of
from gis.db.compose import Statement
from gis.db.match import valid_at
from gis.errors import NotFound, QueryError
from layers import Catalogue, Layer, Level

EXTENT = 4096
BUFFER = 64
LARGEST = 20_000  # features of a tile
DEEPEST = 22
_MERCATOR_M = 40_075_016.685578488  # width of the tile matrix set, EPSG:3857


def tile_columns(layer: Layer, level: Level) -> list[str]:
    """Attributes of a layer's tiles at a level: code, and those declared and seen."""
    declared = layer.tiles.columns if layer.tiles else ()
    seen = layer.columns_at(level)
    return list(dict.fromkeys(["code", *(name for name in declared if name in seen)]))


def build_tile(
    catalogue: Catalogue,
    stored_srid: int,
    layer_id: str,
    level: Level,
    tile: tuple[int, int, int],
    day: date,
) -> Statement:
    """One row: the tile as bytes, empty where nothing lies in it.

    Parameters
    ----------
    tile : zoom, row (y), column (x) of WebMercatorQuad
    day : features valid on this day

    Raises
    ------
    NotFound : the layer has no tiles at this level or the tile lies outside the matrix
    """
    layer = catalogue.get(layer_id)
    if layer is None or layer.tiles is None or not layer.geometry_at(level):
        raise NotFound(f"{layer_id[:60]}: no tiles under this name")
    zoom, row, column = tile
    if not (0 <= zoom <= DEEPEST):
        raise NotFound(f"tile: zoom {zoom} given, must be 0 to {DEEPEST}")
    if not (0 <= row < 2**zoom and 0 <= column < 2**zoom):
        raise NotFound(f"tile: {zoom}/{row}/{column} lies outside the matrix")
    valid = valid_at(day)
    geometry: sql.Composable = sql.SQL("ST_Transform(v.geom, 3857)")
    pixel_m = _MERCATOR_M / 2**zoom / EXTENT
    if layer.geometry != "Point" and zoom < 13:
        # a quarter of what the tile's grid can show
        geometry = sql.SQL("ST_Simplify({}, {}, true)").format(
            geometry, sql.Literal(pixel_m * 4)
        )
    names = tile_columns(layer, level)
    columns = sql.SQL(", ").join(
        sql.SQL("{}::text AS {}" if _is_time(layer, name) else "{} AS {}").format(
            sql.Identifier("v", name), sql.Identifier(name)
        )
        for name in names
    )
    text = sql.SQL(
        "SELECT coalesce(ST_AsMVT(m, {name}, {extent}, 'geom', 'fid'), '') FROM ("
        "SELECT v.fid, {columns}, ST_AsMVTGeom({geometry}, e.box, {extent}, {buffer}) "
        "AS geom FROM {view} v, "
        "(SELECT ST_TileEnvelope(%s::int, %s::int, %s::int) AS box) e "
        "WHERE v.geom && ST_Transform(ST_Expand(e.box, {margin}), {srid}) AND {valid} "
        "LIMIT {largest}) m WHERE geom IS NOT NULL"
    ).format(
        name=sql.Literal(layer.id),
        extent=sql.Literal(EXTENT),
        buffer=sql.Literal(BUFFER),
        columns=columns,
        geometry=geometry,
        view=sql.Identifier(schema_of(level), layer.id),
        margin=sql.Literal(pixel_m * BUFFER),
        srid=sql.Literal(stored_srid),
        valid=valid.text,
        largest=sql.Literal(LARGEST),
    )
    return text, (zoom, column, row, *valid.values)


def _is_time(layer: Layer, name: str) -> bool:
    return layer.all_columns[name].type in ("date", "datetime")


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
