"""The quiet map beneath: land, water, green, roads, buildings, borders, names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

type Json = dict[str, Any]

MAIN_ROADS = ["expressway", "arterial"]


def _zoomed(*stops: float) -> list[Any]:
    """Linear interpolation over zoom: zoom, value, zoom, value, …."""
    return ["interpolate", ["linear"], ["zoom"], *stops]


def _layer(layer_id: str, kind: str, source: str, **rest: Any) -> Json:  # noqa: ANN401  # style JSON
    return {
        "id": layer_id,
        "type": kind,
        "source": source,
        "source-layer": source,
        **rest,
    }


def base_layers(drawn: Collection[str], colors: Mapping[str, str]) -> list[Json]:
    """Return the base layers, as far as their sources exist.

    Parameters
    ----------
    drawn : ids of the layers that the level may see
    colors : tokens of the theme

    Returns
    -------
    Style layers from bottom to top.
    """
    found: list[Json] = []
    if "park" in drawn:
        found.append(
            _layer(
                "base-park",
                "fill",
                "park",
                minzoom=13,
                paint={
                    "fill-color": colors["green"],
                    "fill-opacity": _zoomed(13, 0, 14.5, 0.6),
                },
            )
        )
    if "water_body" in drawn:
        found.append(
            _layer(
                "base-water",
                "fill",
                "water_body",
                paint={"fill-color": colors["water"]},
            )
        )
    if "building" in drawn:
        found.append(
            _layer(
                "base-building",
                "fill",
                "building",
                minzoom=14.5,
                paint={
                    "fill-color": colors["building"],
                    "fill-opacity": _zoomed(14.5, 0, 15.5, 0.8),
                },
            )
        )
    if "road" in drawn:
        found += _road_layers(colors)
    return found


def border_layers(drawn: Collection[str], colors: Mapping[str, str]) -> list[Json]:
    """Return the borders of districts, drawn above the zones' own lines.

    Parameters
    ----------
    drawn : ids of the layers that the level may see
    colors : tokens of the theme
    """
    if "district" not in drawn:
        return []
    return [
        _layer(
            "base-district",
            "line",
            "district",
            layout={"line-join": "round"},
            paint={
                "line-color": colors["border"],
                "line-width": _zoomed(7, 0.8, 12, 1.4, 16, 2.2),
            },
        )
    ]


def _road_layers(colors: Mapping[str, str]) -> list[Json]:
    """Casing and fill of main roads, then of the smaller ones from zoom 12.5."""
    main = ["in", ["to-string", ["get", "class"]], ["literal", MAIN_ROADS]]
    joined = {"line-join": "round", "line-cap": "round"}
    main_width = _zoomed(9, 0.5, 11, 1.4, 13, 2.8, 16, 9, 18, 22)
    small_width = _zoomed(13, 0.3, 14, 1.2, 16, 5, 18, 14)
    return [
        _layer(
            "base-road-small",
            "line",
            "road",
            minzoom=13,
            filter=["!", main],
            layout=joined,
            paint={
                "line-color": colors["road"],
                "line-width": small_width,
                "line-opacity": _zoomed(13, 0.4, 14.5, 1),
            },
        ),
        _layer(
            "base-road-casing",
            "line",
            "road",
            minzoom=11.5,
            filter=main,
            layout=joined,
            paint={
                "line-color": colors["casing"],
                "line-width": _zoomed(11.5, 2, 13, 3.8, 16, 11, 18, 25),
                "line-opacity": _zoomed(11.5, 0, 13, 0.8),
            },
        ),
        _layer(
            "base-road-main",
            "line",
            "road",
            minzoom=9.5,
            filter=main,
            layout=joined,
            paint={"line-color": colors["road"], "line-width": main_width},
        ),
    ]


def label_layers(
    drawn: Collection[str],
    colors: Mapping[str, str],
    fonts: Mapping[str, Sequence[str]],
) -> list[Json]:
    """Return the names of roads, waters and places.

    Parameters
    ----------
    drawn : ids of the layers that the level may see
    colors : tokens of the theme
    fonts : lists ``plain`` and ``bold`` of local font names

    Returns
    -------
    Symbol layers; none of them needs glyph files.
    """
    halo = {"text-halo-color": colors["halo"], "text-halo-width": 1.6}
    found: list[Json] = []
    if "road" in drawn:
        found.append(
            _layer(
                "label-road",
                "symbol",
                "road",
                minzoom=13.2,
                layout={
                    "symbol-placement": "line",
                    "text-field": ["coalesce", ["get", "name"], ""],
                    "text-font": list(fonts["plain"]),
                    "text-size": 11.5,
                    "symbol-spacing": 420,
                    "text-max-angle": 30,
                },
                paint={"text-color": colors["ink-2"], **halo},
            )
        )
    if "water_body" in drawn:
        found.append(
            _layer(
                "label-water",
                "symbol",
                "water_body",
                minzoom=12,
                layout={
                    "text-field": ["coalesce", ["get", "name"], ""],
                    "text-font": list(fonts["plain"]),
                    "text-size": 11.5,
                    "text-padding": 40,
                },
                paint={"text-color": colors["ink-3"], **halo},
            )
        )
    if "place_name" in drawn:
        found.append(
            _layer(
                "label-place",
                "symbol",
                "place_name",
                minzoom=14,
                layout={
                    "text-field": ["coalesce", ["get", "name"], ""],
                    "text-font": list(fonts["plain"]),
                    "text-size": 11.5,
                    "text-padding": 24,
                },
                paint={"text-color": colors["ink-3"], **halo},
            )
        )
    return found
