"""Colours: contrast of every pair in use and distance of classes, from the files."""

from __future__ import annotations

import itertools

import pytest

from gis.publish.theme import (
    INKS,
    THEMES,
    build_tokens_css,
    contrast,
    load_map_config,
    load_tokens,
)

TEXT_PAIRS = [
    ("ink", "surface"),
    ("ink", "page"),
    ("ink", "sunk"),
    ("ink-2", "surface"),
    ("ink-2", "page"),
    ("ink-2", "sunk"),
    ("ink-3", "surface"),
    ("ink-3", "sunk"),
    ("accent", "surface"),
    ("accent", "accent-tint"),
    ("on-accent", "accent"),
    ("danger", "surface"),
    ("warn", "surface"),
    ("warn", "warn-tint"),
    ("ink", "warn-tint"),
    ("ok", "surface"),
    ("short", "surface"),
    ("surface", "ink"),
]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "back"), TEXT_PAIRS)
def test_text_reads_on_its_ground(theme: str, front: str, back: str) -> None:
    tokens = load_tokens()[theme]
    least = 7.0 if theme == "sun" and front in ("ink", "ink-2") else 4.5
    assert contrast(tokens[front], tokens[back]) >= least


@pytest.mark.parametrize("theme", THEMES)
def test_controls_and_marks_stand_out(theme: str) -> None:
    tokens = load_tokens()[theme]
    for name in ("control", "accent", "gap", "border"):
        ground = tokens["land"] if name in ("gap", "border") else tokens["surface"]
        assert contrast(tokens[name], ground) >= (2.6 if name == "border" else 3.0)


def lab(color: str) -> tuple[float, float, float]:
    """CIE L*a*b* (D65) of a colour."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    xyz = (
        (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047,
        0.2126 * red + 0.7152 * green + 0.0722 * blue,
        (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883,
    )
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("theme", THEMES)
def test_classes_are_told_apart(theme: str) -> None:
    colours = load_map_config().distance[theme]
    for one, other in itertools.combinations(colours, 2):
        apart = sum((a - b) ** 2 for a, b in zip(lab(one), lab(other), strict=True))
        assert apart**0.5 >= 15, (one, other)


def test_cells_have_readable_text() -> None:
    distance = load_map_config().distance
    for color in (*distance["tint"], *distance["tint_dark"]):
        assert max(contrast(ink, color) for ink in INKS) >= 4.5


def test_css_holds_every_token_of_every_theme() -> None:
    tokens, config = load_tokens(), load_map_config()
    css = build_tokens_css(tokens, config)
    for theme in THEMES:
        for name, color in tokens[theme].items():
            assert f"--{name}:{color};" in css
    assert set(tokens["light"]) == set(tokens["dark"]) == set(tokens["sun"])
