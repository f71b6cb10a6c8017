"""Processes over HTTP: described, executed, refused in words, never leaking."""

import io

import openpyxl
import pytest

from layers import Level
from processes import registry

COVERAGE = "/processes/coverage/execution"
PARK = {"inputs": {"service": "park", "zones": "district"}}


def execute(server, process, inputs, level=Level.PUBLIC, **more):
    path = f"/processes/{process}/execution"
    return server.ask("POST", path, level, json={"inputs": inputs}, **more)


def test_list_and_description(server):
    listed = server.json("/processes?lang=en")["processes"]
    assert [p["id"] for p in listed] == list(registry)
    for process in listed:
        assert "inputs" not in process
        quick = registry[process["id"]].quick
        later = [] if quick else ["async-execute", "dismiss"]
        assert process["jobControlOptions"] == ["sync-execute", *later]
        one = server.json(f"/processes/{process['id']}?lang=zh")
        assert one["title"] == registry[process["id"]].title.zh
        assert one["inputs"]
        rels = {link["rel"] for link in one["links"]}
        assert "http://www.opengis.net/def/rel/ogc/1.0/execute" in rels


def test_raw_result_as_geojson(server):
    answer = server.ask("POST", COVERAGE, json=PARK)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.headers["cache-control"] == "no-store"
    found = answer.json()
    assert found["type"] == "FeatureCollection"
    assert {"outside", "total"} <= {f["id"] for f in found["features"]}


@pytest.mark.parametrize("way", ["f", "accept"])
def test_media_type_by_parameter_or_header(server, way):
    query = {"f": "csv"} if way == "f" else {}
    headers = {"Accept": "text/csv"} if way == "accept" else {}
    answer = server.ask("POST", COVERAGE, json=PARK, params=query, headers=headers)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert b"coverage_ratio" in answer.content


def test_scorecard_as_workbook(server):
    answer = server.ask(
        "POST",
        "/processes/scorecard/execution?f=xlsx",
        json={"inputs": {"zones": "district", "as_of": "2015-12-31"}},
    )
    assert answer.status_code == 200, answer.text
    assert openpyxl.load_workbook(io.BytesIO(answer.content)).sheetnames


def test_locate(server):
    answer = execute(server, "locate", {"x": 120.1605, "y": 30.2705})
    assert answer.status_code == 200, answer.text
    assert "330106001001001" in answer.text


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"inputs": {"service": "nothing"}}, "service"),
        ({"inputs": {"service": "park", "zones": "park"}}, "zones"),
        ({"inputs": {"service": "park", "of": "x"}}, "of"),
        ({"inputs": {"service": "park", "share_min": 7}}, "share_min"),
        ({"inputs": {"service": "park", "unknown": 1}}, "unknown"),
        ({"inputs": {"service": "park", "where": "nothing = 1"}}, ""),
        ({"inputs": {}}, "service"),
        ({"inputs": []}, "inputs"),
        ({"inputs": {"service": "park"}, "response": "none"}, "response"),
        ({"inputs": {"service": "park"}, "outputs": {"x": {}}}, "outputs"),
        (
            {
                "inputs": {"service": "park"},
                "outputs": {"result": {"transmissionMode": "reference"}},
            },
            "outputs.result.transmissionMode",
        ),
        (
            {
                "inputs": {"service": "park"},
                "outputs": {"result": {"format": {"mediaType": "text/plain"}}},
            },
            "outputs.result.format.mediaType",
        ),
        ({"inputs": {"service": "pa\x00rk"}}, "inputs.service"),
        ({"inputs": {"service": "park", "share_min": "0.5"}}, "share_min"),
        ({"inputs": {"service": "park", "as_of": "0"}}, "as_of"),
        ({"inputs": {"service": "park", "as_of": "2015-12-31T00:00:00"}}, "as_of"),
        ({"inputs": {"service": "park"}, "mode": "async"}, "mode"),
        ({"input": {}}, "input"),
        ([], "body"),
    ],
)
def test_wrong_input_is_named(server, body, name):
    answer = server.ask("POST", COVERAGE, json=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "InvalidParameterValue"
    assert answer.json()["description"].startswith(name)


def test_body_that_is_no_json(server):
    answer = server.ask("POST", COVERAGE, data=b"{")
    assert answer.status_code == 400
    assert answer.json()["description"].startswith("body: ")


def test_a_long_question_is_not_told_back(server):
    for body in ({"x" * 500_000: 1}, {"inputs": {"service": "park", "x" * 500_000: 1}}):
        answer = server.ask("POST", COVERAGE, json=body)
        assert answer.status_code == 400
        assert len(answer.content) < 10_000
        assert answer.json()["description"].startswith("xxx")


def test_unknown_process_format_and_method(server):
    assert execute(server, "nothing", {}).status_code == 404
    assert server.ask("POST", f"{COVERAGE}?f=shp", json=PARK).status_code == 400
    assert server.ask("POST", f"{COVERAGE}?x=1", json=PARK).status_code == 400
    assert server.get(COVERAGE).status_code == 405


def test_disclosure_is_a_403_that_says_why(server):
    inputs = {"service": "camera", "zones": "district", "as_of": "2015-07-07"}
    answer = execute(server, "coverage", inputs)
    assert answer.status_code == 403, answer.text
    assert answer.json()["code"] == "Forbidden"
    assert len(answer.json()["description"]) > 20
    assert execute(server, "coverage", inputs, Level.RESTRICTED).status_code == 200


@pytest.mark.parametrize("level", [Level.PUBLIC, Level.STAFF])
def test_no_mark_in_any_result(server, catalogue, marks, level):
    answered = 0
    for layer in catalogue.values():
        for process in ("coverage", "gap"):
            for zones in ("district", "community", "unit_grid"):
                for when in (None, "2015-12-31"):
                    inputs = {"service": layer.id, "zones": zones, "as_of": when}
                    answer = execute(server, process, inputs, level)
                    assert answer.status_code in (200, 400, 403, 422), answer.text
                    answered += answer.status_code == 200
                    for mark in marks(level):
                        assert mark not in answer.content, (inputs, process)
    assert answered > 50


def test_inner_error_shows_a_reference_and_no_text(start):
    def broken(_level):
        raise RuntimeError("password=open-sesame")

    with start(reader_for=broken) as server:
        answer = server.ask("POST", COVERAGE, json=PARK)
        assert answer.status_code == 500
        assert "open-sesame" not in answer.text
        assert "reference" in answer.json()["description"]
        assert answer.headers["access-control-allow-origin"] == "*"


def test_an_input_may_be_wrapped_in_its_value(server):
    plain = execute(server, "locate", {"x": 120.1, "y": 30.2})
    wrapped = execute(server, "locate", {"x": {"value": 120.1}, "y": {"value": 30.2}})
    assert plain.json() == wrapped.json()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"href": "http://192.0.2.1/x", "type": "text/plain"}, "inputs.text.href"),
        ({"value": "a", "mediaType": "image/png"}, "inputs.text.mediaType"),
        ({"value": "YQ==", "encoding": "base64"}, "inputs.text.encoding"),
    ],
)
def test_what_an_input_is_wrapped_in_is_checked(server, given, named):
    answer = execute(server, "echo", {"text": given})
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(named)


def test_echo_waits_and_tells(server):
    answer = execute(server, "echo", {"text": "回声", "pause": 0.2})
    assert answer.json() == {"text": "回声", "pause": 0.2, "notes": []}
    assert answer.elapsed.total_seconds() > 0.2
