"""The private server kept running: started again where it died."""

from __future__ import annotations

import fcntl
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from gis.db.cluster import Cluster
from gis.errors import ClusterError

log = logging.getLogger("citygrid.database")

_LOOK_S = 0.5
_LONGEST_S = 60.0
_PATIENCE_S = 15.0


@contextmanager
def kept(cluster: Cluster, *, shortest_s: float = 1.0) -> Iterator[None]:
    """The server, for as long as the block lasts, started again whenever it dies.

    One that is stopped on purpose (`Cluster.stop`) stays stopped.

    Parameters
    ----------
    shortest_s : pause before the first start; doubled while it dies time after time
    """
    keeper = _Keeper(cluster, shortest_s)
    with _mark(cluster).open("w") as mark:
        fcntl.flock(mark, fcntl.LOCK_SH)  # of several that serve each keeps it
        keeper.start()
        try:
            yield
        finally:
            keeper.stopping.set()
            keeper.join(_PATIENCE_S)


def is_kept(cluster: Cluster) -> bool:
    """Whether somebody, in this process or another, keeps the server running."""
    with _mark(cluster).open("a") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _mark(cluster: Cluster) -> Path:
    """File that is locked as long as somebody keeps the server."""
    return cluster.home / "pg" / "keeper"


class _Keeper(Thread):
    """Looks whether the server is there, and starts it where it has fallen."""

    def __init__(self, cluster: Cluster, shortest_s: float) -> None:
        super().__init__(daemon=True, name="keeper")
        self._cluster = cluster
        self._shortest_s = shortest_s
        self.stopping = Event()

    def run(self) -> None:
        """Look, and start again, until told to stop."""
        pause_s, started_at = self._shortest_s, 0.0
        while not self.stopping.wait(_LOOK_S):
            if not self._cluster.is_fallen:
                if time.monotonic() - started_at > _LONGEST_S:
                    pause_s = self._shortest_s
                continue
            log.warning("PostgreSQL died; it is started again in %g s", pause_s)
            if self.stopping.wait(pause_s):
                return
            self._start()
            pause_s, started_at = min(2 * pause_s, _LONGEST_S), time.monotonic()

    def _start(self) -> None:
        try:
            if self._cluster.revive():
                log.warning("PostgreSQL runs again")
        except (ClusterError, OSError) as error:
            log.warning("PostgreSQL could not be started: %s", error)
