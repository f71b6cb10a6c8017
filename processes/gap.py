"""Where a service does not reach: uncovered ground, largest need first.

Question: which parts of each zone does no asset of a service cover, how large are they,
and who lives there?

Method: per community (per unit grid when unit grids are asked) the zone less the
united services; parts narrower than `width_m` or below `smallest_m2` are residue,
listed and not ranked. At street level and above, parts that share a stretch of a
community's border are one gap; its area and people are the sums of the parts'.
Ranked by people, then by area. covered + gap + residue = zone, of ground and, with
the people whom `coverage` counts as covered, of people. A gap ends at the border of
its zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from pydantic import Field
from shapely.geometry.base import BaseGeometry

from layers import Disclosure, Title
from processes._asked import (
    AsOf,
    ModelParameters,
    OpenAt,
    ServiceLayer,
    State,
    Where,
    Within,
    ZoneLayer,
)
from processes._coarse import NOTE, cell_groups, group_share, in_class, rule_facts
from processes._engine import covered_places
from processes._errors import InvalidInput
from processes._hours import open_only, refuse_hidden, state_filter
from processes._measure import USUAL_DEMAND, Demand, measure
from processes._ports import Reader
from processes._reconcile import answered, facts_of
from processes._services import Service, read_service, service_reads
from processes._spec import CSV, GEOJSON, JSON, XLSX, Inputs, Process, Result
from processes._zones import Zones, computed_at, read_zones
from processes.kernels.arrays import BoolArray, FloatArray, GeometryArray, IntArray
from processes.kernels.borders import joined_parts
from processes.kernels.gaps import Gaps, one_outline, zone_gaps
from processes.kernels.parallel import for_each
from processes.kernels.points import OUTSIDE, zone_of
from processes.kernels.rollup import sums

_PEOPLE = USUAL_DEMAND["population"]
_UNCOVERED_CLASS = 0.5
_LATTICE_M = 0.001
_NOTHING: GeometryArray = np.empty(0, dtype=object)


class GapInputs(Inputs):
    """Of what service, in which zones, from what size on."""

    service: ServiceLayer
    zones: ZoneLayer = "district"
    where: Where = None
    state: State = None
    open_at: OpenAt = None
    as_of: AsOf = None
    parameters: ModelParameters = Field(default_factory=dict)
    within: Within = ()
    smallest_m2: float = Field(
        50.0, ge=0, le=1e6, description="smaller uncovered parts are residue"
    )
    width_m: float = Field(
        1.0, ge=0, le=100, description="narrower uncovered parts are residue"
    )
    limit: int = Field(
        1000,
        ge=1,
        le=100_000,
        description="how many gaps to answer, largest need first",
    )
    residue: bool = Field(
        True, description="whether to list the residue of each zone as features"
    )


@dataclass(frozen=True)
class _Ranked:
    """Gaps in order of need.

    Parameters
    ----------
    parts : of each gap, the positions of its parts
    """

    parts: Sequence[IntArray]
    zone: IntArray
    area_m2: FloatArray
    people: FloatArray


def run(inputs: GapInputs, read: Reader) -> Result:
    """Rows gap_id, kind, rank, zone_id, zone_name, area_m2, population."""
    zones = read_zones(read, inputs.zones, as_of=inputs.as_of, within=inputs.within)
    service = _service(inputs, read)
    gaps = zone_gaps(
        zones.part,
        service.shape,
        smallest_m2=inputs.smallest_m2,
        width_m=inputs.width_m,
    )
    ground = np.concatenate([gaps.gap, gaps.residue])
    people = _people(ground, zones, read, inputs.as_of, service.shape)
    in_gap, in_residue = people[: len(gaps.gap)], people[len(gaps.gap) :]
    ranked = _ranked(gaps, zones, in_gap)
    rows, outlines = _gap_rows(ranked, gaps, zones, inputs.limit)
    if inputs.residue:
        more, shapes = _residue_rows(gaps, zones, in_residue)
        rows, outlines = rows + more, outlines + shapes
    ledger = _ledger(gaps, zones, in_gap, in_residue)
    return answered(
        PROCESS,
        inputs,
        read,
        id_column="gap_id",
        rows=rows,
        geometry=outlines,
        facts={
            **facts_of(read, zones, _reads(inputs, read), inputs.as_of),
            **service.facts,
            "gaps_found": len(ranked.zone),
            "gaps_answered": min(len(ranked.zone), inputs.limit),
            "zones": ledger,
        },
    )


def _service(inputs: GapInputs, read: Reader) -> Service:
    layer = read.catalogue.get(inputs.service)
    where = inputs.where
    if layer is not None:
        where = state_filter(read, layer, inputs.state, inputs.where)
    service = read_service(
        read,
        inputs.service,
        where=where,
        as_of=inputs.as_of,
        parameters=inputs.parameters,
    )
    service = open_only(read, service, inputs.open_at, inputs.as_of)
    if service.flag is not None:
        raise InvalidInput(
            "service", inputs.service, "must cover ground; this layer is only a flag"
        )
    return service


def _people(
    areas: GeometryArray,
    zones: Zones,
    read: Reader,
    as_of: date | None,
    covering: GeometryArray = _NOTHING,
) -> FloatArray:
    """People inside each area whom nothing covers; a point on a border counts once."""
    if _PEOPLE not in read.catalogue or len(areas) == 0:
        return np.zeros(len(areas))
    points = read.features(_PEOPLE, columns=("population",), as_of=as_of)
    place = zone_of(points.geometry, areas)
    inside = np.flatnonzero(place >= 0)
    if zones.limited:  # who lives on the border of another zone is told of there
        place[inside[zones.holding(points.geometry[inside]) < 0]] = OUTSIDE
    place[inside[_on_outline(points.geometry[inside], covering)]] = OUTSIDE
    return sums(np.nan_to_num(points.columns["population"]), place, len(areas))


def _on_outline(points: GeometryArray, covering: GeometryArray) -> BoolArray:
    """Which points of gaps are covered nevertheless: an outline covers, as always."""
    found = np.zeros(len(points), np.bool_)
    if len(points) and len(covering):
        tree = shapely.STRtree(covering)
        point, near = tree.query(points, predicate="dwithin", distance=_LATTICE_M)
        at = np.unique(point)
        shape = covering[np.unique(near)]
        found[at] = covered_places("exact", points[at], shape, 1)[0] > 0
    return found


def _ranked(gaps: Gaps, zones: Zones, people: FloatArray) -> _Ranked:
    """Gaps of the zones, joined across the borders of their parts, by need."""
    owner = zones.owner[gaps.zone]
    group = np.arange(len(owner))
    if zones.part_layer != zones.layer:
        group = joined_parts(gaps.gap, owner, zones.part)
    found = int(group.max(initial=-1)) + 1
    parts = np.split(
        np.argsort(group, kind="stable"), np.cumsum(np.bincount(group))[:-1]
    )
    zone = np.zeros(found, dtype=np.int64)
    zone[group] = owner
    area_m2 = sums(shapely.area(gaps.gap), group, found)
    people = sums(people, group, found)
    order = np.lexsort((zone, -area_m2, -people))
    return _Ranked(
        [parts[i] for i in order], zone[order], area_m2[order], people[order]
    )


def _gap_rows(
    ranked: _Ranked, gaps: Gaps, zones: Zones, limit: int
) -> tuple[list[dict[str, Any]], list[BaseGeometry]]:
    """Rows and outlines of the gaps of largest need."""
    shown = min(limit, len(ranked.zone))
    rows = [
        {
            "gap_id": f"gap-{i + 1}",
            "kind": "gap",
            "rank": i + 1,
            "zone_id": zones.code[ranked.zone[i]],
            "zone_name": zones.name[ranked.zone[i]],
            "area_m2": float(ranked.area_m2[i]),
            "population": float(ranked.people[i]),
        }
        for i in range(shown)
    ]
    outlines: list[BaseGeometry] = [shapely.Polygon()] * shown

    def draw(i: int) -> None:
        outlines[i] = one_outline(gaps.gap[ranked.parts[i]])

    cost = np.array([len(parts) for parts in ranked.parts[:shown]], np.int64)
    for_each(draw, np.arange(shown), cost=cost)
    return rows, outlines


def _residue_rows(
    gaps: Gaps, zones: Zones, people: FloatArray
) -> tuple[list[dict[str, Any]], list[BaseGeometry]]:
    """One feature per zone that has residue: all its slivers."""
    rows: list[dict[str, Any]] = []
    outlines: list[BaseGeometry] = []
    sliver_m2, people = zones.by_zone(gaps.residue_m2), zones.by_zone(people)
    for i in np.flatnonzero(sliver_m2 > 1e-6):
        pieces = shapely.get_parts(gaps.residue[zones.owner == i])
        rows.append(
            {
                "gap_id": f"residue-{zones.code[i]}",
                "kind": "residue",
                "rank": None,
                "zone_id": zones.code[i],
                "zone_name": zones.name[i],
                "area_m2": float(sliver_m2[i]),
                "population": float(people[i]),
            }
        )
        outlines.append(shapely.multipolygons(pieces))
    return rows, outlines


def _ledger(
    gaps: Gaps, zones: Zones, in_gap: FloatArray, in_residue: FloatArray
) -> list[dict[str, Any]]:
    """Covered + gap + residue = zone, one line per zone; who lives in the last two."""
    owner = zones.owner[gaps.zone]
    gap_m2, in_gap = (
        sums(values, owner, len(zones)) for values in (shapely.area(gaps.gap), in_gap)
    )
    in_residue = zones.by_zone(in_residue)
    covered, residue = zones.by_zone(gaps.covered_m2), zones.by_zone(gaps.residue_m2)
    whole = zones.area_m2
    return [
        {
            "zone_id": zones.code[i],
            "covered_m2": float(covered[i]),
            "gap_m2": float(gap_m2[i]),
            "residue_m2": float(residue[i]),
            "zone_m2": float(whole[i]),
            "gap_population": float(in_gap[i]),
            "residue_population": float(in_residue[i]),
        }
        for i in range(len(zones))
    ]


def coarse(inputs: GapInputs, read: Reader, rule: Disclosure) -> Result:
    """Whole cells that are mostly uncovered, for those who may not see the service.

    The cells are the city's finest zones; those with few assets are joined with their
    neighbours first, and a group counts as gap where less than half of it is covered.
    """
    refuse_hidden(inputs.state, inputs.open_at)
    zones = read_zones(
        read, read.city.finest_zone, as_of=inputs.as_of, within=inputs.within
    )
    service = _service(inputs, read)
    ground = measure(read, zones, [service], Demand("area"), as_of=inputs.as_of)
    group = cell_groups(read, zones, service, rule, inputs.as_of, inputs.within)
    share = group_share(ground.covered, ground.total, group)
    open_cells = np.flatnonzero(share < _UNCOVERED_CLASS)
    area_m2 = shapely.area(zones.outline)
    people = _people(zones.outline, zones, read, inputs.as_of)
    order = open_cells[np.lexsort((-area_m2[open_cells], -people[open_cells]))]
    shown = order[: inputs.limit]
    rows = [
        {
            "gap_id": f"cell-{zones.code[i]}",
            "kind": "cell",
            "rank": rank + 1,
            "zone_id": zones.code[i],
            "zone_name": zones.name[i],
            "area_m2": float(area_m2[i]),
            "population": float(people[i]),
            "coverage_class": in_class(float(share[i]), rule)[1],
        }
        for rank, i in enumerate(shown)
    ]
    return answered(
        PROCESS,
        inputs,
        read,
        id_column="gap_id",
        rows=rows,
        geometry=zones.outline[shown],
        facts={
            **facts_of(read, zones, _reads(inputs, read), inputs.as_of),
            **{k: v for k, v in service.facts.items() if k in _PUBLIC_FACTS},
            **rule_facts(rule),
            "gaps_found": len(order),
            "gaps_answered": len(shown),
            "gap_when_covered_below": _UNCOVERED_CLASS,
        },
        notes=(NOTE,),
    )


_PUBLIC_FACTS = ("service", "model", "basis", "where", "parameters", "level_basis")


def _reads(inputs: GapInputs, read: Reader) -> Sequence[str]:
    """Layers that the answer depends on."""
    named = (
        *service_reads(read, inputs.service),
        inputs.zones,
        computed_at(read, inputs.zones),
        read.city.finest_zone,
        _PEOPLE,
    )
    return tuple(dict.fromkeys(id_ for id_ in named if id_ in read.catalogue))


PROCESS = Process(
    id="gap",
    version="3",
    title=Title(zh="覆盖缺口", en="Gaps"),
    description=Title(
        zh="一项服务没有覆盖到的地块，按人口、面积排序；过窄过小的列为残余。",
        en="Ground that a service does not cover, ranked by people and area; what is "
        "too narrow or too small is listed as residue.",
    ),
    inputs=GapInputs,
    run=run,
    coarse=coarse,
    media_types=(GEOJSON, JSON, CSV, XLSX),
    reads=_reads,
)
