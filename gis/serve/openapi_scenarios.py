"""Saved scenarios in the OpenAPI document, for levels that may save one."""

from __future__ import annotations

from gis.publish.openapi_schema import openapi_schema
from gis.publish.processes import flattened
from gis.serve.openapi_parts import (
    BUSY,
    MISSING,
    RESPONSE_REF,
    SCHEMA_REF,
    WRONG,
    Part,
    path_parameter,
    query_parameter,
    ref,
    responses_of,
)
from gis.serve.scenarios_body import (
    LARGEST_BODY,
    LONGEST_NAME,
    LONGEST_NOTE,
    MOST_SCENARIOS,
    PROCESS,
)
from gis.serve.scenarios_compare import LEVELS, MOST_COMPARED
from gis.serve.scenarios_load import DATUM, FILES
from layers import Level
from processes import registry

_TEXT: Part = {"type": "string"}
_COUNT: Part = {"type": "integer", "minimum": 0}
_TAG = "scenarios"
_INSTANT: Part = {"type": "string", "format": "date-time"}
_OPEN: Part = {"type": "object", "additionalProperties": True}
_DAY: Part = {"type": "string", "format": "date"}
_SCENARIO = path_parameter("scenarioId", "The scenario.", _TEXT)
_IF_MATCH: Part = {
    "name": "If-Match",
    "in": "header",
    "description": "ETag of the scenario as it was seen; `*` for any.",
    "required": True,
    "schema": _TEXT,
}
_SIGN_IN = ("401", "Unauthorized")


def scenario_paths(level: Level) -> Part:
    """Paths of scenarios; none for the public."""
    if level == Level.PUBLIC:
        return {}
    one = _json("scenario")
    kept = _problem("428: If-Match is missing. 412: somebody changed it meanwhile.")
    changing = {"412": kept, "428": kept, "403": ref(RESPONSE_REF, "Forbidden")}
    etag: Part = {"ETag": {"required": True, "schema": _TEXT}}
    body: Part = {
        "required": True,
        "content": {"application/json": {"schema": _draft()}},
    }
    saved = {
        "description": "Kept.",
        "headers": {**etag, "Location": {"required": True, "schema": _TEXT}},
        "content": one,
    }
    full = _problem(f"{MOST_SCENARIOS} scenarios of the level are kept already.")
    wrong = responses_of("", {}, WRONG, _SIGN_IN, ("422", "NoData"), BUSY)
    wrong.pop("200")
    return {
        "/scenarios": {
            "get": {
                "operationId": "scenarios",
                "summary": "Saved scenarios of the caller's level and those below",
                "tags": [_TAG],
                "parameters": [
                    query_parameter("service", "Only those of this layer.", _TEXT)
                ],
                "responses": responses_of(
                    "Scenarios", _json("scenarioList"), WRONG, _SIGN_IN
                ),
            },
            "post": {
                "operationId": "saveScenario",
                "summary": "Keep a what-if question under a name",
                "description": f"At most {MOST_SCENARIOS} of a level, each at most "
                f"{LARGEST_BODY} bytes. The process answers it before it is kept.",
                "tags": [_TAG],
                "requestBody": body,
                "responses": {
                    "201": saved,
                    **wrong,
                    "403": ref(RESPONSE_REF, "Forbidden"),
                    "409": full,
                },
            },
        },
        "/scenarios/compare": {
            "get": {
                "operationId": "compareScenarios",
                "summary": "Scenarios side by side, on the city as it is now",
                "description": "Zones that any of them changes, then `outside` and "
                "`total` of every level. They must measure the same.",
                "tags": [_TAG],
                "parameters": [
                    query_parameter(
                        "scenarios",
                        "Ids of the scenarios.",
                        {
                            "type": "array",
                            "minItems": 2,
                            "maxItems": MOST_COMPARED,
                            "items": _TEXT,
                        },
                        required=True,
                    ),
                    query_parameter(
                        "levels",
                        f"Zone layers; without it {', '.join(LEVELS)}.",
                        {"type": "array", "minItems": 1, "items": _TEXT},
                    ),
                ],
                "responses": responses_of(
                    "Comparison",
                    {"application/json": {"schema": _OPEN}},
                    WRONG,
                    MISSING,
                    _SIGN_IN,
                    BUSY,
                ),
            }
        },
        "/scenarios/{scenarioId}": {
            "get": {
                "operationId": "scenario",
                "summary": "One scenario with its inputs",
                "tags": [_TAG],
                "parameters": [_SCENARIO],
                "responses": responses_of("Scenario", one, WRONG, MISSING, _SIGN_IN),
            },
            "put": {
                "operationId": "changeScenario",
                "summary": "Put another in its place",
                "tags": [_TAG],
                "parameters": [_SCENARIO, _IF_MATCH],
                "requestBody": body,
                "responses": {
                    **responses_of("Changed.", one, MISSING),
                    **wrong,
                    **changing,
                },
            },
            "delete": {
                "operationId": "removeScenario",
                "summary": "Remove it for good",
                "tags": [_TAG],
                "parameters": [_SCENARIO, _IF_MATCH],
                "responses": {
                    "204": {"description": "Removed."},
                    "401": ref(RESPONSE_REF, "Unauthorized"),
                    "404": ref(RESPONSE_REF, "NotFound"),
                    **changing,
                },
            },
        },
        "/scenarios/{scenarioId}/load": {
            "get": {
                "operationId": "scenarioFile",
                "summary": "The scenario as a file for `citygrid load`",
                "description": f"Loaded by upsert with datum {DATUM}: what comes, a "
                "later version of what moves, and what goes with the day it ends.",
                "tags": [_TAG],
                "parameters": [
                    _SCENARIO,
                    query_parameter(
                        "f", "Format.", {"type": "string", "enum": list(FILES)}
                    ),
                    query_parameter(
                        "on", "Day it becomes true; today without it.", _DAY
                    ),
                ],
                "responses": responses_of(
                    "The file",
                    {
                        types[0]: {"schema": {"type": "string", "format": "binary"}}
                        for types in FILES.values()
                    },
                    WRONG,
                    MISSING,
                    _SIGN_IN,
                    ("403", "Forbidden"),
                ),
            }
        },
    }


