"""Vector tiles: what is in them, and what is outside."""

import math

import mapbox_vector_tile
import pytest

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
    assert [entry["tileMatrixSetId"] for entry in listed] == ["WebMercatorQuad"]


def test_hidden_places_have_no_tiles(server):
    path = path_at(14, "case_record")
    assert server.get(path).status_code == 404
    assert server.get(path, Level.STAFF).status_code == 200
    camera = path_at(14, "camera")
    assert server.get(camera, Level.STAFF).status_code == 404
    assert server.get(camera, Level.RESTRICTED).status_code == 200
