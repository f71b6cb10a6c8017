"""The opening of a camera: its axis, its half angle and their directions."""

from __future__ import annotations

import math
from typing import NamedTuple

from processes.kernels.visibility.compiled import compiled

TURN = 2.0 * math.pi


class Wedge(NamedTuple):
    """What a camera faces.

    Attributes
    ----------
    half : half the opening [rad], at most pi
    whole : 1 when the opening is the full circle
    axis_x, axis_y : unit vector of the axis
    left_x, left_y : unit vector of the side counter-clockwise of the axis
    right_x, right_y : unit vector of the other side
    """

    half: float
    whole: int
    axis_x: float
    axis_y: float
    left_x: float
    left_y: float
    right_x: float
    right_y: float


@compiled
def facing(azimuth_deg: float, hfov_deg: float) -> Wedge:
    """Wedge of a camera.

    Parameters
    ----------
    azimuth_deg : direction of the axis, clockwise from north; any value for a circle
    hfov_deg : opening, above 0; 360 and more is the full circle
    """
    if hfov_deg >= 360.0:
        turned = 0.0 if math.isnan(azimuth_deg) else math.radians(azimuth_deg)
        x, y = math.sin(turned), math.cos(turned)
        # both sides are the one direction behind the camera, bit for bit
        return Wedge(math.pi, 1, x, y, -x, -y, -x, -y)
    axis, half = math.radians(azimuth_deg), 0.5 * math.radians(hfov_deg)
    return Wedge(
        half, 0, math.sin(axis), math.cos(axis),
        math.sin(axis - half), math.cos(axis - half),
        math.sin(axis + half), math.cos(axis + half),
    )  # fmt: skip


@compiled
def angle_to_axis(wedge: Wedge, x: float, y: float) -> float:
    """Angle from the axis to a direction, counter-clockwise, in [-pi, pi]."""
    return math.atan2(
        wedge.axis_x * y - wedge.axis_y * x, wedge.axis_x * x + wedge.axis_y * y
    )
