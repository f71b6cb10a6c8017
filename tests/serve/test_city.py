"""The small demo city, as served: every layer whole, every tile within bounds."""

import math

import psycopg
import pytest
from psycopg import sql

from layers import Level

CENTRE = (120.13, 30.26)
LARGEST_TILE = 500_000


@pytest.fixture(scope="module")
def served(city_db, catalogue, serve_city):
    with serve_city(city_db.dsn, catalogue) as server:
        yield server


def test_every_layer_is_served_whole(served, catalogue):
    today = "valid_from <= current_date AND coalesce(valid_to > current_date, true)"
    with psycopg.connect(served.dsn) as connection:
        for layer in catalogue.values():
            table = sql.Identifier("city", layer.id)
            query = sql.SQL("SELECT count(*) FROM {} WHERE " + today).format(table)
            number = connection.execute(query).fetchone()[0]
            path = f"/collections/{layer.id}/items?limit=10"
            found = served.json(path, Level.RESTRICTED)
            assert found["numberMatched"] == number, layer.id
            if not layer.derived:
                assert number > 0, layer.id


def test_paging_walks_a_layer_once(served):
    path, codes = "/collections/unit_grid/items?limit=1000&properties=code", []
    while path:
        page = served.json(path)
        codes += [feature["id"] for feature in page["features"]]
        path = next((x["href"] for x in page["links"] if x["rel"] == "next"), None)
    assert len(codes) == len(set(codes)) == page["numberMatched"]


@pytest.mark.parametrize("zoom", [10, 12, 14, 16])
def test_tiles_of_the_centre_are_bounded(served, catalogue, zoom):
    n = 2**zoom
    column = int((CENTRE[0] + 180) / 360 * n)
    up = math.asinh(math.tan(math.radians(CENTRE[1])))
    row = int((1 - up / math.pi) / 2 * n)
    filled = 0
    for layer in catalogue.values():
        if (
            layer.tiles is None
            or not layer.tiles.zoom[0] <= zoom <= layer.tiles.zoom[1]
        ):
            continue
        path = f"/collections/{layer.id}/tiles/WebMercatorQuad/{zoom}/{row}/{column}"
        answer = served.get(path, Level.RESTRICTED)
        assert answer.status_code in (200, 204), (layer.id, answer.text)
        assert len(answer.content) <= LARGEST_TILE, layer.id
        filled += answer.status_code == 200
    assert filled >= 3


def test_ready(served):
    assert served.get("/readyz").status_code == 200


def test_not_ready_before_the_city_is_there(empty_db, catalogue, serve_city):
    with serve_city(empty_db.dsn, catalogue) as server:
        answer = server.get("/readyz")
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert server.get("/healthz").status_code == 200
        found = server.json("/collections/district/items")
        assert found["numberMatched"] == 0
        assert found["features"] == []
