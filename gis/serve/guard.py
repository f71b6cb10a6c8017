"""Around every request: who asks, what headers go out, what is logged, what fails.

One line is logged per request, with its id; never a query string, a token, a cookie
or a parameter of SQL. An exception that no handler caught becomes an answer here.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gis.errors import Unauthorized
from gis.serve.alike import Alikes
from gis.serve.answer import error_answer, is_unchanged
from gis.serve.context import Context
from gis.serve.kept import Known, key_of, weight_of
from gis.serve.metrics import Traffic
from gis.serve.record import CLIENT_GONE, Line, new_id
from gis.serve.repeats import FAILED, OF_BODY, Repeats
from gis.serve.rows import ClientGone
from layers import Level

Header = tuple[bytes, bytes]


def _raw(headers: Mapping[str, str]) -> list[Header]:
    """Headers as they are sent."""
    return [(k.lower().encode(), v.encode()) for k, v in headers.items()]


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

_HEADERS = _raw(
    {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "Link, Content-Crs, ETag, Location, "
        "Preference-Applied, Retry-After, X-Request-Id",
    }
)
_PREFLIGHT = _raw(
    {
        "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, DELETE, OPTIONS",
        "Access-Control-Allow-Headers": "Accept, Accept-Language, Authorization, "
        "Content-Type, If-Match, If-None-Match, Prefer",
        "Access-Control-Max-Age": "86400",
    }
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class Guard:
    """ASGI middleware that stands in front of every handler."""

    def __init__(
        self,
        app: ASGIApp,
        context: Context,
        traffic: Traffic,
        repeats: Repeats,
        alikes: Alikes,
    ) -> None:
        self._app = app
        self._context = context
        self._traffic = traffic
        self._repeats = repeats
        self._alikes = alikes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; pass anything but HTTP on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        given = request.headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else new_id()
        failed, started = scope.get(FAILED) or (None, time.perf_counter())
        status, key = 0, None
        answered: list[Header] = []

        async def send_guarded(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message["headers"])
                there = {name for name, _ in headers}
                headers += [pair for pair in _HEADERS if pair[0] not in there]
                if scope["method"] == "OPTIONS":
                    headers += [pair for pair in _PREFLIGHT if pair[0] not in there]
                answered = headers.copy()
                headers.append((b"x-request-id", request_id.encode()))
                message = {**message, "headers": headers}
            await send(message)

        self._traffic.in_flight += 1
        state = request.state
        state.request_id, state.level = request_id, Level.PUBLIC
        state.kept, state.manner = None, None
        try:
            if failed is not None:
                raise failed
            if not _is_anonymous(request):
                state.level = self._context.gate.level(
                    request.method,
                    request.headers,
                    request.cookies,
                    self._context.base_url(request),
                )
            key = key_of(scope, state.level)
            if found := await self._known(request, key):
                await found(scope, receive, send_guarded)
            else:
                await self._app(scope, receive, send_guarded)
        except Unauthorized as error:
            answer = error_answer(self._context, request, error)
            await answer(scope, receive, send_guarded)
        except ClientGone:
            status = CLIENT_GONE
        except Exception as error:
            if status:
                raise
            answer = error_answer(self._context, request, error)
            await answer(scope, receive, send_guarded)
        finally:
            seconds = time.perf_counter() - started
            self._traffic.in_flight -= 1
            line = Line(request_id, scope["method"], scope["path"], status, state.level)
            # the answer is on its way, and nothing has been read since
            if key is not None and request.state.kept is not None:
                self._learn(request, key, status, answered)
            loop = asyncio.get_running_loop()
            loop.call_soon(line.write, self._traffic, seconds)

    async def _known(self, request: Request, key: Hashable) -> ASGIApp | None:
        """What the same request was answered, while the tables are still the same."""
        kept = self._context.kept
        known = kept.known(key)
        if known is None:
            return None
        now = await self._context.database.versions()
        if not known.made.stands(now):
            kept.forget(key)
            return None
        unchanged = is_unchanged(request, known.etag)
        body = b"" if unchanged else kept.body(known, now)
        if body is None:
            return None
        self._repeats.learn(request.scope, known, unchanged=unchanged)
        if unchanged:
            return Raw(304, [p for p in known.headers if p[0] not in OF_BODY], b"")
        return Raw(known.status, known.headers, body)

    def _learn(
        self, request: Request, key: Hashable, status: int, headers: Sequence[Header]
    ) -> None:
        """Remember an answer whose body its handler has kept."""
        if status in (200, 204):
            question, made = request.state.kept
            weight = weight_of(request.scope, headers)
            known = Known(question, made, status, tuple(headers), weight)
            self._context.kept.learn(key, known)
            if not is_unchanged(request, known.etag):
                self._repeats.learn(request.scope, known, unchanged=False)
            if request.state.manner is not None:
                self._alikes.learn(request, headers, request.state.manner)


@dataclass(frozen=True)
class Raw:
    """An answer as it was sent before."""

    status: int
    headers: Sequence[Header]
    body: bytes

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it."""
        start = {"type": "http.response.start", "status": self.status}
        await send({**start, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


def _is_anonymous(request: Request) -> bool:
    """Whether nothing in the request could raise its level."""
    return "authorization" not in request.headers and "cookie" not in request.headers
