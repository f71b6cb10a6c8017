"""Around every request: who asks, what headers go out, what is logged, what fails.

One line is logged per request, with its id; never a query string, a token, a cookie
or a parameter of SQL. An exception that no handler caught becomes an answer here.
"""

from __future__ import annotations

import logging
import re
import secrets
import time

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gis.errors import Unauthorized
from gis.serve.answer import error_answer
from gis.serve.context import Context
from gis.serve.metrics import Traffic
from gis.serve.rows import ClientGone
from layers import Level

log = logging.getLogger("citygrid.request")

#: Scripts, styles and tiles from this server only; style attributes are needed by
#: the map libraries.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "worker-src 'self'",
        "img-src 'self' blob: data:",
        "style-src 'self' 'unsafe-inline'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Link, Content-Crs, ETag, Location, "
    "Preference-Applied, Retry-After, X-Request-Id",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Accept-Language, Authorization, "
    "Content-Type, If-None-Match, Prefer",
    "Access-Control-Max-Age": "86400",
}
#: In the log only: nobody is there to be told.
_CLIENT_GONE = 499
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class Guard:
    """ASGI middleware that stands in front of every handler."""

    def __init__(self, app: ASGIApp, context: Context, traffic: Traffic) -> None:
        self._app = app
        self._context = context
        self._traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; pass anything but HTTP on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        given = request.headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(6)
        started = time.perf_counter()
        status = 0

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if request.method == "OPTIONS":
                    headers.update(_PREFLIGHT)
                headers["X-Request-Id"] = request_id
            await send(message)

        self._traffic.in_flight += 1
        request.state.request_id = request_id
        request.state.level = Level.PUBLIC
        try:
            request.state.level = self._context.gate.level(
                request.method,
                request.headers,
                request.cookies,
                self._context.base_url(request),
            )
            await self._app(scope, receive, send_guarded)
        except Unauthorized as error:
            answer = error_answer(self._context, request, error)
            await answer(scope, receive, send_guarded)
        except ClientGone:
            status = _CLIENT_GONE
        except Exception as error:
            if status:
                raise
            answer = error_answer(self._context, request, error)
            await answer(scope, receive, send_guarded)
        finally:
            seconds = time.perf_counter() - started
            self._traffic.in_flight -= 1
            self._traffic.count(scope["path"], status, seconds)
            log.info(
                "%s %s %s %d %.1f ms %s",
                request_id,
                request.method,
                _shown(scope["path"]),
                status,
                1000 * seconds,
                request.state.level.label,
            )


def _shown(path: str) -> str:
    """A path as it may stand in a log line: printable, of bounded length."""
    return path.encode("unicode_escape").decode()[:200]
