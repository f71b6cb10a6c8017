"""Paths of tiles in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable

from gis.db.matrix import MATRIX_SETS, MatrixSet
from gis.publish.pygeoapi import MVT
from gis.publish.stylesheet import WHOLE
from gis.publish.tilejson import zooms_of
from gis.serve.openapi_parts import (
    BUSY,
    MISSING,
    SAME,
    WRONG,
    Part,
    document_path,
    parameters_of,
    path_parameter,
    responses_of,
)
from gis.serve.styles import GLYPHS, STYLE, SVG
from layers import Layer

_FORMAT: Part = {
    "name": "f",
    "in": "query",
    "required": False,
    "schema": {"type": "string", "enum": ["mvt"]},
}
_CONTENT: Part = {MVT: {"schema": {"type": "string", "format": "binary"}}}


def tile_path(layer: Layer, title: str, matrix_set: MatrixSet) -> Part:
    """The path of a layer's tiles in a matrix set."""
    low, high = zooms_of(layer, matrix_set)
    return _tile(
        f"{layer.id}.{matrix_set.id}.collection.vector.getTile",
        f"{title}: vector tile, zoom {low} to {high}",
        layer.theme,
    )


def dataset_paths() -> Part:
    """Paths of the tilesets that hold many layers."""
    chosen = ("collections",)
    paths = {
        "/tiles": document_path(
            "dataset.vector.getTileSetsList", "Tilesets", "tileSets", known=chosen
        )
    }
    for one in MATRIX_SETS.values():
        own = f"/tiles/{one.id}"
        paths |= {
            own: document_path(
                f"{one.id}.dataset.vector.getTileSet",
                "Tileset of many layers",
                "tileSet",
                known=chosen,
            ),
            f"{own}/tilejson.json": document_path(
                f"tilejson.{one.id}", "TileJSON", "tileJson", known=chosen
            ),
            f"{own}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": _tile(
                f"{one.id}.dataset.vector.getTile",
                "Vector tile of many layers",
                "server",
                "collections",
            ),
        }
    return paths


def style_paths(layers: Iterable[Layer]) -> Part:
    """Paths of styles, legends and glyphs.

    Parameters
    ----------
    layers : that have a style for the caller
    """
    names = [layer.id for layer in layers]
    style = path_parameter(
        "styleId", "The style.", {"type": "string", "enum": [WHOLE, *names]}
    )
    legend = path_parameter(
        "styleId", "The style of a layer.", {"type": "string", "enum": names}
    )
    binary: Part = {"schema": {"type": "string", "format": "binary"}}
    document: Part = {"schema": {"type": "object"}}

    def path(
        operation: str, summary: str, content: Part, *parameters: Part, f: list[str]
    ) -> Part:
        chosen: Part = {
            "name": "f",
            "in": "query",
            "required": False,
            "schema": {"type": "string", "enum": f},
        }
        known = [*parameters, *([chosen] if f else []), *parameters_of(("lang",))]
        responses = responses_of(summary, content, WRONG, MISSING, SAME)
        return {
            "get": {
                "operationId": operation,
                "summary": summary,
                "tags": ["server"],
                "parameters": known,
                "responses": responses,
            }
        }

    return {
        "/styles": document_path("styles", "Styles", "styles"),
        "/styles/{styleId}": path(
            "style", "MapLibre style", {STYLE: document}, style, f=["json"]
        ),
        "/styles/{styleId}/legend": path(
            "legend",
            "Legend of a style",
            {SVG: {"schema": {"type": "string"}}, "application/json": document},
            legend,
            f=["svg", "json"],
        ),
        "/fonts/{fontstack}/{range}.pbf": path(
            "glyphs",
            "Glyphs of 256 characters",
            {GLYPHS: binary},
            path_parameter("fontstack", "Any name.", {"type": "string"}),
            path_parameter(
                "range", "First and last.", {"type": "string", "pattern": r"^\d+-\d+$"}
            ),
            f=[],
        ),
    }


def _tile(operation: str, summary: str, tag: str, *known: str) -> Part:
    """A path that answers with a tile."""
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "tags": [tag],
            "parameters": [
                *parameters_of(("tileMatrix", "tileRow", "tileCol", "day", *known)),
                _FORMAT,
            ],
            "responses": {
                "204": {"description": "Nothing lies in this tile."},
                **responses_of("Vector tile", _CONTENT, WRONG, MISSING, SAME, BUSY),
            },
        }
    }
