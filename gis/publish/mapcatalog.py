"""Catalogue to what the map page needs to know: layers, themes, targets, scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gis.publish.basemap import Json
from gis.publish.mapservices import build_services
from gis.publish.style import is_drawn, legend_classes, legend_color, tile_zoom
from gis.publish.theme import MapConfig
from layers import Catalogue, City, Column, Layer, Level, load_codes

THEME_TITLES: Mapping[str, tuple[str, str]] = {
    "grid": ("网格管理", "Grid management"),
    "surveillance": ("视频监控", "Video surveillance"),
    "environment": ("环境监测", "Environment"),
    "community": ("社区服务", "Community services"),
    "traffic": ("交通", "Traffic"),
    "connectivity": ("无线网络", "Connectivity"),
    "tourism": ("旅游", "Tourism"),
    "safety": ("公共安全", "Public safety"),
    "utility": ("公用设施", "Utilities"),
    "base": ("基础地理", "Base map"),
    "plan": ("规划考核", "Plan and results"),
}
"""Titles of themes, in the order of the tree; unknown themes come last."""


def build_catalog(
    catalogue: Catalogue,
    city: City,
    *,
    level: Level,
    config: MapConfig,
    targets: Sequence[Json],
    counts: Mapping[str, int],
    synthetic: bool,
) -> Json:
    """Return the map's catalogue for one level; what it may not see is absent.

    Parameters
    ----------
    catalogue, city : what the city keeps
    level : who looks
    config : scales, dates and first view
    targets : the plan's targets as the page shows them
    counts : features per layer; a layer without an entry shows no count
    synthetic : whether any feature shown is synthetic

    Returns
    -------
    A document of JSON values.
    """
    seen = {
        key: layer
        for key, layer in catalogue.items()
        if is_drawn(layer, level) and not layer.derived
    }
    present = {layer.theme for layer in seen.values()}
    order = [theme for theme in THEME_TITLES if theme in present]
    order += sorted(present - set(THEME_TITLES))
    zones = [zone for zone in reversed(city.zones) if zone in seen]
    return {
        "level": level.label,
        "city": {
            "id": city.id,
            "title": {"zh": city.title.zh, "en": city.title.en},
            "extent": list(city.extent),
            "attribution": city.attribution,
            "review": city.map_review_number,
        },
        "synthetic": synthetic,
        "zones": zones,
        "themes": [_theme(theme, seen, zones) for theme in order],
        "layers": {
            key: _layer(layer, level, counts.get(key)) for key, layer in seen.items()
        },
        "services": build_services(catalogue, level),
        "targets": list(targets),
        "view": dict(config.view),
        "levels": dict(config.levels),
        "dates": list(config.dates),
        "first": _first(config, targets, seen),
        "distance": {"breaks": config.distance["breaks"]},
        "coverage": {"breaks": config.coverage["breaks"]},
    }


def _first(
    config: MapConfig, targets: Sequence[Json], seen: Mapping[str, Layer]
) -> Json:
    """First indicator and layers, replaced by what exists."""
    ids = [target["id"] for target in targets]
    wanted = config.first["indicator"]
    return {
        "indicator": wanted if wanted in ids or not ids else ids[0],
        "date": config.first["date"],
        "layers": [key for key in config.first["layers"] if key in seen],
    }


def _theme(theme: str, seen: Mapping[str, Layer], zones: Sequence[str]) -> Json:
    zh, en = THEME_TITLES.get(theme, (theme, theme.capitalize()))
    return {
        "id": theme,
        "title": {"zh": zh, "en": en},
        "layers": sorted(
            (key for key, layer in seen.items() if layer.theme == theme),
            key=lambda key: zones.index(key) if key in zones else len(zones),
        ),
    }


def _layer(layer: Layer, level: Level, count: int | None) -> Json:
    description = layer.description
    return {
        "title": {"zh": layer.title.zh, "en": layer.title.en},
        "description": (
            {"zh": description.zh, "en": description.en} if description else None
        ),
        "theme": layer.theme,
        "geometry": layer.geometry,
        "count": count,
        "zoom": list(tile_zoom(layer)),
        "color": legend_color(layer),
        "classes": legend_classes(layer, level),
        "attribution": layer.attribution,
        "drawn": True,
        "columns": {
            name: _column(column) for name, column in layer.columns_at(level).items()
        },
    }


def _column(column: Column) -> Json:
    found: Json = {
        "title": {"zh": column.title.zh, "en": column.title.en},
        "type": column.type,
    }
    if column.unit is not None:
        found["unit"] = column.unit
    if column.codes is not None:
        found["codes"] = {
            code: {"zh": row["title_zh"], "en": row["title_en"]}
            for code, row in load_codes(column.codes).items()
        }
    return found
