"""Where a page goes on: a signed, opaque parameter that only this server can make.

It names the last row before the page by its sort values and key, and how many rows
came before. The signature binds it to the level and to everything that decides which
features match and in what order, so that it cannot be carried to another question.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import orjson

from gis.errors import QueryError

#: Makes the signature of a text.
Sign = Callable[[str], str]
_LONGEST = 6_000


@dataclass(frozen=True)
class Place:
    """The row that a page follows.

    Parameters
    ----------
    passed : features before the page
    values : the row's sort values as text, None where it has none
    fid : the row's key
    """

    passed: int
    values: tuple[str | None, ...]
    fid: int


def write_cursor(sign: Sign, asked: Hashable, passed: int, keys: str) -> str:
    """The parameter of a place; `keys` is a JSON list: sort values as text, the key."""
    text = orjson.dumps([passed, orjson.loads(keys)]).decode()
    sealed = f"{sign(_bound(asked, text))}{text}".encode()
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def read_cursor(sign: Sign, asked: Hashable, text: str | None) -> Place | None:
    """The place that a parameter names; None when it is not given.

    Raises
    ------
    QueryError : not made by this server, or for another question
    """
    if text is None:
        return None
    wrong = QueryError(
        "cursor", "not of this question; follow the `next` link of its first page"
    )
    if len(text) > _LONGEST:
        raise wrong
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        signed = sealed.decode()
    except (binascii.Error, ValueError):
        raise wrong from None
    start = signed.find("[")
    signature, body = signed[: max(start, 0)], signed[max(start, 0) :]
    known = sign(_bound(asked, body))
    if not hmac.compare_digest(signature.encode(), known.encode()):
        raise wrong
    passed, (*values, fid) = orjson.loads(body)
    return Place(passed, tuple(values), fid)


def _bound(asked: Hashable, text: str) -> str:
    return f"cursor|{asked!r}|{text}"
