"""Cameras with their optics: around compounds and places, and along the roads."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from gis.demo.frames import build_frame, figures, one_of
from gis.demo.ground import Ground
from gis.demo.history import Growth, adopted
from gis.demo.places import Places
from gis.demo.roads import Roads

_PER_COMPOUND = 4
# a place gets one camera per so many square metres, within these bounds
_M2_PER_CAMERA, _PER_PLACE = 1_600, (5, 60)
_COMPOUND_GROWTH = Growth(0.24, 0.68, 0.97, 0.10)
_PLACE_GROWTH = Growth(0.45, 0.92, 1.0, 0.07)
_ROAD_GROWTH = Growth(0.15, 0.46, 1.0, 0.08)
_NO_DIRECTION = {"group": 0.10, "road": 0.40}
_SENSOR_MM = 5.4
_ASPECT = 9 / 16


@dataclass(frozen=True)
class Posts:
    """Where cameras stand and what they look at.

    Parameters
    ----------
    place : (n, 2) metres
    azimuth_deg : (n,) clockwise from north
    day : (n,) when each was put up
    cell : (n,) face
    group : (n,) whether it watches a compound or place, else a road
    """

    place: np.ndarray
    azimuth_deg: np.ndarray
    day: np.ndarray
    cell: np.ndarray
    group: np.ndarray


def cameras(
    ground: Ground, compounds: Places, places: Places, roads: Roads
) -> gpd.GeoDataFrame:
    """The layer camera."""
    random = ground.stream("cameras")
    groups = [
        _around(
            ground,
            compounds,
            "compound cameras",
            _COMPOUND_GROWTH,
            np.full(len(compounds.cell), _PER_COMPOUND),
        ),
        _around(
            ground,
            places,
            "place cameras",
            _PLACE_GROWTH,
            np.clip(
                np.ceil(shapely.area(places.shape) / _M2_PER_CAMERA).astype(np.int64),
                *_PER_PLACE,
            ),
        ),
    ]
    left = max(ground.size.cameras - sum(len(g.day) for g in groups), 0)
    posts = _joined([*groups, _along(ground, roads, random, left)])
    count = len(posts.day)
    group = posts.group
    focal = np.where(
        group,
        random.choice((4.0, 6.0, 8.0), count, p=(0.25, 0.5, 0.25)),
        random.choice((2.8, 4.0, 6.0, 12.0), count, p=(0.2, 0.4, 0.25, 0.15)),
    )
    pixels = np.where(
        group | (random.random(count) < 0.25),
        3840,
        random.choice((1280, 1920, 2560), count, p=(0.2, 0.6, 0.2)),
    )
    hfov = np.degrees(2 * np.arctan(_SENSOR_MM / (2 * focal)))
    vfov = np.degrees(2 * np.arctan(_SENSOR_MM * _ASPECT / (2 * focal)))
    known = random.random(count) >= np.where(
        group, _NO_DIRECTION["group"], _NO_DIRECTION["road"]
    )
    azimuth = np.where(known, np.round(posts.azimuth_deg % 360, 1) % 360, np.nan)
    detect_px_m = figures("image_purpose", "pixels_per_m", np.array(["detect"]))[0]
    reach = pixels / (2 * detect_px_m * np.tan(np.radians(hfov) / 2))
    industry = np.where(
        group,
        one_of(random, ("01", "02", "08"), (0.6, 0.25, 0.15), count),
        one_of(random, ("00", "04", "05", "08"), (0.45, 0.35, 0.12, 0.08), count),
    )
    district = ground.district[posts.cell]
    point_type = np.where(group, "2", one_of(random, ("1", "2", "3"), (6, 3, 1), count))
    kind = one_of(random, ("1", "2", "3", "4"), (0.2, 0.1, 0.6, 0.1), count)
    return build_frame(
        shapely.points(np.round(posts.place, 3)),
        code=_device_ids(district, industry),
        seed=ground.seed,
        valid_from=posts.day,
        kind=kind,
        state=one_of(
            random,
            ("online", "offline", "fault", "removed"),
            (0.93, 0.03, 0.03, 0.01),
            count,
        ),
        point_type=point_type,
        industry=industry,
        operator=np.where(
            np.isin(industry, ("04", "05")), "交通管理部门", "公安与属地单位"
        ),
        resolution_px=pixels,
        focal_mm=focal,
        sensor_mm=np.full(count, _SENSOR_MM),
        hfov_deg=np.round(hfov, 2),
        vfov_deg=np.round(vfov, 2),
        height_m=np.round(random.uniform(3.2, 7.5, count), 1),
        tilt_deg=np.round(random.uniform(6, 24, count), 1),
        azimuth_deg=azimuth,
        max_view_m=np.round(reach, 1),
        geometry_source=one_of(
            random, ("surveyed", "datasheet", "assumed"), (2, 6, 2), count
        ),
        installed_on=posts.day,
    )


def _around(
    ground: Ground, places: Places, purpose: str, growth: Growth, count: np.ndarray
) -> Posts:
    """Cameras on the rim of each watched place, looking at its middle."""
    random = ground.stream(purpose)
    day = adopted(ground.seed, purpose, ground.district[places.cell], growth)
    watched = np.flatnonzero(~np.isnat(day))
    count = count[watched]
    which = np.repeat(watched, count)
    rank = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    first = random.random(len(watched))
    turn = (rank + np.repeat(first, count)) / np.repeat(count, count)
    rim = shapely.get_exterior_ring(places.shape[which])
    point = shapely.get_coordinates(
        shapely.line_interpolate_point(rim, turn % 1.0, normalized=True)
    )
    aim = shapely.get_coordinates(shapely.centroid(places.shape[which])) - point
    azimuth = np.degrees(np.arctan2(aim[:, 0], aim[:, 1]))
    return Posts(
        place=point,
        azimuth_deg=azimuth + random.normal(0, 9, len(which)),
        day=day[which],
        cell=places.cell[which],
        group=np.ones(len(which), dtype=bool),
    )


def _along(
    ground: Ground, roads: Roads, random: np.random.Generator, count: int
) -> Posts:
    """Cameras beside the roads, most on the larger ones, looking along them."""
    weight = shapely.length(roads.line) * np.where(roads.urban, 1.0, 0.012)
    for road_class, times in (("expressway", 5), ("arterial", 4), ("collector", 2)):
        weight[roads.road_class == road_class] *= times
    segment = np.sort(
        random.choice(len(weight), count, p=weight / weight.sum(), replace=True)
    )
    line = roads.line[segment]
    at = random.uniform(0.02, 0.9, count)
    here = shapely.line_interpolate_point(line, at, normalized=True)
    ahead = shapely.line_interpolate_point(line, at + 0.05, normalized=True)
    start = shapely.get_coordinates(here)
    run = shapely.get_coordinates(ahead) - start
    run /= np.hypot(run[:, 0], run[:, 1])[:, None]
    side = random.choice((-5.0, 5.0), count)[:, None]
    back = random.choice((0.0, 180.0), count)
    azimuth = np.degrees(np.arctan2(run[:, 0], run[:, 1])) + back
    cell = roads.face[segment]
    return Posts(
        place=start + np.column_stack((run[:, 1], -run[:, 0])) * side,
        azimuth_deg=azimuth + random.normal(0, 6, count),
        day=adopted(ground.seed, "road cameras", ground.district[cell], _ROAD_GROWTH),
        cell=cell,
        group=np.zeros(count, dtype=bool),
    )


def _joined(posts: list[Posts]) -> Posts:
    return Posts(
        place=np.concatenate([p.place for p in posts]),
        azimuth_deg=np.concatenate([p.azimuth_deg for p in posts]),
        day=np.concatenate([p.day for p in posts]),
        cell=np.concatenate([p.cell for p in posts]),
        group=np.concatenate([p.group for p in posts]),
    )


def _device_ids(district: np.ndarray, industry: np.ndarray) -> list[str]:
    """GB/T 28181 device numbers: centre 8, industry 2, type 132, mark 1, sequence 6."""
    order = np.argsort(district, kind="stable")
    first = np.flatnonzero(np.r_[True, district[order][1:] != district[order][:-1]])
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(
        first, np.diff(np.r_[first, len(order)])
    )
    return [
        f"{d}00{i}1320{n + 1:06d}"
        for d, i, n in zip(district, industry, rank, strict=True)
    ]
