"""Items and item: what is asked is what is answered."""

from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from layers import Level

ITEMS = "/collections/component/items"
CASES = "/collections/case_record/items"


def test_page_of_items(server):
    answer = server.get("/collections/district/items")
    found = answer.json()
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.headers["content-crs"].endswith("/OGC/1.3/CRS84>")
    assert "max-age" in answer.headers["cache-control"]
    for word in ("Accept", "Authorization", "Cookie"):
        assert word in answer.headers["vary"]
    assert found["numberMatched"] == found["numberReturned"] == 3
    feature = found["features"][0]
    assert list(feature) == ["type", "id", "geometry", "properties"]
    assert feature["id"] == feature["properties"]["code"] == "330106"
    assert feature["properties"]["synthetic"] is True
    assert feature["properties"]["valid_to"] is None


def test_text_is_served_as_it_is(server):
    found = server.json("/collections/district/items?limit=1")
    name = found["features"][0]["properties"]["name"]
    assert name == 'name <b>"杭州"\\ & 中文 0'


def test_paging_ends_exactly(server):
    first = server.json(f"{ITEMS}?limit=2&properties=code&lang=en")
    links = {link["rel"]: link["href"] for link in first["links"]}
    assert "prev" not in links
    asked = parse_qs(urlsplit(links["next"]).query)
    assert asked.pop("cursor")
    assert asked == {
        "limit": ["2"], "properties": ["code"], "lang": ["en"], "f": ["json"],
    }  # fmt: skip
    second = server.json(links["next"])
    rels = {link["rel"] for link in second["links"]}
    assert "next" not in rels
    assert "prev" in rels
    codes = [f["id"] for f in first["features"] + second["features"]]
    assert len(set(codes)) == 3
    whole = server.json(f"{ITEMS}?limit=3")
    assert "next" not in {link["rel"] for link in whole["links"]}


def test_links_are_absolute(server):
    for link in server.json(ITEMS)["links"]:
        assert link["href"].startswith(server.base)


def test_hits(server):
    found = server.json(f"{ITEMS}?resulttype=hits")
    assert found["numberMatched"] == 3
    assert found["numberReturned"] == 0
    assert found["features"] == []


def test_properties_and_geometry_as_asked(server):
    found = server.json(f"{ITEMS}?properties=name,code&skipGeometry=true")
    for feature in found["features"]:
        assert list(feature["properties"]) == ["name", "code"]
        assert feature["geometry"] is None


def test_sorting(server):
    up = [f["id"] for f in server.json(f"{ITEMS}?sortby=code")["features"]]
    down = [f["id"] for f in server.json(f"{ITEMS}?sortby=-code")["features"]]
    assert up == sorted(up)
    assert down == up[::-1]
    plus = server.json(f"{ITEMS}?sortby=+code")
    assert [f["id"] for f in plus["features"]] == up


def test_equality_filter(server):
    found = server.json(f"{ITEMS}?code=component-1")
    assert [f["id"] for f in found["features"]] == ["component-1"]
    assert server.json(f"{ITEMS}?synthetic=false")["numberMatched"] == 0


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("code = 'component-1'", ["component-1"]),
        ("code IN ('component-0','component-2')", ["component-0", "component-2"]),
        ("CASEI(code) LIKE CASEI('COMPONENT-_')",
         ["component-0", "component-1", "component-2"]),
        ("S_INTERSECTS(geometry, BBOX(120.1619,30.2709,120.1621,30.2711))",
         ["component-1"]),
        ("valid_from > DATE('2020-01-01')", []),
        ("code BETWEEN 'component-0' AND 'component-1'",
         ["component-0", "component-1"]),
        ("NOT code = 'component-1'", ["component-0", "component-2"]),
        ("code = 'component-0' OR code > 'component-1' AND valid_to IS NULL",
         ["component-0", "component-2"]),
        ("valid_to IS NOT NULL", []),
        ("S_DISJOINT(geometry, BBOX(120.1619,30.2709,120.1621,30.2711))",
         ["component-0", "component-2"]),
    ],
)  # fmt: skip
def test_cql2_text(server, text, codes):
    found = server.json(ITEMS, params={"filter": text, "sortby": "code"})
    assert [f["id"] for f in found["features"]] == codes


def test_cql2_json(server):
    text = '{"op":"=","args":[{"property":"code"},"component-1"]}'
    found = server.json(ITEMS, params={"filter": text, "filter-lang": "cql2-json"})
    assert [f["id"] for f in found["features"]] == ["component-1"]


