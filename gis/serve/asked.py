"""What a request asks for: parameters -> one frozen Query, and how to answer it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import cast

from starlette.requests import Request

from gis.db.compose import Box, Interval, Output, Query
from gis.db.cql import compile_filter
from gis.errors import QueryError
from gis.serve import parameters as read
from gis.serve.answer import DOCUMENT_FORMATS, JSON_FG, only
from gis.serve.context import Context
from gis.serve.cursor import read_cursor
from gis.serve.formats import FORMATS
from gis.serve.negotiate import LANGUAGES, Lang, format_of
from gis.serve.openapi import ITEM_PARAMETERS, ITEMS_PARAMETERS
from layers import Layer, Level

#: Parameters that change what is shown of the features, not which match.
_SHOWN_ONLY = frozenset(
    {
        "f",
        "lang",
        "header",
        "limit",
        "offset",
        "cursor",
        "crs",
        "properties",
        "skipGeometry",
        "sortby",
        "resulttype",
    }
)

#: Formats of a page of items: name -> media types that stand for it.
ITEMS_FORMATS: Mapping[str, tuple[str, ...]] = {
    **DOCUMENT_FORMATS,
    "jsonfg": (JSON_FG,),
    **{name: (one.media_type,) for name, one in FORMATS.items()},
}


@dataclass(frozen=True)
class Asked:
    """One request for features, read and checked."""

    layer: Layer
    level: Level
    format: str
    crs: read.Served
    query: Query
    hits: bool = False
    passed: int = 0
    heads: Lang | None = None


def read_items(context: Context, request: Request) -> Asked:
    """A request for a page of features."""
    layer, level = context.layer_of(request), context.level_of(request)
    columns = layer.columns_at(level)
    only(request, (*ITEMS_PARAMETERS, *columns))
    given = request.query_params
    bbox_crs = read.read_crs(given, "bbox-crs", context.city)
    filter_crs = read.read_crs(given, "filter-crs", context.city)
    language = read.read_choice(
        given, "filter-lang", "cql2-text", "cql2-json", "cql-text"
    )
    text = read.read_text(given, "filter")
    condition = None
    if text is not None:
        condition = compile_filter(
            text,
            {name: column.type for name, column in columns.items()},
            language=language,
            geometry="geom" if layer.geometry_at(level) else None,
            stored_srid=context.city.stored_srid,
            filter_srid=_stored(filter_crs, context.city.stored_srid),
            flip=filter_crs.northing_first,
        )
    asked = _output(context, request, layer, level, ITEMS_FORMATS)
    sort, offset = read.read_sort(given, columns), read.read_offset(given)
    place = read_cursor(
        context.gate.sign,
        order_key(request, layer.id, level),
        read.read_text(given, "cursor"),
    )
    if place and offset:
        raise QueryError("offset", "not together with cursor")
    query = Query(
        layer=layer.id,
        level=level,
        limit=read.read_limit(given),
        offset=offset,
        after=place.fid if place else None,
        after_values=place.values if place else (),
        boxes=_boxes(read.read_bbox(given, bbox_crs), bbox_crs),
        interval=_interval(given),
        equals=read.read_equals(given, columns),
        words=read.read_words(given),
        filter=condition,
        sort=sort,
        output=asked.query.output,
    )
    hits = read.read_choice(given, "resulttype", "results", "hits") == "hits"
    passed = place.passed if place else offset
    heads = read.read_choice(given, "header", "name", *LANGUAGES)
    return replace(
        asked,
        query=query,
        hits=hits,
        passed=passed,
        heads=None if heads == "name" else cast(Lang, heads),
    )


def read_item(context: Context, request: Request) -> Asked:
    """A request for one feature."""
    layer, level = context.layer_of(request), context.level_of(request)
    only(request, ITEM_PARAMETERS)
    return _output(context, request, layer, level, DOCUMENT_FORMATS)


def _output(
    context: Context,
    request: Request,
    layer: Layer,
    level: Level,
    offered: Mapping[str, Iterable[str]],
) -> Asked:
    """What items and item have in common: format, CRS, properties, time."""
    given = request.query_params
    crs = read.read_crs(given, "crs", context.city)
    format_ = format_of(request, offered)
    output = Output(
        columns=read.read_names(given, "properties", layer.columns_at(level)),
        geometry=not read.read_flag(given, "skipGeometry"),
        srid=crs.srid,
        flip=crs.northing_first,
        fg=format_ == "jsonfg",
    )
    query = Query(layer=layer.id, level=level, interval=_interval(given), output=output)
    return Asked(layer, level, format_, crs, query)


def _stored(crs: read.Served, stored_srid: int) -> int:
    """EPSG code for literals; CRS84 has the numbers of the stored degrees."""
    return stored_srid if crs.srid == 4326 else crs.srid


def _boxes(box: read.Box | None, crs: read.Served) -> tuple[Box, ...]:
    """One rectangle, or two where the box crosses the antimeridian."""
    if box is None:
        return ()
    west, south, east, north = box
    if west <= east:
        return (Box(west, south, east, north, crs.srid),)
    return (
        Box(west, south, 180.0, north, crs.srid),
        Box(-180.0, south, east, north, crs.srid),
    )


def _interval(given: Mapping[str, str]) -> Interval | None:
    period = read.read_period(given)
    return None if period is None else Interval(period.start, period.end)


def order_key(request: Request, layer_id: str, level: Level) -> Hashable:
    """What decides which features match, and in which order."""
    sort = request.query_params.get("sortby", "")
    return matching_key(request, layer_id, level.label, sort)


def matching_key(request: Request, *others: Hashable) -> Hashable:
    """What decides which features match, beside what the caller adds."""
    given = request.query_params.items()
    return *others, *sorted(pair for pair in given if pair[0] not in _SHOWN_ONLY)
