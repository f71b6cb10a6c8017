"""How far a job is: what it reads, and what the process itself tells.

A layer that the job's level does not see is read without being named.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Any, cast

from layers import Features, Level, Title
from processes import Reader

#: Percent at which reading ends and at which computing ends.
READ_PCT = 40
COMPUTED_PCT = 95
_INTERVAL_S = 0.5

READING = Title(zh="读取数据", en="reading")
WRITING = Title(zh="写入结果", en="writing the answer")

Write = Callable[[int, Title], None]


class Progress:
    """Turns what happens into a percentage that never falls.

    Parameters
    ----------
    write : takes percent and message; called at most twice a second
    layers : how many layers the process will read
    """

    def __init__(self, write: Write, layers: int) -> None:
        self._write = write
        self._layers = max(layers, 1)
        self._read: set[str] = set()
        self._percent = 0
        self._written_at = 0.0
        self._lock = Lock()

    def reads(self, layer: str, title: Title | None) -> None:
        """A layer is going to be read."""
        share = min(len(self._read) / self._layers, 1.0)
        self._read.add(layer)
        message = READING
        if title is not None:
            message = Title(zh=f"读取 {title.zh}", en=f"reading {title.en}")
        self._tell(1 + (READ_PCT - 1) * share, message)

    def tell(self, share: float, message: Title) -> None:
        """The process says how far it is, 0 to 1."""
        within = (COMPUTED_PCT - READ_PCT) * min(max(share, 0.0), 1.0)
        self._tell(READ_PCT + within, message)

    def writes(self) -> None:
        """The answer is going to be written."""
        self._tell(COMPUTED_PCT, WRITING)

    def _tell(self, percent: float, message: Title) -> None:
        with self._lock:  # kernels tell from several threads
            now = time.monotonic()
            self._percent = max(self._percent, int(percent))
            if now - self._written_at < _INTERVAL_S:
                return
            self._written_at = now
            self._write(self._percent, message)


class _Watched:
    """A Reader that says what is read through it."""

    def __init__(self, reader: Reader, progress: Progress, level: Level) -> None:
        self._reader = reader
        self._progress = progress
        self._visible = reader.catalogue.visible_at(level)

    def features(self, layer: str, **asked: Any) -> Features:  # noqa: ANN401  # as the port
        """Features of a layer."""
        seen = self._visible.get(layer)
        self._progress.reads(layer, seen.title if seen else None)
        return self._reader.features(layer, **asked)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the port holds
        return getattr(self._reader, name)


def watched(reader: Reader, progress: Progress, level: Level) -> Reader:
    """The reader, saying what is read."""
    return cast(Reader, _Watched(reader, progress, level))
