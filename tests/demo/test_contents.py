"""The city's people, streets, houses and cameras are in true proportion."""

from __future__ import annotations

import csv
import gzip
import json
from collections import defaultdict

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gis.demo.facts import DATA, read_rows, to_working
from gis.demo.history import Growth, adopted, versions
from gis.demo.people import apportioned, settle_people
from gis.demo.roads import lay_roads
from tests.demo import lattice

with (DATA / "hangzhou" / "density.csv").open(encoding="utf-8") as file:
    DENSITY = {row["measure"]: float(row["value"]) for row in csv.DictReader(file)}


def test_residents_add_up_to_the_census_at_every_level(frames):
    census = int(
        next(r for r in read_rows("district") if r["code"] == "330106")[
            "population_2020"
        ]
    )
    points = frames["population_point"]
    assert points["population"].sum() == census
    for layer in ("district", "street", "community"):
        assert frames[layer]["population"].sum() == census
    by_community = points.groupby("community_code")["population"].sum()
    stated = frames["community"].set_index("code")["population"]
    assert (by_community == stated[by_community.index]).all()
    assert (stated > 0).all()
    assert (points["population_60_plus"] <= points["population"]).all()


def test_every_district_has_its_census(whole_city):
    people = settle_people(whole_city)
    assert len(people.cell) >= 50_000
    made = people.per_division(whole_city, 6)
    assert made == {d.code: d.population for d in whole_city.districts}


def test_residents_live_in_the_community_that_they_name(frames):
    communities = frames["community"].set_index("code")
    points = frames["population_point"]
    outline = lattice.metres(communities.geometry.loc[points["community_code"]])
    assert shapely.covers(outline, lattice.metres(points.geometry)).all()


def test_apportioning_keeps_the_total():
    assert apportioned(0, np.array([1.0, 2.0])).tolist() == [0, 0]
    assert apportioned(7, np.array([0.5, 0.25, 0.25])).tolist() == [3, 2, 2]
    assert apportioned(5, np.empty(0)).tolist() == []


def connected_parts(lines: np.ndarray) -> int:
    """Number of separate networks, lines meeting at their ends only."""
    root: dict = {}

    def find(x):
        while root.setdefault(x, x) != x:
            root[x] = root[root[x]]
            x = root[x]
        return x

    for line in lines:
        xy = np.rint(shapely.get_coordinates(line) * 1000).astype(np.int64)
        root[find(tuple(xy[0]))] = find(tuple(xy[-1]))
    return len({find(x) for x in root})


def test_small_roads_are_one_noded_network(frames):
    lines = lattice.metres(frames["road"].geometry)
    assert connected_parts(lines) == 1
    assert shapely.is_simple(lines).all()
    tree = shapely.STRtree(lines)
    assert not len(tree.query(lines, predicate="crosses")[0])
    assert not len(tree.query(lines, predicate="overlaps")[0])


@pytest.fixture(scope="module")
def roads(whole_city):
    return lay_roads(whole_city)


def test_city_roads_are_one_network_over_the_river(roads, whole_city):
    assert len(roads.code) >= 20_000
    assert connected_parts(roads.line) == 1
    south = np.isin(whole_city.district[roads.face], ("330108", "330109"))
    assert south.any()
    assert (~south).any()
    tree = shapely.STRtree(roads.line)
    assert not len(tree.query(roads.line, predicate="crosses")[0])


def test_road_density_is_that_of_the_real_core(roads, whole_city):
    """Within a fifth of the measured figures, in the built-up area and in the box."""
    built_km2 = whole_city.area_m2[whole_city.mesh.urban].sum() / 1e6
    km = shapely.length(roads.line[roads.urban]).sum() / 1000
    assert km / built_km2 == pytest.approx(DENSITY["roads"], rel=0.2)
    corners = to_working(np.array([120.025, 120.235]), np.array([30.234, 30.375]))
    box = shapely.box(*corners[0], *corners[1])
    inside = shapely.intersection(roads.line, box)
    box_km2 = shapely.area(box) / 1e6
    assert shapely.length(inside).sum() / 1000 / box_km2 == pytest.approx(
        DENSITY["roads_box"], rel=0.2
    )
    count = (shapely.length(inside) > 0).sum()
    assert count / box_km2 == pytest.approx(DENSITY["road_segments_box"], rel=0.2)


def test_small_densities_are_those_of_the_real_core(frames):
    grids = frames["unit_grid"]
    urban = grids[grids["valid_to"].isna() & (grids["grid_type"] == "unit")]
    built = shapely.union_all(lattice.metres(urban.geometry))
    shapely.prepare(built)
    km2 = shapely.area(built) / 1e6
    houses = shapely.centroid(lattice.metres(frames["building"].geometry))
    assert shapely.contains(built, houses).sum() / km2 == pytest.approx(
        DENSITY["buildings"], rel=0.2
    )
    cameras = lattice.metres(frames["camera"].geometry)
    assert shapely.dwithin(built, cameras, 12).sum() / km2 == pytest.approx(
        DENSITY["cameras"], rel=0.2
    )
    lines = lattice.metres(frames["road"].geometry)
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    near = shapely.dwithin(built, middle, 1)
    assert shapely.length(lines[near]).sum() / 1000 / km2 == pytest.approx(
        DENSITY["roads"], rel=0.2
    )


