"""The OpenAPI document of one level: exactly what is served, all references local."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gis.db.matrix import MATRIX_SETS
from gis.publish.openapi_schema import openapi_schema
from gis.publish.processes import flattened, output_schema
from gis.publish.pygeoapi import build_fields, is_tiled
from gis.publish.style import is_drawn
from gis.serve import formats
from gis.serve.answer import JSON_FG
from gis.serve.engine import BASE, finished
from gis.serve.negotiate import Lang
from gis.serve.openapi_jobs import (
    execute_later,
    execute_members,
    job_paths,
    job_schemas,
)
from gis.serve.openapi_loads import load_paths
from gis.serve.openapi_parts import (
    BUSY,
    MISSING,
    PARAMETER_REF,
    RESPONSE_REF,
    SAME,
    SCHEMA_REF,
    WRONG,
    Part,
    build_parameters,
    build_responses,
    build_schemas,
    document_path,
    parameters_of,
    ref,
    responses_of,
)
from gis.serve.openapi_records import record_paths
from gis.serve.openapi_relief import relief_paths
from gis.serve.openapi_runs import run_paths, run_schemas
from gis.serve.openapi_scenarios import scenario_paths, scenario_schemas
from gis.serve.openapi_tiles import dataset_paths, style_paths, tile_path
from layers import Catalogue, City, Layer, Level
from processes import GEOJSON, Process

VERSION = "0.1.0"
_TAGS = ("processes", "loads", "scenarios")  # after those of the server and themes

#: Parameters of items beside the properties themselves.
ITEMS_PARAMETERS = (
    "limit",
    "offset",
    "cursor",
    "q",
    "bbox",
    "bbox-crs",
    "crs",
    "datetime",
    "filter",
    "filter-lang",
    "filter-crs",
    "properties",
    "skipGeometry",
    "sortby",
    "resulttype",
    "header",
)
ITEM_PARAMETERS = ("crs", "datetime", "properties", "skipGeometry")


def build_openapi(
    catalogue: Catalogue,
    city: City,
    level: Level,
    lang: Lang,
    processes: Mapping[str, Process],
) -> dict[str, Any]:
    """OpenAPI 3.0 document of a level, links on the stand-in base."""
    paths = _server_paths() | dataset_paths() | record_paths()
    layers = catalogue.visible_at(level)
    drawn = [layer for layer in layers.values() if is_drawn(layer, level)]
    paths |= style_paths(drawn)
    for layer in layers.values():
        paths |= _collection_paths(layer, level, lang) | relief_paths(layer)
    paths |= load_paths(layers.values(), level) | scenario_paths(level)
    for process in processes.values():
        paths |= _process_paths(process, lang)
    paths |= job_paths(processes) | run_paths(processes)
    themes = dict.fromkeys(layer.theme for layer in layers.values())
    return {
        "openapi": "3.0.3",
        "info": {
            "title": f"citygrid · {city.title.in_language(lang)}",
            "version": VERSION,
            "description": city.attribution,
            "license": {"name": "MIT"},
        },
        "servers": [{"url": BASE}],
        "security": [{}, {"bearer": []}],
        "tags": [{"name": name} for name in ("server", *themes, *_TAGS)],
        "paths": paths,
        "components": {
            "parameters": build_parameters(city),
            "schemas": build_schemas()
            | job_schemas()
            | run_schemas()
            | scenario_schemas(),
            "responses": build_responses(),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _server_paths() -> Part:
    matrix_set: Part = {
        "name": "tileMatrixSetId",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "enum": list(MATRIX_SETS)},
    }
    return {
        "/": document_path("landing", "Landing page", "landingPage"),
        "/conformance": document_path(
            "conformance", "Conformance classes", "conformance"
        ),
        "/openapi": {
            "get": {
                "operationId": "openapi",
                "summary": "This document",
                "tags": ["server"],
                "parameters": parameters_of(("f", "lang")),
                "responses": responses_of(
                    "This document",
                    {
                        "application/vnd.oai.openapi+json;version=3.0": {
                            "schema": {"type": "object"}
                        },
                        "text/html": {"schema": {"type": "string"}},
                    },
                    WRONG,
                    SAME,
                ),
            }
        },
        "/collections": document_path("collections", "Collections", "collections"),
        "/tileMatrixSets": document_path(
            "getTileMatrixSetsList", "Tile matrix sets", "matrixSets"
        ),
        "/tileMatrixSets/{tileMatrixSetId}": document_path(
            "getTileMatrixSet",
            "Tile matrix set",
            "matrixSet",
            path=(matrix_set,),
            missing=True,
        ),
        "/processes": document_path(
            "processes", "Processes", "processes", tag="processes", known=("limit",)
        ),
    }


def _collection_paths(layer: Layer, level: Level, lang: Lang) -> Part:
    root = f"/collections/{layer.id}"
    title = layer.title.in_language(lang)

    def document(
        name: str, schema: str, media_type: str = "application/json", suffix: str = ""
    ) -> Part:
        # OGC API - Tiles gives the operations of tilesets their last words
        known = f"{layer.id}.{name}.collection.vector.{suffix}"
        return document_path(
            known if suffix else f"{name}.{layer.id}",
            f"{title}: {name}",
            schema,
            tag=layer.theme,
            media_type=media_type,
        )

    schema_type = "application/schema+json"
    paths = {
        root: document("collection", "collection"),
        f"{root}/queryables": document("queryables", "propertySchema", schema_type),
        f"{root}/sortables": document("sortables", "propertySchema", schema_type),
        f"{root}/schema": document("schema", "propertySchema", schema_type),
        f"{root}/items": _items_path(layer, level, lang, title),
        f"{root}/items/{{itemId}}": _item_path(layer, title),
    }
    if is_tiled(layer, level):
        tiles = f"{root}/tiles"
        paths[tiles] = document("tiles", "tileSets", suffix="getTileSetsList")
        for one in MATRIX_SETS.values():
            own = f"{tiles}/{one.id}"
            paths |= {
                own: document(one.id, "tileSet", suffix="getTileSet"),
                f"{own}/tilejson.json": document(f"tilejson.{one.id}", "tileJson"),
                f"{own}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": tile_path(
                    layer, title, one
                ),
            }
    return paths


def _items_path(layer: Layer, level: Level, lang: Lang, title: str) -> Part:
    properties = [
        {
            "name": name,
            "in": "query",
            "description": field.pop("title"),
            "required": False,
            "schema": _filter_schema(field),
            "style": "form",
            "explode": False,
        }
        for name, field in finished(build_fields(layer, level), lang).items()
    ]
    binary: Part = {"schema": {"type": "string", "format": "binary"}}
    content = {
        GEOJSON: {"schema": ref(SCHEMA_REF, "featureCollection")},
        "text/html": {"schema": {"type": "string"}},
        JSON_FG: {"schema": ref(SCHEMA_REF, "featureCollection")},
        **{one.media_type: binary for one in formats.FORMATS.values()},
    }
    return {
        "get": {
            "operationId": f"items.{layer.id}",
            "summary": f"{title}: items",
            "tags": [layer.theme],
            "parameters": [
                *parameters_of(("itemsFormat", "lang", *ITEMS_PARAMETERS)),
                *properties,
            ],
            "responses": responses_of("Features", content, WRONG, SAME, BUSY),
        },
        "options": _options(f"items.options.{layer.id}", layer),
    }


def _filter_schema(field: Mapping[str, Any]) -> Part:
    """What an equality filter takes: the type alone, since no value is refused."""
    return {key: field[key] for key in ("type", "format") if key in field}


def _item_path(layer: Layer, title: str) -> Part:
    content = {
        GEOJSON: {"schema": ref(SCHEMA_REF, "feature")},
        "text/html": {"schema": {"type": "string"}},
    }
    return {
        "get": {
            "operationId": f"item.{layer.id}",
            "summary": f"{title}: item",
            "tags": [layer.theme],
            "parameters": parameters_of(("itemId", "f", "lang", *ITEM_PARAMETERS)),
            "responses": responses_of(
                "One feature", content, WRONG, MISSING, SAME, BUSY
            ),
        },
        "options": _options(f"item.options.{layer.id}", layer, "itemId"),
    }


def _options(operation: str, layer: Layer, *path: str) -> Part:
    return {
        "operationId": operation,
        "summary": "Methods that the caller may use",
        "tags": [layer.theme],
        "parameters": parameters_of(path),
        "responses": {
            "204": {"description": "Methods are in the Allow header."},
            "401": ref(RESPONSE_REF, "Unauthorized"),
            "404": ref(RESPONSE_REF, "NotFound"),
        },
    }


def _process_paths(process: Process, lang: Lang) -> Part:
    path = f"/processes/{process.id}"
    title = process.title.in_language(lang)
    inputs = openapi_schema(flattened(process.inputs.model_json_schema()))
    body = {
        "type": "object",
        "required": ["inputs"],
        "properties": {
            "inputs": inputs,
            **execute_members(),
        },
        "additionalProperties": False,
    }
    content = {
        media_type: {
            "schema": {
                key: value
                for key, value in output_schema(media_type).items()
                if key == "type"
            }
        }
        for media_type in process.media_types
    }
    later = execute_later(process)
    execution = {
        "operationId": f"execute.{process.id}",
        "summary": title,
        "description": process.description.in_language(lang),
        "tags": ["processes"],
        "parameters": [
            {
                "name": "f",
                "in": "query",
                "required": False,
                "schema": {"type": "string", "enum": sorted(FORMATS)},
            },
            ref(PARAMETER_REF, "lang"),
            *later["parameters"],
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": body}},
        },
        "responses": responses_of(
            "The result",
            content,
            WRONG,
            ("403", "Forbidden"),
            ("422", "NoData"),
            BUSY,
        )
        | later["responses"],
        "callbacks": later["callbacks"],
    }
    return {
        path: document_path(f"process.{process.id}", title, "process", tag="processes"),
        f"{path}/execution": {"post": execution},
    }


#: Short names of what a process may answer in.
FORMATS: Mapping[str, str] = {
    "geojson": GEOJSON,
    "json": "application/json",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
