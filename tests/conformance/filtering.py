"""OGC API - Features, part 3 (filtering), and CQL2."""

from __future__ import annotations

import json

from pyproj import Transformer

from tests.conformance.harness import CRS84, GEOJSON, REL, SPEC, Api, links, proves

F3 = "ogcapi-features-3/1.0/conf"
CQL = "cql2/1.0/conf"
OPERATORS = ("=", "<>", ">", "<", ">=", "<=")
LITERALS = {
    ("string", None): "'foo'",
    ("boolean", None): "true",
    ("number", None): "3.14",
    ("integer", None): "1",
    ("string", "date-time"): "TIMESTAMP('2022-04-14T14:48:46Z')",
    ("string", "date"): "DATE('2022-04-14')",
}


def _queryables(api: Api, collection: str) -> dict[str, tuple[str, str | None]]:
    """Queryables with a type: name -> type and format."""
    found = api.schema(collection, "queryables")["properties"]
    return {
        name: (field["type"], field.get("format"))
        for name, field in found.items()
        if "type" in field
    }


def _sample(api: Api) -> list[str]:
    """Collections of every kind of geometry, and one that has all types."""
    return [one["id"] for one in api.spatial()]


def _matching(api: Api, collection: str, text: str, **query: str) -> set[str]:
    return set(api.codes(collection, filter=text, **query))


def _refused(api: Api, collection: str, **query: str) -> bool:
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
    for one in _sample(api):
        features = api.items(one)["features"]
        for name, (kind, _) in _queryables(api, one).items():
            value = features[0]["properties"][name]
            if value is None:
                continue
            text = json.dumps(value) if isinstance(value, bool) else value
            same = {f["id"] for f in features if f["properties"][name] == value}
            assert set(api.codes(one, **{name: text})) == same, (one, name)
            if kind in ("number", "integer", "boolean"):
                assert _refused(api, one, **{name: "[no such value]"}), (one, name)


@proves(
    f"{F3}/filter/filter-param",
    f"{F3}/filter/filter-lang-default",
    f"{F3}/features-filter/filter-on-items",
    defects=("filter-ignored", "status-200"),
)
def filter_is_evaluated(api: Api) -> None:
    for one in _sample(api):
        every = set(api.codes(one))
        for more in ({}, {"filter__lang": "cql2-text"}):
            assert _matching(api, one, "code IS NULL", **more) == set()
            assert _matching(api, one, "code IS NOT NULL", **more) == every
            assert _refused(api, one, filter="THIS IS NOT A FILTER", **more)
        assert _refused(api, one, filter="code IS NULL", filter__lang="sql")


@proves(f"{F3}/filter/expression-construction", defects="status-200")
def unknown_queryables_are_refused(api: Api) -> None:
    for one in _sample(api):
        assert _refused(api, one, filter="this_is_not_a_queryable IS NULL")


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
        assert _matching(api, one["id"], _inside(_bbox(one))) == every
        assert _matching(api, one["id"], _inside((1, 1, 2, 2))) == set()
        beyond = _inside((1000000, 1000000, 2000000, 2000000))
        assert _refused(api, one["id"], filter=beyond)


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
            found = _matching(api, one["id"], _inside(box), filter__crs=uri)
            assert found == every, (one["id"], uri)
        wrong = "http://www.opengis.net/def/crs/OGC/0/does_not_exist"
        assert _refused(api, one["id"], filter=_inside(_bbox(one)), filter__crs=wrong)


@proves(f"{F3}/filter/mixing-expression", defects=("bbox-ignored", "filter-ignored"))
def filter_and_box_are_both_met(api: Api) -> None:
    for one in api.spatial():
        every, text = set(api.codes(one["id"])), _inside(_bbox(one))
        box = ",".join(map(repr, _bbox(one)))
        assert _matching(api, one["id"], text, bbox=box) == every
        assert _matching(api, one["id"], text, bbox="10,50,11,51") == set()
        assert _matching(api, one["id"], _inside((1, 1, 2, 2)), bbox=box) == set()


# -- CQL2 --------------------------------------------------------------------------


@proves(f"{CQL}/basic-cql2/basic-test", defects="queryables-untyped")
def queryables_have_types(api: Api) -> None:
    for one in api.collections():
        found = api.schema(one["id"], "queryables")["properties"]
        for name, field in found.items():
            assert "type" in field or field["format"].startswith("geometry-"), name
        assert any(kind in LITERALS for kind in _queryables(api, one["id"]).values())


@proves(f"{CQL}/basic-cql2/comparison", defects="filter-ignored")
def comparisons(api: Api) -> None:
    for one in _sample(api):
        for name, kind in _queryables(api, one).items():
            found = {
                sign: _matching(api, one, f"{name} {sign} {LITERALS[kind]}")
                for sign in OPERATORS
                if kind[0] != "boolean" or sign in ("=", "<>")
            }
            assert not found["="] & found["<>"], (one, name)
            assert not found.get(">", set()) & found.get("<=", set()), (one, name)
            assert not found.get("<", set()) & found.get(">=", set()), (one, name)


