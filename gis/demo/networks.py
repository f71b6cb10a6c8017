"""Things along the roads and in the air: parking, sensors, pipes, stations, lifts."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from gis.demo.buildings import Buildings
from gis.demo.frames import build_frame, numbered, one_of
from gis.demo.ground import Ground
from gis.demo.history import Growth, adopted
from gis.demo.places import Places, stem
from gis.demo.roads import Roads
from gis.demo.services import flagged, scattered

_PIPES = {
    "expressway": ("water", "sewage", "gas"),
    "arterial": ("water", "sewage", "gas"),
    "collector": ("water", "rain"),
}
_PIPE_MM = {"water": 600, "sewage": 800, "gas": 300, "rain": 1000}
_PIPE_OF = {"water": "球墨铸铁", "sewage": "混凝土", "gas": "PE", "rain": "混凝土"}
_MOST_LIFTS = 15_000


def parking_lots(ground: Ground) -> gpd.GeoDataFrame:
    """The layer parking_lot."""
    random = ground.stream("parking lots")
    busy = ground.urban("commercial", "public", "residential", "industrial")
    cells = np.sort(
        random.choice(busy, max(40, round(0.10 * len(busy))), replace=False)
    )
    kind = one_of(
        random, ("off_street", "underground", "roadside"), (0.4, 0.4, 0.2), len(cells)
    )
    low, high = (
        np.where(kind == "roadside", 10, 60),
        np.where(kind == "roadside", 60, 900),
    )
    return flagged(
        ground,
        scattered(ground, random, cells),
        cells,
        code=numbered("PL", len(cells), 5),
        name=stem(ground, cells) + "停车场",
        flag="guided",
        growth=Growth(0.18, 0.77, 0.96, 0.13),
        purpose="parking guidance",
        columns={
            "kind": kind,
            "spaces": random.integers(low, high),
            "public": random.random(len(cells)) < 0.72,
        },
    )


def guidance_signs(ground: Ground, roads: Roads) -> gpd.GeoDataFrame:
    """The layer guidance_sign: beside arterial roads and collectors."""
    random = ground.stream("guidance signs")
    usable = np.flatnonzero(
        roads.urban & np.isin(roads.road_class, ("arterial", "collector"))
    )
    segment = np.sort(random.choice(usable, max(6, len(usable) // 60), replace=False))
    cell = roads.face[segment]
    grade = one_of(random, ("1", "2", "3"), (0.15, 0.35, 0.5), len(segment))
    return _appearing(
        ground,
        "guidance signs",
        shapely.line_interpolate_point(roads.line[segment], 0.5, normalized=True),
        cell,
        Growth(0.2, 0.8, 1.0, 0.1),
        prefix="GS",
        grade=grade,
        reach_m=np.array([{"1": 300.0, "2": 200.0, "3": 120.0}[g] for g in grade]),
    )


def traffic_sensors(ground: Ground, roads: Roads) -> gpd.GeoDataFrame:
    """The layer traffic_sensor: along every arterial road, and some collectors."""
    random = ground.stream("traffic sensors")
    main = np.isin(roads.road_class, ("arterial", "expressway"))
    chosen = main | (
        (roads.road_class == "collector") & (random.random(len(main)) < 0.12)
    )
    segment = np.flatnonzero(chosen)
    length = shapely.length(roads.line[segment])
    segment = np.repeat(segment, np.maximum(1, np.ceil(length / 140)).astype(int))
    _, first = np.unique(segment, return_index=True)
    count = np.diff(np.r_[first, len(segment)])
    rank = np.arange(len(segment)) - np.repeat(first, count)
    at = (rank + 0.5) / np.repeat(count, count)
    return _appearing(
        ground,
        "traffic sensors",
        shapely.line_interpolate_point(roads.line[segment], at, normalized=True),
        roads.face[segment],
        Growth(0.30, 0.90, 1.0, 0.08),
        prefix="TR",
        kind=one_of(
            random,
            ("loop", "microwave", "video", "geomagnetic"),
            (0.35, 0.2, 0.3, 0.15),
            len(segment),
        ),
        road_code=roads.code[segment],
        reach_m=np.full(len(segment), 70.0),
    )


def base_stations(ground: Ground) -> gpd.GeoDataFrame:
    """The layer base_station: close together in town, far-reaching outside."""
    random = ground.stream("base stations")
    rural = np.flatnonzero(~ground.mesh.urban & (ground.area_m2 > 60_000))
    urban = ground.urban()
    urban = urban[random.random(len(urban)) < 0.2]
    cells = np.concatenate((urban, rural))
    in_town = np.arange(len(cells)) < len(urban)
    generation = one_of(random, ("3g", "4g", "5g"), (0.4, 0.4, 0.2), len(cells))
    reach = np.where(
        in_town,
        random.uniform(220, 380, len(cells)),
        0.74 * np.sqrt(ground.area_m2[cells]) + random.uniform(40, 320, len(cells)),
    )
    begin = {
        "3g": np.datetime64("2012-01-01"),
        "4g": np.datetime64("2013-12-04"),
        "5g": np.datetime64("2019-11-01"),
    }
    first = np.array([begin[g] for g in generation])
    return _appearing(
        ground,
        "base stations",
        scattered(ground, random, cells),
        cells,
        Growth(0.50, 0.93, 1.0, 0.06),
        prefix="BS",
        not_before=first,
        generation=generation,
        operator=one_of(
            random, ("移动", "联通", "电信"), (0.45, 0.25, 0.3), len(cells)
        ),
        range_m=np.round(reach),
    )


def wlan_hotspots(ground: Ground, places: Places) -> gpd.GeoDataFrame:
    """The layer wlan_hotspot: in public places, and about the shops."""
    random = ground.stream("wlan")
    shops = ground.urban("commercial")
    shops = shops[random.random(len(shops)) < 0.3]
    middle = shapely.centroid(places.shape)
    shape = np.concatenate((middle, scattered(ground, random, shops)))
    cells = np.concatenate((places.cell, shops))
    reach = np.sqrt(shapely.area(places.shape) / np.pi) * 1.25 + 10
    reach = np.concatenate((reach, random.uniform(40, 90, len(shops))))
    return _appearing(
        ground,
        "wlan",
        shape,
        cells,
        Growth(0.28, 0.93, 1.0, 0.08),
        prefix="WL",
        operator=one_of(random, ("移动", "电信", "华数"), (0.4, 0.3, 0.3), len(cells)),
        free=random.random(len(cells)) < 0.8,
        range_m=np.round(reach),
    )


def pipes(ground: Ground, roads: Roads) -> gpd.GeoDataFrame:
    """The layer pipe: mains under the larger roads, joined as those are."""
    random = ground.stream("pipes")
    segment, kind = [], []
    for road_class, kinds in _PIPES.items():
        here = np.flatnonzero(roads.urban & (roads.road_class == road_class))
        for one in kinds:
            segment.append(here)
            kind.append(np.full(len(here), one, dtype=object))
    segments, kinds_of = np.concatenate(segment), np.concatenate(kind)
    line = roads.line[segments]
    return build_frame(
        line,
        code=numbered("PI", len(segments)),
        seed=ground.seed,
        kind=kinds_of,
        diameter_mm=np.array([_PIPE_MM[k] for k in kinds_of]),
        material=[_PIPE_OF[k] for k in kinds_of],
        depth_m=np.round(random.uniform(0.8, 3.5, len(segments)), 1),
        length_m=np.round(shapely.length(line), 3),
        road_code=roads.code[segments],
    )


def utility_monitors(ground: Ground, pipe: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The layer utility_monitor: on a share of the pipes."""
    random = ground.stream("utility monitors")
    row = np.sort(random.choice(len(pipe), max(10, len(pipe) // 7), replace=False))
    road = pipe["kind"].to_numpy()[row]
    kind = np.array(
        [
            {"water": "pressure", "gas": "leak", "rain": "level"}.get(k, "flow")
            for k in road
        ],
        dtype=object,
    )
    frame = build_frame(
        None,
        code=numbered("UM", len(row), 5),
        seed=ground.seed,
        kind=kind,
        pipe_code=pipe["code"].to_numpy()[row],
        online=random.random(len(row)) < 0.93,
        reach_m=np.full(len(row), 200.0),
    )
    line = pipe.geometry.to_numpy()[row]
    middle = shapely.line_interpolate_point(line, 0.5, normalized=True)
    return frame.set_geometry(gpd.GeoSeries(middle, index=frame.index, crs=frame.crs))


def elevators(ground: Ground, buildings: Buildings) -> gpd.GeoDataFrame:
    """The layer elevator: in the higher buildings."""
    random = ground.stream("elevators")
    high = np.flatnonzero(buildings.levels >= 9)
    count = min(_MOST_LIFTS, len(high))
    chosen = np.sort(random.choice(high, count, replace=False))
    place = shapely.get_coordinates(shapely.point_on_surface(buildings.shape[chosen]))
    ahead = random.integers(0, 365, count).astype("timedelta64[D]")
    due = np.datetime64("2026-01-01") + ahead
    return build_frame(
        shapely.points(np.round(place, 3)),
        code=numbered("EL", count, 5),
        seed=ground.seed,
        kind=one_of(
            random, ("passenger", "freight", "escalator"), (0.9, 0.07, 0.03), count
        ),
        building_code=buildings.code[chosen],
        levels=buildings.levels[chosen],
        next_inspection=due,
        networked=random.random(count) < 0.64,
    )


def _appearing(
    ground: Ground,
    purpose: str,
    shape: np.ndarray,
    cells: np.ndarray,
    growth: Growth,
    *,
    prefix: str,
    not_before: np.ndarray | None = None,
    **columns: np.ndarray,
) -> gpd.GeoDataFrame:
    """A layer whose things are put up one by one; those never put up are left out."""
    day = adopted(ground.seed, purpose, ground.district[cells], growth)
    if not_before is not None:
        day = np.where(np.isnat(day), day, np.maximum(day, not_before))
    there = np.flatnonzero(~np.isnat(day))
    return build_frame(
        np.asarray(shape)[there],
        code=numbered(prefix, len(there), 5),
        seed=ground.seed,
        valid_from=day[there],
        columns={key: values[there] for key, values in columns.items()},
    )
