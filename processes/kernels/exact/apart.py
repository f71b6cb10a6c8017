"""Zones may not overlap: looked for once, and remembered.

The zones of a city are asked for again and again; finding that they lie apart takes as
long as a small run.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from threading import Lock

import numpy as np
import shapely

from processes.kernels.arrays import GeometryArray
from processes.kernels.exact.chain import Chains
from processes.kernels.exact.city import built_city, packed_city
from processes.kernels.exact.figures import MM2_PER_M2, areas_mm2, cell_sums
from processes.kernels.exact.pack import MM, polygon_chains
from processes.kernels.exact.solve import Tuning, solve
from processes.kernels.exact.threads import Workers, workers

_OVERLAP_MM2 = 0.01
_OVERLAP_CELL_MM = 100_000
_REMEMBERED = 64
_APART: OrderedDict[bytes, None] = OrderedDict()
_LOCK = Lock()
_NONE: GeometryArray = np.empty(0, dtype=object)


class OverlappingZones(ValueError):
    """Ground lies in more than one zone."""


def overlap_checked(zones: GeometryArray, crew: Workers) -> None:
    """Refuse zones that overlap; those that were found apart are remembered.

    Raises
    ------
    OverlappingZones : and how much ground lies in more than one
    """
    key = _digest(zones, polygon_chains("zones", zones, crew))
    with _LOCK:
        if key in _APART:
            return
    twice_m2 = _overlap_m2(zones, crew)
    if twice_m2 > 0.0:
        raise OverlappingZones(
            f"zones: {twice_m2:.6g} m2 lie in more than one, must not overlap"
        )
    with _LOCK:
        _APART[key] = None
        if len(_APART) > _REMEMBERED:
            _APART.popitem(last=False)


def _digest(zones: GeometryArray, chains: Chains) -> bytes:
    """What tells layers of zones apart: coordinates, rings and shapes."""
    text = hashlib.blake2b(digest_size=16)
    for part in (shapely.get_coordinates(zones), chains.start, chains.shape_start):
        text.update(np.ascontiguousarray(part))
    return text.digest()


def overlap_m2(polygons: GeometryArray, *, threads: int = 2) -> float:
    """Ground that lies in two polygons or more, in the cell that holds most of it.

    Examples
    --------
    >>> import shapely
    >>> overlap_m2(shapely.box([0, 5], 0, [6, 9], 2))
    2.0
    """
    with workers(threads) as crew:
        return _overlap_m2(polygons, crew)


def _overlap_m2(zones: GeometryArray, crew: Workers) -> float:
    """The same: zones as services, at depth 2; 0 within the rounding of the sums."""
    quiet = Workers(crew.threads, crew.pool, cancelled=crew.cancelled)
    city = packed_city(
        zones, _NONE, _NONE, _NONE, _NONE, None, 2, _OVERLAP_CELL_MM // int(MM), quiet
    )
    built = built_city(city, quiet)
    if built is None:
        return 0.0
    solved = solve(built, 2, Tuning(skip_deep=False), quiet)
    area, _ = areas_mm2(cell_sums(built, solved), city.cell_mm)
    most = float(area[1].max(initial=0.0))
    return most / MM2_PER_M2 if most > _OVERLAP_MM2 else 0.0
