"""Which of the listed places and their parts have the capture that they need.

Question: of the public places that the plan names (six kinds), how many of the listed
parts - entrances, passages, gathering places - are imaged at the purpose that each
needs?

Method: a part counts as captured when at least `share_min` of it lies in the view of
working cameras, behind buildings, at its own level of purpose. A place that lists no
parts is one part itself, at the declared level of the cameras, from `place_share_min`
on: so the plan's target vs-1 counts. `key_part_coverage_ratio` is a count of parts, as
the official figure is; `visible_area_ratio` beside it is our area of places. Neither
stands for the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely
from pydantic import Field

from layers import Features, Level, Title
from processes._asked import AsOf, Within, ZoneLayer
from processes._errors import Forbidden
from processes._measure import ratio
from processes._ports import Reader
from processes._reconcile import answered, facts_of
from processes._services import service_reads
from processes._spec import CSV, JSON, XLSX, Inputs, Process, Result
from processes._views import Seen, ViewQuestion, camera_model, read_cameras, seen
from processes._views import view_facts as facts_of_views
from processes._zones import TOTAL_ID, Zones, computed_at, read_zones
from processes.kernels.arrays import BoolArray, FloatArray, GeometryArray, IntArray
from processes.kernels.points import anchor
from processes.kernels.share import covered_share, is_covered
from processes.kernels.sides import two_sided_share

_CAMERA, _PART = "camera", "place_part"
_WORKING = "state = 'online'"


class KeyPartInputs(Inputs):
    """Of which places, where, from what share on."""

    layer: Literal["public_place", "residential_compound"] = Field(
        "public_place", description="places that are listed"
    )
    zones: ZoneLayer = "district"
    rows: Literal["kind", "place"] = Field(
        "kind", description="one row per zone and kind, or one per place"
    )
    within: Within = ()
    share_min: float = Field(
        0.5, gt=0, le=1, description="share of a listed part that must be in view"
    )
    place_share_min: float = Field(
        0.1, gt=0, le=1, description="the same of a place that lists no parts"
    )
    as_of: AsOf = None


@dataclass(frozen=True, eq=False)
class _Listed:
    """Places, and the parts that are counted.

    Parameters
    ----------
    zone : (n,) zone of each place
    part_of, level, share, captured : (m,) place, purpose, share in view, whether enough
    own : (m,) the part is a place without listed parts
    area_m2, seen_m2 : (n,) of the places, in view at the declared level
    seen_place, seen_by : (k,) pairs of a place and a camera that shows some of it
    assumed : (cameras,) of whose optics or direction something was assumed
    """

    places: Features
    zone: IntArray
    part_of: IntArray
    level: Any
    share: FloatArray
    captured: BoolArray
    own: BoolArray
    area_m2: FloatArray
    seen_m2: FloatArray
    seen_place: IntArray
    seen_by: IntArray
    assumed: BoolArray

    def assumed_share(self, mine: BoolArray) -> float | None:
        """Share of the cameras that show some places; None where none does."""
        cameras = np.unique(self.seen_by[mine[self.seen_place]])
        return float(self.assumed[cameras].mean()) if len(cameras) else None


def run(inputs: KeyPartInputs, read: Reader) -> Result:
    """Rows zone_id, kind, parts, parts_captured, key_part_coverage_ratio, places."""
    if read.level < Level.STAFF and (inputs.rows, inputs.zones) != ("kind", "district"):
        raise Forbidden(
            "逐场所或更细的区划需要登录；公众可按区县、类别查询",
            "single places and finer zones need a sign-in; the public may ask by "
            "district and kind",
        )
    zones = read_zones(read, inputs.zones, as_of=inputs.as_of, within=inputs.within)
    places = read.features(inputs.layer, columns=("name", "kind"), as_of=inputs.as_of)
    zone = zones.holding(anchor(places.geometry))
    places, zone = places.take(zone >= 0), zone[zone >= 0]
    model = camera_model(read.catalogue[_CAMERA])
    parts = _parts(inputs, read, places)
    levels = tuple(dict.fromkeys([model.range.level, *map(str, parts[1])]))
    question = ViewQuestion(levels, model.unknown_direction)
    cameras = read_cameras(read, _CAMERA, where=_WORKING, as_of=inputs.as_of)
    views = seen(read, cameras, model, question, as_of=inputs.as_of)
    listed = _judged(inputs, places, zone, parts, views, levels)
    if inputs.rows == "kind":
        kinds = _kinds(inputs, read)
        rows = _by_kind(listed, zones, kinds, hide_few=read.level < Level.STAFF)
    else:
        rows = _by_place(listed, zones, views)
    if read.level < Level.STAFF:  # of few cameras it would tell how many they are
        rows = [{**row, "assumed_share": None} for row in rows]
    return answered(
        PROCESS,
        inputs,
        read,
        id_column="row_id",
        rows=rows,
        facts={
            **facts_of(read, zones, _reads(inputs, read), inputs.as_of),
            "basis": model.basis,
            "declared_level": model.range.level,
            "where": _WORKING,
            "places_without_parts": int(np.count_nonzero(listed.own)),
            **_told_views(facts_of_views(views, question, model, read), read),
        },
    )


def _told_views(facts: dict[str, Any], read: Reader) -> dict[str, Any]:
    """What may be told of the cameras themselves."""
    if read.level >= Level.STAFF:
        return facts
    told = ("levels", "footprint", "occlusion", "assumed_share", "arc")
    return {name: facts[name] for name in told}


def _parts(
    inputs: KeyPartInputs, read: Reader, places: Features
) -> tuple[IntArray, Any, GeometryArray, BoolArray]:
    """Place, purpose, outline of each part; whether it is the place itself."""
    place_of = {code: i for i, code in enumerate(places.code)}
    declared = camera_model(read.catalogue[_CAMERA]).range.level
    found: list[tuple[int, str, Any]] = []
    if inputs.layer == "public_place" and _PART in read.catalogue:
        listed = read.features(
            _PART, columns=("place_code", "purpose"), as_of=inputs.as_of
        )
        column = listed.columns
        for code, purpose, shape in zip(
            column["place_code"], column["purpose"], listed.geometry, strict=True
        ):
            if code in place_of:
                found.append((place_of[code], str(purpose or declared), shape))
    have = {place for place, _, _ in found}
    alone = [i for i in range(len(places)) if i not in have]
    found += [(i, declared, places.geometry[i]) for i in alone]
    shapes = np.empty(len(found), dtype=object)
    shapes[:] = [shape for _, _, shape in found]
    levels = np.empty(len(found), dtype=object)
    levels[:] = [level for _, level, _ in found]
    own = np.arange(len(found)) >= len(found) - len(alone)
    return np.array([i for i, _, _ in found], np.int64), levels, shapes, own


def _judged(
    inputs: KeyPartInputs,
    places: Features,
    zone: IntArray,
    parts: tuple[IntArray, Any, GeometryArray, BoolArray],
    views: Seen,
    levels: Sequence[str],
) -> _Listed:
    """Shares in view and what they mean."""
    part_of, level, shape, own = parts
    share = np.zeros(len(part_of))
    for k, one in enumerate(levels):
        mine = level == one
        if mine.any():
            share[mine] = covered_share(shape[mine], _there(views.geometry[:, k]))
    enough = np.where(own, inputs.place_share_min, inputs.share_min)
    area = shapely.area(places.geometry)
    whole = covered_share(places.geometry, _there(views.geometry[:, 0]))
    captured = is_covered(share, 0.0) & (share >= enough)
    tree = shapely.STRtree(views.geometry[:, 0])
    seen_place, seen_by = tree.query(places.geometry, predicate="intersects")
    return _Listed(
        places, zone, part_of, level, share, captured, own, area,
        np.nan_to_num(whole) * area, seen_place, seen_by, views.optics.assumed,
    )  # fmt: skip


def _there(shapes: GeometryArray) -> GeometryArray:
    there: GeometryArray = shapes[~shapely.is_missing(shapes)]
    return there


def _kinds(inputs: KeyPartInputs, read: Reader) -> Sequence[str]:
    """Kinds of the layer's code table, in its order."""
    column = read.catalogue[inputs.layer].columns["kind"]
    return tuple(read.codes(column.codes)) if column.codes else ()


