"""OGC API - Features, part 5 (schemas)."""

from __future__ import annotations

import jsonschema

from tests.conformance.harness import GEOJSON, REL, SPEC, Api, links, proves

F5 = "ogcapi-features-5/1.0/conf"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: Case-sensitive UCUM codes that the layers use.
UCUM = {
    "m", "mm", "m2", "km", "km2", "km/h", "deg", "dB", "mg/L", "mg/m3", "ug/m3",
    "t/a", "[pH]", "%", "a", "d", "h", "min",
}  # fmt: skip


def _schemas(api: Api) -> list[dict]:
    return [
        api.schema(one["id"], name)
        for one in api.collections()
        for name in ("schema", "queryables", "sortables")
    ]


@proves(
    f"{F5}/schemas/basic-schema-inspection",
    f"{F5}/schemas/role",
    f"{F5}/schemas/property-seq",
    f"{F5}/schemas/definition",
    f"{F5}/schemas/nullvalues",
    "ogcapi-common-3/1.0/conf/schemas/basic-schema-inspection",
    defects=("schema-dialect", "schema-untyped"),
)
def schemas_are_schemas(api: Api) -> None:
    for found in _schemas(api):
        assert found["$schema"] == DIALECT
        assert found["$id"].startswith("http")
        assert "?" not in found["$id"]
        assert found["type"] == "object"
        jsonschema.Draft202012Validator.check_schema(found)
        for name, field in found["properties"].items():
            if "type" not in field:
                assert "$ref" not in field
                assert field["format"].startswith("geometry-"), name
            assert isinstance(field.get("x-ogc-role", ""), str)
            assert "x-ogc-propertySeq" not in field
            assert "x-ogc-definition" not in field
            assert "x-ogc-nullValues" not in field


@proves(f"{F5}/schemas/role-id", defects="schema-two-ids")
def one_property_is_the_id(api: Api) -> None:
    for one in api.collections():
        found = api.schema(one["id"])["properties"].values()
        (field,) = (field for field in found if field.get("x-ogc-role") == "id")
        assert field["type"] in ("string", "integer")


@proves(f"{F5}/schemas/unit", defects="schema-units")
def units_are_ucum(api: Api) -> None:
    units = 0
    for found in _schemas(api):
        for name, field in found["properties"].items():
            if "x-ogc-unit" not in field:
                continue
            units += 1
            assert field["type"] in ("number", "integer"), name
            assert field["x-ogc-unitLang"] == "UCUM"
            annotated = field["x-ogc-unit"].startswith("{")
            assert annotated or field["x-ogc-unit"] in UCUM, field["x-ogc-unit"]
    assert units > 10


@proves(
    f"{F5}/advanced-property-roles/role-primary-geometry",
    f"{F5}/advanced-property-roles/role-primary-temporal",
    f"{F5}/advanced-property-roles/role-type",
    defects=("schema-two-geometries", "schema-times"),
)
def roles(api: Api) -> None:
    for one in api.collections():
        by_role: dict[str, list[dict]] = {}
        for field in api.schema(one["id"])["properties"].values():
            by_role.setdefault(field.get("x-ogc-role", ""), []).append(field)
        places = by_role.get("primary-geometry", [])
        assert len(places) == (one["x-citygrid-geometry"] != "none")
        assert all(field["format"].startswith("geometry-") for field in places)
        instants = by_role.get("primary-instant", [])
        starts = by_role.get("primary-interval-start", [])
        ends = by_role.get("primary-interval-end", [])
        assert len(instants) + len(starts) == 1
        assert len(starts) == len(ends)
        for field in (*instants, *starts, *ends):
            assert field["type"] == "string"
            assert field["format"] in ("date", "date-time")
        assert "type" not in by_role


@proves(
    f"{F5}/returnables-and-receivables/get-conformance",
    f"{F5}/queryables/get-conformance",
    f"{F5}/sortables/get-conformance",
    defects="no-conformance-classes",
)
def schemas_declared(api: Api) -> None:
    declared = api.json("/conformance")["conformsTo"]
    for name in ("schemas", "returnables-and-receivables", "queryables", "sortables"):
        assert f"{SPEC}/{F5}/{name}" in declared


@proves(
    f"{F5}/returnables-and-receivables/link",
    f"{F5}/returnables-and-receivables/op-and-response",
    f"{F5}/queryables/link",
    f"{F5}/queryables/op-and-response",
    f"{F5}/sortables/link",
    f"{F5}/sortables/op-and-response",
    defects=("no-queryables-link", "schema-dialect", "sortables-objects"),
)
def schemas_are_linked(api: Api) -> None:
    for one in api.collections():
        for name in ("schema", "queryables", "sortables"):
            found = [
                link["href"]
                for link in links(one, f"{REL}/{name}")
                if link["type"] == "application/schema+json"
            ]
            url = f"{api.base}/collections/{one['id']}/{name}"
            assert [href.partition("?")[0] for href in found] == [url]
            answer = api.ask(url, accept="application/schema+json")
            assert answer.headers["content-type"] == "application/schema+json"
            schema = answer.json()
            assert (schema["$schema"], schema["$id"]) == (DIALECT, url)
            if name == "sortables":
                kinds = {field["type"] for field in schema["properties"].values()}
                assert kinds.isdisjoint({"array", "object"})


@proves(
    f"{F5}/returnables-and-receivables/response-1",
    defects=("schema-types", "properties-invented"),
)
def features_hold_what_the_schema_says(api: Api) -> None:
    for one in api.collections():
        schema = api.schema(one["id"])
        fields = dict(schema["properties"])
        place = fields.pop("geometry", None)
        for feature in api.items(one["id"])["features"]:
            assert (feature["geometry"] is not None) == (place is not None)
            values = feature["properties"]
            assert set(values) == set(fields), one["id"]
            # null stands for no value, which only a required property must have
            given = {name: v for name, v in values.items() if v is not None}
            for name, value in given.items():
                known = {k: v for k, v in fields[name].items() if k[:2] != "x-"}
                jsonschema.validate(
                    value, known, format_checker=jsonschema.FormatChecker()
                )
            assert set(schema["required"]) <= set(given), one["id"]
            alone = api.json(
                f"/collections/{one['id']}/items/{feature['id']}", accept=GEOJSON
            )
            assert alone["properties"] == values
