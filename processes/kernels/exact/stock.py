"""Step 9: the services of a city that is edited; those that come find room behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from processes.kernels.exact.boxes import FEW, index_of, shape_boxes
from processes.kernels.exact.chain import Chains
from processes.kernels.exact.few import Stock
from processes.kernels.exact.scene import Int64

_LEAST_ROOM = 64
_SCATTERED_SHARE = 8


@dataclass(eq=False)
class _Room:
    """Shapes with room behind them: who holds all that is used may add to them."""

    chains: Chains
    box: Int64
    used: int
    lock: Lock = field(default_factory=Lock)


@dataclass(frozen=True)
class Shelf:
    """Shapes that are only ever added to.

    Notes
    -----
    An edit makes another city and leaves the one it was made of as it is. The shapes of
    both lie in the same memory as long as edits follow each other; where two are made
    of the same city, the second takes a copy.
    """

    stock: Stock
    room: _Room

    def with_more(self, new: Chains) -> Shelf:
        """These shapes and others behind them."""
        chains, index = self.stock
        n, more = len(index.box), len(new.shape_start) - 1
        counts = _counts(chains) + _counts(new)
        with self.room.lock:
            room = self.room
            if room.used != n or (counts > _counts(room.chains)).any():
                room = _Room(_empty(2 * counts + _LEAST_ROOM), _no_boxes(counts), n)
                for there, here in zip(
                    _arrays(room.chains), _arrays(chains), strict=True
                ):
                    there[: len(here)] = here
                room.box[:n] = index.box
            room.used = n + more
        v, c, s = _counts(chains).tolist()
        grown = Chains(
            room.chains.xy[: counts[0]],
            room.chains.offset[: counts[0]],
            room.chains.start[: counts[1]],
            room.chains.size[: counts[1]],
            room.chains.shape_start[: counts[2] + 1],
            chains.moved or new.moved,
        )
        grown.xy[v:], grown.offset[v:] = new.xy, new.offset
        grown.start[c:], grown.size[c:] = new.start + v, new.size
        grown.shape_start[s:] = new.shape_start + c
        box = room.box[: n + more]
        box[n:] = shape_boxes(new)
        wide = np.append(index.wide, np.arange(n, n + more))
        index = index._replace(box=box, wide=wide)
        if len(wide) > max(FEW, len(box) // _SCATTERED_SHARE):
            index = index_of(box)
        return Shelf(Stock(grown, index), room)


def shelf_of(chains: Chains) -> Shelf:
    """Shapes to be added to."""
    box = shape_boxes(chains)
    return Shelf(Stock(chains, index_of(box)), _Room(chains, box, len(box)))


def _arrays(of: Chains) -> tuple[NDArray[Any], ...]:
    return of.xy, of.offset, of.start, of.size, of.shape_start


def _counts(chains: Chains) -> Int64:
    """How many vertices, chains and shapes there are."""
    return np.array([len(chains.xy), len(chains.start), len(chains.shape_start) - 1])


def _empty(counts: Int64) -> Chains:
    vertices, chains, shapes = counts.tolist()
    return Chains(
        np.empty((vertices, 2), np.int64),
        np.empty((vertices, 2), np.float32),
        np.empty(chains, np.int64),
        np.empty(chains, np.int64),
        np.empty(shapes + 1, np.int64),
        False,
    )


def _no_boxes(counts: Int64) -> Int64:
    return np.empty((2 * int(counts[2]) + _LEAST_ROOM, 4), np.int64)
