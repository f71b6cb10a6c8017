"""Paths of jobs in the OpenAPI document, and what an execute request may hold beside.

A callback of an execute request is described where it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gis.db.job import STATUSES
from gis.jobs.answer import DOCUMENT, OUTPUT, RAW
from gis.jobs.callbacks import KINDS
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
_URI: Part = {"type": "string", "format": "uri"}
_INSTANT: Part = {"type": "string", "format": "date-time"}
_SECONDS: Part = {"type": "number", "minimum": 0}
_PAGE: Part = {"text/html": {"schema": _TEXT}}


def job_schemas() -> Part:
    """Schemas of a job's status and of the list of jobs."""
    links: Part = {"type": "array", "items": ref(SCHEMA_REF, "link")}
    status: Part = {
        "type": "object",
        "required": ["jobID", "type", "status", "processID", "links"],
        "properties": {
            "jobID": {"type": "string", "format": "uuid"},
            "processID": _TEXT,
            "type": {"type": "string", "enum": ["process"]},
            "status": {"type": "string", "enum": list(STATUSES)},
            "message": _TEXT,
            "progress": {"type": "integer", "minimum": 0, "maximum": 100},
            **dict.fromkeys(
                ("created", "started", "finished", "updated", "expires"), _INSTANT
            ),
            "links": links,
        },
    }
    return {
        "statusInfo": status,
        "jobList": {
            "type": "object",
            "required": ["jobs", "links"],
            "properties": {
                "jobs": {"type": "array", "items": ref(SCHEMA_REF, "statusInfo")},
                "links": links,
            },
        },
        "subscriber": {
            "type": "object",
            "required": ["successUri"],
            "properties": dict.fromkeys(KINDS, _URI),
            "additionalProperties": False,
        },
    }


def job_paths(processes: Mapping[str, Process]) -> Part:
    """Paths of jobs."""
    job = path_parameter("jobId", "Job, as its address names it.", _TEXT)
    gone = ref(RESPONSE_REF, "Dismissed")
    status: Part = {
        "application/json": {"schema": ref(SCHEMA_REF, "statusInfo")},
        **_PAGE,
    }
    lists: Part = {
        "application/json": {"schema": ref(SCHEMA_REF, "jobList")},
        **_PAGE,
    }
    media_types = dict.fromkeys(
        media_type for one in processes.values() for media_type in one.media_types
    )
    results: Part = {
        media_type: {"schema": {} if media_type.endswith("json") else _TEXT}
        for media_type in media_types
    }
    failed = [("403", "Forbidden"), ("422", "NoData"), ("503", "Busy")]
    return {
        "/jobs": {
            "get": {
                "operationId": "jobs",
                "summary": "Jobs of the caller's level, the newest first",
                "description": "A job asked for without signing in is known by its "
                "address alone and stands in no list.",
                "tags": ["processes"],
                "parameters": [
                    *parameters_of(("f", "lang", "limit", "cursor")),
                    *_list_parameters(),
                ],
                "responses": responses_of("Jobs", lists, WRONG),
            }
        },
        "/jobs/{jobId}": {
            "get": {
                "operationId": "job",
                "summary": "How a job is",
                "tags": ["processes"],
                "parameters": [job, *parameters_of(("f", "lang"))],
                "responses": responses_of("Status", status, WRONG, MISSING),
            },
            "delete": {
                "operationId": "dismiss",
                "summary": "Give a job up; its answer is removed",
                "tags": ["processes"],
                "parameters": [job, *parameters_of(("f", "lang"))],
                "responses": responses_of("Status", status, WRONG, MISSING),
            },
        },
        "/jobs/{jobId}/results": {
            "get": {
                "operationId": "results",
                "summary": "The answer of a job, or the error that it ended with",
                "tags": ["processes"],
                "parameters": [job, *parameters_of(("lang",))],
                "responses": {
                    **responses_of("The result", results, WRONG, MISSING, *failed),
                    "410": gone,
                },
            }
        },
    }


def _list_parameters() -> list[Part]:
    def several(items: Part) -> Part:
        return {"type": "array", "minItems": 1, "items": items}

    return [
        query_parameter(
            "type", "Kind of job.", several({"type": "string", "enum": ["process"]})
        ),
        query_parameter("processID", "Only jobs of these processes.", several(_TEXT)),
        query_parameter(
            "status",
            "Only jobs of these states.",
            several({"type": "string", "enum": list(STATUSES)}),
        ),
        query_parameter(
            "datetime",
            "Instant, day or interval (RFC 3339, `..` for an open end) in which jobs "
            "were asked for.",
            _TEXT,
        ),
        query_parameter(
            "minDuration", "Computed for at least so many seconds.", _SECONDS
        ),
        query_parameter(
            "maxDuration", "Computed for at most so many seconds.", _SECONDS
        ),
    ]


def execute_members() -> Part:
    """Members of an execute request beside its inputs."""
    output: Part = {
        "type": "object",
        "properties": {
            "format": {
                "type": "object",
                "properties": {"mediaType": _TEXT},
                "additionalProperties": True,
            },
            "transmissionMode": {"type": "string", "enum": ["value"]},
        },
        "additionalProperties": False,
    }
    return {
        "outputs": {
            "type": "object",
            "properties": {OUTPUT: output},
            "additionalProperties": False,
        },
        "response": {"type": "string", "enum": [RAW, DOCUMENT], "default": RAW},
        "mode": {"type": "string", "enum": ["sync", "auto"]},
        "subscriber": ref(SCHEMA_REF, "subscriber"),
    }


def execute_later(process: Process) -> dict[str, Any]:
    """What an execute operation has more where a process may be asked for later.

    Returns
    -------
    Parts of the operation: `parameters`, `responses`, `callbacks`.
    """
    told = {"application/json": {"schema": ref(SCHEMA_REF, "statusInfo")}}
    header: Part = {"required": True, "schema": _TEXT}
    if process.quick:
        return {"parameters": [], "responses": {}, "callbacks": {}}
    responses: Part = {"429": ref(RESPONSE_REF, "TooManyRequests")}
    responses["201"] = {
        "description": "The job that will be computed.",
        "headers": {"Location": header, "Preference-Applied": header},
        "content": told,
        "links": {
            "status": {
                "operationId": "job",
                "parameters": {"jobId": "$response.body#/jobID"},
            }
        },
    }
    callbacks = {
        kind: {
            f"{{$request.body#/subscriber/{kind}}}": {
                "post": {
                    "operationId": f"{kind}.{process.id}",
                    "summary": summary,
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": schema}},
                    },
                    "responses": {"200": {"description": "Taken."}},
                }
            }
        }
        for kind, summary, schema in (
            (
                "successUri",
                "The job is done: where its answer is",
                {"type": "object", "additionalProperties": True},
            ),
            ("inProgressUri", "The job is begun", ref(SCHEMA_REF, "statusInfo")),
            ("failedUri", "The job failed", ref(SCHEMA_REF, "statusInfo")),
        )
    }
    prefer: Part = {
        "name": "Prefer",
        "in": "header",
        "description": "`respond-async`: answer with a job, to be computed later.",
        "required": False,
        "schema": _TEXT,
    }
    return {"parameters": [prefer], "responses": responses, "callbacks": callbacks}
