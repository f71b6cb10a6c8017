"""The catalogue of layers: what a level may not see is in no record, no search."""

import json

import pytest
from owslib.ogcapi.records import Records

from layers import Level

ITEMS = "/collections/records/items"


@pytest.mark.parametrize("level", list(Level))
def test_records_are_those_of_the_level(server, catalogue, level):
    found = server.json(f"{ITEMS}?limit=1000", level)
    visible = list(catalogue.visible_at(level))
    assert [one["id"] for one in found["features"]] == visible
    hidden = [id_ for id_ in catalogue if id_ not in visible]
    told = json.dumps(found, ensure_ascii=False)
    for layer in hidden:
        assert f"/{layer}?" not in told
        assert catalogue[layer].title.zh not in {
            one["properties"]["title"] for one in found["features"]
        }
        assert server.get(f"{ITEMS}/{layer}", level).status_code == 404
        assert server.json(f"{ITEMS}?ids={layer}", level)["numberMatched"] == 0


def test_hidden_places_are_in_no_record(server):
    assert server.json(f"{ITEMS}/case_record")["geometry"] is None
    assert server.json(f"{ITEMS}/case_record", Level.STAFF)["geometry"]


@pytest.mark.parametrize(
    ("lang", "word"), [("zh", "公园"), ("en", "park"), ("en", "公园")]
)
def test_words_are_found_in_both_languages(server, catalogue, lang, word):
    found = server.json(f"{ITEMS}?lang={lang}&q={word}")["features"]
    assert "park" in [one["id"] for one in found]
    title = next(one for one in found if one["id"] == "park")["properties"]["title"]
    assert title == catalogue["park"].title.in_language(lang)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("q=,", "q"), ("q=" + "a" * 300, "q"), ("bbox=1,2,3", "bbox"),
        ("datetime=x", "datetime"), ("limit=0", "limit"), ("offset=-1", "offset"),
        ("crs=x", "crs"), ("f=csv", "f"), ("ids=a&ids=b", "ids"),
    ],
)  # fmt: skip
def test_wrong_parameters_are_named(server, query, named):
    answer = server.get(f"{ITEMS}?{query}")
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(named)


def test_owslib_finds_the_catalogue(server, catalogue):
    client = Records(f"{server.base}/")
    assert client.records() == ["records"]
    found = client.collection_items("records", q="park", limit=5)
    assert "park" in [one["id"] for one in found["features"]]
    one = client.collection_item("records", "park")
    assert one["properties"]["externalIds"][0]["value"] == "park"


def test_an_unchanged_catalogue_is_not_sent_again(server):
    before = server.get(f"{ITEMS}?limit=3")
    held = {"If-None-Match": before.headers["etag"]}
    assert server.get(f"{ITEMS}?limit=3", headers=held).status_code == 304
