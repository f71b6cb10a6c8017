"""Style and catalogue of the map: only what a level may see, everything named."""

from __future__ import annotations

import json

import pytest

from gis.publish.mapcatalog import build_catalog
from gis.publish.style import build_style, is_drawn, legend_classes
from gis.publish.targets import build_targets
from gis.publish.theme import THEMES, load_map_config, load_tokens
from layers import Catalogue, City, Level


def style_of(catalogue: Catalogue, city: City, level: Level, theme: str = "light"):
    return build_style(
        catalogue,
        city,
        level=level,
        base_url="http://city.example",
        theme=theme,
        config=load_map_config(),
        tokens=load_tokens(),
    )


@pytest.mark.parametrize("level", list(Level))
def test_style_names_only_what_the_level_sees(
    catalogue: Catalogue, city: City, level: Level
) -> None:
    style = style_of(catalogue, city, level)
    hidden = {key for key, layer in catalogue.items() if not layer.visible_at(level)}
    assert not hidden & set(style["sources"])
    text = json.dumps(style)
    for key in hidden:
        assert f'"{key}"' not in text
    for layer in style["layers"]:
        assert layer.get("source", "road") in style["sources"]
    ids = [layer["id"] for layer in style["layers"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("level", list(Level))
def test_catalogue_names_only_what_the_level_sees(
    catalogue: Catalogue, city: City, level: Level
) -> None:
    body = build_catalog(
        catalogue,
        city,
        level=level,
        config=load_map_config(),
        targets=[],
        counts={},
        synthetic=True,
    )
    for key, layer in catalogue.items():
        assert (key in body["layers"]) == (is_drawn(layer, level) and not layer.derived)
        if key in body["layers"]:
            seen = set(layer.columns_at(level))
            assert set(body["layers"][key]["columns"]) == seen
    named = [key for theme in body["themes"] for key in theme["layers"]]
    assert sorted(named) == sorted(body["layers"])
    assert body["zones"] == ["district", "street", "community", "unit_grid"]


@pytest.mark.parametrize("theme", THEMES)
def test_every_source_is_our_own(catalogue: Catalogue, city: City, theme: str) -> None:
    style = style_of(catalogue, city, Level.RESTRICTED, theme)
    assert "glyphs" not in style
    assert "sprite" not in style
    for source in style["sources"].values():
        for address in source["tiles"]:
            assert address.startswith("http://city.example/collections/")


def test_tile_attributes_that_the_style_reads_are_declared(
    catalogue: Catalogue, city: City
) -> None:
    style = style_of(catalogue, city, Level.RESTRICTED)
    for layer in style["layers"]:
        if "source-layer" not in layer:
            continue
        declared = catalogue[layer["source-layer"]]
        assert declared.tiles is not None
        known = {*declared.tiles.columns, "code", "name"}
        text = json.dumps(layer)
        for name in declared.all_columns:
            if f'["get", "{name}"]' in text:
                assert name in known, (layer["id"], name)


def test_legend_follows_the_code_table(catalogue: Catalogue) -> None:
    classes = legend_classes(catalogue["road"], Level.PUBLIC)
    assert next(item["value"] for item in classes) == "expressway"
    assert all(item["title"]["zh"] and item["title"]["en"] for item in classes)
    assert legend_classes(catalogue["camera"], Level.PUBLIC) == []


def test_every_target_is_told(catalogue: Catalogue) -> None:
    targets = build_targets(catalogue)
    ids = [target["id"] for target in targets]
    assert len(ids) == len(set(ids))
    assert sum(target["measured"] for target in targets) == 20
    first = load_map_config().first["indicator"]
    assert first in ids
    for target in targets:
        assert target["goal"][0] in "≥≤><"
        assert target["title"]["zh"]
        assert target["scope"]["en"]
