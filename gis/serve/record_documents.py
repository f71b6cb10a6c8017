"""A layer as a record of the catalogue: what it is, where it lies, how to get it.

Written from the layer file and from the extent that was read; a layer that a level may
not see has no record for it.
"""

from __future__ import annotations

from typing import Any

from gis.publish.docs import theme_title
from gis.publish.style import is_drawn
from gis.serve.answer import GEOJSON, JSON, JSON_FG, MVT, SCHEMA
from gis.serve.engine import BASE
from gis.serve.extents import Extent
from gis.serve.formats import FORMATS
from gis.serve.negotiate import LANGUAGES, Lang
from gis.serve.texts import Texts
from layers import City, Layer, Level

ID = "records"
URL = f"{BASE}/collections/{ID}"
#: What every record describes.
TYPE = "dataset"
CONFORMS_TO = ("http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core",)
#: Under which layers are known by their own ids.
SCHEME = f"{BASE}/collections"

Document = dict[str, Any]
_LANGUAGES: dict[Lang, str] = {"zh": "中文", "en": "English"}


def build_record(
    layer: Layer,
    level: Level,
    lang: Lang,
    *,
    city: City,
    texts: Texts,
    extent: Extent | None,
) -> Document:
    """The record of a layer, in one language.

    Parameters
    ----------
    extent : as the level sees it; None where it is not known
    """
    placed = layer.geometry_at(level) and extent is not None
    theme = theme_title(layer.theme, lang)
    rights = layer.attribution or city.attribution
    properties = {
        "type": TYPE,
        "title": layer.title.in_language(lang),
        **_described(layer, lang),
        "keywords": [theme, layer.id],
        "language": _language(lang),
        "languages": [_language(one) for one in LANGUAGES],
        "resourceLanguages": [_language(one) for one in LANGUAGES],
        "themes": [
            {
                "concepts": [{"id": layer.theme, "title": theme}],
                "scheme": f"{BASE}/docs",
            }
        ],
        "externalIds": [{"scheme": SCHEME, "value": layer.id}],
        "formats": _formats(layer, level),
        "contacts": [
            {"organization": city.title.in_language(lang), "roles": ["publisher"]}
        ],
        "rights": rights,
        "x-citygrid-access": layer.access.label,
    }
    return {
        "id": layer.id,
        "type": "Feature",
        "conformsTo": list(CONFORMS_TO),
        "geometry": _outline(extent) if placed else None,
        "time": _time(extent),
        "properties": properties,
        "links": _links(layer, level, lang, texts),
    }


def words_of(layer: Layer) -> str:
    """All that a search looks in, in every language and lower case."""
    said = [layer.id, layer.theme]
    for lang in LANGUAGES:
        said += [layer.title.in_language(lang), theme_title(layer.theme, lang)]
        said += _described(layer, lang).values()
    return "\n".join(said).casefold()


def _described(layer: Layer, lang: Lang) -> dict[str, str]:
    """Its description, where the layer file has one."""
    if layer.description is None:
        return {}
    return {"description": layer.description.in_language(lang)}


def _language(lang: Lang) -> dict[str, str]:
    return {"code": lang, "name": _LANGUAGES[lang], "dir": "ltr"}


def _outline(extent: Extent | None) -> Document | None:
    """The box around the features, as a polygon."""
    if extent is None or extent.bbox is None:
        return None
    west, south, east, north = extent.bbox
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _time(extent: Extent | None) -> Document | None:
    """First and last instant; two dots for an end that is open."""
    if extent is None or extent.interval == (None, None):
        return None
    return {"interval": [end or ".." for end in extent.interval]}


def _formats(layer: Layer, level: Level) -> list[dict[str, str]]:
    """What the features can be had in."""
    found = {"GeoJSON": GEOJSON, "JSON-FG": JSON_FG}
    found |= {name: one.media_type for name, one in FORMATS.items()}
    if is_drawn(layer, level):
        found["MVT"] = MVT
    return [{"name": name, "mediaType": kind} for name, kind in found.items()]


def _links(layer: Layer, level: Level, lang: Lang, texts: Texts) -> list[Document]:
    """Links to the record, to its catalogue and to all that it describes."""
    own, layer_url = f"{URL}/items/{layer.id}", f"{BASE}/collections/{layer.id}"
    items = f"{layer_url}/items"
    links = [
        ("self", GEOJSON, "This document as GeoJSON", f"{own}?f=json"),
        ("alternate", "text/html", "This document as HTML", f"{own}?f=html"),
        ("collection", JSON, "Catalogue of layers", URL),
        ("describes", JSON, "Collection", layer_url),
        ("items", GEOJSON, "This document as GeoJSON", f"{items}?f=json"),
        ("describedby", SCHEMA, "Schema", f"{layer_url}/schema?f=json"),
        ("describedby", "text/html", "Documentation", f"{BASE}/docs/layers/{layer.id}"),
    ]
    links += [
        ("enclosure", one.media_type, one.title, f"{items}?f={name}&limit=10000")
        for name, one in FORMATS.items()
        if name != "fgb" or layer.geometry_at(level)
    ]
    if is_drawn(layer, level):
        rel = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
        style = f"{BASE}/styles/{layer.id}"
        links += [
            (rel, JSON, "Vector tiles", f"{layer_url}/tiles?f=json"),
            ("stylesheet", "application/vnd.mapbox.style+json", "Style", style),
            ("legend", "image/svg+xml", "Legend", f"{style}/legend?f=svg"),
        ]
    return [
        {
            "rel": rel,
            "type": media_type,
            "title": texts.say(lang, title),
            "href": href,
        }
        for rel, media_type, title, href in links
    ]
