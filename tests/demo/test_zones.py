"""Zones tile the city exactly, level by level, and carry the right codes."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from gis.demo import SIZES
from gis.demo.city import make_ground
from gis.demo.cuts import Junctions, doubled_area, long_axis, split
from gis.demo.facts import read_districts, read_rows
from gis.demo.zones import number_cells
from tests.demo import lattice

LEVELS = [
    ("unit_grid", "community", 12),
    ("community", "street", 9),
    ("street", "district", 6),
]


def current(frame):
    return frame[frame["valid_to"].isna()]


@pytest.mark.parametrize(("child", "parent", "digits"), LEVELS)
def test_children_fill_their_parent_to_the_square_millimetre(
    frames, child, parent, digits
):
    children = current(frames[child])
    area: dict[str, int] = {}
    for code, shape in zip(
        children["code"], lattice.metres(children.geometry), strict=True
    ):
        key = code[:digits]
        area[key] = area.get(key, 0) + lattice.doubled_area(shape)
    parents = frames[parent]
    assert set(area) == set(parents["code"])
    for code, shape in zip(
        parents["code"], lattice.metres(parents.geometry), strict=True
    ):
        assert lattice.doubled_area(shape) == area[code]


@pytest.mark.parametrize("layer", ["unit_grid", "community", "street", "district"])
def test_zones_of_a_level_share_every_vertex(frames, layer):
    shapes = lattice.metres(current(frames[layer]).geometry)
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)


def test_versions_of_a_cell_have_the_same_outline(frames):
    grids = frames["unit_grid"]
    wkb = shapely.to_wkb(np.asarray(grids.geometry))
    assert len({(c, w) for c, w in zip(grids["code"], wkb, strict=True)}) == (
        grids["code"].nunique()
    )


def test_levels_stay_on_the_lattice_through_degrees(ground):
    polygons = ground.mesh.polygons
    from gis.demo.facts import to_stored

    back = lattice.metres(to_stored(polygons))
    assert (shapely.get_coordinates(back) == shapely.get_coordinates(polygons)).all()


def test_names_and_codes_are_the_real_ones(frames):
    real = {
        r["code"]: r["name"]
        for r in read_rows("community")
        if r["code"].startswith("330106")
    }
    made = dict(
        zip(frames["community"]["code"], frames["community"]["name"], strict=True)
    )
    assert made == real
    streets = {r["code"] for r in read_rows("street") if r["code"][:6] == "330106"}
    assert set(frames["street"]["code"]) == streets
    assert frames["district"]["synthetic"].tolist() == [False]
    assert frames["community"]["synthetic"].all()


def test_grid_codes_run_west_to_east_then_north_to_south(ground):
    numbering = number_cells(ground)
    for community in np.unique(ground.community):
        here = np.flatnonzero(ground.community == community)
        order = here[np.argsort(numbering.code[here])]
        codes = numbering.code[order]
        assert [c[:12] for c in codes] == [community] * len(codes)
        assert [int(c[12:]) for c in codes] == list(range(1, len(codes) + 1))
        side = np.sqrt(ground.area_m2[here].mean())
        centre = ground.centre[order]
        band = np.floor(-centre[:, 1] / side)
        assert (np.diff(band) >= 0).all()
        assert (np.diff(centre[:, 0])[np.diff(band) == 0] > 0).all()


def test_built_up_cells_are_about_ten_thousand_square_metres(whole_city):
    area = whole_city.area_m2[whole_city.mesh.urban]
    assert 9_000 < area.mean() < 11_000
    assert len(area) >= 50_000
    assert area.sum() == pytest.approx(500e6, rel=0.03)


def test_whole_city_is_one_seamless_coverage(whole_city):
    polygons = whole_city.mesh.polygons
    assert shapely.is_valid(polygons).all()
    assert shapely.coverage_is_valid(polygons)
    assert len(np.unique(whole_city.community)) == 3_320
    number_cells(whole_city)
    for district in whole_city.districts:
        here = whole_city.district == district.code
        outline = whole_city.landscape.outlines[district.code]
        made = whole_city.mesh.doubled_areas[here].sum() / 2e6
        # a cut's end may sit a millimetre beside the border it meets
        assert made == pytest.approx(shapely.area(outline), rel=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_any_seed_gives_a_seamless_city(seed):
    ground = make_ground(SIZES["small"], seed, lambda what, share: None)
    assert shapely.coverage_is_valid(ground.mesh.polygons)
    assert len(np.unique(ground.community)) == 222


def test_a_cut_shares_its_ends_and_keeps_the_area():
    ring = [(0, 0), (100_000, 0), (100_000, 100_000), (60_000, 100_000)]
    ring += [(60_000, 40_000), (40_000, 40_000), (40_000, 100_000), (0, 100_000)]
    junctions = Junctions(6_000)
    parts = split(ring, 50_000, 70_000, np.pi / 2, junctions)
    assert parts is not None
    behind, ahead = parts
    assert (len(behind), len(ahead)) == (1, 2)
    assert sum(map(doubled_area, behind + ahead)) == doubled_area(ring)
    assert {(0, 70_000), (40_000, 70_000)} <= set(behind[0]) & set(ahead[0] + ahead[1])


def test_a_cut_too_close_to_a_corner_is_refused():
    ring = [(0, 0), (100_000, 0), (100_000, 50_000), (0, 50_000)]
    assert split(ring, 50_000, 3_000, np.pi / 2, Junctions(6_000)) is None
    assert split(ring, 500_000, 0, 0.0, Junctions(6_000)) is None


def test_a_cut_ends_where_a_neighbours_cut_ended():
    junctions = Junctions(6_000)
    junctions.add([(50_000, 50_000)])
    ring = [(0, 0), (100_000, 0), (100_000, 50_000), (0, 50_000)]
    parts = split(ring, 52_000, 0, 0.0, junctions)
    assert parts is not None
    assert (50_000, 50_000) in parts[0][0]


def test_the_long_axis_of_a_bar_lies_along_it():
    x, y, angle = long_axis([(0, 0), (90_000, 0), (90_000, 30_000), (0, 30_000)])
    assert (x, y) == (45_000, 15_000)
    assert angle == pytest.approx(0)


def test_borders_come_from_the_package_on_the_lattice():
    districts = read_districts()
    assert len(districts) == 13
    assert sum(d.population for d in districts) == 11_912_247
    assert sum(len(d.communities) for d in districts) == 3_320
    assert all(doubled_area(ring) > 0 for d in districts for ring in d.rings)
