"""Vector tiles of a layer: what tilesets there are, and the tiles themselves."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from gis.db.compose import Composer, Statement
from gis.db.matrix import MATRIX_SETS, MatrixSet, read_tile_index
from gis.db.tiles import (
    AGGREGATED,
    LARGEST_BYTES,
    LEFT_OUT,
    Tile,
    Tiler,
    largest_at,
    tile_columns,
)
from gis.errors import NotFound
from gis.publish.pygeoapi import build_fields, is_tiled, zoom_range
from gis.serve.answer import (
    DOCUMENT_FORMATS,
    MVT,
    cache_headers,
    document_answer,
    is_unchanged,
    not_modified,
    only,
    page_answer,
    weak_etag,
)
from gis.serve.context import Context
from gis.serve.engine import BASE, Document, finished
from gis.serve.kept import packed, packed_answer, takes_gzip
from gis.serve.negotiate import format_of
from gis.serve.parameters import read_day
from gis.serve.rows import Row, fetch
from layers import CRS84, Layer, Level, crs_uri

MATRIX_SET_URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/"
_DIMENSIONS = {"Point": 0, "LineString": 1, "MultiLineString": 1}
_SECONDS = 60


class Tiles:
    """Handlers of /collections/{layer}/tiles and below."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._composer = Composer(context.catalogue, context.city.stored_srid)
        self._tiler = Tiler(context.catalogue, context.city.stored_srid)

    async def tilesets(self, request: Request) -> Response:
        """The list of a layer's tilesets: one per tile matrix set."""
        only(request, ())
        layer = self._tiled(request)
        found = [
            self.build_tileset(request, layer, one) for one in MATRIX_SETS.values()
        ]
        made = {
            "id": layer.id,
            "title": layer.title.in_language(self._context.lang_of(request)),
            "tilesets": [
                {key: tileset[key] for key in (*_SUMMARY, "links")} for tileset in found
            ],
            "links": found[0]["links"],
        }
        return self._answer(request, made)

    async def tileset(self, request: Request) -> Response:
        """Metadata of the tileset."""
        only(request, ())
        layer = self._tiled(request)
        matrix_set = matrix_set_of(request)
        return self._answer(request, self.build_tileset(request, layer, matrix_set))

    async def tilejson(self, request: Request) -> Response:
        """TileJSON 3.0, for MapLibre and others."""
        only(request, ())
        layer = self._tiled(request)
        made = self.build_tilejson(request, layer, matrix_set_of(request))
        return document_answer(self._context, request, made)

    def build_tilejson(
        self, request: Request, layer: Layer, matrix_set: MatrixSet
    ) -> Document:
        """TileJSON of a layer."""
        context = self._context
        level, lang = context.level_of(request), context.lang_of(request)
        say = context.texts.say
        titles = {
            name: column.title.in_language(lang)
            for name, column in layer.columns_at(level).items()
        }
        low, high = zooms_of(layer, matrix_set)
        west, south, east, north = context.city.extent
        return {
            "tilejson": "3.0.0",
            "id": layer.id,
            "name": layer.title.in_language(lang),
            "attribution": layer.attribution or context.city.attribution,
            "scheme": "xyz",
            "tiles": [f"{_root(layer, matrix_set)}/{{z}}/{{y}}/{{x}}"],
            "minzoom": low,
            "maxzoom": high,
            "bounds": [west, south, east, north],
            "center": [(west + east) / 2, (south + north) / 2, low],
            "vector_layers": [
                {
                    "id": layer.id,
                    "minzoom": low,
                    "maxzoom": high,
                    "fields": {
                        **{n: titles[n] for n in tile_columns(layer, level)},
                        **{n: say(lang, text) for n, text in _COARSE.items()},
                    },
                }
            ],
        }

    async def tile(self, request: Request) -> Response:
        """One tile; 204 when nothing lies in it."""
        only(request, ("datetime",))
        layer = self._tiled(request)
        matrix_set = matrix_set_of(request)
        format_of(request, {"mvt": (MVT, "*/*")})
        context = self._context
        level = context.level_of(request)
        day = read_day(request.query_params) or datetime.now(UTC).date()
        index = _index(request, layer, matrix_set)
        tile = Tile(layer.id, level, index, day, matrix_set)
        question = f"{weak_etag(request.url.path, level, day)}{takes_gzip(request)}"
        version = self._composer.version(layer.id)
        if "if-none-match" in request.headers or question in context.kept:
            held = await fetch(request, context.database, level, [version])
            if answer := self.held(request, question, held[0], level):
                return answer
        async with context.lanes.pages.slot():
            current, body = await self.made(request, tile, version)
        body = await packed(request, body)
        context.kept.put(question, current, body)
        return tile_answer(body, tile_headers(question, current, level))

    async def made(
        self,
        request: Request,
        tile: Tile,
        version: Statement,
        most: int | None = None,
    ) -> tuple[int, bytes]:
        """Version and tile: in full, with codes alone, or coarse, as it fits.

        Parameters
        ----------
        most : bytes that the tile may have; None: what every tile may have
        """
        most = LARGEST_BYTES if most is None else most
        database, level = self._context.database, tile.level
        wanted = [version, self._tiler.full(tile)]
        first, row = await fetch(request, database, level, wanted)
        body, count = row or (b"", 0)
        largest = largest_at(tile.index[0] + tile.matrix_set.shift)
        if count <= largest and len(body) > most:
            lean = self._tiler.full(tile, ["code"])
            body = ((await fetch(request, database, level, [lean]))[0] or (b"",))[0]
        if count > largest or len(body) > most:
            coarse = self._tiler.coarse(tile)
            body = ((await fetch(request, database, level, [coarse]))[0] or (b"",))[0]
        return (first or (0,))[0], bytes(body)

    def held(
        self, request: Request, question: str, version: Row | None, level: Level
    ) -> Response | None:
        """304, or the tile made before, when the table's version still stands."""
        current = (version or (0,))[0]
        headers = tile_headers(question, current, level)
        if is_unchanged(request, headers["ETag"]):
            return not_modified(headers)
        body = self._context.kept.get(question, current)
        return None if body is None else tile_answer(body, headers)

    def _tiled(self, request: Request) -> Layer:
        """The layer of the path, when its places may be seen.

        Raises
        ------
        NotFound : no such layer, or no tiles of it for this level
        """
        layer = self._context.layer_of(request)
        if not is_tiled(layer, self._context.level_of(request)):
            raise NotFound(f"collection {layer.id!r}: no tiles")
        return layer

    def _answer(self, request: Request, made: Document) -> Response:
        context = self._context
        if format_of(request, DOCUMENT_FORMATS) == "html":
            return page_answer(context, request, "tiles.html", data=made)
        return document_answer(context, request, made)

    def build_tileset(
        self, request: Request, layer: Layer, matrix_set: MatrixSet
    ) -> Document:
        """Metadata of a layer's tileset."""
        context = self._context
        level, lang = context.level_of(request), context.lang_of(request)
        west, south, east, north = context.city.extent
        fields = finished(build_fields(layer, level), lang)
        low, high = zooms_of(layer, matrix_set)
        links = [
            ("self", "application/json", "This tileset", ""),
            ("item", MVT, "Vector tile", "/{tileMatrix}/{tileRow}/{tileCol}?f=mvt"),
            (
                "describedby",
                "application/json",
                "TileJSON of the vector tiles",
                "/tilejson.json",
            ),
        ]
        made: Document = {
            "id": layer.id,
            "title": layer.title.in_language(lang),
            "dataType": "vector",
            "crs": crs_uri(matrix_set.srid) if matrix_set.is_mercator else CRS84,
            "tileMatrixSetURI": f"{MATRIX_SET_URI}{matrix_set.id}",
            "tileMatrixSetId": matrix_set.id,
            "boundingBox": {
                "lowerLeft": [west, south],
                "upperRight": [east, north],
                "crs": CRS84,
            },
            "layers": [
                {
                    "id": layer.id,
                    "title": layer.title.in_language(lang),
                    "dataType": "vector",
                    "geometryDimension": _DIMENSIONS.get(layer.geometry, 2),
                    "minTileMatrix": str(low),
                    "maxTileMatrix": str(high),
                    "propertiesSchema": {
                        "type": "object",
                        "properties": {
                            name: fields[name] for name in tile_columns(layer, level)
                        },
                    },
                }
            ],
            "links": [
                {
                    "rel": rel,
                    "type": media_type,
                    "title": context.texts.say(lang, title),
                    "href": f"{_root(layer, matrix_set)}{path}",
                    **({"templated": True} if "{" in path else {}),
                }
                for rel, media_type, title, path in links
            ],
        }
        made["links"].append(
            {
                "rel": "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme",
                "type": "application/json",
                "title": context.texts.say(lang, "Tile matrix set"),
                "href": f"{BASE}/tileMatrixSets/{matrix_set.id}",
            }
        )
        return made