def scenario_schemas() -> Part:
    """Schemas of a scenario and of their list."""
    counts: Part = {
        "type": "object",
        "properties": dict.fromkeys(("added", "moved", "removed"), _COUNT),
    }
    links: Part = {"type": "array", "items": ref(SCHEMA_REF, "link")}
    scenario: Part = {
        "type": "object",
        "required": ["id", "name", "service", "counts", "revision", "stale", "links"],
        "properties": {
            **dict.fromkeys(("id", "name", "note", "service"), _TEXT),
            "level": {"type": "string", "enum": ["staff", "restricted"]},
            "mine": {"type": "boolean", "description": "The caller may change it."},
            "counts": counts,
            "revision": {"type": "integer", "minimum": 1},
            **dict.fromkeys(("created", "changed"), _INSTANT),
            "stale": {
                "type": "array",
                "description": "Layers that have moved on since it was saved.",
                "items": _TEXT,
            },
            "inputs": _OPEN,
            "layer_versions": _OPEN,
            "links": links,
        },
    }
    return {
        "scenario": scenario,
        "scenarioList": {
            "type": "object",
            "required": ["scenarios", "links"],
            "properties": {
                "scenarios": {"type": "array", "items": ref(SCHEMA_REF, "scenario")},
                "links": links,
            },
        },
    }


def _draft() -> Part:
    """What is sent to save a scenario."""
    inputs = openapi_schema(flattened(registry[PROCESS].inputs.model_json_schema()))
    return {
        "type": "object",
        "required": ["name", "inputs"],
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME},
            "note": {"type": "string", "maxLength": LONGEST_NOTE},
            "inputs": inputs,
        },
        "additionalProperties": False,
    }


def _json(schema: str) -> Part:
    return {"application/json": {"schema": ref(SCHEMA_REF, schema)}}


def _problem(description: str) -> Part:
    return {
        "description": description,
        "content": {"application/json": {"schema": _OPEN}},
    }
