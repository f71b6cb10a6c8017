"""Datums and coordinate systems that a file may be in -> CGCS2000 degrees.

WGS 84 and CGCS2000 agree within a metre (EPSG publishes no parameters between them),
so they are taken as one; GCJ-02 and BD-09 are inverted iteratively.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyproj
from numpy.typing import NDArray

from gis.errors import LoadError
from layers import City, transformer
from processes.kernels.datum import bd09_to_wgs84, gcj02_to_wgs84

Coordinates = NDArray[np.float64]
Conversion = Callable[[Coordinates], Coordinates]

DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")
_GEOGRAPHIC = {4326, 4490}
_ZONE_PREFIX = 1_000_000  # an easting of eight digits begins with its zone's number


def conversion(datum: str, city: City) -> Conversion:
    """(n, 2) coordinates of a datum -> lon, lat in CGCS2000 degrees.

    Raises
    ------
    LoadError : the word is no datum and no EPSG code
    """
    word = datum.strip().lower()
    if word in ("wgs84", "cgcs2000"):
        return lambda xy: xy
    if word in ("gcj02", "bd09"):
        inverse = gcj02_to_wgs84 if word == "gcj02" else bd09_to_wgs84
        return lambda xy: np.column_stack(inverse(xy[:, 0], xy[:, 1]))
    match = re.fullmatch(r"(?:epsg:)?(\d{4,6})", word)
    if not match:
        raise LoadError(
            f"--datum: {datum!r} given, must be one of {', '.join(DATUMS)} "
            "or an EPSG code such as EPSG:4549"
        )
    srid = int(match[1])
    if srid in _GEOGRAPHIC:
        return lambda xy: xy
    try:
        to_degrees = transformer(srid, city.stored_srid)
    except pyproj.exceptions.CRSError as error:
        raise LoadError(f"--datum: EPSG:{srid} is not known") from error
    false_easting = _false_easting(srid)

    def convert(xy: Coordinates) -> Coordinates:
        x, y = xy[:, 0], xy[:, 1]
        if false_easting is not None and false_easting < _ZONE_PREFIX:
            # the same coordinates written with the zone's number in front
            x = np.where(x > 10 * _ZONE_PREFIX, x % _ZONE_PREFIX, x)
        return np.column_stack(to_degrees.transform(x, y))

    return convert


def _false_easting(srid: int) -> float | None:
    """False easting of a transverse Mercator system in metres, else None."""
    operation: Any = pyproj.CRS.from_epsg(srid).coordinate_operation
    if operation is None or "Transverse Mercator" not in operation.method_name:
        return None
    return next((p.value for p in operation.params if p.name == "False easting"), None)