def _by_kind(
    listed: _Listed, zones: Zones, known: Sequence[str], *, hide_few: bool
) -> list[dict[str, Any]]:
    """One row per zone and kind there is, then per kind in all zones, then the whole.

    Of all zones each kind that is known has its row, also where none is listed.
    """
    kinds = np.array([str(k or "other") for k in listed.places.columns["kind"]], object)
    names = list(dict.fromkeys([*known, *sorted(set(kinds))]))
    rows = []
    for z in range(len(zones)):
        for kind in names:
            mine = (listed.zone == z) & (kinds == kind)
            if mine.any():
                row = _row(listed, mine, str(zones.code[z]), zones.name[z], kind)
                few = hide_few and int(mine.sum()) < _FEW
                rows.append(_untold(row) if few else row)
    for kind in names:
        rows.append(_row(listed, kinds == kind, TOTAL_ID, None, kind))
    rows.append(_row(listed, np.ones(len(kinds), bool), TOTAL_ID, None, None))
    return rows


_FEW = 3
_NONE_LISTED = "没有列出这类场所 / no place of this kind is listed"
_COUNTS = (
    "parts_captured", "key_part_coverage_ratio", "places_captured", "visible_area_m2",
    "visible_area_ratio",
)  # fmt: skip


def _untold(row: dict[str, Any]) -> dict[str, Any]:
    """A row of so few places that its figures would tell of one."""
    reason = "场所太少，不单独公布 / too few places to be told apart"
    return {**row, **dict.fromkeys(_COUNTS), "reason": reason}


