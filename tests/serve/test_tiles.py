"""Vector tiles: what is in them, and what is outside."""

import datetime as dt
import math

import mapbox_vector_tile
import psycopg
import pytest

from gis.db import tiles
from gis.db.matrix import MATRIX_SETS, WORLD_CRS84
from layers import Level

TILES = "/collections/unit_grid/tiles"
SET = f"{TILES}/WebMercatorQuad"
MVT = "application/vnd.mapbox-vector-tile"


def tile_at(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    """Column and row of the tile over a point, by the definition of the matrix set."""
    n = 2**zoom
    phi = math.radians(lat)
    column = int((lon + 180) / 360 * n)
    row = int((1 - math.asinh(math.tan(phi)) / math.pi) / 2 * n)
    return column, row


def path_at(zoom: int, layer: str = "unit_grid") -> str:
    column, row = tile_at(120.1605, 30.2705, zoom)
    return f"/collections/{layer}/tiles/WebMercatorQuad/{zoom}/{row}/{column}"


def test_tile_holds_declared_attributes_and_integer_ids(server, catalogue):
    answer = server.get(path_at(14))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == MVT
    decoded = mapbox_vector_tile.decode(answer.content)
    assert list(decoded) == ["unit_grid"]
    features = decoded["unit_grid"]["features"]
    assert len(features) == 3
    declared = {"code", *catalogue["unit_grid"].tiles.columns}
    for feature in features:
        assert set(feature["properties"]) <= declared
        assert isinstance(feature["id"], int)
        assert feature["geometry"]["type"] == "Polygon"


def test_position_in_the_tile(server):
    zoom = 16
    decoded = mapbox_vector_tile.decode(
        server.get(path_at(zoom)).content, default_options={"y_coord_down": True}
    )
    layer = decoded["unit_grid"]
    first = next(
        f for f in layer["features"] if f["properties"]["code"].endswith("1001")
    )
    x, y = first["geometry"]["coordinates"][0][0]
    column, row = tile_at(120.1605, 30.2705, zoom)
    lon = (column + x / layer["extent"]) / 2**zoom * 360 - 180
    up = math.pi * (1 - 2 * (row + y / layer["extent"]) / 2**zoom)
    lat = math.degrees(math.atan(math.sinh(up)))
    assert lon == pytest.approx(120.1605, abs=0.0006)
    assert lat == pytest.approx(30.2705, abs=0.0006)


def test_tile_follows_the_date(server):
    assert server.get(f"{path_at(14)}?datetime=2013-01-01").status_code == 200
    assert server.get(f"{path_at(14)}?datetime=2011-01-01").status_code == 204
    assert server.get(f"{path_at(14)}?datetime=2011").status_code == 400


def test_empty_tile_is_204(server):
    answer = server.get(f"{SET}/14/0/0")
    assert answer.status_code == 204
    assert answer.content == b""
    assert "max-age" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    ("index", "status"),
    [
        ("40/0/0", 404),
        ("14/99999/0", 404),
        ("14/0/99999", 404),
        ("a/0/0", 400),
        ("14/b/0", 400),
        ("14/0/1.5", 400),
        ("14/0/99999999999999999999", 400),
        ("14/-1/0", 400),
    ],
)
def test_tile_outside_or_malformed(server, index, status):
    answer = server.get(f"{SET}/{index}")
    assert answer.status_code == status
    assert answer.json()["code"] in ("NotFound", "InvalidParameterValue")


def test_unknown_matrix_set_and_parameters(server):
    assert server.get(f"{TILES}/Other/14/0/0").status_code == 404
    assert server.get(f"{TILES}/Other").status_code == 404
    assert server.get(f"{SET}/14/0/0?x=1").status_code == 400
    assert server.get(f"{SET}/14/0/0?f=png").status_code == 400


def test_etag_of_a_tile(server):
    tag = server.get(path_at(14)).headers["etag"]
    again = server.get(path_at(14), headers={"If-None-Match": tag})
    assert again.status_code == 304