def tile_headers(question: str, version: int, level: Level) -> dict[str, str]:
    """Caching headers of a tile, by what it depends on."""
    return cache_headers(level, _SECONDS, weak_etag(question, version))


def tile_answer(body: bytes, headers: dict[str, str]) -> Response:
    """The tile; 204 where nothing lies in it."""
    if not body:
        return Response(status_code=204, headers=headers)
    return packed_answer(body, MVT, headers)


_SUMMARY = ("title", "dataType", "crs", "tileMatrixSetURI", "tileMatrixSetId")


#: Attributes of coarse tiles: what they mean.
_COARSE = {
    AGGREGATED: "Features in this cell (tile made coarse)",
    LEFT_OUT: "Features left out of this tile",
}


def _root(layer: Layer, matrix_set: MatrixSet) -> str:
    return f"{BASE}/collections/{layer.id}/tiles/{matrix_set.id}"


def matrix_set_of(request: Request) -> MatrixSet:
    """The tile matrix set of the path.

    Raises
    ------
    NotFound : there is no such one
    """
    name = request.path_params["matrix_set"]
    found = MATRIX_SETS.get(name)
    if found is None:
        known = ", ".join(MATRIX_SETS)
        raise NotFound(f"tile matrix set {name!r}: there are {known}")
    return found


def zooms_of(layer: Layer, matrix_set: MatrixSet) -> tuple[int, int]:
    """First and last zoom of the layer's tiles in a matrix set."""
    low, high = zoom_range(layer)
    return max(0, low - matrix_set.shift), max(0, high - matrix_set.shift)


def _index(
    request: Request, layer: Layer, matrix_set: MatrixSet
) -> tuple[int, int, int]:
    """Zoom, row and column of the path.

    Raises
    ------
    QueryError : one of them is not a whole number
    NotFound : this layer's tileset has no such zoom
    """
    path = request.path_params
    tile = read_tile_index(path["zoom"], path["row"], path["column"])
    low, high = zooms_of(layer, matrix_set)
    if not low <= tile[0] <= high:
        raise NotFound(f"tileMatrix {tile[0]}: there are tiles at {low} to {high}")
    return tile
