"""What of a place no camera sees, which cameras see the rest, and why others do not.

Question: standing in this square, which parts are out of view? Which camera shows which
part, and what keeps the others from it: a building (which?), the direction, the range,
the dead zone, being out of service?

Method: the views of `camera-view` at one level, cut with the place; each camera within
reach is judged in this order: out of service, state of the view, sees, hidden (its view
without buildings would touch the place; the first building on the line is named), then
geometry. seen + blind = place. Everything that is needed to recompute a figure by hand
on a map is in the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from pydantic import Field
from shapely.geometry.base import BaseGeometry

from layers import Features, Sector, Title, transformer
from processes._asked import AsOf
from processes._errors import Forbidden, InvalidInput
from processes._measure import ratio
from processes._ports import Reader
from processes._reconcile import answered
from processes._services import service_reads
from processes._spec import CSV, GEOJSON, JSON, XLSX, Inputs, Process, Result
from processes._views import Seen, ViewQuestion, camera_model, read_cameras, seen
from processes._views import view_facts as facts_of_views
from processes.kernels.sides import two_sided_share
from processes.kernels.visibility import ViewState

_CAMERA = "camera"
_WORKING = "online"
_FARTHEST_M = 2000.0
_NOTHING_M2 = 1e-6
_WORDS = {
    "sees": ("看得见", "sees it"),
    "hidden": ("被建筑遮挡", "hidden by a building"),
    "turned_away": ("朝向别处", "looks elsewhere"),
    "out_of_range": ("距离太远", "too far at this level"),
    "dead_zone": ("在近端盲区", "below its picture"),
    "out_of_service": ("未在用", "out of service"),
    "absent": ("达不到此成像目的", "the level is out of its reach"),
    "dead": ("盲区大于可视距离", "its dead zone reaches beyond its range"),
    "buried": ("位置在建筑物内", "stands inside buildings"),
    "no_data": ("缺方向或参数", "direction or optics unknown"),
}


class BlindSpotInputs(Inputs):
    """Which place, at which level, when."""

    place: str = Field(description="code of the place")
    layer: str = Field("public_place", description="layer of polygons that holds it")
    purpose: str | None = Field(
        None, description="image purpose; the declared one if absent"
    )
    around_m: float = Field(
        60.0,
        ge=0,
        le=500,
        description="cameras nearer than this are judged in any case",
    )
    smallest_m2: float = Field(
        1.0, ge=0, le=1e6, description="smaller blind parts are summed, not listed"
    )
    as_of: AsOf = None


@dataclass(frozen=True, eq=False)
class _Scene:
    """A place and the cameras about it, seen with and without buildings."""

    place: BaseGeometry
    cameras: Features
    real: Seen
    free: Seen


def run(inputs: BlindSpotInputs, read: Reader) -> Result:
    """Rows row_id, kind (camera, blind), verdict, area_m2, share."""
    if not read.catalogue[_CAMERA].visible_at(read.level):
        raise Forbidden(
            "盲区与逐台判断需要能查看摄像机的权限",
            "blind spots and single cameras need the level that sees cameras",
        )
    place = _place(inputs, read)
    model = camera_model(read.catalogue[_CAMERA])
    level = inputs.purpose or model.range.level
    question = ViewQuestion((level,), model.unknown_direction)
    cameras = _around(read, place, model, question, inputs)
    scene = _Scene(
        place,
        cameras,
        seen(read, cameras, model, question, as_of=inputs.as_of),
        seen(read, cameras, model, replace(question, occlusion="none"),
             as_of=inputs.as_of),
    )  # fmt: skip
    rows, shapes, working = _camera_rows(scene, inputs.around_m)
    views = scene.real.geometry[:, 0]
    in_view = shapely.intersection(place, shapely.union_all(views[working]))
    blind = shapely.difference(place, in_view)
    more, parts = _blind_rows(blind, inputs.smallest_m2)
    facts = _facts(scene, working, in_view.area, blind.area)
    return answered(
        PROCESS,
        inputs,
        read,
        id_column="row_id",
        rows=rows + more,
        geometry=shapes + parts,
        facts={
            "layer_versions": {id_: read.version(id_) for id_ in _reads(inputs, read)},
            "as_of": inputs.as_of.isoformat() if inputs.as_of else None,
            "crs": f"EPSG:{read.city.working_srid}",
            "basis": model.basis,
            "purpose": level,
            **facts,
            **facts_of_views(scene.real, question, model, read),
        },
    )


def _place(inputs: BlindSpotInputs, read: Reader) -> BaseGeometry:
    """The outline of the place.

    Raises
    ------
    InvalidInput : no such layer of polygons, no such place
    """
    layer = read.catalogue.visible_at(read.level).get(inputs.layer)
    if layer is None or layer.geometry not in ("Polygon", "MultiPolygon"):
        known = [
            id_
            for id_, one in read.catalogue.visible_at(read.level).items()
            if one.geometry in ("Polygon", "MultiPolygon")
        ]
        raise InvalidInput("layer", inputs.layer, f"must be one of {', '.join(known)}")
    quoted = inputs.place.replace("'", "''")
    found = read.features(inputs.layer, where=f"code = '{quoted}'", as_of=inputs.as_of)
    if len(found) == 0 or found.geometry[0] is None:
        allowed = f"must be the code of a feature of {inputs.layer} at this date"
        raise InvalidInput("place", inputs.place, allowed)
    shape: BaseGeometry = found.geometry[0]
    return shape


def _around(
    read: Reader,
    place: BaseGeometry,
    model: Sector,
    question: ViewQuestion,
    inputs: BlindSpotInputs,
) -> Features:
    """Cameras that could see the place if nothing stood between, and those near it."""
    as_of, around_m = inputs.as_of, inputs.around_m
    x0, y0, x1, y1 = place.bounds
    change = transformer(read.city.working_srid, read.city.stored_srid)
    west, south, east, north = change.transform_bounds(
        x0 - _FARTHEST_M, y0 - _FARTHEST_M, x1 + _FARTHEST_M, y1 + _FARTHEST_M,
        densify_pts=3,
    )  # fmt: skip
    where = (
        f"S_INTERSECTS(geom, BBOX({west:.9f}, {south:.9f}, {east:.9f}, {north:.9f})) "
        "AND (state IS NULL OR state <> 'removed')"
    )
    found = read_cameras(
        read, _CAMERA, where=where, as_of=as_of, also=("state", "name")
    )
    open_ = seen(read, found, model, replace(question, occlusion="none"), as_of=as_of)
    reach = np.fmax(np.nan_to_num(open_.far_m[:, 0]), around_m)
    return found.take(shapely.distance(found.geometry, place) <= reach)


def _camera_rows(
    scene: _Scene, around_m: float
) -> tuple[list[dict[str, Any]], list[BaseGeometry | None], Any]:
    """One row per camera that sees the place or might, nearest first."""
    real, free, place = scene.real, scene.free, scene.place
    working = np.array([s == _WORKING for s in scene.cameras.columns["state"]], bool)
    away = shapely.distance(scene.cameras.geometry, place)
    part = shapely.intersection(real.geometry[:, 0], place)
    would = shapely.intersection(free.geometry[:, 0], place)
    rows, shapes = [], []
    for i in np.argsort(away, kind="stable"):
        area = float(np.nan_to_num(shapely.area(part[i])))
        reaches = np.nan_to_num(shapely.area(would[i])) > _NOTHING_M2
        if not (reaches or area > _NOTHING_M2 or away[i] <= around_m):
            continue
        verdict = _verdict(scene, i, bool(working[i]), area, bool(reaches), away[i])
        zh, en = _WORDS[verdict]
        shown = part[i] if verdict == "sees" else None
        rows.append(
            {
                "row_id": str(scene.cameras.code[i]),
                "kind": "camera",
                "verdict": verdict,
                "why": f"{zh} / {en}",
                "area_m2": area if verdict == "sees" else 0.0,
                "share": ratio(area, place.area) if verdict == "sees" else 0.0,
                "distance_m": float(away[i]),
                "camera_name": scene.cameras.columns["name"][i],
                "camera_state": scene.cameras.columns["state"][i],
                "dead_zone_m": _number(real.near_m[i]),
                "reach_m": _number(real.far_m[i, 0]),
                "facing_deg": _number(real.optics.cameras.azimuth_deg[i]),
                "opening_deg": _number(real.optics.lens_deg[i]),
                "assumed": bool(real.optics.assumed[i]),
                "hidden_by": _blocker(scene, i, would[i])
                if verdict == "hidden"
                else None,
            }
        )
        shapes.append(shown)
    return rows, shapes, working


def _verdict(
    scene: _Scene, i: int, working: bool, area: float, reaches: bool, away: float
) -> str:
    """Why a camera sees the place or not, the first reason that holds."""
    state = ViewState(int(scene.real.state[i, 0]))
    if not working:
        return "out_of_service"
    if area > _NOTHING_M2:
        return "sees"
    if state in (ViewState.ABSENT, ViewState.DEAD, ViewState.BURIED, ViewState.NO_DATA):
        return state.label
    if reaches:
        return "hidden"
    if away > scene.real.far_m[i, 0]:
        return "out_of_range"
    ring = shapely.Point(scene.real.x[i], scene.real.y[i])
    if shapely.hausdorff_distance(ring, scene.place) <= scene.real.near_m[i]:
        return "dead_zone"
    return "turned_away"


def _blocker(scene: _Scene, i: int, would: BaseGeometry) -> str | None:
    """Code of the first building between a camera and what it would see."""
    found = scene.real.obstacles.features
    if found is None:
        return None
    eye = shapely.Point(scene.real.x[i], scene.real.y[i])
    line = shapely.LineString([eye, shapely.point_on_surface(would)])
    met = np.flatnonzero(shapely.intersects(found.geometry, line))
    met = met[met != scene.real.host[i]]
    if len(met) == 0:
        return None
    first = met[np.argmin(shapely.distance(found.geometry[met], eye))]
    return str(found.code[first])


def _blind_rows(
    blind: BaseGeometry, smallest_m2: float
) -> tuple[list[dict[str, Any]], list[BaseGeometry | None]]:
    """Parts out of view, the largest first; the smallest in one row."""
    parts = shapely.get_parts(blind)
    parts = parts[shapely.get_dimensions(parts) == 2]
    parts = parts[np.argsort(-shapely.area(parts), kind="stable")]
    large = shapely.area(parts) >= smallest_m2
    rows = [
        {"row_id": f"blind-{k + 1}", "kind": "blind", "area_m2": float(part.area)}
        for k, part in enumerate(parts[large])
    ]
    shapes: list[BaseGeometry | None] = list(parts[large])
    if (~large).any():
        rest = shapely.multipolygons(parts[~large])
        rows.append(
            {"row_id": "blind-rest", "kind": "blind", "area_m2": float(rest.area)}
        )
        shapes.append(rest)
    return rows, shapes


def _facts(scene: _Scene, working: Any, in_view: float, blind: float) -> dict[str, Any]:  # noqa: ANN401  # flags
    """The figures of the place as a whole."""
    area = float(scene.place.area)
    views = scene.real.geometry[:, 0]
    sees = working & (np.nan_to_num(shapely.area(views)) > 0.0)
    at = np.column_stack([scene.real.x, scene.real.y])
    sides = two_sided_share(scene.place, views[sees], at[sees])
    return {
        "place_m2": area,
        "visible_area_m2": float(in_view),
        "blind_m2": float(blind),
        "visible_area_ratio": ratio(float(in_view), area),
        "two_sided_share": sides,
    }


def _number(value: float) -> float | None:
    """A number as JSON has it."""
    return float(value) if np.isfinite(value) else None


def _reads(inputs: BlindSpotInputs, read: Reader) -> Sequence[str]:
    """Layers that the answer depends on."""
    named = (*service_reads(read, _CAMERA), inputs.layer)
    return tuple(dict.fromkeys(id_ for id_ in named if id_ in read.catalogue))


PROCESS = Process(
    id="blind-spot",
    version="1",
    title=Title(zh="场所盲区", en="Blind spots"),
    description=Title(
        zh="一个场所里看不见的地方，哪些摄像机看见哪一块，其余为什么看不见。",
        en="What of a place is out of view, which camera sees which part, and why the "
        "others do not.",
    ),
    inputs=BlindSpotInputs,
    run=run,
    media_types=(GEOJSON, JSON, CSV, XLSX),
    reads=_reads,
    kept=False,  # told only to those who see cameras
)
