"""Lists of what comes in while they are read: the newest first, a page at a time.

A page goes on after its last row, not after a number of rows: what has come in since
the page before moves nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gis.serve.answer import DOCUMENT_FORMATS, JSON, VARY, page_answer
from gis.serve.context import Context
from gis.serve.cursor import read_cursor, write_cursor
from gis.serve.negotiate import format_of
from gis.serve.parameters import read_limit, read_text

MAXIMUM_LIMIT = 1000

#: When a row came in, and its id.
Row = tuple[datetime, str]


def read_size(request: Request) -> int:
    """Rows of a page, one to `MAXIMUM_LIMIT`: more are answered with that."""
    return min(read_limit(request.query_params), MAXIMUM_LIMIT)


def read_before(context: Context, request: Request, asked: Hashable) -> Row | None:
    """The row that the page follows; None for the first page.

    Parameters
    ----------
    asked : all that decides what the list holds; a cursor is good for no other list

    Raises
    ------
    QueryError : the cursor is not one of this list
    """
    cursor = read_text(request.query_params, "cursor")
    place = read_cursor(context.gate.sign, asked, cursor)
    if place is None or not (place.values[0] and place.values[1]):
        return None
    return datetime.fromisoformat(place.values[0]), place.values[1]


def list_links(
    context: Context, request: Request, path: str, asked: Hashable, last: Row | None
) -> list[dict[str, str]]:
    """Links of a page to itself and, after its last row, to the next one.

    Parameters
    ----------
    path : of the list, from the server's root
    last : the last row of the page; None where no page follows
    """
    pages: dict[str, dict[str, str]] = {"self": {}}
    if last is not None:
        keys = orjson.dumps([last[0].isoformat(), last[1], 0]).decode()
        pages["next"] = {"cursor": write_cursor(context.gate.sign, asked, 0, keys)}
    url = request.url.remove_query_params("cursor")
    here = f"{context.base_url(request)}{path}"
    links = []
    for rel, more in pages.items():
        query = url.include_query_params(**more).query
        href = f"{here}?{query}" if query else here
        links.append({"rel": rel, "type": JSON, "href": href})
    return links


def fresh_answer(
    context: Context, request: Request, document: Mapping[str, Any], template: str
) -> Response:
    """A document that nobody keeps: it is another one a second later."""
    if format_of(request, DOCUMENT_FORMATS) == "html":
        page = page_answer(context, request, template, data=document)
        page.headers["Cache-Control"] = "no-store"
        return page
    headers = {
        "Cache-Control": "no-store",
        "Vary": VARY,
        "Content-Language": context.lang_of(request),
    }
    return Response(orjson.dumps(document), media_type=JSON, headers=headers)
