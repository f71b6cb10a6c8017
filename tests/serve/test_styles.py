"""Styles for other clients: they stand alone, name what is seen, and are stable."""

import json

import pytest
from defusedxml import ElementTree

from gis.publish.style import is_drawn
from layers import Level

STYLE = "application/vnd.mapbox.style+json"


def drawn(catalogue, level):
    return {one.id for one in catalogue.values() if is_drawn(one, level)}


@pytest.mark.parametrize("level", list(Level))
def test_styles_of_every_layer_and_the_whole(server, catalogue, level):
    listed = server.json("/styles", level)["styles"]
    assert {style["id"] for style in listed} == drawn(catalogue, level) | {"city"}
    for style in listed:
        link = next(link for link in style["links"] if link["rel"] == "stylesheet")
        answer = server.get(link["href"], level)
        assert answer.headers["content-type"] == STYLE
        found = answer.json()
        assert found["version"] == 8
        assert found["glyphs"] == f"{server.base}/fonts/{{fontstack}}/{{range}}.pbf"
        assert "sprite" not in found
        text = json.dumps(found["layers"])
        assert "icon-image" not in text
        assert "pattern" not in text
        assert "feature-state" not in text
        named = {layer["source"] for layer in found["layers"] if "source" in layer}
        assert named == set(found["sources"])
        assert named <= drawn(catalogue, level)
        for source, value in found["sources"].items():
            tilejson = server.json(value["url"], level)
            assert [one["id"] for one in tilejson["vector_layers"]] == [source]
        fonts = [
            font
            for layer in found["layers"]
            for font in layer.get("layout", {}).get("text-font", [])
        ]
        assert set(fonts) <= {"Inter Regular"}


def test_a_hidden_layer_has_no_style(server):
    for path in ("/styles/camera", "/styles/camera/legend", "/styles/none"):
        assert server.get(path).status_code == 404
    assert server.get("/styles/camera", Level.RESTRICTED).status_code == 200


def test_collections_link_to_their_style(server):
    links = server.json("/collections/component")["links"]
    hrefs = {link["rel"]: link["href"] for link in links}
    assert server.get(hrefs["stylesheet"]).status_code == 200
    assert server.get(hrefs["legend"]).headers["content-type"] == "image/svg+xml"


def test_legend_says_what_the_style_draws(server, catalogue):
    with_classes = 0
    for layer in drawn(catalogue, Level.PUBLIC):
        legend = server.json(f"/styles/{layer}/legend?f=json&lang=en")
        style = server.json(f"/styles/{layer}")
        paint = json.dumps(style["layers"])
        assert all(entry["color"] in paint for entry in legend["entries"])
        picture = server.get(f"/styles/{layer}/legend?lang=en")
        words = {node.text for node in ElementTree.fromstring(picture.text).iter()}
        assert {entry["title"] for entry in legend["entries"]} <= words
        assert server.get(f"/styles/{layer}/legend?lang=en").content == picture.content
        if "property" in legend:
            with_classes += 1
            column = catalogue[layer].all_columns[legend["property"]]
            assert legend["propertyTitle"] == column.title.en
    assert with_classes >= 3


def test_style_is_cached_by_what_it_says(server):
    answer = server.get("/styles/city")
    held = {"If-None-Match": answer.headers["etag"]}
    assert server.get("/styles/city", headers=held).status_code == 304
    assert server.get("/styles/city?lang=en", headers=held).status_code == 200
    assert server.get("/styles/city?theme=dark").status_code == 400
    assert server.get("/styles/city?f=html").status_code == 400


def test_glyphs_are_given_for_latin_and_empty_beyond(server):
    latin = server.get("/fonts/Inter Regular/0-255.pbf")
    assert latin.headers["content-type"] == "application/x-protobuf"
    assert len(latin.content) > 50_000
    beyond = server.get("/fonts/Any,Other/19968-20223.pbf")
    assert beyond.status_code == 200
    assert len(beyond.content) < 100
    for wrong in ("0-256", "1-256", "x", "65536-65791", "0-255-0", "٠-255"):
        assert server.get(f"/fonts/a/{wrong}.pbf").status_code == 400, wrong
