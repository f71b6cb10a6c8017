"""Font to glyph ranges: signed distance fields, as map clients ask for them.

Our own map draws text from the reader's fonts; clients that cannot need glyph files.
They are worked out from the Latin font that is set up with the product: the distance of
every point of a glyph's grid to its outline, exactly, without drawing it first.

Notes
-----
The format is that of MapLibre's style specification, `glyphs`: protocol buffers with a
grid per glyph, 24 points to the em, three points of border, a distance of 8 points over
the whole range of a byte and three quarters of it inside.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont
from numpy.typing import NDArray

FONT = "Inter Regular"
#: Characters of one range, and the last range that clients ask for.
RANGE = 256
LAST = 65_280
_EM = 24
_BORDER = 3
_RADIUS = 8.0
_CUTOFF = 0.25
#: From the top of a line to its baseline, as clients count [points].
_BASELINE = 26
_STEPS = np.linspace(0.0, 1.0, 9)[1:]  # of a curve, as straight lines

Floats = NDArray[np.float64]


class _Outline(BasePen):  # type: ignore[misc]  # untyped base
    """Collects the outline of a glyph as straight lines."""

    def __init__(self, glyphs: Any) -> None:  # noqa: ANN401  # the font's glyph set
        super().__init__(glyphs)
        self.lines: list[tuple[float, float, float, float]] = []

    def _moveTo(self, pt: tuple[float, float]) -> None:  # noqa: N802  # the pen's names
        self._first = pt

    def _lineTo(self, pt: tuple[float, float]) -> None:  # noqa: N802
        self.lines.append((*self._getCurrentPoint(), *pt))

    def _qCurveToOne(  # noqa: N802
        self, pt1: tuple[float, float], pt2: tuple[float, float]
    ) -> None:
        before = start = np.asarray(self._getCurrentPoint())
        for t in _STEPS:
            bend = 2 * (1 - t) * t * np.asarray(pt1)
            point = (1 - t) ** 2 * start + bend + t**2 * np.asarray(pt2)
            self.lines.append((*before, *point))
            before = point

    def _closePath(self) -> None:  # noqa: N802
        if self._getCurrentPoint() != self._first:
            self.lines.append((*self._getCurrentPoint(), *self._first))


@lru_cache(maxsize=4)
def _font(path: Path) -> TTFont:
    """The font at its ordinary weight."""
    font = TTFont(path, lazy=False)
    return instantiateVariableFont(font, {"wght": 400}) if "fvar" in font else font


@lru_cache(maxsize=16)
def build_range(path: Path, first: int) -> bytes:
    """Glyphs of 256 characters; those that the font lacks are absent.

    Parameters
    ----------
    path : of the font
    first : code point of the first character, a multiple of 256
    """
    font = _font(path)
    known = font.getBestCmap()
    stack = _text(1, FONT) + _text(2, f"{first}-{first + RANGE - 1}")
    for code in range(first, first + RANGE):
        if code in known:
            stack += _bytes(3, _glyph(font, code, known[code]))
    return _bytes(1, stack)


def _glyph(font: TTFont, code: int, name: str) -> bytes:
    """One glyph as a message."""
    glyphs = font.getGlyphSet()
    pen = _Outline(glyphs)
    glyphs[name].draw(pen)
    scale = _EM / font["head"].unitsPerEm
    advance = round(glyphs[name].width * scale)
    message = _number(1, code)
    if pen.lines:
        lines = np.array(pen.lines, float) * scale
        left, low = np.floor(np.minimum(lines[:, :2], lines[:, 2:]).min(axis=0))
        right, high = np.ceil(np.maximum(lines[:, :2], lines[:, 2:]).max(axis=0))
        field = _field(lines, int(left), int(low), int(right), int(high))
        message += _bytes(2, field.tobytes())
        message += _number(3, int(right - left)) + _number(4, int(high - low))
        message += _number(5, _signed(int(left)))
        message += _number(6, _signed(int(high) - _BASELINE))
    else:
        message += _number(3, 0) + _number(4, 0) + _number(5, 0)
        message += _number(6, _signed(-_BASELINE))
    return message + _number(7, advance)


def _field(
    lines: Floats, left: int, low: int, right: int, high: int
) -> NDArray[np.uint8]:
    """Distances of a glyph's grid to its outline as bytes, (rows, columns).

    Parameters
    ----------
    lines : (n, 4) start and end of the outline's lines [points], y upward
    left, low, right, high : box of the glyph without its border [points]
    """
    x = np.arange(left - _BORDER, right + _BORDER) + 0.5
    y = np.arange(high + _BORDER, low - _BORDER, -1) - 0.5
    px, py = (part[..., None] for part in np.meshgrid(x, y))
    x0, y0, x1, y1 = lines.T
    dx, dy = x1 - x0, y1 - y0
    length = dx * dx + dy * dy
    length[length == 0] = 1.0
    along = np.clip(((px - x0) * dx + (py - y0) * dy) / length, 0.0, 1.0)
    off = np.hypot(px - x0 - along * dx, py - y0 - along * dy).min(axis=-1)
    # crossings of a ray to the right, with their direction: not zero is inside
    side = (px - x0) * dy - (py - y0) * dx
    upward = (y0 <= py) & (py < y1) & (side < 0)
    downward = (y1 <= py) & (py < y0) & (side > 0)
    inside = (upward.sum(axis=-1) - downward.sum(axis=-1)) != 0
    distance = np.where(inside, -off, off)
    shade = 255.0 - 255.0 * (distance / _RADIUS + _CUTOFF)
    found: NDArray[np.uint8] = np.clip(np.round(shade), 0, 255).astype(np.uint8)
    return found


def _signed(value: int) -> int:
    """Zigzag of a signed number."""
    return value << 1 if value >= 0 else -value * 2 - 1


def _varint(value: int) -> Iterator[int]:
    while value > 127:
        yield value & 127 | 128
        value >>= 7
    yield value


def _number(key: int, value: int) -> bytes:
    return bytes([key << 3, *_varint(value)])


def _bytes(key: int, value: bytes) -> bytes:
    return bytes([key << 3 | 2, *_varint(len(value))]) + value


def _text(key: int, value: str) -> bytes:
    return _bytes(key, value.encode())
