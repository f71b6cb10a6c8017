"""Where a changed building changes what a camera sees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from processes.kernels.arrays import FloatArray
from processes.kernels.visibility.index import BuildingIndex, build_index
from processes.kernels.visibility.states import ViewState
from processes.kernels.visibility.views import (
    ARC_STEP_DEG,
    WORKING_SRID,
    Cameras,
    Views,
    swept_over,
)


def dependency_views(
    index: BuildingIndex,
    cameras: Cameras,
    far_m: FloatArray,
    *,
    height_m: FloatArray | None = None,
    srid: int = WORKING_SRID,
    threads: int = 2,
) -> Views:
    """Polygon outside of which no building matters to a camera.

    Parameters
    ----------
    index, cameras, srid, threads : as for `camera_views`
    far_m : (n,) greatest range of any level [m]
    height_m : (n,) lens above ground, when the views are those over roofs; buildings
        below it hide nothing here, so that one behind them still counts

    Returns
    -------
    Views with one level. A camera without any range has none.

    Notes
    -----
    Kernel A5: the star of the opaque buildings without a dead zone, for a building
    inside the dead zone throws its shadow out of it. The range is stretched so that the
    chords of the arc lie outside it. A buried camera depends on its whole opening.
    Affected by a new building: polygons that it meets. By one that is removed, moved or
    lowered: polygons within 5 cm of its old outline, and those that the new one meets;
    5 cm is the stand-off of a camera from its own wall.
    """
    n = len(cameras)
    far = np.asarray(far_m, dtype=np.float64)[:, None]
    far = far / np.cos(np.radians(ARC_STEP_DEG) / 2)
    lowest = np.full(n, -np.inf)
    if height_m is not None:
        lowest = np.where(np.isnan(height_m), -np.inf, height_m)
    views = swept_over(
        index, cameras, far, np.zeros(n), lowest, srid=srid, threads=threads
    )
    buried = np.flatnonzero(views.state[:, 0] == ViewState.BURIED)
    if len(buried) == 0:
        return views
    nothing = build_index(np.empty(0, dtype=object))
    whole = swept_over(
        nothing, cameras.only(buried), far[buried], np.zeros(len(buried)),
        lowest[buried], srid=srid, threads=1,
    )  # fmt: skip
    start, size, area = views.start.copy(), views.size.copy(), views.area_m2.copy()
    buffer = views.buffer.copy()
    start[buried], size[buried], area[buried] = whole.start, whole.size, whole.area_m2
    buffer[buried] = whole.buffer + len(views.buffers)
    return replace(
        views, area_m2=area, buffers=views.buffers + whole.buffers, buffer=buffer,
        start=start, size=size,
    )  # fmt: skip
