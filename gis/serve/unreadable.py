"""What cannot be read as a request at all: refused in JSON, like everything else.

uvicorn answers such bytes itself, as plain text, and reads a head of any length: one
that never ends would fill the memory.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Bytes of the request line and the headers together.
LONGEST_HEAD = 256 * 1024
#: Bytes of the address, as far as the parser goes.
LONGEST_ADDRESS = 65_535


class HttpProtocol(HttpToolsProtocol):
    """One connection; its heads are bounded, its refusals are documents."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401  # uvicorn's
        super().__init__(*arguments, **named)
        self._head = 0
        self._in_body = False

    def data_received(self, data: bytes) -> None:
        """Take what came, unless its head is too long."""
        if not self._in_body:
            self._head += len(data)
            if self._head > LONGEST_HEAD:
                self.send_400_response("")
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """A head begins."""
        self._in_body = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is read."""
        self._in_body, self._head = True, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The next head may begin."""
        self._in_body = False
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse in words, and close."""
        address = len(getattr(self, "url", b""))
        status = HTTPStatus.BAD_REQUEST
        detail = "request: cannot be read as HTTP/1.1: method, address or headers"
        if address > LONGEST_ADDRESS:
            status = HTTPStatus.REQUEST_URI_TOO_LONG
            detail = (
                f"address: {address} bytes given, at most {LONGEST_ADDRESS} are read"
            )
        elif self._head > LONGEST_HEAD:
            status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            detail = f"headers: longer than {LONGEST_HEAD} bytes with the address"
        problem = {
            "type": "about:blank",
            "title": "The request cannot be read",
            "status": status.value,
            "detail": detail,
            "code": "InvalidRequest",
            "description": detail,
        }
        body = orjson.dumps(problem)
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\n"
            "content-type: application/json\r\n"
            f"content-length: {len(body)}\r\n"
            "cache-control: no-store\r\n"
            "access-control-allow-origin: *\r\n"
            "x-content-type-options: nosniff\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
