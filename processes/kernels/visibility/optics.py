"""From a lens on a mast to ranges on the ground, by two named models.

`sector` (the default): near and far are arcs about the camera, far = sqrt(D^2 -
(h - g)^2); it understates the sides of a tilted picture. `pinhole`: the trapezoid that
the picture covers, near and far are lines. Lengths in metres, angles in degrees, tilt
below the horizon; plane ground; h the lens, g the target above ground.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from processes.kernels.arrays import FloatArray, GeometryArray
from processes.kernels.optics import dead_zone, ground_range, purpose_range
from processes.kernels.visibility.index import BuildingIndex
from processes.kernels.visibility.states import ViewState
from processes.kernels.visibility.views import (
    ARC_STEP_DEG,
    Cameras,
    DrawnViews,
    swept_over,
)


@dataclass(frozen=True, eq=False)
class Reach:
    """Ranges on the ground, as `camera_views` takes them.

    Attributes
    ----------
    near_m : (n,) dead zone; inf where the picture lies above the horizon
    far_m : (n, l) of each level; 0 where it is out of reach
    """

    near_m: FloatArray
    far_m: FloatArray


def axis_range(
    range_m: FloatArray,
    height_m: FloatArray,
    tilt_deg: FloatArray,
    target_height_m: float,
) -> FloatArray:
    """Distance on the ground, on the axis, at which a depth is reached (`pinhole`).

    Parameters
    ----------
    range_m : (n,) greatest depth D along the axis
    height_m, tilt_deg : (n,)

    Returns
    -------
    (n,) (D - (h - g) sin t) / cos t; straight down inf if the ground is near enough,
    else -inf.

    Examples
    --------
    >>> at = [np.array([v]) for v in (56.925, 6.0, 20.0)]
    >>> axis_range(*at, 1.5).round(2)
    array([58.94])
    """
    tilt = np.radians(tilt_deg)
    left = range_m - (height_m - target_height_m) * np.sin(tilt)
    upright = np.abs(np.cos(tilt)) < 1e-12
    flat = left / np.where(upright, 1.0, np.cos(tilt))
    return np.where(upright, np.where(left >= 0.0, np.inf, -np.inf), flat)


def upper_edge(
    height_m: FloatArray,
    tilt_deg: FloatArray,
    vfov_deg: FloatArray,
    target_height_m: float,
) -> FloatArray:
    """Distance on the ground at which the picture's upper edge meets the target height.

    Returns
    -------
    (n,) (h - g) / tan(t - VFOV / 2); inf where it looks at or above the horizon.

    Examples
    --------
    >>> upper_edge(*(np.array([v]) for v in (6.0, 30.0, 20.0)), 0.0).round(6)
    array([16.484865])
    """
    angle = tilt_deg - vfov_deg / 2
    below = np.where(angle > 0.0, angle, 45.0)
    edge = (height_m - target_height_m) / np.tan(np.radians(below))
    return np.where(angle > 0.0, edge, np.where(np.isnan(angle), np.nan, np.inf))


def ground_half_angle(
    hfov_deg: FloatArray,
    tilt_deg: FloatArray,
    *,
    row: float = 0.0,
    vfov_deg: FloatArray | float = 0.0,
) -> FloatArray:
    """Half of the ground azimuth that one row of a tilted picture covers.

    Parameters
    ----------
    row : -1 the bottom, 0 the centre, 1 the top of the picture

    Examples
    --------
    >>> ninety, thirty = np.array([90.0]), np.array([30.0])
    >>> ground_half_angle(ninety, thirty).round(2)
    array([49.11])
    >>> ground_half_angle(ninety, thirty, row=-1, vfov_deg=58.715507).round(2)
    array([59.68])
    """
    tilt = np.radians(tilt_deg)
    up = row * np.tan(np.radians(vfov_deg) / 2)
    side = np.tan(np.radians(hfov_deg) / 2)
    return np.degrees(np.arctan2(side, np.cos(tilt) + up * np.sin(tilt)))


def shadow_end(
    distance_m: FloatArray,
    height_m: FloatArray,
    roof_m: FloatArray,
    target_height_m: float,
) -> FloatArray:
    """Distance up to which a roof edge hides the target height.

    Returns
    -------
    (n,) d (h - g) / (h - H); d itself for a roof at or below the target, inf for one
    at or above the camera.

    Examples
    --------
    >>> shadow_end(*(np.array([v]) for v in (20.0, 8.0, 3.0)), 0.0)
    array([32.])
    """
    over = height_m - roof_m
    end = distance_m * (height_m - target_height_m) / np.where(over > 0, over, 1.0)
    end = np.where(over > 0.0, end, np.inf)
    return np.where(roof_m <= target_height_m, distance_m, end)


def sector_reach(
    resolution_px: FloatArray,
    hfov_deg: FloatArray,
    vfov_deg: FloatArray,
    height_m: FloatArray,
    tilt_deg: FloatArray,
    density_px_m: FloatArray,
    *,
    target_height_m: float = 0.0,
) -> Reach:
    """Ground ranges of every level by the `sector` model.

    Parameters
    ----------
    resolution_px, hfov_deg, vfov_deg, height_m, tilt_deg : (n,)
    density_px_m : (l,) pixels per metre that each level needs
    target_height_m : height of what is looked at

    Notes
    -----
    Kernel A4. Far is cut where the picture's upper edge comes down before it. It is
    conservative: on the axis the exact value is `axis_range`.

    Examples
    --------
    >>> lens = [np.array([v]) for v in (1920.0, 90.0, 58.715507, 6.0, 20.0)]
    >>> levels = np.array([25.0, 62.5, 125.0, 250.0])
    >>> sector_reach(*lens, levels).far_m.round(6).tolist()
    [[37.928354, 14.139646, 4.793996, 0.0]]
    """
    edge = upper_edge(height_m, tilt_deg, vfov_deg, target_height_m)
    wide, lens, high = (
        np.atleast_1d(values)[:, None] for values in (resolution_px, hfov_deg, height_m)
    )
    depth = purpose_range(wide, lens, density_px_m)
    on_ground = ground_range(depth, high, target_height_m)
    far_m = np.minimum(on_ground, np.atleast_1d(edge)[:, None])
    near = dead_zone(height_m, tilt_deg, vfov_deg, target_height_m)
    return Reach(np.maximum(near, 0.0), np.maximum(far_m, 0.0))


def pinhole_footprints(
    cameras: Cameras,
    vfov_deg: FloatArray,
    height_m: FloatArray,
    tilt_deg: FloatArray,
    range_m: FloatArray,
    *,
    target_height_m: float = 0.0,
) -> GeometryArray:
    """Trapezoids that the pictures cover at the target's height.

    Parameters
    ----------
    cameras : (n,) openings below 180
    vfov_deg, height_m, tilt_deg : (n,)
    range_m : (n, l) greatest depth of each level along the axis, `purpose_range`

    Returns
    -------
    (n, l) polygons, working CRS; None where a level is out of reach or an input is nan.

    Raises
    ------
    ValueError
        An opening of 180 or more, which no flat picture has.

    Notes
    -----
    At the ground distance v along the axis the depth is z = v cos t + (h - g) sin t and
    the picture is 2 z tan(HFOV / 2) wide; v runs from the lower edge of the picture to
    its upper edge or to `axis_range`.
    """
    if (cameras.hfov_deg >= 180.0).any():
        raise ValueError("hfov_deg: a flat picture has less than 180")
    drop = np.asarray(height_m, np.float64) - target_height_m
    tilt = np.radians(tilt_deg)
    lower = np.asarray(tilt_deg, np.float64) + np.asarray(vfov_deg) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        near = np.where(lower == 90.0, 0.0, drop / np.tan(np.radians(lower)))
    edge = upper_edge(height_m, tilt_deg, vfov_deg, target_height_m)
    side = np.tan(np.radians(cameras.hfov_deg) / 2)
    turn = np.radians(cameras.azimuth_deg)
    ahead = np.column_stack([np.sin(turn), np.cos(turn)])
    right = np.column_stack([np.cos(turn), -np.sin(turn)])
    at = np.column_stack([cameras.x, cameras.y])
    shapes: GeometryArray = np.full(range_m.shape, None, dtype=object)
    for level in range(range_m.shape[1]):
        depth = axis_range(range_m[:, level], height_m, tilt_deg, target_height_m)
        far = np.minimum(depth, edge)
        far = np.where(np.isfinite(far), far, -np.inf)
        drawn = (drop > 0.0) & (lower > 0.0) & (far > near)
        drawn &= np.isfinite(at).all(axis=1) & np.isfinite(side * turn)
        corners = []
        far = np.where(drawn, far, 0.0)
        for v, hand in ((near, -1.0), (near, 1.0), (far, 1.0), (far, -1.0)):
            half = hand * side * (v * np.cos(tilt) + drop * np.sin(tilt))
            corners.append(at + v[:, None] * ahead + half[:, None] * right)
        ring = np.stack(corners, axis=1)[drawn]
        shapes[drawn, level] = shapely.polygons(ring)
    return shapes


def pinhole_views(
    index: BuildingIndex,
    cameras: Cameras,
    footprint: GeometryArray,
    *,
    threads: int = 2,
) -> DrawnViews:
    """What cameras see of their trapezoids, behind buildings.

    Parameters
    ----------
    index, cameras, threads : as for `visible_areas`
    footprint : (n, l) from `pinhole_footprints`

    Notes
    -----
    The star around the foot of the camera, wide enough that its arcs lie outside the
    trapezoid, cut by it: no arc is approximated.
    """
    at = np.column_stack([cameras.x, cameras.y])
    point, item = shapely.get_coordinates(footprint.reshape(-1), return_index=True)
    away = np.hypot(*(point - at[item // max(footprint.shape[1], 1)]).T)
    reach = np.zeros(footprint.size)
    np.maximum.at(reach, item, away)
    far = reach.reshape(footprint.shape) / np.cos(np.radians(ARC_STEP_DEG)) + 1.0
    far[shapely.is_missing(footprint)] = 0.0
    n = len(cameras)
    around = Cameras(cameras.x, cameras.y, np.zeros(n), np.full(n, 360.0))
    open_to = np.full(n, -np.inf)
    star = swept_over(index, around, far, np.zeros(n), open_to, threads=threads)
    shape = shapely.intersection(star.geometry(), footprint)
    area = np.nan_to_num(shapely.area(shape))
    state = star.state.copy()
    empty = (state == ViewState.OK) & (area <= 0.0)
    state[empty] = ViewState.HIDDEN
    shape[area <= 0.0] = None
    area[state == ViewState.NO_DATA] = np.nan
    return DrawnViews(state, area, star.mount, star.x, star.y, star.host, shape)
