"""Catalogue to styles for other clients: the whole map, and every layer by itself.

They stand alone: sources are TileJSON addresses, text needs only the Latin glyphs that
are published with them (Chinese is drawn from the reader's fonts), and no image is
named, so that there is no sprite to fetch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gis.publish.basemap import Json, base_layers, border_layers, label_layers
from gis.publish.glyphs import FONT
from gis.publish.style import is_drawn, thematic_layers
from gis.publish.theme import MapConfig
from layers import Catalogue, City, Layer, Level

WHOLE = "city"
"""Id of the style of the whole map; the others are named after their layers."""


def build_stylesheet(
    catalogue: Catalogue,
    city: City,
    *,
    level: Level,
    base_url: str,
    lang: str,
    config: MapConfig,
    tokens: Mapping[str, Any],
    layer: Layer | None = None,
) -> Json:
    """Return a MapLibre style, version 8, that draws without our pages.

    Parameters
    ----------
    level : who looks; other layers are absent
    base_url : root of the service, without a slash at the end
    layer : the one layer to draw; None: the whole map, every layer visible
    """
    colors = tokens["light"]
    seen = {key: one for key, one in catalogue.items() if is_drawn(one, level)}
    drawn = {layer.id: layer} if layer else seen
    thematic = [
        part
        for one in drawn.values()
        if layer or not (one.zone or one.derived)
        for part in thematic_layers(one, level, colors)
    ]
    for part in thematic:
        part["layout"] = {"visibility": "visible"}
    parts = [
        {
            "id": "background",
            "type": "background",
            "paint": {"background-color": colors["land"]},
        },
        *([] if layer else base_layers(drawn, colors)),
        *([] if layer else border_layers(drawn, colors)),
        *thematic,
        *([] if layer else label_layers(drawn, colors, {"plain": [FONT]})),
    ]
    used = {part["source"] for part in parts if "source" in part}
    return {
        "version": 8,
        "name": (layer or city).title.in_language(lang),
        "center": [config.view["lon"], config.view["lat"]],
        "zoom": config.view["zoom"],
        "glyphs": f"{base_url}/fonts/{{fontstack}}/{{range}}.pbf",
        "metadata": {"citygrid:level": level.label},
        "sources": {
            key: {
                "type": "vector",
                "url": f"{base_url}/collections/{key}/tiles/WebMercatorQuad"
                "/tilejson.json",
            }
            for key in drawn
            if key in used
        },
        "layers": parts,
    }
