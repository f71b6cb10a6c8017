"""Tiles of the whole city: the layers of one tile behind one another, by choice."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from gis.db.matrix import MATRIX_SETS, read_tile_index
from gis.db.tiles import LARGEST_BYTES, Tile, fair_share, reach_of
from gis.errors import NotFound, QueryError
from gis.publish.pygeoapi import is_tiled
from gis.publish.tilejson import zooms_of
from gis.serve.answer import MVT, document_answer, only, weak_etag
from gis.serve.context import Context
from gis.serve.documents import list_links
from gis.serve.engine import BASE
from gis.serve.extents import Extents
from gis.serve.kept import Made, note
from gis.serve.negotiate import format_of
from gis.serve.packing import coding_of, packed
from gis.serve.parameters import read_day, read_text
from gis.serve.tiles import (
    Tiles,
    matrix_set_of,
    tile_answer,
    tile_headers,
    tilesets_answer,
)
from gis.serve.tilesets import Tilesets, summary
from layers import Layer


class DatasetTiles:
    """Handlers of /tiles and below."""

    def __init__(self, context: Context, tiles: Tiles, extents: Extents) -> None:
        self._context = context
        self._tiles = tiles
        self._sets = Tilesets(context, extents)

    async def tilesets(self, request: Request) -> Response:
        """The list of tilesets: one per tile matrix set."""
        only(request, ("collections",))
        chosen, query = self._chosen(request), _query(request)
        bounds = await self._sets.bounds(request, chosen)
        found = [
            self._sets.tileset(
                request, chosen, one, bounds, f"{BASE}/tiles/{one.id}", query
            )
            for one in MATRIX_SETS.values()
        ]
        made = {
            "title": self._title(request),
            "tilesets": [summary(one) for one in found],
            "links": list_links(self._context, request, f"{BASE}/tiles", "Tilesets"),
        }
        return tilesets_answer(self._context, request, made)

    async def tileset(self, request: Request) -> Response:
        """Metadata of a tileset and of every layer in it."""
        only(request, ("collections",))
        matrix_set, chosen = matrix_set_of(request), self._chosen(request)
        bounds = await self._sets.bounds(request, chosen)
        url = f"{BASE}/tiles/{matrix_set.id}"
        made = self._sets.tileset(
            request, chosen, matrix_set, bounds, url, _query(request)
        )
        return tilesets_answer(self._context, request, made)

    async def tilejson(self, request: Request) -> Response:
        """TileJSON 3.0 of the chosen layers."""
        only(request, ("collections",))
        matrix_set, chosen = matrix_set_of(request), self._chosen(request)
        bounds = await self._sets.bounds(request, chosen)
        url = f"{BASE}/tiles/{matrix_set.id}/{{z}}/{{y}}/{{x}}{_query(request)}"
        made = self._sets.tilejson(request, chosen, matrix_set, bounds, url)
        return document_answer(self._context, request, made)

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
        question = f"{etag}{coding_of(request)}"
        tiles = [Tile(layer.id, level, index, day, matrix_set) for layer in layers]
        now = await context.database.versions()
        if answer := self._tiles.held(request, question, now, tiles):
            return answer
        async with context.lanes.pages.slot():
            found = [await self._tiles.made(request, tile, now) for tile in tiles]
            share = fair_share([len(part) for _, part in found], LARGEST_BYTES)
            for at, tile in enumerate(tiles):
                if len(found[at][1]) > share:
                    found[at] = await self._tiles.made(request, tile, now, share)
        versions = {k: v for made, _ in found for k, v in made.versions.items()}
        made = Made(versions, reach_of(tiles[0]))
        body = await packed(request, b"".join(part for _, part in found))
        context.kept.put(question, made, body)
        note(request, question, made)
        return tile_answer(body, tile_headers(question, made, level))

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

    def _title(self, request: Request) -> str:
        context = self._context
        return context.city.title.in_language(context.lang_of(request))


def _query(request: Request) -> str:
    """The choice of layers, as links repeat it."""
    chosen = request.query_params.get("collections")
    return f"?collections={quote(chosen, safe=',')}" if chosen else ""
