"""Decorator that turns a function over arrays into machine code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numba


def compiled[F: Callable[..., Any]](function: F) -> F:
    """Machine code on first call, kept on disk, running without the interpreter lock.

    Notes
    -----
    A file system that keeps nothing (read-only image, user without a home) costs the
    compile time again in every process, never the function itself.
    """
    try:
        made = numba.njit(nogil=True, cache=True, error_model="numpy")(function)
    except RuntimeError:
        made = numba.njit(nogil=True, error_model="numpy")(function)
    return cast("F", made)
