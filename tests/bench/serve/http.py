"""A client of HTTP servers that does as little as the one of FastCGI servers.

The library's parses the head of an answer as it would a letter: for a quarter of a
millisecond, which is more than some of the answers take and would be counted as theirs.
"""

from __future__ import annotations

import socket

_TIMEOUT_S = 180.0


class Http:
    """One connection, used for one request after another.

    Parameters
    ----------
    port : of the server on this machine
    """

    def __init__(self, port: int) -> None:
        self._host = f"127.0.0.1:{port}"
        self._socket = socket.create_connection(("127.0.0.1", port), _TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")

    def get(
        self, target: str, headers: dict[str, str]
    ) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and headers of a GET.

        Raises
        ------
        OSError : the connection was closed in the middle
        """
        lines = [f"GET {target} HTTP/1.1", f"Host: {self._host}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        status = self._line().split(b" ", 2)[1]
        found: dict[str, str] = {}
        while line := self._line():
            name, _, value = line.decode("latin-1").partition(":")
            found[name.lower()] = value.strip()
        if found.get("transfer-encoding", "") == "chunked":
            return int(status), b"".join(self._chunks()), found
        return int(status), self._read(int(found.get("content-length", 0))), found

    def _chunks(self) -> list[bytes]:
        parts = []
        while size := int(self._line().partition(b";")[0], 16):
            parts.append(self._read(size))
            self._line()
        while self._line():  # a trailer
            pass
        return parts

    def _line(self) -> bytes:
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError(f"{self._host}: closed in the middle of a line")
        return line[:-2]

    def _read(self, size: int) -> bytes:
        body = self._file.read(size)
        if len(body) < size:
            raise ConnectionError(f"{self._host}: closed in the middle of a body")
        return body

    def close(self) -> None:
        """Close the connection."""
        self._file.close()
        self._socket.close()
