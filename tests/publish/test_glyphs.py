"""Glyphs: distances to the outline, as clients read them."""

import numpy as np
import pytest

from gis.publish import glyphs
from gis.web import ROOT as WEB

FONT = WEB / "vendor" / "inter" / "inter-latin-wght-normal.woff2"


def fields(data):
    """Number and value of every field of a message."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        if key & 7:
            size = varint()
            yield key >> 3, data[at : at + size]
            at += size
        else:
            yield key >> 3, varint()


def glyph(code):
    ((_, stack),) = fields(glyphs.build_range(FONT, code - code % 256))
    for number, value in fields(stack):
        if number == 3:
            found = dict(fields(value))
            if found[1] == code:
                return found
    return None


def test_a_square_has_the_distances_of_a_square():
    square = np.array(
        [(0, 0, 10, 0), (10, 0, 10, 10), (10, 10, 0, 10), (0, 10, 0, 0)], float
    )
    field = glyphs._field(square, 0, 0, 10, 10)
    assert field.shape == (16, 16)
    # 255 - 255 (d / 8 + 1/4): half a point inside, then outside, then a corner
    for (row, column), distance in {
        (3, 8): -0.5,
        (2, 8): 0.5,
        (8, 8): -4.5,
        (2, 2): 0.5 * 2**0.5,
    }.items():
        shade = round(255 - 255 * (distance / 8 + 0.25))
        assert field[row, column] == min(shade, 255)
    reverse = square[::-1][:, [2, 3, 0, 1]]
    assert (glyphs._field(reverse, 0, 0, 10, 10) == field).all()
    hole = np.vstack([square, reverse * 0.2 + 4])
    assert glyphs._field(hole, 0, 0, 10, 10)[8, 8] < 192


@pytest.mark.parametrize("code", [ord("A"), ord("g"), ord("é"), ord("0")])
def test_a_glyph_has_its_grid(code):
    found = glyph(code)
    assert len(found[2]) == (found[3] + 6) * (found[4] + 6)
    field = np.frombuffer(found[2], np.uint8).reshape(found[4] + 6, found[3] + 6)
    assert (field[0] < 192).all()
    assert (field[:, 0] < 192).all()
    assert 0.1 < (field >= 192).mean() < 0.5
    assert 5 < found[7] < 24


def test_a_space_has_a_width_and_a_chinese_character_is_left_to_the_reader():
    space = glyph(ord(" "))
    assert 2 not in space
    assert space[7] > 3
    assert glyph(ord("杭")) is None
