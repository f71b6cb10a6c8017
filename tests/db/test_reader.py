"""The Reader gives what is valid, in the working CRS; statements use their indexes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas import GeoDataFrame

from gis.access import COMPUTE_ROLE
from gis.db.compose import Box, Composer, Interval, Output, Query
from gis.db.loader import load_frame
from gis.db.pool import Database
from gis.db.reader import DatabaseReader
from gis.db.results import DatabaseResults
from gis.db.tiles import build_tile
from gis.errors import NotFound, QueryError
from layers import Catalogue, City, Level
from processes import InvalidInput, Result, Run
from processes.kernels.exact import packed_shapes
from processes.kernels.written import Written

UTC = dt.UTC


@pytest.fixture
def reader(empty_db: Database, catalogue: Catalogue, city: City) -> DatabaseReader:
    frame = GeoDataFrame(
        {
            "code": ["a", "a", "b", "c_1"],
            "name": ["旧", "新", "乙", "丙"],
            "valid_from": ["2012-01-01", "2015-01-01", "2013-01-01", "2014-01-01"],
            "valid_to": ["2015-01-01", None, None, "2014-06-01"],
            "spaces": [10, 20, None, 5],
            "guided": [False, True, None, True],
        },
        geometry=shapely.points([120.1, 120.1, 120.2, 120.3], 30.2),
    )
    load_frame(empty_db, catalogue, city, "parking_lot", frame, datum="cgcs2000")
    return DatabaseReader(empty_db, catalogue, city)


def test_versions_by_date(reader: DatabaseReader) -> None:
    def names(day: dt.date | None) -> list[str]:
        found = reader.features("parking_lot", columns=["name"], as_of=day)
        return list(found.columns["name"])

    assert names(dt.date(2011, 12, 31)) == []
    assert names(dt.date(2012, 1, 1)) == ["旧"]
    assert names(dt.date(2014, 5, 31)) == ["旧", "乙", "丙"]
    assert names(dt.date(2014, 6, 1)) == ["旧", "乙"]
    assert names(dt.date(2015, 1, 1)) == ["新", "乙"]
    assert names(None) == ["新", "乙"]


def test_columns_have_the_promised_types(reader: DatabaseReader) -> None:
    found = reader.features(
        "parking_lot", columns=["spaces", "guided", "valid_from", "name"]
    )
    assert found.srid == 4549
    assert found.columns["spaces"].dtype == np.float64
    assert np.isnan(found.columns["spaces"][1])
    assert list(found.columns["guided"]) == [True, None]
    assert found.columns["valid_from"].dtype == np.dtype("datetime64[D]")
    metres = shapely.get_coordinates(found.geometry)
    assert np.array_equal(np.round(metres, 3), metres)
    assert 500_000 < metres[0, 0] < 530_000


def test_filters_and_codes(reader: DatabaseReader) -> None:
    day = dt.date(2014, 3, 1)

    def codes(**options: object) -> list[str]:
        found = reader.features("parking_lot", as_of=day, geometry=False, **options)  # type: ignore[arg-type]
        return list(found.code)

    assert codes(where="spaces > 7") == ["a"]
    assert codes(codes=["c_"]) == ["c_1"]
    assert codes(codes=["_"]) == []
    assert codes(codes=[]) == []
    with pytest.raises(InvalidInput, match="where"):
        codes(where="nothing = 1")
    with pytest.raises(InvalidInput, match="must be one of"):
        reader.features("no_layer")


def test_answers_are_nothing_to_compute_from(reader: DatabaseReader) -> None:
    for layer in ("coverage_result", "scorecard"):
        with pytest.raises(InvalidInput, match=f"layer: {layer} given, must be one of"):
            reader.features(layer)


def test_the_version_moves_with_the_rows(
    reader: DatabaseReader, catalogue: Catalogue, city: City
) -> None:
    before = reader.version("parking_lot")
    frame = GeoDataFrame(
        {"code": ["d"], "name": ["丁"]}, geometry=[shapely.Point(120.1, 30.2)]
    )
    load_frame(reader._database, catalogue, city, "parking_lot", frame, datum="wgs84")
    assert reader.version("parking_lot") > before
    assert reader.features("parking_lot").version == reader.version("parking_lot")


def test_results_are_kept(empty_db: Database) -> None:
    store = DatabaseResults(empty_db)
    key = "0123456789abcdef" * 4
    assert store.get(key) is None
    answer = Result(process="gap", version="1", inputs={"of": "area"})
    run = Run(key, answer, {}, None, Level.STAFF, Level.PUBLIC, 0.5)
    store.put(run)
    store.put(run)
    assert Result.from_text(str(store.get(key))) == answer


def test_every_zone_that_holds_a_point(
    city_db: Database, catalogue: Catalogue, city: City
) -> None:
    reader = DatabaseReader(city_db, catalogue, city)
    grids = reader.features("unit_grid")
    inside = shapely.point_on_surface(grids.geometry[7])
    found = reader.locate(inside.x, inside.y)
    assert list(found) == list(city.zones)
    assert found["unit_grid"]["code"] == grids.code[7]
    for zone in city.zones:
        assert str(grids.code[7]).startswith(str(found[zone]["code"]))
    assert reader.locate(0.0, 0.0) == {}


def test_locate_takes_five_milliseconds_of_the_database_by_its_index(
    city_db: Database, catalogue: Catalogue, city: City
) -> None:
    """No sequential scan over the grid: the time stays what it is in a small city."""
    with city_db.reader() as connection:
        connection.execute("SET enable_seqscan = off")
        plan = connection.execute(
            "EXPLAIN SELECT code FROM city.unit_grid WHERE "
            "ST_Intersects(geom_m, ST_SetSRID(ST_MakePoint(1, 1), 4549))"
        ).fetchall()
    assert "unit_grid_geom_m" in str(plan)


@pytest.fixture
def composer(catalogue: Catalogue, city: City) -> Composer:
    return Composer(catalogue, city)


def page(database: Database, composer: Composer, query: Query) -> tuple[str, int, int]:
    """Features of a page as text, how many, and the key of the last one."""
    text, values = composer.page(query)
    with database.reader(query.level) as connection:
        rows = connection.execute(text, values).fetchall()[: query.limit]
    return ",".join(row[0] for row in rows), len(rows), rows[-1][1] if rows else 0


def test_pages_count_and_keys_agree(city_db: Database, composer: Composer) -> None:
    whole = Query("unit_grid", Level.PUBLIC, limit=10_000)
    text, count, _ = page(city_db, composer, whole)
    counted, values = composer.count(whole)
    with city_db.reader(Level.PUBLIC) as connection:
        assert connection.execute(counted, values).fetchone() == (count,)
    seen: list[str] = []
    after = None
    while True:
        query = Query("unit_grid", Level.PUBLIC, limit=97, after=after)
        part, number, last = page(city_db, composer, query)
        if not number:
            break
        seen.append(part)
        after = last
    assert ",".join(seen) == text
    skipped, _, _ = page(
        city_db, composer, Query("unit_grid", Level.PUBLIC, limit=97, offset=97)
    )
    assert skipped == seen[1]


def test_hidden_columns_do_not_exist(city_db: Database, composer: Composer) -> None:
    import json

    for level in Level:
        text, _, _ = page(city_db, composer, Query("case_record", level, limit=1))
        feature = json.loads(text)
        names = set(feature["properties"])
        assert ("details" in names) == (level >= Level.STAFF)
        assert ("reporter" in names) == (level >= Level.RESTRICTED)
        assert (feature["geometry"] is None) == (level < Level.STAFF)
    with pytest.raises(QueryError, match="does not exist"):
        composer.page(Query("camera", Level.STAFF))
    with pytest.raises(QueryError, match="no property 'reporter'"):
        composer.page(Query("case_record", Level.STAFF, equals=(("reporter", "x"),)))
    nowhere = (Box(0, 0, 1, 1, 4326),)  # says nothing of places that are not seen
    for level, found in ((Level.PUBLIC, 1), (Level.STAFF, 0)):
        query = Query("case_record", level, limit=1, boxes=nowhere)
        assert page(city_db, composer, query)[1] == found


def test_boxes_in_any_crs_find_the_same(city_db: Database, composer: Composer) -> None:
    degrees = Box(120.12, 30.26, 120.14, 30.28, 4326)
    _, expected, _ = page(
        city_db,
        composer,
        Query("building", Level.PUBLIC, limit=10_000, boxes=(degrees,)),
    )
    stored = Box(120.12, 30.26, 120.14, 30.28, 4490)
    _, found, _ = page(
        city_db,
        composer,
        Query("building", Level.PUBLIC, limit=10_000, boxes=(stored,)),
    )
    assert found == expected
    # the box's own corners in Web Mercator: its sides run along the same meridians
    x = [lon * 20037508.342789244 / 180 for lon in (120.12, 120.14)]
    y = [
        np.log(np.tan(np.pi / 4 + np.radians(lat) / 2)) * 6378137.0
        for lat in (30.26, 30.28)
    ]
    mercator = Box(x[0], y[0], x[1], y[1], 3857)
    _, found, _ = page(
        city_db,
        composer,
        Query("building", Level.PUBLIC, limit=10_000, boxes=(mercator,)),
    )
    assert found == expected


def test_the_axis_order_of_the_authority(
    reader: DatabaseReader, composer: Composer
) -> None:
    import json

    def coordinates(output: Output) -> list[float]:
        query = Query("parking_lot", Level.PUBLIC, limit=1, output=output)
        text, _, _ = page(reader._database, composer, query)
        found = json.loads(text)["geometry"]["coordinates"]
        return [float(v) for v in found]

    assert coordinates(Output()) == [120.1, 30.2]
    assert coordinates(Output(srid=4490, flip=True)) == [30.2, 120.1]
    northing, easting = coordinates(Output(srid=4549, flip=True))
    assert easting == pytest.approx(509629.9, abs=1)
    assert northing == pytest.approx(3342259, abs=50)


def test_observations_are_found_by_their_time(
    city_db: Database, composer: Composer
) -> None:
    whole = Query("air_observation", Level.PUBLIC, limit=10_000)
    _, everything, _ = page(city_db, composer, whole)
    middle = dt.datetime(2100, 1, 1, tzinfo=UTC)
    early, late = Interval(None, middle), Interval(middle, None)
    before, after = (
        page(city_db, composer, replace(whole, interval=interval))[1]
        for interval in (early, late)
    )
    assert everything > 0
    assert after == 0
    assert before >= everything


def test_tiles_hold_the_declared_attributes(
    city_db: Database, catalogue: Catalogue, city: City
) -> None:
    import mapbox_vector_tile

    # the tile of 120.13, 30.27 at zoom 14 by the formula of the tile matrix set
    lat = np.radians(30.27)
    column = int((120.13 + 180) / 360 * 2**14)
    row = int((1 - np.arcsinh(np.tan(lat)) / np.pi) / 2 * 2**14)
    text, values = build_tile(
        catalogue, city.stored_srid, "unit_grid", Level.PUBLIC, (14, row, column),
        dt.date.today(),
    )  # fmt: skip
    with city_db.reader(Level.PUBLIC) as connection:
        found = connection.execute(text, values).fetchone()
    assert found
    tile = mapbox_vector_tile.decode(bytes(found[0]))["unit_grid"]
    assert tile["extent"] == 4096
    assert all(isinstance(feature["id"], int) for feature in tile["features"])
    names = set(tile["features"][0]["properties"])
    tiles = catalogue["unit_grid"].tiles
    assert tiles
    assert names <= {"code", *tiles.columns}
    for bad in ((23, 0, 0), (3, 8, 0), (3, 0, -1)):
        with pytest.raises(NotFound):
            build_tile(catalogue, 4490, "unit_grid", Level.PUBLIC, bad, dt.date.today())


def test_each_query_uses_its_spatial_index(
    city_db: Database, composer: Composer, catalogue: Catalogue
) -> None:
    """Every layer with more rows than a page of the table holds."""
    box = Box(120.120, 30.260, 120.121, 30.261, 4326)
    checked = 0
    for layer in catalogue.values():
        if not layer.geometry_at(Level.RESTRICTED):
            continue
        text, values = composer.count(Query(layer.id, Level.RESTRICTED, boxes=(box,)))
        everything, none = composer.count(Query(layer.id, Level.RESTRICTED))
        with city_db.reader(Level.RESTRICTED) as connection:
            row = connection.execute(everything, none).fetchone()
            if not row or row[0] < 500:
                continue
            connection.execute("SET enable_seqscan = off")
            plan = b"EXPLAIN (COSTS OFF) " + text.as_bytes(connection)
            lines = " ".join(row[0] for row in connection.execute(plan, values))
            connection.execute("RESET enable_seqscan")
        assert f"{layer.id}_geom" in lines, f"{layer.id}: {lines}"
        checked += 1
    assert checked >= 8


def test_the_compute_role_reads_and_does_not_write(city_db: Database) -> None:
    import psycopg

    with city_db.reader() as connection:
        assert connection.execute("SELECT current_user").fetchone() == (COMPUTE_ROLE,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM city.district")


def test_no_rows_are_no_error(
    empty_db: Database, catalogue: Catalogue, city: City
) -> None:
    reader = DatabaseReader(empty_db, catalogue, city)
    for layer in catalogue:
        if catalogue[layer].audience:
            continue
        found = reader.features(layer, columns=list(catalogue[layer].columns))
        assert len(found) == 0
    assert isinstance(pd.DataFrame(found.columns), pd.DataFrame)


def test_outlines_that_cover_stay_bytes_until_somebody_looks(
    empty_db: Database, catalogue: Catalogue, city: City
) -> None:
    outlines = shapely.box([120.1, 120.2], 30.2, [120.11, 120.23], 30.21)
    frame = GeoDataFrame({"code": ["b", "a"]}, geometry=outlines)
    load_frame(empty_db, catalogue, city, "residential_land", frame, datum="cgcs2000")
    with empty_db.owner() as connection:
        connection.execute(
            "INSERT INTO city.residential_land (code, valid_from, source, synthetic)"
            " VALUES ('c', '2010-01-01', 'test', true)"
        )
        stored = connection.execute(
            "SELECT ST_AsBinary(geom_m) FROM city.residential_land ORDER BY code"
        ).fetchall()
    reader = DatabaseReader(empty_db, catalogue, city)
    found = reader.features("residential_land")
    assert isinstance(found.shapes, Written)
    assert list(shapely.to_wkb(found.geometry)) == [cell for (cell,) in stored]
    assert found.geometry[2] is None
    assert found.geometry is found.geometry, "decoded once"
    assert found.take(np.array([1])).geometry[0] is found.geometry[1]
    chains, objects = (packed_shapes(s) for s in (found.shapes, found.geometry))
    np.testing.assert_array_equal(chains.xy, objects.xy)
    nothing = reader.features("residential_land", as_of=dt.date(1999, 1, 1))
    assert len(nothing.geometry) == len(nothing) == 0
