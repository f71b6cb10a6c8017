"""A service layer turned into the ground that it covers, by its coverage model.

The model and its numbers stand in the layer's file; `parameters` of a request replace
some of them, within bounds, and both are repeated in the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import orjson
import shapely

from layers import (
    Attribute,
    Disc,
    Features,
    Layer,
    Network,
    OwnPolygon,
    Representative,
    Sector,
)
from processes._errors import InvalidInput
from processes._optics import optics_columns
from processes._parameters import model_parameters
from processes._ports import Reader
from processes._shapes import Shapes, has_ground
from processes._spec import Inputs
from processes._views import ViewQuestion, ground_seen
from processes._walk import as_walked, refuse_walking, walked
from processes.kernels import arc
from processes.kernels.arrays import BoolArray, FloatArray, GeometryArray, IntArray
from processes.kernels.written import Written, geometry_of

_NO_SHAPES: GeometryArray = np.empty(0, dtype=object)
_NO_ASSETS: IntArray = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Service:
    """The ground that a layer covers, or the flag that it carries.

    Parameters
    ----------
    layer : the service layer
    features : what was read, also what covers nothing
    ground : (m,) polygons in the working CRS, as objects or as they are written; empty
        for the model `attribute`
    flag : (n,) whether a feature itself is covered (model `attribute`)
    facts : model, parameters, basis, counts: for the reconciliation
    asset : (m,) position of the feature that each shape is of
    made : what the ground was made from, and that ground
    """

    layer: str
    features: Features
    ground: Shapes
    flag: BoolArray | None
    facts: Mapping[str, Any] = field(default_factory=dict)
    asset: IntArray = field(default_factory=lambda: _NO_ASSETS)
    made: tuple[object, Shapes] | None = None

    @property
    def shape(self) -> GeometryArray:
        """(m,) the ground as geometry objects."""
        return geometry_of(self.ground)

    @property
    def source(self) -> object:
        """What the shapes are made from, equal for equal shapes only; None: unknown.

        It is told of all that was made, not of a choice among it.
        """
        return self.made[0] if self.made and self.made[1] is self.ground else None


def service_layers(read: Reader) -> list[str]:
    """Layers that declare a coverage model."""
    return [id_ for id_, layer in read.catalogue.items() if layer.coverage]


def read_service(
    read: Reader,
    layer_id: str,
    *,
    where: str | None = None,
    as_of: date | None = None,
    parameters: Mapping[str, object] | None = None,
) -> Service:
    """What a service layer covers at a date.

    Parameters
    ----------
    where : CQL2 text beside the model's own
    parameters : replace the model's, see `model_parameters`

    Raises
    ------
    InvalidInput : the layer declares no coverage, or a parameter is not usable
    """
    layer = read.catalogue.get(layer_id)
    if layer is None or layer.coverage is None:
        known = ", ".join(service_layers(read))
        raise InvalidInput("service", layer_id, f"must be one of {known}")
    model = layer.coverage
    _check_closed("where", where)
    both = " AND ".join(f"({text})" for text in (model.where, where) if text) or None
    features = read.features(
        layer_id,
        columns=service_columns(layer),
        where=both,
        as_of=as_of,
        geometry=not isinstance(model, Attribute),
    )
    found = service_of(
        read, features, as_of=as_of, where=both, parameters=parameters, stored=True
    )
    snapshots = [read.snapshot(id_, as_of) for id_ in service_reads(read, layer_id)]
    if features.version != snapshots[0].version:
        return found
    given = orjson.dumps(dict(parameters or {}), option=orjson.OPT_SORT_KEYS)
    return replace(found, made=((tuple(snapshots), both, given), found.ground))


def service_of(
    read: Reader,
    features: Features,
    *,
    as_of: date | None = None,
    where: str | None = None,
    parameters: Mapping[str, object] | None = None,
    stored: bool = False,
) -> Service:
    """What features cover by the model of their layer, stored or only thought of.

    Parameters
    ----------
    features : with the columns that `service_columns` names
    as_of : date of the buildings that hide
    where : how they were chosen, repeated in the facts
    stored : they are all that the layer holds under `where` at the date
    """
    layer = read.catalogue[features.layer]
    model = layer.coverage
    if model is None:
        known = ", ".join(service_layers(read))
        raise InvalidInput("service", layer.id, f"must be one of {known}")
    chosen = model_parameters(layer, parameters or {})
    facts: dict[str, Any] = {
        "service": layer.id,
        "model": model.model,
        "basis": model.basis,
        "where": where,
        "assets": len(features),
    }
    flag = None
    shape: Shapes = _NO_SHAPES
    match model:
        case OwnPolygon():
            given = features.shapes
            shape = given if isinstance(given, Written) else features.geometry
        case Attribute():
            flag = np.array([bool(v) for v in features.columns[model.column]], np.bool_)
            facts["parameters"] = {"column": model.column}
        case Disc() if getattr(chosen, "model", "disc") == "network":
            shape = walked(read, features, as_walked(model), chosen, as_of, facts)
        case Disc():
            refuse_walking(chosen)
            shape = _discs(features, model, chosen, facts)
        case Network():
            shape = walked(read, features, model, chosen, as_of, facts)
        case Representative():
            shape = _representative(features, model, chosen, read, facts)
        case Sector():
            question = _view_question(model, chosen)
            shape, found = ground_seen(
                read, features, model, question, as_of=as_of, where=where, stored=stored
            )
            facts |= _view_facts(found, question)
    facts.setdefault("parameters", {})
    if shape is not _NO_SHAPES:
        held = np.flatnonzero(has_ground(shape))
        shape = shape[held]
        facts["assets_with_area"] = len(shape)
        return Service(layer.id, features, shape, flag, facts, held)
    return Service(layer.id, features, shape, flag, facts)


def _check_closed(name: str, text: str | None) -> None:
    """Refuse a filter that closes a parenthesis it did not open.

    It stands in parentheses beside the model's own condition and must stay inside.
    """
    depth, quote = 0, ""
    for sign in text or "":
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        else:
            depth += (sign == "(") - (sign == ")")
        if depth < 0:
            break
    if depth or quote:
        raise InvalidInput(name, text, "must be CQL2 with its parentheses closed")


def service_columns(layer: Layer) -> tuple[str, ...]:
    """Columns that the model of a layer reads."""
    match layer.coverage:
        case Disc(radius_column=str(column)) | Network(limit_column=str(column)):
            return (column,)
        case Attribute() as model:
            return (model.column,)
        case Representative() as model:
            return (model.by,)
        case Sector():
            return optics_columns(layer)
    return ()


def _arc_facts() -> dict[str, Any]:
    return {
        "step_deg": arc.ARC_STEP_DEG,
        "quad_segs": arc.QUAD_SEGS,
        "rule": "equal area: vertices at radius * factor",
        "disc_radius_factor": float(arc.radius_factor(arc.ARC_STEP_DEG)),
        "area_bias": 0.0,
    }


def _discs(
    features: Features, model: Disc, chosen: Inputs, facts: dict[str, Any]
) -> GeometryArray:
    """Discs about points; of lines and polygons, everything within the radius."""
    own = getattr(chosen, "radius_m", None)
    radius = np.full(len(features), own or model.radius_m)
    if model.radius_column and own is None:
        column = features.columns[model.radius_column]
        radius = np.where(np.isfinite(column), column, radius)
    facts["parameters"] = {
        "radius_m": own or model.radius_m,
        "radius_column": model.radius_column if own is None else None,
    }
    return _round(features, radius, facts)


def _round(
    features: Features, radius_m: FloatArray, facts: dict[str, Any]
) -> GeometryArray:
    """Everything within a radius of each feature."""
    facts["arc"] = _arc_facts()
    is_point = shapely.get_dimensions(features.geometry) == 0
    if is_point.all():
        return arc.discs(
            shapely.get_x(features.geometry),
            shapely.get_y(features.geometry),
            radius_m,
        )
    facts["arc"]["rule"] = "ST_Buffer with quad_segs: vertices on the circle"
    facts["arc"].pop("disc_radius_factor")
    facts["arc"]["area_bias"] = arc.chord_bias(arc.ARC_STEP_DEG)
    facts["arc"]["area_bias_of"] = "round parts"
    shape: GeometryArray = shapely.buffer(
        features.geometry, radius_m, quad_segs=arc.QUAD_SEGS
    )
    return shape


def _representative(
    features: Features,
    model: Representative,
    chosen: Inputs,
    read: Reader,
    facts: dict[str, Any],
) -> GeometryArray:
    """Discs whose radius a standard gives by the feature's type."""
    own = getattr(chosen, "radius_m", None)
    table = read.codes(model.table)
    by_type = {code: float(row["radius_m"]) for code, row in table.items()}
    kinds = features.columns[model.by]
    radius = np.array([own or by_type.get(kind, np.nan) for kind in kinds], np.float64)
    facts["parameters"] = {"radius_m": own or by_type}
    facts["excluded"] = {"type_unknown": int(np.count_nonzero(np.isnan(radius)))}
    return _round(features, radius, facts)


