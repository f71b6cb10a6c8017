"""Rows of COPY … (FORMAT binary), laid out by machine code from pools of bytes."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from processes.kernels.arrays import BoolArray, FloatArray, IntArray
from processes.kernels.visibility.compiled import compiled
from processes.kernels.visibility.ewkb import ByteArray

HEADER = b"PGCOPY\n\xff\r\n\x00" + struct.pack("!ii", 0, 0)
TRAILER = struct.pack("!h", -1)
_EPOCH = np.datetime64("2000-01-01", "D")
_NULL = -1


@dataclass(frozen=True, eq=False)
class Field:
    """One column of rows: where the bytes of each row's cell stand in a pool.

    Attributes
    ----------
    pool : all bytes
    start, size : (n,) of each row's cell; size -1 is null
    """

    pool: ByteArray
    start: IntArray
    size: IntArray

    def take(self, rows: IntArray) -> Field:
        """The cells of some rows."""
        return Field(self.pool, self.start[rows], self.size[rows])


def text_field(values: Sequence[Any]) -> Field:
    """Texts; None is null. Equal texts stand in the pool once."""
    cells = np.empty(len(values), dtype=object)
    cells[:] = values
    known: dict[Any, int] = {}
    which = np.array([known.setdefault(v, len(known)) for v in cells], np.int64)
    encoded = [b"" if v is None else str(v).encode() for v in known]
    sizes = np.array([len(e) for e in encoded], np.int64)
    starts = np.cumsum(sizes) - sizes
    sizes[[v is None for v in known]] = _NULL
    return Field(_pool(b"".join(encoded)), starts[which], sizes[which])


def number_field(values: FloatArray) -> Field:
    """Double precision; what is not finite is null."""
    start = np.arange(len(values), dtype=np.int64) * 8
    size = np.where(np.isfinite(values), 8, _NULL)
    return Field(np.ascontiguousarray(values, ">f8").view(np.uint8), start, size)


def date_field(values: Any) -> Field:  # noqa: ANN401  # datetime64[D]
    """Dates; not-a-time is null."""
    empty = np.isnat(values)
    days = np.where(empty, _EPOCH, values) - _EPOCH
    start = np.arange(len(values), dtype=np.int64) * 4
    pool = days.astype(np.int64).astype(">i4").view(np.uint8)
    return Field(pool, start, np.where(empty, _NULL, 4))


def flag_field(values: BoolArray) -> Field:
    """Flags."""
    start = np.arange(len(values), dtype=np.int64)
    return Field(values.astype(np.uint8), start, np.ones(len(values), np.int64))


def geometry_field(pool: ByteArray, start: IntArray, size: IntArray) -> Field:
    """EWKB; size 0 is null."""
    return Field(pool, start, np.where(size > 0, size, _NULL))


def rows_of(fields: Sequence[Field]) -> memoryview:
    """Rows as COPY takes them between header and trailer."""
    pools = tuple(field.pool for field in fields)
    starts = tuple(np.ascontiguousarray(field.start, np.int64) for field in fields)
    sizes = tuple(np.ascontiguousarray(field.size, np.int64) for field in fields)
    return memoryview(_laid_out(pools, starts, sizes))


@compiled
def _laid_out(
    pools: tuple[ByteArray, ...],
    starts: tuple[IntArray, ...],
    sizes: tuple[IntArray, ...],
) -> ByteArray:
    """Row after row: number of fields, then length and bytes of each."""
    fields, rows = len(pools), len(starts[0])
    total = rows * (2 + 4 * fields)
    for f in range(fields):
        for r in range(rows):
            total += max(sizes[f][r], 0)
    out = np.empty(total, np.uint8)
    at = 0
    for r in range(rows):
        out[at], out[at + 1] = fields >> 8, fields & 255
        at += 2
        for f in range(fields):
            size = sizes[f][r]
            for k in range(4):
                out[at + k] = (size >> (24 - 8 * k)) & 255
            at += 4
            if size > 0:
                first = starts[f][r]
                out[at : at + size] = pools[f][first : first + size]
                at += size
    return out


def _pool(data: bytes) -> ByteArray:
    # one byte at least: an empty array has another layout
    return np.frombuffer(data or b"\0", dtype=np.uint8).copy()
