"""OGC API - Processes, part 1, as far as a synchronous caller sees it."""

from __future__ import annotations

import requests

from tests.conformance.harness import REL, SPEC, Api, links, parameter, proves

P = "ogcapi-processes-1/1.0/conf"
#: Keys of the standard's schema.yaml, which is the Schema Object of OpenAPI 3.0.
_SCHEMA_KEYS = frozenset(
    {
        "title", "multipleOf", "maximum", "exclusiveMaximum", "minimum",
        "exclusiveMinimum", "maxLength", "minLength", "pattern", "maxItems",
        "minItems", "uniqueItems", "maxProperties", "minProperties", "required",
        "enum", "type", "not", "allOf", "oneOf", "anyOf", "items", "properties",
        "additionalProperties", "description", "format", "default", "nullable",
        "readOnly", "writeOnly", "example", "deprecated", "contentMediaType",
        "contentEncoding", "contentSchema",
    }
)  # fmt: skip
_TYPES = ("array", "boolean", "integer", "number", "object", "string")
EXCEPTIONS = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0"


def _execute(
    api: Api, process: str, inputs: object, **more: object
) -> requests.Response:
    return api.session.post(
        f"{api.base}/processes/{process}/execution",
        json={"inputs": inputs, **more},
        timeout=120,
    )


def _described(api: Api) -> list[dict]:
    listed = api.json("/processes")["processes"]
    return [api.json(f"/processes/{one['id']}") for one in listed]


@proves(
    f"{P}/core/landingpage-op",
    f"{P}/core/landingpage-success",
    f"{P}/core/api-definition-op",
    f"{P}/core/api-definition-success",
    f"{P}/core/conformance-op",
    f"{P}/core/conformance-success",
    f"{P}/core/http",
    defects=("no-service-desc", "no-conformance-classes"),
)
def processes_are_found_from_the_landing_page(api: Api) -> None:
    landing = api.json("/")
    for rel in (f"{REL}/processes", "processes"):  # the suite looks for the bare one
        (link,) = links(landing, rel)
        assert api.json(link["href"])["processes"]
    (described,) = links(landing, "service-desc")
    document = api.json(described["href"], accept=described["type"])
    assert "/processes" in document["paths"]
    declared = api.json("/conformance")["conformsTo"]
    for name in ("core", "json", "ogc-process-description", "oas30"):
        assert f"{SPEC}/{P}/{name}" in declared


@proves(
    f"{P}/core/process-list",
    f"{P}/core/process-list-success",
    f"{P}/core/pl-links",
    f"{P}/core/pl-limit-definition",
    f"{P}/core/pl-limit-response",
    f"{P}/oas30/completeness",
    f"{P}/oas30/exception-codes",
    f"{P}/oas30/oas-definition-1",
    f"{P}/oas30/oas-definition-2",
    f"{P}/oas30/oas-impl",
    f"{P}/oas30/security",
    defects=("limit-ignored", "process-without-version", "openapi-without-paths"),
)
def processes_are_listed(api: Api) -> None:
    document = api.openapi()
    found = api.json("/processes")
    assert links(found, "self")
    assert links(found, "alternate")
    limit = parameter(document, "/processes", "limit")
    assert limit["schema"]["type"] == "integer"
    assert len(api.json("/processes", limit=1)["processes"]) == 1
    assert api.ask("/processes", limit="a").status_code == 400
    for one in found["processes"]:
        for key in ("id", "version", "title", "jobControlOptions"):
            assert one[key], key
        assert f"/processes/{one['id']}" in document["paths"]
        execution = document["paths"][f"/processes/{one['id']}/execution"]["post"]
        assert {"200", "400", "500"} <= set(execution["responses"])


@proves(
    f"{P}/core/process",
    f"{P}/core/process-success",
    f"{P}/ogc-process-description/json-encoding",
    f"{P}/ogc-process-description/inputs-def",
    f"{P}/ogc-process-description/input-def",
    f"{P}/ogc-process-description/input-mixed-type",
    f"{P}/ogc-process-description/outputs-def",
    f"{P}/ogc-process-description/output-def",
    f"{P}/ogc-process-description/output-mixed-type",
    f"{P}/json/definition",
    f"{P}/json/content",
    defects=("process-without-version", "process-without-schema", "not-json"),
)
def processes_are_described(api: Api) -> None:
    for found in _described(api):
        answer = api.ask(f"/processes/{found['id']}", accept="application/json")
        assert answer.headers["content-type"] == "application/json"
        assert found["version"]
        assert set(found["jobControlOptions"]) <= {
            "sync-execute",
            "async-execute",
            "dismiss",
        }
        assert found["outputTransmission"] == ["value"]
        assert links(found, "self")
        assert links(found, f"{REL}/execute")
        for part in (*found["inputs"].values(), *found["outputs"].values()):
            assert part["title"]
            _is_schema_object(part["schema"])
        for one in found["inputs"].values():
            assert one["minOccurs"] in (0, 1)


def _is_schema_object(schema: dict) -> None:
    """A schema as schema.yaml says it, and all that are in it."""
    assert schema.keys() <= _SCHEMA_KEYS, schema.keys() - _SCHEMA_KEYS
    assert schema.get("type", "object") in _TYPES
    for key in ("exclusiveMinimum", "exclusiveMaximum", "nullable"):
        assert isinstance(schema.get(key, False), bool), key
    assert schema.get("enum", [0])
    assert schema.get("required", [0])
    parts = [*schema.get("properties", {}).values()]
    parts += [schema["items"]] if "items" in schema else []
    parts += [one for key in ("allOf", "oneOf", "anyOf") for one in schema.get(key, ())]
    extra = schema.get("additionalProperties", True)
    parts += [] if isinstance(extra, bool) else [extra]
    for part in parts:
        _is_schema_object(part)


@proves(
    f"{P}/core/process-exception-no-such-process",
    defects=("status-200", "not-json"),
)
def unknown_processes_are_refused(api: Api) -> None:
    for answer in (
        api.ask("/processes/nothing", accept="application/json"),
        _execute(api, "nothing", {}),
    ):
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["type"] == f"{EXCEPTIONS}/no-such-process"


@proves(
    f"{P}/core/job-creation-op",
    f"{P}/core/job-creation-request",
    f"{P}/core/job-creation-inputs",
    f"{P}/core/job-creation-input-inline",
    f"{P}/core/job-creation-default-execution-mode",
    f"{P}/core/job-creation-default-outputs",
    defects=("execution-empty", "status-500"),
)
def a_process_is_executed(api: Api) -> None:
    inputs = {"service": "public_place", "zones": "district", "as_of": "2015-12-31"}
    answer = _execute(api, "coverage", inputs)
    assert answer.status_code in (200, 422), answer.text
    found = _execute(
        api, "scorecard", {"as_of": "2015-12-31", "targets": ["sc-1", "en-1"]}
    )
    assert found.status_code == 200, found.text
    assert found.json()["targets"]


@proves(f"{P}/core/job-creation-input-validation", defects="status-200")
def inputs_are_checked(api: Api) -> None:
    for one in _described(api):
        assert _execute(api, one["id"], {"nothing_like_this": 1}).status_code == 400
        assert _execute(api, one["id"], []).status_code == 400
        wrong = api.session.post(
            f"{api.base}/processes/{one['id']}/execution",
            data=b"{",
            headers={"Content-Type": "application/json"},
            timeout=30,
        )
        assert wrong.status_code == 400
        for name, described in one["inputs"].items():
            if described["minOccurs"]:
                answer = _execute(api, one["id"], {})
                assert answer.status_code == 400
                assert name in answer.text or answer.text
