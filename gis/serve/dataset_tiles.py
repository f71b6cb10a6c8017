"""Tiles of the whole city: the layers of one tile behind one another, by choice."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from gis.db.compose import Composer
from gis.db.matrix import MATRIX_SETS, MatrixSet, read_tile_index
from gis.db.tiles import LARGEST_BYTES, Tile
from gis.errors import NotFound, QueryError
from gis.publish.pygeoapi import is_tiled
from gis.serve.answer import (
    DOCUMENT_FORMATS,
    MVT,
    document_answer,
    only,
    page_answer,
    weak_etag,
)
from gis.serve.context import Context
from gis.serve.engine import BASE, Document
from gis.serve.kept import packed, takes_gzip
from gis.serve.negotiate import format_of
from gis.serve.parameters import read_day, read_text
from gis.serve.rows import fetch
from gis.serve.tiles import Tiles, matrix_set_of, tile_answer, tile_headers, zooms_of
from layers import Layer

_URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/"


class DatasetTiles:
    """Handlers of /tiles and below."""

    def __init__(self, context: Context, tiles: Tiles) -> None:
        self._context = context
        self._composer = Composer(context.catalogue, context.city.stored_srid)
        self._tiles = tiles

    async def tilesets(self, request: Request) -> Response:
        """The list of tilesets: one per tile matrix set."""
        only(request, ("collections",))
        found = [self._tileset(request, one) for one in MATRIX_SETS.values()]
        for tileset in found:
            tileset.pop("layers")
        return self._answer(request, {"tilesets": found, "links": found[0]["links"]})

    async def tileset(self, request: Request) -> Response:
        """Metadata of a tileset and of every layer in it."""
        only(request, ("collections",))
        return self._answer(request, self._tileset(request, matrix_set_of(request)))

    async def tilejson(self, request: Request) -> Response:
        """TileJSON 3.0 of the chosen layers."""
        only(request, ("collections",))
        context, matrix_set = self._context, matrix_set_of(request)
        each = [
            self._tiles.build_tilejson(request, layer, matrix_set)
            for layer in self._chosen(request)
        ]
        west, south, east, north = context.city.extent
        made = {
            "tilejson": "3.0.0",
            "name": context.city.title.in_language(context.lang_of(request)),
            "attribution": context.city.attribution,
            "scheme": "xyz",
            "tiles": [self._href(request, matrix_set, "/{z}/{y}/{x}")],
            "minzoom": min(one["minzoom"] for one in each),
            "maxzoom": max(one["maxzoom"] for one in each),
            "bounds": [west, south, east, north],
            "vector_layers": [entry for one in each for entry in one["vector_layers"]],
        }
        return document_answer(context, request, made)

    async def tile(self, request: Request) -> Response:
        """One tile with every chosen layer that has tiles at this zoom."""
        only(request, ("collections", "datetime"))
        format_of(request, {"mvt": (MVT, "*/*")})
        context, matrix_set = self._context, matrix_set_of(request)
        path, level = request.path_params, context.level_of(request)
        index = read_tile_index(path["zoom"], path["row"], path["column"])
        matrix_set.bounds_of(index)
        day = read_day(request.query_params) or datetime.now(UTC).date()
        layers = []
        for layer in self._chosen(request):
            low, high = zooms_of(layer, matrix_set)
            if low <= index[0] <= high:
                layers.append(layer)
        if not layers:
            raise NotFound(f"tileMatrix {index[0]}: none of these layers has tiles")
        named = ",".join(layer.id for layer in layers)
        etag = weak_etag(request.url.path, named, level, day)
        question = f"{etag}{takes_gzip(request)}"
        asked = [self._composer.version(layer.id) for layer in layers]
        versions = await fetch(request, context.database, level, asked)
        # no version ever falls: the sum stands as long as all of them do
        current = sum((row or (0,))[0] for row in versions)
        if answer := self._tiles.held(request, question, (current,), level):
            return answer
        parts: list[bytes] = []
        async with context.lanes.pages.slot():
            for layer, version in zip(layers, asked, strict=True):
                tile = Tile(layer.id, level, index, day, matrix_set)
                left = LARGEST_BYTES - sum(map(len, parts))
                found = await self._tiles.made(request, tile, version, max(left, 0))
                parts.append(found[1])
        body = await packed(request, b"".join(parts))
        context.kept.put(question, current, body)
        return tile_answer(body, tile_headers(question, current, level))

    def _chosen(self, request: Request) -> list[Layer]:
        """Layers named by `collections`, else all that have tiles for the level.

        Raises
        ------
        QueryError : a name stands for no layer with tiles
        """
        context = self._context
        level = context.level_of(request)
        tiled = {
            layer.id: layer
            for layer in context.catalogue.visible_at(level).values()
            if is_tiled(layer, level)
        }
        text = read_text(request.query_params, "collections")
        if text is None:
            return list(tiled.values())
        names = dict.fromkeys(part.strip() for part in text.split(","))
        for name in names:
            if name not in tiled:
                raise QueryError("collections", f"{name[:60]!r}: no layer with tiles")
        return [tiled[name] for name in names]

    def _href(self, request: Request, matrix_set: MatrixSet, path: str) -> str:
        chosen = request.query_params.get("collections")
        query = f"?collections={chosen}" if chosen else ""
        return f"{BASE}/tiles/{matrix_set.id}{path}{query}"

    def _tileset(self, request: Request, matrix_set: MatrixSet) -> Document:
        context = self._context
        each = [
            self._tiles.build_tileset(request, layer, matrix_set)
            for layer in self._chosen(request)
        ]
        lang = context.lang_of(request)
        links = [
            ("self", "application/json", "This tileset", ""),
            ("item", MVT, "Vector tile", "/{tileMatrix}/{tileRow}/{tileCol}"),
            (
                "describedby",
                "application/json",
                "TileJSON of the vector tiles",
                "/tilejson.json",
            ),
        ]
        return {
            "title": context.city.title.in_language(lang),
            "dataType": "vector",
            "crs": each[0]["crs"],
            "tileMatrixSetURI": f"{_URI}{matrix_set.id}",
            "tileMatrixSetId": matrix_set.id,
            "boundingBox": each[0]["boundingBox"],
            "layers": [entry for one in each for entry in one["layers"]],
            "links": [
                {
                    "rel": rel,
                    "type": media_type,
                    "title": context.texts.say(lang, title),
                    "href": self._href(request, matrix_set, path),
                    **({"templated": True} if "{" in path else {}),
                }
                for rel, media_type, title, path in links
            ],
        }

    def _answer(self, request: Request, made: Document) -> Response:
        context = self._context
        if format_of(request, DOCUMENT_FORMATS) == "html":
            city = context.city.title.in_language(context.lang_of(request))
            data = {"id": None, "title": city, "links": made["links"]}
            return page_answer(context, request, "tiles.html", data=data)
        return document_answer(context, request, made)
