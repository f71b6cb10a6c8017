"""What a level may not see is in no byte of anything that is served to it.

Every hidden value of the test city carries a mark. The crawl asks every address of
the OpenAPI document in every form, follows what it finds, provokes errors, and looks
for the marks, and for the names of hidden columns, in bodies, headers and the log.
"""

import gzip
import re
from urllib.parse import quote

import pytest

from layers import Level

#: Zoom, row and column over the first feature of every layer.
TILES = ("12/1686/3415", "14/6745/13660", "16/26981/54642")


def hidden_names(catalogue, level):
    """Names of columns and layers that exist only above a level."""
    seen = set()
    for layer in catalogue.visible_at(level).values():
        seen |= {layer.id, *layer.columns_at(level)}
    every = set()
    for layer in catalogue.values():
        every |= {layer.id, *layer.all_columns}
    return every - seen


def addresses(server, catalogue, level):
    document = server.json("/openapi", level)
    samples = {
        "tileMatrixSetId": "WebMercatorQuad",
        "styleId": "city",
        "fontstack": "any",
        "range": "0-255",
        "jobId": "none",
        "scenarioId": "none",
        "runId": "none",
        "loadId": "1",
        "uploadId": "none",
    }
    for path in document["paths"]:
        if "{tileMatrix}" in path:
            for index in TILES:
                yield re.sub(r"\{.*", index, path)
        elif "{itemId}" in path:
            layer = path.split("/")[2]
            found = server.json(f"/collections/{layer}/items", level)
            for feature in found["features"]:
                yield path.replace("{itemId}", quote(feature["id"], safe=""))
        elif path.endswith("/execution"):
            continue
        else:
            yield path.format(**samples)
    for layer in catalogue:
        yield f"/docs/layers/{layer}"
        yield f"/styles/{layer}"
        yield f"/styles/{layer}/legend"
        yield f"/collections/{layer}"
        yield f"/collections/{layer}/items"
        yield f"/collections/{layer}/items/{layer}-0"
        yield f"/collections/{layer}/tiles/WebMercatorQuad/{TILES[1]}"
        yield f"/collections/{layer}/items?filter=nothing%3D1"
        yield f"/collections/{layer}/items?sortby=nothing"
        yield f"/collections/{layer}/items?nothing=1"
    for name in sorted(hidden_names(catalogue, level)):
        for layer in ("case_record", "unit_grid", "component"):
            root = f"/collections/{layer}/items"
            yield f"{root}?properties={name}"
            yield f"{root}?filter={name}%20IS%20NULL"
            yield f"{root}?sortby={name}"
            yield f"{root}?{name}=x"
    yield from ("/docs", "/map", "/map/catalog.json", "/styles/map.json", "/signin")


@pytest.mark.parametrize("level", [Level.PUBLIC, Level.STAFF])
def test_no_mark_in_any_byte(server, catalogue, marks, level):
    forbidden = marks(level)
    before = len(server.log.getvalue())
    asked = tiles = 0
    for path in dict.fromkeys(addresses(server, catalogue, level)):
        for form in ("json",) if "?" in path else ("json", "html"):
            answer = server.get(
                path,
                level,
                headers={"Accept": "text/html" if form == "html" else "*/*"},
            )
            asked += 1
            assert answer.status_code < 500, path
            content = answer.content
            if content[:2] == b"\x1f\x8b":
                content = gzip.decompress(content)
            served = content + repr(answer.headers).encode()
            for mark in forbidden:
                assert mark not in served, (path, mark)
            if path.endswith(TILES):
                tiles += answer.status_code == 200
                break
    assert asked > 500
    assert tiles > 20
    log = server.log.getvalue()[before:].encode()
    for mark in forbidden:
        assert mark not in log


@pytest.mark.parametrize("level", [Level.PUBLIC, Level.STAFF])
def test_no_hidden_name_in_any_document(server, catalogue, level):
    names = hidden_names(catalogue, level)
    told = [name for name in names if "_" in name]
    assert told
    word = re.compile(r"\b(" + "|".join(map(re.escape, told)) + r")\b")
    document = server.json("/openapi", level)
    for path in document["paths"]:
        if "{" in path or path.endswith("/execution") or path.startswith("/processes"):
            continue
        text = server.get(path, level).text
        assert not word.search(text), (path, word.search(text))
    for layer in catalogue.visible_at(level):
        text = server.get(f"/docs/layers/{layer}", level).text
        assert not word.search(text), (layer, word.search(text))


def test_restricted_level_does_see_the_marks(server, catalogue, marks):
    found = server.get("/collections/camera/items", Level.RESTRICTED)
    assert marks(Level.PUBLIC)[3] in found.content
    cases = server.get("/collections/case_record/items", Level.RESTRICTED)
    assert marks(Level.PUBLIC)[0] in cases.content


@pytest.mark.parametrize("level", list(Level))
def test_items_hold_exactly_the_columns_of_the_level(server, catalogue, level):
    for layer in catalogue.values():
        answer = server.get(f"/collections/{layer.id}/items?limit=1", level)
        if not layer.visible_at(level):
            assert answer.status_code == 404
            continue
        feature = answer.json()["features"][0]
        assert list(feature["properties"]) == list(layer.columns_at(level))
        assert (feature["geometry"] is not None) == layer.geometry_at(level)
        for name in ("queryables", "schema"):
            found = server.json(f"/collections/{layer.id}/{name}", level)
            properties = set(found["properties"]) - {"geometry"}
            assert properties == set(layer.columns_at(level))
            assert ("geometry" in found["properties"]) == layer.geometry_at(level)


def test_hidden_and_unknown_are_told_apart_by_nothing(server):
    hidden = server.get("/collections/camera")
    unknown = server.get("/collections/nothing")
    assert hidden.status_code == unknown.status_code == 404
    assert hidden.text.replace("camera", "X") == unknown.text.replace("nothing", "X")
    column = server.get("/collections/case_record/items?reporter=x")
    other = server.get("/collections/case_record/items?nothing=x")
    assert column.text.replace("reporter", "X") == other.text.replace("nothing", "X")


def test_wrong_token_is_401(server):
    for value in ("Bearer wrong", "Basic dTpw"):
        answer = server.get("/collections", headers={"Authorization": value})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["access-control-allow-origin"] == "*"
