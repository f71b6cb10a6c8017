"""Small deliberate defects, put between the server and its clients one at a time.

Each is a mistake that a server could make. An abstract test that holds in spite of its
defects would prove nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from tests.conformance.mutant import Answer, Defect

Json = Any
DEFECTS: dict[str, Defect] = {}


def _json(
    name: str, says: str, pattern: str
) -> Callable[[Callable[[Json], None]], None]:
    """Register a defect of the documents below paths of a pattern."""

    def register(edit: Callable[[Json], None]) -> None:
        def change(answer: Answer) -> None:
            if answer.is_json and re.fullmatch(pattern, answer.path):
                document = answer.document
                edit(document)
                answer.body = json.dumps(document).encode()

        DEFECTS[name] = Defect(says, change)

    return register


def _answer(name: str, says: str) -> Callable[[Callable[[Answer], None]], None]:
    def register(change: Callable[[Answer], None]) -> None:
        DEFECTS[name] = Defect(says, change)

    return register


for _name in ("limit", "bbox", "datetime", "filter", "crs", "bbox-crs", "filter-crs",
              "properties", "collections", "q", "ids"):  # fmt: skip
    DEFECTS[f"{_name}-ignored"] = Defect(f"does not look at `{_name}`", ignored=_name)
DEFECTS["property-ignored"] = Defect("does not look at properties", ignored="code")


@_answer("status-200", "answers every error with 200")
def _(answer: Answer) -> None:
    if answer.status >= 400:
        answer.status = 200


@_answer("status-500", "fails on everything")
def _(answer: Answer) -> None:
    answer.status = 500


@_answer("not-json", "calls JSON text")
def _(answer: Answer) -> None:
    if answer.headers.get("content-type") == "application/json":
        answer.headers["content-type"] = "text/plain"


@_answer("not-geojson", "calls GeoJSON JSON")
def _(answer: Answer) -> None:
    kind = answer.headers.get("content-type", "")
    answer.headers["content-type"] = kind.replace("geo+json", "json")


@_answer("html-empty", "answers with an empty page")
def _(answer: Answer) -> None:
    if answer.headers.get("content-type", "").startswith("text/html"):
        answer.body = b"<!doctype html>"


@_answer("no-content-crs", "does not say the CRS")
def _(answer: Answer) -> None:
    answer.headers.pop("content-crs", None)


@_answer("queryables-elsewhere", "has no queryables at their address")
def _(answer: Answer) -> None:
    if answer.path.endswith("/queryables"):
        answer.status = 404


@_answer("tile-empty", "answers every tile empty")
def _(answer: Answer) -> None:
    if "vector-tile" in answer.headers.get("content-type", ""):
        answer.status, answer.body = 204, b""


@_answer("tile-shifted", "starts tiles one command late")
def _(answer: Answer) -> None:
    if "vector-tile" in answer.headers.get("content-type", ""):
        # the geometry's first move, by zigzag numbers of one byte or two
        moved = re.sub(rb"(\x22.\x09)(.)(.)", rb"\1\3\2", answer.body, flags=re.DOTALL)
        answer.body = moved


@_answer("execution-empty", "answers executions with nothing")
def _(answer: Answer) -> None:
    if answer.path.endswith("/execution") and answer.status == 200:
        answer.body = b"{}"


def _drop_links(document: Json, rel: str) -> None:
    for one in (document, *document.get("collections", ())):
        if "links" in one:
            one["links"] = [
                link for link in one["links"] if not link["rel"].endswith(rel)
            ]


ROOT = "/"
COLLECTIONS = r"/collections(/[a-z_]+)?"
ITEMS = r"/collections/[a-z_]+/items"
ITEM = ITEMS + r"(/[^/]+)?"
SCHEMA = r"/collections/[a-z_]+/(schema|queryables|sortables)"
TILESET = r"(/collections/[a-z_]+)?/tiles/[A-Za-z0-9]+"
TILESETS = r"(/collections/[a-z_]+)?/tiles"
OPENAPI = "/openapi"


@_json("no-service-desc", "does not link to the API definition", ROOT)
def _(document: Json) -> None:
    _drop_links(document, "service-desc")


@_json("no-conformance-classes", "declares nothing", "/conformance")
def _(document: Json) -> None:
    document["conformsTo"] = []


@_json("no-items-link", "does not link to items", COLLECTIONS)
def _(document: Json) -> None:
    _drop_links(document, "items")


@_json("no-queryables-link", "does not link to queryables", COLLECTIONS)
def _(document: Json) -> None:
    _drop_links(document, "/queryables")


@_json("no-tilesets-link", "does not link to tiles", r"/|/collections(/[a-z_]+)?")
def _(document: Json) -> None:
    _drop_links(document, "tilesets-vector")


@_json("collection-hidden", "leaves a collection out", "/collections")
def _(document: Json) -> None:
    document["collections"].pop()


@_json("collection-differs", "says another thing of one than of all", "/collections")
def _(document: Json) -> None:
    document["collections"][0]["title"] += "."


@_json("collection-crs", "puts the default CRS last", COLLECTIONS)
def _(document: Json) -> None:
    for one in document.get("collections", (document,)):
        one["crs"].reverse()


@_json("extent-lies", "tells an extent that is too small", COLLECTIONS)
def _(document: Json) -> None:
    for one in document.get("collections", (document,)):
        box = one["extent"]["spatial"]["bbox"][0]
        box[2] = box[0]


@_json("no-numberReturned", "does not count what it returns", ITEMS)
def _(document: Json) -> None:
    document.pop("numberReturned", None)


@_json("numberMatched-lies", "counts one too many", ITEMS)
def _(document: Json) -> None:
    if "numberMatched" in document:
        document["numberMatched"] += 1


@_json("no-next", "does not say how to go on", ITEMS)
def _(document: Json) -> None:
    if "links" in document:
        _drop_links(document, "next")


def _swap(part: Json) -> Json:
    if part and isinstance(part[0], (int, float)):
        return [part[1], part[0], *part[2:]]
    return [_swap(one) for one in part]


@_json("axes-swapped", "puts latitude first", ITEM)
def _(document: Json) -> None:
    for feature in document.get("features", (document,)):
        if feature.get("geometry"):
            place = feature["geometry"]
            place["coordinates"] = _swap(place["coordinates"])


@_json("item-without-links", "gives a feature no links", ITEMS + "/.+")
def _(document: Json) -> None:
    document["links"] = []


@_json("properties-invented", "adds a property", ITEM)
def _(document: Json) -> None:
    for feature in document.get("features", (document,)):
        if "properties" in feature:
            feature["properties"]["invented"] = 1


def _fields(document: Json) -> Json:
    return document["properties"]


@_json("schema-dialect", "names an old dialect", SCHEMA)
def _(document: Json) -> None:
    document["$schema"] = "http://json-schema.org/draft-07/schema#"


@_json("schema-untyped", "forgets a type", SCHEMA)
def _(document: Json) -> None:
    del _fields(document)["code"]["type"]
    _fields(document)["code"]["format"] = "text"


@_json("queryables-untyped", "forgets a type", r"/collections/[a-z_]+/queryables")
def _(document: Json) -> None:
    del _fields(document)["code"]["type"]
    _fields(document)["code"]["format"] = "text"


@_json("schema-two-ids", "has two ids", SCHEMA)
def _(document: Json) -> None:
    _fields(document)["name"]["x-ogc-role"] = "id"


@_json("schema-units", "gives a unit that UCUM does not know", SCHEMA)
def _(document: Json) -> None:
    for field in _fields(document).values():
        if "x-ogc-unit" in field:
            field["x-ogc-unit"] = "sqm"


@_json("schema-two-geometries", "has two geometries", SCHEMA)
def _(document: Json) -> None:
    if "geometry" in _fields(document):
        _fields(document)["other"] = dict(_fields(document)["geometry"])


@_json("schema-times", "gives a time no format", SCHEMA)
def _(document: Json) -> None:
    for field in _fields(document).values():
        if str(field.get("x-ogc-role", "")).startswith("primary-in"):
            field.pop("format", None)


@_json("schema-types", "calls texts numbers", r"/collections/[a-z_]+/schema")
def _(document: Json) -> None:
    _fields(document)["name"]["type"] = "number"


@_json("sortables-objects", "sorts by objects", r"/collections/[a-z_]+/sortables")
def _(document: Json) -> None:
    _fields(document)["name"]["type"] = "object"


@_json("openapi-without-paths", "describes nothing", OPENAPI)
def _(document: Json) -> None:
    document["paths"] = {}


@_json("openapi-remote-reference", "refers to another site", OPENAPI)
def _(document: Json) -> None:
    schemas = document["components"]["schemas"]
    schemas["link"] = {"$ref": "http://127.0.0.1:1/link.yaml"}


@_json("openapi-security", "does not describe tokens", OPENAPI)
def _(document: Json) -> None:
    document["components"]["securitySchemes"] = {}


def _parameter(name: str, **changed: object) -> Callable[[Json], None]:
    def edit(document: Json) -> None:
        document["components"]["parameters"][name]["schema"] |= changed

    return edit


_json("openapi-limit", "describes `limit` as text", OPENAPI)(
    _parameter("limit", type="string")
)
_json("openapi-bbox", "describes a box of five numbers", OPENAPI)(
    _parameter("bbox", minItems=5)
)
_json("openapi-datetime", "describes `datetime` as a number", OPENAPI)(
    _parameter("datetime", type="number")
)


@_json("openapi-tile-parameters", "makes a tile's row optional", OPENAPI)
def _(document: Json) -> None:
    document["components"]["parameters"]["tileRow"]["required"] = False


@_json("openapi-operations", "names operations its own way", OPENAPI)
def _(document: Json) -> None:
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["operationId"] = operation["operationId"].replace("vector", "v")


@_json("tileset-untemplated", "does not say that a link is a template", TILESET)
def _(document: Json) -> None:
    for link in document["links"]:
        link.pop("templated", None)


@_json("tileset-without-scheme", "does not link to the matrix set", TILESET)
def _(document: Json) -> None:
    _drop_links(document, "tiling-scheme")


@_json("tilesets-without-self", "does not link to a tileset", TILESETS)
def _(document: Json) -> None:
    for one in document["tilesets"]:
        _drop_links(one, "self")


@_json("tilesets-without-crs", "does not say a tileset's CRS", TILESETS)
def _(document: Json) -> None:
    for one in document["tilesets"]:
        del one["crs"]


@_json("process-without-version", "forgets a process's version", r"/processes(/.+)?")
def _(document: Json) -> None:
    for one in document.get("processes", (document,)):
        one.pop("version", None)


@_json("process-without-schema", "forgets an input's schema", r"/processes/[^/]+")
def _(document: Json) -> None:
    for one in document.get("inputs", {}).values():
        one.pop("schema", None)


RECORDS = r"/collections/records/items"


@_json("no-catalogue-link", "does not link to the catalogue", "/")
def _(document: Json) -> None:
    _drop_links(document, "ogc-catalog")


@_json("record-untitled", "forgets a record's title", RECORDS)
def _(document: Json) -> None:
    document["features"][0]["properties"]["title"] = ""


@_json("record-time", "writes a record's time its own way", RECORDS)
def _(document: Json) -> None:
    for feature in document["features"]:
        feature["time"] = {"interval": ["2012", None]}


@_json("record-links-nowhere", "links records to what is not there", RECORDS)
def _(document: Json) -> None:
    for feature in document["features"]:
        for link in feature["links"]:
            link["href"] += "/nothing"


@_json("catalogue-untyped", "does not say that a catalogue is one", COLLECTIONS)
def _(document: Json) -> None:
    document.pop("type", None)