def read_gzipped(path) -> gpd.GeoDataFrame:
    features = json.loads(gzip.decompress(path.read_bytes()))["features"]
    return gpd.GeoDataFrame.from_features(features, crs=4326).to_crs(4549)


def per_window(xy: np.ndarray, weight: np.ndarray, side_m: float) -> np.ndarray:
    """Sum of the weights in each square window that holds anything, per km2."""
    window: dict[tuple, float] = defaultdict(float)
    for key, w in zip(((xy - xy.min(axis=0)) // side_m).tolist(), weight, strict=True):
        window[tuple(key)] += w
    return np.array(list(window.values())) / (side_m / 1000) ** 2


def test_stated_densities_are_measured_from_the_real_files(samples):
    osm = samples / "osm"
    houses = read_gzipped(osm / "hangzhou_core_buildings_derived_wgs84.geojson.gz")
    x0, y0, _, _ = houses.total_bounds
    xy = shapely.get_coordinates(shapely.centroid(houses.geometry.values))
    found = per_window(np.vstack((xy, (x0, y0))), np.r_[np.ones(len(xy)), 0], 500)
    assert found[found > 250].mean() == pytest.approx(DENSITY["buildings"], rel=0.01)

    lines = read_gzipped(osm / "hangzhou_core_roads_derived_wgs84.geojson.gz")
    km = lines.length.to_numpy() / 1000
    x0, y0, x1, y1 = lines.total_bounds
    middle = lines.geometry.interpolate(0.5, normalized=True)
    xy = np.vstack((shapely.get_coordinates(middle.values), (x0, y0)))
    found = per_window(xy, np.r_[km, 0], 1000)
    assert found[found > 0].mean() == pytest.approx(DENSITY["roads"], rel=0.01)
    box_km2 = (x1 - x0) * (y1 - y0) / 1e6
    assert km.sum() / box_km2 == pytest.approx(DENSITY["roads_box"], rel=0.01)
    assert len(km) / box_km2 == pytest.approx(DENSITY["road_segments_box"], rel=0.01)

    path = samples / "cameras" / "osm_surveillance_z6_34_22.geojson.gz"
    nodes = read_gzipped(path).to_crs(4326).cx[16.18:16.58, 48.11:48.33]
    xy = shapely.get_coordinates(nodes.to_crs(32633).geometry.values)
    _, count = np.unique(xy // 1000, axis=0, return_counts=True)
    assert count.max() == DENSITY["cameras"]


def test_buildings_do_not_overlap_and_keep_within_their_cell(frames):
    shapes = lattice.metres(frames["building"].geometry)
    tree = shapely.STRtree(shapes)
    for predicate in ("overlaps", "contains_properly", "crosses"):
        assert not len(tree.query(shapes, predicate=predicate)[0])
    grids = frames["unit_grid"]
    cells = lattice.metres(grids[grids["valid_to"].isna()].geometry)
    inside, _ = shapely.STRtree(cells).query(shapes, predicate="within")
    assert len(inside) == len(shapes)


def test_buildings_stand_in_rows_courts_and_towers(frames):
    houses = frames["building"]
    assert set(houses["use"]) >= {"residential", "commercial", "industrial", "rural"}
    courts = shapely.get_num_interior_rings(np.asarray(houses.geometry)) == 1
    assert courts.any()
    assert (houses["levels"] >= 16).any()
    assert (houses["height_m"] >= houses["levels"] * 2.5).all()


def test_cameras_have_optics_and_a_quarter_no_direction(frames):
    cameras = frames["camera"]
    assert cameras["azimuth_deg"].isna().mean() == pytest.approx(0.25, abs=0.06)
    expected = 2 * np.degrees(np.arctan(cameras["sensor_mm"] / 2 / cameras["focal_mm"]))
    assert np.allclose(cameras["hfov_deg"], expected, atol=0.01)
    assert cameras["code"].str.fullmatch(r"330106\d{2}\d{2}132\d{7}").all()
    assert cameras["code"].is_unique
    assert cameras["azimuth_deg"].dropna().between(0, 359.999).all()


def test_public_places_are_of_the_kinds_that_the_plan_names(frames):
    kinds = set(frames["public_place"]["kind"])
    # the airport lies in another district
    assert kinds == {"commercial", "square", "park", "scenic", "transport_hub"}


def test_city_holds_the_eleven_real_stations(whole_city):
    from gis.demo.environment import air_stations

    stations = air_stations(whole_city)
    real = stations[~stations["synthetic"]]
    assert set(real["code"]) == {r["code"] for r in read_rows("air_station")}
    for row, place in zip(
        read_rows("air_station"), real.sort_values("code").geometry, strict=True
    ):
        assert place.x == pytest.approx(float(row["lon"]), abs=1e-9)
        assert place.y == pytest.approx(float(row["lat"]), abs=1e-9)


FLAGS = [
    ("service_point", "information_service"),
    ("elderly_service", "remote_monitoring"),
    ("hospital", "electronic_records"),
    ("parking_lot", "guided"),
    ("pollution_source", "online_monitoring"),
    ("water_section", "automatic"),
    ("drinking_water_source", "automatic"),
    ("hazardous_site", "monitored"),
    ("food_drug_business", "traced"),
    ("tourist_service", "online"),
]
YEARS = [f"{year}-12-31" for year in (2012, 2013, 2014, 2015)] + ["2026-01-01"]


@pytest.mark.parametrize(("layer", "flag"), FLAGS)
def test_flags_grow_with_the_years(frames, layer, flag):
    frame = frames[layer]
    shares = []
    for day in YEARS:
        now = frame[
            (frame["valid_from"] <= day)
            & (frame["valid_to"].isna() | (frame["valid_to"] > day))
        ]
        assert len(now) == frame["code"].nunique()
        shares.append(now[flag].mean())
    assert shares == sorted(shares)
    assert shares[0] < shares[3] < 1.0 or len(now) < 20
    assert shares[0] < shares[-1]


@pytest.mark.parametrize(
    "layer", ["camera", "base_station", "wlan_hotspot", "traffic_sensor"]
)
def test_assets_appear_over_the_years(frames, layer):
    days = frames[layer]["valid_from"]
    counts = [(days <= day).sum() for day in YEARS]
    assert 0 < counts[0] < counts[1] < counts[3] <= counts[4]


def test_managed_area_differs_by_district_and_year(whole_city):
    from gis.demo.zones import number_cells

    managed = number_cells(whole_city).managed_from
    urban = whole_city.mesh.urban
    shares: dict[str, list[float]] = {}
    for district in whole_city.districts:
        here = urban & (whole_city.district == district.code)
        area = whole_city.area_m2[here]
        shares[district.code] = [
            float(area[managed[here] <= np.datetime64(day)].sum() / area.sum())
            for day in YEARS[:4]
        ]
    final = [row[-1] for row in shares.values()]
    assert len({round(share, 3) for share in final}) > 8
    assert all(row == sorted(row) and row[0] < row[-1] for row in shares.values())


def test_growth_differs_by_district_and_meets_its_shares():
    district = np.repeat(["a", "b", "c"], 2_000)
    days = adopted(1, "test", district, Growth(0.3, 0.8, 1.0, 0.1))
    end = np.datetime64("2015-12-31")
    shares = [(days[district == d] <= end).mean() for d in "abc"]
    assert len({round(s, 3) for s in shares}) == 3
    assert all(0.69 <= s <= 0.91 for s in shares)
    assert adopted(1, "none", district, Growth(0, 0, 0)).astype(str)[0] == "NaT"


def test_a_flag_that_turns_makes_two_versions():
    days = np.array(["2012-01-01", "2014-05-06", "NaT"], dtype="datetime64[D]")
    v = versions(days)
    assert v.row.tolist() == [0, 1, 1, 2]
    assert v.flag.tolist() == [True, False, True, False]
    assert v.valid_from.astype(str).tolist() == [
        "2012-01-01", "2012-01-01", "2014-05-06", "2012-01-01",
    ]  # fmt: skip
    assert v.valid_to.astype(str).tolist() == ["NaT", "2014-05-06", "NaT", "NaT"]


def test_cases_run_through_their_stages(frames):
    cases, stages = frames["case_record"], frames["case_stage"]
    assert {"closed", "disposing", "void"} <= set(cases["state"])
    closed = cases[cases["state"] == "closed"]
    assert (closed["closed_at"] >= closed["reported_at"]).all()
    assert (closed["on_time"] == (closed["closed_at"] <= closed["due_at"])).all()
    six = stages.groupby("case_code").size()[closed["code"]]
    assert (six == 6).all()
    ordered = stages.sort_values(["case_code", "started_at"], kind="stable")
    assert ordered.groupby("case_code")["stage"].first().eq("report").all()


def test_components_stand_in_the_grid_that_they_name(frames):
    grids = frames["unit_grid"]
    outline = grids[grids["valid_to"].isna()].set_index("code").geometry
    parts = frames["component"]
    cells = lattice.metres(outline.loc[parts["grid_code"]])
    assert shapely.covers(cells, lattice.metres(parts.geometry)).all()
    assert parts["code"].str.fullmatch(r"330106\d{10}").all()
