"""Documents: landing, conformance, collections, schemas, processes, matrix sets.

pygeoapi makes them from the declarations; what it cannot know is amended here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gis.db.matrix import MATRIX_SETS
from gis.errors import NotFound
from gis.publish.pygeoapi import build_fields, geometry_format
from gis.serve.answer import (
    DOCUMENT_FORMATS,
    GEOJSON,
    JSON,
    document_answer,
    only,
    page_answer,
)
from gis.serve.conformance import CLASSES
from gis.serve.context import Context
from gis.serve.engine import (
    BASE,
    Document,
    api,
    finished,
    itemtypes,
    processes,
    tiles,
)
from gis.serve.negotiate import format_of
from gis.serve.parameters import read_limit
from layers import Layer
from processes import registry

Handler = Callable[[Request], Awaitable[Response]]
Make = Callable[[Context, Request], Document]
Prepare = Callable[[Request], Awaitable[None]]

MATRIX_SET = "WebMercatorQuad"
_RECORDS = "/collections/records/items"
_OGC = "http://www.opengis.net/def/rel/ogc/1.0"
_VALIDITY = {
    "valid_from": "primary-interval-start",
    "valid_to": "primary-interval-end",
}


def document(
    context: Context,
    make: Make,
    template: str,
    *,
    media_type: str = "application/json",
    known: tuple[str, ...] = (),
    prepare: Prepare | None = None,
) -> Handler:
    """Handler that answers with a document or with its page.

    Parameters
    ----------
    make : what the document says
    template : draws it as HTML
    known : query parameters beside `f` and `lang`
    prepare : reads first what the document tells from the database
    """

    async def handler(request: Request) -> Response:
        only(request, known)
        wanted = format_of(request, DOCUMENT_FORMATS)
        if prepare is not None:
            await prepare(request)
        made = await run_in_threadpool(make, context, request)
        if wanted == "html":
            return page_answer(context, request, template, data=made)
        return document_answer(context, request, made, media_type=media_type)

    return handler


def ask(
    context: Context, request: Request, function: Callable[..., Any], *names: str
) -> Document:
    """Pygeoapi's document for the level and language of the request."""
    level, lang = context.level_of(request), context.lang_of(request)
    return context.engine.ask(function, level, lang, *names)


def make_landing(context: Context, request: Request) -> Document:
    """The landing page."""
    made = ask(context, request, api.landing_page)
    lang = context.lang_of(request)
    made["attribution"] = context.city.attribution
    made["links"] += [
        # clients that do not know the registered name look for the bare one
        link | {"rel": "processes"}
        for link in made["links"]
        if link["rel"] == f"{_OGC}/processes"
    ]
    made["links"] += [
        {
            "rel": rel,
            "type": media_type,
            "title": context.texts.say(lang, title),
            "href": f"{BASE}{path}",
        }
        for rel, media_type, path, title in (
            ("preview", "text/html", "/map", "Map"),
            ("related", "text/html", "/scorecard", "Scorecard"),
            ("describedby", "text/html", "/docs", "Documentation"),
            (f"{_OGC}/tilesets-vector", JSON, "/tiles", "Vector tiles"),
            (f"{_OGC}/styles", JSON, "/styles", "Styles"),
            (f"{_OGC}/job-list", JSON, "/jobs", "Jobs"),
            (f"{_OGC}/ogc-catalog", GEOJSON, _RECORDS, "Catalogue of layers"),
        )
    ]
    return made


def make_conformance(context: Context, request: Request) -> Document:
    """The conformance classes that the tests prove."""
    made = ask(context, request, api.conformance)
    return made | {"conformsTo": sorted(CLASSES)}


def make_queryables(context: Context, request: Request) -> Document:
    """What a filter may name."""
    layer = context.layer_of(request)
    made = ask(context, request, itemtypes.get_collection_queryables, layer.id)
    made["$id"] = f"{BASE}/collections/{layer.id}/queryables"
    made["additionalProperties"] = False
    return _typed(context, request, layer, made)


def make_sortables(context: Context, request: Request) -> Document:
    """What `sortby` may name."""
    made = make_queryables(context, request)
    made["properties"].pop("geometry", None)
    return made | {"$id": made["$id"].replace("/queryables", "/sortables")}


def make_schema(context: Context, request: Request) -> Document:
    """What a feature of the collection holds."""
    layer = context.layer_of(request)
    made = ask(context, request, api.get_collection_schema, layer.id)
    made["required"] = [
        name
        for name, column in layer.columns_at(context.level_of(request)).items()
        if column.required
    ]
    return _typed(context, request, layer, made)


def _typed(
    context: Context, request: Request, layer: Layer, schema: Document
) -> Document:
    """A schema with titles, units, code lists and the true kind of geometry."""
    level, lang = context.level_of(request), context.lang_of(request)
    properties = schema["properties"]
    for name, field in finished(build_fields(layer, level), lang).items():
        properties[name] = field | {
            key: value
            for key, value in properties[name].items()
            if key.startswith("x-ogc-role")
        }
        properties[name]["readOnly"] = True
    times = {layer.time: "primary-instant"} if layer.time else _VALIDITY
    for name, role in times.items():
        if name in properties:
            properties[name]["x-ogc-role"] = role
    if layer.geometry_at(level):
        properties["geometry"] = {
            "title": context.texts.say(lang, "Geometry"),
            "format": geometry_format(layer),
            "x-ogc-role": "primary-geometry",
            "readOnly": True,
        }
    else:
        properties.pop("geometry", None)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return schema


def make_matrix_sets(context: Context, request: Request) -> Document:
    """The tile matrix sets that tiles are served in."""
    made = ask(context, request, tiles.tilematrixsets)
    made["tileMatrixSets"] = [
        entry | {"links": _matrix_set_links(entry)}
        for entry in made["tileMatrixSets"]
        if entry["id"] in MATRIX_SETS
    ]
    return made


def list_links(
    context: Context, request: Request, url: str, title: str
) -> list[Document]:
    """Links of a list to itself: as it is, and as a page.

    Parameters
    ----------
    url : of the list, without a query
    """
    say, lang = context.texts.say, context.lang_of(request)
    return [
        {
            "rel": rel,
            "type": media_type,
            "title": say(lang, text),
            "href": f"{url}?f={f}",
        }
        for rel, media_type, text, f in (
            ("self", JSON, title, "json"),
            ("alternate", "text/html", "This document as HTML", "html"),
        )
    ]


def _matrix_set_links(entry: Document) -> list[Document]:
    """Links of one tile matrix set in the list: the document, once more, its page."""
    found = []
    for link in entry["links"]:
        rels = (
            ("self", "item") if link["type"] == "application/json" else ("alternate",)
        )
        found += [link | {"rel": rel} for rel in rels]
    return found


def make_matrix_set(context: Context, request: Request) -> Document:
    """One tile matrix set."""
    name = request.path_params["matrix_set"]
    if name not in MATRIX_SETS:
        raise NotFound(f"tile matrix set {name!r}: there are {', '.join(MATRIX_SETS)}")
    return ask(context, request, tiles.tilematrixset, name)


def make_processes(context: Context, request: Request) -> Document:
    """All processes, or the first `limit` of them."""
    made = ask(context, request, processes.describe_processes)
    limit = read_limit(request.query_params)
    return made | {"processes": made["processes"][:limit]}


def make_process(context: Context, request: Request) -> Document:
    """One process with its inputs and outputs."""
    name = registry[request.path_params["process"]].id
    return ask(context, request, processes.describe_processes, name)
