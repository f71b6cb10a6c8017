"""Documents of tilesets: their metadata, by the standard, and as TileJSON."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import Request

from gis.db.matrix import MatrixSet
from gis.db.tiles import tile_columns
from gis.publish.pygeoapi import build_fields
from gis.publish.tilejson import (
    COARSE,
    Bounds,
    build_tilejson,
    united,
    vector_layer,
    zooms_of,
)
from gis.serve.answer import MVT
from gis.serve.context import Context
from gis.serve.engine import BASE, Document, finished
from gis.serve.extents import Extents
from layers import CRS84, Layer, crs_uri

MATRIX_SET_URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/"
SCHEME_REL = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
#: What a list of tilesets says of each, beside its links.
_SUMMARY = ("title", "dataType", "crs", "tileMatrixSetURI", "tileMatrixSetId")
_DIMENSIONS = {"Point": 0, "LineString": 1, "MultiLineString": 1}


class Tilesets:
    """Makes the documents of tilesets of one layer or of many."""

    def __init__(self, context: Context, extents: Extents) -> None:
        self._context = context
        self._extents = extents

    async def bounds(self, request: Request, layers: Iterable[Layer]) -> Bounds:
        """Box around the features of the layers, as the caller sees them [degree]."""
        wanted = list(layers)
        await self._extents.refresh(request, wanted)
        level = self._context.level_of(request)
        known = [self._extents.known(layer.id, level) for layer in wanted]
        boxes = [extent.bbox if extent else None for extent in known]
        return united(boxes, self._context.city.extent)

    def tilejson(
        self,
        request: Request,
        layers: list[Layer],
        matrix_set: MatrixSet,
        bounds: Bounds,
        url: str,
    ) -> Document:
        """TileJSON of one layer or of many.

        Parameters
        ----------
        url : of one tile, with {z}, {x} and {y}
        """
        context = self._context
        level, lang = context.level_of(request), context.lang_of(request)
        one = layers[0] if len(layers) == 1 else None
        return build_tilejson(
            [vector_layer(layer, level, lang, matrix_set) for layer in layers],
            name=(one or context.city).title.in_language(lang),
            url=url,
            attribution=(one and one.attribution) or context.city.attribution,
            bounds=bounds,
        )

    def tileset(
        self,
        request: Request,
        layers: list[Layer],
        matrix_set: MatrixSet,
        bounds: Bounds,
        url: str,
        query: str = "",
    ) -> Document:
        """Metadata of a tileset.

        Parameters
        ----------
        url : of the tileset, without a query
        query : that its tiles are asked with, `?` included
        """
        context = self._context
        lang = context.lang_of(request)
        one = layers[0] if len(layers) == 1 else None
        west, south, east, north = bounds
        crs = crs_uri(matrix_set.srid) if matrix_set.is_mercator else CRS84
        links = [
            ("self", "application/json", "This tileset", f"{url}{query}"),
            ("alternate", "text/html", "This document as HTML", f"{url}?f=html"),
            (
                "item",
                MVT,
                "Vector tile",
                f"{url}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}{query}",
            ),
            (
                "describedby",
                "application/json",
                "TileJSON of the vector tiles",
                f"{url}/tilejson.json{query}",
            ),
            (
                SCHEME_REL,
                "application/json",
                "Tile matrix set",
                f"{BASE}/tileMatrixSets/{matrix_set.id}",
            ),
        ]
        return {
            **({"id": one.id} if one else {}),
            "title": (one or context.city).title.in_language(lang),
            "dataType": "vector",
            "crs": crs,
            "tileMatrixSetURI": f"{MATRIX_SET_URI}{matrix_set.id}",
            "tileMatrixSetId": matrix_set.id,
            "boundingBox": {
                "lowerLeft": [west, south],
                "upperRight": [east, north],
                "crs": CRS84,
            },
            "tileMatrixSetLimits": _limits(layers, matrix_set),
            "layers": [self._layer(request, layer, matrix_set) for layer in layers],
            "links": [
                {
                    "rel": rel,
                    "type": media_type,
                    "title": context.texts.say(lang, title),
                    "href": href,
                    **({"templated": True} if "{" in href else {}),
                }
                for rel, media_type, title, href in links
            ],
        }

    def _layer(self, request: Request, layer: Layer, matrix_set: MatrixSet) -> Document:
        """What a tileset says of a layer in it."""
        context = self._context
        level, lang = context.level_of(request), context.lang_of(request)
        fields = finished(build_fields(layer, level), lang)
        low, high = zooms_of(layer, matrix_set)
        properties = {name: fields[name] for name in tile_columns(layer, level)}
        coarse = {
            name: {"title": title.in_language(lang), "type": "integer"}
            for name, title in COARSE.items()
        }
        return {
            "id": layer.id,
            "title": layer.title.in_language(lang),
            "dataType": "vector",
            "geometryDimension": _DIMENSIONS.get(layer.geometry, 2),
            "minTileMatrix": str(low),
            "maxTileMatrix": str(high),
            "propertiesSchema": {
                "type": "object",
                "properties": properties | coarse,
            },
        }


def summary(tileset: Document) -> Document:
    """What a list of tilesets says of one: links to it and to its matrix set."""
    links = [link for link in tileset["links"] if link["rel"] in ("self", SCHEME_REL)]
    return {key: tileset[key] for key in _SUMMARY} | {"links": links}


def _limits(layers: list[Layer], matrix_set: MatrixSet) -> list[Document]:
    """The matrices that any of the layers has tiles in, each as a whole."""
    ranges = [zooms_of(layer, matrix_set) for layer in layers]
    zooms = sorted({zoom for low, high in ranges for zoom in range(low, high + 1)})
    return [
        {
            "tileMatrix": str(zoom),
            "minTileRow": 0,
            "maxTileRow": 2**zoom - 1,
            "minTileCol": 0,
            "maxTileCol": matrix_set.first_columns * 2**zoom - 1,
        }
        for zoom in zooms
    ]
