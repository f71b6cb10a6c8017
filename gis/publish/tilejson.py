"""Catalogue to TileJSON: what a tileset holds, for map clients and for archives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gis.db.matrix import MatrixSet
from gis.db.tiles import AGGREGATED, LEFT_OUT, tile_columns
from gis.publish.pygeoapi import zoom_range
from layers import Layer, Level, Title

Bounds = tuple[float, float, float, float]

#: Attributes that only coarse tiles have: what they mean.
COARSE: Mapping[str, Title] = {
    AGGREGATED: Title(
        zh="本格内要素数（瓦片已聚合）", en="Features in this cell (tile made coarse)"
    ),
    LEFT_OUT: Title(zh="本瓦片略去的要素数", en="Features left out of this tile"),
}
_NORTHERNMOST = 85.051129  # latitude at which Web Mercator ends [degree]


def zooms_of(layer: Layer, matrix_set: MatrixSet) -> tuple[int, int]:
    """First and last zoom of the layer's tiles in a matrix set."""
    low, high = zoom_range(layer)
    return max(0, low - matrix_set.shift), max(0, high - matrix_set.shift)


def vector_layer(
    layer: Layer, level: Level, lang: str, matrix_set: MatrixSet
) -> dict[str, Any]:
    """Entry of `vector_layers`: the attributes that tiles of a level have."""
    low, high = zooms_of(layer, matrix_set)
    columns = layer.columns_at(level)
    titles = {name: columns[name].title for name in tile_columns(layer, level)}
    return {
        "id": layer.id,
        "description": layer.title.in_language(lang),
        "minzoom": low,
        "maxzoom": high,
        "fields": {
            name: title.in_language(lang)
            for name, title in {**titles, **COARSE}.items()
        },
    }


def build_tilejson(
    entries: Sequence[dict[str, Any]],
    *,
    name: str,
    url: str,
    attribution: str,
    bounds: Bounds,
) -> dict[str, Any]:
    """TileJSON 3.0 of one or many layers.

    Parameters
    ----------
    entries : of `vector_layer`, at least one
    url : of one tile, with {z}, {x} and {y}
    bounds : west, south, east, north of the features [degree]
    """
    west, south, east, north = bounds
    south, north = max(south, -_NORTHERNMOST), min(north, _NORTHERNMOST)
    low = min(entry["minzoom"] for entry in entries)
    return {
        "tilejson": "3.0.0",
        "name": name,
        "attribution": attribution,
        "scheme": "xyz",
        "tiles": [url],
        "minzoom": low,
        "maxzoom": max(entry["maxzoom"] for entry in entries),
        "bounds": [west, south, east, north],
        "center": [(west + east) / 2, (south + north) / 2, low],
        "vector_layers": list(entries),
    }


def united(boxes: Iterable[Bounds | None], default: Bounds) -> Bounds:
    """The box around all boxes, or the default where there is none.

    Examples
    --------
    >>> united([(1, 2, 3, 4), None, (0, 3, 2, 9)], (0, 0, 0, 0))
    (0, 2, 3, 9)
    """
    found = [box for box in boxes if box is not None]
    if not found:
        return default
    west, south, east, north = zip(*found, strict=True)
    return min(west), min(south), max(east), max(north)
