"""Adding a layer is one file: its table, views, documents, items and tiles follow."""

import geopandas
import pytest
from shapely import Point

from gis.db.loader import load_frame
from gis.db.migrate import FOLDER, find_migrations, migrate, stage
from layers import LAYERS, Level, load_catalogue

FILE = """\
title: {zh: 消防站, en: Fire station}
geometry: Point
srid: 4490
access: public
columns:
  crew: {type: integer, unit: "{person}", access: staff, title: {zh: 编制, en: Crew}}
  engines: {type: integer, min: 0, title: {zh: 消防车, en: Engines}}
coverage: {model: disc, radius_m: 2500, basis: "an example, no standard"}
tiles: {zoom: [9, 16], columns: [name, engines, crew]}
legend: {symbol: circle}
"""


@pytest.fixture
def extended(tmp_path):
    folder = tmp_path / "layers"
    (folder / "safety").mkdir(parents=True)
    (folder / "safety" / "fire_station.yaml").write_text(FILE, encoding="utf-8")
    return load_catalogue(LAYERS, folder)


def test_one_file_is_served(empty_db, extended, city, tmp_path, serve_city):
    with empty_db.owner() as connection:
        staged = stage(connection, extended, city, tmp_path / "migrations", 9001)
    staged.rename(staged.with_suffix(""))
    found = find_migrations(FOLDER, tmp_path / "migrations")
    assert len(migrate(empty_db, extended, city, found)) == 1
    frame = geopandas.GeoDataFrame(
        {"code": ["xf-1"], "name": ["西湖站"], "crew": [30], "engines": [4]},
        geometry=[Point(120.13, 30.26)],
        crs=4490,
    )
    report = load_frame(
        empty_db, extended, city, "fire_station", frame, datum="cgcs2000",
        allow_outside=True, source_name="test",
    )  # fmt: skip
    assert report.loaded == 1, report
    with serve_city(empty_db.dsn, extended) as server:
        listed = server.json("/collections?lang=zh")["collections"]
        assert "消防站" in [collection["title"] for collection in listed]
        item = server.json("/collections/fire_station/items/xf-1")
        assert item["properties"]["engines"] == 4
        assert "crew" not in item["properties"]
        assert item["geometry"]["coordinates"] == pytest.approx([120.13, 30.26])
        staff = server.json("/collections/fire_station/items/xf-1", Level.STAFF)
        assert staff["properties"]["crew"] == 30
        schema = server.json("/collections/fire_station/schema", Level.STAFF)
        assert schema["properties"]["crew"]["x-ogc-unit"] == "{person}"
        tile = server.get(
            "/collections/fire_station/tiles/WebMercatorQuad/12/1686/3414"
        )
        assert tile.status_code == 200
        assert "消防".encode() not in tile.content
        assert "西湖站".encode() in tile.content
        assert b"crew" not in tile.content
        paths = server.json("/openapi")["paths"]
        assert "/collections/fire_station/items/{itemId}" in paths
        page = server.get("/docs/layers/fire_station?lang=en")
        assert "Fire station" in page.text
        assert "an example, no standard" in page.text
        answer = server.ask(
            "POST",
            "/processes/coverage/execution",
            json={"inputs": {"service": "fire_station", "zones": "district"}},
        )
        assert answer.status_code in (200, 422), answer.text
