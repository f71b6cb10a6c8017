"""What several processes ask in the same words: types of inputs, named once.

A process gives the default; description and limits stand here, and in the published
schema of every process that asks.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import Field

_CQL2_CHARACTERS = 4000

ServiceLayer = Annotated[str, Field(description="layer that covers, e.g. camera")]
ZoneLayer = Annotated[str, Field(description="layer that divides the city")]
AsOf = Annotated[date | None, Field(description="date of the answer; today if absent")]
Where = Annotated[
    str | None,
    Field(
        max_length=_CQL2_CHARACTERS,
        description="CQL2 text: which assets of the service count",
    ),
]
State = Annotated[
    str | None,
    Field(
        max_length=60,
        description="only assets of this state, a code of the layer",
    ),
]
OpenAt = Annotated[
    str | None,
    Field(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="only assets that are open at this time of day, HH:MM",
    ),
]
DemandLayer = Annotated[
    str | None,
    Field(
        description="layer that is to be covered: lines for length, people for "
        "population, places for count; for area, the polygons to stay within",
    ),
]
DemandWhere = Annotated[
    str | None,
    Field(
        max_length=_CQL2_CHARACTERS,
        description="CQL2 text: which features of the demand count",
    ),
]
Weight = Annotated[
    str | None,
    Field(description="number column of the demand that a feature counts by"),
]
PlaceShare = Annotated[
    float,
    Field(
        ge=0,
        le=1,
        description="least covered share from which a place counts as covered; "
        "0: any part of it",
    ),
]
ModelParameters = Annotated[
    dict[str, Any],
    Field(
        description="numbers of the coverage model to use instead of the declared ones",
    ),
]
Within = Annotated[
    tuple[str, ...],
    Field(max_length=500, description="zone codes: only zones that begin with them"),
]
