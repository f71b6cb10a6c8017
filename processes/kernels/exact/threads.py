"""Step 10: work in parts on several threads, with progress and a way to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock

import numpy as np

from processes.kernels.exact.scene import Int64
from processes.kernels.memory import keep_memory

Progress = Callable[[str, float], None]
Cancelled = Callable[[], bool]
Parts = Sequence[tuple[int, int]]


class Stopped(Exception):
    """The computation was cancelled."""


def even_parts(start: Int64, parts: int) -> Parts:
    """Ranges of groups that hold about equally many items each.

    Parameters
    ----------
    start : (n + 1,) first item of each group

    Examples
    --------
    >>> even_parts(np.array([0, 5, 6, 7, 10]), 2)
    [(0, 1), (1, 4)]
    """
    n = len(start) - 1
    if parts == 1:
        return [(0, n)] if n else []
    cuts = np.searchsorted(start, np.linspace(start[0], start[-1], parts + 1)[1:-1])
    limits = [0, *np.minimum(cuts, n).tolist(), n]
    return [(a, b) for a, b in pairwise(limits) if b > a]


def even_ranges(n: int, parts: int) -> Parts:
    """Ranges of n items, about equally long.

    Examples
    --------
    >>> even_ranges(5, 2)
    [(0, 2), (2, 5)]
    """
    limits = [n * part // parts for part in range(parts + 1)]
    return [(a, b) for a, b in pairwise(limits) if b > a]


@dataclass
class Workers:
    """Threads that share out parts; what they hand back stays in the parts' order.

    Parameters
    ----------
    threads : 1 or more
    pool : None for one thread
    on_progress : told what is under way and the share of the whole that is done
    cancelled : asked between parts
    reached : share of the whole that was told last; it never falls
    """

    threads: int
    pool: ThreadPoolExecutor | None
    on_progress: Progress | None = None
    cancelled: Cancelled | None = None
    reached: float = 0.0

    def run[R](
        self,
        work: Callable[[int, int], R],
        parts: Parts,
        *,
        stage: str = "",
        share: tuple[float, float] = (0.0, 0.0),
    ) -> list[R]:
        """What `work` gives for every part, in order.

        Parameters
        ----------
        share : share of the whole that is done before and after this stage

        Raises
        ------
        Stopped : it was cancelled
        """
        done = 0
        lock = Lock()

        def one(part: tuple[int, int]) -> R:
            nonlocal done
            if self.cancelled is not None and self.cancelled():
                raise Stopped
            result = work(*part)
            with lock:
                done += 1
                if self.on_progress is not None and stage:
                    begun, ended = share
                    here = begun + (ended - begun) * done / len(parts)
                    self.reached = max(self.reached, here)
                    self.on_progress(stage, self.reached)
            return result

        if self.pool is None:
            return [one(part) for part in parts]
        return list(self.pool.map(one, parts))

    def both[A, B](self, one: Callable[[], A], other: Callable[[], B]) -> tuple[A, B]:
        """What two tasks give that do not need each other.

        Notes
        -----
        Each may share out parts: while one does what cannot be shared, the threads
        have the other's. Where both fail, the first's error is told.
        """
        if self.pool is None:
            return one(), other()
        with ThreadPoolExecutor(1) as beside:
            later = beside.submit(other)
            return one(), later.result()


@contextmanager
def workers(
    threads: int,
    on_progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Iterator[Workers]:
    """Threads for one computation; they end with it."""
    keep_memory()
    if threads == 1:
        yield Workers(1, None, on_progress, cancelled)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield Workers(threads, pool, on_progress, cancelled)
