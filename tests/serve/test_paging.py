"""Paging by cursor: every feature once, in the order asked, at any depth."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from layers import Level

ITEMS = "/collections/water_section/items"


@pytest.fixture(scope="module", autouse=True)
def many(server) -> Iterator[None]:
    """Twelve more features: rivers in ties, some without."""
    with psycopg.connect(server.dsn) as connection:
        row = connection.execute("SELECT * FROM city.water_section LIMIT 1")
        kept = [
            f'"{column.name}"'
            for column in row.description
            if column.name not in ("fid", "code", "river")
        ]
        names = ", ".join(kept)
        connection.execute(
            f"INSERT INTO city.water_section (code, river, {names}) "
            "SELECT 'many-' || n, CASE WHEN n % 4 > 0 THEN '河' || n % 3 END, "
            f"{names} FROM generate_series(1, 12) n, "
            "(SELECT * FROM city.water_section LIMIT 1) o"
        )
    yield
    with psycopg.connect(server.dsn) as connection:
        connection.execute("DELETE FROM city.water_section WHERE code LIKE 'many-%'")


def pages(server, path):
    while path:
        page = server.json(path)
        yield page
        path = {link["rel"]: link["href"] for link in page["links"]}.get("next")


@pytest.mark.parametrize(
    "sort", ["", "river", "-river", "-code", "river,-code", "valid_from,-river"]
)
@pytest.mark.parametrize("limit", [1, 4, 5])
def test_pages_are_the_whole_in_order(server, sort, limit):
    query = f"sortby={sort}&" if sort else ""
    whole = server.json(f"{ITEMS}?{query}limit=100")
    found = list(pages(server, f"{ITEMS}?{query}limit={limit}"))
    codes = [feature["id"] for page in found for feature in page["features"]]
    assert codes == [feature["id"] for feature in whole["features"]]
    assert len(codes) == 15
    assert len(found) == -(-15 // limit)
    assert {page["numberMatched"] for page in found} == {15}


def test_offset_is_honoured_and_leads_back(server):
    page = server.json(f"{ITEMS}?limit=5&offset=5&sortby=-code")
    links = {link["rel"]: link["href"] for link in page["links"]}
    asked = parse_qs(urlsplit(links["next"]).query)
    assert "offset" not in asked
    assert asked["sortby"] == ["-code"]
    last = server.json(links["next"])
    assert "next" not in {link["rel"] for link in last["links"]}
    back = {link["rel"]: link["href"] for link in last["links"]}["prev"]
    assert server.json(back)["features"] == page["features"]


def test_cursor_is_of_one_question(server):
    links = server.json(f"{ITEMS}?limit=5")["links"]
    cursor = parse_qs(
        urlsplit(next(x["href"] for x in links if x["rel"] == "next")).query
    )["cursor"][0]
    assert server.get(ITEMS, params={"cursor": cursor, "limit": 2}).status_code == 200
    for other in (
        {"cursor": cursor, "sortby": "code"},
        {"cursor": cursor, "river": "河1"},
        {"cursor": cursor, "offset": "5"},
        {"cursor": cursor[:-1] + ("A" if cursor[-1] != "A" else "B")},
        {"cursor": cursor[4:]},
        {"cursor": "x"},
        {"cursor": ""},
        {"cursor": "河"},
        {"cursor": "Ww"},
    ):
        answer = server.get(ITEMS, params=other)
        assert answer.status_code == 400, other
        assert answer.json()["description"].split(":")[0] in ("cursor", "offset")
    staff = server.get(ITEMS, Level.STAFF, params={"cursor": cursor})
    assert staff.status_code == 400


def test_words_are_found_in_texts(server):
    def codes(text: str) -> list[str]:
        found = server.json(ITEMS, params={"q": text, "sortby": "code"})
        assert found["numberMatched"] == len(found["features"])
        return [feature["id"] for feature in found["features"]]

    assert codes("河1") == ["many-1", "many-10", "many-7"]
    assert codes("MANY-1 河2") == ["many-11"]
    assert codes("%") == []
    assert codes("many_1") == []
    for wrong in ("", "  ", "a b c d e f g h i", "x" * 201, "\0"):
        answer = server.get(ITEMS, params={"q": wrong})
        assert answer.status_code == 400
        assert answer.json()["description"].startswith("q: ")
