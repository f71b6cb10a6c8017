"""What a high point sees, kilometres wide, over the roofs of a town.

Question: a camera on a tower or a hill: which ground within some kilometres is in view,
over buildings that are lower and between those that are not?

Method: rays at most one metre apart at the far end, and between every two corners at
which an outline comes into view or ends, walk over the buildings; each hides the ground
from its near wall to where its roof's shadow comes down, (h - g) / (h - H) times as
far. Buildings of unknown height hide all behind them. The area is that of the rays, to
5e-4 that of the outlines; the outline is drawn from cells of 2 m (4 m beyond 2 km) and
only for looking at. Flat ground: relief is not part of this answer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import shapely
from pydantic import Field
from rasterio.features import shapes as traced
from rasterio.transform import from_origin

from layers import Level, Title, transformer
from processes._buildings import obstacles
from processes._errors import Forbidden
from processes._ports import Reader
from processes._reconcile import answered
from processes._spec import GEOJSON, JSON, Inputs, Process, Result
from processes._views import hiding_facts
from processes.kernels.visibility import Cameras
from processes.kernels.visibility.rays import (
    RAY_STEP_M,
    RayView,
    high_point_views,
    seen_cells,
)

_BUILDING = "building"
_NEAR_CELL_M, _FAR_CELL_M, _FAR_FROM_M = 2.0, 4.0, 2000.0


class HighPointInputs(Inputs):
    """Where it stands, how high, how far and in which direction it looks."""

    lon: float = Field(ge=-180, le=180, description="longitude in degrees (CGCS2000)")
    lat: float = Field(ge=-90, le=90, description="latitude in degrees")
    mount_m: float = Field(gt=0, le=600, description="lens above the ground [m]")
    reach_m: float = Field(2000.0, gt=0, le=5000, description="range on the ground [m]")
    facing_deg: float = Field(0.0, ge=0, le=360, description="axis, from north")
    opening_deg: float = Field(360.0, gt=0, le=360, description="horizontal opening")
    target_height_m: float = Field(
        0.0, ge=0, le=3, description="height above ground at which it must be seen"
    )
    as_of: date | None = Field(None, description="date of the answer; today if absent")


def run(inputs: HighPointInputs, read: Reader) -> Result:
    """One row: area_m2, share of the circle's part, rays."""
    if read.level < Level.STAFF:
        raise Forbidden(
            "高点可视域只对登录用户计算", "views of high points need a sign-in"
        )
    change = transformer(read.city.stored_srid, read.city.working_srid)
    x, y = (np.array([float(v)]) for v in change.transform(inputs.lon, inputs.lat))
    reach = np.array([inputs.reach_m])
    hiding = obstacles(read, _BUILDING, as_of=inputs.as_of, around=(x, y, reach))
    posts = Cameras(x, y, np.array([inputs.facing_deg]), np.array([inputs.opening_deg]))
    (view,) = high_point_views(
        hiding.index, posts, np.array([inputs.mount_m]), reach, np.zeros(1),
        target_height_m=inputs.target_height_m,
    )  # fmt: skip
    whole = math.radians(inputs.opening_deg) / 2 * inputs.reach_m**2
    row = {
        "view_id": "high-point",
        "area_m2": view.area_m2,
        "share": view.area_m2 / whole,
        "rays": view.rays,
    }
    return answered(
        PROCESS,
        inputs,
        read,
        id_column="view_id",
        rows=(row,),
        geometry=(_outline(view, float(x[0]), float(y[0]), inputs.reach_m),),
        facts={
            "layer_versions": {_BUILDING: read.version(_BUILDING)},
            "as_of": inputs.as_of.isoformat() if inputs.as_of else None,
            "crs": f"EPSG:{read.city.working_srid}",
            "ray_step_m": RAY_STEP_M,
            "outline_cell_m": _cell_m(inputs.reach_m),
            "relief": "none",
            "occlusion": hiding_facts(hiding),
        },
    )


def _cell_m(reach_m: float) -> float:
    return _NEAR_CELL_M if reach_m <= _FAR_FROM_M else _FAR_CELL_M


def _outline(view: RayView, x: float, y: float, reach_m: float) -> Any:  # noqa: ANN401  # shapely geometry
    """The cells that are seen, as polygons."""
    cell_m = _cell_m(reach_m)
    mask, (west, north) = seen_cells(view, x, y, cell_m)
    drawn = traced(
        mask.astype(np.uint8), mask=mask.astype(bool),
        transform=from_origin(west, north, cell_m, cell_m),
    )  # fmt: skip
    parts = [shapely.geometry.shape(shape) for shape, _ in drawn]
    return shapely.multipolygons(parts) if parts else None


def _reads(inputs: HighPointInputs, read: Reader) -> Sequence[str]:
    """Layers that the answer depends on."""
    return (_BUILDING,)


PROCESS = Process(
    id="high-point",
    version="1",
    title=Title(zh="高点可视域", en="High point"),
    description=Title(
        zh="塔上或楼顶的高点摄像机越过较低建筑，在数公里内看得见的地面。",
        en="The ground within kilometres that a high point sees over lower buildings.",
    ),
    inputs=HighPointInputs,
    run=run,
    media_types=(GEOJSON, JSON),
    reads=_reads,
    kept=False,
)
