"""Services that are reached on foot: the model `network` over a layer of roads."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import shapely

from layers import Disc, Features, Network
from processes._buildings import Kept
from processes._errors import InvalidInput
from processes._parameters import NetworkParameters
from processes._ports import Reader
from processes._spec import Inputs
from processes.kernels import arc, network
from processes.kernels.arrays import GeometryArray

_NAMED = 100
_ROADS: Kept[network.Network] = Kept(2)


def as_walked(model: Disc) -> Network:
    """A disc model with its radius walked along its roads."""
    return Network(
        model="network",
        basis=model.basis,
        roads=model.roads or "",
        limit_m=model.radius_m,
        limit_column=model.radius_column,
    )


def refuse_walking(chosen: Inputs) -> None:
    """Refuse numbers of a walk where nothing is walked.

    Raises
    ------
    InvalidInput : one of them is given
    """
    for name in sorted(chosen.model_fields_set & NetworkParameters.model_fields.keys()):
        allowed = "must be absent unless parameters.model is network"
        raise InvalidInput(f"parameters.{name}", getattr(chosen, name), allowed)


def walked(
    read: Reader,
    features: Features,
    model: Network,
    chosen: Inputs,
    as_of: date | None,
    facts: dict[str, Any],
) -> GeometryArray:
    """(n,) ground beside the roads that are walked from each feature.

    Parameters
    ----------
    chosen : limit_m (or radius_m), or limit_min and walk_kmh; width_m; snap_m
    facts : takes model, parameters and what reaches nothing

    Raises
    ------
    InvalidInput : both a distance and a time are given
    """
    asked = chosen.model_dump()
    own = asked.get("limit_m") or asked.get("radius_m")
    minutes = asked.get("limit_min")
    if own and minutes:
        allowed = "must be absent beside a distance"
        raise InvalidInput("parameters.limit_min", minutes, allowed)
    if minutes:
        own = minutes / 60.0 * asked["walk_kmh"] * 1000.0
    limit = np.full(len(features), own or model.limit_m)
    column = model.limit_column if own is None else None
    if column:
        stated = features.columns[column]
        limit = np.where(np.isfinite(stated), stated, limit)
    width_m = asked.get("width_m") or model.width_m
    snap_m = asked.get("snap_m") or model.snap_m
    places = features.geometry
    if len(places) and (shapely.get_dimensions(places) > 0).any():
        places = shapely.point_on_surface(places)
    shape = network.catchments(
        _roads(read, model.roads, as_of), places, limit, snap_m=snap_m, width_m=width_m
    )
    lost = shapely.is_missing(shape)
    facts["model"] = "network"
    facts["parameters"] = {
        "roads": model.roads,
        "limit_m": own or model.limit_m,
        "limit_column": column,
        "limit_min": minutes,
        "walk_kmh": asked["walk_kmh"] if minutes else None,
        "width_m": width_m,
        "snap_m": snap_m,
    }
    facts["arc"] = {
        "quad_segs": network.QUAD_SEGS,
        "rule": "ST_Buffer of reached roads: vertices of round ends on the circle",
        "area_bias": arc.chord_bias(90.0 / network.QUAD_SEGS),
        "area_bias_of": "round parts",
    }
    facts["unreachable"] = {
        "assets": int(np.count_nonzero(lost)),
        "codes": [str(code) for code in features.code[lost][:_NAMED]],
        "why": f"no road within {snap_m:g} m, or the way to it is the whole limit",
    }
    return shape


def _roads(read: Reader, layer: str, as_of: date | None) -> network.Network:
    """The roads of a date as a graph, kept while they are the same."""
    snapshot = read.snapshot(layer, as_of)

    def made() -> network.Network:
        return network.network_of(read.features(layer, as_of=as_of).geometry)

    return _ROADS.get(snapshot, made)