def test_tilejson_fits_maplibre(server, catalogue):
    found = server.json(f"{SET}/tilejson.json")
    low, high = catalogue["unit_grid"].tiles.zoom
    assert found["tilejson"] == "3.0.0"
    west, south, east, north = found["bounds"]
    assert 120.159 < west < east < 120.17
    assert 30.269 < south < north < 30.28
    assert (found["minzoom"], found["maxzoom"]) == (low, high)
    assert found["tiles"] == [f"{server.base}{SET}/{{z}}/{{y}}/{{x}}"]
    assert found["vector_layers"][0]["id"] == "unit_grid"
    assert "code" in found["vector_layers"][0]["fields"]
    column, row = tile_at(120.1605, 30.2705, 14)
    url = found["tiles"][0].format(z=14, x=column, y=row)
    assert server.get(url).status_code == 200


def test_tileset_metadata(server):
    found = server.json(SET)
    assert found["dataType"] == "vector"
    assert found["tileMatrixSetURI"].endswith("/WebMercatorQuad")
    template = next(link for link in found["links"] if link["rel"] == "item")
    assert template["templated"] is True
    assert "{tileMatrix}/{tileRow}/{tileCol}" in template["href"]
    listed = server.json(TILES)["tilesets"]
    assert [entry["tileMatrixSetId"] for entry in listed] == list(MATRIX_SETS)


def test_hidden_places_have_no_tiles(server):
    path = path_at(14, "case_record")
    assert server.get(path).status_code == 404
    assert server.get(path, Level.STAFF).status_code == 200
    camera = path_at(14, "camera")
    assert server.get(camera, Level.STAFF).status_code == 404
    assert server.get(camera, Level.RESTRICTED).status_code == 200


def decoded_at(server, path):
    answer = server.get(path)
    assert answer.status_code == 200, answer.text
    return mapbox_vector_tile.decode(
        answer.content, default_options={"y_coord_down": True}
    )


def test_tiles_in_degrees(server):
    zoom, root = 13, f"{TILES}/WorldCRS84Quad"
    width = 180 / 2**zoom
    row, column = int((90 - 30.2705) / width), int((120.1605 + 180) / width)
    layer = decoded_at(server, f"{root}/{zoom}/{row}/{column}")["unit_grid"]
    assert len(layer["features"]) == 3
    first = next(
        f for f in layer["features"] if f["properties"]["code"].endswith("1001")
    )
    corners = first["geometry"]["coordinates"][0]
    west, south, _, north = WORLD_CRS84.bounds_of((zoom, row, column))
    lon = [west + x / 4096 * width for x, _ in corners]
    lat = [north - y / 4096 * (north - south) for _, y in corners]
    assert (min(lon), max(lat)) == pytest.approx((120.16, 30.271), abs=1e-5)
    found = server.json(f"{root}/tilejson.json")
    mercator = server.json(f"{SET}/tilejson.json")
    assert found["minzoom"] == mercator["minzoom"] - 1
    assert server.json(root)["tileMatrixSetURI"].endswith("/WorldCRS84Quad")
    assert server.get(f"{root}/{zoom}/{2**zoom}/0").status_code == 404
    assert server.get(f"{root}/{zoom}/0/{2**zoom}").status_code == 204
    assert server.get("/tileMatrixSets/WorldCRS84Quad").status_code == 200


def test_dense_tiles_are_made_coarse_and_say_so(start, monkeypatch):
    monkeypatch.setattr("gis.db.tiles.largest_at", lambda _zoom: 2)
    with start() as server:
        for layer_id, kind in (("component", "Point"), ("unit_grid", "Polygon")):
            path = path_at(15, layer_id)
            features = decoded_at(server, path)[layer_id]["features"]
            counts = [feature["properties"]["aggregated"] for feature in features]
            assert sum(counts) == 3
            assert {feature["geometry"]["type"] for feature in features} == {kind}
            assert len({feature["id"] for feature in features}) == len(features)
            fields = server.json(f"{path.rsplit('/', 3)[0]}/tilejson.json")
            assert "aggregated" in fields["vector_layers"][0]["fields"]
        monkeypatch.setattr(tiles, "LONGEST", 1)
        (line,) = decoded_at(server, path_at(13, "road"))["road"]["features"]
        assert line["properties"]["left_out"] == 2
        assert line["geometry"]["type"].endswith("LineString")


