"""Styles for other clients: /styles, each style, its legend, its glyphs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gis.errors import NotFound, QueryError
from gis.publish.glyphs import FONT, LAST, RANGE, build_range
from gis.publish.legend import build_legend, draw_legend
from gis.publish.style import is_drawn
from gis.publish.stylesheet import WHOLE, build_stylesheet
from gis.publish.theme import load_map_config, load_tokens
from gis.serve.answer import (
    DOCUMENT_FORMATS,
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
from gis.serve.negotiate import Lang, format_of
from gis.web import ROOT as WEB
from layers import Layer

STYLE = "application/vnd.mapbox.style+json"
SVG = "image/svg+xml"
GLYPHS = "application/x-protobuf"
_FONT = WEB / "vendor" / "inter" / "inter-latin-wght-normal.woff2"
_STYLE_FORMATS = {"json": (STYLE, "application/json", "application/*", "*/*")}
_LEGEND_FORMATS = {
    "svg": (SVG, "image/*", "*/*"),
    "json": ("application/json", "application/*"),
}
_DAY = 86_400


class Styles:
    """Handlers of /styles and of /fonts."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._config = load_map_config(context.settings.config)
        self._tokens = load_tokens()

    async def all(self, request: Request) -> Response:
        """Every style that the caller's level has."""
        only(request, ())
        context, lang = self._context, self._context.lang_of(request)
        say = context.texts.say
        named = {WHOLE: context.city.title.in_language(lang)}
        named |= {one.id: one.title.in_language(lang) for one in self._drawn(request)}
        made: Document = {
            "default": WHOLE,
            "styles": [
                {"id": name, "title": title, "links": _links(say, lang, name)}
                for name, title in named.items()
            ],
            "links": list_links(context, request, f"{BASE}/styles", "Styles"),
        }
        if format_of(request, DOCUMENT_FORMATS) == "html":
            return page_answer(context, request, "styles.html", data=made)
        return document_answer(context, request, made)

    async def one(self, request: Request) -> Response:
        """A style, for MapLibre and whoever reads its format."""
        only(request, ())
        format_of(request, _STYLE_FORMATS)
        context = self._context
        layer = self._layer(request)
        made = build_stylesheet(
            context.catalogue,
            context.city,
            level=context.level_of(request),
            base_url=BASE,
            lang=context.lang_of(request),
            config=self._config,
            tokens=self._tokens,
            layer=layer,
        )
        return document_answer(context, request, made, media_type=STYLE)

    async def legend(self, request: Request) -> Response:
        """What the symbols of a layer's style mean.

        Raises
        ------
        NotFound : the whole map has no legend of its own
        """
        only(request, ())
        context = self._context
        layer = self._layer(request)
        if layer is None:
            raise NotFound(f"style {WHOLE!r}: its layers have legends")
        level, lang = context.level_of(request), context.lang_of(request)
        made = build_legend(layer, level, lang)
        if format_of(request, _LEGEND_FORMATS) == "json":
            return document_answer(context, request, made)
        body = draw_legend(made)
        headers = cache_headers(level, 60, weak_etag(body))
        headers["Content-Language"] = lang
        if is_unchanged(request, headers["ETag"]):
            return not_modified(headers)
        return Response(body, media_type=SVG, headers=headers)

    async def glyphs(self, request: Request) -> Response:
        """A range of glyphs; every font that is asked for is ours.

        Raises
        ------
        QueryError : no such range
        """
        only(request, ())
        first = _first(request.path_params["range"])
        body = await run_in_threadpool(partial(build_range, _FONT, first))
        headers = cache_headers(
            self._context.level_of(request), _DAY, weak_etag(FONT, first, len(body))
        )
        if is_unchanged(request, headers["ETag"]):
            return not_modified(headers)
        return Response(body, media_type=GLYPHS, headers=headers)

    def _drawn(self, request: Request) -> list[Layer]:
        level = self._context.level_of(request)
        return [one for one in self._context.catalogue.values() if is_drawn(one, level)]

    def _layer(self, request: Request) -> Layer | None:
        """The layer whose style the path names; None for the whole map.

        Raises
        ------
        NotFound : no such style for the caller's level
        """
        name = request.path_params["style"]
        if name == WHOLE:
            return None
        found = next((one for one in self._drawn(request) if one.id == name), None)
        if found is None:
            raise NotFound(f"style {name[:60]!r}: not published")
        return found


def _links(say: Callable[[Lang, str], str], lang: Lang, name: str) -> list[Document]:
    url = f"{BASE}/styles/{name}"
    links = [("stylesheet", STYLE, "Style", url)]
    if name != WHOLE:
        links.append(("legend", SVG, "Legend", f"{url}/legend?f=svg"))
        links.append(("legend", "application/json", "Legend", f"{url}/legend?f=json"))
    return [
        {"rel": rel, "type": media_type, "title": say(lang, title), "href": href}
        for rel, media_type, title, href in links
    ]


def _first(text: str) -> int:
    """First character of a range such as 0-255.

    Raises
    ------
    QueryError : it is no range that clients ask for
    """
    start, _, end = text.partition("-")
    if start.isascii() and start.isdigit() and len(start) <= 5:
        first = int(start)
        if first % RANGE == 0 and first <= LAST and end == str(first + RANGE - 1):
            return first
    raise QueryError("range", f"{text[:20]!r} given, must be 0-255, 256-511 and so on")
