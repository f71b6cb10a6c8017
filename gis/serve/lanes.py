"""How much is done at a time: three lanes, so that light requests find room.

Documents, pages of the site, health and single items take no lane. Pages of features
and tiles share one; long answers and files another. Each level's pool has more
connections than both lanes together. Whoever finds his lane's queue full, or waits
too long in it, is told to come back.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field


class Busy(Exception):
    """The server has as much to do as it can; ask again in a few seconds."""


class Lane:
    """A bounded number of requests at a time, and a bounded queue.

    Parameters
    ----------
    slots : requests at a time
    queue : requests that may wait
    patience_s : seconds that each may wait
    """

    def __init__(self, slots: int, queue: int, patience_s: float) -> None:
        self._free = asyncio.Semaphore(slots)
        self._queue = queue
        self._patience_s = patience_s
        self.running = 0
        self.waiting = 0
        self.rejected = 0

    @contextlib.asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """A place in the lane for as long as the block lasts.

        Raises
        ------
        Busy : the queue is full, or did not move in time
        """
        await self._enter()
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1
            self._free.release()

    async def _enter(self) -> None:
        if not self._free.locked():
            await self._free.acquire()
            return
        if self.waiting >= self._queue:
            self.rejected += 1
            raise Busy
        self.waiting += 1
        try:
            async with asyncio.timeout(self._patience_s):
                await self._free.acquire()
        except TimeoutError:
            self.rejected += 1
            raise Busy from None
        finally:
            self.waiting -= 1


@dataclass(frozen=True)
class Lanes:
    """The lanes of one server process; fewer slots than a pool has connections."""

    pages: Lane = field(default_factory=lambda: Lane(5, queue=100, patience_s=10))
    heavy: Lane = field(default_factory=lambda: Lane(2, queue=4, patience_s=5))
