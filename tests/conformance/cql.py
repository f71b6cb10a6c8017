"""CQL2, in both of its encodings."""

from __future__ import annotations

import json

from tests.conformance.filtering import matching, queryable_types, refused, sample
from tests.conformance.harness import Api, proves

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


@proves(f"{CQL}/basic-cql2/basic-test", defects="queryables-untyped")
def queryables_have_types(api: Api) -> None:
    for one in api.collections():
        found = api.schema(one["id"], "queryables")["properties"]
        for name, field in found.items():
            assert "type" in field or field["format"].startswith("geometry-"), name
        assert any(
            kind in LITERALS for kind in queryable_types(api, one["id"]).values()
        )


@proves(f"{CQL}/basic-cql2/comparison", defects="filter-ignored")
def comparisons(api: Api) -> None:
    for one in sample(api):
        for name, kind in queryable_types(api, one).items():
            found = {
                sign: matching(api, one, f"{name} {sign} {LITERALS[kind]}")
                for sign in OPERATORS
                if kind[0] != "boolean" or sign in ("=", "<>")
            }
            assert not found["="] & found["<>"], (one, name)
            assert not found.get(">", set()) & found.get("<=", set()), (one, name)
            assert not found.get("<", set()) & found.get(">=", set()), (one, name)


@proves(f"{CQL}/basic-cql2/is-null", defects="filter-ignored")
def nulls(api: Api) -> None:
    for one in sample(api):
        every = set(api.codes(one))
        for name in queryable_types(api, one):
            null = matching(api, one, f"{name} IS NULL")
            value = matching(api, one, f"{name} is not null")
            assert null.isdisjoint(value)
            assert null | value == every


@proves(f"{CQL}/basic-cql2/boolean", defects="filter-ignored")
def truth(api: Api) -> None:
    for one in sample(api):
        assert matching(api, one, "true") == set(api.codes(one))
        assert matching(api, one, "false") == set()


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
        assert matching(api, "road", text) == expected, text


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
        assert matching(api, "road", text) == expected, text


@proves(f"{CQL}/advanced-comparison-operators/like", defects="filter-ignored")
def like(api: Api) -> None:
    for one in sample(api):
        for name, kind in queryable_types(api, one).items():
            if kind != ("string", None):
                continue
            found = {
                pattern: matching(api, one, f"{name} LIKE '{pattern}'")
                for pattern in ("%", "_%", "", "%%", "\\%\\_")
            }
            assert found["_%"].isdisjoint(found[""])
            assert found["%"] == found["%%"]


@proves(f"{CQL}/advanced-comparison-operators/between", defects="filter-ignored")
def between(api: Api) -> None:
    for one in sample(api):
        for name, kind in queryable_types(api, one).items():
            if kind[0] not in ("number", "integer"):
                continue
            low = matching(api, one, f"{name} BETWEEN 0 AND 100")
            assert low == matching(api, one, f"{name} >= 0 AND {name} <= 100")
            assert matching(api, one, f"{name} between 100.0 and 1.0") == set()
    assert matching(api, "road", "width_m BETWEEN 2 AND 1") == set()


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
    for one in sample(api):
        for name, kind in queryable_types(api, one).items():
            found = matching(api, one, f"{name} IN {values[kind]}")
            rest = matching(api, one, f"{name} NOT IN {values[kind]}")
            assert found.isdisjoint(rest), (one, name)


@proves(f"{CQL}/case-insensitive-comparison/casei", defects="filter-ignored")
def casei(api: Api) -> None:
    for one in sample(api):
        for name, kind in queryable_types(api, one).items():
            if kind == ("string", None):
                same = matching(api, one, f"CASEI({name}) = casei('foo')")
                other = matching(api, one, f"CASEI({name}) <> casei('FOO')")
                assert same.isdisjoint(other)


@proves(f"{CQL}/case-insensitive-comparison/casei-like", defects="status-500")
def casei_like(api: Api) -> None:
    for one in sample(api):
        for name, kind in queryable_types(api, one).items():
            if kind == ("string", None):
                low = matching(api, one, f"CASEI({name}) LIKE casei('foo%')")
                high = matching(api, one, f"CASEI({name}) LIKE casei('FOO%')")
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
        assert matching(api, name, whole) == every
        far = "S_INTERSECTS(geometry,POINT(7.02 49.92))"
        assert matching(api, name, far) == set()
        assert refused(api, name, filter="S_INTERSECTS(geometry,POINT(90 180))")
        halves = (
            "S_INTERSECTS(geometry,BBOX(-180,-90,-90,90)) AND "
            "S_INTERSECTS(geometry,BBOX(90,-90,180,90))"
        )
        assert matching(api, name, halves) == set()
        assert matching(api, name, f"{whole} and not {far}") == every
        assert matching(api, name, f"not ({whole}) or {far}") == set()


@proves(f"{CQL}/cql2-text/validate", defects=("filter-ignored", "status-500"))
def text_is_supported(api: Api) -> None:
    for check in (comparisons, predicates_mean_what_they_mean_in_python, s_intersects):
        check(api)


@proves(f"{CQL}/cql2-text/escaping", defects="filter-ignored")
def quotes_are_escaped(api: Api) -> None:
    feature = api.items("road")["features"][0]
    name = feature["properties"]["name"].replace("'", "''")
    assert matching(api, "road", f"name = '{name}'") == {feature["id"]}
    for text in ("it''s", "a\\'b", "tab\there", "line\nfeed"):
        assert matching(api, "road", f"name = '{text}'") == set()
    assert refused(api, "road", filter="name = 'it's'")


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
        found = matching(api, "road", text, filter__lang="cql2-json")
        assert found == expected, text
    for wrong in ("{", "[]", '{"op":"="}', '{"op":"no","args":[]}', "1"):
        assert refused(api, "road", filter=wrong, filter__lang="cql2-json"), wrong
