"""Runs one function over many positions on several threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from processes.kernels.arrays import IntArray

THREADS = min(os.cpu_count() or 1, 8)
_CHUNK = 64


def for_each(
    work: Callable[[int], None],
    positions: IntArray,
    *,
    cost: IntArray | None = None,
    threads: int = THREADS,
) -> None:
    """Call `work` once for every position; GEOS and numba run side by side.

    Parameters
    ----------
    work : writes its answer to a place of its own, so that the order is of no matter
    positions : (n,) what `work` is called with
    cost : (n,) rough cost of each; the dear ones start first and end together
    threads : 1 or more

    Notes
    -----
    Threads and not processes: shapely releases the interpreter inside GEOS, and
    nothing has to be copied.
    """
    if cost is not None:
        positions = positions[np.argsort(-cost, kind="stable")]
    if threads == 1 or len(positions) < 2:
        for position in positions:
            work(int(position))
        return
    dear = positions[:_CHUNK]
    rest = positions[_CHUNK:]
    chunks = [dear[i : i + 1] for i in range(len(dear))]
    chunks += [rest[i : i + _CHUNK] for i in range(0, len(rest), _CHUNK)]

    def run(chunk: IntArray) -> None:
        for position in chunk:
            work(int(position))

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(run, chunks):
            pass
