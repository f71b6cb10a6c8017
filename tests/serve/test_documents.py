"""Documents and pages: complete, in both languages, and from this host alone."""

import re
import time
from html.parser import HTMLParser

import pytest

from gis import errors
from gis.serve.answer import TITLES
from gis.serve.conformance import CLASSES
from gis.serve.texts import TEMPLATES, read_messages
from layers import Level
from processes import registry

PAGES = (
    "/",
    "/conformance",
    "/collections",
    "/collections/component",
    "/collections/component/queryables",
    "/collections/component/sortables",
    "/collections/component/schema",
    "/collections/component/items",
    "/collections/component/items/component-0",
    "/collections/component/tiles",
    "/collections/component/tiles/WebMercatorQuad",
    "/tileMatrixSets",
    "/tileMatrixSets/WebMercatorQuad",
    "/processes",
    "/openapi",
)
ALSO = ("/docs", "/docs/layers/component", "/signin")


class Loads(HTMLParser):
    """Addresses that a browser fetches by itself when it draws a page."""

    def __init__(self):
        super().__init__()
        self.found = []
        self.inline = []
        self._script = False

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in ("script", "img", "iframe", "source", "embed"):
            self.found.append(given.get("src"))
        if tag == "link":
            self.found.append(given.get("href"))
        plain = "src" not in given and given.get("type") != "application/json"
        self._script = tag == "script" and plain
        self.inline += [name for name in given if name.startswith("on")]

    def handle_data(self, data):
        if self._script and data.strip():
            self.inline.append(data)


@pytest.mark.parametrize("path", PAGES + ALSO)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_page_in_both_languages_from_this_host(server, path, lang):
    answer = server.get(path, params={"f": "html", "lang": lang})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-language"] == lang
    assert ("登录" in answer.text) is (lang == "zh")
    assert "base.invalid" not in answer.text
    loads = Loads()
    loads.feed(answer.text)
    for address in filter(None, loads.found):
        assert address.startswith((f"{server.base}/", "/")), address
        if "/static/" in address:
            assert server.get(address).status_code == 200
    assert loads.inline == []


@pytest.mark.parametrize("path", PAGES)
def test_document_is_json_with_links_that_answer(server, path):
    answer = server.get(path)
    assert answer.status_code == 200, answer.text
    assert "base.invalid" not in answer.text
    assert "&lt;" not in answer.text
    for link in answer.json().get("links", ()):
        assert link["href"].startswith(server.base), link
        if (
            "{" in link["href"]
            or "/scorecard" in link["href"]
            or "/map" in link["href"]
        ):
            continue
        found = server.get(link["href"])
        assert found.status_code == 200, link
        wanted = link["type"].split(";")[0]
        assert found.headers["content-type"].split(";")[0] == wanted, link


@pytest.mark.parametrize("path", PAGES[:5])
def test_document_has_an_entity_tag(server, path):
    tag = server.get(path).headers["etag"]
    again = server.get(path, headers={"If-None-Match": f'"x", {tag}'})
    assert again.status_code == 304


def test_language_by_header_cookie_and_parameter(server):
    path = "/collections/district"
    assert server.json(path)["title"] == "区县（市）"
    english = {"Accept-Language": "fr, en-GB;q=0.8, zh;q=0.5"}
    assert server.json(path, headers=english)["title"] == "District"
    cookie = {"Cookie": "citygrid_lang=en"}
    assert server.json(path, headers=cookie)["title"] == "District"
    assert server.json(f"{path}?lang=zh-CN", headers=english)["title"] == "区县（市）"
    links = server.json(f"{path}?lang=zh")["links"]
    assert all(re.search("[一-鿿]", link["title"]) for link in links)


def test_format_by_accept_header(server):
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    page = server.get("/collections", headers={"Accept": browser})
    assert page.headers["content-type"].startswith("text/html")
    tool = server.get("/collections", headers={"Accept": "application/geo+json"})
    assert tool.headers["content-type"] == "application/json"


def test_conformance_is_what_is_declared(server):
    found = server.json("/conformance")["conformsTo"]
    assert found == sorted(CLASSES)
    for needed in (
        "ogcapi-features-3/1.0/conf/filter",
        "ogcapi-features-3/1.0/conf/features-filter",
        "cql2/1.0/conf/basic-cql2",
        "cql2/1.0/conf/cql2-text",
        "ogcapi-features-5/1.0/conf/schemas",
    ):
        assert any(name.endswith(needed) for name in found)
    assert not any("create-replace-delete" in name for name in found)


@pytest.mark.parametrize("level", list(Level))
def test_collections_are_those_of_the_level(server, catalogue, level):
    found = server.json("/collections", level)["collections"]
    assert [c["id"] for c in found] == [*catalogue.visible_at(level), "records"]
    one = found[0]
    assert one["storageCrs"].endswith("/EPSG/0/4490")
    assert one["crs"][0].endswith("CRS84")
    assert one["itemType"] == "feature"


