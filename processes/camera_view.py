"""What cameras see at every level of purpose, behind buildings.

Question: which ground does this camera - one that stands, or one that is only thought
of - show well enough to detect, observe, recognise or identify somebody?

Method: ranges from the optics (EN 62676-4:2015 or the levels of IEC 62676-4:2025), the
exact star of what no building hides (angular sweep), the dead zone below the picture
left out. The state says why nothing is seen: out of reach, dead zone beyond reach,
inside buildings, all hidden, figures missing. A camera that turns counts at its guard
position; the ring that it can reach otherwise is a row of its own. Areas are those of
the true figure; polygons have straight chords with their vertices on the arc.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Literal

import numpy as np
from pydantic import Field
from shapely.geometry.base import BaseGeometry

from layers import Features, Level, Sector, Title
from processes._asked import AsOf
from processes._buildings import host_of
from processes._drawn import DrawnCamera, drawn_features
from processes._errors import Forbidden, InvalidInput
from processes._ports import Reader
from processes._reconcile import answered
from processes._services import service_reads
from processes._spec import CSV, GEOJSON, JSON, XLSX, Inputs, Process, Result
from processes._views import (
    Seen,
    ViewQuestion,
    camera_model,
    levels_of,
    read_cameras,
    seen,
    view_facts,
)
from processes.kernels.arrays import BoolArray
from processes.kernels.visibility import Mount, ViewState

_LAYER = "camera"
_MOST = 2000
_AT_ONCE = 250  # codes of one filter, whose text is bounded


class CameraViewInputs(Inputs):
    """Which cameras, at which levels, under which assumptions."""

    cameras: tuple[str, ...] = Field(
        (), max_length=_MOST, description="codes of cameras of the register"
    )
    drawn: tuple[DrawnCamera, ...] = Field(
        (), max_length=_MOST, description="cameras that are only thought of"
    )
    layer: str = Field(_LAYER, description="layer that holds the cameras")
    edition: str = Field(
        "2015",
        description="edition of the levels: 2015 (EN 62676-4, DORI) or 2025 "
        "(IEC 62676-4)",
    )
    levels: tuple[str, ...] | None = Field(
        None, max_length=20, description="levels of that edition; all of them if absent"
    )
    footprint: Literal["sector", "pinhole"] = Field(
        "sector", description="arcs about the camera, or the picture's trapezoid"
    )
    occlusion: Literal["buildings", "none"] = Field(
        "buildings", description="whether buildings hide what lies behind them"
    )
    over_roofs: bool = Field(
        False, description="look over buildings that are lower than the camera (2.5-D)"
    )
    target_height_m: float = Field(
        0.0, ge=0, le=3, description="height above ground at which it must be seen"
    )
    unknown_direction: Literal["disc", "exclude"] | None = Field(
        None, description="what a camera without direction sees: its disc or nothing"
    )
    as_of: AsOf = None


def run(inputs: CameraViewInputs, read: Reader) -> Result:
    """Rows view_id, camera, kind, purpose, state, area_m2, ranges, mount."""
    layer = _layer_for(inputs, read)
    model = camera_model(read.catalogue[layer])
    features = _cameras(inputs, layer, read)
    question = ViewQuestion(
        levels=levels_of(read, model, inputs.edition, inputs.levels),
        policy=inputs.unknown_direction or model.unknown_direction,
        target_height_m=inputs.target_height_m,
        footprint=inputs.footprint,
        occlusion=inputs.occlusion,
        over_roofs=inputs.over_roofs,
    )
    found = seen(read, features, model, question, as_of=inputs.as_of)
    rows, shapes = _rows(found, question)
    more, rings = _reachable(read, features, model, question, found, inputs.as_of)
    versions = {
        id_: read.version(id_) for id_ in _reads(inputs, read) if id_ in read.catalogue
    }
    return answered(
        PROCESS,
        inputs,
        read,
        id_column="view_id",
        rows=rows + more,
        geometry=shapes + rings,
        facts={
            "layer_versions": versions,
            "as_of": inputs.as_of.isoformat() if inputs.as_of else None,
            "crs": f"EPSG:{read.city.working_srid}",
            "model": model.model,
            "basis": model.basis,
            "edition": inputs.edition,
            **view_facts(found, question, model, read),
        },
    )


def _layer_for(inputs: CameraViewInputs, read: Reader) -> str:
    """The layer of the cameras, if the caller may ask about it at all.

    Raises
    ------
    Forbidden : views need a sign-in; those of stored cameras the level of their layer
    InvalidInput : no such layer
    """
    if read.level < Level.STAFF:
        raise Forbidden(
            "摄像机可视域只对登录用户计算；公众可查各区划的覆盖率 (coverage)",
            "camera views need a sign-in; coverage tells the public how much of each "
            "zone is seen",
        )
    layer = read.catalogue.get(inputs.layer)
    visible = layer is not None and layer.visible_at(read.level)
    if layer is None or (inputs.layer != _LAYER and not visible):
        raise InvalidInput("layer", inputs.layer, f"must be {_LAYER}")
    if inputs.cameras and not visible:
        raise Forbidden(
            "cameras：已有摄像机的可视域需要更高的权限；可用 drawn 试算",
            "cameras: views of the register's cameras need a higher level; with drawn "
            "you may try one that is only thought of",
        )
    if not inputs.cameras and not inputs.drawn:
        raise InvalidInput("cameras", "nothing", "must name cameras, or draw some")
    return layer.id


def _cameras(inputs: CameraViewInputs, layer: str, read: Reader) -> Features:
    """The cameras asked for, stored ones in the order of the question, then drawn."""
    thought = drawn_features(read, layer, inputs.drawn)
    if not inputs.cameras:
        return thought
    codes = tuple(dict.fromkeys(inputs.cameras))
    stored = _joined(
        [
            read_cameras(
                read, layer, where=_among(codes[i : i + _AT_ONCE]), as_of=inputs.as_of
            )
            for i in range(0, len(codes), _AT_ONCE)
        ]
    )
    place = {code: i for i, code in enumerate(stored.code)}
    for code in codes:
        if code not in place:
            allowed = "must be the code of a camera that stands at this date"
            raise InvalidInput("cameras", code, allowed)
    stored = stored.take(np.array([place[code] for code in codes]))
    return _joined([stored, thought]) if inputs.drawn else stored


def _among(codes: Sequence[str]) -> str:
    """CQL2 text that selects features of these codes."""
    listed = ", ".join("'" + code.replace("'", "''") + "'" for code in codes)
    return f"code IN ({listed})"


def _joined(parts: Sequence[Features]) -> Features:
    """Features of one layer, one after another."""
    first = parts[0]
    return replace(
        first,
        code=np.concatenate([part.code for part in parts]),
        geometry=np.concatenate([part.geometry for part in parts]),
        columns={
            name: np.concatenate([part.columns[name] for part in parts])
            for name in first.columns
        },
    )


def _rows(
    found: Seen, question: ViewQuestion
) -> tuple[list[dict[str, Any]], list[BaseGeometry | None]]:
    """One row for each camera and level, seen or not."""
    rows, shapes = [], []
    for i in range(len(found.optics)):
        for k, level in enumerate(question.levels):
            row = _row(found, i)
            row |= {
                "view_id": f"{row['camera']}/{level}",
                "kind": "view",
                "purpose": level,
                "state": ViewState(int(found.state[i, k])).label,
                "area_m2": _number(found.area_m2[i, k]),
                "reach_m": _number(found.far_m[i, k]),
            }
            rows.append(row)
            shapes.append(found.geometry[i, k])
    return rows, shapes


def _row(found: Seen, i: int) -> dict[str, Any]:
    """What the rows of one camera have in common, in the order of the table."""
    own = found.optics
    given = np.hypot(found.x[i] - own.cameras.x[i], found.y[i] - own.cameras.y[i])
    return {
        "view_id": "",
        "camera": str(own.code[i]),
        "kind": "",
        "purpose": None,
        "state": None,
        "area_m2": None,
        "dead_zone_m": _number(found.near_m[i]),
        "reach_m": None,
        "facing_deg": _number(own.cameras.azimuth_deg[i]),
        "opening_deg": _number(own.lens_deg[i]),
        "footprint": "pinhole" if found.pinhole[i] else "sector",
        "direction_known": not bool(own.lost[i]),
        "assumed": bool(own.assumed[i]),
        "optics_source": own.source[i],
        "mount": Mount(int(found.mount[i])).name.lower(),
        "moved_m": _number(given),
        "host": host_of(found.obstacles, int(found.host[i])),
    }


def _reachable(
    read: Reader,
    features: Features,
    model: Sector,
    question: ViewQuestion,
    found: Seen,
    as_of: date | None,
) -> tuple[list[dict[str, Any]], list[BaseGeometry | None]]:
    """What turning cameras could see if they turned: the whole ring, told apart."""
    turns: BoolArray = found.optics.turns & np.isfinite(
        found.optics.cameras.azimuth_deg
    )
    which = np.flatnonzero(turns)
    if len(which) == 0:
        return [], []
    lost = features.take(which)
    without = {**lost.columns, model.azimuth: np.full(len(which), np.nan)}
    asked = replace(question, policy="disc", footprint="sector")
    ring = seen(read, replace(lost, columns=without), model, asked, as_of=as_of)
    rows, shapes = _rows(ring, asked)
    told = [
        {**row, "kind": "reachable", "view_id": f"{row['view_id']}/reachable"}
        for row in rows
    ]
    return told, shapes


def _number(value: float) -> float | None:
    """A number as JSON has it: none for nan and infinity."""
    return float(value) if np.isfinite(value) else None


def _reads(inputs: CameraViewInputs, read: Reader) -> Sequence[str]:
    """Layers that the answer depends on."""
    return service_reads(read, inputs.layer)


PROCESS = Process(
    id="camera-view",
    version="1",
    title=Title(zh="摄像机可视域", en="Camera view"),
    description=Title(
        zh="已有或拟建摄像机在各成像目的下、建筑物遮挡之后真正看得见的地面。",
        en="The ground that cameras, standing or only thought of, really see behind "
        "buildings at every level of purpose.",
    ),
    inputs=CameraViewInputs,
    run=run,
    media_types=(GEOJSON, JSON, CSV, XLSX),
    reads=_reads,
    kept=False,  # levels see different cameras; a dragged one is asked for once
)
