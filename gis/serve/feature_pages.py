"""Items and one item as pages for people: a table, a small map, links to the files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from gis.serve.answer import page_answer
from gis.serve.asked import Asked
from gis.serve.cells import cell
from gis.serve.context import Context
from gis.serve.formats import FORMATS


def items_page(
    context: Context, request: Request, asked: Asked, body: bytes
) -> Response:
    """A page of features, from the document that programs get."""
    data = orjson.loads(body)
    for link in data["links"]:
        link["page"] = link["href"].replace("f=json", "f=html", 1)
    features = [f for f in data["features"] if f["geometry"]]
    return page_answer(
        context,
        request,
        "items.html",
        layer=asked.layer,
        data=data,
        **_table(context, request, asked, hidden="code"),
        json_href=data["links"][0]["href"],
        files={
            format_.name: link["href"]
            for link in data["links"]
            for format_ in FORMATS.values()
            if link["type"] == format_.media_type and link["rel"] == "alternate"
        },
        mapped=bool(features) and asked.crs.is_lon_lat,
        features=_embedded({"type": "FeatureCollection", "features": features}),
    )


def item_page(
    context: Context, request: Request, asked: Asked, body: bytes
) -> Response:
    """One feature."""
    feature = orjson.loads(body)
    return page_answer(
        context,
        request,
        "item.html",
        layer=asked.layer,
        feature=feature,
        **_table(context, request, asked),
        json_href=feature["links"][0]["href"],
        mapped=feature["geometry"] is not None and asked.crs.is_lon_lat,
        features=_embedded(feature),
    )


def _table(
    context: Context, request: Request, asked: Asked, hidden: str | None = None
) -> dict[str, Any]:
    """What a page's table needs: titles of the properties, and their cells."""
    columns = asked.layer.columns_at(asked.level)
    names = asked.query.output.columns or tuple(columns)
    lang = context.lang_of(request)
    return {
        "columns": {
            name: columns[name].title.in_language(lang)
            for name in names
            if name != hidden
        },
        "cell": lambda name, value: cell(value, columns[name], lang),
    }


def _embedded(document: Mapping[str, Any]) -> Markup:
    """JSON that may stand inside a script element: nothing in it ends the element."""
    text = orjson.dumps(document).decode()
    for mark, escaped in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(mark, escaped)
    return Markup(text)  # noqa: S704  # no mark of HTML is left in it