@proves(f"{CQL}/basic-cql2/is-null", defects="filter-ignored")
def nulls(api: Api) -> None:
    for one in _sample(api):
        every = set(api.codes(one))
        for name in _queryables(api, one):
            null = _matching(api, one, f"{name} IS NULL")
            value = _matching(api, one, f"{name} is not null")
            assert null.isdisjoint(value)
            assert null | value == every


@proves(f"{CQL}/basic-cql2/boolean", defects="filter-ignored")
def truth(api: Api) -> None:
    for one in _sample(api):
        assert _matching(api, one, "true") == set(api.codes(one))
        assert _matching(api, one, "false") == set()


#: Predicates over roads and what they mean in Python.
PREDICATES = {
    "code = 'road-1'": lambda p: p["code"] == "road-1",
    "code >= 'road-1'": lambda p: p["code"] >= "road-1",
    "code < 'road-2'": lambda p: p["code"] < "road-2",
    "code <> 'road-0'": lambda p: p["code"] != "road-0",
    "valid_from = DATE('2012-01-01')": lambda p: p["valid_from"] == "2012-01-01",
    "valid_from > DATE('2012-01-01')": lambda p: p["valid_from"] > "2012-01-01",
    "synthetic = true": lambda p: p["synthetic"],
    "valid_to IS NULL": lambda p: p["valid_to"] is None,
    "code LIKE 'road-%'": lambda p: p["code"].startswith("road-"),
    "code LIKE '_oad-1'": lambda p: p["code"] == "road-1",
    "code NOT IN ('road-0','road-9')": lambda p: p["code"] not in ("road-0",),
    "CASEI(code) = casei('ROAD-2')": lambda p: p["code"] == "road-2",
    "CASEI(code) LIKE casei('ROAD-%')": lambda p: True,
}


@proves(
    f"{CQL}/basic-cql2/test-data",
    f"{CQL}/advanced-comparison-operators/test-data",
    f"{CQL}/case-insensitive-comparison/test-data",
    defects="filter-ignored",
)
def predicates_mean_what_they_mean_in_python(api: Api) -> None:
    rows = [feature["properties"] for feature in api.items("road")["features"]]
    for text, meaning in PREDICATES.items():
        expected = {row["code"] for row in rows if meaning(row)}
        assert _matching(api, "road", text) == expected, text


@proves(
    f"{CQL}/basic-cql2/logical",
    f"{CQL}/advanced-comparison-operators/logical",
    f"{CQL}/case-insensitive-comparison/logical",
    defects=("filter-ignored", "status-500"),
)
def logic(api: Api) -> None:
    rows = [feature["properties"] for feature in api.items("road")["features"]]
    texts = list(PREDICATES)
    for start in range(len(texts)):
        p1, p2, p3, p4 = (texts[(start + step) % len(texts)] for step in (0, 3, 5, 7))
        m1, m2, m3, m4 = (PREDICATES[text] for text in (p1, p2, p3, p4))
        text = f"((NOT {p1} AND {p2}) OR ({p3} and NOT {p4}) or not ({p1} AND {p4}))"
        expected = {
            row["code"]
            for row in rows
            if (not m1(row) and m2(row))
            or (m3(row) and not m4(row))
            or not (m1(row) and m4(row))
        }
        assert _matching(api, "road", text) == expected, text


@proves(f"{CQL}/advanced-comparison-operators/like", defects="filter-ignored")
def like(api: Api) -> None:
    for one in _sample(api):
        for name, kind in _queryables(api, one).items():
            if kind != ("string", None):
                continue
            found = {
                pattern: _matching(api, one, f"{name} LIKE '{pattern}'")
                for pattern in ("%", "_%", "", "%%", "\\%\\_")
            }
            assert found["_%"].isdisjoint(found[""])
            assert found["%"] == found["%%"]


@proves(f"{CQL}/advanced-comparison-operators/between", defects="filter-ignored")
def between(api: Api) -> None:
    for one in _sample(api):
        for name, kind in _queryables(api, one).items():
            if kind[0] not in ("number", "integer"):
                continue
            low = _matching(api, one, f"{name} BETWEEN 0 AND 100")
            assert low == _matching(api, one, f"{name} >= 0 AND {name} <= 100")
            assert _matching(api, one, f"{name} between 100.0 and 1.0") == set()
    assert _matching(api, "road", "width_m BETWEEN 2 AND 1") == set()


@proves(f"{CQL}/advanced-comparison-operators/in", defects="filter-ignored")
def membership(api: Api) -> None:
    values = {
        ("number", None): "(1, 2, 3)",
        ("integer", None): "(1, 2, 3)",
        ("string", None): "('foo', 'bar')",
        ("boolean", None): "(true)",
        ("string", "date-time"): "(TIMESTAMP('2022-04-14T14:52:56Z'))",
        ("string", "date"): "(DATE('2022-04-14'), DATE('2022-04-15'))",
    }
    for one in _sample(api):
        for name, kind in _queryables(api, one).items():
            found = _matching(api, one, f"{name} IN {values[kind]}")
            rest = _matching(api, one, f"{name} NOT IN {values[kind]}")
            assert found.isdisjoint(rest), (one, name)


