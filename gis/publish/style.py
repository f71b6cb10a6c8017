"""Catalogue to map style: sources, layers and legends for one level of access.

The style is the MapLibre style specification, version 8. It names only what the
level may see, and it carries no glyphs: text is drawn from the reader's own fonts,
so that no font files are needed for Chinese.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gis.publish.basemap import Json, base_layers, border_layers, label_layers
from gis.publish.theme import MapConfig
from layers import Catalogue, City, Layer, Level, load_codes

PALETTE = (
    "#2E6FA7", "#C26A1B", "#4B8B3B", "#8A5AA8", "#B0413E",
    "#2F8C88", "#8C7A2B", "#6B7785", "#C4588C", "#4C62B3",
)  # fmt: skip
"""Colours of code classes, in the order of the code table."""

THEME_COLOR = {
    "grid": "#3C5A78", "environment": "#2F7D6B", "surveillance": "#5B4B9A",
    "community": "#A85A2A", "traffic": "#6B6F76", "connectivity": "#2E6FA7",
    "tourism": "#3F8A3B", "safety": "#A83A3A", "utility": "#8C7A2B",
    "base": "#7A828A", "plan": "#0F5EA8",
}  # fmt: skip
"""Colour of a layer that declares none, by theme."""

DEFAULT_ZOOM = {"Point": (10, 16), "LineString": (10, 16), "Polygon": (9, 16)}


def is_drawn(layer: Layer, level: Level) -> bool:
    """Whether the map can draw a layer for a level: seen, with geometry and tiles."""
    return (
        layer.visible_at(level) and layer.geometry_at(level) and layer.tiles is not None
    )


def tile_zoom(layer: Layer) -> tuple[int, int]:
    """Zoom range of a layer's tiles."""
    if layer.tiles is not None:
        return layer.tiles.zoom
    return DEFAULT_ZOOM.get(layer.geometry.removeprefix("Multi"), (9, 16))


def legend_color(layer: Layer) -> str:
    """Colour of a layer's symbol: its own, else that of its theme."""
    if layer.legend is not None and layer.legend.color is not None:
        return layer.legend.color
    return THEME_COLOR.get(layer.theme, "#5F6C78")


def legend_classes(layer: Layer, level: Level) -> list[Json]:
    """Return the classes of a layer's legend, empty when it has one symbol.

    Parameters
    ----------
    layer : the layer; ``legend.by`` names a code column
    level : who looks; a hidden column has no legend

    Returns
    -------
    ``{"value", "title": {"zh", "en"}, "color"}`` in the order of the code table.
    """
    by = layer.legend.by if layer.legend is not None else None
    columns = layer.columns_at(level)
    if by is None or by not in columns or not _in_tiles(layer, by):
        return []
    codes = columns[by].codes
    if codes is None:
        return []
    rows = load_codes(codes).items()
    return [
        {
            "value": code,
            "title": {"zh": row["title_zh"], "en": row["title_en"]},
            "color": PALETTE[index % len(PALETTE)],
        }
        for index, (code, row) in enumerate(rows)
    ]


def _in_tiles(layer: Layer, column: str) -> bool:
    return layer.tiles is not None and column in layer.tiles.columns


def build_style(
    catalogue: Catalogue,
    city: City,
    *,
    level: Level,
    base_url: str,
    lang: str = "zh",
    theme: str = "light",
    config: MapConfig,
    tokens: Mapping[str, Any],
) -> Json:
    """Return the MapLibre style of one level of access.

    Parameters
    ----------
    catalogue : every layer
    city : titles, zones and the credit line
    level : who looks; other layers are absent
    base_url : root of the service, without a slash at the end
    lang : ``zh`` or ``en``, for the names of layers
    theme : ``light``, ``dark`` or ``sun``
    config : scales and first view
    tokens : colours of the themes

    Returns
    -------
    A style of version 8: base map visible, thematic layers and zones hidden until
    a reader switches them on.
    """
    colors = tokens[theme]
    drawn = {key: layer for key, layer in catalogue.items() if is_drawn(layer, level)}
    zones = [zone for zone in city.zones if zone in drawn]
    fonts = {
        "plain": list(tokens["fonts"]),
        "bold": [f"{tokens['fonts'][0]} Bold", *tokens["fonts"]],
    }
    thematic: list[Json] = []
    for layer in drawn.values():
        thematic += thematic_layers(layer, level, colors)
    return {
        "version": 8,
        "name": city.title.in_language(lang),
        "center": [config.view["lon"], config.view["lat"]],
        "zoom": config.view["zoom"],
        "metadata": {
            "citygrid:level": level.label,
            "citygrid:theme": theme,
            "citygrid:fonts": fonts["plain"],
        },
        "sources": {
            key: _source(layer, base_url, city) for key, layer in drawn.items()
        },
        "layers": [
            {
                "id": "background",
                "type": "background",
                "paint": {"background-color": colors["land"]},
            },
            *_zone_fills(zones, config, theme),
            *base_layers(drawn, colors),
            *_zone_lines(zones, colors),
            *border_layers(drawn, colors),
            *thematic,
            *label_layers(drawn, colors, fonts),
        ],
    }


