"""One feature by its code: in one round trip, all but the code worked out once.

What a request for one feature asks for is decided by its parameters and headers; those
of the same manner differ in the code alone. So parameters, SQL, headers and links are
made from the first request of a manner and used for the others.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gis.db.compose import Composer
from gis.db.wire import Row, Statement
from gis.errors import NotFound
from gis.serve.answer import (
    cache_headers,
    is_unchanged,
    not_modified,
    weak_etag,
)
from gis.serve.asked import Asked, read_item
from gis.serve.context import Context
from gis.serve.feature_pages import item_page
from gis.serve.features import SECONDS, media_type_of
from gis.serve.kept import Made, made_from, manner_of, note
from gis.serve.links import build_item_links
from gis.serve.packing import coding_of, packed_answer, packed_as
from gis.serve.rows import fetch

_MOST = 500  # manners that are remembered
_LONGEST = 500  # bytes of a query that is remembered
#: Stands in the links of a manner for the code of a feature; no host has such a name.
_CODE = "~citygrid~code~"


@dataclass(frozen=True)
class Manner:
    """Everything but the code of a request for one feature.

    Parameters
    ----------
    text, values : the statement, and its parameters behind the code
    question : everything but code and version that the answer depends on
    links : member of the document, in pieces between which the code stands
    day : on which it is valid, that of the values
    """

    asked: Asked
    coding: str
    text: bytes
    values: tuple[Any, ...]
    question: str
    headers: dict[str, str]
    links: tuple[bytes, ...]
    day: date

    def statement(self, code: str) -> Statement:
        """The statement for a code."""
        return self.text, (code, *self.values)

    def read(self, code: str, row: Row | None) -> tuple[Made, bytes]:
        """The document of a code's row, and what it was made from.

        Raises
        ------
        NotFound : there is no row
        """
        layer = self.asked.layer.id
        if row is None:
            raise NotFound(f"item {code[:80]!r}: no feature of {layer}")
        links = quote(code, safe="").encode().join(self.links)
        body = b'%b,"links":%b}' % (row[0][:-1], links)
        return Made({layer: row[1] or 0}), body


class Single:
    """Handler of /collections/{layer}/items/{code}."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._composer = Composer(context.catalogue, context.city)
        self._manners: dict[Hashable, Manner] = {}

    async def item(self, request: Request) -> Response:
        """One feature by its code, as valid now or at `datetime`."""
        code = request.path_params["code"]
        manner = self._manner(request)
        asked = manner.asked
        if "\x00" in code:
            raise NotFound("item: no feature has this code")
        question = weak_etag(manner.question, code)
        if kept := await self._kept(request, manner, question):
            return kept
        database, statement = self._context.database, manner.statement(code)
        (row,) = await fetch(request, database, asked.level, [statement])
        made, body = manner.read(code, row)
        if asked.format == "html":
            return item_page(self._context, request, asked, body)
        body = await packed_as(manner.coding, body)
        self._context.kept.put(question + manner.coding, made, body)
        return self._answer(request, manner, question, made, body)

    async def _kept(
        self, request: Request, manner: Manner, question: str
    ) -> Response | None:
        """304, or the bytes answered before, when the table's version still stands."""
        store = self._context.kept
        held = "if-none-match" in request.headers
        if manner.asked.format == "html" or not (
            held or question + manner.coding in store
        ):
            return None
        now = await self._context.database.versions()
        made = made_from(now, manner.asked.layer.id)
        etag = weak_etag(question, made.version)
        if is_unchanged(request, etag):
            return not_modified(cache_headers(manner.asked.level, SECONDS, etag))
        found = store.get(question + manner.coding, now)
        if found is None:
            return None
        return self._answer(request, manner, question, made, found.body)

    def _answer(
        self, request: Request, manner: Manner, question: str, made: Made, body: bytes
    ) -> Response:
        note(request, question + manner.coding, made)
        request.state.manner = manner
        headers = {**manner.headers, "ETag": weak_etag(question, made.version)}
        return packed_answer(body, media_type_of(manner.asked), headers)

    def _manner(self, request: Request) -> Manner:
        """The manner of a request, read and checked where it is new."""
        level = self._context.level_of(request)
        layer = request.path_params["layer"]
        key = layer, *manner_of(request.scope, level)
        found = self._manners.get(key)
        if found is None:
            found = self._read(request)
            if len(self._manners) >= _MOST:
                self._manners.clear()
            if len(request.scope["query_string"]) <= _LONGEST:
                self._manners[key] = found
        return found

    def _read(self, request: Request) -> Manner:
        context, day = self._context, datetime.now(UTC).date()
        asked, coding = read_item(context, request), coding_of(request)
        text, (_, *values) = self._composer.item(asked.query, "")
        links = build_item_links(context, request, asked.layer, _CODE)
        headers = cache_headers(asked.level, SECONDS)
        headers["Content-Crs"] = f"<{asked.crs.uri}>"
        headers["Content-Language"] = context.lang_of(request)
        # the day that decides what is valid now is among the values
        question = weak_etag(
            context.base_url(request),
            asked.layer.id,
            request.scope["query_string"],
            context.lang_of(request),
            asked.format,
            asked.level,
            *values,
        )
        pieces = tuple(orjson.dumps(links).split(_CODE.encode()))
        statement = text.as_bytes(None), tuple(values)
        return Manner(asked, coding, *statement, question, headers, pieces, day)
