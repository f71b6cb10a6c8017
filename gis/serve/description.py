"""/openapi: the OpenAPI document of the caller's level, and Swagger UI over it."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gis.serve.answer import (
    DOCUMENT_FORMATS,
    OPENAPI,
    document_answer,
    only,
    page_answer,
)
from gis.serve.context import Context
from gis.serve.negotiate import Lang, format_of
from gis.serve.openapi import build_openapi
from layers import Level
from processes import registry


class Description:
    """Handler of /openapi; documents are built once per level and language."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._built: dict[tuple[Level, Lang], dict[str, Any]] = {}

    async def document(self, request: Request) -> Response:
        """The document, or the page that draws it."""
        only(request, ())
        context = self._context
        if format_of(request, DOCUMENT_FORMATS) == "html":
            return page_answer(context, request, "openapi.html")
        key = context.level_of(request), context.lang_of(request)
        if key not in self._built:
            self._built[key] = await run_in_threadpool(
                build_openapi, context.catalogue, context.city, *key, registry
            )
        return document_answer(context, request, self._built[key], media_type=OPENAPI)
