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
from gis.db.wire import Afresh
from gis.serve.answer import weak_etag
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
    size : counts that are kept at most, about 300 bytes each
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
        self, request: Request, asked: Asked, day: Hashable, rows: int
    ) -> Matched:
        """The number of features that match.

        Parameters
        ----------
        day : on which what is valid now was valid
        rows : of the layer's table
        """
        database, level = self._context.database, asked.level
        key = weak_etag(matching_key(request, asked.layer.id, level, day))
        version = self._composer.version(asked.layer.id)
        statement = Afresh(*self._composer.count(asked.query))
        if key in self._kept:
            (row,) = await fetch(request, database, level, [version])
            if known := self.known(key, (row or (0,))[0]):
                return known
        if rows > _SMALL_ROWS:
            (plan,) = await fetch(request, database, level, [explaining(statement)])
            expected = read_plan(plan)
            if expected.seconds > LONGEST_COUNT_S:
                return Matched(expected.rows, exact=False)
        # the version first: a commit in between makes the count's too old, never new
        before, row = await fetch(request, database, level, [version, statement])
        return self.keep(key, (before or (0,))[0], Matched((row or (0,))[0]))
