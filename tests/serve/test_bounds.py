"""What would cost too much: estimates by their own name, refusals that tell a way."""

import psycopg
import pytest

from gis.serve import bounds, counts

ITEMS = "/collections/road/items"


@pytest.fixture
def analysed(server):
    """A table whose size the planner knows, and servers' memory of it renewed."""
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("ANALYZE city.road")
    return server


@pytest.fixture
def fresh(monkeypatch):
    monkeypatch.setattr(bounds, "_SIZE_S", -1.0)
    return monkeypatch


def test_a_dear_count_is_told_as_an_estimate(analysed, fresh):
    fresh.setattr(counts, "_SMALL_ROWS", 0)
    fresh.setattr(counts, "LONGEST_COUNT_S", 0.0)
    exact = analysed.json(f"{ITEMS}?f=json")["numberMatched"]
    assert exact == 3
    found = analysed.json(f"{ITEMS}?f=json&limit=1&filter=name%20IS%20NOT%20NULL")
    assert "numberMatched" not in found
    assert found["numberMatchedEstimate"] >= 1
    page = analysed.get(f"{ITEMS}?f=html&limit=1&filter=name%20IS%20NOT%20NULL")
    assert "≈" in page.text
    hits = analysed.json(f"{ITEMS}?f=json&resulttype=hits&filter=code%3C%3E'x'")
    assert "numberMatchedEstimate" in hits


def test_a_dear_query_is_refused_with_a_cheaper_one(analysed, fresh):
    fresh.setattr(bounds, "_SMALL_ROWS", 0)
    fresh.setattr(bounds, "_OF_TIMEOUT", 0.0)
    for parameter in ("filter=name%20LIKE%20'%25x%25'", "q=西湖", "sortby=name"):
        answer = analysed.get(f"{ITEMS}?f=json&{parameter}")
        assert answer.status_code == 400
        assert answer.json()["description"].startswith(f"{parameter.split('=')[0]}:")
        assert "bbox" in answer.json()["description"]
    assert analysed.get(f"{ITEMS}?f=json").status_code == 200


def test_too_many_bytes_are_refused_with_a_limit_that_is_not(analysed, fresh):
    fresh.setattr(bounds, "LARGEST_BYTES", 5_000)
    answer = analysed.get(f"{ITEMS}?f=json&limit=10000")
    assert answer.status_code == 400
    words = answer.json()["description"]
    assert words.startswith("limit:")
    limit = words.split("limit=")[1].split(" ")[0]
    assert analysed.get(f"{ITEMS}?f=json&limit={limit}").status_code == 200
    path = f"{ITEMS}?f=json&limit=10000&skipGeometry=true"
    assert analysed.get(path).status_code == 200


def test_large_features_are_streamed(analysed, fresh):
    fresh.setattr(bounds, "HELD_BYTES", 0)
    answer = analysed.get(f"{ITEMS}?f=json", headers={"Accept-Encoding": "identity"})
    assert "content-length" not in answer.headers
    assert len(answer.json()["features"]) == 3
