"""What QGIS decides from our documents, by the conditions in its provider's source.

QGIS reads the page size from the API definition, sends filters to the server only when
a set of classes is declared, and takes types from the schema only where it is linked.
"""

import pytest

from layers import Level

SPEC = "http://www.opengis.net/spec"
SCHEMA_REL = "http://www.opengis.net/def/rel/ogc/1.0/schema"
QUERYABLES_REL = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"


@pytest.fixture(scope="module")
def landing(server):
    return server.json("/", headers={"Accept": "application/json"})


def href(document, rel, media_type=None):
    """The one link of a relation and type."""
    found = {
        link["href"]
        for link in document["links"]
        if link["rel"] == rel and media_type in (None, link["type"])
    }
    assert len(found) == 1, (rel, media_type, found)
    return found.pop()


def test_landing_page_leads_to_everything(server, landing):
    for rel in ("service-desc", "conformance", "data"):
        url = href(landing, rel)
        assert url.startswith(server.base)
        assert server.get(url).status_code == 200
    assert server.get(href(landing, "service-desc")).headers["content-type"] == OPENAPI


def test_page_size(server, landing):
    found = server.json(href(landing, "service-desc", OPENAPI))
    limit = found["components"]["parameters"]["limit"]
    assert limit["name"] == "limit"
    assert limit["schema"]["maximum"] == 10_000
    assert limit["schema"]["default"] == 100
    items = found["paths"]["/collections/road/items"]["get"]["parameters"]
    assert {"$ref": "#/components/parameters/limit"} in items


def test_classes_that_open_its_gates(server, landing):
    declared = set(server.json(href(landing, "conformance"))["conformsTo"])
    filters = {
        f"{SPEC}/cql2/1.0/conf/cql2-text",
        f"{SPEC}/cql2/1.0/conf/basic-cql2",
        f"{SPEC}/ogcapi-features-3/1.0/conf/filter",
        f"{SPEC}/ogcapi-features-3/1.0/conf/features-filter",
    }
    assert filters <= declared
    assert f"{SPEC}/cql2/1.0/conf/advanced-comparison-operators" in declared
    assert f"{SPEC}/cql2/1.0/conf/case-insensitive-comparison" in declared
    assert f"{SPEC}/cql2/1.0/conf/basic-spatial-functions" in declared
    assert f"{SPEC}/cql2/1.0/conf/basic-spatial-operators" in declared
    assert f"{SPEC}/ogcapi-features-2/1.0/conf/crs" in declared
    assert f"{SPEC}/ogcapi-features-5/1.0/conf/schemas" in declared
    assert any(name.startswith(f"{SPEC}/ogcapi-common-3/1.0/") for name in declared)


def test_every_collection_links_to_schema_and_queryables(server, landing, catalogue):
    told = server.json(href(landing, "data"))["collections"]
    listed = [one for one in told if one["itemType"] == "feature"]
    assert {one["id"] for one in listed} == set(catalogue.visible_at(Level.PUBLIC))
    for one in listed:
        assert one["id"] == one["id"].lower()
        schema = server.json(href(one, SCHEMA_REL, "application/schema+json"))
        queryables = server.json(href(one, QUERYABLES_REL, "application/schema+json"))
        roles = [field.get("x-ogc-role") for field in schema["properties"].values()]
        assert roles.count("id") == 1
        if one["x-citygrid-geometry"] != "none":
            assert roles.count("primary-geometry") == 1
        assert set(queryables["properties"]) == set(schema["properties"])
        for name, field in queryables["properties"].items():
            assert "type" in field or field["format"].startswith("geometry-"), name


def test_what_it_asks_first_is_answered(server):
    root = "/collections/unit_grid/items"
    first = server.json(f"{root}?limit=1")
    assert first["numberMatched"] == 3
    assert first["features"][0]["id"] not in ("", None)
    # what its expressions become
    for text, count in (
        ("code IS NOT NULL", 3),
        ("area_m2 >= 0 AND (grid_type = 'unit' OR NOT (grid_type = 'unit'))", 3),
        ("CASEI(name) LIKE CASEI('NAME%')", 3),
        ("area_m2 BETWEEN -1 AND 1e9 AND code IN ('330106001001001')", 1),
        ("S_INTERSECTS(geometry,BBOX(120.1,30.2,120.2,30.3))", 3),
        ("S_INTERSECTS(geometry,POINT(0 0))", 0),
        ("valid_from = DATE('2012-01-01')", 3),
    ):
        query = {"filter": text, "filter-lang": "cql2-text", "limit": "10"}
        found = server.get(root, params=query)
        assert found.status_code == 200, found.text
        assert found.json()["numberReturned"] == count, text


def test_axes_are_those_of_the_authority(server):
    uri = "http://www.opengis.net/def/crs/EPSG/0/"
    root = "/collections/component/items?limit=1&crs="
    degrees = server.json(f"{root}{uri}4490")["features"][0]["geometry"]["coordinates"]
    assert 29 < degrees[0] < 31 < 118 < degrees[1] < 121
    metres = server.json(f"{root}{uri}4549")["features"][0]["geometry"]["coordinates"]
    assert 3_300_000 < metres[0] < 3_400_000
    assert 500_000 < metres[1] < 530_000


def test_it_learns_what_it_may_change(server):
    for path in ("/collections/road/items", "/collections/road/items/road-0"):
        answer = server.ask("OPTIONS", path)
        assert answer.status_code in (200, 204)
        allowed = {name.strip() for name in answer.headers["allow"].split(",")}
        assert {"GET", "HEAD", "OPTIONS"} <= allowed
        assert allowed.isdisjoint({"POST", "PUT", "PATCH", "DELETE"})
