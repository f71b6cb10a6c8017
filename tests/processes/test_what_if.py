"""What-if equals a whole new computation of the changed city, to the bit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
import shapely

from gis.compute import execute
from gis.db.pool import Database
from gis.db.reader import DatabaseReader
from layers import Catalogue, City, Level, transformer
from processes import Forbidden, InvalidInput, Result
from processes._services import service_columns
from tests.processes.test_database import AT, by_zone, run

LEVELS = ("district", "street", "community")


@pytest.fixture(scope="module")
def reader(city_db: Database, catalogue: Catalogue, city: City) -> DatabaseReader:
    return DatabaseReader(city_db, catalogue, city)


def as_geojson(reader: Any, service: str, codes: Iterable[str]) -> list[dict[str, Any]]:
    """Stored assets as somebody would draw them: lon, lat and their properties."""
    layer = reader.catalogue[service]
    names = service_columns(layer)
    found = reader.features(service, columns=names)
    back = transformer(reader.city.working_srid, reader.city.stored_srid).transform
    at = {code: i for i, code in enumerate(found.code)}
    features = []
    for code in codes:
        i = at[code]
        lonlat = shapely.transform(
            found.geometry[i],
            lambda xy: shapely.get_coordinates(
                shapely.points(*back(xy[:, 0], xy[:, 1]))
            ),
        )
        properties = {
            name: None
            if found.columns[name][i] != found.columns[name][i]
            else found.columns[name][i]
            for name in names
        }
        features.append(
            {
                "type": "Feature",
                "id": code,
                "geometry": shapely.geometry.mapping(lonlat),
                "properties": properties,
            }
        )
    return features


def without(codes: Iterable[str]) -> str:
    return " AND ".join(f"code <> '{code}'" for code in codes)


def some_codes(reader: Any, service: str, count: int) -> list[str]:
    """Assets that cover something, spread over the city."""
    from processes._services import read_service

    held = read_service(reader, service)
    step = max(1, len(held.asset) // count)
    return [str(held.features.code[i]) for i in held.asset[::step][:count]]


def assert_equals(answer: Result, which: str, whole: Mapping[str, Result]) -> None:
    """Every row of a what-if against coverage at its level, exactly."""
    rows = [row for row in answer.rows if row["zone_id"] not in ("outside", "total")]
    assert rows
    for row in rows:
        expected = by_zone(whole[row["level"]])[row["zone_id"]]
        assert row[which] == expected["covered"], row
        assert row["total"] == expected["total"]
    for row in answer.rows:
        expected = by_zone(whole[row["level"]])[row["zone_id"]]
        assert row[which] == pytest.approx(expected["covered"], rel=1e-12, abs=1e-9)


QUESTIONS = [
    ("camera", {}),
    ("camera", {"of": "population"}),
    ("camera", {"of": "length", "demand": "road"}),
    ("camera", {"of": "residential_area"}),
    ("service_point", {}),
    ("service_point", {"of": "count", "demand": "elevator"}),
    ("camera", {"of": "count", "demand": "public_place", "share_min": 0.1}),
    ("park", {"of": "count", "demand": "road", "share_min": 0.5}),
    ("base_station", {}),
    ("park", {}),
]


@pytest.mark.parametrize(("service", "of"), QUESTIONS)
def test_what_goes_and_comes_equals_a_new_computation(
    reader: Any, service: str, of: dict[str, Any]
) -> None:
    codes = some_codes(reader, service, 5)
    all_rows = {"changed_only": False, "levels": LEVELS}
    with_all = {
        level: run_now(reader, "coverage", service=service, zones=level, **of)
        for level in LEVELS
    }
    with_few = {
        level: run_now(
            reader, "coverage", service=service, zones=level, where=without(codes), **of
        )
        for level in LEVELS
    }
    gone = run_now(reader, "what-if", service=service, remove=codes, **all_rows, **of)
    assert_equals(gone, "before", with_all)
    assert_equals(gone, "after", with_few)
    come = run_now(
        reader,
        "what-if",
        service=service,
        add={
            "type": "FeatureCollection",
            "features": as_geojson(reader, service, codes),
        },
        where=without(codes),
        **all_rows,
        **of,
    )
    assert_equals(come, "before", with_few)
    assert_equals(come, "after", with_all)
    moved = run_now(
        reader,
        "what-if",
        service=service,
        move=as_geojson(reader, service, codes),
        **of,
    )
    assert {row["zone_id"] for row in moved.rows} == {"outside", "total"}


def run_now(reader: Any, process: str, **inputs: Any) -> Result:
    return execute(process, inputs, reader=reader, level=Level.RESTRICTED)


def test_only_what_changes_is_told_unless_all_is_asked(reader: Any) -> None:
    codes = some_codes(reader, "camera", 1)
    few = run_now(reader, "what-if", service="camera", remove=codes)
    every = run_now(
        reader, "what-if", service="camera", remove=codes, changed_only=False
    )
    assert len(few.rows) < len(every.rows)
    changed = [row for row in every.rows if row["difference"]]
    assert [r for r in few.rows if r["difference"]] == changed
    assert all(row["difference"] <= 0 for row in changed)
    assert few.reconciliation["edits"] == {
        "added": 0, "moved": 0, "removed": 1, "not_counted": 0, "shapes_added": 0,
    }  # fmt: skip


def test_at_a_date_and_in_unit_grids(reader: Any) -> None:
    codes = some_codes(reader, "unit_grid", 2)
    answer = run(
        reader, "what-if", service="unit_grid", remove=codes, levels=["unit_grid"]
    )
    whole = run(reader, "coverage", service="unit_grid", zones="unit_grid")
    rows = {row["zone_id"]: row for row in answer.rows}
    for code in codes:
        assert rows[code]["before"] == by_zone(whole)[code]["covered"] > 0
        assert rows[code]["after"] == pytest.approx(0.0, abs=1e-6)
    assert answer.inputs["as_of"] == AT


POINT = {"type": "Point", "coordinates": [120.12, 30.25]}


def feature(**changes: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": POINT, "properties": {}, **changes}


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "add: nothing given"),
        ({"remove": ["nobody"]}, "remove: nobody given"),
        ({"move": [feature()]}, "move.0: no id given"),
        ({"move": [feature(id="nobody")]}, "move: nobody given"),
        ({"add": {"type": "Point"}}, "add.0: another type given, must be a Feature"),
        (
            {"add": {"type": "FeatureCollection"}},
            "add: dict given, must be GeoJSON features",
        ),
        ({"add": [feature(geometry=None)]}, "add.0"),
        ({"add": [feature(geometry={"type": "Point"})]}, "add.0: geometry given"),
        (
            {"add": [feature(geometry={"type": "Point", "coordinates": [30.2, 120]})]},
            "must be lon, lat within",
        ),
        (
            {
                "add": [
                    feature(
                        geometry={"type": "LineString", "coordinates": [[1, 2], [3, 4]]}
                    )
                ]
            },
            "add.0: LineString given, must be a Point",
        ),
        ({"add": [feature(properties={"height": 3})]}, "add.0.height"),
        ({"add": [feature(properties={"height_m": "3"})]}, "add.0.height_m: 3 given"),
        ({"add": [feature(properties={"height_m": -3})]}, "must be at least 0"),
        ({"add": [feature()] * 1001}, "must be at most 1000"),
        ({"add": [feature(id="a"), feature(id="a")]}, "add.1: a given, must be a new"),
        (
            {
                "add": {
                    "type": "FeatureCollection",
                    "crs": {"type": "name", "properties": {"name": "EPSG:4549"}},
                    "features": [feature()],
                }
            },
            "add.crs: EPSG:4549 given, must be absent or CRS84",
        ),
        ({"add": [feature()], "levels": ["duty_grid"]}, "levels: duty_grid given"),
        (
            {"add": [feature()], "levels": ["street", "street"]},
            "levels: street, street given",
        ),
        ({"add": [feature()], "share_min": 2}, "share_min: 2 given"),
        ({"add": [feature()], "of": "length"}, "demand: nothing given"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    reader: Any, inputs: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        run_now(reader, "what-if", service="camera", **inputs)


def test_an_asset_that_is_there_is_not_added(reader: Any) -> None:
    code = some_codes(reader, "base_station", 1)[0]
    with pytest.raises(InvalidInput, match=f"add.0: {code} given, must be a new code"):
        run_now(reader, "what-if", service="base_station", add=[feature(id=code)])


@pytest.mark.parametrize(
    ("service", "off", "on"),
    [
        ("camera", {"state": "fault"}, {"state": "online"}),
        ("tourist_service", {"online": False}, {"online": True}),
    ],
)
def test_what_the_model_does_not_count_covers_nothing(
    reader: Any, service: str, off: dict[str, Any], on: dict[str, Any]
) -> None:
    def changed(edits: dict[str, Any]) -> tuple[float, int]:
        found = run_now(reader, "what-if", service=service, **edits)
        return found.rows[-1]["difference"], found.reconciliation["edits"][
            "not_counted"
        ]

    assert changed({"add": [feature(properties=off)]}) == (0.0, 1)
    gained, uncounted = changed({"add": [feature(properties=on)]})
    assert gained > 0.0
    assert uncounted == 0
    assert changed({"add": [feature()]}) == (gained, 0)
    (code,) = some_codes(reader, service, 1)
    stops = changed({"move": as_geojson_with(reader, service, code, off)})
    assert stops == (changed({"remove": [code]})[0], 1)


def as_geojson_with(
    reader: Any, service: str, code: str, properties: dict[str, Any]
) -> list[dict[str, Any]]:
    """A stored asset where it stands, with other properties."""
    (stored,) = as_geojson(reader, service, [code])
    return [{**stored, "properties": properties}]


def test_an_asset_that_is_not_counted_counts_once_it_is_mended(reader: Any) -> None:
    idle = str(reader.features("camera", where="state = 'fault'", as_of=AT).code[0])
    place = as_geojson_with(reader, "camera", idle, {})

    def change(**edits: Any) -> tuple[float, int]:
        found = run(reader, "what-if", service="camera", **edits)
        told = found.reconciliation["edits"]
        return found.rows[-1]["difference"], told["not_counted"]

    assert change(remove=[idle]) == (0.0, 1)
    assert change(move=place) == (0.0, 1)
    mended = [{**place[0], "properties": {"state": "online"}}]
    gained, uncounted = change(move=mended)
    assert gained > 0.0
    assert uncounted == 0
    rich = "state = 'online' OR state = 'fault' AND height_m > 1000"
    assert change(remove=[idle], where=rich) == (0.0, 1)
    with pytest.raises(InvalidInput, match=f"move: {idle} given, must be an asset"):
        change(move=mended, where=rich)


def test_a_number_below_what_the_model_counts_covers_nothing(reader: Any) -> None:
    ground = shapely.box(120.12, 30.25, 120.121, 30.251)
    for area_m2, uncounted in ((500, 1), (5000, 0), ("5000", 1)):
        park = {
            "type": "Feature",
            "geometry": shapely.geometry.mapping(ground),
            "properties": {"area_m2": area_m2},
        }
        found = run_now(reader, "what-if", service="park", add=[park])
        assert found.reconciliation["edits"]["not_counted"] == uncounted
        assert (found.rows[-1]["after"] == found.rows[-1]["before"]) is bool(uncounted)


def test_a_flag_covers_no_ground(reader: Any) -> None:
    with pytest.raises(InvalidInput, match="service: hospital given"):
        run_now(reader, "what-if", service="hospital", add=[feature()])


def test_the_public_may_ask_of_public_services_only(reader: Any) -> None:
    asked = {"service": "camera", "add": [feature()]}
    with pytest.raises(Forbidden):
        execute("what-if", asked, reader=reader, level=Level.PUBLIC)
    parks = {"service": "base_station", "add": [feature()]}
    answer = execute("what-if", parks, reader=reader, level=Level.PUBLIC)
    total = next(row for row in answer.rows if row["zone_id"] == "total")
    assert total["difference"] >= 0
