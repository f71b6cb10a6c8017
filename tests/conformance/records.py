"""OGC API - Records, part 1: the catalogue of layers."""

from __future__ import annotations

import re
from typing import Any

from tests.conformance.harness import GEOJSON, REL, SPEC, Api, links, parameter, proves

R = "ogcapi-records-1/1.0/conf"
CATALOGUE = "/collections/records"
_END = r"(\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?Z)?|\.\.)"


def _records(api: Api, **query: object) -> list[dict[str, Any]]:
    found = api.json(f"{CATALOGUE}/items", accept=GEOJSON, limit=1000, **query)
    assert found["numberReturned"] == len(found["features"]) == found["numberMatched"]
    return found["features"]


def _ids(api: Api, **query: object) -> list[str]:
    return [one["id"] for one in _records(api, **query)]


@proves(
    f"{R}/record-core/mandatory-properties-record",
    f"{R}/record-core/record-links",
    f"{R}/record-core/record-license",
    f"{R}/record-core/contact",
    f"{R}/record-core/time-instant-interval",
    f"{R}/record-core/time-interval",
    f"{R}/record-core/time-zone",
    f"{R}/record-core/default-mediatype",
    f"{R}/json/record-response",
    f"{R}/json/record-content",
    defects=("record-untitled", "record-time", "not-geojson"),
)
def every_layer_has_a_record(api: Api) -> None:
    found = _records(api)
    assert [one["id"] for one in found] == [one["id"] for one in api.collections()]
    for one in found:
        assert one["id"]
        assert one["type"] == "Feature"
        assert one["properties"]["type"] == "dataset"
        assert one["properties"]["title"]
        assert one["properties"]["language"]["code"] in ("zh", "en")
        assert "geometry" in one
        if one["time"] is not None:
            for end in one["time"]["interval"]:
                assert re.fullmatch(_END, end)
        for contact in one["properties"]["contacts"]:
            assert contact["organization"]
        for link in one["links"]:
            assert link["href"]
            assert link["rel"]
            assert link["type"]
    one = found[0]
    answer = api.ask(links(one, "self")[0]["href"])
    assert answer.headers["content-type"] == GEOJSON
    assert answer.json() == one


@proves(
    f"{R}/record-core/templated-link",
    defects="record-links-nowhere",
)
def links_lead_to_what_they_name(api: Api) -> None:
    one = next(one for one in _records(api) if one["id"] == "park")
    rels = {link["rel"] for link in one["links"]}
    wanted = {"items", "describes", "describedby", "enclosure", "stylesheet", "legend"}
    assert wanted | {f"{REL}/tilesets-vector"} <= rels
    for link in one["links"]:
        assert "{" not in link["href"]
        answer = api.ask(link["href"], accept=link["type"])
        assert answer.status_code == 200, link
        assert answer.headers["content-type"].startswith(link["type"]), link


@proves(
    f"{R}/record-core-query-parameters/query-param-limit",
    f"{R}/record-core-query-parameters/query-param-bbox",
    f"{R}/record-core-query-parameters/query-param-datetime",
    f"{R}/record-core-query-parameters/query-param-q-definition",
    f"{R}/record-core-query-parameters/query-param-q-response",
    f"{R}/record-core-query-parameters/query-param-type-definition",
    f"{R}/record-core-query-parameters/query-param-type-response",
    f"{R}/record-core-query-parameters/query-param-ids-definition",
    f"{R}/record-core-query-parameters/query-param-ids-response",
    f"{R}/record-core-query-parameters/query-param-externalIds-definition",
    f"{R}/record-core-query-parameters/query-param-externalIds-response",
    f"{R}/record-core-query-parameters/query-param-empty-value",
    f"{R}/records-api/mandatory-params",
    defects=("bbox-ignored", "q-ignored", "ids-ignored", "datetime-ignored"),
)
def records_are_searched(api: Api) -> None:
    document = api.openapi()
    for name in ("limit", "bbox", "datetime", "q", "type", "ids", "externalIds"):
        assert parameter(document, f"{CATALOGUE}/items", name)["in"] == "query"
    everything = _ids(api)
    assert _ids(api, bbox="", q="", type="") == everything
    assert _ids(api, type="dataset") == everything
    assert _ids(api, type="service") == []
    assert _ids(api, ids="park,road,nothing") == ["park", "road"]
    assert _ids(api, externalIds="park") == ["park"]
    scheme = f"{api.base}/collections"
    assert _ids(api, externalIds=f"{scheme}:park") == ["park"]
    assert _ids(api, externalIds=scheme) == everything
    title = next(one for one in _records(api) if one["id"] == "park")["properties"]
    assert "park" in _ids(api, q=title["title"])
    assert {"park", "road"} <= set(_ids(api, q="park,ROAD"))
    assert "road" not in _ids(api, q="park")
    assert _ids(api, q="road park") == []
    placed = {one["id"] for one in _records(api) if one["geometry"]}
    assert placed
    assert placed.isdisjoint(_ids(api, bbox="0,0,1,1"))
    assert placed <= set(_ids(api, bbox="100,20,130,40"))
    timed = {one["id"] for one in _records(api) if one["time"]}
    assert timed.isdisjoint(_ids(api, datetime="../1900-01-01"))
    assert api.ask(f"{CATALOGUE}/items", nothing=1).status_code == 400
    assert api.ask(f"{CATALOGUE}/items", bbox="a").status_code == 400