def _source(layer: Layer, base_url: str, city: City) -> Json:
    low, high = tile_zoom(layer)
    url = f"{base_url}/collections/{layer.id}/tiles/WebMercatorQuad"
    source: Json = {
        "type": "vector",
        "tiles": [f"{url}/{{z}}/{{y}}/{{x}}?f=mvt"],
        "minzoom": low,
        "maxzoom": high,
        "bounds": list(city.extent),
        "attribution": layer.attribution or city.attribution,
    }
    if layer.zone is not None:
        source["promoteId"] = {layer.id: "code"}
    return source


def _zone_fills(zones: Sequence[str], config: MapConfig, theme: str) -> list[Json]:
    """Choropleth: class of feature state ``c`` 0 to 4; 5 has no data."""
    fills: list[Json] = []
    for zone in zones:
        for kind, scale in (("d", config.distance), ("v", config.coverage)):
            match: list[Any] = ["match", ["coalesce", ["feature-state", kind], -1]]
            for index, color in enumerate(scale[theme]):
                match += [index, color]
            match += [5, config.no_data[theme], "rgba(0,0,0,0)"]
            fills.append(
                {
                    "id": f"zone-{kind}-{zone}",
                    "type": "fill",
                    "source": zone,
                    "source-layer": zone,
                    "layout": {"visibility": "none"},
                    "metadata": {"citygrid:zone": zone, "citygrid:scale": kind},
                    "paint": {
                        "fill-color": match,
                        "fill-opacity": 0.88,
                        "fill-antialias": False,
                    },
                }
            )
        fills.append(
            {
                "id": f"zone-hatch-{zone}",
                "type": "fill",
                "source": zone,
                "source-layer": zone,
                "layout": {"visibility": "none"},
                "metadata": {"citygrid:zone": zone},
                "paint": {
                    "fill-pattern": f"hatch-nodata-{theme}",
                    "fill-opacity": [
                        "case",
                        ["==", ["coalesce", ["feature-state", "d"], -1], 5],
                        1.0,
                        0.0,
                    ],
                },
            }
        )
    return fills


def _zone_lines(zones: Sequence[str], colors: Mapping[str, str]) -> list[Json]:
    return [
        {
            "id": f"zone-line-{zone}",
            "type": "line",
            "source": zone,
            "source-layer": zone,
            "layout": {"visibility": "none", "line-join": "round"},
            "metadata": {"citygrid:zone": zone},
            "paint": {"line-color": colors["zone-line"], "line-width": 1.1},
        }
        for zone in zones
    ]


def thematic_layers(
    layer: Layer, level: Level, colors: Mapping[str, str]
) -> list[Json]:
    """Return the style layers that draw one catalogue layer, hidden at first.

    Parameters
    ----------
    layer : what to draw
    level : who looks
    colors : tokens of the theme

    Returns
    -------
    One or two style layers whose metadata name the catalogue layer.
    """
    color: Any = legend_color(layer)
    classes = legend_classes(layer, level)
    if classes and layer.legend is not None and layer.legend.by is not None:
        match: list[Any] = ["match", ["to-string", ["get", layer.legend.by]]]
        for item in classes:
            match += [item["value"], item["color"]]
        color = [*match, color]
    shared: Json = {
        "source": layer.id,
        "source-layer": layer.id,
        "layout": {"visibility": "none"},
        "metadata": {"citygrid:layer": layer.id},
    }
    kind = layer.geometry.removeprefix("Multi")
    if kind == "Point":
        grow = ["interpolate", ["linear"], ["zoom"], 8, 2.4, 12, 4, 15, 6, 18, 9]
        paint: Json = {
            "circle-color": color,
            "circle-radius": grow,
            "circle-stroke-color": colors["surface"],
            "circle-stroke-width": [
                "interpolate", ["linear"], ["zoom"], 10, 0.4, 15, 1.6,
            ],
        }  # fmt: skip
        return [{"id": f"layer-{layer.id}", "type": "circle", **shared, "paint": paint}]
    if kind == "LineString":
        width = ["interpolate", ["linear"], ["zoom"], 10, 0.8, 14, 2.2, 18, 5]
        line: Json = {"line-color": color, "line-width": width}
        return [{"id": f"layer-{layer.id}", "type": "line", **shared, "paint": line}]
    outline: Json = {"line-color": color, "line-width": 1.4}
    fill: Json = {"fill-color": color, "fill-opacity": 0.0 if layer.zone else 0.22}
    return [
        {"id": f"layer-{layer.id}", "type": "fill", **shared, "paint": fill},
        {"id": f"layer-{layer.id}-line", "type": "line", **shared, "paint": outline},
    ]
