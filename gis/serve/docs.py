"""/docs: pages generated from the catalogue and the processes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gis.publish.docs import build_index, build_layer_page, build_process_page
from gis.serve.answer import only, page_answer
from gis.serve.context import Context
from processes import registry


class Docs:
    """Handlers of /docs."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def index(self, request: Request) -> Response:
        """Every page there is."""
        only(request, ())
        context = self._context
        level, lang = context.level_of(request), context.lang_of(request)
        page = build_index(context.catalogue, registry, level, lang)
        return page_answer(context, request, "docs_index.html", page=page)

    async def layer(self, request: Request) -> Response:
        """What a layer is."""
        only(request, ())
        context = self._context
        layer = context.layer_of(request)
        level, lang = context.level_of(request), context.lang_of(request)
        page = build_layer_page(layer, context.catalogue, level, lang)
        return page_answer(context, request, "docs_layer.html", page=page)

    async def process(self, request: Request) -> Response:
        """What a process computes."""
        only(request, ())
        process = registry[request.path_params["process"]]
        page = build_process_page(process, self._context.lang_of(request))
        return page_answer(self._context, request, "docs_process.html", page=page)
