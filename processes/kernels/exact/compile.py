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
    try:
        made: Any = numba.njit(nogil=True, cache=True)(function)
        made._cache._cache_file._source_stamp = _STAMP
    except RuntimeError:
        made = numba.njit(nogil=True)(function)
    return cast("F", made)


def inlined[F: Callable[..., Any]](function: F) -> F:
    """The function copied into its callers; for a few lines on numbers, not arrays."""
    return cast("F", numba.njit(nogil=True, inline="always")(function))
