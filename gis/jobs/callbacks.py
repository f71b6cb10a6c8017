"""Callbacks: who may be called, and the call.

An address is taken only where the operator named its host (CITYGRID_CALLBACK_HOSTS);
none is named by default. A call follows no redirect and reads nothing of the answer.
It is repeated until it arrives, so that a receiver may get it twice.
"""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Mapping, Sequence
from email.message import Message
from typing import IO
from urllib.parse import urlsplit

from gis.errors import QueryError

KINDS = ("successUri", "inProgressUri", "failedUri")
_LONGEST = 2000
_PATIENCE_S = 10


def read_subscriber(given: object, allowed: Sequence[str]) -> dict[str, str]:
    """The addresses of an execute request.

    Parameters
    ----------
    allowed : `host` (any port) or `host:port`

    Raises
    ------
    QueryError : naming the member, what was found and what is allowed
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise QueryError("subscriber", "must be an object")
    found: dict[str, str] = {}
    for name, uri in given.items():
        member = f"subscriber.{name}"
        if name not in KINDS:
            raise QueryError(member, f"unknown member, known are {', '.join(KINDS)}")
        found[name] = _checked(member, uri, allowed)
    if "successUri" not in found:
        raise QueryError("subscriber.successUri", "nothing given, it is required")
    return found


def _checked(member: str, uri: object, allowed: Sequence[str]) -> str:
    if not isinstance(uri, str) or len(uri) > _LONGEST or not uri.isprintable():
        raise QueryError(member, f"must be an address of at most {_LONGEST} characters")
    if not uri.isascii():  # others cannot be sent, and are taken for what they are not
        raise QueryError(member, "must be written in ASCII (%-encoded, xn--)")
    if re.search(r"[\s\\]", uri):
        raise QueryError(member, "must hold neither space nor backslash")
    try:
        parts = urlsplit(uri)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise QueryError(member, f"{uri[:80]!r} given, must be an address") from None
    if parts.scheme not in ("http", "https") or not host:
        raise QueryError(member, f"{uri[:80]!r} given, must begin with http(s)://host")
    if parts.username is not None or parts.password is not None:
        raise QueryError(member, "must not hold a user or password")
    host = f"[{host}]" if ":" in host else host
    default = 443 if parts.scheme == "https" else 80
    if host in allowed or f"{host}:{port or default}" in allowed:
        return uri
    known = ", ".join(allowed) or "none"
    raise QueryError(
        member,
        f"host {host!r} given; hosts that may be called back here: {known} "
        "(CITYGRID_CALLBACK_HOSTS)",
    )


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows none: the host was checked, another one was not."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> None:
        """No other request."""


def call_back(uri: str, content_type: str, body: bytes) -> int:
    """Send a body to an address that was checked; the status of the answer.

    Raises
    ------
    OSError : nobody answers, or with an error or a redirect
    """
    request = urllib.request.Request(  # noqa: S310  # http(s) only, checked before
        uri, data=body, headers={"Content-Type": content_type}, method="POST"
    )
    opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=_PATIENCE_S) as answer:
        return int(answer.status)
