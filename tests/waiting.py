"""Waits for what comes by itself: a process, a commit, a line of a log."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(is_so: Callable[[], object], seconds: float = 300) -> float:
    """Seconds until something is true.

    Raises
    ------
    AssertionError : it was not true in time, or `is_so` found that it never will be
    """
    begun = time.monotonic()
    while not is_so():
        assert time.monotonic() - begun < seconds, "waited in vain"
        time.sleep(0.05)
    return time.monotonic() - begun
