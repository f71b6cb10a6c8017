"""Discs and sectors as polygons of exactly their own area.

An arc is drawn with straight segments of at most `step_deg`. Vertices on the circle
would give s/sin(s) too little area (3 degrees: 0.046 %), so that every vertex stands
at radius * sqrt(s / sin(s)), s the segment's angle: the polygon has the area of the
figure it stands for, its boundary lies within radius * 0.0229 % (3 degrees) of the
circle. A disc equals PostGIS ST_Buffer(point, radius * factor, quad_segs).
"""

from __future__ import annotations

import numpy as np
import shapely

from processes.kernels.arrays import FloatArray, GeometryArray, IntArray

ARC_STEP_DEG = 3.0
QUAD_SEGS = 30
_WHOLE_DEG = 360.0 - 1e-6  # above it the two edges of a sector may fall into one line


def radius_factor(step_deg: FloatArray | float) -> FloatArray:
    """What a radius is multiplied by so that a polygonal arc keeps the area.

    Parameters
    ----------
    step_deg : angle of one segment [degrees], above 0 and below 180

    Notes
    -----
    A triangle with two sides r and the angle s between them has r^2 sin(s) / 2, the
    slice of the disc r^2 s / 2; their ratio s / sin(s) is the square of the factor.

    Examples
    --------
    >>> round(float(radius_factor(3.0)), 9)
    1.00022851
    """
    step = np.radians(np.asarray(step_deg, dtype=np.float64))
    return np.sqrt(step / np.sin(step))


def chord_bias(step_deg: float) -> float:
    """Share by which round parts are too small that have vertices on the circle.

    Parameters
    ----------
    step_deg : angle of one segment [degrees]

    Notes
    -----
    sin(s) / s - 1, the other side of `radius_factor`; below 0.

    Examples
    --------
    >>> round(chord_bias(3.0), 9)
    -0.000456863
    """
    step = np.radians(step_deg)
    return float(np.sin(step) / step - 1.0)


def discs(x: FloatArray, y: FloatArray, radius_m: FloatArray) -> GeometryArray:
    """Discs as polygons with 120 vertices and the area pi r^2.

    Parameters
    ----------
    x, y : (n,) centres, working CRS [m]
    radius_m : (n,) above 0; 0 or nan gives an empty polygon

    Examples
    --------
    >>> disc = discs(np.zeros(1), np.zeros(1), np.full(1, 10.0))[0]
    >>> round(disc.area / np.pi, 9)
    100.0
    """
    full = np.full(len(x), 360.0)
    return sectors(x, y, np.zeros(len(x)), full, radius_m)


def sectors(
    x: FloatArray,
    y: FloatArray,
    azimuth_deg: FloatArray,
    hfov_deg: FloatArray,
    radius_m: FloatArray,
) -> GeometryArray:
    """Circular sectors as polygons with the area of the sector.

    Parameters
    ----------
    x, y : (n,) apexes, working CRS [m]
    azimuth_deg : (n,) direction of the axis, clockwise from north; any value when the
        sector is a whole disc
    hfov_deg : (n,) opening, above 0; 360 and more is a disc
    radius_m : (n,) above 0; 0 or nan gives an empty polygon

    Returns
    -------
    (n,) valid polygons, area r^2 * hfov / 2 to rounding.

    Examples
    --------
    >>> quarter = sectors(*(np.array([v]) for v in (0.0, 0.0, 45.0, 90.0, 100.0)))[0]
    >>> round(quarter.area, 6), quarter.bounds[0] >= -1e-12
    (7853.981634, True)
    """
    polygons = np.full(len(x), shapely.Polygon(), dtype=object)
    drawn = (radius_m > 0) & (hfov_deg > 0) & np.isfinite(radius_m)
    whole = drawn & (hfov_deg > _WHOLE_DEG)
    part = drawn & (hfov_deg <= _WHOLE_DEG) & np.isfinite(azimuth_deg)
    if whole.any():
        polygons[whole] = _discs(x[whole], y[whole], radius_m[whole])
    if part.any():
        polygons[part] = _sectors(
            x[part], y[part], azimuth_deg[part], hfov_deg[part], radius_m[part]
        )
    return polygons


def _discs(x: FloatArray, y: FloatArray, radius_m: FloatArray) -> GeometryArray:
    """Rings of 4 * QUAD_SEGS vertices, the first one east."""
    n = 4 * QUAD_SEGS
    angle = np.arange(n + 1) % n * (2 * np.pi / n)
    radius = radius_m * radius_factor(360.0 / n)
    ring = np.empty((len(x), n + 1, 2))
    ring[..., 0] = x[:, None] + radius[:, None] * np.cos(angle)
    ring[..., 1] = y[:, None] + radius[:, None] * np.sin(angle)
    rings: GeometryArray = shapely.polygons(ring)
    return rings


def _sectors(
    x: FloatArray,
    y: FloatArray,
    azimuth_deg: FloatArray,
    hfov_deg: FloatArray,
    radius_m: FloatArray,
) -> GeometryArray:
    """Rings apex, arc, apex; as many segments as the opening needs."""
    segments: IntArray = np.ceil(hfov_deg / ARC_STEP_DEG - 1e-9).astype(np.int64)
    segments = np.maximum(segments, 1)
    step = hfov_deg / segments
    radius = radius_m * radius_factor(step)
    vertices = segments + 3
    owner = np.repeat(np.arange(len(x)), vertices)
    first = np.cumsum(vertices) - vertices
    place = np.arange(len(owner)) - first[owner]
    bearing = np.radians(
        azimuth_deg[owner] - hfov_deg[owner] / 2 + (place - 1) * step[owner]
    )
    on_arc = (place > 0) & (place < vertices[owner] - 1)
    reach = np.where(on_arc, radius[owner], 0.0)
    ring_x = x[owner] + reach * np.sin(bearing)
    ring_y = y[owner] + reach * np.cos(bearing)
    rings = shapely.linearrings(np.column_stack([ring_x, ring_y]), indices=owner)
    polygons: GeometryArray = shapely.polygons(rings)
    return polygons
