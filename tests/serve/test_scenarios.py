"""Scenarios: kept, shared, compared, and loaded so that their figures come true."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gis.db.intake import Intake
from gis.db.pool import Database
from gis.load.request import LoadRequest
from gis.serve import scenarios as room
from layers import CONFIG, Catalogue, City, Level
from tests.serve.conftest import Server, Start

STAFF, RESTRICTED, PUBLIC = Level.STAFF, Level.RESTRICTED, Level.PUBLIC
PLACE = [120.1253219, 30.2790417]


def point(at: list[float], code: str | None = None, **properties: Any) -> Any:
    feature: dict[str, Any] = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": at},
        "properties": properties,
    }
    return feature | ({"id": code} if code else {})


STATION = {"service": "base_station", "add": [point(PLACE, range_m=333.5)]}


@pytest.fixture(scope="module")
def served(
    cluster: Any, city_template: str, catalogue: Catalogue, serve_city: Start
) -> Iterator[Server]:
    """A server over a small city of its own, which these tests write into."""
    from tests.conftest import clone, drop

    dsn = clone(cluster, "scenarios", city_template)
    with serve_city(dsn, catalogue) as running:
        yield running
    drop(cluster, "scenarios")


def saved(served: Server, inputs: Any, level: Level = STAFF, **more: Any) -> Any:
    body = {"name": "a plan", "inputs": inputs, **more}
    answer = served.ask("POST", "/scenarios", level, json=body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["etag"]
    document = answer.json()
    assert answer.headers["location"].endswith(f"/scenarios/{document['id']}")
    return document


def what_if(served: Server, inputs: Any, **more: Any) -> Any:
    answer = served.ask(
        "POST",
        "/processes/what-if/execution",
        RESTRICTED,
        json={"inputs": {**inputs, **more}},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["rows"]


def test_kept_read_changed_and_removed(served: Server) -> None:
    first = saved(served, STATION, name=" 三处基站 ", note="for the budget")
    path = f"/scenarios/{first['id']}"
    answer = served.get(path, STAFF)
    assert answer.json() == first
    assert first["name"] == "三处基站"
    assert first["inputs"] == STATION
    assert first["counts"] == {"added": 1, "moved": 0, "removed": 0}
    assert first["stale"] == []
    assert set(first["layer_versions"]) >= {"base_station", "district"}
    listed = served.json("/scenarios?service=base_station", STAFF)["scenarios"]
    assert first["id"] in [one["id"] for one in listed]
    assert all("inputs" not in one for one in listed)
    body = {"name": "another", "inputs": STATION}
    tag = answer.headers["etag"]
    for method in ("PUT", "DELETE"):
        assert served.ask(method, path, STAFF, json=body).status_code == 428
        stale = {"If-Match": f'"{first["id"]}-9"'}
        refused = served.ask(method, path, STAFF, json=body, headers=stale)
        assert refused.status_code == 412
        assert "somebody has changed" in refused.json()["detail"]
    changed = served.ask("PUT", path, STAFF, json=body, headers={"If-Match": tag})
    assert changed.json()["name"] == "another"
    assert changed.json()["revision"] == 2
    assert changed.headers["etag"] != tag
    again = served.ask("DELETE", path, STAFF, headers={"If-Match": tag})
    assert again.status_code == 412
    fresh = {"If-Match": changed.headers["etag"]}
    assert served.ask("DELETE", path, STAFF, headers=fresh).status_code == 204
    assert served.get(path, STAFF).status_code == 404


def test_a_level_keeps_to_itself_what_it_saved(served: Server) -> None:
    codes = served.json("/collections/camera/items?limit=1&f=json", RESTRICTED)
    camera = codes["features"][0]["id"]
    secret = saved(served, {"service": "camera", "remove": [camera]}, RESTRICTED)
    plain = saved(served, STATION, STAFF)
    path = f"/scenarios/{secret['id']}"
    assert served.get(path, PUBLIC).status_code == 401
    assert served.get("/scenarios", PUBLIC).status_code == 401
    assert served.get(path, STAFF).status_code == 404
    assert camera not in served.get("/scenarios", STAFF).text
    pair = f"/scenarios/compare?scenarios={plain['id']},{secret['id']}"
    assert served.get(pair, STAFF).status_code == 404
    seen = served.get(f"/scenarios/{plain['id']}", RESTRICTED)
    assert seen.json()["mine"] is False
    for method in ("PUT", "DELETE"):
        answer = served.ask(
            method,
            f"/scenarios/{plain['id']}",
            RESTRICTED,
            json={"name": "x", "inputs": STATION},
            headers={"If-Match": "*"},
        )
        assert answer.status_code == 403
    own = saved(served, {"service": "camera", "add": [point(PLACE)]}, STAFF)
    assert [link["rel"] for link in own["links"]] == ["self", "alternate"]
    assert served.get(f"/scenarios/{own['id']}/load", STAFF).status_code == 403
    assert "/scenarios" not in served.json("/openapi", PUBLIC)["paths"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"{", "not JSON"),
        (b"[]", "must be an object"),
        (b'{"name":"x"}', "inputs"),
        (b'{"name":"  ","inputs":{}}', "name"),
        (b'{"name":"x","inputs":{},"owner":"me"}', "owner"),
        (b'{"name":"x","inputs":{"service":"base_station"}}', "add"),
        (b'{"name":"x","inputs":{"service":"nothing","remove":["a"]}}', "service"),
        (b'{"name":"x","inputs":{"service":"base_station","remove":["?"]}}', "remove"),
        (b'{"name":"x","inputs":{"service":"park","radius":1}}', "radius"),
    ],
)
def test_what_cannot_be_asked_cannot_be_saved(
    served: Server, body: bytes, named: str
) -> None:
    answer = served.ask("POST", "/scenarios", STAFF, data=body)
    assert answer.status_code == 400
    assert named in answer.json()["detail"]


def test_size_and_number_are_bounded(
    served: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"name": "x", "note": "y" * 1_000_001, "inputs": STATION}
    assert served.ask("POST", "/scenarios", STAFF, json=body).status_code == 413
    held = len(served.json("/scenarios", STAFF)["scenarios"])
    monkeypatch.setattr(room, "MOST_SCENARIOS", held)
    body = {"name": "x", "inputs": STATION}
    full = served.ask("POST", "/scenarios", STAFF, json=body)
    assert full.status_code == 409
    assert "delete one" in full.json()["detail"]


def test_side_by_side_equals_each_alone(served: Server) -> None:
    one = {"service": "tourist_service", "add": [point(PLACE)]}
    two = {"service": "tourist_service", "add": [point([120.131, 30.281])]}
    pair = [saved(served, inputs) for inputs in (one, two)]
    ids = ",".join(one["id"] for one in pair)
    found = served.json(f"/scenarios/compare?scenarios={ids}", STAFF)
    assert [one["id"] for one in found["scenarios"]] == [one["id"] for one in pair]
    alone = [
        {(r["level"], r["zone_id"]): r for r in what_if(served, i, changed_only=False)}
        for i in (one, two)
    ]
    told = {(r["level"], r["zone_id"]) for r in found["rows"]}
    assert len(told) > 9
    for row in found["rows"]:
        for i, held in enumerate(alone):
            same = held[row["level"], row["zone_id"]]
            for key in ("before", "after", "difference", "ratio_after"):
                assert row[key][i] == same[key]
    for held in alone:
        changed = {k for k, row in held.items() if row["before"] != row["after"]}
        assert changed <= told
    people = saved(served, {**one, "of": "population"})
    mixed = f"/scenarios/compare?scenarios={pair[0]['id']},{people['id']}"
    assert "of differs" in served.get(mixed, STAFF).json()["detail"]
    for wrong in ("", pair[0]["id"], f"{pair[0]['id']},{pair[0]['id']}"):
        answer = served.get(f"/scenarios/compare?scenarios={wrong}", STAFF)
        assert answer.status_code == 400


def camera_edits(served: Server) -> dict[str, Any]:
    """Two cameras come, one is moved and turned, two go."""
    page = served.json(
        "/collections/camera/items?f=json&limit=400&filter="
        "state='online' AND kind='3' AND azimuth_deg IS NOT NULL",
        RESTRICTED,
    )
    codes = [feature["id"] for feature in page["features"]]
    lon, lat = page["features"][3]["geometry"]["coordinates"]
    return {
        "service": "camera",
        "add": [
            point(PLACE, kind="3", azimuth_deg=135, hfov_deg=70, resolution_px=3840),
            point([120.1262, 30.2795], kind="2", azimuth_deg=10.5, height_m=3.7),
        ],
        "move": [point([lon + 0.0007, lat + 0.0003], codes[3], azimuth_deg=222)],
        "remove": [codes[0], codes[7]],
    }


def service_points(served: Server) -> dict[str, Any]:
    """A required name and a flag that decides have to be filled in."""
    page = served.json("/collections/service_point/items?f=json&limit=2", STAFF)
    return {
        "service": "service_point",
        "of": "population",
        "add": [point(PLACE, service_radius_m=410)],
        "remove": [
            f["id"] for f in page["features"] if f["properties"]["information_service"]
        ][:1],
    }


@pytest.mark.parametrize(
    ("edits", "form"),
    [(camera_edits, "csv"), (service_points, "geojson"), (service_points, "gpkg")],
)
def test_loaded_the_city_has_the_figures_that_were_promised(
    served: Server,
    catalogue: Catalogue,
    city: City,
    tmp_path: Path,
    edits: Any,
    form: str,
) -> None:
    inputs = edits(served)
    scenario = saved(served, inputs, RESTRICTED)
    levels = ["district", "street", "community", "unit_grid"]
    promised = what_if(served, inputs, levels=levels, changed_only=False)
    path = f"/scenarios/{scenario['id']}/load?f={form}"
    answer = served.get(path, RESTRICTED)
    assert answer.status_code == 200, answer.text
    name = answer.headers["content-disposition"].split('"')[1]
    assert name == f"{inputs['service']}-{scenario['id']}.{form}"
    file = tmp_path / name
    file.write_bytes(answer.content)
    intake = Intake(Database(served.dsn), catalogue, city, CONFIG, "test")
    report = intake.load(
        file, LoadRequest(layer=inputs["service"], datum="cgcs2000")
    ).as_dict()
    assert report["refused"] == 0, report
    assert report["loaded"] == len(inputs["add"])
    of = {"of": inputs["of"]} if "of" in inputs else {}
    for level in levels:
        body = {"inputs": {"service": inputs["service"], "zones": level, **of}}
        address = "/processes/coverage/execution?f=json"
        now = served.ask("POST", address, RESTRICTED, json=body).json()["rows"]
        covered = {row["zone_id"]: row["covered"] for row in now}
        after = {r["zone_id"]: r["after"] for r in promised if r["level"] == level}
        zones = set(after) - {"outside", "total"}
        assert {z: after[z] for z in zones} == {z: covered[z] for z in zones}
    stale = served.json(f"/scenarios/{scenario['id']}", RESTRICTED)["stale"]
    assert stale == [inputs["service"]]
    again = served.get(path, RESTRICTED)
    if inputs["remove"]:  # what went is not there any more
        assert again.status_code == 400


def test_a_file_only_where_it_may_and_can_be_loaded(served: Server) -> None:
    scenario = saved(served, STATION)
    path = f"/scenarios/{scenario['id']}/load"
    assert served.get(f"{path}?on=soon", STAFF).status_code == 400
    text = served.get(f"{path}?f=csv&on=2031-05-06", STAFF).text
    head, row = text.removeprefix("\ufeff").split("\n")[:2]
    cells = dict(zip(head.split(","), row.split(","), strict=True))
    assert cells["code"] == f"{scenario['id']}-1"
    assert cells["valid_from"] == "2031-05-06"
    assert [float(cells["lon"]), float(cells["lat"])] == PLACE
    assert date.fromisoformat(cells["valid_from"])
    code = served.json("/collections/base_station/items?limit=1&f=json")
    code = code["features"][0]["id"]
    hidden = {"where": f"code <> '{code}'"}  # or somebody has loaded it meanwhile
    taken = saved(
        served, {"service": "base_station", "add": [point(PLACE, code)], **hidden}
    )
    refused = served.get(f"/scenarios/{taken['id']}/load", STAFF)
    assert refused.status_code == 400
    assert "is there already" in refused.json()["detail"]
    off = {
        "service": "service_point",
        "add": [point(PLACE, information_service=False)],
    }
    body = {"name": "x", "inputs": off}
    answer = served.ask("POST", "/scenarios", STAFF, json=body)
    assert answer.status_code == 400
    assert "others are not counted" in answer.json()["detail"]


def test_what_the_file_could_not_promise_is_not_saved(served: Server) -> None:
    """A park counts from 2,000 m2 on by its column, which nobody can guess."""
    square = [[120.1, 30.2], [120.101, 30.2], [120.101, 30.201], [120.1, 30.2]]
    park = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [square]},
        "properties": {},
    }
    for properties, message in (
        ({}, "add.0.area_m2: nothing given, must be >= 2000"),
        ({"area_m2": 1999}, "add.0.area_m2: 1999 given, must be >= 2000"),
    ):
        inputs = {"service": "park", "add": [{**park, "properties": properties}]}
        body = {"name": "x", "inputs": inputs}
        answer = served.ask("POST", "/scenarios", STAFF, json=body)
        assert answer.status_code == 400
        assert message in answer.json()["detail"]
    saved(
        served, {"service": "park", "add": [{**park, "properties": {"area_m2": 2e3}}]}
    )
