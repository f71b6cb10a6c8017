"""Addresses of loads and uploads, in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gis.serve.context import Context
from gis.serve.documents import Handler
from gis.serve.loads import Ledger
from gis.serve.spool import LARGEST
from gis.serve.upload import Uploads


def load_routes(context: Context) -> Sequence[BaseRoute]:
    """Routes that load files and tell of loads."""
    ledger = Ledger(context)
    uploads = Uploads(context, ledger, largest=LARGEST)
    return [
        route(
            "/collections/{layer}/loads", {"GET": ledger.of_layer, "POST": uploads.load}
        ),
        route("/loads", {"GET": ledger.all}),
        route("/loads/{load}", {"GET": ledger.one}),
        route("/loads/{load}/rejects", {"GET": ledger.rejects, "POST": uploads.mend}),
        route("/loads/{load}/repairs", {"GET": ledger.repairs}),
        route("/uploads", {"GET": uploads.uploads}),
        route("/uploads/{upload}", {"GET": uploads.upload}),
    ]


def route(path: str, handlers: Mapping[str, Handler]) -> Route:
    """A route with a handler per method, and OPTIONS telling which."""
    methods = [*handlers, "OPTIONS"]
    shown = ", ".join(["GET, HEAD" if m == "GET" else m for m in methods])

    async def endpoint(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": shown})
        method = "GET" if request.method == "HEAD" else request.method
        return await handlers[method](request)

    return Route(path, endpoint, methods=methods)
