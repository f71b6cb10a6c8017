"""A client of FastCGI servers: MapServer and QGIS Server without a web server before.

The peers are asked by their own protocol, so that no web server's time is theirs.
"""

from __future__ import annotations

import re
import socket
import struct

_BEGIN, _PARAMS, _STDIN, _STDOUT, _END = 1, 4, 5, 6, 3
_RESPONDER, _KEEP = 1, 1
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def _pair(name: str, value: str) -> bytes:
    parts = [name.encode(), value.encode()]
    lengths = b"".join(
        struct.pack(">B", len(p))
        if len(p) < 128
        else struct.pack(">I", len(p) | 1 << 31)
        for p in parts
    )
    return lengths + b"".join(parts)


class FastCgi:
    """One connection, used for one request after another.

    Parameters
    ----------
    path : unix socket of the server
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: socket.socket | None = None

    def get(self, script: str, target: str) -> tuple[int, bytes]:
        """Status and body of a GET of `target`, a path with its query."""
        if self._connection is None:
            self._connection = socket.socket(socket.AF_UNIX)
            self._connection.connect(self._path)
        path, _, query = target.partition("?")
        parameters = {
            "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1",
            "REQUEST_METHOD": "GET", "SCRIPT_NAME": script, "PATH_INFO": path,
            "QUERY_STRING": query, "REQUEST_URI": f"{script}{path}?{query}",
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "HTTP_HOST": "localhost",
            "HTTP_ACCEPT": "*/*",
        }  # fmt: skip
        content = b"".join(_pair(*item) for item in parameters.items())
        self._connection.sendall(
            _record(_BEGIN, struct.pack(">HB5x", _RESPONDER, _KEEP))
            + _record(_PARAMS, content) + _record(_PARAMS, b"") + _record(_STDIN, b"")
        )  # fmt: skip
        out = []
        file = self._connection.makefile("rb")
        while True:
            head = file.read(8)
            if len(head) < 8:
                raise ConnectionError(f"{self._path}: closed in the middle")
            _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", head)
            content = file.read(length + padding)[:length]
            if kind == _STDOUT:
                out.append(content)
            elif kind == _END:
                break
        head, body = _BLANK_LINE.split(b"".join(out), maxsplit=1)
        status = 200
        for line in head.splitlines():
            if line.lower().startswith(b"status:"):
                status = int(line.split()[1])
        return status, body

    def close(self) -> None:
        """Close the connection."""
        if self._connection:
            self._connection.close()
            self._connection = None
