"""Shapes as geometry objects or as it was written, and what is asked of either."""

from __future__ import annotations

import numpy as np
import shapely

from processes.kernels.arrays import BoolArray, FloatArray, GeometryArray
from processes.kernels.exact import boxes_of
from processes.kernels.parallel import THREADS
from processes.kernels.written import Written

Shapes = GeometryArray | Written


def bounds_of(ground: Shapes) -> FloatArray:
    """(n, 4) least x, y and greatest x, y [m]; nan where there is no ground."""
    if isinstance(ground, Written):
        return boxes_of("services", ground, threads=THREADS)
    found: FloatArray = shapely.bounds(ground)
    return found


def has_ground(ground: Shapes) -> BoolArray:
    """(n,) whether there is any."""
    if isinstance(ground, Written):
        there: BoolArray = np.isfinite(bounds_of(ground)[:, 0])
        return there
    empty: BoolArray = shapely.is_missing(ground) | shapely.is_empty(ground)
    return ~empty
