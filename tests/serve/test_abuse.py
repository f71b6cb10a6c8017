"""No answer of 5xx, whatever is asked: a list of hostile requests on every address."""

import http.client
import time
from urllib.parse import quote, urlsplit

import pytest

from layers import Level
from tests.serve.abuses import BODIES, FILTERS, HEADERS, QUERIES, TARGETS, TEXTS

SAMPLES = {
    "itemId": "road-0",
    "tileMatrixSetId": "WebMercatorQuad",
    "tileMatrix": "14",
    "tileRow": "0",
    "tileCol": "0",
    "styleId": "road",
    "fontstack": "a",
    "range": "0-255",
}


def send(server, method, target, headers=(), body=None):
    """One request as it stands: no client tidies it."""
    address = urlsplit(server.base)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


@pytest.fixture(scope="module")
def described(server):
    return server.json("/openapi", Level.RESTRICTED)


@pytest.fixture(scope="module")
def paths(described):
    """Every address of four layers and of everything else, with samples filled in."""
    wanted = ("road", "unit_grid", "component", "air_reading")
    found = {}
    for path, operations in described["paths"].items():
        parts = path.split("/")
        if parts[1] == "collections" and parts[2:3] and parts[2] not in wanted:
            continue
        text = path
        for name in [part[1:-1] for part in path.split("/") if part[:1] == "{"]:
            text = text.replace(f"{{{name}}}", SAMPLES.get(name, "1"))
        text = text.replace("{range}", "0-255")
        found[text] = operations
    return found


def parameters(described, operations):
    for operation in operations.values():
        for node in operation.get("parameters", ()):
            found = node
            while "$ref" in found:
                kind, name = found["$ref"].split("/")[-2:]
                found = described["components"][kind][name]
            if found["in"] == "query":
                yield found["name"]


def test_every_parameter_of_every_address_with_every_text(server, described, paths):
    asked = 0
    for path, operations in paths.items():
        names = dict.fromkeys(["f", "lang", *parameters(described, operations)])
        # the same texts everywhere, each at a few addresses of a kind
        for at, name in enumerate(names):
            for step, text in enumerate(TEXTS.values()):
                if (at + step + len(path)) % 4:
                    continue
                status, body = send(server, "GET", f"{path}?{quote(name)}={text}")
                asked += 1
                assert status < 500, (path, name, text, status, body[:300])
    assert asked > 1000


@pytest.mark.parametrize(
    "method", ["HEAD", "OPTIONS", "TRACE", "PATCH", "PUT", "DELETE", "BREW"]
)
def test_every_method_on_every_address(server, paths, method):
    for path in paths:
        status, body = send(server, method, path)
        assert status < 500, (method, path, body[:300])
        if method == "HEAD":
            assert body == b""
        if method in ("TRACE", "BREW"):
            assert status in (400, 405), (path, status)


@pytest.mark.parametrize("name", list(HEADERS))
def test_header_abuse(server, name):
    for path in (
        "/",
        "/collections",
        "/collections/road/items",
        "/collections/road/items/road-0",
        "/collections/road/tiles/WebMercatorQuad/14/6742/13660",
        "/tiles/WebMercatorQuad/14/6742/13660",
        "/styles/city",
        "/styles/road/legend",
        "/openapi",
        "/docs",
        "/map",
        "/processes/coverage",
        "/healthz",
        "/nothing",
    ):
        status, body = send(server, "GET", path, HEADERS[name])
        assert status < 500, (path, status, body[:300])
        assert b"<script>" not in body[:200]


@pytest.mark.parametrize("name", list(FILTERS))
@pytest.mark.parametrize("layer", ["road", "air_reading"])
def test_filter_abuse(server, name, layer):
    language, text = FILTERS[name]
    target = f"/collections/{layer}/items?filter-lang={language}&filter={quote(text)}"
    started = time.monotonic()
    status, body = send(server, "GET", target[:60_000])
    assert status < 500, (status, body[:300])
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("layer", ["road", "unit_grid", "air_reading"])
def test_query_abuse(server, query, layer):
    status, body = send(server, "GET", f"/collections/{layer}/items?{query}")
    assert status < 500, (status, body[:300])


@pytest.mark.parametrize("level", [Level.PUBLIC, Level.RESTRICTED])
@pytest.mark.parametrize("target", TARGETS)
def test_address_abuse(server, target, level):
    headers = [("Authorization", "Bearer token-of-restricted")]
    status, body = send(server, "GET", target, headers if level > Level.PUBLIC else ())
    assert 200 <= status < 500, (status, body[:300])


@pytest.mark.parametrize("name", list(BODIES))
def test_body_abuse(server, name):
    for process in ("coverage", "gap", "scorecard", "locate", "echo", "nothing"):
        for headers in (
            [("Content-Type", "application/json")],
            [("Content-Type", "application/json"), ("Prefer", "respond-async")],
            [("Content-Type", "text/plain")],
        ):
            target = f"/processes/{process}/execution"
            status, body = send(server, "POST", target, headers, BODIES[name])
            assert status < 500, (process, headers, status, body[:300])
            assert status >= 400 or name == "empty", (process, headers, status)
    for path in ("/signin", "/signout", "/collections/road/loads"):
        status, body = send(
            server, "POST", path, [("Content-Type", "application/json")], BODIES[name]
        )
        assert status < 500, (path, status, body[:300])


def test_the_server_is_well_after_all_that(server):
    assert server.json("/collections/road/items")["numberMatched"] == 3
    assert "internal error" not in server.log.getvalue()
