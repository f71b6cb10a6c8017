"""A worker beside a server: begun with it, begun again when it dies, ended with it."""

from __future__ import annotations

import logging
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

log = logging.getLogger("citygrid.worker")

_PAUSE_S = 1.0
_PATIENCE_S = 15.0


@contextmanager
def worker_beside(command: Sequence[str], name: str = "worker") -> Iterator[None]:
    """A worker for as long as the block lasts.

    Parameters
    ----------
    command : begins a worker that ends when its standard input does, so that it does
        not outlive this process, however that ends
    name : what it is called where it ends by itself
    """
    beside = _Beside(command, name)
    beside.start()
    try:
        yield
    finally:
        beside.stop()


class _Beside(threading.Thread):
    """Begins the worker again whenever it ends by itself."""

    def __init__(self, command: Sequence[str], name: str) -> None:
        super().__init__(daemon=True, name=name)
        self._command = command
        self._stopping = threading.Event()
        self._begun: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def run(self) -> None:
        """Begin, wait, begin again."""
        while True:
            with self._lock:
                if self._stopping.is_set():
                    return
                # a session of its own: Ctrl-C is for the server, which ends the worker
                self._begun = subprocess.Popen(
                    list(self._command), stdin=subprocess.PIPE, start_new_session=True
                )
            code = self._begun.wait()
            if self._begun.stdin is not None:
                self._begun.stdin.close()
            if self._stopping.wait(_PAUSE_S):
                return
            log.warning("the %s ended with code %d and is begun again", self.name, code)

    def stop(self) -> None:
        """End the worker and wait for it."""
        with self._lock:
            self._stopping.set()
            process = self._begun
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
        self.join(_PATIENCE_S)