@proves(
    f"{R}/record-collection/mandatory-properties",
    f"{R}/record-collection/itemType",
    f"{R}/record-collection/links",
    f"{R}/record-collection/contact",
    f"{R}/record-collection/default-mediatype",
    f"{R}/records-api/catalog-response",
    f"{R}/records-api/catalogs-response",
    f"{R}/json/catalog-response",
    f"{R}/json/catalog-content",
    defects=("collection-hidden", "catalogue-untyped"),
)
def the_catalogue_is_a_collection(api: Api) -> None:
    (listed,) = [
        one
        for one in api.json("/collections")["collections"]
        if one["itemType"] == "record"
    ]
    found = api.json(CATALOGUE)
    assert found == listed
    assert found["type"] == "catalog"
    for key in ("id", "title", "extent", "links"):
        assert found[key], key
    assert {link["type"] for link in links(found, "items")} >= {GEOJSON, "text/html"}


@proves(
    f"{R}/autodiscovery/links",
    defects=("no-catalogue-link", "status-500"),
)
def the_catalogue_is_found_from_the_landing_page(api: Api) -> None:
    (link,) = links(api.json("/"), f"{REL}/ogc-catalog")
    assert api.json(link["href"], accept=link["type"])["features"]
    assert f'rel="{REL}/ogc-catalog"' in api.ask("/", accept="text/html").text


@proves(
    f"{R}/records-api/features-api",
    f"{R}/records-api/records-op",
    f"{R}/records-api/record-op",
    f"{R}/records-api/record-response",
    f"{R}/records-api/resource-name-mapping",
    f"{R}/oas30/conformance",
    f"{R}/oas30/oas30",
    defects=("limit-ignored", "status-200", "openapi-without-paths"),
)
def records_come_in_pages(api: Api) -> None:
    declared = api.json("/conformance")["conformsTo"]
    assert f"{SPEC}/ogcapi-features-1/1.0/conf/core" in declared
    paths = api.openapi()["paths"]
    for path in ("", "/items", "/items/{itemId}"):
        assert f"{CATALOGUE}{path}" in paths
    page = api.json(f"{CATALOGUE}/items", accept=GEOJSON, limit=7)
    assert page["numberReturned"] == 7
    walked = [one["id"] for one in page["features"]]
    while follow := links(page, "next"):
        page = api.json(follow[0]["href"], accept=GEOJSON)
        walked += [one["id"] for one in page["features"]]
    assert walked == _ids(api)
    assert api.ask(f"{CATALOGUE}/items/nothing").status_code == 404


@proves(
    f"{R}/html/definition",
    f"{R}/html/content",
    defects="html-empty",
)
def records_are_shown(api: Api) -> None:
    page = api.ask(f"{CATALOGUE}/items", accept="text/html", q="park").text
    one = next(one for one in _records(api) if one["id"] == "park")
    assert one["properties"]["title"] in page
    shown = api.ask(f"{CATALOGUE}/items/park", accept="text/html").text
    assert one["properties"]["title"] in shown
    for link in one["links"]:
        assert link["href"].replace("&", "&amp;") in shown