@proves(f"{CQL}/case-insensitive-comparison/casei", defects="filter-ignored")
def casei(api: Api) -> None:
    for one in _sample(api):
        for name, kind in _queryables(api, one).items():
            if kind == ("string", None):
                same = _matching(api, one, f"CASEI({name}) = casei('foo')")
                other = _matching(api, one, f"CASEI({name}) <> casei('FOO')")
                assert same.isdisjoint(other)


@proves(f"{CQL}/case-insensitive-comparison/casei-like", defects="status-500")
def casei_like(api: Api) -> None:
    for one in _sample(api):
        for name, kind in _queryables(api, one).items():
            if kind == ("string", None):
                low = _matching(api, one, f"CASEI({name}) LIKE casei('foo%')")
                high = _matching(api, one, f"CASEI({name}) LIKE casei('FOO%')")
                assert low == high


@proves(
    f"{CQL}/basic-spatial-functions/s_intersects",
    f"{CQL}/basic-spatial-functions/test-data",
    f"{CQL}/basic-spatial-functions/logical",
    f"{CQL}/basic-spatial-operators/s_intersects",
    defects=("filter-ignored", "status-200"),
)
def s_intersects(api: Api) -> None:
    for one in api.spatial():
        name, every = one["id"], set(api.codes(one["id"]))
        whole = "S_INTERSECTS(geometry,BBOX(-180,-90,180,90))"
        assert _matching(api, name, whole) == every
        far = "S_INTERSECTS(geometry,POINT(7.02 49.92))"
        assert _matching(api, name, far) == set()
        assert _refused(api, name, filter="S_INTERSECTS(geometry,POINT(90 180))")
        halves = (
            "S_INTERSECTS(geometry,BBOX(-180,-90,-90,90)) AND "
            "S_INTERSECTS(geometry,BBOX(90,-90,180,90))"
        )
        assert _matching(api, name, halves) == set()
        assert _matching(api, name, f"{whole} and not {far}") == every
        assert _matching(api, name, f"not ({whole}) or {far}") == set()


@proves(f"{CQL}/cql2-text/validate", defects=("filter-ignored", "status-500"))
def text_is_supported(api: Api) -> None:
    for check in (comparisons, predicates_mean_what_they_mean_in_python, s_intersects):
        check(api)


@proves(f"{CQL}/cql2-text/escaping", defects="filter-ignored")
def quotes_are_escaped(api: Api) -> None:
    feature = api.items("road")["features"][0]
    name = feature["properties"]["name"].replace("'", "''")
    assert _matching(api, "road", f"name = '{name}'") == {feature["id"]}
    for text in ("it''s", "a\\'b", "tab\there", "line\nfeed"):
        assert _matching(api, "road", f"name = '{text}'") == set()
    assert _refused(api, "road", filter="name = 'it's'")


@proves(f"{CQL}/cql2-json/validate", defects=("filter-ignored", "status-200"))
def json_is_supported(api: Api) -> None:
    code = {"property": "code"}
    point = {"type": "Point", "coordinates": [7.02, 49.92]}
    cases = [
        ({"op": "=", "args": [code, "road-1"]}, {"road-1"}),
        ({"op": "<>", "args": [code, "road-1"]}, {"road-0", "road-2"}),
        ({"op": "isNull", "args": [code]}, set()),
        ({"op": "in", "args": [code, ["road-1", "x"]]}, {"road-1"}),
        ({"op": "like", "args": [code, "%-2"]}, {"road-2"}),
        (
            {
                "op": "not",
                "args": [{"op": "between", "args": [code, "road-0", "road-1"]}],
            },
            {"road-2"},
        ),
        (
            {
                "op": "=",
                "args": [
                    {"op": "casei", "args": [code]},
                    {"op": "casei", "args": ["ROAD-0"]},
                ],
            },
            {"road-0"},
        ),
        ({"op": "s_intersects", "args": [{"property": "geometry"}, point]}, set()),
        (
            {
                "op": "and",
                "args": [
                    {"op": ">", "args": [code, "road-0"]},
                    {
                        "op": "=",
                        "args": [
                            {"property": "valid_from"},
                            {"date": "2012-01-01"},
                        ],
                    },
                ],
            },
            {"road-1", "road-2"},
        ),
    ]
    for expression, expected in cases:
        text = json.dumps(expression)
        found = _matching(api, "road", text, filter__lang="cql2-json")
        assert found == expected, text
    for wrong in ("{", "[]", '{"op":"="}', '{"op":"no","args":[]}', "1"):
        assert _refused(api, "road", filter=wrong, filter__lang="cql2-json"), wrong


@proves(f"{F3}/features-filter/filter-on-items", defects="not-geojson")
def filtered_features_are_geojson(api: Api) -> None:
    answer = api.ask(
        "/collections/road/items", accept=GEOJSON, filter="code = 'road-1'"
    )
    assert answer.headers["content-type"] == GEOJSON
