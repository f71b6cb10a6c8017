"""Answers kept as bytes, each under its question and the version of its tables.

A commit moves the version, and the version is read before every use: what is kept is
never stale. A request that was answered before is known by its own bytes, so that its
answer is found before anything of it is parsed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.types import Scope

from layers import Level

MAXIMUM_BYTES = 64 * 1024 * 1024  # kept by one server process
_LARGEST_SHARE = 16  # an answer takes at most this part of the whole
_MOST_REQUESTS = 20_000  # known by their bytes

#: Headers that an answer may depend on.
_MATTER = frozenset(
    name.encode()
    for name in (
        "accept", "accept-encoding", "accept-language", "authorization", "cookie",
        "host", "range", "x-forwarded-for", "x-forwarded-host", "x-forwarded-prefix",
        "x-forwarded-proto",
    )
)  # fmt: skip


class Kept:
    """Bodies by question, the least recently asked forgotten first.

    Parameters
    ----------
    maximum : bytes kept at most
    """

    def __init__(self, maximum: int = MAXIMUM_BYTES) -> None:
        self._maximum = maximum
        self._kept: OrderedDict[str, tuple[int, bytes]] = OrderedDict()
        self._requests: OrderedDict[Hashable, Known] = OrderedDict()
        self.size = 0
        self.hits = 0
        self.misses = 0

    def __contains__(self, question: str) -> bool:
        """Whether an answer is kept, of whatever version."""
        return question in self._kept

    def get(self, question: str, version: int) -> bytes | None:
        """The body at this version of the tables, if it is kept."""
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

    # -- requests known by their bytes -------------------------------------------

    def known(self, key: Hashable) -> Known | None:
        """What a request with these bytes was answered."""
        return self._requests.get(key)

    def learn(self, key: Hashable, known: Known) -> None:
        """Remember what a request was answered."""
        self._requests[key] = known
        self._requests.move_to_end(key)
        if len(self._requests) > _MOST_REQUESTS:
            self._requests.popitem(last=False)

    def forget(self, key: Hashable) -> None:
        """The tables have changed: the request is to be read anew."""
        self._requests.pop(key, None)


@dataclass(frozen=True)
class Known:
    """An answer that a request with the same bytes may be given.

    Parameters
    ----------
    question : under which the body is kept
    layers : whose tables it was made from
    version : sum of their versions; none ever falls, so it stands while they do
    headers : all but the request's own id
    """

    question: str
    layers: tuple[str, ...]
    version: int
    status: int
    headers: tuple[tuple[bytes, bytes], ...]

    def stands(self, versions: Mapping[str, int]) -> bool:
        """Whether the tables are still those it was made from."""
        return sum(versions.get(layer, 0) for layer in self.layers) == self.version

    @property
    def etag(self) -> str:
        """Its entity tag."""
        return next((v.decode() for k, v in self.headers if k == b"etag"), "")


def note(request: Request, question: str, layers: Iterable[str], version: int) -> None:
    """Tell the guard that this answer is kept, and what it was made from."""
    request.state.kept = question, tuple(layers), version


def key_of(scope: Scope, level: Level) -> Hashable:
    """Everything of a request that its answer may depend on; None: never kept."""
    if scope["method"] != "GET":
        return None
    return (
        scope["path"],
        scope["query_string"],
        level,
        datetime.now(UTC).date(),
        scope["scheme"],
        scope["client"] and scope["client"][0],
        *[pair for pair in scope["headers"] if pair[0] in _MATTER],
    )