def _row(
    listed: _Listed, mine: BoolArray, zone: str, name: str | None, kind: str | None
) -> dict[str, Any]:
    part = mine[listed.part_of]
    n, captured = int(part.sum()), int((part & listed.captured).sum())
    lacking = np.zeros(len(mine), dtype=bool)
    lacking[listed.part_of[~listed.captured]] = True
    area, in_view = float(listed.area_m2[mine].sum()), float(listed.seen_m2[mine].sum())
    return {
        "row_id": f"{zone}/{kind or 'all'}",
        "zone_id": zone,
        "zone_name": name,
        "kind": kind,
        "parts": n,
        "parts_captured": captured,
        "key_part_coverage_ratio": ratio(captured, n),
        "places": int(mine.sum()),
        "places_captured": int((mine & ~lacking).sum()),
        "area_m2": area,
        "visible_area_m2": in_view,
        "visible_area_ratio": ratio(in_view, area),
        "assumed_share": listed.assumed_share(mine),
        "reason": None if mine.any() else _NONE_LISTED,
    }


def _by_place(listed: _Listed, zones: Zones, views: Seen) -> list[dict[str, Any]]:
    """One row per place, with how many cameras see it and from how many sides."""
    shapes = views.geometry[:, 0]
    at = np.column_stack([views.x, views.y])
    rows = []
    kinds = listed.places.columns["kind"]
    for i in range(len(listed.places)):
        mine = np.zeros(len(listed.places), dtype=bool)
        mine[i] = True
        z = listed.zone[i]
        row = _row(listed, mine, str(zones.code[z]), zones.name[z], kinds[i])
        outline = listed.places.geometry[i]
        near = listed.seen_by[listed.seen_place == i]
        rows.append(
            {
                **row,
                "row_id": str(listed.places.code[i]),
                "place_name": listed.places.columns["name"][i],
                "cameras_seeing": len(near),
                "two_sided_share": two_sided_share(outline, shapes[near], at[near]),
            }
        )
    return rows


def _reads(inputs: KeyPartInputs, read: Reader) -> Sequence[str]:
    """Layers that the answer depends on."""
    named = (
        *service_reads(read, _CAMERA), inputs.layer, _PART, inputs.zones,
        computed_at(read, inputs.zones),
    )  # fmt: skip
    return tuple(dict.fromkeys(id_ for id_ in named if id_ in read.catalogue))


PROCESS = Process(
    id="key-part-coverage",
    version="2",
    title=Title(zh="重点部位覆盖", en="Key part coverage"),
    description=Title(
        zh="六类公共场所及其列出的部位，是否有所需成像目的的采集（按部位计数）。",
        en="Listed public places of six kinds and their parts that have the capture "
        "they need, counted by parts.",
    ),
    inputs=KeyPartInputs,
    run=run,
    media_types=(JSON, CSV, XLSX),
    reads=_reads,
)
