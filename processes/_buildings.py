"""What hides: the buildings of a date as an index, kept while they are the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from layers import Features, transformer
from processes._ports import Reader
from processes.kernels.arrays import BoolArray, FloatArray
from processes.kernels.visibility import BuildingIndex, build_index

_FEW = 8  # cameras whose surroundings are read for themselves
_SPARE_M = (
    2.0  # beyond the range: the stand-off of a camera from its wall, and rounding
)
_COLUMNS = ("height_m", "opaque")


class Kept[T]:
    """A few things by key, the least used goes first; made once, also by two callers.

    Parameters
    ----------
    size : how many
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._things: OrderedDict[Any, T] = OrderedDict()
        self._lock = threading.Lock()
        self._making: dict[Any, threading.Lock] = {}

    def has(self, key: object) -> bool:
        """Whether the thing of a key is there."""
        with self._lock:
            return key in self._things

    def get(self, key: object, make: Callable[[], T]) -> T:
        """The thing of a key, made where it is not there."""
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
                return self._things[key]
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._things:
                    return self._things[key]
            thing = make()
            with self._lock:
                self._things[key] = thing
                while len(self._things) > self._size:
                    self._things.popitem(last=False)
                self._making.pop(key, None)
            return thing


@dataclass(frozen=True, eq=False)
class Obstacles:
    """Buildings of one date around somewhere, or of the whole city.

    Parameters
    ----------
    layer : the layer they are from, None when nothing is to hide anything
    features : those read, ordered by code
    index : the same for the sweep
    version : of the layer
    """

    layer: str | None
    features: Features | None
    index: BuildingIndex
    version: int


_NOTHING = Obstacles(None, None, build_index(np.empty(0, dtype=object)), 0)
_WHOLE: Kept[Obstacles] = Kept(2)


def no_obstacles() -> Obstacles:
    """An open plain."""
    return _NOTHING


def obstacles(
    read: Reader,
    layer: str,
    *,
    as_of: date | None,
    around: tuple[FloatArray, FloatArray, FloatArray] | None = None,
) -> Obstacles:
    """Buildings that hide what lies behind them.

    Parameters
    ----------
    layer : polygons; with the columns height_m (unknown: as high as it takes) and
        opaque (false: seen through), if it has them; kept by its snapshot
    around : x, y [m] and range [m] of few cameras: only their surroundings are read,
        unless the whole city is at hand
    """
    snapshot = read.snapshot(layer, as_of)
    if around is not None and len(around[0]) <= _FEW and not _WHOLE.has(snapshot):
        return _built(_near(read, layer, as_of, around), layer)
    found = _WHOLE.get(snapshot, lambda: _built(_all(read, layer, as_of), layer))
    if found.version != snapshot.version:  # the layer changed while it was read
        return _built(_all(read, layer, as_of), layer)
    return found


def _all(read: Reader, layer: str, as_of: date | None) -> Features:
    return read.features(layer, columns=_columns(read, layer), as_of=as_of)


def _near(
    read: Reader,
    layer: str,
    as_of: date | None,
    around: tuple[FloatArray, FloatArray, FloatArray],
) -> Features:
    """Buildings whose box may touch what few cameras can see."""
    parts = []
    stored, working = read.city.stored_srid, read.city.working_srid
    for x, y, reach in zip(*around, strict=True):
        if not (np.isfinite(x) and np.isfinite(y)):
            continue
        r = (float(reach) if np.isfinite(reach) else 0.0) + _SPARE_M
        west, south, east, north = transformer(working, stored).transform_bounds(
            x - r, y - r, x + r, y + r, densify_pts=3
        )
        parts.append(
            f"S_INTERSECTS(geom, BBOX({west:.9f}, {south:.9f}, "
            f"{east:.9f}, {north:.9f}))"
        )
    where = " OR ".join(parts) or "code IS NULL"
    return read.features(layer, columns=_columns(read, layer), where=where, as_of=as_of)


def _columns(read: Reader, layer: str) -> tuple[str, ...]:
    return tuple(c for c in _COLUMNS if c in read.catalogue[layer].columns)


def _built(features: Features, layer: str) -> Obstacles:
    heights = features.columns.get("height_m")
    index = build_index(features.geometry, heights, opaque_flags(features))
    return Obstacles(layer, features, index, features.version)


def opaque_flags(features: Features) -> BoolArray:
    """(n,) whether a building hides; one that does not say so does."""
    told = features.columns.get("opaque")
    if told is None:
        return np.ones(len(features), dtype=np.bool_)
    return np.array([flag is not False for flag in told], dtype=np.bool_)


def roofs_known(found: Obstacles) -> float:
    """Share of buildings whose height is known, 1 where there are none."""
    if found.features is None or len(found.features) == 0:
        return 1.0
    heights = found.features.columns.get("height_m")
    if heights is None:
        return 0.0
    return float(np.isfinite(heights).mean())


def host_of(found: Obstacles, index: int) -> str | None:
    """Code of the building that a camera stands on or in, None for none."""
    if index < 0 or found.features is None:
        return None
    return str(found.features.code[index])
