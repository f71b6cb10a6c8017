"""How many features match: exact, kept while the version of their table stands.

A count reads every matching row and costs more than the page beside it; it changes
only when the table does. Where the planner expects that counting would take long, the
answer tells its estimate instead, under another name.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from starlette.requests import Request

from gis.db.compose import Composer
from gis.db.estimate import explaining, read_plan
from gis.serve.asked import Asked, matching_key
from gis.serve.context import Context
from gis.serve.rows import fetch

#: Seconds that counting may take, by the planner's estimate.
LONGEST_COUNT_S = 2.0
#: A table of fewer rows is counted without asking the planner.
_SMALL_ROWS = 200_000


@dataclass(frozen=True)
class Matched:
    """Number of matching features; an estimate where counting would take long."""

    number: int
    exact: bool = True

    @property
    def members(self) -> dict[str, int]:
        """Members of the answer: an estimate never stands under the count's name."""
        name = "numberMatched" if self.exact else "numberMatchedEstimate"
        return {name: self.number}


class Counts:
    """Numbers of matching features, the least recently asked forgotten first.

    Parameters
    ----------
    size : counts that are kept at most
    """

    def __init__(self, context: Context, composer: Composer, size: int = 4096) -> None:
        self._context = context
        self._composer = composer
        self._size = size
        self._kept: OrderedDict[Hashable, tuple[int, Matched]] = OrderedDict()

    def known(self, key: Hashable, version: int) -> Matched | None:
        """The count at a version of the table, if it is known."""
        found = self._kept.get(key)
        if found is None or found[0] != version:
            return None
        self._kept.move_to_end(key)
        return found[1]

    def keep(self, key: Hashable, version: int, matched: Matched) -> Matched:
        """Keep the count that was read after the version was."""
        self._kept[key] = (version, matched)
        self._kept.move_to_end(key)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return matched

    async def count(
        self, request: Request, asked: Asked, key: Hashable, version: int, rows: int
    ) -> Matched:
        """The number of features that match.

        Parameters
        ----------
        key : as `key_of` makes it
        rows : of the layer's table
        """
        if known := self.known(key, version):
            return known
        context, statement = self._context, self._composer.count(asked.query)
        if rows > _SMALL_ROWS:
            asking = [explaining(statement)]
            (plan,) = await fetch(request, context.database, asked.level, asking)
            expected = read_plan(plan)
            if expected.seconds > LONGEST_COUNT_S:
                return Matched(expected.rows, exact=False)
        (row,) = await fetch(request, context.database, asked.level, [statement])
        return self.keep(key, version, Matched((row or (0,))[0]))


def key_of(request: Request, asked: Asked, day: Hashable) -> Hashable:
    """What decides which features match: the same key, the same count."""
    return matching_key(request, asked.layer.id, asked.level, day)
