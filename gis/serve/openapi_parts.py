"""Components of the OpenAPI document: parameters, schemas, responses; all local."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gis.publish.pygeoapi import DEFAULT_LIMIT, MAXIMUM_LIMIT
from gis.serve.formats import FORMATS, LONGEST_CELL
from gis.serve.parameters import MAXIMUM_OFFSET
from layers import CRS84, City

Part = dict[str, Any]

SCHEMA_REF = "#/components/schemas/"
PARAMETER_REF = "#/components/parameters/"
RESPONSE_REF = "#/components/responses/"


def ref(prefix: str, name: str) -> Part:
    """Reference to a local component."""
    return {"$ref": f"{prefix}{name}"}


def query_parameter(
    name: str, description: str, schema: Part, *, required: bool = False
) -> Part:
    """A parameter in the query."""
    return {
        "name": name,
        "in": "query",
        "description": description,
        "required": required,
        "schema": schema,
        "style": "form",
        "explode": False,
    }


def path_parameter(name: str, description: str, schema: Part) -> Part:
    """A parameter in the path."""
    return {
        "name": name,
        "in": "path",
        "description": description,
        "required": True,
        "schema": schema,
    }


def build_parameters(city: City) -> Part:
    """Shared parameters; QGIS reads its page size from `limit` here."""
    served = list(city.served_uris())
    text: Part = {"type": "string"}
    crs: Part = {"type": "string", "format": "uri", "enum": served, "default": CRS84}
    names: Part = {"type": "array", "minItems": 1, "items": {"type": "string"}}
    return {
        "f": query_parameter(
            "f",
            "Format of the answer; without it the Accept header decides.",
            {"type": "string", "enum": ["json", "html"], "default": "json"},
        ),
        "itemsFormat": query_parameter(
            "f",
            "Format of the answer; without it the Accept header decides. In all of "
            "them values are equal; files have x (or lon) before y, in the CRS of "
            "`crs`. CSV and XLSX give points as two columns, other places as WKT; "
            f"XLSX leaves out a text above {LONGEST_CELL} characters, and CSV has an "
            "apostrophe before a text that would be a formula.",
            {
                "type": "string",
                "enum": ["json", "html", "jsonfg", *FORMATS],
                "default": "json",
            },
        ),
        "header": query_parameter(
            "header",
            "Column heads of CSV and XLSX: names, or titles in a language.",
            {"type": "string", "enum": ["name", "zh", "en"], "default": "name"},
        ),
        "lang": query_parameter(
            "lang",
            "Language of titles and pages; without it Accept-Language decides.",
            {"type": "string", "enum": ["zh", "en"], "default": "zh"},
        ),
        "limit": query_parameter(
            "limit",
            f"Features per page; larger values are answered with {MAXIMUM_LIMIT}.",
            {
                "type": "integer",
                "minimum": 1,
                "maximum": MAXIMUM_LIMIT,
                "default": DEFAULT_LIMIT,
            },
        ),
        "offset": query_parameter(
            "offset",
            "Features to pass over.",
            {
                "type": "integer",
                "minimum": 0,
                "maximum": MAXIMUM_OFFSET,
                "default": 0,
            },
        ),
        "cursor": query_parameter(
            "cursor",
            "Where the page goes on, as `next` links say; not together with `offset`.",
            text,
        ),
        "q": query_parameter(
            "q",
            "Words that must all stand in texts of a feature, capitals or not; codes "
            "are searched for words without Chinese characters.",
            {"type": "string", "minLength": 1, "maxLength": 200},
        ),
        "bbox": query_parameter(
            "bbox",
            "Only features that intersect the box: 4 numbers, or 6 with heights, "
            "in the axis order of `bbox-crs`.",
            {
                "type": "array",
                "minItems": 4,
                "maxItems": 6,
                "items": {"type": "number"},
            },
        ),
        "bbox-crs": query_parameter("bbox-crs", "CRS of the numbers in `bbox`.", crs),
        "crs": query_parameter(
            "crs", "CRS of the answer, in the authority's axis order.", crs
        ),
        "datetime": query_parameter(
            "datetime",
            "Instant, day or interval (RFC 3339, `..` for an open end). Without it, "
            "what is valid today.",
            text,
        ),
        "day": query_parameter(
            "datetime",
            "The day at which features must be valid; without it, today.",
            {"type": "string", "format": "date"},
        ),
        "filter": query_parameter("filter", "CQL2 condition, text or JSON.", text),
        "filter-lang": query_parameter(
            "filter-lang",
            "Language of `filter`; `cql-text` is the draft before CQL2, in which GDAL "
            "writes its filters: LIKE does not look at capitals.",
            {
                "type": "string",
                "enum": ["cql2-text", "cql2-json", "cql-text"],
                "default": "cql2-text",
            },
        ),
        "filter-crs": query_parameter(
            "filter-crs", "CRS of geometries in `filter`.", crs
        ),
        "properties": query_parameter(
            "properties", "Properties to answer with.", names
        ),
        "skipGeometry": query_parameter(
            "skipGeometry",
            "Leave geometries out.",
            {"type": "boolean", "default": False},
        ),
        "sortby": query_parameter(
            "sortby", "Properties to sort by; `-` before a name: falling.", names
        ),
        "resulttype": query_parameter(
            "resulttype",
            "`hits`: the number of features only.",
            {"type": "string", "enum": ["results", "hits"], "default": "results"},
        ),
        "collections": query_parameter(
            "collections", "Layers to answer with; without it, all.", names
        ),
        "itemId": path_parameter(
            "itemId", "Code of the feature or id of the record.", text
        ),
        "tileMatrix": path_parameter(
            "tileMatrix",
            "Zoom level.",
            {"type": "integer", "minimum": 0, "maximum": 24},
        ),
        "tileRow": path_parameter(
            "tileRow", "Row, from the north.", {"type": "integer", "minimum": 0}
        ),
        "tileCol": path_parameter(
            "tileCol", "Column, from the west.", {"type": "integer", "minimum": 0}
        ),
    }


_OBJECT: Part = {"type": "object", "additionalProperties": True}


def _record(required: dict[str, Part], **optional: Part) -> Part:
    """An object with required and optional members, open for more."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **optional},
        "additionalProperties": True,
    }


