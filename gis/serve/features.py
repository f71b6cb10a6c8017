"""Items: parameters -> one Query -> text made by PostGIS -> answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gis.db.compose import Composer, Statement
from gis.serve.answer import (
    GEOJSON,
    JSON_FG,
    cache_headers,
    is_unchanged,
    not_modified,
    weak_etag,
)
from gis.serve.asked import Asked, order_key, read_items
from gis.serve.bounds import Bounds
from gis.serve.context import Context, once
from gis.serve.counts import Counts, Matched
from gis.serve.cursor import write_cursor
from gis.serve.downloads import check_format, file_answer, write_page
from gis.serve.feature_pages import items_page
from gis.serve.formats import FORMATS
from gis.serve.kept import Made, note
from gis.serve.links import Link, build_items_links, link_header
from gis.serve.packing import coding_of, packed, packed_answer, packed_parts
from gis.serve.rows import Row, fetch, fetch_all, watched
from gis.serve.streams import Progress, read_parts, with_ends

SECONDS = 60


@dataclass(frozen=True)
class Found:
    """What the database answered: features as text, and where the next page goes on."""

    version: int
    matched: Matched
    returned: int
    features: list[bytes]
    place: Row | None


class Features:
    """Handler of /collections/{layer}/items."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._composer = Composer(context.catalogue, context.city)
        self._counts = Counts(context, self._composer)
        self._bounds = Bounds(context, self._composer)

    async def items(self, request: Request) -> Response:
        """A page of features, and how many there are in all."""
        asked = read_items(self._context, request)
        version = self._composer.version(asked.layer.id)
        if kept := await self._kept(request, asked):
            return kept
        bounds = await self._bounds.check(request, asked)
        if asked.format in FORMATS:
            return await self._file(request, asked, version)
        if bounds.is_long and asked.format != "html" and not asked.hits:
            return await self._stream(request, asked, version)
        async with self._context.lanes.pages.slot():
            found = await self._fetch_page(request, asked, version)
        links = self._links(request, asked, found)
        body = _document(found.features, _tail(asked, found, links))
        if asked.format == "html":
            return items_page(self._context, request, asked, body)
        return await self._answer(request, asked, body, found.version, links)

    async def _fetch_page(
        self, request: Request, asked: Asked, version: Statement
    ) -> Found:
        """The page, and the count where the page itself does not tell it."""
        database, progress = self._context.database, _progress(asked)
        page = [] if asked.hits else [self._composer.page(asked.query)]
        reading = fetch_all(request, database, asked.level, [version, *page])
        counting = None
        if asked.query.filter is not None and page:
            # what a filter matches is rarely told by the page: count meanwhile
            counting = asyncio.create_task(self._count(request, asked))
            counting.add_done_callback(_looked_at)
        try:
            rows = await reading
            current, features = _version(rows[0]), list[bytes]()
            if page:
                features = rows[1].first_column(progress.take(rows[1]))
            matched = _told_by_page(asked, progress)
            if matched is None:
                matched = await (counting or self._count(request, asked))
        finally:
            if counting is not None:
                counting.cancel()
        return Found(current, matched, progress.returned, features, progress.place)

    async def _count(self, request: Request, asked: Asked) -> Matched:
        """How many features match."""
        size = await self._bounds.size(request, asked)
        return await self._counts.count(request, asked, _today(), size.rows)

    def _links(self, request: Request, asked: Asked, found: Found) -> list[Link]:
        """Links of a page."""
        return build_items_links(
            self._context,
            request,
            asked.layer,
            limit=asked.query.limit,
            passed=asked.passed,
            after=self._cursor(request, asked, found.returned, found.place),
            format_=asked.format,
        )

    async def _stream(
        self, request: Request, asked: Asked, version: Statement
    ) -> Response:
        """A long page, sent while it is read; refused before its first byte."""
        context, level = self._context, asked.level
        (row,) = await fetch(request, context.database, level, [version])
        current = _version([row] if row else [])
        size = await self._bounds.size(request, asked)
        progress = _progress(asked)
        parts = read_parts(
            context.database,
            level,
            self._composer.page(asked.query),
            context.lanes.heavy,
            progress,
            size.row_bytes,
        )
        first = await watched(request, anext(parts, b""))

        async def tail() -> bytes:
            matched = _told_by_page(asked, progress)
            matched = matched or await self._count(request, asked)
            found = Found(current, matched, progress.returned, [], progress.place)
            return b"]," + _tail(asked, found, self._links(request, asked, found))

        body = with_ends(
            b'{"type":"FeatureCollection","features":[' + first, parts, tail
        )
        headers = self._headers(request, asked, current)
        if coding := coding_of(request):
            body, headers["Content-Encoding"] = packed_parts(coding, body), coding
        return StreamingResponse(body, media_type=media_type_of(asked), headers=headers)

    async def _file(
        self, request: Request, asked: Asked, version: Statement
    ) -> Response:
        """A page of features in a format that is a file."""
        context, query = self._context, asked.query
        check_format(asked.layer, query, asked.format)
        (row,) = await fetch(request, context.database, asked.level, [version])
        progress = _progress(asked)
        async with context.lanes.heavy.slot():
            rows = None if asked.hits else self._composer.rows(query)
            made = write_page(
                context.database, asked.layer, query, asked.format, rows,
                progress, asked.heads,
            )  # fmt: skip
            file = await watched(request, made)
        current = _version([row] if row else [])
        found = Found(current, Matched(0), progress.returned, [], progress.place)
        headers = self._headers(request, asked, current)
        headers["Link"] = link_header(self._links(request, asked, found))
        headers["OGC-NumberReturned"] = str(progress.returned)
        return file_answer(file, asked.layer, asked.format, headers)

    def _cursor(
        self, request: Request, asked: Asked, returned: int, place: Row | None
    ) -> str | None:
        """Where the next page goes on; None on the last."""
        if place is None:
            return None
        fid, *values = place
        keys = [None if value is None else value.decode() for value in values]
        return write_cursor(
            self._context.gate.sign,
            order_key(request, asked.layer.id, asked.level),
            asked.passed + returned,
            orjson.dumps([*keys, fid]).decode(),
        )

    # -- answering ---------------------------------------------------------------

    def _question(self, request: Request, asked: Asked) -> str:
        """Everything but the table's version that an answer depends on."""
        context = self._context

        def made() -> str:
            return weak_etag(
                context.base_url(request),
                request.scope["path"],
                request.scope["query_string"],
                context.lang_of(request),
                asked.format,
                asked.level,
                _today(),
            )

        return once(request, "question", made)

    async def _kept(self, request: Request, asked: Asked) -> Response | None:
        """304, or the bytes answered before, when the table's version still stands."""
        store = self._context.kept
        question = f"{self._question(request, asked)}{coding_of(request)}"
        held = "if-none-match" in request.headers
        if asked.format == "html" or not (held or question in store):
            return None
        now = await self._context.database.versions()
        headers = self._headers(request, asked, now.get(asked.layer.id, 0))
        if is_unchanged(request, headers["ETag"]):
            kept_headers = cache_headers(asked.level, SECONDS, headers["ETag"])
            return not_modified(kept_headers)
        found = store.get(question, now)
        if found is None:
            return None
        if links := store.get(f"{question} links", now):
            headers["Link"] = links.body.decode()
        note(request, question, found.made)
        return packed_answer(found.body, media_type_of(asked), headers)

    async def _answer(
        self,
        request: Request,
        asked: Asked,
        body: bytes,
        version: int,
        links: Sequence[Link] = (),
    ) -> Response:
        """The answer, packed and kept; its links in the head, too."""
        body = await packed(request, body)
        store = self._context.kept
        question = f"{self._question(request, asked)}{coding_of(request)}"
        made = Made({asked.layer.id: version})
        store.put(question, made, body)
        note(request, question, made)
        headers = self._headers(request, asked, version)
        if links:
            headers["Link"] = link_header([one for one in links if _is_in_head(one)])
            store.put(f"{question} links", made, headers["Link"].encode())
        return packed_answer(body, media_type_of(asked), headers)

    def _headers(self, request: Request, asked: Asked, version: int) -> dict[str, str]:
        etag = weak_etag(self._question(request, asked), version)
        headers = cache_headers(asked.level, SECONDS, etag)
        headers["Content-Crs"] = f"<{asked.crs.uri}>"
        headers["Content-Language"] = self._context.lang_of(request)
        return headers


