"""Step 1: shapes at one place told apart, and those that are the same counted."""

from __future__ import annotations

import numpy as np

from processes.kernels.arrays import BoolArray
from processes.kernels.exact.chain import Chains
from processes.kernels.exact.compile import bare
from processes.kernels.exact.scene import Int64, Whole

_OFFSET_PARTS = float(1 << 24)


@bare
def _mixed(value: np.int64) -> np.uint64:
    """Bits of a number well mixed (splitmix64)."""
    z = np.uint64(value) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@bare
def describe(
    chains: Chains, shapes: Int64, digest: Int64, offset_digest: Int64
) -> None:
    """Digests of edges and of offsets of some shapes, in their order."""
    for i in range(len(shapes)):
        shape = shapes[i]
        total = np.uint64(0)
        rest = np.uint64(0)
        for chain in range(chains.shape_start[shape], chains.shape_start[shape + 1]):
            begin = chains.start[chain]
            for v in range(begin, begin + chains.size[chain]):
                x = np.int64(chains.offset[v, 0] * _OFFSET_PARTS)
                y = np.int64(chains.offset[v, 1] * _OFFSET_PARTS)
                rest += _mixed(chains.xy[v, 0] ^ (x << 32) ^ y)
            for v in range(begin, begin + chains.size[chain] - 1):
                word = _mixed(chains.xy[v, 0])
                word = _mixed(np.int64(word ^ np.uint64(chains.xy[v, 1])))
                word = _mixed(np.int64(word ^ np.uint64(chains.xy[v + 1, 0])))
                total += _mixed(np.int64(word ^ np.uint64(chains.xy[v + 1, 1])))
        digest[i] = np.int64(total)
        offset_digest[i] = np.int64(rest)


@bare
def _is_equal(chains: Chains, a: Whole, b: Whole) -> bool:
    """Whether two shapes have the same chains, vertex by vertex."""
    first_a = chains.shape_start[a]
    first_b = chains.shape_start[b]
    n = chains.shape_start[a + 1] - first_a
    if chains.shape_start[b + 1] - first_b != n:
        return False
    for k in range(n):
        size = chains.size[first_a + k]
        if chains.size[first_b + k] != size:
            return False
        for v in range(size):
            va = chains.start[first_a + k] + v
            vb = chains.start[first_b + k] + v
            if (
                chains.xy[va, 0] != chains.xy[vb, 0]
                or chains.xy[va, 1] != chains.xy[vb, 1]
            ):
                return False
    return True


@bare
def count_equals(chains: Chains, shapes: Int64, digest: Int64, equals: Int64) -> None:
    """How many of the shapes before each are its equals, itself included.

    Parameters
    ----------
    shapes, digest : (n,) shapes, equal ones one after the other
    equals : (n,) written
    """
    run = 0
    count = 0
    for i in range(len(shapes)):
        if i == 0 or digest[i] != digest[run]:
            run = i
            count = 0
        if i == run or _is_equal(chains, shapes[run], shapes[i]):
            count += 1
            equals[i] = count
        else:
            equals[i] = 1


def told_apart(
    chains: Chains, shapes: Int64, place: Int64, copies: int
) -> tuple[Int64, BoolArray]:
    """Shapes of the same places in an order of their own, and which of them count."""
    digest = np.empty(len(shapes), np.int64)
    rest = np.empty(len(shapes), np.int64)
    equals = np.empty(len(shapes), np.int64)
    describe(chains, shapes, digest, rest)
    order = np.lexsort((shapes, rest, digest, place))
    count_equals(chains, shapes[order], digest[order], equals)
    return shapes[order], equals <= copies
