"""Ascending order of numbers, without asking the allocator."""

from __future__ import annotations

import numpy as np

from processes.kernels.arrays import FloatArray, IntArray
from processes.kernels.visibility.compiled import compiled

_SHORT = 16


@compiled
def sort_along(key: FloatArray, item: IntArray, n: int) -> None:
    """Sort the first `n` keys in place, and the items along with them.

    Notes
    -----
    Quicksort with the middle of three as pivot, insertion for short runs; the longer
    part waits on a stack of at most log2(n) entries.
    """
    if n <= _SHORT:
        _insert(key, item, 0, n - 1)
        return
    wait_low, wait_high = np.empty(64, np.int64), np.empty(64, np.int64)
    waiting, low, high = 0, 0, n - 1
    while True:
        while high - low >= _SHORT:
            cut = _parted(key, item, low, high)
            if cut - low > high - cut:
                wait_low[waiting], wait_high[waiting] = low, cut
                low = cut + 1
            else:
                wait_low[waiting], wait_high[waiting] = cut + 1, high
                high = cut
            waiting += 1
        _insert(key, item, low, high)
        if waiting == 0:
            return
        waiting -= 1
        low, high = wait_low[waiting], wait_high[waiting]


@compiled
def _parted(key: FloatArray, item: IntArray, low: int, high: int) -> int:
    """Last place of the lower part after splitting low..high at a pivot."""
    middle = (low + high) // 2
    a, b, c = key[low], key[middle], key[high]
    pivot = max(min(a, b), min(max(a, b), c))
    i, j = low - 1, high + 1
    while True:
        i += 1
        while key[i] < pivot:
            i += 1
        j -= 1
        while key[j] > pivot:
            j -= 1
        if i >= j:
            # both parts must be shorter than the whole
            return min(j, high - 1)
        key[i], key[j] = key[j], key[i]
        item[i], item[j] = item[j], item[i]


@compiled
def _insert(key: FloatArray, item: IntArray, low: int, high: int) -> None:
    """Sort low..high by insertion."""
    for k in range(low + 1, high + 1):
        value, carried = key[k], item[k]
        at = k
        while at > low and key[at - 1] > value:
            key[at], item[at] = key[at - 1], item[at - 1]
            at -= 1
        key[at], item[at] = value, carried
