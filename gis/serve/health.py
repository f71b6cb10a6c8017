"""Whether the process is alive, and whether the city is served."""

from __future__ import annotations

import logging

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gis.db.compose import Composer, Query
from gis.serve.context import Context
from gis.serve.rows import fetch

log = logging.getLogger(__name__)

_HEADERS = {"Cache-Control": "no-store"}


class Health:
    """Handlers of /healthz and /readyz."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._composer = Composer(context.catalogue, context.city)

    async def alive(self, _request: Request) -> Response:
        """200 as long as the process answers."""
        return JSONResponse({"status": "ok"}, headers=_HEADERS)

    async def ready(self, request: Request) -> Response:
        """200 once the coarsest zones are there to be read, else 503."""
        if not await self._is_served(request):
            return JSONResponse(
                {"status": "starting"},
                status_code=503,
                headers=_HEADERS | {"Retry-After": "2"},
            )
        return JSONResponse({"status": "ready"}, headers=_HEADERS)

    async def _is_served(self, request: Request) -> bool:
        context = self._context
        coarsest = context.catalogue[context.city.zones[-1]]
        statement = self._composer.count(Query(coarsest.id, coarsest.access))
        try:
            rows = await fetch(request, context.database, coarsest.access, [statement])
        except Exception as error:
            log.warning("not ready: %s", type(error).__name__)
            return False
        return rows[0] is not None and rows[0][0] > 0
