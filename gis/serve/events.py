"""/events: the figures that are kept current, told when they change.

A stream of server-sent events for browsers (EventSource), or the latest events as JSON
for whoever rather asks again. Each level is told what `coverage` would tell it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gis.db.feed import Told
from gis.errors import QueryError
from gis.serve.answer import JSON, VARY, only
from gis.serve.context import Context
from gis.serve.hub import Subscriber
from gis.serve.negotiate import format_of
from gis.serve.parameters import read_text

PARAMETERS = ("service", "of", "zones", "after")
STREAM = "text/event-stream"
_FORMATS: Mapping[str, tuple[str, ...]] = {
    "json": (JSON, "application/*", "*/*"),
    "sse": (STREAM,),
}
BEAT_S = 15.0
#: After this a browser comes back by itself, and its level is asked anew.
_LONGEST_S = 3600.0
_RETRY_MS = 2000
_LARGEST_ID = 2**63 - 1


class Events:
    """Handler of /events."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._hub = context.hub

    async def tell(self, request: Request) -> Response:
        """Stream events from now on, or give the latest."""
        only(request, PARAMETERS)
        values = request.query_params
        service, measure, zones = (
            read_text(values, name) for name in ("service", "of", "zones")
        )
        after = self._after(request)
        subscriber = Subscriber(
            self._context.level_of(request),
            service,
            measure,
            zones,
            self._context.client_of(request),
        )
        chosen = format_of(request, _FORMATS)
        headers = {"Cache-Control": "no-store", "Vary": VARY}
        if request.method == "HEAD":
            media_type = STREAM if chosen == "sse" else JSON
            return Response(headers=headers, media_type=media_type)
        await self._hub.begin()
        if chosen == "json":
            known, gone = self._hub.since(0 if after is None else after)
            told = [_told(one, subscriber) for one in known if subscriber.wants(one)]
            document = {"events": told, "last": self._hub.last, "incomplete": gone}
            return Response(orjson.dumps(document), media_type=JSON, headers=headers)
        stream = self._stream(subscriber, after)
        first = await anext(stream)  # what refuses does so before the answer begins

        async def parts() -> AsyncIterator[bytes]:
            yield first
            async for part in stream:
                yield part

        headers["X-Accel-Buffering"] = "no"  # a proxy passes on what it gets
        return StreamingResponse(parts(), media_type=STREAM, headers=headers)

    async def _stream(
        self, subscriber: Subscriber, after: int | None
    ) -> AsyncIterator[bytes]:
        with self._hub.subscribed(subscriber):
            known, gone = self._hub.since(after)
            # a browser that loses the connection at once knows where it was
            begin = f"retry: {_RETRY_MS}\nid: {after if known else self._hub.last}\n"
            yield begin.encode() + b"event: ready\ndata: {}\n\n"
            if gone:
                yield b"event: reset\ndata: {}\n\n"
            for one in known:
                if subscriber.wants(one):
                    yield _event(one, subscriber)
            ends = time.monotonic() + _LONGEST_S
            while time.monotonic() < ends:
                try:
                    one_more = await asyncio.wait_for(subscriber.queue.get(), BEAT_S)
                except TimeoutError:
                    yield b": \n\n"
                    continue
                if one_more is None:
                    return
                yield _event(one_more, subscriber)

    @staticmethod
    def _after(request: Request) -> int | None:
        """The last event that the caller knows: its header, or the parameter."""
        text = request.headers.get("last-event-id") or read_text(
            request.query_params, "after"
        )
        if text is None:
            return None
        if not (text.isascii() and text.isdecimal() and int(text) <= _LARGEST_ID):
            raise QueryError("after", f"{text[:40]!r} given, must be an event's number")
        return int(text)


def _told(told: Told, subscriber: Subscriber) -> dict[str, Any]:
    """An event as this subscriber is told it."""
    zones = told.body["zones"]
    if subscriber.zones is not None:
        zones = [zone for zone in zones if zone["zone_layer"] == subscriber.zones]
    at = told.told_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "id": told.event_id,
        "kind": told.kind,
        "at": at,
        **told.body,
        "zones": zones,
    }


def _event(told: Told, subscriber: Subscriber) -> bytes:
    data = orjson.dumps(_told(told, subscriber))
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (
        told.event_id,
        told.kind.encode(),
        data,
    )