def test_versions_follow_the_date(server):
    with psycopg.connect(server.dsn) as connection:
        connection.execute(
            "INSERT INTO city.district (code, name, valid_from, valid_to, source, "
            "synthetic, geom, geom_m) SELECT '330199', 'old', '2012-01-01', "
            "'2014-01-01', 'test', true, geom, geom_m FROM city.district LIMIT 1"
        )
        connection.execute(
            "INSERT INTO city.district (code, name, valid_from, source, synthetic, "
            "geom, geom_m) SELECT '330199', 'new', '2014-01-01', 'test', true, geom, "
            "geom_m FROM city.district LIMIT 1"
        )
    try:
        path = "/collections/district/items/330199"
        assert server.json(path)["properties"]["name"] == "new"
        old = server.json(f"{path}?datetime=2013-06-30")
        assert old["properties"]["name"] == "old"
        assert server.get(f"{path}?datetime=2011-12-31").status_code == 404
        items = "/collections/district/items?code=330199"
        assert server.json(items)["numberMatched"] == 1
        for span, number in (
            ("../..", None),
            ("2013-01-01/..", 2),
            ("../2013-01-01", 1),
        ):
            answer = server.get(f"{items}&datetime={span}")
            if number is None:
                assert answer.status_code == 400
            else:
                assert answer.json()["numberMatched"] == number
    finally:
        with psycopg.connect(server.dsn) as connection:
            connection.execute("DELETE FROM city.district WHERE code = '330199'")


def test_observations_follow_their_time(server):
    path = "/collections/case_record/items"
    day = server.json(f"{path}?datetime=2015-06-02")
    assert day["numberMatched"] == 1
    stamp = day["features"][0]["properties"]["reported_at"]
    assert stamp == "2015-06-02T08:30:00Z"
    instant = server.json(f"{path}?datetime=2015-06-02T16:30:00%2B08:00")
    assert instant["numberMatched"] == 1


def test_item(server):
    answer = server.get(f"{ITEMS}/component-1")
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.json()["id"] == "component-1"
    rels = {link["rel"]: link["href"] for link in answer.json()["links"]}
    assert rels["self"].startswith(f"{server.base}{ITEMS}/component-1")
    assert rels["collection"] == f"{server.base}/collections/component"


@pytest.mark.parametrize("code", ["nothing", "1", "%00", "a%2Fb", "'", "x" * 500])
def test_unknown_item_is_404_without_sql(server, code):
    answer = server.get(f"{ITEMS}/{code}")
    assert answer.status_code == 404
    assert "SELECT" not in answer.text
    assert "SELECT" not in server.log.getvalue()


def test_head_and_options(server):
    for path in (ITEMS, f"{ITEMS}/component-1", "/collections", "/"):
        head = server.ask("HEAD", path)
        assert head.status_code == 200
        assert head.content == b""
        options = server.ask("OPTIONS", path)
        assert options.status_code == 204
        assert "GET" in options.headers["allow"]
        assert options.headers["access-control-allow-origin"] == "*"
    assert server.ask("PUT", f"{ITEMS}/component-1").status_code == 405
    assert server.ask("POST", ITEMS).status_code == 405


