"""What a high point sees, kilometres wide, over hills and the roofs of a town.

Question: a camera on a tower or a hill: which ground within some kilometres is in view,
over buildings that are lower and between those that are not?

Method: rays at most one metre apart at the far end, and between every two corners at
which an outline comes into view or ends, walk over the buildings; each hides the ground
from its near wall to where its roof's shadow comes down, (h - g) / (h - H) times as
far. Buildings of unknown height hide all behind them. The area is that of the rays, to
5e-4 that of the outlines; the outline is drawn from cells of 2 m (4 m beyond 2 km) and
only for looking at.

Where relief is loaded, the same rays walk over hills: the ground along each is taken at
half cells of the relief, a roof stands its building's height above the ground in the
middle of its outline, and a place is seen where no ground and no roof before it rises
above the sight line. Over a surface model, which holds the roofs, buildings are left
out. Only the cells within range are read. Without relief the ground is flat. The
earth's curvature is left out: 1.7 m at 5 km.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import shapely
from pydantic import Field
from rasterio.features import shapes as traced
from rasterio.transform import from_origin

from layers import Level, Title, transformer
from processes._asked import AsOf
from processes._buildings import Obstacles, no_obstacles, obstacles
from processes._errors import Forbidden, NoData
from processes._ports import Reader, Relief
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
from processes.kernels.visibility.relief import high_point_over_relief

_BUILDING, _RELIEF = "building", "relief"
_SURFACE = "surface"  # a model that holds the roofs already
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
    relief: Literal["loaded", "required", "none"] = Field(
        "loaded",
        description="hills: as loaded, flat ground where none is (loaded), only with "
        "relief (required), flat in any case (none)",
    )
    as_of: AsOf = None


def run(inputs: HighPointInputs, read: Reader) -> Result:
    """One row: area_m2, share of the circle's part, rays."""
    if read.level < Level.STAFF:
        raise Forbidden(
            "高点可视域只对登录用户计算", "views of high points need a sign-in"
        )
    change = transformer(read.city.stored_srid, read.city.working_srid)
    x, y = (np.array([float(v)]) for v in change.transform(inputs.lon, inputs.lat))
    reach = np.array([inputs.reach_m])
    relief = _relief(inputs, read, float(x[0]), float(y[0]))
    hiding = no_obstacles()
    if relief is None or relief.sheets[0]["kind"] != _SURFACE:
        hiding = obstacles(read, _BUILDING, as_of=inputs.as_of, around=(x, y, reach))
    posts = Cameras(x, y, np.array([inputs.facing_deg]), np.array([inputs.opening_deg]))
    view, over = _seen(inputs, posts, hiding, relief)
    whole = math.radians(inputs.opening_deg) / 2 * inputs.reach_m**2
    row = {
        "view_id": "high-point",
        "area_m2": view.area_m2,
        "share": view.area_m2 / whole,
        "rays": view.rays,
        "ground_m": over.get("ground_m"),
        "lens_m": over.get("lens_m"),
        "relief_known_share": over.get("known_share"),
    }
    versions = {_BUILDING: read.version(_BUILDING)}
    if relief is not None:
        versions[_RELIEF] = relief.version
    return answered(
        PROCESS,
        inputs,
        read,
        rows=(row,),
        id_column="view_id",
        geometry=(_outline(view, float(x[0]), float(y[0]), inputs.reach_m),),
        facts={
            "layer_versions": versions,
            "as_of": inputs.as_of.isoformat() if inputs.as_of else None,
            "crs": f"EPSG:{read.city.working_srid}",
            "ray_step_m": RAY_STEP_M,
            "outline_cell_m": _cell_m(inputs.reach_m),
            "relief": _relief_facts(relief),
            "curvature": "none",
            "occlusion": hiding_facts(hiding),
        },
    )


def _relief(inputs: HighPointInputs, read: Reader, x: float, y: float) -> Relief | None:
    """Heights around the point, where they are asked for, known and to be seen.

    Raises
    ------
    NoData : they are required and there are none
    """
    found = None
    if inputs.relief != "none" and _sees_relief(read):
        found = read.relief(_RELIEF, x, y, inputs.reach_m, as_of=inputs.as_of)
    if found is None and inputs.relief == "required":
        raise NoData(
            "这里没有载入地形 relief: no raster of relief knows the ground at "
            f"{inputs.lon}, {inputs.lat}; load one, or ask with relief=loaded"
        )
    return found


def _sees_relief(read: Reader) -> bool:
    layer = read.catalogue.get(_RELIEF)
    return layer is not None and layer.visible_at(read.level)


def _seen(
    inputs: HighPointInputs, posts: Cameras, hiding: Obstacles, relief: Relief | None
) -> tuple[RayView, dict[str, float]]:
    """Stretches that are seen, and what relief says of the point."""
    if relief is None:
        (view,) = high_point_views(
            hiding.index, posts, np.array([inputs.mount_m]),
            np.array([inputs.reach_m]), np.zeros(1),
            target_height_m=inputs.target_height_m,
        )  # fmt: skip
        return view, {}
    over = high_point_over_relief(
        hiding.index, posts, inputs.mount_m, inputs.reach_m, 0.0, relief.ground,
        target_height_m=inputs.target_height_m,
    )  # fmt: skip
    circle = math.radians(inputs.opening_deg) / 2 * inputs.reach_m**2
    return over.view, {
        "ground_m": over.ground_m,
        "lens_m": over.ground_m + inputs.mount_m,
        "known_share": 1.0 - over.unknown_m2 / circle,
    }


def _relief_facts(relief: Relief | None) -> Any:  # noqa: ANN401  # JSON
    """Which rasters told the heights, at what cell size."""
    if relief is None:
        return "none"
    return {
        "by": _RELIEF,
        "version": relief.version,
        "cell_m": relief.ground.cell_m,
        "kind": relief.sheets[0]["kind"],
        "buildings": relief.sheets[0]["kind"] != _SURFACE,
        "sheets": [dict(sheet) for sheet in relief.sheets],
    }


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
    return (_BUILDING, _RELIEF) if _sees_relief(read) else (_BUILDING,)


PROCESS = Process(
    id="high-point",
    version="2",
    title=Title(zh="高点可视域", en="High point"),
    description=Title(
        zh="塔上、楼顶或山上的高点摄像机越过较低建筑和山丘，在数公里内看得见的地面。",
        en="The ground within kilometres that a high point sees over lower buildings "
        "and, where relief is loaded, hills.",
    ),
    inputs=HighPointInputs,
    run=run,
    media_types=(GEOJSON, JSON),
    reads=_reads,
    kept=False,
)
