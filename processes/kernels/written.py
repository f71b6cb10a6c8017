"""Polygons as they were written: bytes of EWKB, read where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from processes.kernels.arrays import BoolArray, GeometryArray, IntArray

_FEWEST = 16


@dataclass(frozen=True, eq=False)
class Written:
    """n (multi)polygons as bytes; geometry objects once somebody asks for them.

    Parameters
    ----------
    pool : all bytes: little-endian EWKB, with x and y
    start, size : (n,) where each geometry stands; size 0 is none
    part : of which others these are some, and which
    """

    pool: NDArray[np.uint8]
    start: IntArray
    size: IntArray
    part: tuple[Written, IntArray | BoolArray] | None = None

    def __len__(self) -> int:
        """How many."""
        return len(self.start)

    def __getitem__(self, which: IntArray | BoolArray) -> Written:
        """Some of them, by position or flag: the same bytes, the same objects."""
        return Written(self.pool, self.start[which], self.size[which], (self, which))

    @cached_property
    def geometry(self) -> GeometryArray:
        """(n,) the same as geometry objects, None for none."""
        if self.part is not None:
            whole, which = self.part
            some: GeometryArray = whole.geometry[which]
            some.flags.writeable = False
            return some
        cells: GeometryArray = np.full(len(self), None, dtype=object)
        data = memoryview(self.pool)
        pairs = zip(self.start.tolist(), self.size.tolist(), strict=True)
        for i, (first, size) in enumerate(pairs):
            if size > 0:
                cells[i] = bytes(data[first : first + size])
        made: GeometryArray = shapely.from_wkb(cells)
        made.flags.writeable = False  # shared by all who ask
        return made

    def replaced(self, which: IntArray, shapes: GeometryArray) -> Written:
        """The same with other shapes in some places; None and empty ones are none."""
        there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
        more = written_out([s if s else b"" for s in shapely.to_wkb(shapes)])
        start, size = self.start.copy(), self.size.copy()
        start[which] = more.start + len(self.pool)
        size[which] = np.where(there, more.size, 0)
        return Written(np.concatenate([self.pool, more.pool]), start, size)

    def every(self, kind: str) -> NDArray[Any]:
        """Numbers of a type that begin at every byte, e.g. `<f8`: no copy.

        Notes
        -----
        Few bytes are filled up and all is read-only: loops are compiled for one kind.
        """
        pool = self.pool if len(self.pool) >= _FEWEST else np.zeros(_FEWEST, np.uint8)
        n = len(pool) - np.dtype(kind).itemsize + 1
        numbers: NDArray[Any] = np.ndarray((n,), kind, pool, strides=(1,))
        numbers.flags.writeable = False
        return numbers


def written_out(cells: Sequence[bytes]) -> Written:
    """Texts of EWKB one behind the other; an empty one is none."""
    size = np.fromiter(map(len, cells), np.int64, len(cells))
    pool = np.frombuffer(b"".join(cells), np.uint8)
    return Written(pool, np.cumsum(size) - size, size)


def geometry_of(shapes: GeometryArray | Written) -> GeometryArray:
    """Shapes as geometry objects."""
    return shapes.geometry if isinstance(shapes, Written) else shapes
