"""Stations, sections and sources, and what they measured."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.demo.facts import read_rows, to_working
from gis.demo.frames import BEGIN, build_frame, numbered, one_of
from gis.demo.ground import Ground
from gis.demo.history import Growth, adopted, versions
from gis.demo.places import stem
from gis.demo.services import flagged, scattered

_LAST_DAY = np.datetime64("2025-12-31")
_STATION_SOURCE = "CNEMC station list (PM2.5-GNN data/station_info.csv, MIT)"
_RIVERS = ("钱塘江", "东苕溪", "京杭运河", "分水江", "新安江", "浦阳江")
_DISTRICT_STATIONS = 5
_COUNTIES = ("330111", "330112", "330122", "330127", "330182")
_NOISE_ZONE = {
    "residential": "1",
    "commercial": "2",
    "public": "1",
    "industrial": "3",
    "green": "0",
}
# day and night levels about which each zone scatters [dB]
_NOISE_DB = {"0": (49, 41), "1": (54, 45), "2": (58, 49), "3": (62, 53)}


def air_stations(ground: Ground) -> gpd.GeoDataFrame:
    """The layer air_station: the real national ones and made-up district ones."""
    real = _real_stations(ground)
    random = ground.stream("air stations")
    lived = np.flatnonzero(ground.mesh.urban | ground.hamlet)
    weight = np.where(ground.mesh.urban[lived], 3.0, 1.0)
    wait = random.exponential(1.0, len(lived)) / weight
    first = [
        lived[here[np.argsort(wait[here], kind="stable")[:_DISTRICT_STATIONS]]]
        for district in ground.districts
        for here in [np.flatnonzero(ground.district[lived] == district.code)]
    ]
    cells = np.sort(np.concatenate(first))
    count = len(cells)
    kind = one_of(random, ("urban", "source", "roadside"), (0.55, 0.25, 0.2), count)
    # a regional point stands for tens of kilometres, so it belongs outside the city
    outer = ~ground.mesh.urban[cells] & np.isin(ground.district[cells], _COUNTIES)
    kind[outer] = one_of(random, ("regional", "source"), (0.3, 0.7), int(outer.sum()))
    made = flagged(
        ground,
        scattered(ground, random, cells),
        cells,
        code=numbered("AQ", count, 4),
        name=stem(ground, cells) + "站",
        flag="automatic",
        growth=Growth(0.35, 0.90, 1.0, 0.1),
        purpose="automatic air",
        columns={"point_type": kind, "operator": np.full(count, "区县生态环境部门")},
    )
    return gpd.GeoDataFrame(pd.concat([real, made], ignore_index=True))


def _real_stations(ground: Ground) -> gpd.GeoDataFrame:
    """The national stations that lie in the districts of this size."""
    rows = read_rows("air_station")
    lon = np.array([float(r["lon"]) for r in rows])
    lat = np.array([float(r["lat"]) for r in rows])
    place = to_working(lon, lat)
    city = shapely.union_all(list(ground.landscape.outlines.values()))
    here = np.flatnonzero(shapely.contains_xy(city, place[:, 0], place[:, 1]))
    count = len(here)
    return build_frame(
        shapely.points(place[here]),
        code=[rows[i]["code"] for i in here],
        name=[rows[i]["name"] for i in here],
        seed=ground.seed,
        source=_STATION_SOURCE,
        synthetic=False,
        point_type=np.full(count, "urban"),
        automatic=np.ones(count, dtype=bool),
        operator=np.full(count, "中国环境监测总站"),
    )


def air_observations(ground: Ground, stations: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The layer air_observation: hourly values and daily means, all generated.

    The two last weeks of 2025, with a smooth course over the day and from station
    to station; daily rows hold the mean of the hours, for ozone the greatest
    moving mean of eight.
    """
    random = ground.stream("air observations")
    now = stations[stations["valid_to"].isna() & stations["automatic"]]
    days, count = ground.size.observation_days, len(now)
    hours = days * 24
    hour = np.arange(hours) % 24
    rush = np.exp(-((hour - 8) ** 2) / 8) + np.exp(-((hour - 18) ** 2) / 10)
    sun = np.clip(np.sin((hour - 6) / 12 * np.pi), 0, None)
    spell = np.repeat(random.lognormal(0, 0.35, days), 24)
    place = random.lognormal(0, 0.12, count)[:, None]

    def series(base: float, day_part: np.ndarray, digits: int) -> np.ndarray:
        noise = random.lognormal(0, 0.10, (count, hours))
        return np.asarray(np.round(base * spell * place * day_part * noise, digits))

    hourly = {
        "pm25_ug_m3": series(34, 0.8 + 0.3 * rush, 0),
        "pm10_ug_m3": series(56, 0.8 + 0.3 * rush, 0),
        "so2_ug_m3": series(6, 0.9 + 0.1 * rush, 0),
        "no2_ug_m3": series(33, 0.7 + 0.5 * rush, 0),
        "co_mg_m3": series(0.7, 0.85 + 0.2 * rush, 1),
        "o3_ug_m3": series(38, 0.5 + 1.8 * sun, 0),
    }
    by_day = {k: v.reshape(count, days, 24).mean(axis=2) for k, v in hourly.items()}
    moving = np.lib.stride_tricks.sliding_window_view(
        hourly["o3_ug_m3"].reshape(count, days, 24), 8, axis=2
    )
    by_day["o3_ug_m3"] = moving.mean(axis=3).max(axis=2)
    start = _LAST_DAY.astype("datetime64[h]") - np.timedelta64(hours - 24, "h")
    at_hour = start + np.arange(hours).astype("timedelta64[h]")
    at_day = start.astype("datetime64[D]") + np.arange(days).astype("timedelta64[D]")
    parts = [
        _observed(ground, now, at_hour, "hour", hourly, 0),
        _observed(ground, now, at_day, "day", by_day, 1),
    ]
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True))


