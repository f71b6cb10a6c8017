"""No answer of 5xx, whatever is asked: a list of hostile requests on every address."""

import http.client
import json
import time
from urllib.parse import quote, urlsplit

import pytest

from layers import Level

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
HUGE = "9" * 400
TEXTS = {
    "null byte": "a%00b",
    "bad utf-8": "%ff%fe",
    "overlong utf-8": "%c0%ae",
    "surrogate": "%ed%a0%80",
    "double-encoded": "%2527%2520OR%25201%253D1",
    "quote": "'",
    "sql": "1%27%3B%20DROP%20TABLE%20city.road%3B--",
    "template": "%7B%7B7*7%7D%7D",
    "format": "%25s%25n%7B0%7D",
    "newline": "a%0d%0aSet-Cookie:%20x=1",
    "emoji": quote("👩‍👩‍👧‍👦"),
    "combining": quote("e" + "\u0301" * 500),
    "right-to-left": quote("\u202e\u2066"),
    "huge number": HUGE,
    "negative": "-1",
    "nan": "NaN",
    "infinity": "1e999",
    "hex": "0x10",
    "arabic digits": quote("١٢٣"),
    "empty": "",
    "space": "%20",
    "path": "..%2f..%2fetc%2fpasswd",
    "brackets": "a[]=1&a[b]=2",
    "array": "[1,2]",
    "object": "%7B%22%24ne%22%3Anull%7D",
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


HEADERS = {
    "conflicting accept": [("Accept", "text/html;q=0, application/json;q=0, */*;q=0")],
    "accept garbage": [("Accept", ";;;q=,,/=*")],
    "accept long": [("Accept", ",".join(["application/x"] * 2000))],
    "language garbage": [("Accept-Language", "*;q=x,,zz-ZZ-zz;q=9")],
    "encoding garbage": [("Accept-Encoding", "gzip;q=nan, br;q=-1, identity;q=0")],
    "etag garbage": [("If-None-Match", 'W/"')],
    "etag many": [("If-None-Match", ",".join(f'"{i}"' for i in range(1000)))],
    "etag star": [("If-None-Match", "*")],
    "since garbage": [("If-Modified-Since", "yesterday")],
    "range": [("Range", "bytes=0-10")],
    "range garbage": [("Range", "bytes=-1--2,a-b")],
    "range many": [("Range", "bytes=" + ",".join("0-0" for _ in range(1000)))],
    "host garbage": [("Host", 'a b<>"')],
    "forwarded": [("X-Forwarded-Host", "evil\t"), ("X-Forwarded-Proto", "gopher")],
    "forwarded for": [("X-Forwarded-For", "999.1.1.1, ::::"), ("Forwarded", 'for="')],
    "authorization": [("Authorization", "Bearer \xff\xfe")],
    "authorization empty": [("Authorization", "")],
    "authorization basic": [("Authorization", "Basic !!!")],
    "cookie garbage": [("Cookie", 'citygrid=\x01; ;=;a="')],
    "cookie long": [("Cookie", "a=" + "b" * 8000)],
    "origin": [("Origin", "null"), ("Access-Control-Request-Method", "X" * 500)],
    "prefer": [("Prefer", "respond-async;wait=nan, x")],
    "request id": [("X-Request-Id", "<script>" * 50)],
    "content type": [("Content-Type", 'a/b; charset="')],
    "twice": [("Accept", "text/html"), ("Accept", "application/json")],
}


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


def nested(depth):
    return '{"op":"not","args":[' * depth + "true" + "]}" * depth


FILTERS = {
    "nested text": ("cql2-text", "(" * 10_000 + "true" + ")" * 10_000),
    "nested not": ("cql2-text", "NOT " * 10_000 + "true"),
    "nested minus": ("cql2-text", "code = " + "-" * 10_000 + "1"),
    "nested json": ("cql2-json", nested(10_000)),
    "nested list": ("cql2-json", "[" * 20_000 + "]" * 20_000),
    "many and": ("cql2-text", " AND ".join(["code = 'a'"] * 3000)),
    "many in": ("cql2-text", f"code IN ({','.join(repr(str(i)) for i in range(900))})"),
    "like": ("cql2-text", f"name LIKE '{'%a' * 500}%b'"),
    "like casei": ("cql2-text", f"CASEI(name) LIKE CASEI('{'_%' * 300}x')"),
    "like backslash": ("cql2-text", "name LIKE '\\'"),
    "quotes": ("cql2-text", "name = '" + "''\\'" * 4000),
    "open quote": ("cql2-text", "name = '" + "\\" * 9001),
    "number": ("cql2-text", f"width_m > {HUGE}"),
    "exponent": ("cql2-text", "width_m > 1e400"),
    "division": ("cql2-text", "width_m / 0 > 1"),
    "power": ("cql2-text", "9 ^ 9 ^ 9 > 1"),
    "polygon empty": ("cql2-text", "S_INTERSECTS(geometry, POLYGON EMPTY)"),
    "polygon open": ("cql2-text", "S_INTERSECTS(geometry, POLYGON((0 0,1 1,2 2)))"),
    "polygon bowtie": (
        "cql2-text",
        "S_INTERSECTS(geometry, POLYGON((120 30,121 31,121 30,120 31,120 30)))",
    ),
    "polygon nan": ("cql2-text", "S_INTERSECTS(geometry, POINT(nan 1))"),
    "bbox infinite": ("cql2-text", "S_INTERSECTS(geometry, BBOX(-1e308,0,1e308,1))"),
    "bbox around": ("cql2-text", "S_INTERSECTS(geometry, BBOX(170,-10,-170,10))"),
    "bbox six": ("cql2-text", "S_INTERSECTS(geometry, BBOX(1,2,3,4,5,6))"),
    "bbox five": ("cql2-text", "S_INTERSECTS(geometry, BBOX(1,2,3,4,5))"),
    "dates": ("cql2-text", "valid_from IN (DATE('0001-01-01'), DATE('9999-12-31'))"),
    "date none": ("cql2-text", "valid_from = DATE('2015-02-30')"),
    "interval": ("cql2-text", "T_DURING(valid_from, INTERVAL('..','..'))"),
    "interval turned": (
        "cql2-text",
        "T_DURING(valid_from, INTERVAL('2020-01-01','2010-01-01'))",
    ),
    "array": ("cql2-text", "A_CONTAINS(code, ('a','b'))"),
    "function": ("cql2-text", "pg_sleep(10) = 1"),
    "null char": ("cql2-text", "code = 'a\x00'"),
    "surrogate": ("cql2-json", '{"op":"=","args":[{"property":"code"},"\\ud800"]}'),
    "json nan": ("cql2-json", '{"op":"=","args":[{"property":"width_m"},NaN]}'),
    "json big": ("cql2-json", '{"op":"=","args":[{"property":"width_m"},1e999]}'),
    "json geometry": (
        "cql2-json",
        json.dumps(
            {
                "op": "s_intersects",
                "args": [
                    {"property": "geometry"},
                    {"type": "Polygon", "coordinates": [[[[[[]]]]]]},
                ],
            }
        ),
    ),
    "json types": ("cql2-json", '{"op":"=","args":[{"property":["code"]},{"a":1}]}'),
    "json op": ("cql2-json", '{"op":["="],"args":[1,1]}'),
    "json args": ("cql2-json", '{"op":"and","args":{}}'),
    "json twice": ("cql2-json", '{"op":"=","op":"<>","args":[1,1]}'),
}


@pytest.mark.parametrize("name", list(FILTERS))
@pytest.mark.parametrize("layer", ["road", "air_reading"])
def test_filter_abuse(server, name, layer):
    language, text = FILTERS[name]
    target = f"/collections/{layer}/items?filter-lang={language}&filter={quote(text)}"
    started = time.monotonic()
    status, body = send(server, "GET", target[:60_000])
    assert status < 500, (status, body[:300])
    assert time.monotonic() - started < 10


QUERIES = [
    f"offset={HUGE}",
    "offset=1000000000000",
    "offset=-1",
    "limit=0",
    f"limit={HUGE}",
    "limit=1&limit=2",
    "bbox=170,-10,-170,10",
    "bbox=-180,-90,180,90",
    "bbox=1,2,3,4,5,6",
    "bbox=1,2,3,4,5",
    "bbox=,,,",
    "bbox=1e308,1e308,1e309,1e309",
    "bbox=-1e308,-1e308,1e308,1e308",
    "bbox=120,30,120,30",
    "bbox=120,30,119,29",
    "bbox=120,91,121,92",
    "bbox=3330000,400000,3343000,520000"
    "&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4549",
    "bbox=-1e300,-1e300,1e300,1e300"
    "&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4549",
    "bbox=0,0,1e9,1e9&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/3857",
    "crs=http://www.opengis.net/def/crs/EPSG/0/999999",
    "datetime=2015-01-01,2016-01-01",
    "datetime=../..",
    "datetime=/",
    "datetime=0000-01-01",
    "datetime=99999-01-01",
    "datetime=2015-06-01T25:00:00Z",
    "datetime=2015-06-01T00:00:00%2B99:00",
    "datetime=-4713-01-01T00:00:00Z/..",
    "sortby=code,code,-code",
    "sortby=,",
    "sortby=" + ",".join(["code"] * 500),
    "properties=" + ",".join(["code"] * 5000),
    "properties=",
    "q=" + quote("(" * 200),
    "q=%25%25%25",
    "q=" + quote("网" * 200),
    "cursor=AAAA",
    "cursor=" + "A" * 5000,
    "resulttype=hits&f=xlsx",
    "f=gpkg&limit=1&skipGeometry=true",
    "f=json&f=html",
    "lang=" + "z" * 5000,
    "header=zh",
    "=1",
    "&&&",
    "a" * 30_000 + "=1",
    ";".join(["a=1"] * 1000),
]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("layer", ["road", "unit_grid", "air_reading"])
def test_query_abuse(server, query, layer):
    status, body = send(server, "GET", f"/collections/{layer}/items?{query}")
    assert status < 500, (status, body[:300])


TARGETS = [
    "/" + "a" * 60_000,
    "/collections/" + "a" * 5000 + "/items",
    "/collections/%00/items",
    "/collections/road/items/%00",
    "/collections/road/items/%ff",
    "/collections/road/items/a%2fb",
    "/collections/road/items/" + "a" * 5000,
    "/collections//items",
    "//",
    "//collections",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/static/%2e%2e/app.py",
    "/static/..%2fapp.py",
    "/static/%00",
    "/assets/%2e%2e%2f%2e%2e%2fpyproject.toml",
    "/docs/layers/%00",
    "/docs/layers/none",
    "/docs/processes/none",
    "/styles/%00",
    "/styles/city/legend",
    "/fonts/%00/0-255.pbf",
    "/fonts/a/%00.pbf",
    "/map/zones/none.json",
    "/map/zones/%00.json",
    "/tiles/WebMercatorQuad/%00/0/0",
    "/tiles/WebMercatorQuad/14/0/0?collections=",
    "/tiles/WebMercatorQuad/14/0/0?collections=" + ",".join(["road"] * 2000),
    "/tiles/WebMercatorQuad/99999999999/0/0",
    "/tiles/WorldCRS84Quad/0/0/1",
    "/tiles/%00/0/0/0",
    "/tileMatrixSets/%00",
    "/processes/%00",
    "/jobs/%00",
    "/jobs/../../x",
    "/loads/%00",
    "/uploads/%00",
    "/scorecard?zones=%00&at=nan",
    "*",
]


@pytest.mark.parametrize("level", [Level.PUBLIC, Level.RESTRICTED])
@pytest.mark.parametrize("target", TARGETS)
def test_address_abuse(server, target, level):
    headers = [("Authorization", "Bearer token-of-restricted")]
    status, body = send(server, "GET", target, headers if level > Level.PUBLIC else ())
    assert 200 <= status < 500, (status, body[:300])


BODIES = {
    "empty": b"",
    "null": b"null",
    "list": b"[]",
    "open": b"{",
    "bad utf-8": b'{"inputs":{"service":"\xff"}}',
    "nan": b'{"inputs":{"service":NaN}}',
    "deep": b'{"inputs":' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}",
    "deep list": b'{"inputs":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "wrong type": b'{"inputs":[1,2]}',
    "many keys": b'{"inputs":{'
    + b",".join(b'"a%d":1' % i for i in range(5000))
    + b"}}",
    "huge number": b'{"inputs":{"service":' + b"9" * 5000 + b"}}",
    "surrogate": b'{"inputs":{"service":"\\ud800"}}',
    "null byte": b'{"inputs":{"service":"a\\u0000b"}}',
    "outputs": b'{"inputs":{},"outputs":{"result":{"format":{"mediaType":1}}}}',
    "response": b'{"inputs":{},"response":"x"}',
    "subscriber": b'{"inputs":{},"subscriber":{"successUri":"file:///etc/passwd"}}',
}


@pytest.mark.parametrize("name", list(BODIES))
def test_body_abuse(server, name):
    for process in ("coverage", "gap", "scorecard", "locate", "nothing"):
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