def _document(features: Sequence[bytes], tail: bytes) -> bytes:
    """A collection of features as one text, copied once."""
    pieces = list(features) or [b""]
    pieces[0] = b'{"type":"FeatureCollection","features":[' + pieces[0]
    pieces[-1] += b"]," + tail
    return b",".join(pieces)


def _tail(asked: Asked, found: Found, links: Sequence[Link]) -> bytes:
    """Members of the document that stand after its features."""
    tail = {
        **(_json_fg(asked) if asked.format == "jsonfg" else {}),
        **found.matched.members,
        "numberReturned": found.returned,
        "timeStamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "links": links,
    }
    return orjson.dumps(tail)[1:]


def _is_in_head(link: Link) -> bool:
    """Whether a link of a document stands in its head: of other formats the page."""
    return link["rel"] != "alternate" or link["type"] == "text/html"


def _version(rows: Sequence[Row]) -> int:
    """The version that was read; 0 for a table that nobody has written yet."""
    return int(rows[0][0]) if rows else 0


def _looked_at(task: asyncio.Task[Matched]) -> None:
    """Take note of an error that nobody waits for: the page failed for the same."""
    if not task.cancelled():
        task.exception()


def _told_by_page(asked: Asked, progress: Progress) -> Matched | None:
    """How many features match, where the page is the last and was reached by counting.

    A cursor's count of the features before the page is of the time it was made.
    """
    query = asked.query
    if asked.hits or progress.more or query.after is not None:
        return None
    if query.offset and not progress.returned:
        return None
    return Matched(query.offset + progress.returned)


def _progress(asked: Asked) -> Progress:
    return Progress(asked.query.limit, len(asked.query.sort))


def _today() -> date:
    """The day that decides what is valid now."""
    return datetime.now(UTC).date()


def media_type_of(asked: Asked) -> str:
    """Media type of an answer that is no file."""
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
