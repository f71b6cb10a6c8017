"""Vector tiles of a layer: what tilesets there are, and the tiles themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from gis.db.changes import Changes
from gis.db.matrix import MATRIX_SETS, MatrixSet, read_tile_index
from gis.db.tiles import LARGEST_BYTES, Tile, Tiler, reach_of
from gis.errors import NotFound
from gis.publish.pygeoapi import is_tiled
from gis.publish.tilejson import zooms_of
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
from gis.serve.documents import list_links
from gis.serve.engine import BASE, Document
from gis.serve.extents import Extents
from gis.serve.kept import Made, made_from, note
from gis.serve.negotiate import format_of
from gis.serve.packing import coding_of, packed, packed_answer
from gis.serve.parameters import read_day
from gis.serve.rows import fetch
from gis.serve.tilesets import Tilesets, summary
from gis.tiling.store import Store
from layers import Layer, Level

_SECONDS = 60


class Tiles:
    """Handlers of /collections/{layer}/tiles and below."""

    def __init__(self, context: Context, extents: Extents) -> None:
        self._context = context
        self._sets = Tilesets(context, extents)
        self._store = Store(context.settings.home)
        self._tiler = Tiler(context.catalogue, context.city.stored_srid)

    async def tilesets(self, request: Request) -> Response:
        """The list of a layer's tilesets: one per tile matrix set."""
        only(request, ())
        layer = self._tiled(request)
        bounds = await self._sets.bounds(request, [layer])
        url = f"{BASE}/collections/{layer.id}/tiles"
        found = [
            self._sets.tileset(request, [layer], one, bounds, f"{url}/{one.id}")
            for one in MATRIX_SETS.values()
        ]
        made = {
            "id": layer.id,
            "title": layer.title.in_language(self._context.lang_of(request)),
            "tilesets": [summary(one) for one in found],
            "links": list_links(self._context, request, url, "Tilesets"),
        }
        return tilesets_answer(self._context, request, made)

    async def tileset(self, request: Request) -> Response:
        """Metadata of the tileset."""
        only(request, ())
        layer, matrix_set = self._tiled(request), matrix_set_of(request)
        bounds = await self._sets.bounds(request, [layer])
        url = _root(layer, matrix_set)
        made = self._sets.tileset(request, [layer], matrix_set, bounds, url)
        return tilesets_answer(self._context, request, made)

    async def tilejson(self, request: Request) -> Response:
        """TileJSON 3.0, for MapLibre and others."""
        only(request, ())
        layer, matrix_set = self._tiled(request), matrix_set_of(request)
        bounds = await self._sets.bounds(request, [layer])
        url = f"{_root(layer, matrix_set)}/{{z}}/{{y}}/{{x}}"
        made = self._sets.tilejson(request, [layer], matrix_set, bounds, url)
        return document_answer(self._context, request, made)

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
        question = f"{weak_etag(request.url.path, level, day)}{coding_of(request)}"
        # the versions first: a commit in between makes them too old, never too new
        now = await context.database.versions()
        if answer := self.held(request, question, now, [tile]):
            return answer
        async with context.lanes.pages.slot():
            made, body = await self.made(request, tile, now)
        body = await packed(request, body)
        context.kept.put(question, made, body)
        note(request, question, made)
        return tile_answer(body, tile_headers(question, made, level))

    async def made(
        self,
        request: Request,
        tile: Tile,
        now: Changes,
        most: int = LARGEST_BYTES,
    ) -> tuple[Made, bytes]:
        """The tile: in full, with codes alone, or coarse, as it fits.

        Parameters
        ----------
        now : versions that were read before
        most : bytes that the tile may have
        """
        database, level = self._context.database, tile.level
        if most == LARGEST_BYTES and (found := await self._seeded(tile, now)):
            return found
        making = self._tiler.making(tile, most)
        statement = next(making)
        while True:
            row = (await fetch(request, database, level, [statement]))[0]
            try:
                statement = making.send(row)
            except StopIteration as done:
                return _made(now, [tile]), done.value

    async def _seeded(self, tile: Tile, now: Changes) -> tuple[Made, bytes] | None:
        """The tile that was made ahead, when nothing has changed in it since."""
        for edition in self._store.editions(tile.layer, tile.level):
            made = Made({tile.layer: edition.version}, reach_of(tile))
            if made.stands(now) and edition.holds(tile.day):
                read = partial(self._store.read, edition, tile.matrix_set, tile.index)
                body = await to_thread.run_sync(read)
                if body is not None:
                    return made, body
        return None

    def held(
        self, request: Request, question: str, now: Changes, tiles: Sequence[Tile]
    ) -> Response | None:
        """304, or what was made of the tiles before, while nothing changed in them."""
        found = self._context.kept.get(question, now)
        made = found.made if found else _made(now, tiles)
        headers = tile_headers(question, made, tiles[0].level)
        if is_unchanged(request, headers["ETag"]):
            return not_modified(headers)
        if found is None:
            return None
        note(request, question, made)
        return tile_answer(found.body, headers)

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


def _made(now: Changes, tiles: Sequence[Tile]) -> Made:
    """What is made now of tiles of the same place."""
    return made_from(now, *(tile.layer for tile in tiles), within=reach_of(tiles[0]))


def tile_headers(question: str, made: Made, level: Level) -> dict[str, str]:
    """Caching headers of a tile, by what it depends on."""
    return cache_headers(level, _SECONDS, weak_etag(question, made.version))


def tile_answer(body: bytes, headers: dict[str, str]) -> Response:
    """The tile; 204 where nothing lies in it."""
    if not body:
        return Response(status_code=204, headers=headers)
    return packed_answer(body, MVT, headers)


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


def tilesets_answer(context: Context, request: Request, made: Document) -> Response:
    """A tileset, or a list of them, as JSON or as a page."""
    if format_of(request, DOCUMENT_FORMATS) == "html":
        return page_answer(context, request, "tiles.html", data=made)
    return document_answer(context, request, made)
