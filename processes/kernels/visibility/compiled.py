"""Decorator that turns a function over arrays into machine code."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast

import numba


def compiled[F: Callable[..., Any]](function: F) -> F:
    """Machine code on first call, kept on disk, running without the interpreter lock.

    Notes
    -----
    numba takes kept code for fresh as long as the function's own file is unchanged, but
    the code of the functions it calls is inside it: here all files of the package
    count. A file system that keeps nothing (read-only image, user without a home) costs
    the compile time again in every process, never the function itself.
    """
    made: Any = numba.njit(nogil=True, error_model="numpy")(function)
    try:
        made.enable_caching()
        kept = made._cache._cache_file
        kept._source_stamp = (*kept._source_stamp, _package_stamp())
    except (RuntimeError, AttributeError):
        made = numba.njit(nogil=True, error_model="numpy")(function)
    return cast("F", made)


@cache
def _package_stamp() -> int:
    """Number that changes with any source file of the package."""
    stamp = 0
    for path in sorted(Path(__file__).parent.glob("*.py")):
        stamp = zlib.crc32(path.read_bytes(), stamp)
    return stamp
