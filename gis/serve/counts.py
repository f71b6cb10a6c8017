"""Exact counts, kept while the version of their table stands.

A count reads every matching row and costs more than the page beside it; it changes
only when the table does.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from starlette.requests import Request

#: Parameters that change what is shown of the features, not which match.
_SHOWN_ONLY = frozenset(
    {
        "f",
        "lang",
        "header",
        "limit",
        "offset",
        "cursor",
        "crs",
        "properties",
        "skipGeometry",
        "sortby",
        "resulttype",
    }
)


class Counts:
    """Numbers of matching features, the least recently asked forgotten first.

    Parameters
    ----------
    size : counts that are kept at most
    """

    def __init__(self, size: int = 4096) -> None:
        self._size = size
        self._kept: OrderedDict[Hashable, tuple[int, int]] = OrderedDict()

    def get(self, key: Hashable, version: int) -> int | None:
        """The count at a version of the table, if it is known."""
        found = self._kept.get(key)
        if found is None or found[0] != version:
            return None
        self._kept.move_to_end(key)
        return found[1]

    def put(self, key: Hashable, version: int, count: int) -> None:
        """Keep the count that was read after the version was."""
        self._kept[key] = (version, count)
        self._kept.move_to_end(key)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)

    def __contains__(self, key: Hashable) -> bool:
        """Whether a count was kept, at whatever version."""
        return key in self._kept


def matching_key(request: Request, *others: Hashable) -> Hashable:
    """What decides which features match: the same key, the same count."""
    given = request.query_params.items()
    return *others, *sorted(pair for pair in given if pair[0] not in _SHOWN_ONLY)