def test_tiles_with_too_many_bytes_keep_codes_or_cells(city, catalogue, server):
    day, index = dt.date.today(), (15, *reversed(tile_at(120.1605, 30.2705, 15)))
    tiler = tiles.Tiler(catalogue, city.stored_srid)
    with psycopg.connect(server.dsn) as connection:
        for layer_id, bound, kept in (
            ("unit_grid", 400, "code"),
            ("unit_grid", 10, "aggregated"),
            ("component", 10, "aggregated"),
            ("road", 10, "aggregated"),
        ):
            wanted = tiles.Tile(layer_id, Level.PUBLIC, index, day)
            making, row = tiler.making(wanted, bound), None
            try:
                while True:
                    row = connection.execute(*making.send(row)).fetchone()
            except StopIteration as done:
                (layer,) = mapbox_vector_tile.decode(done.value).values()
            found = [feature["properties"] for feature in layer["features"]]
            assert all(set(one) == {kept} for one in found), layer_id
            if kept == "aggregated":
                assert sum(one[kept] for one in found) == 3


def test_tiles_of_many_layers_share_the_bytes(start, monkeypatch):
    monkeypatch.setattr("gis.serve.dataset_tiles.LARGEST_BYTES", 4_000)
    column, row = tile_at(120.1605, 30.2705, 14)
    with start() as server:
        answer = server.get(f"/tiles/WebMercatorQuad/14/{row}/{column}")
        found = mapbox_vector_tile.decode(answer.content)
        assert len(answer.content) <= 4_000
        assert {"unit_grid", "road", "community"} <= set(found)


def test_tiles_of_many_layers(server, catalogue):
    column, row = tile_at(120.1605, 30.2705, 14)
    path = f"/tiles/WebMercatorQuad/14/{row}/{column}"
    chosen = decoded_at(server, f"{path}?collections=unit_grid,road")
    assert list(chosen) == ["unit_grid", "road"]
    assert chosen["unit_grid"] == decoded_at(server, path_at(14))["unit_grid"]
    whole = set(decoded_at(server, path))
    assert {"unit_grid", "road", "community"} <= whole
    assert "camera" not in whole
    assert "case_record" not in whole
    assert server.get(f"{path}?collections=camera").status_code == 400
    assert server.get(f"{path}?collections=none").status_code == 400
    assert (
        server.get(f"{path}?collections=building&datetime=2001-01-01").status_code
        == 204
    )
    answer = server.get(path)
    same = server.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert same.status_code == 304
    with psycopg.connect(server.dsn) as connection:
        connection.execute("UPDATE city.road SET source = source")
    assert server.get(path).headers["etag"] != answer.headers["etag"]


def test_metadata_of_many_layers(server):
    for name in MATRIX_SETS:
        found = server.json(f"/tiles/{name}?collections=road,district")
        assert [layer["id"] for layer in found["layers"]] == ["road", "district"]
        item = next(link for link in found["links"] if link["rel"] == "item")
        assert item["href"].endswith("?collections=road,district")
        tilejson = server.json(f"/tiles/{name}/tilejson.json?collections=road")
        assert [layer["id"] for layer in tilejson["vector_layers"]] == ["road"]
    listed = server.json("/tiles")["tilesets"]
    assert [entry["tileMatrixSetId"] for entry in listed] == list(MATRIX_SETS)
    assert server.get("/tiles?f=html").status_code == 200
    rels = [link["rel"] for link in server.json("/")["links"]]
    assert sum(rel.endswith("/tilesets-vector") for rel in rels) == 1
    assert server.get("/tiles/Other").status_code == 404
