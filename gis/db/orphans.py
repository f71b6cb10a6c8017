"""Server processes that outlived their server: found and ended."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

_PATIENCE_S = 10.0


def end_orphans(data: Path) -> None:
    """End what still works on data whose server was killed, and wait until it is gone.

    A server without its pid file is none that was killed: it is left alone, with all
    that belongs to it.

    Notes
    -----
    They are killed as the server was: it mends the data the same way when it starts.
    """
    found = _at_work(data)
    if not all(title.startswith("postgres: ") for title in found.values()):
        return
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + _PATIENCE_S
    while _at_work(data) and time.monotonic() < until:
        time.sleep(0.02)


def _at_work(data: Path) -> dict[int, str]:
    """Titles of the server's processes by number; every one works in its data."""
    folder = data.resolve()
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        # another account's, or gone meanwhile
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink() != folder:
                continue
            if (process / "exe").readlink().name.startswith("postgres"):
                found[int(process.name)] = (process / "cmdline").read_text()
    return found