def test_schema_tells_type_unit_and_codes(server, catalogue):
    found = server.json("/collections/unit_grid/schema?lang=en")
    assert found["properties"]["area_m2"]["x-ogc-unit"] == "m2"
    assert found["properties"]["code"]["x-ogc-role"] == "id"
    assert found["properties"]["geometry"]["format"] == "geometry-polygon"
    choices = found["properties"]["grid_type"]["oneOf"]
    assert all(set(choice) == {"const", "title"} for choice in choices)
    assert found["properties"]["area_m2"]["title"] == "Area"
    public = server.json("/collections/case_record/schema")
    assert "geometry" not in public["properties"]
    staff = server.json("/collections/case_record/schema", Level.STAFF)
    assert "geometry" in staff["properties"]


def test_schema_answers_as_schema(server):
    for name in ("schema", "queryables", "sortables"):
        answer = server.get(f"/collections/component/{name}")
        assert answer.headers["content-type"] == "application/schema+json"
        assert answer.json()["$id"].endswith(f"/component/{name}")


def test_base_of_links(server):
    forwarded = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "city.example",
        "X-Forwarded-Prefix": "/gis",
    }
    found = server.json("/collections/component", headers=forwarded)
    assert all(
        link["href"].startswith("https://city.example/gis/") for link in found["links"]
    )
    hostile = server.get("/collections/component", headers={"Host": 'e"><script>'})
    assert "<script>" not in hostile.text


def test_unknown_addresses(server):
    for path in (
        "/collections/none",
        "/collections/none/items",
        "/collections/none/tiles",
        "/collections/none/schema",
        "/processes/none",
        "/tileMatrixSets/none",
        "/docs/layers/none",
        "/docs/processes/none",
        "/nothing",
    ):
        answer = server.get(path)
        assert answer.status_code == 404, path
        assert answer.json()["code"] in ("NotFound", "NoSuchProcess")
        page = server.get(path, headers={"Accept": "text/html"})
        assert page.status_code == 404
        assert page.headers["content-type"].startswith("text/html")


def test_security_headers(server):
    for path in ("/", "/nothing", "/collections?f=html"):
        headers = server.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe-eval" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-request-id"]


def test_health(server):
    assert server.get("/healthz").status_code == 200
    assert server.json("/readyz") == {"status": "ready"}


def test_log_has_one_line_per_request_and_no_query(server):
    before = len(server.log.getvalue())
    sent = {"X-Request-Id": "request-12345"}
    server.get("/collections/component/items?code=secret-value", headers=sent)
    end = time.monotonic() + 5  # it is written once the answer is on its way
    own: list[str] = []
    while not own and time.monotonic() < end:
        lines = server.log.getvalue()[before:].splitlines()
        own = [line for line in lines if "request-12345" in line]
    assert len(own) == 1
    assert "/collections/component/items 200" in own[0]
    assert "secret-value" not in "".join(lines)


def test_every_message_of_a_template_is_translated():
    messages = read_messages()
    said = set()
    for path in TEMPLATES.glob("*.html"):
        for options, text in re.findall(
            r"{% trans([^%]*)%}(.*?){% endtrans %}", path.read_text("utf-8"), re.S
        ):
            message = text
            for name in re.findall(r"(\w+)=", options):
                message = message.replace("{{ " + name + " }}", f"%({name})s")
            said.add(message)
    assert said
    assert said - set(messages) == set()


def test_every_input_of_a_process_is_described_in_both_languages(server):
    messages = read_messages()
    for process in registry.values():
        for name, field in process.inputs.model_fields.items():
            assert field.description in messages, f"{process.id}.{name}"
    inputs = server.get("/processes/coverage?lang=zh").json()["inputs"]
    assert inputs["zones"]["description"] == "划分全市的区划图层"
    inputs = server.get("/processes/coverage?lang=en").json()["inputs"]
    assert inputs["zones"]["description"] == "layer that divides the city"
    assert "划分全市的区划图层" in server.get("/docs/processes/coverage?lang=zh").text


@pytest.mark.parametrize(
    ("lang", "title"), [("zh", "没有发布内容"), ("en", "Nothing is")]
)
def test_errors_in_both_languages(server, lang, title):
    path = f"/collections/none?lang={lang}"
    assert title in server.get(path).json()["title"]
    page = server.get(path, headers={"Accept": "text/html"})
    assert title in page.text
    wrong = server.get("/collections?lang=fr")
    assert wrong.status_code == 400
    assert wrong.json()["description"].startswith("lang: ")


def test_every_error_has_a_title_in_chinese():
    assert set(TITLES.values()) <= set(read_messages())
    codes = {code for _, _, code in errors._STATUS}
    assert codes <= set(TITLES)
