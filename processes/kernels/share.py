"""How much of each place is covered: area of polygons, length of lines, yes or no."""

from __future__ import annotations

import numpy as np
import shapely

from processes.kernels.area import covered_area
from processes.kernels.arrays import BoolArray, FloatArray, GeometryArray
from processes.kernels.length import covered_length
from processes.kernels.parallel import THREADS
from processes.kernels.points import is_reached

_ROUNDING = 1e-9


def covered_share(
    places: GeometryArray, services: GeometryArray, *, threads: int = THREADS
) -> FloatArray:
    """Share of each place that lies in at least one service.

    Parameters
    ----------
    places : (n,) points, lines or polygons, also mixed, working CRS [m]
    services : (m,) (multi)polygons

    Returns
    -------
    (n,) in [0, 1]: area of polygons, length of lines; points have 0 or 1, and one on
    the boundary of a service has 1. nan for an empty geometry.

    Examples
    --------
    >>> covered_share(np.array([shapely.box(0, 0, 10, 10), shapely.Point(1, 1)]),
    ...               np.array([shapely.box(0, 0, 5, 10)])).tolist()
    [0.5, 1.0]
    """
    share = np.full(len(places), np.nan)
    dimension = shapely.get_dimensions(places)
    point, line, polygon = (dimension == d for d in (0, 1, 2))
    share[point] = is_reached(places[point], services)
    metres = covered_length(places[line], services, threads=threads)
    square_metres = covered_area(places[polygon], services, threads=threads)
    with np.errstate(invalid="ignore"):
        share[line] = metres / shapely.length(places[line])
        share[polygon] = square_metres / shapely.area(places[polygon])
    return share


def is_covered(share: FloatArray, share_min: float) -> BoolArray:
    """Whether a covered share counts: at least `share_min`, and more than nothing.

    Notes
    -----
    Shares are quotients of sums and may miss what they stand for by 1e-9: what is
    covered wholly is covered by a share of 1.

    Examples
    --------
    >>> is_covered(np.array([0.0, 0.2, 0.5, np.nan]), 0.0).tolist()
    [False, True, True, False]
    >>> is_covered(np.array([1 - 2**-50, 0.999999]), 1.0).tolist()
    [True, False]
    """
    return (share >= share_min - _ROUNDING) & (share > 0)
