"""Features that are only thought of: GeoJSON of a request as features of a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from layers import Column, Features, Layer, transformer
from processes._errors import InvalidInput
from processes._ports import Reader
from processes._services import service_columns
from processes.kernels.arrays import GeometryArray

MOST_FEATURES = 1000
_MOST_COORDINATES = 100_000
_LATTICE_M = 0.001
_DEGREES = ("CRS84", "4490", "4326")


def geojson_features(given: object, name: str) -> list[Mapping[str, Any]]:
    """The features of a GeoJSON document: a collection, a list, or one feature.

    Raises
    ------
    InvalidInput : another kind of document, or too many features
    """
    found = given
    if isinstance(given, Mapping):
        kind = given.get("type")
        found = given.get("features") if kind == "FeatureCollection" else [given]
        _check_crs(given, name)
    if not isinstance(found, Sequence) or isinstance(found, str):
        raise InvalidInput(name, type(given).__name__, "must be GeoJSON features")
    if len(found) > MOST_FEATURES:
        raise InvalidInput(name, len(found), f"must be at most {MOST_FEATURES}")
    for i, feature in enumerate(found):
        if not isinstance(feature, Mapping) or feature.get("type") != "Feature":
            raise InvalidInput(f"{name}.{i}", "another type", "must be a Feature")
    return list(found)


def _check_crs(document: Mapping[str, Any], name: str) -> None:
    """Refuse GeoJSON that says it is in another system than degrees, lon and lat.

    Raises
    ------
    InvalidInput : its member `crs` (of 2008; RFC 7946 has none) names another
    """
    stated = document.get("crs")
    if stated is None:
        return
    properties = stated.get("properties") if isinstance(stated, Mapping) else None
    crs = properties.get("name") if isinstance(properties, Mapping) else stated
    if not (isinstance(crs, str) and crs.rsplit(":", 1)[-1].upper() in _DEGREES):
        allowed = "must be absent or CRS84, EPSG:4490 or EPSG:4326: lon, lat in degrees"
        raise InvalidInput(f"{name}.crs", crs, allowed)


def code_of(feature: Mapping[str, Any]) -> str | None:
    """The code of a GeoJSON feature: its id, else its property `code`."""
    properties = feature.get("properties") or {}
    code = feature.get("id", properties.get("code"))
    return None if code is None else str(code)


def thought_of(
    read: Reader,
    layer: Layer,
    features: Sequence[Mapping[str, Any]],
    name: str,
    *,
    like: Sequence[Mapping[str, Any]] | None = None,
) -> Features:
    """Features as the layer would hold them, on the millimetre lattice.

    Parameters
    ----------
    like : (n,) stored properties that hold where one is not given

    Raises
    ------
    InvalidInput : a geometry or a property that the layer cannot hold
    """
    names = service_columns(layer)
    codes = np.empty(len(features), dtype=object)
    columns: dict[str, list[Any]] = {column: [] for column in names}
    for i, feature in enumerate(features):
        codes[i] = code_of(feature) or f"new-{i + 1}"
        given = dict(feature.get("properties") or {})
        for key, value in given.items():
            if key not in layer.all_columns:
                known = ", ".join(layer.all_columns)
                raise InvalidInput(
                    f"{name}.{i}.{key}", value, f"must be a column: {known}"
                )
        for column in names:
            cell = None
            if column in given:
                cell = _cell(
                    given[column], layer.columns[column], f"{name}.{i}.{column}"
                )
            elif like is not None:
                cell = like[i][column]
            columns[column].append(cell)
    return Features(
        layer=layer.id,
        srid=read.city.working_srid,
        version=read.version(layer.id),
        code=codes,
        geometry=_places(read, layer, features, name),
        columns={
            column: _array(cells, layer.columns[column])
            for column, cells in columns.items()
        },
    )


def _places(
    read: Reader, layer: Layer, features: Sequence[Mapping[str, Any]], name: str
) -> GeometryArray:
    """Geometries in metres; of the kind that the layer holds."""
    allowed = {layer.geometry, layer.geometry.removeprefix("Multi")}
    project = transformer(read.city.stored_srid, read.city.working_srid).transform
    west, south, east, north = read.city.extent
    found = np.empty(len(features), dtype=object)
    for i, feature in enumerate(features):
        try:
            shape = shapely.geometry.shape(feature.get("geometry") or {})
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            raise InvalidInput(
                f"{name}.{i}", "geometry", f"GeoJSON: {error}"
            ) from error
        kind = shape.geom_type
        if kind not in allowed or shape.is_empty:
            wanted = " or ".join(sorted(allowed))
            raise InvalidInput(f"{name}.{i}", kind, f"must be a {wanted}")
        xy = shapely.get_coordinates(shape)
        if len(xy) > _MOST_COORDINATES:
            allowed_text = f"must be at most {_MOST_COORDINATES} coordinates"
            raise InvalidInput(f"{name}.{i}", len(xy), allowed_text)
        inside = (xy >= (west, south)).all() and (xy <= (east, north)).all()
        if not inside:
            place = f"{xy[0, 0]:g}, {xy[0, 1]:g}"
            box = f"{west:g} to {east:g}, {south:g} to {north:g}"
            raise InvalidInput(f"{name}.{i}", place, f"must be lon, lat within {box}")
        metres = shapely.transform(
            shape, lambda at: np.column_stack(project(at[:, 0], at[:, 1]))
        )
        found[i] = _snapped(metres)
        if found[i].is_empty or not shapely.is_valid(found[i]):
            reason = shapely.is_valid_reason(found[i])
            raise InvalidInput(f"{name}.{i}", kind, f"must be valid: {reason}")
    return found


def _snapped(shape: BaseGeometry) -> BaseGeometry:
    """A geometry on the lattice, corners in their order; mended where that breaks it.

    Notes
    -----
    The lattice marks a geometry; it is taken off again, so that cutting is not rounded.
    """
    snapped = shapely.set_precision(shape, _LATTICE_M, mode="pointwise")
    if not shapely.is_valid(snapped):
        snapped = shapely.set_precision(shapely.make_valid(shape), _LATTICE_M)
    return shapely.set_precision(snapped, 0.0, mode="pointwise")


def _cell(value: object, column: Column, name: str) -> object:
    """A property as the column's type.

    Raises
    ------
    InvalidInput : it is of another type, or out of bounds
    """
    if value is None:
        return None
    match column.type:
        case "integer" | "number":
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise InvalidInput(name, value, "must be a number")
            low, high = column.min, column.max
            if not np.isfinite(value) or (low is not None and value < low):
                raise InvalidInput(name, value, f"must be at least {low}")
            if high is not None and value > high:
                raise InvalidInput(name, value, f"must be at most {high}")
        case "boolean":
            if not isinstance(value, bool):
                raise InvalidInput(name, value, "must be true or false")
        case _:
            if not isinstance(value, str):
                raise InvalidInput(name, value, "must be text")
    return value


def _array(cells: Sequence[Any], column: Column) -> NDArray[Any]:
    if column.type in ("integer", "number"):
        return np.array([np.nan if c is None else c for c in cells], np.float64)
    found = np.empty(len(cells), dtype=object)
    found[:] = cells
    return found
