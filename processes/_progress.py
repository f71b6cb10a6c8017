"""Progress: how far a computation is, told to whoever listens to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from layers import Title

#: Takes the share that is done, 0 to 1, and what is under way.
Tell = Callable[[float, Title], None]

_listener: ContextVar[Tell | None] = ContextVar("listener", default=None)


def tell(share: float, message: Title) -> None:
    """Say how far this computation is; nothing happens where nobody listens."""
    listener = _listener.get()
    if listener is not None:
        listener(share, message)


@contextmanager
def listening(listener: Tell) -> Iterator[None]:
    """Listen to what is computed in this block.

    Examples
    --------
    >>> heard = []
    >>> with listening(lambda share, message: heard.append((share, message.en))):
    ...     tell(0.5, Title(zh="计算", en="computing"))
    >>> heard
    [(0.5, 'computing')]
    """
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
