"""Places of the built-up area: compounds, public places, parks, housing land."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from gis.demo.buildings import Buildings
from gis.demo.facts import to_working
from gis.demo.frames import build_frame, figures, numbered
from gis.demo.ground import Ground
from gis.demo.people import People
from gis.demo.zones import as_multi, division

_SETBACK_M = 7.0
_LEAST_M2 = 2_000.0
_COMPOUND_SHARE = 0.42
_AIRPORT = (120.434, 30.235, 420.0)
_NAMES = ("苑", "园", "里", "家园", "新村", "花园", "公寓", "名邸")


@dataclass(frozen=True)
class Places:
    """Outlines that are watched, served or visited.

    Parameters
    ----------
    code, name, kind, shape : (n,) polygons [m]
    cell : (n,) a face that each lies in
    """

    code: np.ndarray
    name: np.ndarray
    kind: np.ndarray
    shape: np.ndarray
    cell: np.ndarray


def stem(ground: Ground, cell: np.ndarray) -> np.ndarray:
    """(n,) the community's name without its suffix, for naming things in a face."""
    named = {c.code: c.name for d in ground.districts for c in d.communities}
    short = {}
    for code, name in named.items():
        for suffix in ("类似社区", "虚拟社区", "居委会", "村委会", "社区", "村"):
            if name.endswith(suffix) and len(name) > len(suffix) + 1:
                short[code] = name.removesuffix(suffix)
                break
        else:
            short[code] = name
    return np.array([short[code] for code in ground.community[cell]], dtype=object)


