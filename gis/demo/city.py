"""The whole demo city, layer after layer, in the order in which they refer."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import geopandas as gpd
import numpy as np
import shapely

from gis.demo import cases, environment, networks, places, plan, services, zones
from gis.demo.buildings import build_up, building_frame
from gis.demo.cameras import cameras
from gis.demo.cuts import Junctions
from gis.demo.facts import read_districts
from gis.demo.frames import build_frame
from gis.demo.ground import Ground, lay_ground
from gis.demo.landscape import Landscape
from gis.demo.mesh import build_mesh
from gis.demo.partition import SNAP_MM, Cell, cut_district
from gis.demo.people import population_points, settle_people
from gis.demo.roads import lay_roads, road_frame
from gis.demo.size import SIZES, Size
from gis.demo.watched import camera_outages, place_parts

Progress = Callable[[str, float], None]
Layers = Iterator[tuple[str, gpd.GeoDataFrame]]

_CUTTING_SHARE = 0.35
_LAYER_COUNT = 49


def build_city(
    size: str = "city", seed: int = 1, on_progress: Progress | None = None
) -> Layers:
    """Every stored layer of the demo city as (layer id, rows in EPSG:4490).

    Zones come first, and a layer after those that its codes refer to. The same size
    and seed give the same bytes.

    Parameters
    ----------
    size : a key of SIZES
    seed : any whole number of at least 0
    on_progress : told what is being made and the share done, 0 to 1

    Raises
    ------
    KeyError : no such size
    """
    report = on_progress or (lambda what, share: None)
    chosen = SIZES[size]
    ground = make_ground(chosen, seed, report)
    for made, (layer_id, frame) in enumerate(_layers(ground), 1):
        report(layer_id, _CUTTING_SHARE + (1 - _CUTTING_SHARE) * made / _LAYER_COUNT)
        yield layer_id, frame
    report("", 1.0)


def make_ground(size: Size, seed: int, report: Progress) -> Ground:
    """The mesh of the city with its uses, on which everything else stands."""
    districts = read_districts(size.districts)
    landscape = Landscape(districts, size, seed)
    junctions = Junctions(SNAP_MM)
    for district in districts:
        for ring in district.rings:
            junctions.add(ring)
    cells: list[Cell] = []
    for number, district in enumerate(districts):
        report(district.name, _CUTTING_SHARE * number / len(districts))
        first_block = cells[-1].block + 1 if cells else 0
        cells += cut_district(district, landscape, size, seed, junctions, first_block)
    return lay_ground(districts, landscape, build_mesh(cells), size, seed)


def _layers(ground: Ground) -> Layers:
    """The layers one by one, so that each can be stored before the next is made."""
    people = settle_people(ground)
    numbering = zones.number_cells(ground)
    yield "district", zones.districts(ground, people)
    yield "street", zones.streets(ground, people)
    yield "community", zones.communities(ground, people)
    yield "unit_grid", zones.unit_grids(ground, numbering)
    duty, of_cell = zones.duty_grids(ground, numbering)
    yield "duty_grid", duty
    yield "population_point", population_points(ground, people)
    yield "water_body", places.water_bodies(ground)
    yield "urbanised_area", places.urbanised_areas(ground)
    yield "centre_town", places.centre_town_frame(ground)
    yield "residential_land", places.residential_land(ground)
    yield "park", places.parks(ground)

    roads = lay_roads(ground)
    yield "road", road_frame(ground, roads)
    buildings = build_up(ground)
    yield "building", building_frame(ground, buildings)
    compounds = places.compounds(ground, buildings)
    yield "residential_compound", places.compound_frame(ground, compounds, people)
    scenic = places.scenic_areas(ground)
    yield "scenic_area", places.scenic_frame(ground, scenic)
    public = places.public_places(ground, scenic)
    yield "public_place", places.place_frame(ground, public)
    yield "place_part", place_parts(ground, public)
    posts = cameras(ground, compounds, public, roads)
    yield "camera", posts
    yield "camera_outage", camera_outages(ground, posts)

    yield "service_point", services.service_points(ground)
    yield "elderly_service", services.elderly_services(ground)
    yield "clinic", services.clinics(ground)
    yield "hospital", services.hospitals(ground)
    yield "school", services.schools(ground)
    yield "tourist_service", services.tourist_services(ground, scenic)
    yield "hazardous_site", services.hazardous_sites(ground)
    yield "food_drug_business", services.food_drug_businesses(ground)

    yield "parking_lot", networks.parking_lots(ground)
    yield "guidance_sign", networks.guidance_signs(ground, roads)
    yield "traffic_sensor", networks.traffic_sensors(ground, roads)
    yield "base_station", networks.base_stations(ground)
    yield "wlan_hotspot", networks.wlan_hotspots(ground, public)
    pipe = networks.pipes(ground, roads)
    yield "pipe", pipe
    yield "utility_monitor", networks.utility_monitors(ground, pipe)
    yield "elevator", networks.elevators(ground, buildings)

    yield from _measured(ground)
    yield "component", cases.components(ground, numbering)
    record, stage = cases.cases(ground, numbering)
    yield "case_record", record
    yield "case_stage", stage
    yield "patrol_track", cases.patrol_tracks(ground, duty, of_cell)
    yield "place_name", place_names(ground)
    yield "target", plan.targets(ground.seed)
    yield "indicator_value", plan.indicator_values(ground)


def _measured(ground: Ground) -> Layers:
    """Stations before what they observed."""
    air = environment.air_stations(ground)
    yield "air_station", air
    yield "air_observation", environment.air_observations(ground, air)
    water = environment.water_sections(ground)
    yield "water_section", water
    yield "water_observation", environment.water_observations(ground, water)
    yield "drinking_water_source", environment.drinking_water_sources(ground)
    yield "noise_point", environment.noise_points(ground)
    yield "pollution_source", environment.pollution_sources(ground)


def place_names(ground: Ground) -> gpd.GeoDataFrame:
    """The layer place_name: the real names of divisions, where the demo put them."""
    names: list[tuple[str, str, str]] = []
    for district in ground.districts:
        names.append((district.code, district.name, "district"))
        names += [(s.code, s.name, "street") for s in district.streets]
        names += [
            (c.code, c.name, "village" if c.kind == "village" else "community")
            for c in district.communities
        ]
    shape, kept = [], []
    for digits in (6, 9, 12):
        own, polygons = zones.division(ground, digits)
        inside = dict(
            zip(own.tolist(), shapely.point_on_surface(polygons), strict=True)
        )
        for row in names:
            if len(row[0]) == digits:
                kept.append(row)
                shape.append(inside[row[0]])
    waters = ground.landscape.waters
    for name, _, polygon in waters:
        kept.append((f"W{len(kept)}", name, "water"))
        shape.append(shapely.point_on_surface(polygon))
    return build_frame(
        np.array(shape),
        code=[f"PN{code}" for code, _, _ in kept],
        name=[name for _, name, _ in kept],
        seed=ground.seed,
        kind=[kind for _, _, kind in kept],
        district_code=[c[:6] if c[0] == "3" else None for c, _, _ in kept],
    )
