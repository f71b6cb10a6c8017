"""What failed is tried again, each time after a longer pause."""

from __future__ import annotations

import time

FIRST_S = 2.0
LONGEST_S = 300.0


class Patience:
    """When something may be tried: at once, or after a pause that doubles.

    Examples
    --------
    >>> patience = Patience()
    >>> patience.is_over, patience.failed(), patience.failed(), patience.is_over
    (True, 2.0, 4.0, False)
    >>> patience.succeeded(); patience.is_over
    True
    """

    def __init__(self) -> None:
        self.failures = 0
        self._until = 0.0

    @property
    def is_over(self) -> bool:
        """Whether it may be tried now."""
        return time.monotonic() >= self._until

    def failed(self) -> float:
        """Begin the next pause; its length [s]."""
        pause_s = min(LONGEST_S, FIRST_S * 2.0 ** min(self.failures, 30))
        self.failures += 1
        self._until = time.monotonic() + pause_s
        return pause_s

    def succeeded(self) -> None:
        """Forget what failed."""
        self.failures, self._until = 0, 0.0
