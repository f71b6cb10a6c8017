"""Facilities for residents and visitors, and businesses under supervision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import shapely

from gis.demo.frames import build_frame, figures, numbered, one_of
from gis.demo.ground import Ground
from gis.demo.history import Growth, adopted, versions
from gis.demo.places import Places, stem


def scattered(
    ground: Ground, random: np.random.Generator, cells: np.ndarray
) -> np.ndarray:
    """(n,) one point [m] at a chance place inside each face."""
    reach = 0.3 * np.sqrt(np.minimum(ground.area_m2[cells], 40_000))[:, None]
    place = ground.centre[cells] + random.uniform(-1, 1, (len(cells), 2)) * reach
    outside = ~shapely.contains_xy(
        ground.mesh.polygons[cells], place[:, 0], place[:, 1]
    )
    place[outside] = ground.centre[cells[outside]]
    return np.asarray(shapely.points(np.round(place, 3)))


def per_community(
    ground: Ground, random: np.random.Generator, digits: int, count: int
) -> np.ndarray:
    """Faces for `count` facilities in every division, where people live."""
    lived = np.isin(ground.land_use, ("residential", "public", "commercial"))
    weight = np.where(lived, 1.0, np.where(ground.hamlet, 0.5, 1e-6))
    keys = np.array([code[:digits] for code in ground.community])
    _, index = np.unique(keys, return_inverse=True)
    # the faces with the smallest exponential waiting time win: a weighted draw
    wait = random.exponential(1.0, len(weight)) / weight
    order = np.lexsort((wait, index))
    first = np.flatnonzero(np.r_[True, np.diff(index[order]) != 0])
    rank = np.arange(len(order)) - np.repeat(first, np.diff(np.r_[first, len(order)]))
    return np.sort(order[rank < count])


def central(ground: Ground, cells: np.ndarray) -> np.ndarray:
    """For each face, the built-up face of its community nearest to its middle."""
    lived = ground.mesh.urban | ground.hamlet
    codes, index = np.unique(ground.community, return_inverse=True)
    count = np.maximum(np.bincount(index, lived), 1)
    middle = np.column_stack(
        [np.bincount(index, ground.centre[:, k] * lived) / count for k in (0, 1)]
    )
    away = np.hypot(*(ground.centre - middle[index]).T) + np.where(lived, 0, 1e9)
    order = np.lexsort((away, index))
    first = order[np.flatnonzero(np.r_[True, np.diff(index[order]) != 0])]
    return np.asarray(first[np.searchsorted(codes, ground.community[cells])])


def flagged(
    ground: Ground,
    shape: np.ndarray,
    cells: np.ndarray,
    *,
    code: np.ndarray,
    name: np.ndarray,
    flag: str,
    growth: Growth,
    purpose: str,
    columns: Mapping[str, np.ndarray],
) -> gpd.GeoDataFrame:
    """A layer whose flag turns true one day: a version before it and one after."""
    day = adopted(ground.seed, purpose, ground.district[cells], growth)
    v = versions(day)
    own = {key: np.asarray(values)[v.row] for key, values in columns.items()}
    return build_frame(
        shape[v.row],
        code=code[v.row],
        name=name[v.row],
        seed=ground.seed,
        valid_from=v.valid_from,
        valid_to=v.valid_to,
        columns={flag: v.flag, **own},
    )


def _mixed(
    ground: Ground, purpose: str, parts: Sequence[tuple[str, int, float]]
) -> tuple[np.ndarray, np.ndarray]:
    """Faces and kinds: so many of a kind per division, in a share of the divisions."""
    random = ground.stream(purpose)
    cells, kinds = [], []
    for kind, digits, per_division in parts:
        found = per_community(ground, random, digits, max(1, int(per_division)))
        if per_division < 1:
            found = found[random.random(len(found)) < per_division]
        cells.append(found)
        kinds.append(np.full(len(found), kind, dtype=object))
    return np.concatenate(cells), np.concatenate(kinds)


def service_points(ground: Ground) -> gpd.GeoDataFrame:
    """The layer service_point: a station in every community, a centre per street."""
    cells, kind = _mixed(
        ground,
        "service points",
        (("station", 12, 1), ("centre", 9, 1), ("culture", 12, 0.5),
         ("market", 12, 0.35), ("complex", 9, 1)),
    )  # fmt: skip
    cells = np.where(kind == "station", central(ground, cells), cells)
    random = ground.stream("service points", "place")
    ending = {
        "station": "社区服务站",
        "centre": "社区服务中心",
        "culture": "文化活动站",
        "market": "菜市场",
        "complex": "服务综合体",
    }
    name = stem(ground, cells) + np.array([ending[k] for k in kind], dtype=object)
    return flagged(
        ground,
        scattered(ground, random, cells),
        cells,
        code=numbered("SP", len(cells), 5),
        name=name,
        flag="information_service",
        growth=Growth(0.30, 0.82, 0.98, 0.12),
        purpose="information service",
        columns={
            "kind": kind,
            "address": stem(ground, cells) + "路 1 号",
            "opening_hours": np.where(kind == "market", "05:30-18:30", "08:30-17:30"),
            "service_radius_m": figures("service_point_kind", "radius_m", kind),
        },
    )


def elderly_services(ground: Ground) -> gpd.GeoDataFrame:
    """The layer elderly_service."""
    cells, kind = _mixed(
        ground,
        "elderly services",
        (("day_care", 12, 1), ("home", 9, 2), ("station", 12, 0.7)),
    )
    cells = np.where(kind == "day_care", central(ground, cells), cells)
    random = ground.stream("elderly services", "place")
    ending = {"day_care": "日间照料中心", "home": "养老院", "station": "老年服务站"}
    beds = np.where(kind == "home", random.integers(60, 400, len(kind)), 0)
    return flagged(
        ground,
        scattered(ground, random, cells),
        cells,
        code=numbered("ES", len(cells), 5),
        name=stem(ground, cells) + np.array([ending[k] for k in kind], dtype=object),
        flag="remote_monitoring",
        growth=Growth(0.22, 0.86, 0.97, 0.10),
        purpose="elderly monitoring",
        columns={
            "kind": kind,
            "beds": beds,
            "service_radius_m": figures("elderly_service_kind", "radius_m", kind),
        },
    )


def clinics(ground: Ground) -> gpd.GeoDataFrame:
    """The layer clinic."""
    cells, kind = _mixed(ground, "clinics", (("station", 12, 0.7), ("centre", 9, 1)))
    random = ground.stream("clinics", "place")
    ending = {"station": "社区卫生服务站", "centre": "社区卫生服务中心"}
    return build_frame(
        scattered(ground, random, cells),
        code=numbered("CL", len(cells), 5),
        name=stem(ground, cells) + np.array([ending[k] for k in kind], dtype=object),
        seed=ground.seed,
        kind=kind,
        service_radius_m=figures("clinic_kind", "radius_m", kind),
    )


def hospitals(ground: Ground) -> gpd.GeoDataFrame:
    """The layer hospital: two in each street, a few of them of the third grade."""
    random = ground.stream("hospitals")
    cells = per_community(ground, random, 9, 2)
    grade = one_of(random, ("3", "2", "1", "0"), (0.18, 0.34, 0.3, 0.18), len(cells))
    beds = np.array([{"3": 1100, "2": 420, "1": 120, "0": 60}[g] for g in grade])
    return flagged(
        ground,
        scattered(ground, random, cells),
        cells,
        code=numbered("HO", len(cells), 4),
        name=stem(ground, cells) + "医院",
        flag="electronic_records",
        growth=Growth(0.25, 0.72, 0.97, 0.15),
        purpose="electronic records",
        columns={"grade": grade, "beds": beds},
    )


def schools(ground: Ground) -> gpd.GeoDataFrame:
    """The layer school."""
    cells, kind = _mixed(
        ground,
        "schools",
        (("kindergarten", 12, 0.55), ("primary", 12, 0.3), ("middle", 9, 1),
         ("high", 9, 0.5), ("college", 9, 0.2)),
    )  # fmt: skip
    random = ground.stream("schools", "place")
    ending = {
        "kindergarten": "幼儿园",
        "primary": "小学",
        "middle": "中学",
        "high": "高级中学",
        "college": "学院",
    }
    return build_frame(
        scattered(ground, random, cells),
        code=numbered("SC", len(cells), 5),
        name=stem(ground, cells) + np.array([ending[k] for k in kind], dtype=object),
        seed=ground.seed,
        kind=kind,
        places=random.integers(180, 1800, len(cells)),
        service_radius_m=figures("school_kind", "radius_m", kind),
    )


def tourist_services(ground: Ground, scenic: Places) -> gpd.GeoDataFrame:
    """The layer tourist_service: in most scenic areas, joined to the platform later."""
    random = ground.stream("tourist services")
    which = np.repeat(
        np.arange(len(scenic.cell)), random.integers(1, 4, len(scenic.cell))
    )
    middle = shapely.get_coordinates(shapely.point_on_surface(scenic.shape))[which]
    place = middle + random.uniform(-25, 25, (len(which), 2))
    cells = scenic.cell[which]
    kind = one_of(random, ("centre", "kiosk", "point"), (0.3, 0.4, 0.3), len(which))
    return flagged(
        ground,
        np.asarray(shapely.points(np.round(place, 3))),
        cells,
        code=numbered("TS", len(which), 4),
        name=scenic.name[which] + "服务点",
        flag="online",
        growth=Growth(0.12, 0.62, 0.95, 0.15),
        purpose="tourist platform",
        columns={"kind": kind},
    )


def hazardous_sites(ground: Ground) -> gpd.GeoDataFrame:
    """The layer hazardous_site."""
    random = ground.stream("hazardous sites")
    industry = ground.urban("industrial")
    count = max(12, len(industry) // 9)
    cells = np.sort(random.choice(industry, min(count, len(industry)), replace=False))
    kind = one_of(
        random,
        ("production", "storage", "station", "transport"),
        (0.2, 0.25, 0.35, 0.2),
        len(cells),
    )
    return flagged(
        ground,
        scattered(ground, random, cells),
        cells,
        code=numbered("HZ", len(cells), 4),
        name=stem(ground, cells) + "危化品场所",
        flag="monitored",
        growth=Growth(0.35, 0.94, 1.0, 0.06),
        purpose="hazardous goods",
        columns={"kind": kind, "vehicles": random.integers(0, 40, len(cells))},
    )


def food_drug_businesses(ground: Ground) -> gpd.GeoDataFrame:
    """The layer food_drug_business."""
    random = ground.stream("food and drug")
    busy = ground.urban("commercial", "residential")
    cells = np.sort(
        random.choice(busy, max(60, round(0.11 * len(busy))), replace=False)
    )
    kind = one_of(
        random,
        ("restaurant", "food", "pharmacy", "drug"),
        (0.5, 0.28, 0.19, 0.03),
        len(cells),
    )
    ending = {
        "restaurant": "餐厅",
        "food": "食品店",
        "pharmacy": "药店",
        "drug": "制药",
    }
    return flagged(
        ground,
        scattered(ground, random, cells),
        cells,
        code=numbered("FD", len(cells), 5),
        name=stem(ground, cells) + np.array([ending[k] for k in kind], dtype=object),
        flag="traced",
        growth=Growth(0.12, 0.60, 0.94, 0.12),
        purpose="traced",
        columns={"kind": kind, "main": random.random(len(cells)) < 0.3},
    )