def build_schemas() -> Part:
    """Shared schemas."""
    text: Part = {"type": "string"}
    links: Part = {"type": "array", "items": ref(SCHEMA_REF, "link")}
    count: Part = {"type": "integer", "minimum": 0}
    feature = {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": text,
        "geometry": {**_OBJECT, "nullable": True},
        "properties": _OBJECT,
    }
    return {
        "exception": _record({"code": text, "description": text}, status=count),
        "link": _record({"href": text, "rel": text}, type=text, title=text),
        "landingPage": _record({"links": links}, title=text, description=text),
        "conformance": _record({"conformsTo": {"type": "array", "items": text}}),
        "collection": _record({"id": text, "links": links}, title=text),
        "collections": _record(
            {
                "collections": {
                    "type": "array",
                    "items": ref(SCHEMA_REF, "collection"),
                },
                "links": links,
            }
        ),
        "propertySchema": _record({"type": text, "properties": _OBJECT}),
        "feature": _record(feature, links=links),
        "featureCollection": _record(
            {
                "type": {"type": "string", "enum": ["FeatureCollection"]},
                "features": {"type": "array", "items": ref(SCHEMA_REF, "feature")},
            },
            links=links,
            numberMatched=count,
            numberMatchedEstimate={
                **count,
                "description": "In place of `numberMatched` where counting would take "
                "more than two seconds: what the planner expects, not exact.",
            },
            numberReturned=count,
            timeStamp={"type": "string", "format": "date-time"},
        ),
        "tileSets": _record({"tilesets": {"type": "array", "items": _OBJECT}}),
        "tileSet": _record({"dataType": text, "crs": text, "links": links}),
        "tileJson": _record(
            {"tilejson": text, "tiles": {"type": "array", "items": text}}
        ),
        "styles": _record({"styles": {"type": "array", "items": _OBJECT}}),
        "matrixSets": _record({"tileMatrixSets": {"type": "array", "items": _OBJECT}}),
        "matrixSet": _record({"id": text, "crs": text}),
        "processes": _record(
            {"processes": {"type": "array", "items": _OBJECT}, "links": links}
        ),
        "process": _record({"id": text, "version": text, "inputs": _OBJECT}),
    }


def build_responses() -> Part:
    """Shared answers."""

    def problem(description: str) -> Part:
        content = {"schema": ref(SCHEMA_REF, "exception")}
        page = {"schema": {"type": "string"}}
        return {
            "description": description,
            "content": {"application/json": content, "text/html": page},
        }

    return {
        "NotModified": {"description": "The client holds the current answer."},
        "BadRequest": problem("A parameter or input is not usable; it is named."),
        "Unauthorized": problem("No level holds the token that was sent."),
        "Forbidden": problem("The answer would tell what the caller may not know."),
        "NotFound": problem("Nothing is published here for the caller's level."),
        "NoData": problem("The city keeps nothing from which to answer."),
        "ServerError": problem("An error inside, with a reference number."),
        "Dismissed": problem("The job was dismissed and its answer removed."),
        "TooManyRequests": problem("The caller has too many unfinished jobs."),
        "Busy": problem("The answer would take too long, or the server is busy."),
    }


def parameters_of(names: Iterable[str]) -> list[Part]:
    """References to shared parameters."""
    return [ref(PARAMETER_REF, name) for name in names]


def responses_of(
    description: str, content: Part, *others: tuple[str, str], status: str = "200"
) -> Part:
    """An operation's answers: the good one, the usual errors, and others by name."""
    found: Part = {
        status: {"description": description, "content": content},
        "401": ref(RESPONSE_REF, "Unauthorized"),
        "500": ref(RESPONSE_REF, "ServerError"),
    }
    return found | {code: ref(RESPONSE_REF, name) for code, name in others}


WRONG = ("400", "BadRequest")
MISSING = ("404", "NotFound")
SAME = ("304", "NotModified")
BUSY = ("503", "Busy")


def document_path(
    operation: str,
    summary: str,
    schema: str,
    *,
    tag: str = "server",
    media_type: str = "application/json",
    path: tuple[Part, ...] = (),
    missing: bool = False,
    known: tuple[str, ...] = (),
) -> Part:
    """A path that answers with a document or its page."""
    content = {
        media_type: {"schema": ref(SCHEMA_REF, schema)},
        "text/html": {"schema": {"type": "string"}},
    }
    others = [WRONG, SAME, *([MISSING] if missing else [])]
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "tags": [tag],
            "parameters": [*path, *parameters_of(("f", "lang", *known))],
            "responses": responses_of(summary, content, *others),
        }
    }
