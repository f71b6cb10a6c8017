"""Paths of the ledger of runs and of events in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping

from gis.serve.openapi_parts import (
    MISSING,
    RESPONSE_REF,
    SCHEMA_REF,
    WRONG,
    Part,
    parameters_of,
    path_parameter,
    query_parameter,
    ref,
    responses_of,
)
from processes import Process

_TEXT: Part = {"type": "string"}
_ANY: Part = {"type": "object", "additionalProperties": True}
_MAYBE_TEXT: Part = {"type": "string", "nullable": True}
_MAYBE_OBJECT: Part = {**_ANY, "nullable": True}
_COUNT: Part = {"type": "integer", "minimum": 0}
_LEVEL: Part = {"type": "string", "enum": ["public", "staff", "restricted"]}
_RUN: Part = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
#: Each event of a stream, by its fields.
_EVENT: Part = {
    "type": "object",
    "required": ["data"],
    "properties": {
        **dict.fromkeys(("id", "event", "data"), _TEXT),
        "retry": {"type": "integer", "description": "milliseconds"},
    },
}
_PAGE: Part = {"text/html": {"schema": _TEXT}}


def run_schemas() -> Part:
    """Schemas of a run and of the list of runs."""
    links: Part = {"type": "array", "items": ref(SCHEMA_REF, "link")}
    run: Part = {
        "type": "object",
        "required": ["id", "process", "inputs", "layer_versions", "ran_at", "links"],
        "properties": {
            "id": _RUN,
            **dict.fromkeys(("process", "process_version", "code_version"), _TEXT),
            "asked_by": _LEVEL,
            "audience": _LEVEL,
            "inputs": _ANY,
            "layer_versions": _ANY,
            "excluded": _ANY,
            **dict.fromkeys(("disclosure", "parameters"), _MAYBE_OBJECT),
            **dict.fromkeys(("service", "model", "zones", "of"), _MAYBE_TEXT),
            **dict.fromkeys(("hash", "pinned"), _MAYBE_TEXT),
            "as_of": {"type": "string", "format": "date", "nullable": True},
            "rows": _COUNT,
            "cells": {**_COUNT, "nullable": True},
            "seconds": {"type": "number", "minimum": 0},
            "ran_at": {"type": "string", "format": "date-time"},
            "parts": {"type": "array", "nullable": True, "items": _RUN},
            "links": links,
        },
    }
    return {
        "run": run,
        "runList": {
            "type": "object",
            "required": ["runs", "links"],
            "properties": {
                "runs": {"type": "array", "items": ref(SCHEMA_REF, "run")},
                "links": links,
            },
        },
    }


def run_paths(processes: Mapping[str, Process]) -> Part:
    """Paths of runs, and the stream of events."""
    run = path_parameter("runId", "Run, 32 hex digits.", _RUN)
    media_types = dict.fromkeys(
        media_type for one in processes.values() for media_type in one.media_types
    )
    results: Part = {
        media_type: {"schema": {} if media_type.endswith("json") else _TEXT}
        for media_type in media_types
    }
    cells: Part = {
        "text/csv": {"schema": _TEXT},
        "application/geo+json": {"schema": _ANY},
        "application/vnd.apache.parquet": {
            "schema": {"type": "string", "format": "binary"}
        },
    }
    return {
        "/events": {
            "get": _get(
                "events",
                "Figures that are kept current, told when they change",
                _event_parameters(),
                {
                    **responses_of(
                        "Events",
                        {
                            "application/json": {"schema": _ANY},
                            "text/event-stream": {"schema": _EVENT},
                        },
                        WRONG,
                    ),
                    "429": ref(RESPONSE_REF, "TooManyRequests"),
                    "503": ref(RESPONSE_REF, "Busy"),
                },
                "With `Accept: text/event-stream` (EventSource) a stream of `standing` "
                "events, each within a second of its commit; else the latest as JSON. "
                "`stale`: the figures of those `zone_layers` cannot be brought up to "
                "date, as `stale_since` says in coverage_result; `current`: they are "
                "again.",
            )
        },
        "/runs": {
            "get": _get(
                "runs",
                "Runs that the caller's level may see, the newest first",
                [*parameters_of(("f", "lang", "limit", "cursor")), *_list_parameters()],
                responses_of("Runs", _json("runList"), WRONG),
                "Every answer that was measured is kept with all it depended on; the "
                "same question about the same data is the same run.",
            )
        },
        "/runs/{runId}": {
            "get": _get(
                "run",
                "What a run was asked and what it depended on",
                [run, *parameters_of(("f", "lang"))],
                responses_of("The run", _json("run"), WRONG, MISSING),
            )
        },
        "/runs/{runId}/results": {
            "get": _get(
                "runResults",
                "The answer of a run, with its rows per zone",
                [run, query_parameter("f", "Format of the answer.", _TEXT),
                 *parameters_of(("lang",))],
                responses_of("The answer", results, WRONG, MISSING),
            )
        },
        "/runs/{runId}/cells": {
            "get": _get(
                "runCells",
                "The 100 m cells behind a run; their sum is its total",
                [run, query_parameter("f", "Format of the cells.",
                             {"type": "string", "enum": ["csv", "geojson", "parquet"]}),
                 *parameters_of(("lang",))],
                responses_of("The cells", cells, WRONG, MISSING),
            )
        },
    }  # fmt: skip


def _event_parameters() -> list[Part]:
    number: Part = {"type": "integer", "minimum": 0, "format": "int64"}
    return [
        *parameters_of(("lang",)),
        query_parameter(
            "f",
            "json: the latest events; sse: a stream of them.",
            {"type": "string", "enum": ["json", "sse"]},
        ),
        query_parameter("service", "Only figures of this service layer.", _TEXT),
        query_parameter("of", "Only figures of this measure.", _TEXT),
        query_parameter("zones", "Only zones of this layer.", _TEXT),
        query_parameter(
            "after", "Only events after this number (or Last-Event-ID).", number
        ),
    ]


def _json(schema: str) -> Part:
    return {"application/json": {"schema": ref(SCHEMA_REF, schema)}, **_PAGE}


def _get(
    operation: str,
    summary: str,
    parameters: list[Part],
    responses: Part,
    description: str | None = None,
) -> Part:
    told: Part = {
        "operationId": operation,
        "summary": summary,
        "tags": ["processes"],
        "parameters": parameters,
        "responses": responses,
    }
    return told if description is None else {**told, "description": description}


def _list_parameters() -> list[Part]:
    return [
        query_parameter("process", "Only runs of this process.", _TEXT),
        query_parameter("service", "Only runs of this service layer.", _TEXT),
        query_parameter("zones", "Only runs over this zone layer.", _TEXT),
        query_parameter(
            "datetime", "Instant, day or interval in which they ran.", _TEXT
        ),
        query_parameter(
            "parts",
            "Also runs that other answers are joined from.",
            {"type": "boolean", "default": False},
        ),
    ]
