"""OGC API - Records: the layers of the caller's level as a catalogue to be searched.

The collection `records` holds a record for every layer. There are as many as layer
files, so that they are searched in memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from gis.errors import NotFound, QueryError
from gis.serve import parameters as read
from gis.serve.answer import (
    DOCUMENT_FORMATS,
    GEOJSON,
    JSON,
    document_answer,
    only,
    page_answer,
)
from gis.serve.context import Context
from gis.serve.engine import BASE
from gis.serve.extents import Extent, Extents
from gis.serve.links import Link
from gis.serve.negotiate import format_of
from gis.serve.record_documents import (
    ID,
    SCHEME,
    TYPE,
    URL,
    Document,
    build_record,
    words_of,
)
from layers import CRS84, Layer

#: Parameters of the records; one that is empty is taken for not given.
PARAMETERS = (
    "limit", "offset", "bbox", "datetime", "q", "type", "ids", "externalIds",
)  # fmt: skip
_TITLE = {"zh": "图层目录", "en": "Catalogue of layers"}
_DESCRIPTION = {
    "zh": "每个图层一条记录：名称、主题、范围、时段、格式与获取方式。",
    "en": "One record for every layer: name, theme, extent, time, formats, links.",
}


class Records:
    """Handlers of /collections/records and below."""

    def __init__(self, context: Context, extents: Extents) -> None:
        self._context = context
        self._extents = extents

    async def catalogue(self, request: Request) -> Response:
        """What the catalogue is."""
        only(request, ())
        if format_of(request, DOCUMENT_FORMATS) == "html":
            return await self._page(request, {}, self._visible(request))
        made = build_catalogue(self._context, request)
        return document_answer(self._context, request, made)

    async def items(self, request: Request) -> Response:
        """The records that match."""
        only(request, PARAMETERS)
        wanted = format_of(request, DOCUMENT_FORMATS)
        given = {key: value for key, value in request.query_params.items() if value}
        found = await self._matching(request, given)
        if wanted == "html":
            return await self._page(request, given, found)
        limit, offset = read.read_limit(given), read.read_offset(given)
        shown = found[offset : offset + limit]
        links = _page_links(self._context, request, offset, limit, len(found))
        made = {
            "type": "FeatureCollection",
            "numberMatched": len(found),
            "numberReturned": len(shown),
            "links": links,
            "features": [self._record(request, layer) for layer in shown],
        }
        return document_answer(self._context, request, made, media_type=GEOJSON)

    async def item(self, request: Request) -> Response:
        """One record.

        Raises
        ------
        NotFound : there is no such layer for the caller's level
        """
        only(request, ())
        wanted = format_of(request, DOCUMENT_FORMATS)
        name = request.path_params["record"]
        layer = next((one for one in self._visible(request) if one.id == name), None)
        if layer is None:
            raise NotFound(f"record {name[:60]!r}: not in the catalogue")
        await self._extents.refresh(request, [layer])
        made = self._record(request, layer)
        if wanted == "html":
            return page_answer(self._context, request, "record.html", data=made)
        return document_answer(self._context, request, made, media_type=GEOJSON)

    # -- finding -----------------------------------------------------------------

    def _visible(self, request: Request) -> list[Layer]:
        """Layers of the caller's level, in the catalogue's order."""
        context = self._context
        return list(context.catalogue.visible_at(context.level_of(request)).values())

    async def _matching(
        self, request: Request, given: Mapping[str, str]
    ) -> list[Layer]:
        """Layers whose records satisfy every parameter."""
        crs = read.read_crs(given, "bbox-crs", self._context.city)
        box, period = read.read_bbox(given, crs), read.read_period(given)
        layers = self._visible(request)
        await self._extents.refresh(request, layers)
        base = self._context.base_url(request)
        return [
            layer
            for layer in layers
            if _is_named(layer, given, base)
            and _is_said(layer, read.read_text(given, "q"))
            and (box is None or _is_in(self._extent(request, layer), box))
            and (period is None or _is_during(self._extent(request, layer), period))
        ]

    def _extent(self, request: Request, layer: Layer) -> Extent | None:
        return self._extents.known(layer.id, self._context.level_of(request))

    # -- answering ---------------------------------------------------------------

    def _record(self, request: Request, layer: Layer) -> Document:
        context = self._context
        return build_record(
            layer,
            context.level_of(request),
            context.lang_of(request),
            city=context.city,
            texts=context.texts,
            extent=self._extent(request, layer),
        )

    async def _page(
        self, request: Request, given: Mapping[str, str], found: list[Layer]
    ) -> Response:
        """The records as a page to be searched."""
        await self._extents.refresh(request, found)
        context = self._context
        return page_answer(
            context,
            request,
            "records.html",
            data=build_catalogue(context, request),
            records=[self._record(request, layer) for layer in found],
            searched=given.get("q", ""),
        )


def build_catalogue(context: Context, request: Request) -> Document:
    """The catalogue as a collection, whose items are records."""
    lang, city = context.lang_of(request), context.city
    say = context.texts.say
    links = [
        ("self", JSON, "This document as JSON", f"{URL}?f=json"),
        ("alternate", "text/html", "This document as HTML", f"{URL}?f=html"),
        ("items", GEOJSON, "Records as GeoJSON", f"{URL}/items?f=json"),
        ("items", "text/html", "Records as HTML", f"{URL}/items?f=html"),
    ]
    return {
        "id": ID,
        "title": _TITLE[lang],
        "description": _DESCRIPTION[lang],
        "itemType": "record",
        "type": "catalog",
        "attribution": city.attribution,
        "extent": {"spatial": {"bbox": [list(city.extent)], "crs": CRS84}},
        "crs": [CRS84],
        "contacts": [
            {"organization": city.title.in_language(lang), "roles": ["publisher"]}
        ],
        "links": [
            {"rel": rel, "type": kind, "title": say(lang, title), "href": href}
            for rel, kind, title, href in links
        ],
    }


def _is_named(layer: Layer, given: Mapping[str, str], base: str) -> bool:
    """Whether `type`, `ids` and `externalIds` name the record, as far as given."""
    scheme = SCHEME.replace(BASE, base)
    by_name = {
        "type": {TYPE},
        "ids": {layer.id},
        "externalIds": {layer.id, scheme, f"{scheme}:{layer.id}"},
    }
    for name, own in by_name.items():
        text = read.read_text(given, name)
        wanted = None if text is None else {part.strip() for part in text.split(",")}
        if wanted is not None and own.isdisjoint(wanted):
            return False
    return True


def _is_said(layer: Layer, text: str | None) -> bool:
    """Whether one of the phrases stands in the record; commas part phrases.

    Raises
    ------
    QueryError : nothing but commas and blanks
    """
    if text is None:
        return True
    phrases = [" ".join(part.split()) for part in text.casefold().split(",")]
    phrases = [phrase for phrase in phrases if phrase]
    if not phrases or len(text) > read.MAXIMUM_SEARCH:
        raise QueryError(
            "q",
            f"{text[:40]!r} given, must be words, at most {read.MAXIMUM_SEARCH} "
            "characters",
        )
    words = words_of(layer)
    return any(phrase in words for phrase in phrases)


def _is_in(extent: Extent | None, box: read.Box) -> bool:
    """Whether the record's box meets this one; a record without place always does."""
    if extent is None or extent.bbox is None:
        return True
    west, south, east, north = box
    own = extent.bbox
    if own[3] < south or own[1] > north:
        return False
    if west > east:  # across the antimeridian
        return own[2] >= west or own[0] <= east
    return own[2] >= west and own[0] <= east


