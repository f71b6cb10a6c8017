"""The record of requests: one line each in the log, and the counters beside it."""

from __future__ import annotations

import itertools
import logging
import secrets
from dataclasses import dataclass

from gis.serve.metrics import Traffic
from layers import Level

log = logging.getLogger("citygrid.request")

#: In the log only: nobody is there to be told.
CLIENT_GONE = 499
_IDS = itertools.count(secrets.randbits(40))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log; never a query string, a token or a parameter of SQL."""

    request_id: str
    method: str
    path: str
    status: int
    level: Level

    def write(self, traffic: Traffic, seconds: float) -> None:
        """Count the request and log it."""
        traffic.count(self.path, self.status, seconds)
        log.info(
            "%s %s %s %d %.1f ms %s",
            self.request_id,
            self.method,
            # printable, of bounded length
            self.path.encode("unicode_escape").decode()[:200],
            self.status,
            1000 * seconds,
            self.level.label,
        )


def new_id() -> str:
    """A request's id, where the client gave none; it tells requests apart, no more."""
    return f"{next(_IDS):012x}"
