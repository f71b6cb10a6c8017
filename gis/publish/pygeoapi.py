"""Catalogue -> pygeoapi configuration of one access level.

Nothing a level may not see stands in its configuration, so pygeoapi cannot tell of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layers import (
    CRS84,
    Catalogue,
    City,
    Column,
    Layer,
    Level,
    crs_uri,
    load_codes,
)

DEFAULT_LIMIT = 100
MAXIMUM_LIMIT = 10_000

FEATURES = "gis.serve.declared.DeclaredFeatures"
TILES = "gis.serve.declared.DeclaredTiles"
PROCESS = "gis.serve.declared.DeclaredProcess"
MVT = "application/vnd.mapbox-vector-tile"

_JSON_TYPES: Mapping[str, tuple[str, str | None]] = {
    "text": ("string", None),
    "code": ("string", None),
    "integer": ("integer", None),
    "number": ("number", None),
    "boolean": ("boolean", None),
    "date": ("string", "date"),
    "datetime": ("string", "date-time"),
}
_GEOMETRY_FORMATS: Mapping[str, str] = {
    "Point": "geometry-point",
    "LineString": "geometry-linestring",
    "MultiLineString": "geometry-multilinestring",
    "Polygon": "geometry-polygon",
    "MultiPolygon": "geometry-multipolygon",
}


def build_config(
    city: City, resources: Mapping[str, Any], base_url: str
) -> dict[str, Any]:
    """Configuration of a pygeoapi object.

    Parameters
    ----------
    resources : collections of a level, or processes
    base_url : base of absolute links, without a slash at the end
    """
    title = {"zh": f"{city.title.zh}城市图层", "en": f"Layers of {city.title.en}"}
    return {
        "server": {
            "url": base_url,
            "languages": ["zh", "en"],
            "encoding": "utf-8",
            "limits": {"default_items": DEFAULT_LIMIT, "max_items": MAXIMUM_LIMIT},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": title,
                "description": {
                    "zh": "按图层发布的城市管理数据：要素、矢量瓦片与覆盖计算。",
                    "en": "City management layers as features and vector tiles, "
                    "and how much of the city its services cover.",
                },
                "keywords": {"zh": ["城市管理"], "en": ["city management"]},
                "url": f"{base_url}/docs",
            },
            "license": {"name": city.attribution},
            "provider": {"name": city.title.model_dump()},
            "contact": {},
        },
        "resources": dict(resources),
    }


def build_collections(
    catalogue: Catalogue, city: City, level: Level
) -> dict[str, dict[str, Any]]:
    """Resources of the layers that exist for a level."""
    return {
        layer_id: _collection(layer, city, level)
        for layer_id, layer in catalogue.visible_at(level).items()
    }


def build_processes(
    described: Mapping[str, Mapping[str, Any]],
) -> dict[str, dict[str, Any]]:
    """Resources of processes by their OGC descriptions."""
    return {
        process_id: {
            "type": "process",
            "processor": {"name": PROCESS, "description": description},
        }
        for process_id, description in described.items()
    }


def _collection(layer: Layer, city: City, level: Level) -> dict[str, Any]:
    description = layer.description or layer.title
    provider = {
        "type": "feature",
        "name": FEATURES,
        "data": layer.id,
        "id_field": "code",
        "time_field": layer.time,
        "fields": build_fields(layer, level),
        "crs": list(city.served_uris()),
        "storage_crs": crs_uri(city.stored_srid),
    }
    providers = [provider]
    if is_tiled(layer, level):
        providers.append(
            {
                "type": "tile",
                "name": TILES,
                "data": layer.id,
                "options": {},
                "format": {"name": "mvt", "mimetype": MVT},
            }
        )
    return {
        "type": "collection",
        "title": layer.title.model_dump(),
        "description": description.model_dump(),
        "keywords": {"zh": [layer.title.zh], "en": [layer.title.en]},
        "extents": {
            "spatial": {"bbox": list(city.extent), "crs": CRS84},
            "temporal": {"begin": None, "end": None},
        },
        "providers": providers,
    }


def is_tiled(layer: Layer, level: Level) -> bool:
    """Whether vector tiles of the layer exist for this level."""
    return layer.tiles is not None and layer.geometry_at(level)


def zoom_range(layer: Layer) -> tuple[int, int]:
    """First and last zoom at which the layer has tiles."""
    return layer.tiles.zoom if layer.tiles else (0, 0)


def build_fields(layer: Layer, level: Level) -> dict[str, Any]:
    """JSON Schema of every property this level sees, titles in both languages."""
    return {
        name: build_field(column) for name, column in layer.columns_at(level).items()
    }


def build_field(column: Column) -> dict[str, Any]:
    """JSON Schema of one column: type, unit, bounds, code list."""
    kind, format_ = _JSON_TYPES[column.type]
    field: dict[str, Any] = {"title": column.title.model_dump(), "type": kind}
    if format_:
        field["format"] = format_
    if column.unit:
        field["x-ogc-unit"] = column.unit
        field["x-ogc-unitLang"] = "UCUM"
    if column.min is not None:
        field["minimum"] = column.min
    if column.max is not None:
        field["maximum"] = column.max
    if column.pattern:
        field["pattern"] = column.pattern
    if column.codes:
        field["oneOf"] = [
            {"const": code, "title": {"zh": row["title_zh"], "en": row["title_en"]}}
            for code, row in load_codes(column.codes).items()
        ]
    return field


def geometry_format(layer: Layer) -> str:
    """Format of the geometry in a schema, by OGC API - Features - Part 5."""
    return _GEOMETRY_FORMATS.get(layer.geometry, "geometry-any")
