"""Collections: what pygeoapi says of them, and what the features themselves say."""

from __future__ import annotations

from starlette.requests import Request

from gis.publish.docs import theme_title
from gis.publish.style import is_drawn
from gis.serve.answer import JSON, SCHEMA
from gis.serve.context import Context
from gis.serve.documents import MATRIX_SET, ask
from gis.serve.engine import BASE, Document, api
from gis.serve.extents import Extents
from gis.serve.records import build_catalogue
from gis.serve.styles import STYLE, SVG
from layers import Layer

SORTABLES_REL = "http://www.opengis.net/def/rel/ogc/1.0/sortables"
COVERAGE_REL = "http://www.opengis.net/def/rel/ogc/1.0/coverage"


class Collections:
    """Makes the documents of /collections and /collections/{layer}."""

    def __init__(self, context: Context, extents: Extents) -> None:
        self._context = context
        self._extents = extents

    async def prepare(self, request: Request) -> None:
        """Read the extents of the collections that the request is about."""
        context = self._context
        visible = context.catalogue.visible_at(context.level_of(request))
        one = "layer" in request.path_params
        wanted = [context.layer_of(request)] if one else visible.values()
        await self._extents.refresh(request, wanted)

    def all(self, context: Context, request: Request) -> Document:
        """All collections of the level, and the catalogue of them."""
        made = ask(context, request, api.describe_collections)
        layers = context.catalogue.visible_at(context.level_of(request))
        made["collections"] = [
            _amended(
                context, request, collection, layers[collection["id"]], self._extents
            )
            for collection in made["collections"]
        ] + [build_catalogue(context, request)]
        return made | {"crs": list(context.city.served_uris())}

    def one(self, context: Context, request: Request) -> Document:
        """One collection."""
        layer = context.layer_of(request)
        made = ask(context, request, api.describe_collections, layer.id)
        return _amended(context, request, made, layer, self._extents)


def _amended(
    context: Context,
    request: Request,
    collection: Document,
    layer: Layer,
    extents: Extents,
) -> Document:
    """A collection with its theme, its credit and the links that clients want."""
    level, lang = context.level_of(request), context.lang_of(request)
    collection["attribution"] = layer.attribution or context.city.attribution
    collection["x-citygrid-theme"] = layer.theme
    collection["x-citygrid-theme-title"] = theme_title(layer.theme, lang)
    collection["x-citygrid-access"] = layer.access.label
    collection["x-citygrid-geometry"] = (
        layer.geometry if layer.geometry_at(level) else "none"
    )
    if found := extents.known(layer.id, level):
        collection["extent"]["temporal"] = {"interval": [list(found.interval)]}
        if found.bbox:
            collection["extent"]["spatial"]["bbox"] = [list(found.bbox)]
    sortables = f"{BASE}/collections/{layer.id}/sortables"
    links = [
        (SORTABLES_REL, SCHEMA, "Sortables", f"{sortables}?f=json"),
        (SORTABLES_REL, "text/html", "Sortables", f"{sortables}?f=html"),
    ]
    if layer.raster is not None:
        cells = f"{BASE}/collections/{layer.id}/coverage"
        links += [
            (COVERAGE_REL, "image/tiff", "Cells as GeoTIFF", f"{cells}?f=tif"),
            (COVERAGE_REL, "image/png", "Hillshade", f"{cells}?f=png"),
        ]
    if is_drawn(layer, level):
        tiles = f"{BASE}/collections/{layer.id}/tiles/{MATRIX_SET}/tilejson.json"
        style = f"{BASE}/styles/{layer.id}"
        links += [
            ("describedby", JSON, "TileJSON of the vector tiles", tiles),
            ("stylesheet", STYLE, "Style", style),
            ("legend", SVG, "Legend", f"{style}/legend?f=svg"),
        ]
    collection["links"] += [
        {
            "rel": rel,
            "type": media_type,
            "title": context.texts.say(lang, title),
            "href": href,
        }
        for rel, media_type, title, href in links
    ]
    return collection
