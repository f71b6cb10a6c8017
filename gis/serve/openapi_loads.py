"""Loads and uploads in the OpenAPI document, for levels that may load."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gis.load.request import MODES
from gis.serve.loads import MOST_LOADS, TABLES, is_loadable
from gis.serve.openapi_parts import (
    BUSY,
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
from gis.serve.spool import LARGEST, PATIENCE_S
from gis.serve.upload import LONGEST_WAIT_S
from gis.serve.upload_form import SUFFIXES
from layers import Layer, Level

_TEXT: Part = {"type": "string"}
_FLAG: Part = {"type": "string", "enum": ["true", "false"], "default": "false"}
_PAIRS: Part = {"type": "array", "items": {"type": "string", "pattern": "^[^=]+=.*$"}}
_OPEN: Part = {"type": "object", "additionalProperties": True}

#: Options of a load: name -> what it says, what it may be.
_OPTIONS: Mapping[str, tuple[str, Part]] = {
    "datum": (
        "What the coordinates are: wgs84, cgcs2000, gcj02, bd09 or an EPSG code. "
        "Needed, unless `mapping` states it.",
        _TEXT,
    ),
    "mapping": ("A mapping file of the configuration.", _TEXT),
    "mode": (
        "snapshot also ends what is missing; correct replaces mistaken versions.",
        {"type": "string", "enum": list(MODES), "default": "upsert"},
    ),
    "map": ("HEADER=COLUMN, repeatable.", _PAIRS),
    "set": ("COLUMN=VALUE for every row, repeatable.", _PAIRS),
    "valid-from": (
        "Day from which rows that state none are valid; without it, today.",
        {"type": "string", "format": "date"},
    ),
    "source": ("Text for column source of rows that state none.", _TEXT),
    "table": ("Which sheet, table or file of an archive.", _TEXT),
    "encoding": ("Encoding of text, where it cannot be found out.", _TEXT),
    "header-row": (
        "Row of the header, from 1, where it cannot be found out.",
        {"type": "integer", "minimum": 1, "maximum": 1000},
    ),
    "allow-outside": ("Take features outside the city.", _FLAG),
    "dry-run": ("Do everything and undo it.", _FLAG),
    "filename": (
        "Name of the file, whose ending tells its format; without it, that of "
        "Content-Disposition, or Content-Type decides.",
        _TEXT,
    ),
}
_WAIT: Part = {
    "name": "Prefer",
    "in": "header",
    "description": f"`wait=N`: answer after N seconds (at most {LONGEST_WAIT_S}), or "
    "as soon as the load has ended (RFC 7240).",
    "required": False,
    "schema": {"type": "string", "example": "wait=30"},
}
_LOAD = path_parameter("loadId", "Number of the load.", {"type": "integer"})
_UPLOAD = path_parameter("uploadId", "The upload.", {"type": "string"})
_LIMIT: Part = {
    "name": "limit",
    "in": "query",
    "description": "Loads to answer with, the latest first.",
    "required": False,
    "schema": {
        "type": "integer",
        "minimum": 1,
        "maximum": MOST_LOADS,
        "default": 50,
    },
}


def load_paths(layers: Iterable[Layer], level: Level) -> Part:
    """Paths of loading; none for a level that may load nothing."""
    mine = [layer for layer in layers if is_loadable(layer, level)]
    if not mine:
        return {}
    layer_id: Part = {
        "name": "layer",
        "in": "query",
        "description": "Only loads of this layer.",
        "required": False,
        "schema": {"type": "string", "enum": [layer.id for layer in mine]},
    }
    paths: Part = {
        "/loads": {"get": _get("loads", "Loads, the latest first", layer_id, _LIMIT)},
        "/loads/{loadId}": {"get": _get("load", "One load", _LOAD)},
        "/loads/{loadId}/rejects": {
            "get": _table("rejects", "Refused rows of a load, not mended yet"),
            "post": _post(
                "mend",
                "Refused rows, edited: loaded as their load was",
                [_LOAD, _option("filename")],
                ["filename"],
            ),
        },
        "/loads/{loadId}/repairs": {
            "get": _table("repairs", "Repaired rows of a load")
        },
        "/ops": {"get": _operation()},
        "/uploads": {"get": _get("uploads", "Files that were sent, the latest first")},
        "/uploads/{uploadId}": {
            "get": _get("upload", "What became of a file", _UPLOAD)
        },
    }
    for layer in mine:
        paths[f"/collections/{layer.id}/loads"] = {
            "get": _get(
                f"loads.{layer.id}", f"{layer.id}: loads", _LIMIT, tag=layer.theme
            ),
            "post": _post(
                f"load.{layer.id}",
                f"{layer.id}: load a file",
                [_option(name) for name in _OPTIONS],
                list(_OPTIONS),
                tag=layer.theme,
            ),
        }
    return paths


def _option(name: str) -> Part:
    """One option of a load; several values are given one by one."""
    description, schema = _OPTIONS[name]
    explode = schema["type"] == "array"
    return query_parameter(name, description, schema) | {"explode": explode}


def _get(operation: str, summary: str, *parameters: Part, tag: str = "loads") -> Part:
    return {
        "operationId": operation,
        "summary": summary,
        "tags": [tag],
        "parameters": [*parameters, *parameters_of(("lang",))],
        "responses": responses_of(
            summary,
            {"application/json": {"schema": _OPEN}},
            WRONG,
            ("403", "Forbidden"),
            MISSING,
            BUSY,
        ),
    }


def _operation() -> Part:
    """The operator's look at the city, as JSON or as a page."""
    found = _get("operation", "How the city is doing")
    found["parameters"] = parameters_of(("f", "lang"))
    found["responses"]["200"]["content"]["text/html"] = {"schema": _TEXT}
    return found


