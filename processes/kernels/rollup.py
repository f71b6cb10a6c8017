"""Sums of fine zones into coarse ones, by code."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from processes.kernels.arrays import BoolArray, CodeArray, FloatArray, IntArray

NONE = -1


def parent_of(codes: CodeArray, parents: CodeArray) -> IntArray:
    """Position of each code's parent: the longest one that the code begins with.

    Returns
    -------
    (n,) positions in `parents`, -1 where there is none.

    Examples
    --------
    >>> parent_of(np.array(["330106001", "330108002"], object),
    ...           np.array(["330102", "330106"], object)).tolist()
    [1, -1]
    """
    place = {code: i for i, code in enumerate(parents)}
    lengths = sorted({len(code) for code in parents}, reverse=True)
    found = np.full(len(codes), NONE, dtype=np.int64)
    for i, code in enumerate(codes):
        for length in lengths:
            position = place.get(code[:length])
            if position is not None:
                found[i] = position
                break
    return found


def sums(values: FloatArray, group: IntArray, groups: int) -> FloatArray:
    """Sum of the values of each group; group -1 is left out.

    Examples
    --------
    >>> sums(np.array([1.0, 2.0, 4.0]), np.array([0, -1, 0]), 2).tolist()
    [5.0, 0.0]
    """
    kept = group >= 0
    return np.bincount(group[kept], weights=values[kept], minlength=groups)


def is_tiled(
    whole_m2: FloatArray, part_m2: FloatArray, group: IntArray, *, tolerance: float
) -> BoolArray:
    """Whether the parts of each whole add up to its area, so that sums are exact.

    Parameters
    ----------
    whole_m2 : (n,) areas of the coarse zones
    part_m2, group : (m,) areas of the fine zones and the whole each belongs to
    tolerance : relative

    Examples
    --------
    >>> is_tiled(np.array([5.0, 3.0]), np.array([2.0, 3.0, 1.0]),
    ...          np.array([0, 0, 1]), tolerance=1e-9).tolist()
    [True, False]
    """
    difference = np.abs(sums(part_m2, group, len(whole_m2)) - whole_m2)
    return difference <= tolerance * whole_m2


def selected(codes: Sequence[str], prefixes: Sequence[str]) -> BoolArray:
    """Whether each code begins with at least one of the prefixes."""
    wanted = tuple(prefixes)
    return np.array([code.startswith(wanted) for code in codes], dtype=np.bool_)
