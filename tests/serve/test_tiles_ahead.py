"""Tiles made ahead: found by the server, never stale, and packed for offline use."""

import gzip
import math
from pathlib import Path

import mapbox_vector_tile
import psycopg
import pyogrio
import pytest
import shapely
from click.testing import CliRunner
from pmtiles.reader import MmapSource, Reader, all_tiles

from gis.cli.tiles import tiles
from gis.db.matrix import MATRIX_SETS, WEB_MERCATOR
from gis.tiling.area import Area, index_at
from layers import Level

LON, LAT = 120.1605, 30.2705
BOX = "120.155,30.265,120.166,30.276"


@pytest.fixture
def run(canary_dsn, tmp_path):
    def call(*args, ok=True):
        home = {"CITYGRID_DSN": canary_dsn, "CITYGRID_HOME": str(tmp_path)}
        found = CliRunner().invoke(tiles, args, env=home)
        assert (found.exception is None) == ok, found.output
        return found.output if ok else f"{found.output}{found.exception}"

    return call


def path_of(zoom, layer="unit_grid", matrix_set=WEB_MERCATOR):
    index = "/".join(map(str, index_at(matrix_set, zoom, LON, LAT)))
    return f"/collections/{layer}/tiles/{matrix_set.id}/{index}"


@pytest.mark.parametrize("name", list(MATRIX_SETS))
def test_index_of_a_point_is_the_tile_over_it(name):
    matrix_set = MATRIX_SETS[name]
    for lon, lat in ((LON, LAT), (-179.99, 84.9), (0.0, 0.0), (179.99, -84.9)):
        for zoom in (0, 1, 7, 18):
            west, south, east, north = matrix_set.degrees_of(
                index_at(matrix_set, zoom, lon, lat)
            )
            assert west <= lon <= east
            assert south <= lat <= north


def test_area_counts_the_tiles_of_its_box():
    area = Area(shapely.box(120.1, 30.2, 120.3, 30.4), (9, 12))
    for zoom in range(9, 13):
        found = list(area.tiles(WEB_MERCATOR, zoom))
        assert len(found) == area.count_at(WEB_MERCATOR, zoom)
        assert len(set(found)) == len(found)


@pytest.mark.parametrize("matrix_set", list(MATRIX_SETS))
def test_seeded_tiles_are_those_of_the_server(run, start, tmp_path, matrix_set):
    chosen = MATRIX_SETS[matrix_set]
    zoom = 14 - chosen.shift
    args = ("seed", "--layers", "unit_grid", "--zoom", f"12-{zoom}", "--bbox", BOX)
    with start() as server:
        fresh = server.get(path_of(zoom, matrix_set=chosen)).content
        assert "made" in run(*args, "--matrix-set", matrix_set)
        kept = list((tmp_path / "tiles").rglob("*.mvt.gz"))
        assert {path.parent.parent.parent.name for path in kept} == {matrix_set}
        assert fresh in [gzip.decompress(path.read_bytes()) for path in kept]
        assert " 0 新生成 made" in run(*args, "--matrix-set", matrix_set)


def test_server_serves_what_was_seeded_until_the_layer_changes(run, start, tmp_path):
    run("seed", "--layers", "road", "--zoom", "13-14", "--bbox", BOX)
    (kept,) = (tmp_path / "tiles").rglob("14/*/*.mvt.gz")
    mark = gzip.decompress(kept.read_bytes()).replace(b"road-", b"ROAD-")
    kept.write_bytes(gzip.compress(mark))
    with start() as server:
        assert server.get(path_of(14, "road")).content == mark
        plain = server.get(path_of(14, "road"), headers={"Accept-Encoding": "identity"})
        assert plain.content == mark
        whole = server.get("/tiles" + path_of(14).split("/tiles")[1]).content
        assert b"ROAD-" in whole
        # another day on which the same features are valid, then one on which not
        later = f"{path_of(14, 'road')}?datetime=2030-01-01"
        assert server.get(later).content == mark
        before = f"{path_of(14, 'road')}?datetime=2001-01-01"
        assert b"ROAD-" not in server.get(before).content
        staff = server.get(path_of(14, "road"), Level.STAFF).content
        assert b"ROAD-" not in staff
        with psycopg.connect(server.dsn) as connection:
            connection.execute("UPDATE city.road SET source = source WHERE false")
        assert b"ROAD-" in server.get(path_of(14, "road")).content
        with psycopg.connect(server.dsn) as connection:
            connection.execute("UPDATE city.road SET source = source")
        assert b"ROAD-" not in server.get(path_of(14, "road")).content
    assert kept.exists()
    run("seed", "--layers", "road", "--zoom", "13", "--bbox", BOX)
    assert not kept.exists()


