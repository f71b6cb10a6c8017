"""Coverages of raster layers in the OpenAPI document."""

from __future__ import annotations

from gis.serve.openapi_parts import (
    BUSY,
    MISSING,
    SAME,
    WRONG,
    Part,
    parameters_of,
    responses_of,
)
from gis.serve.relief import FORMATS, MOST_PIXELS
from layers import Layer


def relief_paths(layer: Layer) -> Part:
    """The path of a layer's cells; none for a layer without."""
    if layer.raster is None:
        return {}
    summary = f"{layer.id}: cells by extent"
    form: Part = {
        "name": "f",
        "in": "query",
        "description": "GeoTIFF of the cells as they were loaded, or a hillshade of at "
        f"most {MOST_PIXELS} pixels a side.",
        "required": False,
        "schema": {"type": "string", "enum": list(FORMATS), "default": "tif"},
    }
    sheet: Part = {
        "name": "sheet",
        "in": "query",
        "description": "Code of a sheet; without it, the finest within the box.",
        "required": False,
        "schema": {"type": "string"},
    }
    binary: Part = {"schema": {"type": "string", "format": "binary"}}
    content = {types[0]: binary for types in FORMATS.values()}
    return {
        f"/collections/{layer.id}/coverage": {
            "get": {
                "operationId": f"coverage.{layer.id}",
                "summary": summary,
                "tags": [layer.theme],
                "parameters": [
                    *parameters_of(("bbox", "bbox-crs")),
                    sheet,
                    form,
                    *parameters_of(("lang",)),
                ],
                "responses": responses_of(summary, content, WRONG, SAME, MISSING, BUSY),
            }
        }
    }
