"""Progress: how far a computation is, told to whoever listens to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from layers import Title

#: Takes the share that is done, 0 to 1, and what is under way.
Tell = Callable[[float, Title], None]

COMPUTING = Title(zh="计算", en="computing")

_listener: ContextVar[Tell | None] = ContextVar("listener", default=None)


def tell(share: float, message: Title) -> None:
    """Say how far this computation is; nothing happens where nobody listens."""
    listener = _listener.get()
    if listener is not None:
        listener(share, message)


def stages() -> Callable[[str, float], None] | None:
    """What a kernel may tell its progress to; None where nobody listens.

    A kernel tells it from threads of its own, which do not know who listens.
    """
    listener = _listener.get()
    if listener is None:
        return None
    return lambda _stage, share: listener(share, COMPUTING)


@contextmanager
def within(begun: float, ended: float) -> Iterator[None]:
    """What is told in this block is this part of the whole, 0 to 1.

    Examples
    --------
    >>> heard = []
    >>> with listening(lambda share, message: heard.append(share)), within(0.5, 1.0):
    ...     tell(0.5, COMPUTING)
    >>> heard
    [0.75]
    """
    listener = _listener.get()
    if listener is None:
        yield
        return
    with listening(
        lambda share, message: listener(begun + (ended - begun) * share, message)
    ):
        yield


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