def _observed(
    ground: Ground,
    stations: gpd.GeoDataFrame,
    at: np.ndarray,
    averaging: str,
    values: dict[str, np.ndarray],
    digits: int,
) -> gpd.GeoDataFrame:
    """Rows of one averaging time, station after station."""
    row = np.repeat(np.arange(len(stations)), len(at))
    when = np.tile(at, len(stations))
    code = stations["code"].to_numpy()[row]
    stamp = np.char.replace(np.datetime_as_string(when), ":", "")
    frame = build_frame(
        None,
        code=[f"{c}-{s}" for c, s in zip(code, stamp, strict=True)],
        name=stations["name"].to_numpy()[row],
        seed=ground.seed,
        valid_from=when.astype("datetime64[D]"),
        station_code=code,
        observed_at=when,
        averaging=np.full(len(row), averaging),
        columns={k: np.round(v.ravel(), digits) for k, v in values.items()},
    )
    place = stations.geometry.to_numpy()[row]
    return frame.set_geometry(gpd.GeoSeries(place, index=frame.index, crs=frame.crs))


def water_sections(ground: Ground) -> gpd.GeoDataFrame:
    """The layer water_section: boundary sections on the borders, others inside."""
    random = ground.stream("water sections")
    pairs, faces = ground.mesh.edges
    district = ground.district
    inner = faces[:, 1] >= 0
    border = np.flatnonzero(
        ~inner | (district[faces[:, 0]] != district[np.where(inner, faces[:, 1], 0)])
    )
    many = 3 * len(ground.districts) + 3
    edge = np.sort(random.choice(border, min(many, len(border)), replace=False))
    # a step inside the reporting district, so that it lies in one zone only
    middle = ground.mesh.vertices[pairs[edge]].mean(axis=1) / 1000
    middle += 0.02 * (ground.centre[faces[edge, 0]] - middle)
    inside = np.sort(
        random.choice(len(ground.mesh), 2 * len(ground.districts) + 4, replace=False)
    )
    place = np.concatenate((middle, ground.centre[inside]))
    cells = np.concatenate((faces[edge, 0], inside))
    boundary = np.arange(len(cells)) < len(edge)
    river = one_of(random, _RIVERS, (1,) * len(_RIVERS), len(cells))
    kind = one_of(
        random, ("control", "reference", "reduction"), (0.7, 0.2, 0.1), len(cells)
    )
    return flagged(
        ground,
        np.asarray(shapely.points(np.round(place, 3))),
        cells,
        code=numbered("WS", len(cells), 4),
        name=river + "·" + stem(ground, cells) + "断面",
        flag="automatic",
        growth=Growth(0.3, 0.88, 1.0, 0.15),
        purpose="automatic sections",
        columns={
            "kind": kind,
            "river": river,
            "boundary": boundary,
            "target_class": one_of(random, ("II", "III", "IV"), (4, 5, 1), len(cells)),
        },
    )


