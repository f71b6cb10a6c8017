"""Paths of tiles in the OpenAPI document."""

from __future__ import annotations

from gis.db.matrix import MATRIX_SETS, MatrixSet
from gis.publish.pygeoapi import MVT, zoom_range
from gis.serve.openapi_parts import (
    BUSY,
    MISSING,
    SAME,
    WRONG,
    Part,
    document_path,
    parameters_of,
    responses_of,
)
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
    low, high = (max(0, zoom - matrix_set.shift) for zoom in zoom_range(layer))
    return _tile(
        f"tile.{matrix_set.id}.{layer.id}",
        f"{title}: vector tile, zoom {low} to {high}",
        layer.theme,
    )


def dataset_paths() -> Part:
    """Paths of the tilesets that hold many layers."""
    chosen = ("collections",)
    paths = {"/tiles": document_path("tilesets", "Tilesets", "tileSets", known=chosen)}
    for one in MATRIX_SETS.values():
        own = f"/tiles/{one.id}"
        paths |= {
            own: document_path(
                f"tileset.{one.id}", "Tileset of many layers", "tileSet", known=chosen
            ),
            f"{own}/tilejson.json": document_path(
                f"tilejson.{one.id}", "TileJSON", "tileJson", known=chosen
            ),
            f"{own}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": _tile(
                f"tile.{one.id}",
                "Vector tile of many layers",
                "server",
                "collections",
            ),
        }
    return paths


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
