"""Content codings: zstd or gzip at their fastest level, large bodies on a thread.

At level 1 either costs half a millisecond for half a megabyte; higher levels cost
twenty times that for a few percent and would hold up everybody else.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Protocol

import zstandard
from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gis.serve.negotiate import by_preference

_SMALLEST = 1_000  # bytes that are worth packing
_INLINE = 32_000  # bytes packed sooner than a thread takes over
#: First bytes of a body in each coding; no body that is packed here begins so itself.
_MARKS: Mapping[str, bytes] = {"zstd": b"\x28\xb5\x2f\xfd", "gzip": b"\x1f\x8b"}
#: Beginnings of media types that are text, and types that are text by another name.
_TEXTS = ("text/", "image/svg")
_TEXT_ENDS = ("json", "xml", "javascript", "+yaml", "wasm")


class _Packer(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


def coding_of(request: Request) -> str:
    """`zstd` or `gzip`, whichever the client takes; empty when neither."""
    return _coding(request.headers.get("accept-encoding", ""))


def _coding(header: str) -> str:
    if not header or header == "identity":
        return ""
    accepted = [name.lower() for name in by_preference(header)]
    return next((coding for coding in _MARKS if coding in accepted), "")


async def packed(request: Request, body: bytes) -> bytes:
    """The body as the client takes it: packed where it is worth it."""
    return await packed_as(coding_of(request), body)


async def packed_as(coding: str, body: bytes) -> bytes:
    """The body in a coding, where it is worth it."""
    if len(body) < _SMALLEST or not coding:
        return body
    if len(body) < _INLINE:
        return _pack(coding, body)
    return await to_thread.run_sync(_pack, coding, body)


def coding_in(body: bytes) -> str:
    """The coding that a body of `packed` has; empty where it was not packed."""
    return next((name for name, mark in _MARKS.items() if body.startswith(mark)), "")


def packed_answer(
    body: bytes, media_type: str, headers: Mapping[str, str], *, status: int = 200
) -> Response:
    """Answer with a body that `packed` made; its first bytes tell how."""
    headers = dict(headers)
    if coding := coding_in(body):
        headers["Content-Encoding"] = coding
    return Response(body, status_code=status, media_type=media_type, headers=headers)


def _pack(coding: str, body: bytes) -> bytes:
    if coding == "zstd":
        return zstandard.ZstdCompressor(level=1).compress(body)
    return gzip.compress(body, 1)


def _packer(coding: str) -> _Packer:
    if coding == "zstd":
        return zstandard.ZstdCompressor(level=1).compressobj()
    return zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)


async def packed_parts(
    coding: str, parts: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    """The parts as one stream of a coding, packed on a thread."""
    packer = _packer(coding)
    async for part in parts:
        if made := await to_thread.run_sync(packer.compress, part):
            yield made
    yield packer.flush()


def _is_text(media_type: str) -> bool:
    name = media_type.partition(";")[0].strip()
    if name == "text/event-stream":  # each event is to leave at once
        return False
    return name.startswith(_TEXTS) or name.endswith(_TEXT_ENDS)


class Packing:
    """ASGI middleware that packs texts which their handler has not packed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        coding = ""
        if scope["type"] == "http":
            coding = _coding(Headers(scope=scope).get("accept-encoding", ""))
        if not coding:
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Sending(send, coding).send)


class _Sending:
    """Packs one answer as it is sent."""

    def __init__(self, send: Send, coding: str) -> None:
        self._send = send
        self._coding = coding
        self._start: Message | None = None
        self._packer: Any = None

    async def send(self, message: Message) -> None:
        """Pass on one message of the answer."""
        if message["type"] == "http.response.start":
            headers = Headers(raw=message["headers"])
            if "content-encoding" in headers or not _is_text(
                headers.get("content-type", "")
            ):
                self._coding = ""
                await self._send(message)
            else:
                self._start = message
            return
        if not self._coding or message["type"] != "http.response.body":
            await self._send(message)
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if self._start is not None:
            if not more and len(body) < _SMALLEST:
                self._coding = ""
                await self._send(self._start)
                await self._send(message)
                return
            await self._begin(self._start, len(body) if not more else None)
        work: Callable[[], bytes] = lambda: (  # noqa: E731  # run here or on a thread
            self._packer.compress(body) + (b"" if more else self._packer.flush())
        )
        made = work() if len(body) < _INLINE else await to_thread.run_sync(work)
        if made or not more:
            await self._send(
                {"type": "http.response.body", "body": made, "more_body": more}
            )

    async def _begin(self, start: Message, size: int | None) -> None:
        headers = MutableHeaders(raw=start["headers"])
        del headers["content-length"]
        headers["Content-Encoding"] = self._coding
        headers.add_vary_header("Accept-Encoding")
        self._packer, self._start = _packer(self._coding), None
        await self._send(start)
