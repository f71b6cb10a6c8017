"""Paths of the catalogue of layers in the OpenAPI document."""

from __future__ import annotations

from gis.serve.openapi_parts import (
    MISSING,
    SAME,
    SCHEMA_REF,
    WRONG,
    Part,
    document_path,
    parameters_of,
    query_parameter,
    ref,
    responses_of,
)
from gis.serve.record_documents import ID
from processes import GEOJSON

_NAMES: Part = {"type": "array", "minItems": 1, "items": {"type": "string"}}


def record_paths() -> Part:
    """The catalogue, its records, one record."""
    root = f"/collections/{ID}"
    records = {
        GEOJSON: {"schema": ref(SCHEMA_REF, "featureCollection")},
        "text/html": {"schema": {"type": "string"}},
    }
    record = {**records, GEOJSON: {"schema": ref(SCHEMA_REF, "feature")}}
    common = ("f", "lang", "limit", "offset", "bbox", "datetime")
    return {
        root: document_path("catalogue", "Catalogue of layers", "collection"),
        f"{root}/items": {
            "get": {
                "operationId": "records",
                "summary": "Records of layers",
                "description": "A parameter that is empty is taken for not given.",
                "tags": ["server"],
                "parameters": [*parameters_of(common), *_parameters()],
                "responses": responses_of("Records", records, WRONG, SAME),
            }
        },
        f"{root}/items/{{itemId}}": {
            "get": {
                "operationId": "record",
                "summary": "One record",
                "tags": ["server"],
                "parameters": parameters_of(("itemId", "f", "lang")),
                "responses": responses_of("Record", record, WRONG, MISSING, SAME),
            }
        },
    }


def _parameters() -> list[Part]:
    """Parameters that only the catalogue has."""
    return [
        query_parameter(
            "q",
            "Phrases of which one must stand in a record, in Chinese or English, "
            "capitals or not; commas part phrases.",
            {"type": "array", "minItems": 1, "items": {"type": "string"}},
        ),
        query_parameter("type", "Kinds of resource; all layers are `dataset`.", _NAMES),
        query_parameter("ids", "Ids of records.", _NAMES),
        query_parameter(
            "externalIds",
            "Ids that layers have elsewhere: a value, a scheme, or `scheme:value`.",
            _NAMES,
        ),
    ]