def _is_during(extent: Extent | None, period: read.Period) -> bool:
    """Whether the record's time meets this one; a record without time always does."""
    if extent is None:
        return True
    first, last = (_instant(end) for end in extent.interval)
    if period.start is not None and last is not None and last < period.start:
        return False
    return not (period.end is not None and first is not None and first > period.end)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def _page_links(
    context: Context, request: Request, offset: int, limit: int, all_: int
) -> list[Link]:
    """Links of one page of records; every parameter is kept."""
    lang, say = context.lang_of(request), context.texts.say
    given = [
        pair
        for pair in request.query_params.items()
        if pair[0] not in ("f", "offset") and pair[1]
    ]

    def href(form: str, place: int) -> str:
        pairs = [*given, ("f", form), *([("offset", str(place))] if place else [])]
        return f"{URL}/items?{urlencode(pairs, quote_via=quote)}"

    links = [
        ("self", GEOJSON, "This document as GeoJSON", href("json", offset)),
        ("alternate", "text/html", "This document as HTML", href("html", offset)),
        ("collection", JSON, "Catalogue of layers", URL),
    ]
    if offset:
        before = href("json", max(0, offset - limit))
        links.append(("prev", GEOJSON, "Previous items", before))
    if offset + limit < all_:
        links.append(("next", GEOJSON, "Next items", href("json", offset + limit)))
    return [
        {"rel": rel, "type": kind, "title": say(lang, title), "href": to}
        for rel, kind, title, to in links
    ]
