"""Absolute links of items and of an item; every parameter of the request is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


#: Relations in a `Link` header, the most wanted first, and how long it may be: clients
#: and proxies take heads of eight kilobytes.
_IN_HEADER = ("self", "next", "prev", "collection", "alternate")
LONGEST_HEADER = 4_096


class _Hrefs:
    """A URL with the request's parameters but `f`, written once for all links.

    Parameters
    ----------
    without : parameters that are left out, too
    """

    def __init__(self, url: str, request: Request, *without: str) -> None:
        left_out = {"f", *without}
        given = request.query_params.items()
        kept = [pair for pair in given if pair[0] not in left_out]
        self._start = f"{url}?{urlencode(kept, quote_via=quote)}" + "&" * bool(kept)

    def of(self, **more: str) -> str:
        """The URL with these parameters beside."""
        pairs = (f"{name}={quote(value, safe='')}" for name, value in more.items())
        return self._start + "&".join(pairs)


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
    here = _Hrefs(url, request)
    elsewhere = _Hrefs(url, request, "offset", "cursor")
    shown = "json" if format_ == "html" else format_
    links = [
        {
            "rel": "self" if name == shown else "alternate",
            "type": media_type,
            "title": say(lang, title),
            "href": here.of(f=name),
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
                "href": elsewhere.of(f=shown, offset=before),
            }
        )
    if after is not None:
        links.append(
            {
                "rel": "next",
                "type": _PAGES[shown][0],
                "title": say(lang, "Next items"),
                "href": elsewhere.of(f=shown, cursor=after),
            }
        )
    return links


def build_item_links(
    context: Context, request: Request, layer: Layer, code: str
) -> list[Link]:
    """Links of one feature."""
    say, lang = context.texts.say, context.lang_of(request)
    items = items_url(context, request, layer)
    here = _Hrefs(f"{items}/{quote(code, safe='')}", request)
    return [
        {
            "rel": "self",
            "type": GEOJSON,
            "title": say(lang, "This document as GeoJSON"),
            "href": here.of(f="json"),
        },
        {
            "rel": "alternate",
            "type": "text/html",
            "title": say(lang, "This document as HTML"),
            "href": here.of(f="html"),
        },
        {
            "rel": "collection",
            "type": JSON,
            "title": layer.title.in_language(lang),
            "href": items.removesuffix("/items"),
        },
    ]


def link_header(links: Sequence[Link]) -> str:
    """Links of a page as the value of a `Link` header, as many as it may hold.

    Examples
    --------
    >>> link_header([{"rel": "self", "type": "text/html", "href": "http://a.b/?f=html"}])
    '<http://a.b/?f=html>; rel="self"; type="text/html"'
    """
    found, length = [], 0
    for link in sorted(links, key=lambda one: _IN_HEADER.index(one["rel"])):
        text = f'<{link["href"]}>; rel="{link["rel"]}"; type="{link["type"]}"'
        length += len(text) + 2
        if length <= LONGEST_HEADER:
            found.append(text)
    return ", ".join(found)