def service_reads(read: Reader, layer: str) -> tuple[str, ...]:
    """Layers that a service depends on: its own, what hides, the roads; () if none."""
    if layer not in read.catalogue or read.catalogue[layer].coverage is None:
        return ()
    model = read.catalogue[layer].coverage
    others = (getattr(model, name, None) for name in ("hidden_by", "roads"))
    return (layer, *(id_ for id_ in others if id_))


def with_hiding(read: Reader, layers: Iterable[str]) -> tuple[str, ...]:
    """Layers, and those behind whose features the cameras among them see nothing."""
    named = [id_ for layer in layers for id_ in (layer, *service_reads(read, layer))]
    return tuple(dict.fromkeys(id_ for id_ in named if id_ in read.catalogue))


def _view_question(model: Sector, chosen: Inputs) -> ViewQuestion:
    """The view that a request asks for, the declared one where it says nothing."""
    return ViewQuestion(
        levels=(getattr(chosen, "level", None) or model.range.level,),
        policy=getattr(chosen, "unknown_direction", None) or model.unknown_direction,
        target_height_m=getattr(chosen, "target_height_m", 0.0),
        footprint=getattr(chosen, "footprint", "sector"),
        occlusion=getattr(chosen, "occlusion", "buildings"),
    )


def _view_facts(found: Mapping[str, Any], question: ViewQuestion) -> dict[str, Any]:
    """Facts of the views of one level, its parameters in one place."""
    (level,) = question.levels
    about = found["levels"][level]
    return {
        **{k: v for k, v in found.items() if k not in _VIEW_PARAMETERS},
        "parameters": {
            "level": level,
            "pixels_per_m": about["pixels_per_m"],
            "target_height_m": question.target_height_m,
            "unknown_direction": question.policy,
            "footprint": question.footprint,
            "occlusion": question.occlusion,
        },
        "level_basis": about["basis"],
        "states": found["states"][level],
    }


_VIEW_PARAMETERS = (
    "levels", "target_height_m", "unknown_direction", "footprint", "over_roofs",
)  # fmt: skip
