"""JSON Schema 2020-12 -> the Schema Object of OpenAPI 3.0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

_KEPT = frozenset(
    {
        "title",
        "description",
        "type",
        "format",
        "enum",
        "default",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
        "uniqueItems",
        "pattern",
        "required",
        "multipleOf",
        "nullable",
    }
)


def openapi_schema(schema: Mapping[str, Any]) -> Schema:
    """The schema in the older dialect; what that cannot say is left wider.

    Examples
    --------
    >>> openapi_schema({"anyOf": [{"type": "integer"}, {"type": "null"}]})
    {'type': 'integer', 'nullable': True}
    >>> openapi_schema({"type": "number", "exclusiveMinimum": 0})
    {'type': 'number', 'minimum': 0, 'exclusiveMinimum': True}
    """
    found: Schema = {key: value for key, value in schema.items() if key in _KEPT}
    if found.get("default", 0) is None:
        del found["default"]
    for key, bound in (
        ("exclusiveMinimum", "minimum"),
        ("exclusiveMaximum", "maximum"),
    ):
        if isinstance(schema.get(key), int | float):
            found |= {bound: schema[key], key: True}
    if "const" in schema:
        found["enum"] = [schema["const"]]
    if "properties" in schema:
        found["properties"] = {
            name: openapi_schema(part) for name, part in schema["properties"].items()
        }
    extra = schema.get("additionalProperties")
    if extra is not None:
        found["additionalProperties"] = (
            openapi_schema(extra) if isinstance(extra, Mapping) else extra
        )
    if isinstance(schema.get("items"), Mapping):
        found["items"] = openapi_schema(schema["items"])
    elif found.get("type") == "array":
        found["items"] = {}
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            found |= _alternatives(key, schema[key])
    return found


def _alternatives(key: str, parts: list[Mapping[str, Any]]) -> Schema:
    """Alternatives: null becomes nullable, a list of constants becomes an enum."""
    others = [part for part in parts if part.get("type") != "null"]
    nullable: Schema = {"nullable": True} if len(others) < len(parts) else {}
    if others and all(part.keys() <= {"const", "title"} for part in others):
        return {"enum": [part["const"] for part in others]} | nullable
    if len(others) == 1:
        return openapi_schema(others[0]) | nullable
    return {key: [openapi_schema(part) for part in others]} | nullable
