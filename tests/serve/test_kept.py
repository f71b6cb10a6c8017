"""Answers are kept by version, packed, streamed when long, refused when too many."""

import asyncio
import gzip

import psycopg
import pytest

from gis.db.changes import Changes
from gis.db.matrix import WEB_MERCATOR
from gis.serve.kept import Kept, Known, Made, weight_of
from gis.serve.lanes import Busy, Lane
from gis.tiling.area import index_at
from layers import Level

MANY = 4_300
#: The tile over the first of the marked city's features.
TILE = "/".join(
    map(str, ("tiles/WebMercatorQuad", *index_at(WEB_MERCATOR, 14, 120.16, 30.27)))
)


@pytest.fixture(scope="module")
def many(server):
    """More features than one part or one answer from memory holds."""
    with psycopg.connect(server.dsn) as connection:
        row = connection.execute("SELECT * FROM city.parking_lot LIMIT 1")
        names = ", ".join(
            f'"{column.name}"'
            for column in row.description
            if column.name not in ("fid", "code")
        )
        connection.execute(
            f"INSERT INTO city.parking_lot (code, {names}) "
            f"SELECT 'many-' || n, {names} FROM generate_series(1, {MANY}) n, "
            "(SELECT * FROM city.parking_lot LIMIT 1) o"
        )
    yield "/collections/parking_lot/items"
    with psycopg.connect(server.dsn) as connection:
        connection.execute("DELETE FROM city.parking_lot WHERE code LIKE 'many-%'")


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize("limit", [2_500, 4_302, 4_303, 10_000])
def test_long_pages_are_streamed_whole(server, many, encoding, limit):
    headers = {"Accept-Encoding": encoding}
    answer = server.get(f"{many}?limit={limit}&sortby=-code", headers=headers)
    assert "content-length" not in answer.headers
    assert answer.headers.get("content-encoding", "identity") == encoding
    found = answer.json()
    codes = [feature["id"] for feature in found["features"]]
    assert found["numberMatched"] == MANY + 3
    assert found["numberReturned"] == len(codes) == min(limit, MANY + 3)
    links = {link["rel"]: link["href"] for link in found["links"]}
    assert ("next" in links) == (limit < MANY + 3)
    while "next" in links:
        page = server.json(links["next"])
        codes += [feature["id"] for feature in page["features"]]
        links = {link["rel"]: link["href"] for link in page["links"]}
    assert len(codes) == len(set(codes)) == MANY + 3


def test_streamed_and_short_pages_are_equal(server, many):
    long = server.json(f"{many}?limit=2001")["features"]
    short = server.json(f"{many}?limit=2000")["features"]
    assert long[:2000] == short
    assert server.json(f"{many}?limit=2001&code=none")["features"] == []


@pytest.mark.parametrize(
    "path",
    ["items?limit=7", "items/parking_lot-0", TILE],
)
def test_never_stale_after_a_commit(server, path):
    address = f"/collections/parking_lot/{path}"
    where = "WHERE code = 'parking_lot-0'"
    with psycopg.connect(server.dsn) as connection:
        original = connection.execute(
            f"SELECT name FROM city.parking_lot {where}"
        ).fetchone()
    for encoding in ("gzip", "identity"):
        headers = {"Accept-Encoding": encoding}
        before = server.get(address, headers=headers)
        assert server.get(address, headers=headers).content == before.content
        name = f"renamed {encoding}"
        with psycopg.connect(server.dsn) as connection:
            connection.execute(
                "UPDATE city.parking_lot SET name = %s WHERE code = 'parking_lot-0'",
                [name],
            )
        after = server.get(address, headers=headers)
        assert after.headers["etag"] != before.headers["etag"]
        if not path.startswith("tiles"):
            assert name in after.text
    with psycopg.connect(server.dsn) as connection:
        connection.execute(f"UPDATE city.parking_lot SET name = %s {where}", original)


def test_levels_and_languages_are_kept_apart(server):
    path = "/collections/case_record/items?limit=2"
    seen = [server.get(path, level).content for level in (*Level, *Level)]
    assert [len(body) for body in seen[:3]] == [len(body) for body in seen[3:]]
    assert len({len(body) for body in seen}) == 3
    titles = {server.get(f"{path}&lang={lang}").text for lang in ("zh", "en")}
    assert len(titles) == 2


def test_what_is_kept_is_bounded():
    kept = Kept(16_000)
    first, second = Made({"park": 1}), Made({"park": 2})
    one, two = Changes({"park": 1}), Changes({"park": 2})
    kept.put("large", first, b"x" * 1_001)
    assert "large" not in kept
    for number in range(40):
        kept.put(str(number), first, b"x" * 600)
    assert 15_000 <= kept.size <= 16_000
    assert kept.get("3", one) is None
    assert kept.get("39", two) is None
    assert kept.get("39", one)
    before = kept.size
    kept.put("39", second, gzip.compress(b"y"))
    assert kept.get("39", one) is None
    assert kept.size < before


def test_requests_that_are_known_are_bounded():
    kept = Kept(requests=20_000)
    scope = {"path": "/p", "query_string": b"q" * 1_000, "headers": []}
    headers = [(b"etag", b"e" * 96)] * 10
    weight = weight_of(scope, headers)
    assert weight >= 2_000
    for number in range(30):
        known = Known("question", Made({"park": 1}), 200, tuple(headers), weight)
        kept.learn(number, known)
        kept.learn(number, known)
        assert kept.request_size <= 20_000
    assert kept.known(29)
    assert not kept.known(3)
    for number in range(30):
        kept.forget(number)
    assert kept.request_size == 0


def test_a_full_lane_refuses():
    async def scene() -> None:
        lane = Lane(1, queue=1, patience_s=0.05)
        async with lane.slot():
            waiting = asyncio.create_task(_pass(lane))
            await asyncio.sleep(0)
            with pytest.raises(Busy):
                await _pass(lane)
            with pytest.raises(Busy):
                await waiting
        await _pass(lane)
        assert (lane.running, lane.waiting, lane.rejected) == (0, 0, 2)

    asyncio.run(scene())


async def _pass(lane: Lane) -> None:
    async with lane.slot():
        pass
