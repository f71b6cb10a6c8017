"""What a request may change of a layer's coverage model, within bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from layers import Disc, Layer
from processes._errors import InvalidInput
from processes._spec import Inputs, read_inputs


class RadiusParameters(Inputs):
    """What may be changed in the models `disc` and `representative`."""

    radius_m: float | None = Field(
        None, gt=0, le=100_000, description="radius of every asset, in metres"
    )


class NetworkParameters(Inputs):
    """What may be changed in the model `network`."""

    limit_m: float | None = Field(
        None, gt=0, le=100_000, description="walking distance of every asset, in metres"
    )
    limit_min: float | None = Field(
        None, gt=0, le=600, description="walking time in place of the distance"
    )
    walk_kmh: float = Field(
        4.8, gt=0, le=30, description="walking speed that turns time into distance"
    )
    width_m: float | None = Field(
        None, gt=0, le=1000, description="ground on either side of a road that counts"
    )
    snap_m: float | None = Field(
        None, gt=0, le=5000, description="longest way from an asset to its road"
    )


class WalkedParameters(NetworkParameters):
    """What may be changed in the model `disc` of a layer that names roads."""

    model: Literal["disc", "network"] = Field(
        "disc", description="network: the radius is walked along roads"
    )
    radius_m: float | None = Field(
        None, gt=0, le=100_000, description="radius of every asset, in metres"
    )


class SectorParameters(Inputs):
    """What may be changed in the model `sector`."""

    level: str | None = Field(None, description="image purpose, a code of its table")
    target_height_m: float = Field(
        0.0, ge=0, le=3, description="height above ground at which it must be seen"
    )
    unknown_direction: Literal["disc", "exclude"] | None = Field(
        None, description="what a camera without direction covers: its disc or nothing"
    )
    occlusion: Literal["buildings", "none"] = Field(
        "buildings", description="whether cameras see through buildings: none"
    )
    footprint: Literal["sector", "pinhole"] = Field(
        "sector", description="arcs about the camera, or the picture's trapezoid"
    )


class NoParameters(Inputs):
    """The models `polygon` and `attribute` have no number to change."""


def model_parameters(layer: Layer, given: Mapping[str, object]) -> Inputs:
    """Parameters of a request, checked against the layer's model.

    Raises
    ------
    InvalidInput : naming the parameter and what is allowed
    """
    kinds: Mapping[str, type[Inputs]] = {
        "disc": RadiusParameters,
        "network": NetworkParameters,
        "representative": RadiusParameters,
        "sector": SectorParameters,
    }
    model = layer.coverage.model if layer.coverage else ""
    kind = kinds.get(model, NoParameters)
    if isinstance(layer.coverage, Disc) and layer.coverage.roads:
        kind = WalkedParameters
    try:
        return read_inputs(kind, given)
    except InvalidInput as error:
        raise InvalidInput(
            f"parameters.{error.name}", error.value, error.allowed
        ) from error
