"""OGC API - Features 1 and Common 1: pages, plain JSON, and who may ask."""

from __future__ import annotations

from tests.conformance.harness import Api, proves

F1 = "ogcapi-features-1/1.0/conf"
C1 = "ogcapi-common-1/1.0/conf"


@proves(f"{F1}/oas30/security", f"{C1}/oas30/security", defects="openapi-security")
def security_is_described(api: Api) -> None:
    document = api.openapi()
    schemes = document["components"]["securitySchemes"]
    assert schemes["bearer"] == {"type": "http", "scheme": "bearer"}
    assert {"bearer": []} in document["security"]
    answer = api.session.get(f"{api.base}/", headers={"Authorization": "Bearer no"})
    assert answer.status_code == 401


@proves(
    f"{F1}/html/definition",
    f"{F1}/html/content",
    f"{C1}/html/definition",
    f"{C1}/html/content",
    defects="html-empty",
)
def pages_hold_what_documents_hold(api: Api) -> None:
    for path in ("/", "/collections", "/collections/road/items", "/conformance"):
        answer = api.ask(path, accept="text/html")
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.text.startswith("<!doctype html>"), path
    listed = api.ask("/collections", accept="text/html").text
    for one in api.collections():
        assert one["title"] in listed
    page = api.ask("/collections/road/items", accept="text/html").text
    for code in api.codes("road"):
        assert code in page


@proves(
    f"{C1}/json/definition",
    f"{C1}/json/content",
    defects="not-json",
)
def documents_are_json(api: Api) -> None:
    schemas = api.openapi()["components"]["schemas"]
    for path, name in (("/", "landingPage"), ("/conformance", "conformance")):
        answer = api.ask(path, accept="application/json")
        assert answer.headers["content-type"] == "application/json"
        assert set(schemas[name]["required"]) <= set(answer.json())
    for one in api.collections()[:3]:
        answer = api.ask(f"/collections/{one['id']}", accept="application/json")
        assert answer.headers["content-type"] == "application/json"
