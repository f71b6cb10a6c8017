"""Events on their way from the database to subscribers: one reader, many queues."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from gis.db.feed import Told, is_lost, read_feed
from gis.errors import TooManySubscribers
from gis.serve.lanes import Busy
from gis.settings import Timeouts
from layers import Level

log = logging.getLogger("citygrid.events")

MOST_SUBSCRIBERS = 200  # of one server process
MOST_EACH = 8  # of one address
KEPT = 1000  # events that a subscriber who was away is told again
_QUEUE = 100  # events that a slow subscriber may be behind
_AGAIN_S = 1.0


@dataclass(eq=False)
class Subscriber:
    """Whoever listens; `queue` holds None where the stream is to end.

    Parameters
    ----------
    level : only events of it and below come
    """

    level: Level
    service: str | None
    measure: str | None
    zones: str | None
    address: str
    queue: asyncio.Queue[Told | None] = field(
        default_factory=lambda: asyncio.Queue(_QUEUE)
    )

    def wants(self, told: Told) -> bool:
        """Whether an event is for this subscriber."""
        return (
            told.level <= self.level
            and self.service in (None, told.service)
            and self.measure in (None, told.measure)
            and (self.zones is None or self.zones in told.zone_layers)
        )


class Hub:
    """The latest events, and those who wait for the next.

    The feed is read from the first question on, by one connection of its own, so that
    no subscriber holds one.
    """

    def __init__(self, dsn: str, timeouts: Timeouts) -> None:
        self._dsn = dsn
        self._timeouts = timeouts
        self._subscribers: set[Subscriber] = set()
        self._kept: deque[Told] = deque(maxlen=KEPT)
        self._last: int | None = None
        self._task: asyncio.Task[None] | None = None
        self._begun = asyncio.Event()
        self._closed = False

    @property
    def subscribers(self) -> int:
        """How many listen."""
        return len(self._subscribers)

    async def begin(self) -> None:
        """Read the feed from now on; return once the latest events are known.

        Raises
        ------
        Busy : the database cannot be asked now, or the server ends
        """
        if self._closed:
            raise Busy
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        try:
            await asyncio.wait_for(self._begun.wait(), 5)
        except TimeoutError:
            raise Busy from None

    def since(self, after: int | None) -> tuple[list[Told], bool]:
        """Events after one that a subscriber knows, and whether some are kept no more.

        Parameters
        ----------
        after : None: whoever comes new is told nothing of before
        """
        if after is None:
            return [], False
        found = [told for told in self._kept if told.event_id > after]
        known = self._last or 0
        first = self._kept[0].event_id if self._kept else known + 1
        # an id of another database, put back from a backup, is behind nothing
        return found, after < first - 1 or after > known

    @property
    def last(self) -> int:
        """Number of the latest event; 0 before the first."""
        return self._last or 0

    @contextlib.contextmanager
    def subscribed(self, subscriber: Subscriber) -> Iterator[Subscriber]:
        """Listen for the length of the block.

        Raises
        ------
        Busy : as many listen as may
        TooManySubscribers : as many from the same address
        """
        if self.subscribers >= MOST_SUBSCRIBERS or self._closed:
            raise Busy
        each = Counter(one.address for one in self._subscribers)
        if each[subscriber.address] >= MOST_EACH:
            raise TooManySubscribers(
                f"events: {MOST_EACH} streams are open from your address, must be fewer"
            )
        self._subscribers.add(subscriber)
        try:
            yield subscriber
        finally:
            self._subscribers.discard(subscriber)

    def close(self) -> None:
        """End every stream: the server stops."""
        self._closed = True
        for subscriber in self._subscribers:
            _end(subscriber)
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        """Read the feed, again and again where the database went away."""
        while True:
            try:
                async with contextlib.aclosing(
                    read_feed(self._dsn, self._timeouts, self._last, KEPT)
                ) as feed:
                    async for told in feed:
                        self._take(told)
            except Exception as error:
                if not is_lost(error):
                    log.exception("the feed of events ended")
            await asyncio.sleep(_AGAIN_S)

    def _take(self, found: list[Told]) -> None:
        first = self._last is None
        for told in found:
            self._kept.append(told)
            if not first:
                self._pass_on(told)
        self._last = found[-1].event_id if found else self._last or 0
        self._begun.set()

    def _pass_on(self, told: Told) -> None:
        for subscriber in list(self._subscribers):
            if subscriber.wants(told):
                try:
                    subscriber.queue.put_nowait(told)
                except asyncio.QueueFull:  # it comes back and says what it knows
                    _end(subscriber)


def _end(subscriber: Subscriber) -> None:
    """Make a stream end, whatever still waits in it."""
    with contextlib.suppress(asyncio.QueueEmpty):
        while True:
            subscriber.queue.get_nowait()
    subscriber.queue.put_nowait(None)
