"""Views in another reference system, by a second-order expansion about each camera."""

from __future__ import annotations

import numpy as np

from processes.kernels.arrays import FloatArray, IntArray
from processes.kernels.visibility.compiled import compiled
from processes.kernels.visibility.ewkb import ByteArray

TERMS = 6
_SRID, _PARTS, _FIRST_PART = 5, 9, 13  # places in the bytes of a MultiPolygon


def stencil(x: FloatArray, y: FloatArray, step_m: float) -> tuple[FloatArray, ...]:
    """Points about each camera whose images give the expansion.

    Parameters
    ----------
    x, y : (n,) cameras [m]
    step_m : distance of the points, about the reach of the views

    Returns
    -------
    Two (6, n) arrays: the camera, east, west, north, south, north-east.
    """
    h = step_m
    east = np.array([0.0, h, -h, 0.0, 0.0, h])[:, None]
    north = np.array([0.0, 0.0, 0.0, h, -h, h])[:, None]
    return x + east, y + north


def expansion(image: FloatArray, step_m: float) -> FloatArray:
    """(n, 6) terms 1, x, y, x^2, xy, y^2 of one coordinate, from the stencil's images.

    Notes
    -----
    Taylor series to the second order by central differences. Of a transverse Mercator
    projection the third order is 5e-12 of a radian (0.03 mm) at 1 km.

    Examples
    --------
    >>> at = stencil(np.zeros(1), np.zeros(1), 2.0)
    >>> expansion(3.0 + at[0] - 2 * at[1] + at[0] * at[1], 2.0).tolist()
    [[3.0, 1.0, -2.0, 0.0, 1.0, 0.0]]
    """
    here, east, west, north, south, corner = image
    h = step_m
    x, y = (east - west) / (2 * h), (north - south) / (2 * h)
    xx = (east - 2 * here + west) / (2 * h * h)
    yy = (north - 2 * here + south) / (2 * h * h)
    xy = (corner - here) / (h * h) - x / h - y / h - xx - yy
    return np.column_stack([here, x, y, xx, xy, yy])


def placed(
    source: ByteArray,
    start: IntArray,
    size: IntArray,
    camera: IntArray,
    x: FloatArray,
    y: FloatArray,
    first: FloatArray,
    second: FloatArray,
    srid: int,
) -> ByteArray:
    """The buffer with every point moved into another reference system.

    Parameters
    ----------
    source : EWKB MultiPolygons, little-endian with SRID, as `encoded` writes them
    start, size : (k,) where they stand; size 0 is none
    camera : (k,) whose view each is
    x, y : (n,) about which the expansions are [m]
    first, second : (n, 6) `expansion` of both coordinates
    srid : of the result

    Returns
    -------
    The same places in a buffer of the same size; equal points stay equal bits.
    """
    out = source.copy()
    if len(out) == 0:
        return out
    # numbers that begin at every byte
    value: FloatArray = np.ndarray(len(out) - 7, "<f8", out, strides=(1,))
    _move(out, value, start, size, camera, x, y, first, second, srid)
    return out


@compiled
def _move(
    out: ByteArray,
    value: FloatArray,
    start: IntArray,
    size: IntArray,
    camera: IntArray,
    x: FloatArray,
    y: FloatArray,
    first: FloatArray,
    second: FloatArray,
    srid: int,
) -> None:
    """Move the points where they stand."""
    for k in range(len(start)):
        if size[k] == 0:
            continue
        at, c = start[k], camera[k]
        _put(out, at + _SRID, srid)
        parts = _number(out, at + _PARTS)
        at += _FIRST_PART
        for _ in range(parts):
            rings = _number(out, at + 5)
            at += 9
            for _ in range(rings):
                points = _number(out, at)
                at += 4
                for _ in range(points):
                    dx, dy = value[at] - x[c], value[at + 8] - y[c]
                    value[at] = _at(first, c, dx, dy)
                    value[at + 8] = _at(second, c, dx, dy)
                    at += 16


@compiled
def _at(terms: FloatArray, c: int, dx: float, dy: float) -> float:
    """Value of an expansion at an offset."""
    return float(
        terms[c, 0]
        + dx * (terms[c, 1] + dx * terms[c, 3] + dy * terms[c, 4])
        + dy * (terms[c, 2] + dy * terms[c, 5])
    )


@compiled
def _number(source: ByteArray, at: int) -> int:
    """A 32-bit number."""
    n = 0
    for k in range(4):
        n |= int(source[at + k]) << (8 * k)
    return n


@compiled
def _put(out: ByteArray, at: int, value: int) -> None:
    """Write a 32-bit number."""
    for k in range(4):
        out[at + k] = (value >> (8 * k)) & 255
