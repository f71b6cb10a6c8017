"""Whatever is sent, the answer is no 5xx and shows no SQL."""

import string
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.serve.openapi import ITEMS_PARAMETERS
from layers import Level

# the pool of the server under test draws jitter in a thread of this process
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the .random. module")
live = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
NASTY = (
    "", "0", "-1", "1e309", "nan", "NaN", "Infinity", "99999999999999999999", "null",
    "'", '"', "';--", "%", "%00", "\x00", "\x7f", "\ud7ff", "中文", "{}", "[]", "()",
    "../../etc/passwd", "<script>", "a" * 9000, "true", "2015-02-30", "9999-12-31",
    "0001-01-01", "-infinity", "12:00", "..", "/", "1,2,3,4", "nan,nan,nan,nan",
    "1e308,1e308,1e309,1e309", "90,-180,-90,180", "code", "-code", "geom", "fid",
)  # fmt: skip
FILTERS = (
    "code = 1", "1 = 1", "code", "NOT", "((((", "code LIKE '%'", "code = 'a' OR",
    "S_INTERSECTS(geometry, POINT(0 0))", "S_INTERSECTS(geometry, POINT(nan nan))",
    "S_INTERSECTS(geometry, POLYGON((0 0, 1 1)))", "S_DWITHIN(geometry, POINT(0 0), 1)",
    "S_INTERSECTS(geometry, POINT(1e300 1e300))", "T_AFTER(valid_from, DATE('x'))",
    "valid_from > TIMESTAMP('9999-12-31T23:59:59Z')", "code = geometry",
    "S_INTERSECTS(geom_m, POINT(0 0))", "pg_sleep(10) = 1", "code IN ()",
    "code = 'a'; DROP TABLE component", "A_CONTAINS(code, ('a'))",
    "code BETWEEN 'a' AND 'b'", "synthetic = 'x'", "synthetic = true AND synthetic",
    "1/0 = 1", "valid_from = 1", "(" * 500 + "code='a'" + ")" * 500,
    " AND ".join(["code='a'"] * 700), "NOT " * 900 + "synthetic = true",
    "code = '\x00'", '{"op":"="}', "[]", "true", "valid_to IS NOT NULL",
    "S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT(0 0), POINT EMPTY))",
)  # fmt: skip
PARAMETERS = (*ITEMS_PARAMETERS, "f", "lang", "code", "valid_from", "synthetic")
HEADERS = (
    "Accept", "Accept-Language", "Cookie", "Host", "If-None-Match", "Origin",
    "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Request-Id",
    "Authorization",
)  # fmt: skip
texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=60))


def harmless(answer):
    assert answer.status_code < 500, (answer.url, answer.text)
    for word in ("SELECT ", "psycopg", "Traceback", "v_public", "city."):
        assert word not in answer.text


@pytest.mark.parametrize("text", FILTERS)
@pytest.mark.parametrize("language", ["cql2-text", "cql2-json"])
def test_filters(server, text, language):
    query = {"filter": text, "filter-lang": language}
    harmless(server.get("/collections/component/items", params=query))


@live
@given(
    query=st.dictionaries(st.sampled_from(PARAMETERS), texts, max_size=4),
    layer=st.sampled_from(("component", "case_record", "air_observation")),
    level=st.sampled_from(list(Level)),
)  # fmt: skip
def test_items_parameters(server, query, layer, level):
    harmless(server.get(f"/collections/{layer}/items", level, params=query))


@live
@given(parts=st.lists(texts, min_size=1, max_size=5), query=texts)
def test_paths(server, parts, query):
    path = "/".join(quote(part, safe="") for part in parts)
    for root in ("/", "/collections/", "/collections/component/", "/docs/",
                 "/collections/component/tiles/WebMercatorQuad/", "/processes/",
                 "/static/", "/collections/component/items/"):  # fmt: skip
        harmless(server.get(f"{root}{path}?{quote(query)}"))


@live
@given(
    name=st.sampled_from(HEADERS),
    value=st.text(string.printable.strip(), max_size=80),
)  # fmt: skip
def test_headers(server, name, value):
    answer = server.get("/collections/component", headers={name: value})
    harmless(answer)
    assert answer.headers["x-request-id"]


@live
@given(body=st.one_of(st.binary(max_size=200), st.sampled_from(
    [b"", b"[]", b"null", b"{", b'{"inputs":[]}', b'{"inputs":{"a":NaN}}',
     b'{"inputs":{},"response":"document"}', b'{"x":1}', b"[" * 5000])))  # fmt: skip
def test_bodies(server, body):
    for path in ("/processes/coverage/execution", "/processes/locate/execution",
                 "/signin", "/collections/component/items"):  # fmt: skip
        answer = server.ask("POST", path, data=body)
        harmless(answer)
        assert answer.status_code >= 300


def test_long_query_and_body(server):
    harmless(server.get(f"/collections/component/items?code={'x' * 60_000}"))
    body = b'{"inputs":{"a":"' + b"x" * 5_000_000 + b'"}}'
    answer = server.ask("POST", "/processes/coverage/execution", data=body)
    assert answer.status_code in (404, 413)
