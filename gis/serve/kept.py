"""Answers kept as bytes, each under its question, with what it was made from.

A commit moves the version of a table, and versions are read before every use: what is
kept is never stale. A request that was answered before is known by its own bytes, so
that its answer is found before anything of it is parsed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.types import Scope

from gis.db.changes import Box, Changes
from layers import Level

MAXIMUM_BYTES = 64 * 1024 * 1024  # of bodies, kept by one server process
MAXIMUM_REQUEST_BYTES = 24 * 1024 * 1024  # of what requests are known by
_LARGEST_SHARE = 16  # an answer takes at most this part of the whole
_PAIR_BYTES = 130  # what a header takes beside its texts
_ENTRY_BYTES = 400  # what an entry takes beside its texts, as measured

#: Headers that an answer may depend on.
MATTER = frozenset(
    name.encode()
    for name in (
        "accept", "accept-encoding", "accept-language", "authorization", "cookie",
        "host", "range", "x-forwarded-for", "x-forwarded-host", "x-forwarded-prefix",
        "x-forwarded-proto",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """What an answer was made from.

    Parameters
    ----------
    versions : layer id -> version of its table, read before the table itself
    within : where the layers were looked at; None: everywhere
    """

    versions: Mapping[str, int]
    within: Box | None = None

    def stands(self, now: Changes) -> bool:
        """Whether the same would be made now."""
        return now.stand(self.versions, self.within)

    @property
    def version(self) -> int:
        """Sum of the versions: none of them ever falls, so it stands while they do."""
        return sum(self.versions.values())


def made_from(now: Changes, *layers: str, within: Box | None = None) -> Made:
    """What is made now from these layers."""
    return Made({layer: now.get(layer, 0) for layer in layers}, within)


@dataclass(frozen=True)
class Held:
    """An answer that is kept."""

    made: Made
    body: bytes


@dataclass(frozen=True)
class Known:
    """An answer that a request with the same bytes may be given.

    Parameters
    ----------
    question : under which the body is kept
    headers : all but the request's own id
    weight : bytes that it takes, with the key it is known by
    """

    question: str
    made: Made
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    weight: int

    @property
    def etag(self) -> str:
        """Its entity tag."""
        return next((v.decode() for k, v in self.headers if k == b"etag"), "")


class Kept:
    """Bodies by question, the least recently asked forgotten first.

    Parameters
    ----------
    maximum : bytes of bodies kept at most
    requests : bytes kept at most of what requests are known by
    """

    def __init__(
        self, maximum: int = MAXIMUM_BYTES, requests: int = MAXIMUM_REQUEST_BYTES
    ) -> None:
        self._maximum = maximum
        self._maximum_requests = requests
        self._kept: OrderedDict[str, Held] = OrderedDict()
        self._requests: OrderedDict[Hashable, Known] = OrderedDict()
        self.size = 0
        self.request_size = 0
        self.hits = 0
        self.misses = 0

    def __contains__(self, question: str) -> bool:
        """Whether an answer is kept, of whatever version."""
        return question in self._kept

    def get(self, question: str, now: Changes) -> Held | None:
        """The answer, if one is kept that would be made now."""
        found = self._kept.get(question)
        if found is None or not found.made.stands(now):
            self.misses += 1
            return None
        self.hits += 1
        self._kept.move_to_end(question)
        return found

    def body(self, known: Known, now: Changes) -> bytes | None:
        """The body of a known answer, if it would be made now."""
        found = self.get(known.question, now)
        return None if found is None or found.made != known.made else found.body

    def put(self, question: str, made: Made, body: bytes) -> None:
        """Keep a body in place of that of an earlier version."""
        if len(body) > self._maximum // _LARGEST_SHARE:
            return
        if before := self._kept.pop(question, None):
            self.size -= len(before.body) + _ENTRY_BYTES
        self._kept[question] = Held(made, body)
        self.size += len(body) + _ENTRY_BYTES
        while self.size > self._maximum:
            _, forgotten = self._kept.popitem(last=False)
            self.size -= len(forgotten.body) + _ENTRY_BYTES

    # -- requests known by their bytes -------------------------------------------

    def known(self, key: Hashable) -> Known | None:
        """What a request with these bytes was answered."""
        return self._requests.get(key)

    def learn(self, key: Hashable, known: Known) -> None:
        """Remember what a request was answered."""
        self.forget(key)
        self._requests[key] = known
        self.request_size += known.weight
        while self.request_size > self._maximum_requests:
            _, forgotten = self._requests.popitem(last=False)
            self.request_size -= forgotten.weight

    def forget(self, key: Hashable) -> None:
        """The tables have changed: the request is to be read anew."""
        if before := self._requests.pop(key, None):
            self.request_size -= before.weight


def note(request: Request, question: str, made: Made) -> None:
    """Tell the guard that this answer is kept, and what it was made from."""
    request.state.kept = question, made


def weight_of(scope: Scope, headers: Sequence[tuple[bytes, bytes]]) -> int:
    """Bytes that a request takes while it is known: its texts, and their objects."""
    pairs = [*scope["headers"], *headers]
    texts = sum(len(name) + len(value) for name, value in pairs)
    address = len(scope["path"]) + len(scope["query_string"])
    return _ENTRY_BYTES + address + texts + _PAIR_BYTES * len(headers)


def key_of(scope: Scope, level: Level) -> Hashable:
    """Everything of a request that its answer may depend on; None: never kept."""
    if scope["method"] != "GET":
        return None
    return scope["path"], *manner_of(scope, level)


def manner_of(scope: Scope, level: Level) -> tuple[Hashable, ...]:
    """Everything but the path of a request that its answer may depend on."""
    return (
        scope["query_string"],
        level,
        datetime.now(UTC).date(),
        scope["scheme"],
        scope["client"] and scope["client"][0],
        *[pair for pair in scope["headers"] if pair[0] in MATTER],
    )
