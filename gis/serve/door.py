"""The door: a request that came before, to the byte, is answered before it is parsed.

To parse a request, make a scope of it and start a task takes longer than to find what
the same bytes were answered. So a request's bytes are looked up first; then only the
versions of the tables are read, and the answer goes out as it went out before. Where
only the code of a feature is another, the feature is read instead, with the version of
its table. Every other request goes on to the application, the ordinary way; so does one
that fails here, with its reason.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from typing import Any, cast

from gis.db.changes import Changes
from gis.serve.alike import Alike, Alikes
from gis.serve.record import new_id
from gis.serve.repeats import FAILED, HEAD, Repeat, Repeats
from gis.serve.unreadable import HttpProtocol

#: How long a connection may stay silent between requests, in seconds. Longer than
#: proxies hold theirs (60 s is common): who waits less closes first, and no request is
#: sent into a connection that is just being closed.
KEEP_ALIVE_S = 75

_END = b"\r\n\r\n"


class Joining:
    """A transport that sends a head with the first of its body: the client wakes once.

    A head whose body is not there by the next turn of the loop goes without.
    """

    def __init__(
        self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._transport = transport
        self._loop = loop
        self._head = b""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # all else is as it was
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send, or hold back what looks like a head."""
        if self._head:
            self.writelines([data])
        elif data.startswith(b"HTTP/1.1 ") and data.endswith(_END):
            self._head = data
            self._loop.call_soon(self.flush)
        else:
            self._transport.write(data)

    def writelines(self, pieces: Sequence[bytes]) -> None:
        """Send pieces as one, after what was held back."""
        head, self._head = self._head, b""
        self._transport.writelines([head, *pieces])

    def flush(self) -> None:
        """Send what was held back, where the client is still there."""
        if self._head and not self._transport.is_closing():
            self.writelines([])

    def close(self) -> None:
        """Send what was held back and close."""
        self.flush()
        self._transport.close()


class Door(HttpProtocol):
    """One connection; behind it the protocol that parses."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401  # uvicorn's
        super().__init__(*arguments, **named)
        self.timeout_keep_alive = KEEP_ALIVE_S
        self._repeats: Repeats | None = self.app_state.get("repeats")
        self._alikes: Alikes | None = self.app_state.get("alikes")
        self._host = ""
        self._amid = False  # a request has begun and not ended
        self._whole: bytes | None = None  # bytes of a request that came as one piece
        #: Why it was not answered here, and when it came.
        self._failed: tuple[Exception, float] | None = None
        self._late: list[bytes] | None = None  # came while the database is asked
        self._reading: asyncio.Task[None] | None = None  # of one feature
        self._last = False  # no request is taken after this one

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401  # uvicorn's
        """Begin."""
        super().connection_made(transport)
        self.transport = cast(Any, Joining(transport, self.loop))
        self._host = self.client[0] if self.client else ""

    def data_received(self, data: bytes) -> None:
        """Answer what is known; pass on everything else."""
        if self._late is not None:
            self.flow.pause_reading()
            self._late.append(data)
            return
        self._whole = self._failed = None
        if self._is_quiet() and data.endswith(_END):
            if repeat := self._repeats and self._repeats.find(self._host, data):
                self._ask(data, repeat)
                return
            if alike := self._alikes and self._alikes.find(self._host, data):
                self._read(data, *alike)
                return
            if data.count(_END) == 1:
                self._whole = data
        super().data_received(data)

    def _is_quiet(self) -> bool:
        """Whether nothing that came before is still to be read or answered."""
        return (
            not self._amid
            and (self.cycle is None or self.cycle.response_complete)
            and not self.pipeline
            and not self.flow.write_paused
            and not self.transport.is_closing()
        )

    # -- what uvicorn's parser tells -----------------------------------------------

    def on_message_begin(self) -> None:
        """Note that a request has begun."""
        self._amid = True
        super().on_message_begin()
        if self._whole is not None:
            scope = cast(dict[str, Any], self.scope)
            scope[HEAD], scope[FAILED] = self._whole, self._failed

    def on_message_complete(self) -> None:
        """Note that it has ended."""
        self._amid = False
        super().on_message_complete()

    # -- answering -----------------------------------------------------------------

    def _ask(self, data: bytes, repeat: Repeat) -> None:
        assert self._repeats  # noqa: S101  # it found the repeat
        self._late = []
        self._unset_keepalive_if_required()
        begun = time.perf_counter()
        self._repeats.ask(partial(self._answer, data, repeat, begun))

    def _answer(
        self, data: bytes, repeat: Repeat, begun: float, found: Changes | Exception
    ) -> None:
        """Send the answer while it stands."""
        assert self._repeats  # noqa: S101  # it found the repeat
        self._end(data, repeat, self._repeats.body(repeat, found), begun)

    def _read(self, data: bytes, alike: Alike, code: str) -> None:
        """Read a feature, and send it."""
        self._late = []
        self._unset_keepalive_if_required()
        reading = self._answer_alike(data, alike, code)
        task = asyncio.Task(reading, loop=self.loop, eager_start=True)
        if not task.done():
            self._reading = task
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _answer_alike(self, data: bytes, alike: Alike, code: str) -> None:
        assert self._alikes  # noqa: S101  # it found the like
        begun = time.perf_counter()
        try:
            answer, body = await self._alikes.answer(alike, code)
        except Exception as error:
            self._failed = error, begun
            self._end(data, None, None, begun)
            return
        self._end(data, answer, body, begun)
        # once the answer is on its way
        self.loop.call_soon(self._alikes.keep, self._host, data, answer, body)

    def _end(
        self, data: bytes, answer: Repeat | None, body: bytes | None, begun: float
    ) -> None:
        """Send an answer, or go the ordinary way; then take what came meanwhile."""
        late, self._late = self._late or [], None
        if self.transport.is_closing():
            return
        if answer is None or body is None:
            self._whole = data
            super().data_received(data)
            if self._last:
                super().shutdown()
        else:
            self._send(answer, body, begun)
        if late:
            self.flow.resume_reading()
            for more in late:
                self.data_received(more)

    def _send(self, repeat: Repeat, body: bytes, begun: float) -> None:
        request_id = new_id()
        head = b"%b%bx-request-id: %b\r\n\r\n" % (
            repeat.start,
            b"".join(b"%b: %b\r\n" % p for p in self.server_state.default_headers),
            request_id.encode(),
        )
        self.transport.writelines([head, body])
        self.server_state.total_requests += 1
        if self._last:
            self.transport.close()
            return
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )
        seconds = time.perf_counter() - begun
        assert self._repeats  # noqa: S101  # it found the repeat
        # once the answer is on its way
        self.loop.call_soon(self._repeats.record, repeat, request_id, seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop reading for a client that has gone."""
        if self._reading is not None:
            self._reading.cancel()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """End the connection, after the answer that is under way."""
        if self._late is None:
            super().shutdown()
        else:
            self._last = True
