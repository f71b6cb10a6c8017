"""Items and item: parameters -> one Query -> text made by PostGIS -> answer."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import orjson
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from gis.db.compose import Box, Composer, Interval, Output, Query, Statement
from gis.db.cql import compile_filter
from gis.errors import NotFound, QueryError
from gis.serve import parameters as read
from gis.serve.answer import (
    DOCUMENT_FORMATS,
    GEOJSON,
    cache_headers,
    is_unchanged,
    not_modified,
    only,
    page_answer,
    weak_etag,
)
from gis.serve.cells import cell
from gis.serve.context import Context
from gis.serve.counts import Counts, matching_key
from gis.serve.cursor import read_cursor, write_cursor
from gis.serve.links import build_item_links, build_items_links
from gis.serve.negotiate import format_of
from gis.serve.openapi import ITEM_PARAMETERS, ITEMS_PARAMETERS
from gis.serve.rows import fetch
from layers import Layer, Level

_SECONDS = 60


@dataclass(frozen=True)
class Asked:
    """One request for features, read and checked."""

    layer: Layer
    level: Level
    format: str
    crs: read.Served
    query: Query
    hits: bool = False
    passed: int = 0


@dataclass(frozen=True)
class Found:
    """What the database answered: the page as text, and how much there is."""

    version: int
    matched: int
    returned: int
    text: bytes
    keys: bytes | None = None


class Features:
    """Handlers of /collections/{layer}/items and /items/{code}."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._composer = Composer(context.catalogue, context.city.stored_srid)
        self._counts = Counts()

    async def items(self, request: Request) -> Response:
        """A page of features, and how many there are in all."""
        asked = self._read_items(request)
        version = self._composer.version(asked.layer.id)
        if unchanged := await self._unchanged(request, asked, version):
            return unchanged
        found = await self._fetch_items(request, asked, version)
        links = build_items_links(
            self._context,
            request,
            asked.layer,
            limit=asked.query.limit,
            passed=asked.passed,
            after=self._cursor(request, asked, found),
        )
        tail = {
            "numberMatched": found.matched,
            "numberReturned": found.returned,
            "timeStamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "links": links,
        }
        body = b'{"type":"FeatureCollection","features":[%b],%b' % (
            found.text,
            orjson.dumps(tail)[1:],
        )
        if asked.format == "html":
            return self._items_page(request, asked, body)
        return self._answer(request, asked, body, found.version)

    async def _fetch_items(
        self, request: Request, asked: Asked, version: Statement
    ) -> Found:
        """Page and count; the count from before where the table has not changed."""
        database, level = self._context.database, asked.level
        key = matching_key(request, asked.layer.id, level, _today())
        count = self._composer.count(asked.query)
        page = [] if asked.hits else [self._composer.page(asked.query)]
        wanted = [] if key in self._counts else [count]
        rows = await fetch(request, database, level, [version, *page, *wanted])
        current = (rows[0] or (0,))[0]
        matched = self._counts.get(key, current)
        if matched is None:
            if not wanted:
                rows += await fetch(request, database, level, [count])
            matched = (rows[-1] or (0,))[0]
            self._counts.put(key, current, matched)
        text, returned, _, keys = (rows[1] if page else None) or (None, 0, None, None)
        return Found(current, matched, returned, text or b"", keys)

    async def item(self, request: Request) -> Response:
        """One feature by its code, as valid now or at `datetime`."""
        asked = self._read_item(request)
        code = request.path_params["code"]
        if "\x00" in code:
            raise NotFound("item: no feature has this code")
        version = self._composer.version(asked.layer.id)
        if unchanged := await self._unchanged(request, asked, version):
            return unchanged
        statements = [version, self._composer.item(asked.query, code)]
        rows = await fetch(request, self._context.database, asked.level, statements)
        if rows[1] is None:
            raise NotFound(f"item {code[:80]!r}: no feature of {asked.layer.id}")
        links = build_item_links(self._context, request, asked.layer, code)
        feature = bytes(rows[1][0])
        body = feature[:-1] + b',"links":' + orjson.dumps(links) + b"}"
        if asked.format == "html":
            return self._item_page(request, asked, body)
        return self._answer(request, asked, body, (rows[0] or (0,))[0])

    # -- reading the request -----------------------------------------------------

    def _read_items(self, request: Request) -> Asked:
        context = self._context
        layer, level = context.layer_of(request), context.level_of(request)
        columns = layer.columns_at(level)
        only(request, (*ITEMS_PARAMETERS, *columns))
        given = request.query_params
        bbox_crs = read.read_crs(given, "bbox-crs", context.city)
        filter_crs = read.read_crs(given, "filter-crs", context.city)
        language = read.read_choice(given, "filter-lang", "cql2-text", "cql2-json")
        text = read.read_text(given, "filter")
        condition = None
        if text is not None:
            condition = compile_filter(
                text,
                {name: column.type for name, column in columns.items()},
                language=language,
                geometry="geom" if layer.geometry_at(level) else None,
                stored_srid=context.city.stored_srid,
                filter_srid=_stored(filter_crs, context.city.stored_srid),
                flip=filter_crs.northing_first,
            )
        asked = self._output(request, layer, level)
        sort, offset = read.read_sort(given, columns), read.read_offset(given)
        place = read_cursor(
            context.gate.sign,
            _order_key(request, layer.id, level),
            read.read_text(given, "cursor"),
        )
        if place and offset:
            raise QueryError("offset", "not together with cursor")
        query = Query(
            layer=layer.id,
            level=level,
            limit=read.read_limit(given),
            offset=offset,
            after=place.fid if place else None,
            after_values=place.values if place else (),
            boxes=_boxes(read.read_bbox(given, bbox_crs), bbox_crs),
            interval=_interval(given),
            equals=read.read_equals(given, columns),
            words=read.read_words(given),
            filter=condition,
            sort=sort,
            output=asked.query.output,
        )
        hits = read.read_choice(given, "resulttype", "results", "hits") == "hits"
        passed = place.passed if place else offset
        return Asked(layer, level, asked.format, asked.crs, query, hits, passed)

    def _read_item(self, request: Request) -> Asked:
        context = self._context
        layer, level = context.layer_of(request), context.level_of(request)
        only(request, ITEM_PARAMETERS)
        return self._output(request, layer, level)

    def _output(self, request: Request, layer: Layer, level: Level) -> Asked:
        """What items and item have in common: format, CRS, properties, time."""
        given = request.query_params
        crs = read.read_crs(given, "crs", self._context.city)
        output = Output(
            columns=read.read_names(given, "properties", layer.columns_at(level)),
            geometry=not read.read_flag(given, "skipGeometry"),
            srid=crs.srid,
            flip=crs.northing_first,
        )
        query = Query(
            layer=layer.id, level=level, interval=_interval(given), output=output
        )
        return Asked(layer, level, format_of(request, DOCUMENT_FORMATS), crs, query)

    def _cursor(self, request: Request, asked: Asked, found: Found) -> str | None:
        """Where the next page goes on; None on the last."""
        if found.keys is None:
            return None
        return write_cursor(
            self._context.gate.sign,
            _order_key(request, asked.layer.id, asked.level),
            asked.passed + found.returned,
            found.keys.decode(),
        )

    # -- answering ---------------------------------------------------------------

    def _etag(self, request: Request, asked: Asked, version: int) -> str:
        context = self._context
        return weak_etag(
            context.base_url(request),
            request.url.path,
            request.url.query,
            context.lang_of(request),
            asked.format,
            asked.level,
            _today(),
            version,
        )

    async def _unchanged(
        self, request: Request, asked: Asked, version: Statement
    ) -> Response | None:
        """304 when the client holds the answer of the table's current version."""
        if asked.format == "html" or "if-none-match" not in request.headers:
            return None
        rows = await fetch(request, self._context.database, asked.level, [version])
        etag = self._etag(request, asked, (rows[0] or (0,))[0])
        if not is_unchanged(request, etag):
            return None
        return not_modified(cache_headers(asked.level, _SECONDS, etag))

    def _answer(
        self, request: Request, asked: Asked, body: bytes, version: int
    ) -> Response:
        etag = self._etag(request, asked, version)
        headers = cache_headers(asked.level, _SECONDS, etag)
        headers["Content-Crs"] = f"<{asked.crs.uri}>"
        headers["Content-Language"] = self._context.lang_of(request)
        return Response(body, media_type=GEOJSON, headers=headers)

    def _items_page(self, request: Request, asked: Asked, body: bytes) -> Response:
        data = orjson.loads(body)
        for link in data["links"]:
            link["page"] = link["href"].replace("f=json", "f=html", 1)
        features = [f for f in data["features"] if f["geometry"]]
        return page_answer(
            self._context,
            request,
            "items.html",
            layer=asked.layer,
            data=data,
            **self._table(request, asked, hidden="code"),
            json_href=data["links"][0]["href"],
            mapped=bool(features) and asked.crs.is_lon_lat,
            features=_embedded({"type": "FeatureCollection", "features": features}),
        )

    def _item_page(self, request: Request, asked: Asked, body: bytes) -> Response:
        feature = orjson.loads(body)
        return page_answer(
            self._context,
            request,
            "item.html",
            layer=asked.layer,
            feature=feature,
            **self._table(request, asked),
            json_href=feature["links"][0]["href"],
            mapped=feature["geometry"] is not None and asked.crs.is_lon_lat,
            features=_embedded(feature),
        )

    def _table(
        self, request: Request, asked: Asked, hidden: str | None = None
    ) -> dict[str, Any]:
        """What a page's table needs: titles of the properties, and their cells."""
        columns = asked.layer.columns_at(asked.level)
        names = asked.query.output.columns or tuple(columns)
        lang = self._context.lang_of(request)
        return {
            "columns": {
                name: columns[name].title.in_language(lang)
                for name in names
                if name != hidden
            },
            "cell": lambda name, value: cell(value, columns[name], lang),
        }


