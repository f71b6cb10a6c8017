"""Colours and the map's configuration: tokens and scales as CSS and as plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gis.publish.basemap import Json
from gis.web import ROOT as WEB
from layers import CONFIG, read_yaml

THEMES = ("light", "dark", "sun")

INKS = ("#15202B", "#FFFFFF")
"""Text colours on a filled cell; the one with more contrast is taken."""


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21.

    Notes
    -----
    (L1 + 0.05) / (L2 + 0.05) of the relative luminances. Source: WCAG 2.2.

    Examples
    --------
    >>> [round(contrast(ink, "#FFFFFF"), 1) for ink in ("#000000", "#0F5EA8")]
    [21.0, 6.6]
    """
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@dataclass(frozen=True)
class MapConfig:
    """What ``config/map.yaml`` says, as plain values for the browser.

    Parameters
    ----------
    view : lon, lat [degree] and zoom of the first view
    levels : zone layer -> zoom from which it is drawn
    dates : ISO dates that the time bar stops at
    districts : codes in official order; others follow by code
    first : indicator, date and layers shown first
    distance, coverage : breaks [points, percent] and colours by theme
    no_data : colour by theme
    """

    view: Mapping[str, float]
    levels: Mapping[str, float]
    dates: Sequence[str]
    districts: Sequence[str]
    first: Mapping[str, Any]
    distance: Mapping[str, Any]
    coverage: Mapping[str, Any]
    no_data: Mapping[str, str]


def load_map_config(folder: Path = CONFIG) -> MapConfig:
    """Return the map's configuration, read once.

    Parameters
    ----------
    folder : configuration folder of the deployment

    Raises
    ------
    DeclarationError
        The file is unreadable.
    KeyError
        A key is missing; the message names it.
    """
    raw = read_yaml(folder / "map.yaml")
    return MapConfig(
        view={key: float(raw["view"][key]) for key in ("lon", "lat", "zoom")},
        levels={key: float(zoom) for key, zoom in raw["levels"].items()},
        dates=tuple(raw["dates"]),
        districts=tuple(raw["districts"]),
        first=dict(raw["first"]),
        distance=_scale(raw["distance"]),
        coverage=_scale(raw["coverage"]),
        no_data=dict(raw["no_data"]),
    )


def _scale(raw: Mapping[str, Any]) -> Json:
    return {**raw, "breaks": [float(b) for b in raw["breaks"]]}


def load_tokens(path: Path = WEB / "tokens.json") -> Json:
    """Return the colour tokens of each theme and the font list."""
    tokens: Json = json.loads(path.read_text("utf-8"))
    return tokens


def build_tokens_css(tokens: Mapping[str, Any], config: MapConfig) -> str:
    """Return the tokens and scale colours as CSS custom properties.

    Parameters
    ----------
    tokens : theme -> token -> colour
    config : the scales

    Returns
    -------
    One rule per theme; ``auto`` follows the system.
    """
    rules = []
    for theme in THEMES:
        pairs = {f"--{name}": value for name, value in tokens[theme].items()}
        for index, color in enumerate(config.distance[theme]):
            pairs[f"--d{index}"] = color
        for index, color in enumerate(config.coverage[theme]):
            pairs[f"--c{index}"] = color
        tints = "tint_dark" if theme == "dark" else "tint"
        for index, color in enumerate(config.distance[tints]):
            pairs[f"--t{index}"] = color
            pairs[f"--t{index}-ink"] = max(INKS, key=lambda ink: contrast(ink, color))
        pairs["--nodata"] = config.no_data[theme]
        body = "".join(f"{name}:{value};" for name, value in pairs.items())
        selector = ":root" if theme == "light" else f':root[data-theme="{theme}"]'
        scheme = "dark" if theme == "dark" else "light"
        rules.append(f"{selector}{{{body}color-scheme:{scheme}}}")
        if theme == "dark":
            rules.append(
                "@media (prefers-color-scheme:dark)"
                f'{{:root[data-theme="auto"]{{{body}color-scheme:dark}}}}'
            )
    fonts = ",".join(f'"{f}"' if " " in f else f for f in tokens["fonts"])
    rules.append(f":root{{--font:{fonts}}}")
    return "\n".join(rules) + "\n"
