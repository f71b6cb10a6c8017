"""Catalogue and processes -> pages that say what every layer and figure means.

Pages are plain data in one language; templates draw them. Each page holds what its
level may see and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gis.publish.mapcatalog import THEME_TITLES
from gis.publish.processes import build_inputs
from gis.publish.pygeoapi import is_tiled
from gis.publish.typewords import column_words, geometry_words, level_words
from layers import Catalogue, Coverage, Layer, Level, load_codes
from processes import Process

Fact = tuple[str, str]

_WORDS: Mapping[str, tuple[str, str]] = {
    "Access": ("访问级别", "Access"),
    "Geometry": ("几何类型", "Geometry"),
    "Geometry is seen from": ("几何可见级别", "Geometry is seen from"),
    "Division of the city; coarser one": ("城市分区；上一级", "Zone; coarser zone"),
    "Time": ("时间字段", "Time column"),
    "Credit": ("数据署名", "Credit"),
    "Stored in": ("存储坐标系", "Stored in"),
}

_MODELS: Mapping[str, tuple[str, str]] = {
    "disc": ("以要素为中心的圆", "a disc around the feature"),
    "sector": ("摄像机可视扇形", "the sector that a camera sees"),
    "polygon": ("要素自身的范围", "the feature's own outline"),
    "attribute": ("由属性判定", "decided by an attribute"),
    "representative": ("按类型的代表半径", "a representative radius by type"),
}


@dataclass(frozen=True)
class ColumnEntry:
    """One row of a layer page's table of columns."""

    name: str
    title: str
    type: str
    unit: str
    access: str
    choices: tuple[Fact, ...]


@dataclass(frozen=True)
class LayerPage:
    """What a layer is, for one level, in one language."""

    id: str
    theme: str
    title: str
    description: str
    facts: tuple[Fact, ...]
    columns: tuple[ColumnEntry, ...]
    coverage: tuple[Fact, ...]
    is_tiled: bool


@dataclass(frozen=True)
class ProcessPage:
    """What a process computes, in one language."""

    id: str
    version: str
    title: str
    description: str
    inputs: Mapping[str, Mapping[str, Any]]
    media_types: tuple[str, ...]


@dataclass(frozen=True)
class IndexPage:
    """Every page there is, layers by theme."""

    themes: Mapping[str, tuple[Fact, ...]]
    processes: tuple[Fact, ...]


def build_index(
    catalogue: Catalogue, processes: Mapping[str, Process], level: Level, lang: str
) -> IndexPage:
    """(id, title) of every page of a level."""
    themes: dict[str, list[Fact]] = {}
    for layer in catalogue.visible_at(level).values():
        title = layer.title.in_language(lang)
        themes.setdefault(theme_title(layer.theme, lang), []).append((layer.id, title))
    return IndexPage(
        {theme: tuple(entries) for theme, entries in themes.items()},
        tuple((p.id, p.title.in_language(lang)) for p in processes.values()),
    )


def theme_title(theme: str, lang: str) -> str:
    """Title of a theme; one that has none shows its id."""
    zh, en = THEME_TITLES.get(theme, (theme, theme))
    return zh if lang == "zh" else en


def build_layer_page(
    layer: Layer, catalogue: Catalogue, level: Level, lang: str
) -> LayerPage:
    """The page of a layer that this level may see."""
    columns = layer.columns_at(level)
    facts = [
        (_word("Access", lang), level_words(layer.access.label, lang)),
        (_word("Geometry", lang), geometry_words(layer.geometry, lang)),
        (_word("Stored in", lang), f"EPSG:{layer.srid}"),
    ]
    if layer.geometry_access and layer.geometry_access > layer.access:
        seen = level_words(layer.geometry_access.label, lang)
        facts.append((_word("Geometry is seen from", lang), seen))
    if layer.zone:
        parent = layer.zone.parent
        visible = parent is not None and catalogue[parent].visible_at(level)
        text = catalogue[parent].title.in_language(lang) if parent and visible else "–"
        facts.append((_word("Division of the city; coarser one", lang), text))
    if layer.time in columns:
        facts.append((_word("Time", lang), str(layer.time)))
    if layer.attribution:
        facts.append((_word("Credit", lang), layer.attribution))
    description = layer.description or layer.title
    return LayerPage(
        id=layer.id,
        theme=theme_title(layer.theme, lang),
        title=layer.title.in_language(lang),
        description=description.in_language(lang),
        facts=tuple(facts),
        columns=tuple(
            ColumnEntry(
                name,
                column.title.in_language(lang),
                column_words(column.type, lang),
                column.unit or "",
                level_words(layer.column_access(name).label, lang),
                _choices(column.codes, lang),
            )
            for name, column in columns.items()
        ),
        coverage=_coverage(layer.coverage, set(columns), lang),
        is_tiled=is_tiled(layer, level),
    )


def build_process_page(process: Process, lang: str) -> ProcessPage:
    """The page of a process."""
    return ProcessPage(
        process.id,
        process.version,
        process.title.in_language(lang),
        process.description.in_language(lang),
        build_inputs(process),
        process.media_types,
    )


def _choices(table: str | None, lang: str) -> tuple[Fact, ...]:
    if table is None:
        return ()
    key = f"title_{lang}"
    return tuple((code, row[key]) for code, row in load_codes(table).items())


def _coverage(model: Coverage | None, visible: set[str], lang: str) -> tuple[Fact, ...]:
    """The coverage model and its parameters; columns out of sight are left out."""
    if model is None:
        return ()
    described = _MODELS[model.model][0 if lang == "zh" else 1]
    facts = [("model", f"{model.model} ({described})")]
    for name, value in model.model_dump(exclude={"model", "where"}).items():
        if isinstance(value, float):
            facts.append((name, f"{value:g}"))
        elif name in ("basis", "unknown_direction", "table") or value in visible:
            facts.append((name, str(value)))
    return tuple(facts)


def _word(key: str, lang: str) -> str:
    return _WORDS[key][0 if lang == "zh" else 1]
