"""Long pages of GeoJSON, sent while they are read: the worker holds one part only."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from anyio import to_thread

from gis.db.compose import Statement
from gis.db.pool import AsyncDatabase
from gis.serve.lanes import Lane
from layers import Level

#: Features above which a page is streamed.
LONG = 2_000
_ROWS = 500  # of one part


@dataclass
class Progress:
    """What is known of the page once its last part was read.

    Parameters
    ----------
    last : keys of the page's last row, where the page is full
    more : whether a row follows the page
    """

    returned: int = 0
    last: bytes | None = None
    more: bool = False

    @property
    def keys(self) -> bytes | None:
        """Keys of the last row where another page follows."""
        return self.last if self.more else None


async def read_parts(
    database: AsyncDatabase,
    level: Level,
    statement: Statement,
    lane: Lane,
    progress: Progress,
) -> AsyncIterator[bytes]:
    """Features joined by commas, part after part.

    Parameters
    ----------
    statement : as `Composer.features` makes it
    progress : kept up to date

    Raises
    ------
    Busy : the lane is full
    """
    async with lane.slot(), database.batches(level, statement, _ROWS) as batches:
        async for batch in batches:
            texts = []
            for text, keys in batch:
                if text is None:
                    progress.more = True
                else:
                    texts.append(text)
                    progress.last = keys
            comma = b"," if progress.returned and texts else b""
            progress.returned += len(texts)
            yield comma + b",".join(texts)


async def with_ends(
    first: bytes, parts: AsyncIterator[bytes], tail: Callable[[], bytes]
) -> AsyncIterator[bytes]:
    """The document: its first bytes, the parts, and what is known only then."""
    yield first
    async for part in parts:
        yield part
    yield tail()


async def gzipped(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The parts as one gzip stream, packed on a thread."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    async for part in parts:
        if packed := await to_thread.run_sync(packer.compress, part):
            yield packed
    yield packer.flush()
