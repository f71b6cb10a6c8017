"""Answers kept as bytes, and packed for the wire off the event loop.

An answer is kept under its question and the version of its table. A commit moves the
version, and the version is read before every use: what is kept is never stale.
"""

from __future__ import annotations

import gzip
from collections import OrderedDict

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from gis.serve.negotiate import by_preference

MAXIMUM_BYTES = 64 * 1024 * 1024  # kept by one server process
_LARGEST_SHARE = 16  # an answer takes at most this part of the whole
_SMALLEST = 1_000  # bytes that are worth packing


class Kept:
    """Bodies by question, the least recently asked forgotten first.

    Parameters
    ----------
    maximum : bytes kept at most
    """

    def __init__(self, maximum: int = MAXIMUM_BYTES) -> None:
        self._maximum = maximum
        self._kept: OrderedDict[str, tuple[int, bytes]] = OrderedDict()
        self.size = 0
        self.hits = 0
        self.misses = 0

    def __contains__(self, question: str) -> bool:
        """Whether an answer is kept, of whatever version."""
        return question in self._kept

    def get(self, question: str, version: int) -> bytes | None:
        """The body at this version of the table, if it is kept."""
        found = self._kept.get(question)
        if found is None or found[0] != version:
            self.misses += 1
            return None
        self.hits += 1
        self._kept.move_to_end(question)
        return found[1]

    def put(self, question: str, version: int, body: bytes) -> None:
        """Keep a body in place of that of an earlier version."""
        if len(body) > self._maximum // _LARGEST_SHARE:
            return
        if before := self._kept.pop(question, None):
            self.size -= len(before[1])
        self._kept[question] = (version, body)
        self.size += len(body)
        while self.size > self._maximum:
            _, (_, forgotten) = self._kept.popitem(last=False)
            self.size -= len(forgotten)


def takes_gzip(request: Request) -> bool:
    """Whether the client takes gzip."""
    accepted = by_preference(request.headers.get("accept-encoding", ""))
    return any(name.lower() in ("gzip", "*") for name in accepted)


async def packed(request: Request, body: bytes) -> bytes:
    """The body as the client takes it: gzip, made on a thread, where it is worth it."""
    if len(body) < _SMALLEST or not takes_gzip(request):
        return body
    return await to_thread.run_sync(gzip.compress, body, 1)


def packed_answer(
    body: bytes, media_type: str, headers: dict[str, str], *, status: int = 200
) -> Response:
    """Answer with a body that `packed` made."""
    if body[:2] == b"\x1f\x8b":
        headers = headers | {"Content-Encoding": "gzip"}
    return Response(body, status_code=status, media_type=media_type, headers=headers)