def _stored(crs: read.Served, stored_srid: int) -> int:
    """EPSG code for literals; CRS84 has the numbers of the stored degrees."""
    return stored_srid if crs.srid == 4326 else crs.srid


def _boxes(box: read.Box | None, crs: read.Served) -> tuple[Box, ...]:
    """One rectangle, or two where the box crosses the antimeridian."""
    if box is None:
        return ()
    west, south, east, north = box
    if west <= east:
        return (Box(west, south, east, north, crs.srid),)
    return (
        Box(west, south, 180.0, north, crs.srid),
        Box(-180.0, south, east, north, crs.srid),
    )


def _interval(given: Mapping[str, str]) -> Interval | None:
    period = read.read_period(given)
    return None if period is None else Interval(period.start, period.end)


def _today() -> date:
    """The day that decides what is valid now."""
    return datetime.now(UTC).date()


def _order_key(request: Request, layer_id: str, level: Level) -> Hashable:
    """What decides which features match, and in which order."""
    sort = request.query_params.get("sortby", "")
    return matching_key(request, layer_id, level.label, sort)


def _embedded(document: Mapping[str, Any]) -> Markup:
    """JSON that may stand inside a script element: nothing in it ends the element."""
    text = orjson.dumps(document).decode()
    for mark, escaped in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(mark, escaped)
    return Markup(text)  # noqa: S704  # no mark of HTML is left in it