def _table(operation: str, summary: str) -> Part:
    form: Part = {
        "name": "f",
        "in": "query",
        "description": "Format of the answer.",
        "required": False,
        "schema": {"type": "string", "enum": list(TABLES), "default": "csv"},
    }
    binary: Part = {"schema": {"type": "string", "format": "binary"}}
    content = {types[0]: binary for types in TABLES.values()}
    content["application/json"] = {"schema": _OPEN}
    found = _get(operation, summary, _LOAD, form)
    found["responses"]["200"] = {"description": summary, "content": content}
    return found


def _post(
    operation: str,
    summary: str,
    parameters: list[Part],
    fields: list[str],
    *,
    tag: str = "loads",
) -> Part:
    """An operation that takes a file, raw or in a form."""
    binary: Part = {"type": "string", "format": "binary"}
    form = {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": binary,
            **{name: _OPTIONS[name][1] for name in fields},
        },
        "additionalProperties": False,
    }
    raw = {kind: {"schema": binary} for kind in (*SUFFIXES, "application/octet-stream")}
    text: Part = {"type": "string"}
    location = {"Location": {"description": "The upload.", "schema": text}}
    problem = {"application/json": {"schema": ref(SCHEMA_REF, "exception")}}
    problem["text/html"] = {"schema": text}
    answers: dict[str, Any] = {
        "201": {
            "description": "The file was received; what becomes of it is told under "
            "Location (statusInfo of OGC API - Processes).",
            "headers": location,
            "content": {"application/json": {"schema": _OPEN}},
        },
        "303": {
            "description": "The same to the form of a browser, which is sent to /ops.",
            "headers": location,
        },
        "400": ref(RESPONSE_REF, "BadRequest"),
        "401": ref(RESPONSE_REF, "Unauthorized"),
        "403": ref(RESPONSE_REF, "Forbidden"),
        "404": ref(RESPONSE_REF, "NotFound"),
        "408": {
            "description": f"No byte came for {PATIENCE_S:g} seconds.",
            "content": problem,
        },
        "413": {
            "description": f"The body is longer than {LARGEST:,} bytes.",
            "content": problem,
        },
        "500": ref(RESPONSE_REF, "ServerError"),
        "503": ref(RESPONSE_REF, "Busy"),
        "507": {"description": "The disk has no room for it.", "content": problem},
    }
    return {
        "operationId": operation,
        "summary": summary,
        "description": "The body is the file itself, or a form with a field `file`. "
        "It is received onto disk and loaded by a process of its own, behind a load of "
        "the same layer that is under way.",
        "tags": [tag],
        "parameters": [*parameters, _WAIT, *parameters_of(("lang",))],
        "requestBody": {
            "required": True,
            "content": {**raw, "multipart/form-data": {"schema": form}},
        },
        "responses": answers,
    }
