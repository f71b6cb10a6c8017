"""What a lens and a sensor see: field of view, range at a pixel density, dead zone.

Lengths in metres, angles in degrees; plane ground, pinhole lens.
"""

from __future__ import annotations

import numpy as np

from processes.kernels.arrays import FloatArray

_PANORAMIC_DEG = 180.0


def field_of_view(focal_mm: FloatArray, sensor_mm: FloatArray) -> FloatArray:
    """Angle of view from focal length and sensor width (or height).

    Notes
    -----
    2 atan(w / 2f). IEC 62676-4:2014.

    Examples
    --------
    >>> round(float(field_of_view(np.array([4.0]), np.array([5.4]))[0]), 2)
    68.04
    """
    return np.degrees(2 * np.arctan(sensor_mm / (2 * focal_mm)))


def vertical_view(hfov_deg: FloatArray, *, aspect: float = 9 / 16) -> FloatArray:
    """Vertical angle of view of a picture of a given height to width.

    Examples
    --------
    >>> vertical_view(np.array([90.0, 60.0, 110.0])).round(6).tolist()
    [58.715507, 35.983398, 77.552142]
    """
    half = np.radians(hfov_deg) / 2
    return 2 * np.degrees(np.arctan(np.tan(half) * aspect))


def purpose_range(
    resolution_px: FloatArray, hfov_deg: FloatArray, density_px_m: float | FloatArray
) -> FloatArray:
    """Distance along the axis at which a picture still has a pixel density.

    Parameters
    ----------
    resolution_px : (n,) width of the stream as recorded
    hfov_deg : (n,) above 0; from 180 on an unwrapped panorama is taken
    density_px_m : pixels per metre that the purpose needs, above 0; the three broadcast

    Returns
    -------
    (n,) metres; nan where an input is nan.

    Notes
    -----
    N / (2 p tan(HFOV / 2)), IEC 62676-4:2014; a panorama spreads N pixels evenly over
    its angle: N / (p HFOV in radians).

    Examples
    --------
    >>> purpose_range(np.array([1920.0, 3840.0]), np.array([90.0, 360.0]), 25.0)
    array([38.4       , 24.44619926])
    """
    angle = np.radians(hfov_deg)
    flat = hfov_deg < _PANORAMIC_DEG
    tangent = np.tan(np.where(flat, angle, 1.0) / 2)
    spread = np.where(flat, 2 * tangent, angle)
    return resolution_px / (density_px_m * spread)


def ground_range(
    range_m: FloatArray, height_m: FloatArray, target_height_m: float
) -> FloatArray:
    """Distance on the ground that a slant range reaches.

    Returns
    -------
    (n,) sqrt(D^2 - (h - g)^2), 0 where the camera stands higher than it sees.

    Examples
    --------
    >>> ground_range(np.array([38.4, 3.84]), np.array([6.0, 6.0]), 0.0).round(6)
    array([37.928354,  0.      ])
    """
    square = range_m**2 - (height_m - target_height_m) ** 2
    return np.sqrt(np.maximum(square, 0.0))


def dead_zone(
    height_m: FloatArray,
    tilt_deg: FloatArray,
    vfov_deg: FloatArray,
    target_height_m: float,
) -> FloatArray:
    """Distance below the camera that the lower edge of the picture misses.

    Returns
    -------
    (n,) metres; 0 where the picture reaches straight down, inf where its lower edge
    lies at or above the horizon.

    Examples
    --------
    >>> six, tilt, view = (np.array([v]) for v in (6.0, 20.0, 50.0))
    >>> dead_zone(six, tilt, view, 0.0).round(6).tolist()
    [6.0]
    """
    angle = tilt_deg + vfov_deg / 2
    below = np.clip(angle, 1e-12, 90.0)
    near = (height_m - target_height_m) / np.tan(np.radians(below))
    near = np.where(angle >= 90.0, 0.0, near)
    return np.where(angle <= 0.0, np.inf, near)