def test_etag_is_of_the_version(server):
    path = "/collections/park/items"
    first = server.get(path)
    tag = first.headers["etag"]
    again = server.get(path, headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == tag
    other = server.get(f"{path}?limit=1", headers={"If-None-Match": tag})
    assert other.status_code == 200
    with psycopg.connect(server.dsn) as connection:
        connection.execute("UPDATE city.park SET source = source")
    changed = server.get(path, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_shared_caches_keep_only_what_is_public(server):
    public = server.get(ITEMS).headers["cache-control"]
    staff = server.get(ITEMS, Level.STAFF).headers["cache-control"]
    assert public.startswith("public")
    assert staff.startswith("private")


def test_cors_on_answers_and_errors(server):
    for path in (ITEMS, f"{ITEMS}?limit=x", "/collections/none"):
        answer = server.get(path, headers={"Origin": "https://other.example"})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "ETag" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=0", "limit"),
        ("limit=abc", "limit"),
        ("offset=99999999999999999999", "offset"),
        ("bbox=nan,1,2,3", "bbox"),
        ("bbox=1,2,3", "bbox"),
        ("datetime=yesterday", "datetime"),
        ("crs=EPSG:2154", "crs"),
        ("bbox-crs=x&bbox=1,2,3,4", "bbox-crs"),
        ("resulttype=bogus", "resulttype"),
        ("skipGeometry=maybe", "skipGeometry"),
        ("sortby=nothing", "sortby"),
        ("properties=nothing", "properties"),
        ("filter=nothing%3D1", "filter"),
        ("filter=code%3D", "filter"),
        ("filter=fid%3D1", "filter"),
        ("filter-lang=sql", "filter-lang"),
        ("filter-crs=x", "filter-crs"),
        ("valid_from=1", "valid_from"),
        ("synthetic=perhaps", "synthetic"),
        ("unknown=1", "unknown"),
        ("f=xml", "f"),
        ("lang=fr", "lang"),
        ("limit=1&limit=2", "limit"),
        ("code=%00", "code"),
    ],
)
def test_wrong_parameter_is_named(server, query, name):
    answer = server.get(f"{ITEMS}?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["code"] == "InvalidParameterValue"
    assert answer.json()["description"].startswith(f"{name}: ")


def test_large_limit_is_clamped(server):
    assert server.json(f"{ITEMS}?limit=99999999")["numberReturned"] == 3


def test_hidden_geometry_is_null_and_not_asked(server):
    assert all(f["geometry"] is None for f in server.json(CASES)["features"])
    everything = server.json(CASES)["numberMatched"]
    assert server.json(f"{CASES}?bbox=0,0,1,1")["numberMatched"] == everything
    spatial = {"filter": "S_INTERSECTS(geometry, POINT(120.16 30.27))"}
    assert server.get(CASES, params=spatial).status_code == 400
    seen = server.json(CASES, Level.STAFF)
    assert all(f["geometry"] for f in seen["features"])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages(server, lang):
    answer = server.get(f"{ITEMS}?f=html&lang={lang}&limit=2")
    assert answer.status_code == 200
    assert answer.headers["content-language"] == lang
    assert ("下一页" if lang == "zh" else "Next page") in answer.text
    assert "&lt;b&gt;" in answer.text
    assert '<b>"杭州"' not in answer.text
    item = server.get(f"{ITEMS}/component-1?f=html&lang={lang}")
    assert item.status_code == 200
    assert "component-1" in item.text


def test_count_is_fresh_after_a_commit(server):
    path = "/collections/elevator/items?resulttype=hits"
    before = server.json(path)["numberMatched"]
    assert server.json(path)["numberMatched"] == before
    with psycopg.connect(server.dsn) as connection:
        row = connection.execute("SELECT * FROM city.elevator LIMIT 1")
        names = [f'"{c.name}"' for c in row.description if c.name != "fid"]
        values = ["'added'" if name == '"code"' else name for name in names]
        connection.execute(
            f"INSERT INTO city.elevator ({', '.join(names)}) "
            f"SELECT {', '.join(values)} FROM city.elevator LIMIT 1"
        )
    try:
        assert server.json(path)["numberMatched"] == before + 1
    finally:
        with psycopg.connect(server.dsn) as connection:
            connection.execute("DELETE FROM city.elevator WHERE code = 'added'")
    assert server.json(path)["numberMatched"] == before


def test_pages_say_codes_and_flags_in_words(server):
    for lang, kind, flag in (
        ("zh", "单元网格", "<td>是</td>"),
        ("en", "", "<td>yes</td>"),
    ):
        page = server.get(f"/collections/unit_grid/items?f=html&lang={lang}").text
        assert flag in page
        assert kind in page
        assert "<td>True</td>" not in page
        assert "<td>None</td>" not in page


@pytest.mark.parametrize("f", ["json", "jsonfg", "csv"])
def test_links_stand_in_the_head_too(server, f):
    first = f"{ITEMS}?f={f}&limit=1&lang=en"
    heads = []
    for _ in range(3):  # asked, known by its question, known by its bytes
        answer = server.get(first)
        heads.append({rel: one["url"] for rel, one in answer.links.items()})
    assert heads[0] == heads[1] == heads[2]
    assert {"self", "next", "alternate", "collection"} <= heads[0].keys()
    assert heads[0]["self"].startswith(f"{server.base}{ITEMS}?")
    if f == "json":
        links = {link["rel"]: link["href"] for link in answer.json()["links"]}
        assert heads[0]["next"] == links["next"]
    last = server.get(heads[0]["next"])
    while "next" in last.links:
        last = server.get(last.links["next"]["url"])
    assert "prev" in last.links


def test_a_head_stays_short(server):
    long = " OR ".join(["code = 'component-1'"] * 300)
    answer = server.get(ITEMS, params={"f": "json", "limit": 1, "filter": long})
    assert answer.status_code == 200
    assert sum(len(k) + len(v) for k, v in answer.headers.items()) < 6_000


def test_links_of_one_feature_name_it_whatever_was_asked_before(server):
    """What was worked out for one code, host and format serves no other."""
    own = server.base.removeprefix("http://")
    for code in ("park-0", "park-1", "park-2"):
        for host in (own, "~citygrid~code~.example", "other.example"):
            path, headers = f"/collections/park/items/{code}", {"Host": host}
            page = server.get(f"{path}?f=html", headers=headers)
            assert page.status_code == 200
            assert f"{path}?" in page.text
            feature = server.get(f"{path}?f=json", headers=headers).json()
            links = {link["rel"]: link["href"] for link in feature["links"]}
            assert feature["id"] == code
            assert f"{path}?" in links["self"]
            assert links["collection"].endswith("/collections/park")
            if not host.startswith("~"):  # else it is no name of a host
                assert links["self"].startswith(f"http://{host}/")
