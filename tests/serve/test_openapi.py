"""The OpenAPI document: valid, local, and exactly what is served."""

import openapi_spec_validator
import pytest

from gis.serve.openapi import ITEMS_PARAMETERS
from layers import Level


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


@pytest.fixture(scope="module")
def described(server):
    return {level: server.json("/openapi", level) for level in Level}


@pytest.mark.parametrize("level", list(Level))
def test_document_is_valid_and_local(described, level):
    document = described[level]
    openapi_spec_validator.validate(document)
    assert all(found.startswith("#/components/") for found in references(document))


def test_document_type(server):
    kind = server.get("/openapi").headers["content-type"]
    assert kind == "application/vnd.oai.openapi+json;version=3.0"


def test_page_size_stands_where_qgis_looks(described):
    limit = described[Level.PUBLIC]["components"]["parameters"]["limit"]["schema"]
    assert limit["default"] == 100
    assert limit["maximum"] == 10_000


def test_operation_ids_are_unique(described):
    found = [
        operation["operationId"]
        for path in described[Level.RESTRICTED]["paths"].values()
        for operation in path.values()
    ]
    assert len(found) == len(set(found))


@pytest.mark.parametrize("level", list(Level))
def test_collections_and_properties_are_those_of_the_level(described, catalogue, level):
    paths = described[level]["paths"]
    named = {path.split("/")[2] for path in paths if path.startswith("/collections/")}
    assert named == {*catalogue.visible_at(level), "records"}
    for layer in catalogue.visible_at(level).values():
        operation = paths[f"/collections/{layer.id}/items"]["get"]
        inline = [p["name"] for p in operation["parameters"] if "name" in p]
        assert inline == list(layer.columns_at(level))
        tiled = f"/collections/{layer.id}/tiles" in paths
        assert tiled == (layer.tiles is not None and layer.geometry_at(level))


def resolved(document, node):
    while "$ref" in node:
        name, kind = node["$ref"].split("/")[::-1][:2]
        node = document["components"][kind][name]
    return node


SAMPLES = {
    "itemId": "component-0",
    "loadId": "1",
    "uploadId": "none",
    "jobId": "none",
    "runId": "none",
    "scenarioId": "none",
    "tileMatrixSetId": "WebMercatorQuad",
    "tileMatrix": "14",
    "tileRow": "0",
    "tileCol": "0",
    "styleId": "component",
    "fontstack": "Inter Regular",
    "range": "0-255",
}


@pytest.mark.parametrize("level", list(Level))
def test_every_get_is_answered_as_described(server, described, level):
    document = described[level]
    for path, operations in document["paths"].items():
        if "get" not in operations:
            continue
        answer = server.get(path.format(**SAMPLES), level)
        described_as = operations["get"]["responses"]
        assert str(answer.status_code) in described_as, path
        assert answer.status_code < 500
        if answer.status_code == 200:
            kinds = resolved(document, described_as["200"])["content"]
            given = answer.headers["content-type"].split("; ")[0]
            assert given in kinds, path


def test_described_parameters_are_known(server, described):
    document = described[Level.PUBLIC]
    operation = document["paths"]["/collections/component/items"]["get"]
    for parameter in (resolved(document, p) for p in operation["parameters"]):
        if parameter["in"] != "query":
            continue
        answer = server.get(
            "/collections/component/items", params={parameter["name"]: "\x01"}
        )
        assert "unknown parameter" not in answer.text, parameter["name"]


def test_no_column_has_the_name_of_a_parameter(catalogue):
    reserved = {"f", "lang", *ITEMS_PARAMETERS}
    for layer in catalogue.values():
        assert reserved.isdisjoint(layer.all_columns), layer.id
