"""Absolute links of items and of an item; every parameter of the request is kept."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from starlette.requests import Request

from gis.serve.answer import GEOJSON, JSON, JSON_FG
from gis.serve.context import Context
from gis.serve.formats import FORMATS
from layers import Layer

Link = dict[str, str]

#: Value of `f` -> media type and title of a page of items.
_PAGES: Mapping[str, tuple[str, str]] = {
    "json": (GEOJSON, "This document as GeoJSON"),
    "html": ("text/html", "This document as HTML"),
    "jsonfg": (JSON_FG, "This document as JSON-FG"),
    **{name: (one.media_type, one.title) for name, one in FORMATS.items()},
}


def _href(url: str, request: Request, **changed: str | None) -> str:
    """The URL with the request's parameters; None takes one away."""
    kept = dict(request.query_params) | changed
    query = urlencode({k: v for k, v in kept.items() if v is not None}, quote_via=quote)
    return f"{url}?{query}" if query else url


def items_url(context: Context, request: Request, layer: Layer) -> str:
    """Address of a layer's items."""
    return f"{context.base_url(request)}/collections/{layer.id}/items"


def build_items_links(
    context: Context,
    request: Request,
    layer: Layer,
    *,
    limit: int,
    passed: int,
    after: str | None,
    format_: str = "json",
) -> list[Link]:
    """Links of one page of items; no `next` on the last page.

    Parameters
    ----------
    passed : features before the page
    after : cursor of the next page; None on the last
    format_ : value of `f` that the page is answered in
    """
    say, lang = context.texts.say, context.lang_of(request)
    url = items_url(context, request, layer)
    shown = "json" if format_ == "html" else format_
    links = [
        {
            "rel": "self" if name == shown else "alternate",
            "type": media_type,
            "title": say(lang, title),
            "href": _href(url, request, f=name),
        }
        for name, (media_type, title) in _PAGES.items()
    ]
    links.sort(key=lambda link: link["rel"] != "self")
    links += [
        {
            "rel": "collection",
            "type": JSON,
            "title": layer.title.in_language(lang),
            "href": url.removesuffix("/items"),
        },
    ]
    if passed > 0:
        before = str(max(0, passed - limit))
        links.append(
            {
                "rel": "prev",
                "type": _PAGES[shown][0],
                "title": say(lang, "Previous items"),
                "href": _href(url, request, f=shown, offset=before, cursor=None),
            }
        )
    if after is not None:
        links.append(
            {
                "rel": "next",
                "type": _PAGES[shown][0],
                "title": say(lang, "Next items"),
                "href": _href(url, request, f=shown, offset=None, cursor=after),
            }
        )
    return links


def build_item_links(
    context: Context, request: Request, layer: Layer, code: str
) -> list[Link]:
    """Links of one feature."""
    say, lang = context.texts.say, context.lang_of(request)
    items = items_url(context, request, layer)
    url = f"{items}/{quote(code, safe='')}"
    return [
        {
            "rel": "self",
            "type": GEOJSON,
            "title": say(lang, "This document as GeoJSON"),
            "href": _href(url, request, f="json"),
        },
        {
            "rel": "alternate",
            "type": "text/html",
            "title": say(lang, "This document as HTML"),
            "href": _href(url, request, f="html"),
        },
        {
            "rel": "collection",
            "type": JSON,
            "title": layer.title.in_language(lang),
            "href": items.removesuffix("/items"),
        },
    ]
