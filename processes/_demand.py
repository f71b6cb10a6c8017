"""The demand of a question: its layer filled in, its weight checked, its unit named."""

from __future__ import annotations

from typing import Protocol

from processes._errors import InvalidInput
from processes._measure import USUAL_DEMAND, Demand, Of
from processes._ports import Reader
from processes._services import Service

_WEIGHED: tuple[Of, ...] = ("population", "count")


class AsksDemand(Protocol):
    """Inputs that name what is to be covered."""

    @property
    def of(self) -> Of:
        """What is measured."""
        ...

    @property
    def demand(self) -> str | None:
        """The layer that holds it."""
        ...

    @property
    def demand_where(self) -> str | None:
        """CQL2 text that selects among its features."""
        ...

    @property
    def weight(self) -> str | None:
        """Column that a feature counts by."""
        ...


def asked_demand(
    inputs: AsksDemand, read: Reader, service: Service | None, share_min: float = 0.0
) -> Demand:
    """The demand of a question.

    Parameters
    ----------
    service : what covers; a flag is a demand of its own

    Raises
    ------
    InvalidInput : the measure needs a layer and none was named, or it counts no
        features and a weight or a share was
    """
    of, weight = inputs.of, inputs.weight
    if of not in _WEIGHED:
        allowed = f"must be absent: of={of} counts no features"
        if weight is not None:
            raise InvalidInput("weight", weight, allowed)
        if share_min:
            raise InvalidInput("share_min", share_min, allowed)
    layer = _layer(of, inputs.demand, service)
    unit = None
    if weight is not None and layer is not None and layer in read.catalogue:
        column = read.catalogue[layer].columns.get(weight)
        unit = column.unit.strip("{}") if column and column.unit else None
    return Demand(
        of=of,
        layer=layer,
        where=inputs.demand_where,
        weight=weight,
        share_min=share_min,
        weight_unit=unit,
    )


def _layer(of: Of, demand: str | None, service: Service | None) -> str | None:
    """The demand layer of a question, filled in where it goes without saying."""
    if demand is not None or of == "area":
        return demand
    if of in USUAL_DEMAND:
        return USUAL_DEMAND[of]
    if of == "count" and service is not None and service.flag is not None:
        return service.layer
    needed = "a line layer" if of == "length" else "a layer of places"
    raise InvalidInput("demand", "nothing", f"of={of} needs {needed}")
