"""GCJ-02 and BD-09 to and from WGS-84, degrees, lon before lat.

No official formula is published; this is the public one that map programs share.
Outside its box (72.004 to 137.8347 E, 0.8293 to 55.8271 N) nothing is shifted. The
inverse is iterated until it stands still: better than a tenth of a millimetre against
the forward formula. How well the formula agrees with a provider's own service is not
known: allow 1 to 3 m.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from processes.kernels.arrays import BoolArray, FloatArray

LonLat = tuple[FloatArray, FloatArray]

_A = 6378245.0
_E2 = 0.00669342162296594323
_BD_TURN = np.pi * 3000.0 / 180.0
_ROUNDS = 30
_STILL_DEG = 1e-12


def _is_shifted(lon: FloatArray, lat: FloatArray) -> BoolArray:
    return (lon >= 72.004) & (lon <= 137.8347) & (lat >= 0.8293) & (lat <= 55.8271)


def _waves(value: FloatArray, *terms: tuple[float, float]) -> FloatArray:
    """Two thirds of the sum of a * sin(pi * value * f)."""
    total = np.zeros_like(value)
    for amplitude, frequency in terms:
        total = total + amplitude * np.sin(np.pi * value * frequency)
    return total * 2.0 / 3.0


def wgs84_to_gcj02(lon: FloatArray, lat: FloatArray) -> LonLat:
    """GCJ-02 position of a WGS-84 one.

    Parameters
    ----------
    lon, lat : (n,) degrees

    Examples
    --------
    >>> lon, lat = wgs84_to_gcj02(np.array([120.1632]), np.array([30.2741]))
    >>> lon.round(8).tolist(), lat.round(8).tolist()
    ([120.16787073], [30.27175648])
    """
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    short = _waves(x, (20.0, 6.0), (20.0, 2.0))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north = north + short + _waves(y, (20.0, 1.0), (40.0, 1 / 3))
    north = north + _waves(y, (160.0, 1 / 12), (320.0, 1 / 30))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east = east + short + _waves(x, (20.0, 1.0), (40.0, 1 / 3))
    east = east + _waves(x, (150.0, 1 / 12), (300.0, 1 / 30))
    phi = np.radians(lat)
    w2 = 1.0 - _E2 * np.sin(phi) ** 2
    metres_north = _A * (1.0 - _E2) / (w2 * np.sqrt(w2))
    metres_east = _A / np.sqrt(w2) * np.cos(phi)
    shifted = _is_shifted(lon, lat)
    return (
        np.where(shifted, lon + np.degrees(east / metres_east), lon),
        np.where(shifted, lat + np.degrees(north / metres_north), lat),
    )


def gcj02_to_bd09(lon: FloatArray, lat: FloatArray) -> LonLat:
    """BD-09 position of a GCJ-02 one, degrees.

    Examples
    --------
    >>> lon, lat = gcj02_to_bd09(np.array([120.16787073]), np.array([30.27175648]))
    >>> lon.round(6).tolist(), lat.round(6).tolist()
    ([120.174463], [30.277471])
    """
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _inverse(
    forward: Callable[[FloatArray, FloatArray], LonLat],
    lon: FloatArray,
    lat: FloatArray,
) -> LonLat:
    """Fixed point of p = target - (forward(p) - p)."""
    guess_lon, guess_lat = lon.copy(), lat.copy()
    for _ in range(_ROUNDS):
        there_lon, there_lat = forward(guess_lon, guess_lat)
        step_lon, step_lat = lon - there_lon, lat - there_lat
        guess_lon, guess_lat = guess_lon + step_lon, guess_lat + step_lat
        largest = np.maximum(np.abs(step_lon), np.abs(step_lat))
        if not np.any(largest > _STILL_DEG):
            break
    return guess_lon, guess_lat


def gcj02_to_wgs84(lon: FloatArray, lat: FloatArray) -> LonLat:
    """WGS-84 position of a GCJ-02 one, degrees.

    Examples
    --------
    >>> lon, lat = gcj02_to_wgs84(np.array([120.16787073]), np.array([30.27175648]))
    >>> lon.round(7).tolist(), lat.round(7).tolist()
    ([120.1632], [30.2741])
    """
    return _inverse(wgs84_to_gcj02, lon, lat)


def bd09_to_gcj02(lon: FloatArray, lat: FloatArray) -> LonLat:
    """GCJ-02 position of a BD-09 one, degrees."""
    return _inverse(gcj02_to_bd09, lon, lat)


def wgs84_to_bd09(lon: FloatArray, lat: FloatArray) -> LonLat:
    """BD-09 position of a WGS-84 one, degrees."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: FloatArray, lat: FloatArray) -> LonLat:
    """WGS-84 position of a BD-09 one, degrees."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))
