"""Compiles the loops of this package to machine code, once, and keeps it on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numba


def _sources() -> str:
    """Digest of every source of this package that holds compiled functions."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        text = path.read_bytes()
        if b"exact.compile import" in text or path == Path(__file__):
            digest.update(text)
    return digest.hexdigest()


_STAMP = _sources()


def compiled[F: Callable[..., Any]](function: F) -> F:
    """The function as machine code that leaves the interpreter free for other threads.

    Notes
    -----
    numba renews what it keeps when the function's own file changes, but functions here
    are built into one another across files: the stamp is that of the whole package.
    Where there is no folder to keep anything in, it is compiled by every process.
    """
    return _kept(function, {})


def _kept[F: Callable[..., Any]](function: F, options: dict[str, Any]) -> F:
    """Machine code that is kept on disk, where there is a folder for it."""
    try:
        made: Any = numba.njit(nogil=True, cache=True, **options)(function)
        made._cache._cache_file._source_stamp = _STAMP
    except RuntimeError:
        made = numba.njit(nogil=True, **options)(function)
    return cast("F", made)


def bare[F: Callable[..., Any]](function: F) -> F:
    """The same for a function that makes no array: it counts no references.

    Notes
    -----
    Every call of a compiled function counts a reference to each of its arrays up and
    down, atomically: for small functions that takes longer than all they do, and with
    several threads the counters are fought over. What is handed in is held by the
    caller, so that a function without arrays of its own needs no counting. Nor can it
    raise: what it divides by is never zero.
    """
    return _kept(function, {"_nrt": False, "error_model": "numpy"})


def inlined[F: Callable[..., Any]](function: F) -> F:
    """The function copied into its callers; for a few lines on numbers, not arrays."""
    return cast("F", numba.njit(nogil=True, inline="always")(function))
