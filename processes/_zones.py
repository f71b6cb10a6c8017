"""The zones of a question, cut into the finest parts whose sums are exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import shapely

from processes._errors import InvalidInput, NoData
from processes._ports import Reader
from processes.kernels.arrays import (
    BoolArray,
    CodeArray,
    FloatArray,
    GeometryArray,
    IntArray,
)
from processes.kernels.points import OUTSIDE, zone_of
from processes.kernels.rollup import is_tiled, parent_of, sums
from processes.kernels.touch import touching

_TILED = 1e-9
OUTSIDE_ID = "outside"
TOTAL_ID = "total"


@dataclass(frozen=True)
class Zones:
    """Zones and the parts that they are computed by.

    Parameters
    ----------
    layer : zone layer of the question
    code, name, outline : (n,) the zones, ordered by code
    part, part_code : (m,) finest polygons and their codes
    owner : (m,) position of the zone that a part belongs to
    part_layer : layer of the parts
    direct : how many zones are their own part, because finer ones do not tile them
    limited : whether only some zones of the layer were asked for
    whole : all zones of the layer, where only some were asked for: what lies on a
        border belongs to the same zone whoever asks
    """

    layer: str
    code: CodeArray
    name: CodeArray
    outline: GeometryArray
    part: GeometryArray
    part_code: CodeArray
    owner: IntArray
    part_layer: str
    direct: int
    limited: bool
    whole: Callable[[], Zones] | None = None

    def __len__(self) -> int:
        """Number of zones."""
        return len(self.code)

    @property
    def area_m2(self) -> FloatArray:
        """(n,) areas of the zones as the sums of their parts."""
        return self.by_zone(shapely.area(self.part))

    def by_zone(self, values: FloatArray) -> FloatArray:
        """(n,) sums of values of parts."""
        return sums(values, self.owner, len(self))

    def only(self, wanted: BoolArray) -> Zones:
        """The wanted zones alone, as if nothing else had been asked for."""
        place = np.cumsum(wanted) - 1
        kept = wanted[self.owner]
        return replace(
            self,
            code=self.code[wanted],
            name=self.name[wanted],
            outline=self.outline[wanted],
            part=self.part[kept],
            part_code=self.part_code[kept],
            owner=place[self.owner[kept]],
            limited=True,
            whole=self.whole or (lambda: self),
        )

    def holding(self, points: GeometryArray) -> IntArray:
        """(k,) position of the zone that holds each point, -1 for none."""
        found = self._owning(zone_of(points, self.part), self.owner)
        if self.whole is None:
            return found
        near = np.flatnonzero(found >= 0)
        everyone = self.whole()
        part = zone_of(points[near], everyone.part)
        found[near] = self._owning(part, self._owner_among(everyone))
        return found

    def dividing(self, lines: GeometryArray) -> tuple[GeometryArray, IntArray]:
        """Parts that decide to whom stretches of lines on a border belong.

        Returns
        -------
        (p,) parts of all zones of the layer that touch the lines, in their order, and
        (p,) the position here of the zone of each, -1 for one not asked for.
        """
        if self.whole is None:
            return self.part, self.owner
        everyone = self.whole()
        near = np.flatnonzero(touching(everyone.part, lines).count)
        return everyone.part[near], self._owner_among(everyone)[near]

    def _owner_among(self, everyone: Zones) -> IntArray:
        """(p,) position here of the zone that each part of all zones belongs to."""
        place = {code: i for i, code in enumerate(self.code)}
        here = [place.get(code, OUTSIDE) for code in everyone.code]
        return np.array(here, np.int64)[everyone.owner]

    @staticmethod
    def _owning(part: IntArray, owner: IntArray) -> IntArray:
        """Zones of parts, -1 for none."""
        found: IntArray = np.append(owner, OUTSIDE)[part]
        return found


def zone_layers(read: Reader) -> tuple[str, ...]:
    """Layers that divide the city, the city's own levels first."""
    declared = [id_ for id_, layer in read.catalogue.items() if layer.zone]
    own = [id_ for id_ in read.city.zones if id_ in read.catalogue]
    return tuple(dict.fromkeys([*own, *declared]))


def computed_at(read: Reader, layer: str) -> str:
    """The level whose parts a zone layer is computed by and summed from.

    The finest level is only used when it is asked for; coarser ones are summed from
    the next: communities are to districts what districts are to the city.
    """
    levels = read.city.zones
    if layer not in levels[1:]:
        return layer
    return levels[1]


def read_zones(
    read: Reader, layer: str, *, as_of: date | None, within: Sequence[str] = ()
) -> Zones:
    """Zones of a layer, with the parts they are computed by.

    Parameters
    ----------
    layer : a layer that divides the city
    within : codes; only zones that begin with one of them are taken

    Raises
    ------
    InvalidInput : the layer is no division, or a code of `within` selects no zone
    NoData : the layer is empty at that date
    """
    known = zone_layers(read)
    if layer not in known:
        raise InvalidInput("zones", layer, f"must be one of {', '.join(known)}")
    codes = tuple(within) or None
    zones = read.features(layer, columns=("name",), as_of=as_of, codes=codes)
    for code in within:
        if not any(zone.startswith(code) for zone in zones.code):
            raise InvalidInput(
                "within", code, f"must be the beginning of a code in the layer {layer}"
            )
    if len(zones) == 0:
        raise NoData(f"{layer}: 此日期没有区划 / no zone is valid at this date")
    finest = computed_at(read, layer)
    own = np.arange(len(zones))
    part, part_code, owner = zones.geometry, zones.code, own
    direct = len(zones)
    if finest != layer and finest in read.catalogue:
        fine = read.features(finest, as_of=as_of, codes=codes)
        parent = parent_of(fine.code, zones.code)
        tiled = is_tiled(
            shapely.area(zones.geometry),
            shapely.area(fine.geometry),
            parent,
            tolerance=_TILED,
        )
        taken = (parent >= 0) & tiled[parent]
        part = np.concatenate([fine.geometry[taken], zones.geometry[~tiled]])
        part_code = np.concatenate([fine.code[taken], zones.code[~tiled]])
        owner = np.concatenate([parent[taken], own[~tiled]])
        direct = int(np.count_nonzero(~tiled))
    order = np.argsort(part_code, kind="stable")
    return Zones(
        layer=layer,
        code=zones.code,
        name=zones.columns["name"],
        outline=zones.geometry,
        part=part[order],
        part_code=part_code[order],
        owner=owner[order],
        part_layer=finest,
        direct=direct,
        limited=bool(within),
        whole=(lambda: read_zones(read, layer, as_of=as_of)) if within else None,
    )
