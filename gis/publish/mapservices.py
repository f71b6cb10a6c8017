"""What may be tried on the map: services of points, and the numbers of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gis.publish.basemap import Json
from layers import (
    Catalogue,
    Column,
    Disc,
    Layer,
    Level,
    Representative,
    Sector,
    load_codes,
)

#: What a number is where nobody has said: a lens of the usual kind, facing north.
_USUAL = {"azimuth": 0.0, "hfov": 60.0, "height": 4.5, "tilt": 10.0, "resolution": 1920}
#: Least, most and step of the numbers of a camera.
_BOUNDS: Mapping[str, tuple[float, float, float]] = {
    "azimuth": (0, 359, 1),
    "hfov": (1, 360, 1),
    "height": (0.5, 100, 0.1),
    "tilt": (-90, 90, 1),
    "resolution": (160, 15360, 1),
}
_WIDEST_M = 20_000.0


def build_services(catalogue: Catalogue, level: Level) -> dict[str, Json]:
    """Services that a level may try; none for the public.

    Returns
    -------
    By layer: ``title``, ``model``, ``seen`` (its assets are on the map at this level)
    and ``fields``: ``name`` (the column), ``role`` in the model, ``value`` to begin
    with, and bounds with ``step``, or ``options`` with what each brings along;
    ``purpose``: the level at which a camera's view counts.
    """
    if level == Level.PUBLIC:
        return {}
    found: dict[str, Json] = {}
    for id_, layer in catalogue.items():
        fields = _fields(layer)
        if layer.geometry != "Point" or not fields:
            continue
        model = layer.coverage
        found[id_] = {
            "title": {"zh": layer.title.zh, "en": layer.title.en},
            "model": model.model if model else "",
            "basis": model.basis if model else "",
            "seen": bool(layer.geometry_at(level)),
            "reach_m": getattr(model, "radius_m", None),
            "purpose": model.range.level if isinstance(model, Sector) else None,
            "fields": fields,
        }
    return found


def _fields(layer: Layer) -> list[Json]:
    """The numbers that the model of a layer reads."""
    match layer.coverage:
        case Disc(radius_column=str(column)) as model:
            bounds = (1.0, _WIDEST_M, 1.0)
            return [_number(column, "radius", layer, bounds, model.radius_m)]
        case Disc() as model:
            return [{"role": "fixed", "value": model.radius_m}]
        case Representative() as model:
            table = load_codes(model.table)
            return [_choice(model.by, "type", layer, table, ("radius_m",))]
        case Sector() as model:
            return _sector(layer, model)
    return []


def _sector(layer: Layer, model: Sector) -> list[Json]:
    columns = {
        "azimuth": model.azimuth,
        "hfov": model.hfov,
        "height": model.height,
        "tilt": model.tilt,
        "resolution": model.range.resolution,
    }
    fields = [
        _number(name, role, layer, _BOUNDS[role], _USUAL[role])
        for role, name in columns.items()
        if name is not None
    ]
    if model.kind and layer.columns[model.kind].codes:
        known = load_codes(layer.columns[model.kind].codes or "")
        assumed = load_codes(model.assumed) if model.assumed else {}
        brought = {name: role for role, name in columns.items() if name is not None}
        table = {
            code: {**row, **{k: assumed.get(code, {}).get(k, "") for k in brought}}
            for code, row in known.items()
        }
        fields.insert(0, _choice(model.kind, "kind", layer, table, tuple(brought)))
    return fields


def _number(
    name: str,
    role: str,
    layer: Layer,
    bounds: tuple[float, float, float],
    value: float,
) -> Json:
    column: Column = layer.columns[name]
    least, most, step = bounds
    return {
        "name": name,
        "role": role,
        "title": {"zh": column.title.zh, "en": column.title.en},
        "unit": column.unit,
        "min": least,
        "max": most,
        "step": step,
        "value": value,
    }


def _choice(
    name: str,
    role: str,
    layer: Layer,
    table: Mapping[str, Mapping[str, Any]],
    brings: tuple[str, ...],
) -> Json:
    """A code, and the numbers that choosing it fills in."""
    column = layer.columns[name]
    return {
        "name": name,
        "role": role,
        "title": {"zh": column.title.zh, "en": column.title.en},
        "value": next(iter(table), None),
        "options": [
            {
                "code": code,
                "title": {"zh": row["title_zh"], "en": row["title_en"]},
                "brings": {key: float(row[key]) for key in brings if row.get(key)},
            }
            for code, row in table.items()
        ],
    }