def inner_outlines(ground: Ground, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Faces less the setback from the street, and the faces this leaves enough of."""
    shape = shapely.buffer(
        ground.mesh.polygons[cells], -_SETBACK_M, join_style="mitre", quad_segs=1
    )
    fits = (shapely.get_type_id(shape) == 3) & (shapely.area(shape) >= _LEAST_M2)
    return shapely.set_precision(shape[fits], 0.001), cells[fits]


def compounds(ground: Ground, buildings: Buildings) -> Places:
    """Walled housing compounds, each most of one residential cell."""
    random = ground.stream("compounds")
    cells = ground.urban("residential")
    cells = cells[random.random(len(cells)) < _COMPOUND_SHARE]
    shape, cells = inner_outlines(ground, cells)
    base = stem(ground, cells)
    ending = np.array(_NAMES, dtype=object)[random.integers(0, len(_NAMES), len(cells))]
    return Places(
        code=numbered("RC", len(cells), 5),
        name=base + ending,
        kind=buildings.kind_of_cell[cells],
        shape=shape,
        cell=cells,
    )


def compound_frame(ground: Ground, found: Places, people: People) -> gpd.GeoDataFrame:
    """The layer residential_compound; residents are those of its population points."""
    count = len(ground.mesh)
    residents = np.bincount(people.cell, people.population, count).astype(np.int64)
    residents = residents[found.cell]
    return build_frame(
        found.shape,
        code=found.code,
        name=found.name,
        seed=ground.seed,
        kind=found.kind,
        community_code=ground.community[found.cell],
        households=np.ceil(residents / 2.6).astype(np.int64),
        population=residents,
        area_m2=np.round(shapely.area(found.shape), 2),
    )


def scenic_areas(ground: Ground) -> Places:
    """Scenic areas on the open land nearest to the built-up area, and by the lakes."""
    random = ground.stream("scenic")
    open_land = np.flatnonzero(~ground.mesh.urban & (ground.land_use != "water"))
    count = max(6, round(70 * len(ground.districts) / 13))
    # larger districts have more of them, as one in each of many communities
    chosen = random.choice(open_land, min(count, len(open_land)), replace=False)
    chosen.sort()
    radius = random.uniform(120, 520, len(chosen))
    shape = shapely.buffer(shapely.points(ground.centre[chosen]), radius, quad_segs=6)
    inside = shapely.intersection(
        shape,
        np.array([ground.landscape.outlines[d] for d in ground.district[chosen]]),
        grid_size=0.001,
    )
    grade = np.where(radius > 470, "5A", np.where(radius > 300, "4A", "3A"))
    return Places(
        code=numbered("SA", len(chosen), 4),
        name=stem(ground, chosen) + "景区",
        kind=grade,
        shape=inside,
        cell=chosen,
    )


def scenic_frame(ground: Ground, scenic: Places) -> gpd.GeoDataFrame:
    """The layer scenic_area."""
    return build_frame(
        as_multi(scenic.shape),
        code=scenic.code,
        name=scenic.name,
        seed=ground.seed,
        grade=scenic.kind,
        area_m2=np.round(shapely.area(scenic.shape), 2),
    )


def public_places(ground: Ground, scenic: Places) -> Places:
    """Main public places of the six kinds that the plan names."""
    random = ground.stream("public places")
    shapes: list[np.ndarray] = []
    cells: list[np.ndarray] = []
    kinds: list[np.ndarray] = []
    for kind, uses, share in (
        ("commercial", ("commercial",), 0.075),
        ("square", ("public",), 0.05),
        ("park", ("green",), 0.12),
        ("transport_hub", ("public", "commercial"), 0.006),
    ):
        found = ground.urban(*uses)
        count = max(3, round(share * len(found)))
        found = np.sort(random.choice(found, min(count, len(found)), replace=False))
        taken = np.concatenate(cells) if cells else np.empty(0, dtype=np.int64)
        shape, found = inner_outlines(ground, found[~np.isin(found, taken)])
        shapes.append(shape)
        cells.append(found)
        kinds.append(np.full(len(found), kind, dtype=object))
    gate = shapely.buffer(
        shapely.point_on_surface(scenic.shape),
        random.uniform(38, 62, len(scenic.cell)),
        quad_segs=4,
    )
    shapes.append(shapely.set_precision(gate, 0.001))
    cells.append(scenic.cell)
    kinds.append(np.full(len(gate), "scenic", dtype=object))
    airport = _airport(ground)
    if airport is not None:
        shapes.append(np.array([airport[0]]))
        cells.append(np.array([airport[1]]))
        kinds.append(np.array(["airport"], dtype=object))
    cell = np.concatenate(cells)
    kind_of = np.concatenate(kinds)
    ending = {
        "commercial": "商业区",
        "square": "广场",
        "park": "公园",
        "scenic": "景区入口",
        "transport_hub": "客运枢纽",
        "airport": "机场航站区",
    }
    return Places(
        code=numbered("PP", len(cell), 5),
        name=stem(ground, cell) + np.array([ending[k] for k in kind_of], dtype=object),
        kind=kind_of,
        shape=np.concatenate(shapes),
        cell=cell,
    )


def _airport(ground: Ground) -> tuple[shapely.Geometry, int] | None:
    """The terminal area where the city's airport is, if that district is built."""
    if "330109" not in ground.landscape.outlines:
        return None
    lon, lat, size_m = _AIRPORT
    place = to_working(np.array([lon]), np.array([lat]))[0]
    cell = int(np.argmin(np.hypot(*(ground.centre - place).T)))
    box = shapely.box(*(place - size_m * 0.35), *(place + size_m * 0.35))
    return shapely.set_precision(box, 0.001), cell


def place_frame(ground: Ground, found: Places) -> gpd.GeoDataFrame:
    """The layer public_place."""
    return build_frame(
        found.shape,
        code=found.code,
        name=found.name,
        seed=ground.seed,
        kind=found.kind,
        area_m2=np.round(shapely.area(found.shape), 2),
    )


def _blocks_of(ground: Ground, use: str) -> tuple[np.ndarray, np.ndarray]:
    """Each street block with one use as a polygon, and a face of it."""
    cells = ground.urban(use)
    _, first, index = np.unique(
        ground.mesh.block[cells], return_index=True, return_inverse=True
    )
    order = np.argsort(index, kind="stable")
    groups = np.split(cells[order], np.cumsum(np.bincount(index))[:-1])
    polygons = ground.mesh.polygons
    shape = np.array([shapely.coverage_union_all(polygons[g]) for g in groups])
    return shape, cells[first]


def parks(ground: Ground) -> gpd.GeoDataFrame:
    """The layer park: green blocks, some of them only a pocket wide."""
    random = ground.stream("parks")
    shape, cell = _blocks_of(ground, "green")
    depth = random.choice((5.0, 18.0, 34.0), len(shape), p=(0.55, 0.25, 0.20))
    inner = shapely.buffer(shape, -depth, join_style="mitre", quad_segs=1)
    inner = shapely.set_precision(inner, 0.001)
    fits = shapely.area(inner) > 200
    inner, cell = inner[fits], cell[fits]
    area = shapely.area(inner)
    classes = np.array(["large", "small", "pocket"], dtype=object)
    least = np.nan_to_num(figures("park_kind", "area_min_m2", classes))
    kind = classes[(area[:, None] >= least).argmax(axis=1)]
    return build_frame(
        as_multi(inner),
        code=numbered("PK", len(inner), 5),
        name=stem(ground, cell) + "公园",
        seed=ground.seed,
        kind=kind,
        area_m2=np.round(area, 2),
        service_radius_m=figures("park_kind", "radius_m", kind),
    )


def residential_land(ground: Ground) -> gpd.GeoDataFrame:
    """The layer residential_land: housing blocks."""
    shape, cell = _blocks_of(ground, "residential")
    return build_frame(
        as_multi(shape),
        code=numbered("RL", len(shape), 5),
        seed=ground.seed,
        area_m2=np.round(shapely.area(shape), 2),
        community_code=ground.community[cell],
    )


def urbanised_areas(ground: Ground) -> gpd.GeoDataFrame:
    """The layer urbanised_area: the built-up cells of each district."""
    names = {d.code: d.name for d in ground.districts}
    codes, shape = division(ground, 6, ground.mesh.urban)
    return build_frame(
        shape,
        code=[f"UA{c}" for c in codes],
        name=[f"{names[c]}城市化区域" for c in codes],
        seed=ground.seed,
        district_code=codes,
        area_m2=np.round(shapely.area(shape), 2),
    )


def centre_town_frame(ground: Ground) -> gpd.GeoDataFrame:
    """The layer centre_town: the built-up cells of each designated town."""
    towns = {t.code: t.name for d in ground.districts for t in d.centre_towns()}
    street = np.array([code[:9] for code in ground.community])
    inside = ground.mesh.urban & np.isin(street, list(towns))
    codes, shape = division(ground, 9, inside)
    return build_frame(
        shape,
        code=[f"CT{c}" for c in codes],
        name=[towns[c] for c in codes],
        seed=ground.seed,
        district_code=[c[:6] for c in codes],
        area_m2=np.round(shapely.area(shape), 2),
    )


def water_bodies(ground: Ground) -> gpd.GeoDataFrame:
    """The layer water_body."""
    waters = ground.landscape.waters
    shape = shapely.set_precision(np.array([w[2] for w in waters]), 0.001)
    return build_frame(
        as_multi(shape),
        code=numbered("WB", len(waters), 4),
        name=[w[0] for w in waters],
        seed=ground.seed,
        kind=[w[1] for w in waters],
        area_m2=np.round(shapely.area(shape), 2),
    )
