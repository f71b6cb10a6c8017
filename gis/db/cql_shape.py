"""Literal geometries of CQL2: read, turned x first, refused where they lie nowhere."""

from __future__ import annotations

import math
from functools import cache

import shapely
import shapely.geometry
from pyproj import CRS

from gis.db.cql_text import Node
from gis.errors import QueryError


@cache
def is_in_degrees(srid: int) -> bool:
    """Whether coordinates of a CRS are longitudes and latitudes."""
    return bool(CRS.from_epsg(srid).is_geographic)


def read_shape(node: Node, *, flip: bool, degrees: bool) -> shapely.Geometry:
    """A literal geometry, x before y; refuses what is none or lies nowhere.

    Parameters
    ----------
    flip : the second coordinate comes first
    degrees : coordinates are longitudes and latitudes
    """
    try:
        if isinstance(node, dict) and "bbox" in node:
            shape = _read_box([read_number(v) for v in node["bbox"]], flip, degrees)
        else:
            shape = shapely.force_2d(shapely.geometry.shape(node))
            if flip:
                shape = shapely.transform(shape, lambda xy: xy[:, ::-1])
        if shape.is_empty or not abs(shapely.get_coordinates(shape)).max() < 1e9:
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError, IndexError,
            shapely.errors.ShapelyError):  # fmt: skip
        raise QueryError("filter", "the geometry cannot be read") from None
    if degrees:
        x, y = abs(shapely.get_coordinates(shape)).max(axis=0)
        if x > 180 or y > 90:
            raise QueryError(
                "filter",
                f"{x:g} degrees of longitude and {y:g} of latitude given, must be "
                "within -180 to 180 and -90 to 90",
            )
    return shape


def _read_box(numbers: list[float], flip: bool, degrees: bool) -> shapely.Geometry:
    """A box of 4 numbers, or of 6 with heights; two where it crosses 180 degrees.

    Raises
    ------
    ValueError : another count of numbers
    """
    half = {4: 2, 6: 3}.get(len(numbers))
    if half is None:
        raise ValueError(len(numbers))
    west, south, east, north = numbers[:2] + numbers[half : half + 2]
    if flip:
        west, south, east, north = south, west, north, east
    if degrees and west > east:
        parts = [shapely.box(west, south, 180, north)]
        parts.append(shapely.box(-180, south, east, north))
        return shapely.union_all(parts)
    return shapely.box(west, south, east, north)


def read_number(value: Node) -> float:
    """A JSON number.

    Raises
    ------
    ValueError : it is none, or not finite
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError
    if not math.isfinite(value):
        raise ValueError
    return float(value)