def water_observations(ground: Ground, sections: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The layer water_observation: one sample a week at every automatic section."""
    random = ground.stream("water observations")
    now = sections[sections["valid_to"].isna() & sections["automatic"]]
    weeks = max(2, ground.size.observation_days)
    at = _LAST_DAY - np.arange(weeks)[::-1].astype("timedelta64[W]")
    row = np.repeat(np.arange(len(now)), weeks)
    when = np.tile(at, len(now))
    code = now["code"].to_numpy()[row]
    level = random.lognormal(0, 0.25, len(now))[row]
    drift = random.lognormal(0, 0.12, len(row))
    frame = build_frame(
        None,
        code=[f"{c}-{d}" for c, d in zip(code, when, strict=True)],
        name=now["name"].to_numpy()[row],
        seed=ground.seed,
        valid_from=when,
        section_code=code,
        observed_at=when.astype("datetime64[h]") + np.timedelta64(9, "h"),
        ph=np.round(random.normal(7.6, 0.25, len(row)), 2),
        do_mg_l=np.round(8.2 / np.sqrt(level * drift), 2),
        codmn_mg_l=np.round(2.6 * level * drift, 2),
        nh3n_mg_l=np.round(0.28 * level * drift, 3),
        tp_mg_l=np.round(0.07 * level * drift, 3),
    )
    place = now.geometry.to_numpy()[row]
    return frame.set_geometry(gpd.GeoSeries(place, index=frame.index, crs=frame.crs))


def drinking_water_sources(ground: Ground) -> gpd.GeoDataFrame:
    """The layer drinking_water_source: three or more in every district."""
    random = ground.stream("drinking water")
    open_land = np.flatnonzero(~ground.mesh.urban)
    cells = np.concatenate(
        [
            random.choice(open_land[ground.district[open_land] == d.code], 7)
            for d in ground.districts
        ]
    )
    kind = one_of(random, ("river", "lake", "ground"), (0.45, 0.45, 0.1), len(cells))
    return flagged(
        ground,
        scattered(ground, random, cells),
        cells,
        code=numbered("DW", len(cells), 4),
        name=stem(ground, cells) + "水源地",
        flag="automatic",
        growth=Growth(0.4, 0.92, 1.0, 0.12),
        purpose="automatic sources",
        columns={"kind": kind, "main": np.arange(len(cells)) % 7 < 5},
    )


def noise_points(ground: Ground) -> gpd.GeoDataFrame:
    """The layer noise_point."""
    random = ground.stream("noise")
    urban = ground.urban()
    count = max(20, len(urban) // 130)
    cells = np.sort(random.choice(urban, min(count, len(urban)), replace=False))
    zone = np.array([_NOISE_ZONE[use] for use in ground.land_use[cells]], dtype=object)
    mean = np.array([_NOISE_DB[z] for z in zone], dtype=float)
    level = np.round(mean + random.normal(0, 2.4, (len(cells), 2)), 1)
    measured = np.datetime64("2025-03-01") + random.integers(0, 270, len(cells)).astype(
        "timedelta64[D]"
    )
    return build_frame(
        scattered(ground, random, cells),
        code=numbered("NP", len(cells), 4),
        name=stem(ground, cells) + "噪声点",
        seed=ground.seed,
        zone_class=zone,
        automatic=random.random(len(cells)) < 0.35,
        day_db=level[:, 0],
        night_db=level[:, 1],
        measured_on=measured,
    )


def pollution_sources(ground: Ground) -> gpd.GeoDataFrame:
    """The layer pollution_source: in industry, with what only staff may read."""
    random = ground.stream("pollution sources")
    industry = ground.urban("industrial")
    count = max(24, len(industry) // 11)
    cells = np.sort(random.choice(industry, min(count, len(industry)), replace=False))
    count = len(cells)
    level = one_of(random, ("state", "province", "city"), (0.25, 0.35, 0.4), count)
    kind = one_of(
        random,
        ("waste_water", "waste_gas", "sewage_plant", "solid_waste"),
        (0.45, 0.35, 0.1, 0.1),
        count,
    )
    day = adopted(
        ground.seed, "online", ground.district[cells], Growth(0.42, 0.94, 1.0, 0.08)
    )
    v = versions(day, np.full(count, BEGIN))
    number = np.arange(1, count + 1)
    return build_frame(
        scattered(ground, random, cells)[v.row],
        code=numbered("PS", count, 4)[v.row],
        name=(stem(ground, cells) + "重点排污单位")[v.row],
        seed=ground.seed,
        valid_from=v.valid_from,
        valid_to=v.valid_to,
        kind=kind[v.row],
        control_level=level[v.row],
        online_monitoring=v.flag,
        permit_number=[f"DEMO-{n:06d}" for n in number[v.row]],
        discharge_t_per_year=np.round(random.lognormal(3, 1, count), 1)[v.row],
        contact=[f"负责人{n:04d}" for n in number[v.row]],
        contact_phone=[f"0571-0002{n:04d}" for n in number[v.row]],
    )
