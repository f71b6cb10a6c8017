"""OGC API - Features, part 3: filtering."""

from __future__ import annotations

import json

from pyproj import Transformer

from tests.conformance.harness import CRS84, GEOJSON, REL, SPEC, Api, links, proves

F3 = "ogcapi-features-3/1.0/conf"


def queryable_types(api: Api, collection: str) -> dict[str, tuple[str, str | None]]:
    """Queryables with a type: name -> type and format."""
    found = api.schema(collection, "queryables")["properties"]
    return {
        name: (field["type"], field.get("format"))
        for name, field in found.items()
        if "type" in field
    }


def sample(api: Api) -> list[str]:
    """Collections of every kind of geometry, and one that has all types."""
    return [one["id"] for one in api.spatial()]


def matching(api: Api, collection: str, text: str, **query: str) -> set[str]:
    return set(api.codes(collection, filter=text, **query))


def refused(api: Api, collection: str, **query: str) -> bool:
    return api.ask(f"/collections/{collection}/items", **query).status_code == 400


@proves(
    f"{F3}/queryables/get-conformance",
    f"{F3}/queryables-query-parameters/get-conformance",
    f"{F3}/filter/get-conformance",
    f"{F3}/features-filter/get-conformance",
    defects="no-conformance-classes",
)
def filtering_declared(api: Api) -> None:
    declared = api.json("/conformance")["conformsTo"]
    for name in (
        "queryables",
        "queryables-query-parameters",
        "filter",
        "features-filter",
    ):
        assert f"{SPEC}/{F3}/{name}" in declared


@proves(
    f"{F3}/queryables/get-queryables-uris",
    f"{F3}/queryables/get-queryables",
    defects=("no-queryables-link", "queryables-elsewhere"),
)
def queryables(api: Api) -> None:
    for one in api.collections():
        (link,) = (
            link
            for link in links(one, f"{REL}/queryables")
            if link["type"] == "application/schema+json"
        )
        answer = api.ask(link["href"], accept="application/schema+json")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/schema+json"
        found = answer.json()
        assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert found["$id"] == f"{api.base}/collections/{one['id']}/queryables"
        assert found["type"] == "object"
        assert found["properties"]
        assert found["additionalProperties"] is False


@proves(
    f"{F3}/queryables-query-parameters/query-param",
    defects=("property-ignored", "status-200"),
)
def queryables_are_parameters(api: Api) -> None:
    for one in sample(api):
        features = api.items(one)["features"]
        for name, (kind, _) in queryable_types(api, one).items():
            value = features[0]["properties"][name]
            if value is None:
                continue
            text = json.dumps(value) if isinstance(value, bool) else value
            same = {f["id"] for f in features if f["properties"][name] == value}
            assert set(api.codes(one, **{name: text})) == same, (one, name)
            if kind in ("number", "integer", "boolean"):
                assert refused(api, one, **{name: "[no such value]"}), (one, name)


@proves(
    f"{F3}/filter/filter-param",
    f"{F3}/filter/filter-lang-default",
    f"{F3}/features-filter/filter-on-items",
    defects=("filter-ignored", "status-200"),
)
def filter_is_evaluated(api: Api) -> None:
    for one in sample(api):
        every = set(api.codes(one))
        for more in ({}, {"filter__lang": "cql2-text"}):
            assert matching(api, one, "code IS NULL", **more) == set()
            assert matching(api, one, "code IS NOT NULL", **more) == every
            assert refused(api, one, filter="THIS IS NOT A FILTER", **more)
        assert refused(api, one, filter="code IS NULL", filter__lang="sql")


@proves(f"{F3}/filter/expression-construction", defects="status-200")
def unknown_queryables_are_refused(api: Api) -> None:
    for one in sample(api):
        assert refused(api, one, filter="this_is_not_a_queryable IS NULL")


def _bbox(one: dict) -> tuple[float, ...]:
    (found,) = one["extent"]["spatial"]["bbox"]
    # a box of rounded corners could leave out what touches its edge
    west, south, east, north = found
    return west - 1e-6, south - 1e-6, east + 1e-6, north + 1e-6


def _inside(box: tuple[float, ...]) -> str:
    return f"S_INTERSECTS(geometry,BBOX({','.join(map(repr, box))}))"


@proves(f"{F3}/filter/filter-crs-wgs84", defects=("filter-ignored", "status-200"))
def filters_are_in_degrees(api: Api) -> None:
    for one in api.spatial():
        every = set(api.codes(one["id"]))
        assert matching(api, one["id"], _inside(_bbox(one))) == every
        assert matching(api, one["id"], _inside((1, 1, 2, 2))) == set()
        beyond = _inside((1000000, 1000000, 2000000, 2000000))
        assert refused(api, one["id"], filter=beyond)


@proves(f"{F3}/filter/filter-crs-param", defects=("filter-crs-ignored", "status-200"))
def filters_are_in_the_system_asked_for(api: Api) -> None:
    for one in api.spatial():
        every = set(api.codes(one["id"]))
        west, south, east, north = _bbox(one)
        for uri in one["crs"]:
            xs, ys = [west, east], [south, north]
            if uri != CRS84:
                epsg = f"EPSG:{uri.rsplit('/', 1)[1]}"
                to = Transformer.from_crs("OGC:CRS84", epsg)
                xs, ys = to.transform([west, west, east, east], [south, north] * 2)
            box = min(xs), min(ys), max(xs), max(ys)
            found = matching(api, one["id"], _inside(box), filter__crs=uri)
            assert found == every, (one["id"], uri)
        wrong = "http://www.opengis.net/def/crs/OGC/0/does_not_exist"
        assert refused(api, one["id"], filter=_inside(_bbox(one)), filter__crs=wrong)


@proves(f"{F3}/filter/mixing-expression", defects=("bbox-ignored", "filter-ignored"))
def filter_and_box_are_both_met(api: Api) -> None:
    for one in api.spatial():
        every, text = set(api.codes(one["id"])), _inside(_bbox(one))
        box = ",".join(map(repr, _bbox(one)))
        assert matching(api, one["id"], text, bbox=box) == every
        assert matching(api, one["id"], text, bbox="10,50,11,51") == set()
        assert matching(api, one["id"], _inside((1, 1, 2, 2)), bbox=box) == set()


@proves(f"{F3}/features-filter/filter-on-items", defects="not-geojson")
def filtered_features_are_geojson(api: Api) -> None:
    answer = api.ask(
        "/collections/road/items", accept=GEOJSON, filter="code = 'road-1'"
    )
    assert answer.headers["content-type"] == GEOJSON
