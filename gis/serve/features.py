"""Items and item: parameters -> one Query -> text made by PostGIS -> answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import orjson
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gis.db.compose import Composer, Statement
from gis.errors import NotFound
from gis.serve.answer import (
    GEOJSON,
    JSON_FG,
    cache_headers,
    is_unchanged,
    not_modified,
    page_answer,
    weak_etag,
)
from gis.serve.asked import Asked, order_key, read_item, read_items
from gis.serve.cells import cell
from gis.serve.context import Context
from gis.serve.counts import Counts, matching_key
from gis.serve.cursor import write_cursor
from gis.serve.downloads import (
    check_format,
    file_answer,
    link_header,
    page_of,
    write_page,
)
from gis.serve.formats import FORMATS
from gis.serve.kept import packed, packed_answer, takes_gzip
from gis.serve.links import build_item_links, build_items_links
from gis.serve.rows import fetch, fetch_all, watched
from gis.serve.streams import LONG, Progress, gzipped, read_parts, with_ends

_SECONDS = 60


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
        asked = read_items(self._context, request)
        version = self._composer.version(asked.layer.id)
        if kept := await self._kept(request, asked, version):
            return kept
        if asked.format in FORMATS:
            return await self._file(request, asked, version)
        if asked.query.limit > LONG and asked.format != "html" and not asked.hits:
            return await self._stream(request, asked, version)
        async with self._context.lanes.pages.slot():
            found = await self._fetch_items(request, asked, version)
        body = b'{"type":"FeatureCollection","features":[%b],%b' % (
            found.text,
            self._tail(request, asked, found),
        )
        if asked.format == "html":
            return self._items_page(request, asked, body)
        return await self._answer(request, asked, body, found.version)

    def _tail(self, request: Request, asked: Asked, found: Found) -> bytes:
        """Members of the document that stand after its features."""
        links = build_items_links(
            self._context,
            request,
            asked.layer,
            limit=asked.query.limit,
            passed=asked.passed,
            after=self._cursor(request, asked, found.returned, found.keys),
            format_=asked.format,
        )
        tail = {
            **(_json_fg(asked) if asked.format == "jsonfg" else {}),
            "numberMatched": found.matched,
            "numberReturned": found.returned,
            "timeStamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "links": links,
        }
        return orjson.dumps(tail)[1:]

    async def _stream(
        self, request: Request, asked: Asked, version: Statement
    ) -> Response:
        """A long page, sent while it is read; refused before its first byte."""
        context, lane = self._context, self._context.lanes.heavy
        async with lane.slot():
            found = await self._fetch_items(request, replace(asked, hits=True), version)
        progress = Progress()
        statement = self._composer.features(asked.query)
        parts = read_parts(context.database, asked.level, statement, lane, progress)
        first = await watched(request, anext(parts, b""))

        def tail() -> bytes:
            told = replace(found, returned=progress.returned, keys=progress.keys)
            return b"]," + self._tail(request, asked, told)

        start = b'{"type":"FeatureCollection","features":[' + first
        body = with_ends(start, parts, tail)
        headers = self._headers(request, asked, found.version)
        if takes_gzip(request):
            body, headers["Content-Encoding"] = gzipped(body), "gzip"
        return StreamingResponse(body, media_type=_media_type(asked), headers=headers)

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

    async def _file(
        self, request: Request, asked: Asked, version: Statement
    ) -> Response:
        """A page of features in a format that is a file."""
        query, level = asked.query, asked.level
        check_format(asked.layer, query, asked.format)
        wanted = [version, self._composer.rows(query)]
        async with self._context.lanes.heavy.slot():
            found = await fetch_all(request, self._context.database, level, wanted)
            page = page_of([] if asked.hits else found[1], query.limit)
            file = await write_page(asked.layer, query, asked.format, page, asked.heads)
        links = build_items_links(
            self._context,
            request,
            asked.layer,
            limit=query.limit,
            passed=asked.passed,
            after=self._cursor(request, asked, len(page.rows), page.keys),
            format_=asked.format,
        )
        current = found[0][0][0] if found[0] else 0
        headers = self._headers(request, asked, current)
        headers["Link"] = link_header(links)
        headers["OGC-NumberReturned"] = str(len(page.rows))
        return file_answer(file, asked.layer, asked.format, headers)

    async def item(self, request: Request) -> Response:
        """One feature by its code, as valid now or at `datetime`."""
        asked = read_item(self._context, request)
        code = request.path_params["code"]
        if "\x00" in code:
            raise NotFound("item: no feature has this code")
        version = self._composer.version(asked.layer.id)
        if kept := await self._kept(request, asked, version):
            return kept
        statements = [version, self._composer.item(asked.query, code)]
        rows = await fetch(request, self._context.database, asked.level, statements)
        if rows[1] is None:
            raise NotFound(f"item {code[:80]!r}: no feature of {asked.layer.id}")
        links = build_item_links(self._context, request, asked.layer, code)
        feature = bytes(rows[1][0])
        body = feature[:-1] + b',"links":' + orjson.dumps(links) + b"}"
        if asked.format == "html":
            return self._item_page(request, asked, body)
        return await self._answer(request, asked, body, (rows[0] or (0,))[0])

    def _cursor(
        self, request: Request, asked: Asked, returned: int, keys: bytes | None
    ) -> str | None:
        """Where the next page goes on; None on the last."""
        if keys is None:
            return None
        return write_cursor(
            self._context.gate.sign,
            order_key(request, asked.layer.id, asked.level),
            asked.passed + returned,
            keys.decode(),
        )

    # -- answering ---------------------------------------------------------------

    def _question(self, request: Request, asked: Asked) -> str:
        """Everything but the table's version that an answer depends on."""
        context = self._context
        return weak_etag(
            context.base_url(request),
            request.url.path,
            request.url.query,
            context.lang_of(request),
            asked.format,
            asked.level,
            _today(),
        )

    async def _kept(
        self, request: Request, asked: Asked, version: Statement
    ) -> Response | None:
        """304, or the bytes answered before, when the table's version still stands."""
        store, packing = self._context.kept, takes_gzip(request)
        question = f"{self._question(request, asked)}{packing}"
        held = "if-none-match" in request.headers
        if asked.format == "html" or not (held or question in store):
            return None
        rows = await fetch(request, self._context.database, asked.level, [version])
        current = (rows[0] or (0,))[0]
        headers = self._headers(request, asked, current)
        if is_unchanged(request, headers["ETag"]):
            kept_headers = cache_headers(asked.level, _SECONDS, headers["ETag"])
            return not_modified(kept_headers)
        body = store.get(question, current)
        if body is None:
            return None
        return packed_answer(body, _media_type(asked), headers)

    async def _answer(
        self, request: Request, asked: Asked, body: bytes, version: int
    ) -> Response:
        """The answer, packed and kept."""
        body = await packed(request, body)
        question = f"{self._question(request, asked)}{takes_gzip(request)}"
        self._context.kept.put(question, version, body)
        headers = self._headers(request, asked, version)
        return packed_answer(body, _media_type(asked), headers)

    def _headers(self, request: Request, asked: Asked, version: int) -> dict[str, str]:
        etag = weak_etag(self._question(request, asked), version)
        headers = cache_headers(asked.level, _SECONDS, etag)
        headers["Content-Crs"] = f"<{asked.crs.uri}>"
        headers["Content-Language"] = self._context.lang_of(request)
        return headers

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
            files={
                format_.name: link["href"]
                for link in data["links"]
                for format_ in FORMATS.values()
                if link["type"] == format_.media_type and link["rel"] == "alternate"
            },
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


def _today() -> date:
    """The day that decides what is valid now."""
    return datetime.now(UTC).date()


def _media_type(asked: Asked) -> str:
    return JSON_FG if asked.format == "jsonfg" else GEOJSON


def _json_fg(asked: Asked) -> dict[str, Any]:
    """Members that JSON-FG adds to a collection."""
    return {
        "conformsTo": [
            f"http://www.opengis.net/spec/json-fg-1/0.3/conf/{name}"
            for name in ("core", "types-schemas")
        ],
        "featureType": asked.layer.id,
        "coordRefSys": asked.crs.uri,
    }


def _embedded(document: Mapping[str, Any]) -> Markup:
    """JSON that may stand inside a script element: nothing in it ends the element."""
    text = orjson.dumps(document).decode()
    for mark, escaped in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(mark, escaped)
    return Markup(text)  # noqa: S704  # no mark of HTML is left in it
