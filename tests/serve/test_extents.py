"""Extents are those of the features that a level sees, fresh after a commit."""

import psycopg
import pytest
from pyproj import Transformer

from layers import Level


def extent_of(server, layer_id, level=Level.PUBLIC):
    return server.json(f"/collections/{layer_id}", level)["extent"]


def test_bounds_are_those_of_the_features(server):
    found = extent_of(server, "component")
    assert found["spatial"]["bbox"][0] == pytest.approx(
        [120.16, 30.27, 120.164, 30.272]
    )
    assert found["temporal"]["interval"] == [["2012-01-01T00:00:00Z", None]]
    listed = server.json("/collections")["collections"]
    same = next(entry for entry in listed if entry["id"] == "component")
    assert same["extent"] == found


def test_observations_have_a_first_and_a_last(server):
    interval = extent_of(server, "case_record")["temporal"]["interval"][0]
    assert interval == ["2015-06-01T08:30:00Z", "2015-06-03T08:30:00Z"]


def test_hidden_places_are_not_told(server, city):
    assert extent_of(server, "case_record")["spatial"]["bbox"] == [list(city.extent)]
    seen = extent_of(server, "case_record", Level.STAFF)["spatial"]["bbox"]
    assert seen != [list(city.extent)]


def test_extent_follows_a_commit(server):
    before = extent_of(server, "scenic_area")
    with psycopg.connect(server.dsn) as connection:
        connection.execute(
            "UPDATE city.scenic_area SET geom = ST_Translate(geom, 0.5, 0)"
        )
    after = extent_of(server, "scenic_area")
    with psycopg.connect(server.dsn) as connection:
        connection.execute(
            "UPDATE city.scenic_area SET geom = ST_Translate(geom, -0.5, 0)"
        )
    moved = after["spatial"]["bbox"][0][0] - before["spatial"]["bbox"][0][0]
    assert moved == pytest.approx(0.5)


@pytest.mark.parametrize("layer", ["component", "school", "road"])
def test_every_feature_is_in_the_extent_in_any_crs(server, layer):
    ((west, south, east, north),) = extent_of(server, layer)["spatial"]["bbox"]
    web = Transformer.from_crs("OGC:CRS84", "EPSG:3857")
    box = [*web.transform(west, south), *web.transform(east, north)]
    everything = server.json(f"/collections/{layer}/items")["numberMatched"]
    found = server.json(
        f"/collections/{layer}/items?bbox={','.join(map(repr, box))}"
        "&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/3857"
    )
    assert found["numberMatched"] == everything > 0


def test_features_without_places_are_in_every_box(server):
    path = "/collections/case_record/items"
    everything = server.json(path)["numberMatched"]
    assert server.json(f"{path}?bbox=0,0,1,1")["numberMatched"] == everything > 0
    staff = server.json(f"{path}?bbox=0,0,1,1", Level.STAFF)
    assert staff["numberMatched"] == 0
