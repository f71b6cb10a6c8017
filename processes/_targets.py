"""The plan's targets, read from data/targets: one file each, and their scopes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from layers import DATA, DeclarationError, Declared, Identifier, Title, read_model
from processes._measure import Of

TARGETS = DATA / "targets"
_SCOPES = "scopes.yaml"
_MEASURED_UNITS = ("%", "km2")

TargetId = Annotated[str, Field(pattern=r"^[a-z]{2}-\d{1,2}$")]
Operator = Literal[">=", ">", "<=", "<"]


class ServiceOf(Declared):
    """A service layer of a target, and which of its assets count."""

    layer: Identifier
    where: str | None = None


class DemandOf(Declared):
    """What a target wants covered."""

    layer: Identifier
    where: str | None = None
    weight: Identifier | None = None
    share_min: float = Field(0.0, ge=0, le=1)


class Measure(Declared):
    """Numerator and denominator: what at least one of the services covers."""

    of: Of
    services: tuple[ServiceOf, ...] = Field(min_length=1)
    demand: DemandOf | None = None


class Stations(Declared):
    """How many stations a standard asks for, by people and built-up ground."""

    layer: Identifier
    where: str | None = None
    table: Identifier
    built_up: Identifier
    population: Identifier
    area_per_point_km2: float = Field(gt=0)
    basis: str


class Also(Declared):
    """A second figure shown beside the target's own."""

    id: Identifier
    title: Title
    measure: Measure | None = None
    stations: Stations | None = None

    @model_validator(mode="after")
    def _one(self) -> Also:
        if (self.measure is None) == (self.stations is None):
            raise ValueError("needs one of measure and stations")
        return self


class Target(Declared):
    """One number that the plan promises."""

    id: TargetId
    title: Title
    words: str
    theme: Title
    kind: Literal["measured", "reported"]
    op: Operator
    value: float
    unit: str
    scope: Identifier
    due: date
    order: int
    city_only: Annotated[bool, Field()] = False
    measure: Measure | None = None
    by: Identifier | None = None
    also: tuple[Also, ...] = ()
    basis: str
    note: Title | None = None

    @model_validator(mode="after")
    def _complete(self) -> Target:
        if (self.kind == "measured") != (self.measure is not None):
            raise ValueError("kind measured and key measure go together")
        if self.measure and self.unit not in _MEASURED_UNITS:
            raise ValueError(f"unit of a measured target: one of {_MEASURED_UNITS}")
        if self.by and not (self.measure and self.measure.of == "count"):
            raise ValueError("by: needs a measure of count")
        return self

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers that its figures depend on, zones and reported values apart."""
        named: list[str] = []
        for measure in [self.measure, *(also.measure for also in self.also)]:
            if measure is None:
                continue
            named += [service.layer for service in measure.services]
            named += [measure.demand.layer] if measure.demand else []
        for also in self.also:
            if also.stations:
                built, people = also.stations.built_up, also.stations.population
                named += [also.stations.layer, built, people]
        return tuple(dict.fromkeys(named))


class Scope(Declared):
    """Where a target holds: districts by code, or where a layer has features."""

    title: Title
    districts: tuple[str, ...] = ()
    layer: Identifier | None = None
    note: Title | None = None

    def holds(self, code: str) -> bool:
        """Whether a zone lies in the scope, by its code."""
        return not self.districts or code.startswith(self.districts)


class Scopes(Declared):
    """The scopes of the plan, and the dates at which scorecards are published."""

    dates: tuple[date, ...]
    scopes: dict[Identifier, Scope]


@cache
def load_scopes(folder: Path = TARGETS) -> Scopes:
    """Scopes and dates of data/targets/scopes.yaml."""
    return read_model(folder / _SCOPES, Scopes)


@cache
def load_targets(folder: Path = TARGETS) -> Mapping[str, Target]:
    """Every target by id, in the plan's order.

    Raises
    ------
    DeclarationError : naming file, key path and reason
    """
    scopes = load_scopes(folder).scopes
    found: list[Target] = []
    for path in sorted(folder.glob("*.yaml")):
        if path.name == _SCOPES:
            continue
        target = read_model(path, Target, id=path.stem)
        if target.scope not in scopes:
            raise DeclarationError(path, "scope", f"no scope {target.scope!r}")
        found.append(target)
    found.sort(key=lambda target: (target.order, target.id))
    return {target.id: target for target in found}
