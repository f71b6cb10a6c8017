"""Requests for one feature that are, but for its code, as one before: to the byte.

What the ordinary way works out for such requests is the same for every code; only the
feature is another. So their bytes are known with a gap where the code stands, and the
feature is read and sent without the way between. No rule of that way is repeated here:
what is asked for, and with which headers it is answered, was decided there.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request

from gis.serve.answer import weak_etag
from gis.serve.context import Context
from gis.serve.kept import Known
from gis.serve.metrics import Traffic
from gis.serve.packing import coding_in, packed_as
from gis.serve.record import CLIENT_GONE, Line, new_id
from gis.serve.repeats import Repeat, Repeats, address_of, is_holding, start_of
from gis.serve.single import Manner
from layers import Level

#: A code that stands in an address as it is.
_CODE = re.compile(
    rb"GET (?P<path>/collections/[a-z0-9_]+/items/)(?P<code>[\w.~-]{1,80})(?=[ ?])",
    re.ASCII,
)
_MOST = 500  # requests that are remembered
#: Headers that are others for another code.
_OWN = frozenset([b"etag", b"content-length", b"content-encoding"])

#: Address, and the bytes before the code and behind it.
_Key = tuple[str, bytes, bytes]


@dataclass(frozen=True, slots=True)
class Alike:
    """What requests for any code stand for.

    Parameters
    ----------
    path : as far as the code
    headers : those that the answers have in common
    start : status line and these headers
    """

    manner: Manner
    path: str
    headers: tuple[tuple[bytes, bytes], ...]
    start: bytes


class Alikes:
    """Requests for one feature known by their bytes but for its code."""

    def __init__(self, context: Context, traffic: Traffic, repeats: Repeats) -> None:
        self._context = context
        self._traffic = traffic
        self._repeats = repeats
        self._known: OrderedDict[_Key, Alike] = OrderedDict()

    def find(self, host: str, head: bytes) -> tuple[Alike, str] | None:
        """What a request from an address stands for today, and its code."""
        found = _CODE.match(head)
        if found is None:
            return None
        alike = self._known.get(_key(host, head, found))
        if alike is None or alike.manner.day != datetime.now(UTC).date():
            return None
        return alike, found["code"].decode()

    def learn(
        self, request: Request, headers: Sequence[tuple[bytes, bytes]], manner: Manner
    ) -> None:
        """Remember a request that was answered with a feature and these headers."""
        address = address_of(request.scope)
        if address is None or is_holding(address[1]):
            return
        found = _CODE.match(address[1])
        if found is None:
            return
        common = tuple(pair for pair in headers if pair[0] not in _OWN)
        self._known[_key(*address, found)] = Alike(
            manner, found["path"].decode(), common, start_of(200, common)
        )
        if len(self._known) > _MOST:
            self._known.popitem(last=False)

    async def answer(self, alike: Alike, code: str) -> tuple[Repeat, bytes]:
        """What is sent: headers and body.

        Raises
        ------
        NotFound : no feature has this code
        psycopg.Error : the feature cannot be read
        asyncio.CancelledError : the client has gone, and the SQL was cancelled
        """
        manner, begun = alike.manner, time.perf_counter()
        # with the rights of the public, whatever it was learned from
        statements, level = [manner.statement(code)], Level.PUBLIC
        self._traffic.in_flight += 1
        try:
            (rows,) = await self._context.database.answers(level, statements)
            made, body = manner.read(code, rows[0] if rows else None)
            body = await packed_as(manner.coding, body)
        except asyncio.CancelledError:
            line = Line(new_id(), "GET", alike.path + code, CLIENT_GONE, level)
            line.write(self._traffic, time.perf_counter() - begun)
            raise
        finally:
            self._traffic.in_flight -= 1
        question = weak_etag(manner.question, code)
        own = [
            (b"content-length", b"%d" % len(body)),
            (b"etag", weak_etag(question, made.version).encode()),
        ]
        if coding := coding_in(body):
            own.append((b"content-encoding", coding.encode()))
        headers = (*alike.headers, *own)
        known = Known(question + manner.coding, made, 200, headers, 0)
        start = alike.start + b"".join(b"%b: %b\r\n" % pair for pair in own)
        return Repeat(known, alike.path + code, manner.day, False, start), body

    def keep(self, host: str, head: bytes, answer: Repeat, body: bytes) -> None:
        """Keep what was answered, for when the same is asked again."""
        self._context.kept.put(answer.known.question, answer.known.made, body)
        self._repeats.remember((host, head), answer)


def _key(host: str, head: bytes, found: re.Match[bytes]) -> _Key:
    return host, head[: found.start("code")], head[found.end("code") :]