def test_seeding_goes_on_where_it_was_stopped(run, tmp_path):
    args = ("seed", "--layers", "component", "--bbox", BOX, "--zoom", "15-16")
    run(*args)
    kept = sorted((tmp_path / "tiles").rglob("*.mvt.gz"))
    bodies = [path.read_bytes() for path in kept]
    kept[-1].unlink()
    said = run(*args)
    assert " 1 新生成 made" in said
    assert f"{len(kept) - 1} 已有 kept" in said
    assert [path.read_bytes() for path in kept] == bodies


def test_archive_reads_back_in_pmtiles_and_gdal(run, start, tmp_path):
    one, two = tmp_path / "one.pmtiles", tmp_path / "two.pmtiles"
    args = ("--layers", "unit_grid,road", "--zoom", "12-14", "--lang", "en")
    assert "access level: public" in run("export", *args, "-o", str(one))
    run("export", *args, "-o", str(two))
    assert one.read_bytes() == two.read_bytes()
    with one.open("rb") as file:
        reader = Reader(MmapSource(file))
        header, metadata = reader.header(), reader.metadata()
        stored = dict(all_tiles(reader.get_bytes))
        _, row, column = index_at(WEB_MERCATOR, 14, LON, LAT)
        body = gzip.decompress(reader.get(14, column, row))
    assert (header["min_zoom"], header["max_zoom"]) == (12, 14)
    assert header["clustered"]
    assert 120.159 < header["min_lon_e7"] / 1e7 < header["max_lon_e7"] / 1e7 < 120.17
    assert 30.269 < header["min_lat_e7"] / 1e7 < header["max_lat_e7"] / 1e7 < 30.28
    assert metadata["citygrid:access"] == "public"
    assert metadata["attribution"]
    assert [one["id"] for one in metadata["vector_layers"]] == ["unit_grid", "road"]
    assert all(len(gzip.decompress(tile)) <= 500_000 for tile in stored.values())
    with start() as server:
        path = f"/tiles/WebMercatorQuad/14/{row}/{column}?collections=unit_grid,road"
        assert server.get(path).content == body
    listed = pyogrio.list_layers(one)
    assert set(listed[:, 0]) == {"unit_grid", "road"}
    frame = pyogrio.read_dataframe(one, layer="unit_grid")
    codes = mapbox_vector_tile.decode(body)["unit_grid"]["features"]
    assert set(frame["code"]) == {feature["properties"]["code"] for feature in codes}
    half = math.pi * 6378137
    assert frame.total_bounds[0] == pytest.approx(120.16 / 180 * half, abs=30)


def test_archive_holds_only_what_its_level_sees(run, tmp_path):
    file = str(tmp_path / "camera.pmtiles")
    refused = run("export", "--layers", "camera", "-o", file, ok=False)
    assert "from level restricted" in refused
    assert not (tmp_path / "camera.pmtiles").exists()
    args = ("export", "--layers", "camera", "-o", file, "--level", "restricted")
    assert "access level: restricted" in run(*args, "--zoom", "14")
    with Path(file).open("rb") as opened:
        metadata = Reader(MmapSource(opened)).metadata()
    assert metadata["citygrid:access"] == "restricted"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--zoom", "14-9"), "must rise"),
        (("--zoom", "a"), "must be a zoom"),
        (("--zoom", "40"), "within 0 to 22"),
        (("--bbox", "1,2,3"), "must be west,south,east,north"),
        (("--bbox", "nan,1,2,3"), "west<east"),
        (("--bbox", "3,1,2,4"), "west<east"),
        (("--bbox", BOX, "--district", "330102"), "one of them"),
        (("--district", "999999"), "no such code"),
        (("--layers", "nothing"), "must be of"),
        (("--bbox", "1,1,2,2"), "no feature"),
        (("--layers", "road", "--zoom", "0"), "zooms"),
    ],
)
def test_refused_in_words(run, tmp_path, args, said):
    output = run("export", "-o", str(tmp_path / "x.pmtiles"), *args, ok=False)
    assert said in output
    assert list(tmp_path.glob("x.pmtiles*")) == []


def test_district_in_place_of_a_box(run, tmp_path, canary_dsn):
    with psycopg.connect(canary_dsn) as connection:
        (code,) = connection.execute("SELECT code FROM city.district").fetchone()
    file = str(tmp_path / "d.pmtiles")
    run("export", "--layers", "unit_grid", "--district", code, "-o", file)
