"""Requests that came before, to the byte: what they were answered, ready to be sent.

The guard says which request may be answered so, after it was answered in the ordinary
way; no rule of that way is repeated here. Whether the answer still stands is asked
anew each time.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from http import HTTPStatus

from starlette.types import Scope

from gis.db.changes import Changes
from gis.db.versions import Tell
from gis.serve.answer import is_held
from gis.serve.context import Context
from gis.serve.kept import Known
from gis.serve.metrics import Traffic
from gis.serve.record import Line
from layers import Level

#: Under this name the door hands on the bytes of a request's head.
HEAD = "citygrid.head"
#: And under this one why it could not answer itself, and when it began to.
FAILED = "citygrid.failed"
_MAXIMUM_BYTES = 16 * 1024 * 1024  # of all that is remembered
_LONGEST = 4_096  # bytes of a head that is remembered
_ENTRY_BYTES = 500  # what an entry takes beside its bytes
#: Requests with these are never taken by their bytes: who may see what can change with
#: time, a body follows, or the connection is to end.
_NEVER = frozenset(
    [
        b"authorization", b"cookie", b"content-length", b"transfer-encoding",
        b"upgrade", b"expect", b"x-request-id",
    ]
)  # fmt: skip
_HELD = re.compile(rb"\r\nif-none-match: *([\x20-\x7e]*)", re.IGNORECASE)
#: Headers that belong to a body and not to a 304.
OF_BODY = frozenset([b"content-length", b"content-type", b"content-encoding"])


@dataclass(frozen=True, slots=True)
class Repeat:
    """What the bytes of a request stand for.

    Parameters
    ----------
    unchanged : whether the client holds the answer already
    start : status line and headers, but for the date and the request's id
    """

    known: Known
    path: str
    day: date
    unchanged: bool
    start: bytes


class Repeats:
    """Requests known by their bytes, those learned longest ago forgotten first."""

    def __init__(self, context: Context, traffic: Traffic) -> None:
        self._context = context
        self._traffic = traffic
        self._found: OrderedDict[tuple[str, bytes], Repeat] = OrderedDict()
        self.size = 0

    def find(self, host: str, head: bytes) -> Repeat | None:
        """What a request from an address was answered today."""
        found = self._found.get((host, head)) or self._held(host, head)
        if found is None or found.day != datetime.now(UTC).date():
            return None
        return found

    def learn(self, scope: Scope, known: Known, *, unchanged: bool) -> None:
        """Remember the bytes of a request that has this answer."""
        address = address_of(scope)
        if address is None:
            return
        today = datetime.now(UTC).date()
        start = _start(known, unchanged=unchanged)
        self.remember(address, Repeat(known, scope["path"], today, unchanged, start))

    def _held(self, host: str, head: bytes) -> Repeat | None:
        """What a request was answered that says, beside, what its client holds."""
        held = _HELD.search(head)
        if held is None:
            return None
        before = self._found.get((host, head[: held.start()] + head[held.end() :]))
        if before is None or before.unchanged or len(head) > _LONGEST:
            return None
        if not is_held(held[1].decode("latin-1"), before.known.etag):
            return before
        start = _start(before.known, unchanged=True)
        repeat = replace(before, unchanged=True, start=start)
        self.remember((host, head), repeat)
        return repeat

    def remember(self, key: tuple[str, bytes], repeat: Repeat) -> None:
        """Remember what an address and bytes that `address_of` told stand for."""
        head = key[1]
        if before := self._found.pop(key, None):
            self.size -= _weight(head, before)
        self._found[key] = repeat
        self.size += _weight(head, repeat)
        while self.size > _MAXIMUM_BYTES:
            (_, other), forgotten = self._found.popitem(last=False)
            self.size -= _weight(other, forgotten)

    def ask(self, tell: Tell) -> None:
        """Have somebody told the versions of all layers, read after this call."""
        self._traffic.in_flight += 1
        self._context.database.ask_versions(tell)

    def body(self, repeat: Repeat, found: Changes | Exception) -> bytes | None:
        """What is sent after the headers; None where the answer no longer stands."""
        self._traffic.in_flight -= 1
        if isinstance(found, Exception):
            return None
        if repeat.unchanged:
            return b"" if repeat.known.made.stands(found) else None
        return self._context.kept.body(repeat.known, found)

    def record(self, repeat: Repeat, request_id: str, seconds: float) -> None:
        """Count and log a request that was answered here."""
        status = 304 if repeat.unchanged else repeat.known.status
        line = Line(request_id, "GET", repeat.path, status, Level.PUBLIC)
        line.write(self._traffic, seconds)


def address_of(scope: Scope) -> tuple[str, bytes] | None:
    """Who asks, and the bytes of the head; None where they do not tell everything."""
    head = scope.get(HEAD)
    if head is None or len(head) > _LONGEST or scope["http_version"] != "1.1":
        return None
    for name, value in scope["headers"]:
        if name in _NEVER:
            return None
        if name == b"connection" and value.lower() != b"keep-alive":
            return None
    return scope["client"][0] if scope["client"] else "", head


def is_holding(head: bytes) -> bool:
    """Whether a request says what its client holds."""
    return _HELD.search(head) is not None


def _start(known: Known, *, unchanged: bool) -> bytes:
    """Status line and headers of an answer, or of a 304 in its place."""
    if not unchanged:
        return start_of(known.status, known.headers)
    return start_of(304, [pair for pair in known.headers if pair[0] not in OF_BODY])


def start_of(status: int, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Status line and headers as they are sent."""
    phrase = HTTPStatus(status).phrase.encode()
    lines = [b"%b: %b\r\n" % pair for pair in headers]
    return b"".join([b"HTTP/1.1 %d %b\r\n" % (status, phrase), *lines])


def _weight(head: bytes, repeat: Repeat) -> int:
    """Bytes that a request takes while it is remembered."""
    return _ENTRY_BYTES + len(head) + len(repeat.path) + len(repeat.start)
