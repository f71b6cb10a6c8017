"""How much one answer may cost: bytes of a page, seconds of a query.

What the planner expects decides before anything is read; the refusal names the
parameter and a cheaper question.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from starlette.requests import Request

from gis.db.compose import Composer
from gis.db.estimate import Size, explaining, read_plan, read_size, sizing
from gis.errors import QueryError
from gis.serve.asked import Asked
from gis.serve.context import Context
from gis.serve.rows import fetch
from gis.serve.streams import LONG

#: Bytes of features that are held in memory; a larger page is sent while it is read.
HELD_BYTES = 16_000_000
#: Bytes of features that one answer may have, as far as the table's size tells.
LARGEST_BYTES = 512_000_000
#: Rows of a table whose queries are run without asking the planner.
_SMALL_ROWS = 200_000
_SIZE_S = 60.0  # a size is read again after this
#: Share of the level's statement timeout that a page may be expected to take.
_OF_TIMEOUT = 0.8


@dataclass(frozen=True)
class Bounded:
    """What was found: whether a page is too long to be held in memory."""

    is_long: bool


class Bounds:
    """Sizes of tables and costs of queries."""

    def __init__(self, context: Context, composer: Composer) -> None:
        self._context = context
        self._composer = composer
        self._sizes: dict[str, tuple[float, Size]] = {}

    async def size(self, request: Request, asked: Asked) -> Size:
        """Size of the layer's table, at most a minute old."""
        layer = asked.layer.id
        read_at, size = self._sizes.get(layer, (0.0, Size(0, 0.0)))
        if time.monotonic() - read_at > _SIZE_S:
            statements = [sizing(layer)]
            (row,) = await fetch(
                request, self._context.database, asked.level, statements
            )
            size = read_size(row)
            self._sizes[layer] = time.monotonic(), size
        return size

    async def check(self, request: Request, asked: Asked) -> Bounded:
        """Refuse what would be too much.

        Raises
        ------
        QueryError : more bytes than one answer may have, or more time than the level
            is given
        """
        size, query = await self.size(request, asked), asked.query
        expected = min(query.limit, size.rows) * size.row_bytes
        if not query.output.geometry or asked.hits:
            expected = 0.0
        if expected > LARGEST_BYTES:
            most = max(1, int(LARGEST_BYTES / size.row_bytes))
            raise QueryError(
                "limit",
                f"{query.limit} given: about {expected / 1e6:.0f} MB, at most "
                f"{LARGEST_BYTES / 1e6:.0f} MB are sent at a time; ask with "
                f"limit={most} or skipGeometry=true",
            )
        if size.rows > _SMALL_ROWS and not asked.hits:
            await self._check_time(request, asked)
        return Bounded(query.limit > LONG or expected > HELD_BYTES)

    async def _check_time(self, request: Request, asked: Asked) -> None:
        """Refuse a page that the planner expects to take longer than it may."""
        query = asked.query
        searched = {
            "filter": query.filter is not None,
            "q": bool(query.words),
            "sortby": bool(query.sort),
            "offset": query.offset > 0,
            **{name: True for name, _ in query.equals},
        }
        named = [name for name, given in searched.items() if given]
        if not named:
            return
        statements = [explaining(self._composer.page(query))]
        (row,) = await fetch(request, self._context.database, asked.level, statements)
        plan = read_plan(row)
        timeouts = self._context.settings.timeouts
        allowed = getattr(timeouts, asked.level.label) / 1000 * _OF_TIMEOUT
        if plan.seconds > allowed:
            raise QueryError(
                named[0],
                f"this would read the whole of {asked.layer.id} for about "
                f"{plan.seconds:.0f} s, at most {allowed:.0f} s are given; add a bbox, "
                "or follow the `next` links of an unfiltered page",
            )
