"""Long pages of GeoJSON, sent while they are read: the worker holds one part only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from gis.db.pool import AsyncDatabase
from gis.db.wire import Row, Statement
from gis.serve.lanes import Lane
from layers import Level

#: Features above which a page is streamed.
LONG = 2_000
_ROWS = 500  # of one part
_ROWS_OF_LARGE = 20  # where features are large
_LARGE_BYTES = 64_000


@dataclass
class Progress:
    """What is known of the page so far, and all of it once its last part was read.

    Parameters
    ----------
    limit : features of the page at most
    sorted_by : sort values that stand, after its key, at the end of every row
    last : place of the last row: its key and sort values
    more : whether a row follows the page
    """

    limit: int
    sorted_by: int = 0
    returned: int = 0
    last: Row | None = None
    more: bool = False

    @property
    def place(self) -> Row | None:
        """Where the next page goes on; None where there is none."""
        return self.last if self.more else None

    def take(self, rows: Sequence[Row]) -> int:
        """Count the next rows of the page; how many of them belong to it."""
        room = self.limit - self.returned
        self.more = self.more or len(rows) > room
        taken = min(len(rows), room)
        if taken:
            self.returned += taken
            self.last = rows[taken - 1][-1 - self.sorted_by :]
        return taken


async def read_parts(
    database: AsyncDatabase,
    level: Level,
    statement: Statement,
    lane: Lane,
    progress: Progress,
    row_bytes: float,
) -> AsyncIterator[bytes]:
    """Features joined by commas, part after part.

    Parameters
    ----------
    statement : as `Composer.page` makes it
    progress : kept up to date
    row_bytes : of one feature, about

    Raises
    ------
    Busy : the lane is full
    """
    rows = _ROWS_OF_LARGE if row_bytes > _LARGE_BYTES else _ROWS
    async with lane.slot(), database.batches(level, statement, rows) as batches:
        async for batch in batches:
            comma = b"," if progress.returned else b""
            if taken := progress.take(batch):
                yield comma + b",".join([row[0] for row in batch[:taken]])


async def with_ends(
    start: bytes, parts: AsyncIterator[bytes], tail: Callable[[], Awaitable[bytes]]
) -> AsyncIterator[bytes]:
    """The document: its first bytes, the parts, and what is known only then."""
    yield start
    async for part in parts:
        yield part
    yield await tail()
