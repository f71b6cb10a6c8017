"""Positions -> both stored geometries: degrees as served, metres as measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.load.datum import Conversion
from gis.load.mending import mend_polygons
from gis.load.reasons import Reasons
from gis.load.repairs import Repairs
from layers import City, Layer, transformer

Geometries = NDArray[np.object_]

_FAMILY = {
    "Point": {0},
    "LineString": {1},
    "MultiLineString": {1, 5},
    "Polygon": {3},
    "MultiPolygon": {3, 6},
}
_NAMES = {
    0: "Point", 1: "LineString", 2: "LinearRing", 3: "Polygon", 4: "MultiPoint",
    5: "MultiLineString", 6: "MultiPolygon", 7: "GeometryCollection",
}  # fmt: skip


@dataclass(frozen=True)
class Shapes:
    """Both geometries of n rows; None where a row is refused.

    Parameters
    ----------
    geom : (n,) in the stored CRS, degrees
    geom_m : (n,) in the working CRS, metres, every coordinate a whole millimetre
    """

    geom: Geometries
    geom_m: Geometries


def build_shapes(
    geometry: Geometries,
    layer: Layer,
    city: City,
    convert: Conversion,
    reasons: Reasons,
    repairs: Repairs,
) -> Shapes:
    """Stored geometries of the rows.

    Parameters
    ----------
    convert : coordinates of the file -> CGCS2000 degrees
    reasons : rows that cannot be stored get one here
    repairs : what was mended is noted here
    """
    shapes = geometry.copy()
    reasons.refuse(shapely.is_missing(shapes), "没有位置 geometry is missing")
    reasons.refuse(shapely.is_empty(shapes), "位置为空 geometry is empty")
    thick = shapely.has_z(shapes) | shapely.has_m(shapes)
    if thick.any():
        repairs.note("三维坐标取平面 third dimension dropped", thick)
        shapes = shapely.force_2d(shapes)
    _fit_type(shapes, layer, reasons)
    if layer.geometry != "Point":
        _drop_repeated(shapes, reasons.accepted, repairs)
    usable = reasons.accepted

    degrees = _transformed(shapes, usable, convert)
    _check_turned(shapes, degrees, city, convert, reasons)
    _check_degrees(degrees, reasons)
    usable &= reasons.accepted
    to_metres = transformer(city.stored_srid, city.working_srid)
    metres = _transformed(degrees, usable, _projected(to_metres, digits=3))

    if layer.geometry in ("Polygon", "MultiPolygon"):
        again = _check_rings(degrees, metres, usable, layer, reasons, repairs)
        again &= reasons.accepted
        if again.any():
            back = _projected(transformer(city.working_srid, city.stored_srid))
            degrees[again] = _transformed(metres, again, back)[again]
    elif layer.geometry in ("LineString", "MultiLineString"):
        short = usable & (shapely.length(metres) == 0)
        reasons.refuse(short, "线长为零 line has no length")
    refused = ~reasons.accepted
    degrees[refused] = metres[refused] = None
    return Shapes(degrees, metres)


def _drop_repeated(shapes: Geometries, usable: Any, repairs: Repairs) -> None:  # noqa: ANN401  # any mask
    """Leave out points that repeat the one before them."""
    before = shapely.get_num_coordinates(shapes)
    slim = shapes.copy()
    slim[usable] = shapely.remove_repeated_points(shapes[usable])
    fewer = usable & (shapely.get_num_coordinates(slim) < before)
    # what has too few points left is refused by the checks that follow
    fewer &= ~shapely.is_empty(slim)
    shapes[fewer] = slim[fewer]
    repairs.note("去掉重复点 repeated points removed", fewer)


def _check_rings(
    degrees: Geometries,
    metres: Geometries,
    usable: NDArray[np.bool_],
    layer: Layer,
    reasons: Reasons,
    repairs: Repairs,
) -> NDArray[np.bool_]:
    """Turn outer rings anticlockwise and mend polygons, both in place.

    Returns
    -------
    (n,) polygons whose degrees must be made of their metres again: mended ones, and
    those that are valid on the lattice only
    """
    turned = usable.copy()
    turned[usable] = ~_are_anticlockwise(degrees[usable])
    repairs.note("外环改为逆时针 outer rings turned anticlockwise", turned)
    metres[usable] = shapely.orient_polygons(metres[usable])
    degrees[usable] = shapely.orient_polygons(degrees[usable])
    was_valid = shapely.is_valid(degrees)
    mended = usable & ~shapely.is_valid(metres)
    mend_polygons(metres, mended, was_valid, layer, reasons, repairs)
    crossed = usable & ~was_valid & ~mended
    flat = crossed.copy()
    flat[crossed] = shapely.area(shapely.make_valid(degrees[crossed])) == 0
    reasons.refuse(flat, "面积为零 polygon has no area")
    crossed &= ~flat
    repairs.note("取整到毫米 snapped to the millimetre", crossed)
    return np.asarray(mended | crossed, dtype=bool)


def _are_anticlockwise(polygons: Geometries) -> NDArray[np.bool_]:
    """(n,) whether the outer rings of all parts run anticlockwise."""
    parts, index = shapely.get_parts(polygons, return_index=True)
    good = np.ones(len(polygons), dtype=bool)
    good[index[~shapely.is_ccw(shapely.get_exterior_ring(parts))]] = False
    return good


def _fit_type(shapes: Geometries, layer: Layer, reasons: Reasons) -> None:
    """Make parts of multi-geometries, and the other way round where one part is all."""
    kinds = shapely.get_type_id(shapes)
    single = layer.geometry.removeprefix("Multi")
    multi_id = {"Point": 4, "LineString": 5, "Polygon": 6}[single]
    if not layer.geometry.startswith("Multi"):
        lone = (kinds == multi_id) & (shapely.get_num_geometries(shapes) == 1)
        shapes[lone] = shapely.get_geometry(shapes[lone], 0)
    else:
        parts = kinds == {"LineString": 1, "Polygon": 3}[single]
        maker = (
            shapely.multilinestrings
            if single == "LineString"
            else shapely.multipolygons
        )
        for row in np.flatnonzero(parts):
            shapes[row] = maker([shapes[row]])
    kinds = shapely.get_type_id(shapes)
    for kind in np.unique(kinds[reasons.accepted]):
        if kind not in _FAMILY[layer.geometry]:
            name = _NAMES.get(int(kind), "unknown")
            reasons.refuse(
                kinds == kind,
                f"几何类型 {name}，应为 geometry is {name}, must be {layer.geometry}",
            )


def _transformed(shapes: Geometries, usable: Any, change: Conversion) -> Geometries:  # noqa: ANN401  # any mask
    """Copies of the usable shapes with changed coordinates; None for the others."""
    out = np.full(len(shapes), None, dtype=object)
    out[usable] = shapely.transform(shapes[usable], change)
    return out


def _projected(projection: Any, digits: int | None = None) -> Conversion:  # noqa: ANN401  # untyped library class
    """A projection as a change of (n, 2) coordinates, rounded where asked."""

    def change(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        out = np.column_stack(projection.transform(xy[:, 0], xy[:, 1]))
        return out if digits is None else np.round(out, digits)

    return change


def _check_turned(
    shapes: Geometries,
    degrees: Geometries,
    city: City,
    convert: Conversion,
    reasons: Reasons,
) -> None:
    """Refuse positions outside the city that lie in it once their axes are turned.

    That is a latitude in the column of longitudes, or a northing for an easting, which
    surveyors write as x.
    """
    box = shapely.box(*city.extent)
    with np.errstate(invalid="ignore"):
        outside = ~shapely.is_missing(degrees) & ~shapely.intersects(degrees, box)
    if not outside.any():
        return
    turned = _transformed(shapes, outside, lambda xy: convert(xy[:, ::-1]))
    reasons.refuse(
        outside & shapely.within(turned, box),
        "经纬度或纵横坐标颠倒 longitude and latitude, or easting and northing, are "
        "swapped; --map them the other way round",
    )


def _check_degrees(degrees: Geometries, reasons: Reasons) -> None:
    """Refuse positions that are no degrees."""
    bounds = shapely.bounds(degrees)
    with np.errstate(invalid="ignore"):
        missing = np.isnan(bounds).any(axis=1)
        wild = ~missing & (
            (np.abs(bounds[:, [0, 2]]).max(axis=1) > 180)
            | (np.abs(bounds[:, [1, 3]]).max(axis=1) > 90)
            | ~np.isfinite(bounds).all(axis=1)
        )
    reasons.refuse(wild, "坐标不是经纬度 coordinates are not degrees, wrong --datum?")
    reasons.refuse(missing, "坐标不是有限数 must be finite")
