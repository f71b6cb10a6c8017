"""How much of each zone cameras see: ground, streets, people, and how often.

Question: of a district (street, community), what part of the ground is in view at a
level of purpose, what length of its streets, how many of its people; what is seen by
two or three cameras; how many cameras there are, how many of them work, and how much of
all this rests on assumptions?

Method: the views of cameras behind buildings (`camera-view`), measured as `coverage`
measures, with its figures. `visible_area_ratio` is our measure, of area; the official
one counts parts and has a name and a process of its own (`key-part-coverage`). Rows:
one per zone and level, then one per level for all zones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import shapely
from pydantic import Field

from layers import Features, Level, Title
from processes._asked import AsOf, Within, ZoneLayer
from processes._errors import Forbidden
from processes._measure import USUAL_DEMAND, Demand, measure, ratio
from processes._ports import Reader
from processes._reconcile import answered, facts_of
from processes._services import Service, service_reads
from processes._spec import CSV, GEOJSON, JSON, XLSX, Inputs, Process, Result
from processes._views import ViewQuestion, camera_model, levels_of, read_cameras, seen
from processes._views import view_facts as facts_of_views
from processes._zones import TOTAL_ID, Zones, computed_at, read_zones
from processes.kernels.arrays import FloatArray, IntArray

_CAMERA, _ROAD, _PEOPLE = "camera", "road", USUAL_DEMAND["population"]
_DEPTHS = 3
_WORKING = "online"
_STANDS = "state IS NULL OR state <> 'removed'"


class SurveillanceInputs(Inputs):
    """Where, at which levels, when."""

    zones: ZoneLayer = "district"
    edition: str = Field("2015", description="edition of the levels: 2015 or 2025")
    levels: tuple[str, ...] | None = Field(
        None, max_length=20, description="levels of that edition; the declared one "
        "of the camera layer if absent"
    )  # fmt: skip
    within: Within = ()
    as_of: AsOf = None


def run(inputs: SurveillanceInputs, read: Reader) -> Result:
    """Rows row_id, zone_id, purpose, visible_area_ratio and its companions."""
    if read.level < Level.STAFF:
        raise Forbidden(
            "完整的监控指标需要登录；公众可用 coverage 查各区划的覆盖率",
            "these measures need a sign-in; coverage tells the public how much of each "
            "zone is seen",
        )
    model = camera_model(read.catalogue[_CAMERA])
    levels: tuple[str, ...] = (model.range.level,)
    if inputs.levels is not None or inputs.edition != "2015":
        levels = levels_of(read, model, inputs.edition, inputs.levels)
    zones = read_zones(read, inputs.zones, as_of=inputs.as_of, within=inputs.within)
    every = read_cameras(
        read, _CAMERA, where=_STANDS, as_of=inputs.as_of, also=("state",)
    )
    working = every.take(
        np.array([s == _WORKING for s in every.columns["state"]], bool)
    )
    question = ViewQuestion(levels, model.unknown_direction)
    views = seen(read, working, model, question, as_of=inputs.as_of)
    posts = _Posts(every, views.optics.assumed, views.optics.lost, zones, working)
    rows: list[dict[str, Any]] = []
    for k, level in enumerate(levels):
        in_view = views.geometry[:, k]
        ground = in_view[~shapely.is_missing(in_view)]
        service = Service(_CAMERA, working, ground, None)
        rows += _rows(read, level, service, zones, inputs.as_of, posts)
    return answered(
        PROCESS,
        inputs,
        read,
        id_column="row_id",
        rows=rows,
        geometry=_outlines(zones, len(levels)),
        facts={
            **facts_of(read, zones, _reads(inputs, read), inputs.as_of),
            "basis": model.basis,
            "edition": inputs.edition,
            "where": f"state = '{_WORKING}'",
            "cameras_by_state": _by_state(every),
            **facts_of_views(views, question, model, read),
        },
    )


def _outlines(zones: Zones, levels: int) -> tuple[Any, ...]:
    """Outlines of the rows: the zones of each level, none for their sum."""
    return (*zones.outline, None) * levels


class _Posts:
    """Cameras per zone: all, working, assumed, without direction."""

    def __init__(
        self,
        every: Features,
        assumed: Any,  # noqa: ANN401  # flags of the working ones
        lost: Any,  # noqa: ANN401  # the same
        zones: Zones,
        working: Features,
    ) -> None:
        n = len(zones)
        self.all = _count(zones.holding(every.geometry), n)
        place = zones.holding(working.geometry)
        self.working = _count(place, n)
        self.assumed = _count(place[assumed], n)
        self.lost = _count(place[lost], n)


def _count(place: IntArray, n: int) -> FloatArray:
    return np.bincount(place[place >= 0], minlength=n).astype(np.float64)


def _rows(
    read: Reader,
    level: str,
    service: Service,
    zones: Zones,
    as_of: date | None,
    posts: _Posts,
) -> list[dict[str, Any]]:
    """Rows of one level: the zones, then their sum."""
    n = len(zones)

    def measured(demand: Demand, depths: int = 1) -> tuple[FloatArray, FloatArray]:
        if demand.layer is not None and demand.layer not in read.catalogue:
            return np.zeros((1, n)), np.zeros(n)  # a city that keeps no such layer
        found = measure(read, zones, [service], demand, as_of=as_of, depths=depths)
        return found.by_depth, found.total

    seen_m2, area_m2 = measured(Demand("area"), _DEPTHS)
    street_seen_m, street_m = measured(Demand("length", _ROAD))
    in_view, people = measured(Demand("population", _PEOPLE))
    columns = {
        "area_m2": area_m2,
        "visible_area_m2": seen_m2[0],
        "seen_by_2_m2": seen_m2[1],
        "seen_by_3_m2": seen_m2[2],
        "street_m": street_m,
        "street_seen_m": street_seen_m[0],
        "population": people,
        "population_in_view": in_view[0],
        "cameras": posts.all,
        "cameras_in_service": posts.working,
        "assumed": posts.assumed,
        "lost": posts.lost,
    }
    rows = [
        _row(level, str(zones.code[i]), zones.name[i],
             {name: float(values[i]) for name, values in columns.items()})
        for i in range(n)
    ]  # fmt: skip
    whole = {name: float(np.sum(values)) for name, values in columns.items()}
    return [*rows, _row(level, TOTAL_ID, None, whole)]


def _row(
    level: str, zone: str, name: str | None, of: Mapping[str, float]
) -> dict[str, Any]:
    """A row with its ratios; null where there is nothing to be seen."""
    return {
        "row_id": f"{zone}/{level}",
        "zone_id": zone,
        "zone_name": name,
        "purpose": level,
        "area_m2": of["area_m2"],
        "visible_area_m2": of["visible_area_m2"],
        "visible_area_ratio": ratio(of["visible_area_m2"], of["area_m2"]),
        "seen_by_2_ratio": ratio(of["seen_by_2_m2"], of["area_m2"]),
        "seen_by_3_ratio": ratio(of["seen_by_3_m2"], of["area_m2"]),
        "street_m": of["street_m"],
        "street_seen_m": of["street_seen_m"],
        "street_seen_ratio": ratio(of["street_seen_m"], of["street_m"]),
        "population": of["population"],
        "population_in_view": of["population_in_view"],
        "population_in_view_ratio": ratio(of["population_in_view"], of["population"]),
        "cameras": int(of["cameras"]),
        "cameras_in_service": int(of["cameras_in_service"]),
        "in_service_share": ratio(of["cameras_in_service"], of["cameras"]),
        "assumed_share": ratio(of["assumed"], of["cameras_in_service"]),
        "unknown_direction_share": ratio(of["lost"], of["cameras_in_service"]),
    }


def _by_state(every: Features) -> dict[str, int]:
    states = [str(s or "unknown") for s in every.columns["state"]]
    return {state: states.count(state) for state in sorted(set(states))}


def _reads(inputs: SurveillanceInputs, read: Reader) -> Sequence[str]:
    """Layers that the answer depends on."""
    named = (
        *service_reads(read, _CAMERA),
        inputs.zones,
        computed_at(read, inputs.zones),
        _ROAD,
        _PEOPLE,
    )
    return tuple(dict.fromkeys(id_ for id_ in named if id_ in read.catalogue))


PROCESS = Process(
    id="surveillance",
    version="3",
    title=Title(zh="视频监控指标", en="Surveillance measures"),
    description=Title(
        zh="各区划在各成像目的下可见的面积、道路、人口，多机重叠，在用率与假定比例。",
        en="Ground, streets and people in view per zone and level of purpose, seen by "
        "several cameras, cameras in service, and what was assumed.",
    ),
    inputs=SurveillanceInputs,
    run=run,
    media_types=(GEOJSON, JSON, CSV, XLSX),
    reads=_reads,
)
