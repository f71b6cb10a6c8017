"""OGC API - Features, part 1, and OGC API - Common, parts 1 and 2."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import openapi_spec_validator
import shapely
from shapely.geometry import shape

from tests.conformance.harness import (
    CRS84,
    GEOJSON,
    SPEC,
    Api,
    links,
    parameter,
    proves,
)

F1 = "ogcapi-features-1/1.0/conf"
C1 = "ogcapi-common-1/1.0/conf"
C2 = "ogcapi-common-2/1.0/conf/collections"


@proves(f"{F1}/core/http", f"{C1}/core/http", f"{C2}/http", defects="status-200")
def http_1_1(api: Api) -> None:
    assert api.ask("/").raw.version == 11
    assert api.ask("/nothing-here").status_code == 404
    assert api.ask("/collections", "PUT").status_code == 405
    head = api.ask("/collections", "HEAD")
    assert (head.status_code, head.content) == (200, b"")


@proves(
    f"{F1}/core/root-op",
    f"{F1}/core/root-success",
    f"{C1}/landing-page/root-op",
    f"{C1}/landing-page/root-success",
    defects=("no-service-desc", "status-500"),
)
def landing_page(api: Api) -> None:
    found = api.json("/")
    for rel in ("service-desc", "conformance", "data", "self"):
        assert links(found, rel), rel
    assert links(found, "service-desc") or links(found, "service-doc")
    for link in found["links"]:
        assert link["href"].startswith(api.base)


@proves(
    f"{F1}/core/api-definition-op",
    f"{F1}/core/api-definition-success",
    f"{F1}/oas30/definition-1",
    f"{F1}/oas30/definition-2",
    f"{C1}/landing-page/api-definition-op",
    f"{C1}/landing-page/api-definition-success",
    f"{C1}/oas30/definition-1",
    f"{C1}/oas30/definition-2",
    defects=("no-service-desc", "openapi-without-paths", "openapi-remote-reference"),
)
def api_definition(api: Api) -> None:
    for link in links(api.json("/"), "service-desc"):
        assert link["type"] == "application/vnd.oai.openapi+json;version=3.0"
        answer = api.ask(link["href"], accept=link["type"])
        assert answer.headers["content-type"] == link["type"]
        assert "/collections" in answer.json()["paths"]
        assert not re.search(r'"\$ref":\s*"[^#]', answer.text)
        openapi_spec_validator.validate(answer.json())
        return
    raise AssertionError("no link to the API definition")


@proves(
    f"{F1}/core/conformance-op",
    f"{F1}/core/conformance-success",
    f"{C1}/landing-page/conformance-op",
    f"{C1}/landing-page/conformance-success",
    "ogcapi-tiles-1/1.0/conf/core/conformance-success",
    "ogcapi-tiles-1/1.0/conf/tileset/conformance-success",
    "ogcapi-tiles-1/1.0/conf/tilesets-list/conformance-success",
    "ogcapi-tiles-1/1.0/conf/geodata-tilesets/conformance-success",
    "ogcapi-tiles-1/1.0/conf/dataset-tilesets/conformance-success",
    defects="no-conformance-classes",
)
def conformance_declared(api: Api) -> None:
    (link,) = links(api.json("/"), "conformance")
    declared = api.json(link["href"])["conformsTo"]
    assert len(declared) == len(set(declared))
    for name in (
        "ogcapi-features-1/1.0/conf/core",
        "ogcapi-tiles-1/1.0/conf/core",
        "ogcapi-tiles-1/1.0/conf/dataset-tilesets",
        "ogcapi-common-1/1.0/conf/core",
    ):
        assert f"{SPEC}/{name}" in declared


@proves(
    f"{F1}/core/fc-md-op",
    f"{F1}/core/fc-md-success",
    f"{F1}/core/fc-md-links",
    f"{F1}/core/fc-md-items",
    f"{F1}/core/fc-md-items-links",
    f"{C2}/rc-md-op",
    f"{C2}/rc-md-success",
    f"{C2}/rc-md-links",
    f"{C2}/rc-md-items",
    f"{C2}/rc-md-items-links",
    f"{C2}/rc-timestamp",
    defects=("collection-hidden", "no-items-link"),
)
def collections_list(api: Api) -> None:
    found = api.json("/collections")
    assert links(found, "self")
    assert {link["type"] for link in links(found, "alternate")} == {"text/html"}
    named = {one["id"] for one in found["collections"]}
    served = {
        path.split("/")[2]
        for path in api.openapi()["paths"]
        if path.startswith("/collections/")
    }
    assert named == served
    for one in found["collections"]:
        items = links(one, "items")
        assert {link["type"] for link in items} == {GEOJSON, "text/html"}
        assert all(f"/collections/{one['id']}/items" in link["href"] for link in items)
    if "timeStamp" in found:
        _recent(found["timeStamp"])


@proves(
    f"{F1}/core/fc-md-extent",
    f"{F1}/core/fc-md-extent-multi",
    f"{C2}/rc-md-extent",
    defects="extent-lies",
)
def extent_holds_every_feature(api: Api) -> None:
    for one in api.spatial():
        spatial = one["extent"]["spatial"]
        (box,) = spatial["bbox"]
        assert spatial.get("crs", CRS84) == CRS84
        whole = shapely.box(*box).buffer(1e-9)
        for feature in api.items(one["id"])["features"]:
            assert whole.covers(shape(feature["geometry"])), one["id"]
        ((first, _),) = one["extent"]["temporal"]["interval"]
        assert datetime.fromisoformat(first).tzinfo


@proves(
    f"{F1}/core/sfc-md-op",
    f"{F1}/core/sfc-md-success",
    f"{C2}/src-md-op",
    f"{C2}/src-md-success",
    f"{C2}/rc-md-collection-content",
    defects=("collection-differs", "status-500"),
)
def collection_alone_says_what_the_list_says(api: Api) -> None:
    for one in api.collections():
        assert api.json(f"/collections/{one['id']}") == one
    assert api.ask("/collections/none").status_code == 404


@proves(
    f"{F1}/core/fc-op",
    f"{F1}/core/fc-response",
    f"{F1}/core/fc-links",
    f"{F1}/core/fc-timeStamp",
    f"{F1}/core/fc-numberMatched",
    f"{F1}/core/fc-numberReturned",
    f"{F1}/geojson/definition",
    f"{F1}/geojson/content",
    defects=("no-numberReturned", "numberMatched-lies", "not-geojson", "no-next"),
)
def features_page(api: Api) -> None:
    for one in api.collections():
        answer = api.ask(f"/collections/{one['id']}/items", accept=GEOJSON, limit=2)
        assert answer.headers["content-type"] == GEOJSON
        found = answer.json()
        assert found["type"] == "FeatureCollection"
        shown = min(2, found["numberMatched"])  # of some layers not all rows are seen
        assert found["numberReturned"] == len(found["features"]) == shown > 0
        _recent(found["timeStamp"])
        assert {link["type"] for link in links(found, "self")} == {GEOJSON}
        assert "text/html" in {link["type"] for link in links(found, "alternate")}
        seen = [feature["id"] for feature in found["features"]]
        assert bool(links(found, "next")) == (found["numberMatched"] > shown)
        for following in links(found, "next"):
            rest = api.json(following["href"], accept=GEOJSON)
            seen += [feature["id"] for feature in rest["features"]]
            assert not links(rest, "next")
        assert len(seen) == len(set(seen)) == found["numberMatched"]
        for feature in found["features"]:
            assert feature["type"] == "Feature"
            assert feature["geometry"] is None or shape(feature["geometry"]).is_valid
            assert isinstance(feature["properties"], dict)


@proves(f"{F1}/core/crs84", defects="axes-swapped")
def longitude_comes_first(api: Api) -> None:
    for one in api.spatial():
        assert one["crs"][0] == CRS84
        for feature in api.items(one["id"])["features"]:
            west, south, east, north = shape(feature["geometry"]).bounds
            assert 118 < west <= east < 121
            assert 29 < south <= north < 31


@proves(
    f"{F1}/core/fc-limit-definition",
    f"{F1}/core/fc-limit-response",
    defects=("limit-ignored", "openapi-limit"),
)
def limit(api: Api) -> None:
    document = api.openapi()
    for one in api.spatial():
        found = parameter(document, f"/collections/{one['id']}/items", "limit")
        assert (found["in"], found["required"]) == ("query", False)
        assert (found["style"], found["explode"]) == ("form", False)
        assert found["schema"]["type"] == "integer"
        assert found["schema"]["minimum"] == 1
        assert found["schema"]["default"] <= found["schema"]["maximum"]
        for count in (1, 2, found["schema"]["maximum"] + 1):
            assert len(api.codes(one["id"], limit=count)) == min(count, 3)
        for wrong in ("0", "-1", "a", "1.5"):
            path = f"/collections/{one['id']}/items"
            assert api.ask(path, limit=wrong).status_code == 400


@proves(
    f"{F1}/core/fc-bbox-definition",
    f"{F1}/core/fc-bbox-response",
    defects=("bbox-ignored", "openapi-bbox"),
)
def bbox(api: Api) -> None:
    document = api.openapi()
    for one in api.spatial():
        path = f"/collections/{one['id']}/items"
        found = parameter(document, path, "bbox")
        assert found["schema"]["type"] == "array"
        assert (found["schema"]["minItems"], found["schema"]["maxItems"]) == (4, 6)
        assert found["schema"]["items"] == {"type": "number"}
        assert (found["style"], found["explode"]) == ("form", False)
        features = api.items(one["id"])["features"]
        for wanted in features:
            west, south, east, north = shape(wanted["geometry"]).bounds
            box = shapely.box(west, south, east, north)
            expected = {
                feature["id"]
                for feature in features
                if shape(feature["geometry"]).intersects(box)
            }
            text = f"{west},{south},{east},{north}"
            assert set(api.codes(one["id"], bbox=text)) == expected, (one["id"], text)
        assert api.codes(one["id"], bbox="10,50,11,51") == []
        assert api.ask(path, bbox="1,2,3").status_code == 400


@proves(
    f"{F1}/core/fc-time-definition",
    f"{F1}/core/fc-time-response",
    defects=("datetime-ignored", "openapi-datetime"),
)
def time(api: Api) -> None:
    document = api.openapi()
    for one in api.spatial():
        path = f"/collections/{one['id']}/items"
        found = parameter(document, path, "datetime")
        assert found["schema"] == {"type": "string"}
        assert (found["style"], found["explode"]) == ("form", False)
        every = set(api.codes(one["id"], datetime="2000-01-01/.."))
        assert len(every) == 3
        assert set(api.codes(one["id"], datetime="2012-01-01T00:00:00Z/..")) == every
        assert api.codes(one["id"], datetime="../1990-01-01") == []
        assert api.codes(one["id"], datetime="1990-01-01T12:00:00Z") == []
        assert api.ask(path, datetime="yesterday").status_code == 400
        assert api.ask(path, datetime="2015-01-01/2014-01-01").status_code == 400


@proves(
    f"{F1}/core/query-param-invalid",
    f"{F1}/core/query-param-unknown",
    f"{F1}/oas30/exception-codes",
    f"{C1}/core/query-param-capitalization",
    f"{C1}/core/query-param-value-boolean",
    f"{C1}/core/query-param-value-special",
    f"{C1}/oas30/exception-codes",
    defects="status-200",
)
def parameters_are_checked(api: Api) -> None:
    document = api.openapi()
    for one in api.spatial():
        path = f"/collections/{one['id']}/items"
        known = document["paths"][path]["get"]["responses"]
        for query in (
            {"nothing": "1"},
            {"LIMIT": "1"},
            {"skipGeometry": "maybe"},
            {"bbox": "NaN,1,2,3"},
            {"bbox": "Infinity,1,2,3"},
            {"crs": "4326"},
        ):
            answer = api.ask(path, **query)
            assert answer.status_code == 400, (path, query)
            assert str(answer.status_code) in known
            assert set(answer.json()) >= {"code", "description"}
        for query in ({"skipGeometry": "true"}, {"skipGeometry": "false"}):
            assert api.ask(path, **query).status_code == 200


@proves(
    f"{C1}/core/query-param-list-delimiter",
    f"{C1}/core/query-param-list-escape",
    defects="properties-ignored",
)
def lists_are_parted_by_commas(api: Api) -> None:
    for one in api.spatial():
        for text in ("code,name", "code%2Cname"):
            path = f"/collections/{one['id']}/items?properties={text}"
            for feature in api.json(path, accept=GEOJSON)["features"]:
                assert set(feature["properties"]) == {"code", "name"}


@proves(
    f"{F1}/core/f-op",
    f"{F1}/core/f-success",
    f"{F1}/core/f-links",
    defects=("item-without-links", "not-geojson"),
)
def feature(api: Api) -> None:
    for one in api.spatial():
        for listed in api.items(one["id"])["features"]:
            path = f"/collections/{one['id']}/items/{listed['id']}"
            answer = api.ask(path, accept=GEOJSON)
            assert answer.headers["content-type"] == GEOJSON
            found = answer.json()
            for rel in ("self", "alternate", "collection"):
                assert links(found, rel)
            for key in ("type", "id", "geometry", "properties"):
                assert found[key] == listed[key]
        assert api.ask(f"/collections/{one['id']}/items/none").status_code == 404


@proves(
    f"{F1}/oas30/completeness",
    f"{F1}/oas30/oas-impl",
    f"{C1}/oas30/completeness",
    f"{C1}/oas30/oas-impl",
    defects=("openapi-without-paths", "status-500"),
)
def everything_served_is_described(api: Api) -> None:
    document = api.openapi()
    for path in ("/", "/conformance", "/collections", "/openapi", "/processes"):
        assert path in document["paths"], path
    for one in api.collections():
        for suffix in ("", "/items", "/items/{itemId}", "/schema", "/queryables"):
            assert f"/collections/{one['id']}{suffix}" in document["paths"]
    for path, operations in document["paths"].items():
        if "{" in path or "get" not in operations or path.startswith("/uploads"):
            continue
        answer = api.ask(path)
        assert str(answer.status_code) in operations["get"]["responses"], path
        assert answer.status_code < 500


def _recent(text: str) -> None:
    """A time within two minutes of now."""
    assert abs(datetime.now(UTC) - datetime.fromisoformat(text)) < timedelta(minutes=2)
