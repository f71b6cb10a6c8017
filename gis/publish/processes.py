"""Process -> its OGC description, and its input model as plain JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gis.publish.openapi_schema import openapi_schema
from processes import GEOJSON, Process

Schema = dict[str, Any]

#: What the standard's own schema of an input may say and OpenAPI's cannot.
_BESIDE = ("contentMediaType",)


def build_description(process: Process) -> dict[str, Any]:
    """OGC description of a process, titles in both languages."""
    return {
        "id": process.id,
        "version": process.version,
        "title": process.title.model_dump(),
        "description": process.description.model_dump(),
        "keywords": [],
        "jobControlOptions": job_control(process),
        "outputTransmission": ["value"],
        "inputs": build_inputs(process),
        "outputs": {
            "result": {
                "title": "Result",
                "schema": {
                    "oneOf": [output_schema(name) for name in process.media_types]
                },
            }
        },
    }


def job_control(process: Process) -> list[str]:
    """How a process may be asked: at once, and in the background where that helps."""
    if process.quick:
        return ["sync-execute"]
    return ["sync-execute", "async-execute", "dismiss"]


def output_schema(media_type: str) -> Schema:
    """Schema of an answer in a media type."""
    if media_type == GEOJSON:
        return {
            "type": "object",
            "format": "geojson-feature-collection",
            "contentMediaType": media_type,
        }
    if media_type.endswith("json"):
        return {"type": "object", "contentMediaType": media_type}
    return {"type": "string", "contentMediaType": media_type}


def build_inputs(process: Process) -> dict[str, Any]:
    """Input descriptions by name, as OGC API - Processes wants them.

    The standard's `schema.yaml` is the Schema Object of OpenAPI 3.0: `nullable`, not a
    type `null`; a bound and whether it is excluded, not an excluded bound.
    """
    schema = flattened(process.inputs.model_json_schema())
    required = set(schema.get("required", ()))
    described = {}
    for name, given in schema.get("properties", {}).items():
        said = openapi_schema(given) | {k: given[k] for k in _BESIDE if k in given}
        single = {k: v for k, v in said.items() if k not in ("title", "description")}
        described[name] = {
            "title": given.get("title", name),
            "description": given.get("description", ""),
            "schema": single,
            "minOccurs": 1 if name in required else 0,
            "maxOccurs": 1,
        }
    return described


def flattened(schema: Mapping[str, Any]) -> Schema:
    """A JSON Schema without `$defs`: every local reference replaced by its target."""
    definitions = schema.get("$defs", {})

    def resolve(node: Any) -> Any:  # noqa: ANN401  # any part of a schema
        if isinstance(node, Mapping):
            target = node.get("$ref", "")
            if target.startswith("#/$defs/"):
                rest = {k: v for k, v in node.items() if k != "$ref"}
                name = target.removeprefix("#/$defs/")
                return {**resolve(definitions[name]), **resolve(rest)}
            return {key: resolve(value) for key, value in node.items()}
        if isinstance(node, list):
            return [resolve(value) for value in node]
        return node

    found = resolve({key: value for key, value in schema.items() if key != "$defs"})
    return dict(found)
