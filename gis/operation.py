"""How this deployment runs: what of config/operation.yaml is about figures."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from layers import Catalogue, DeclarationError, Declared, Identifier, read_yaml

FILE = "operation.yaml"


class Retention(Declared):
    """How much the ledger of runs keeps; what is pinned stays beyond it.

    Parameters
    ----------
    kept : runs, the oldest go first
    days : age of a run in days
    megabytes : what all answers and cells together take in the database
    published : runs of each level whose zones stand in coverage_result; the latest
    events : what subscribers may be told again after they were away
    """

    kept: int = Field(2000, ge=10, le=1_000_000)
    days: int = Field(400, ge=1, le=36_500)
    megabytes: int = Field(2000, ge=10, le=1_000_000)
    published: int = Field(40, ge=1, le=1000)
    events: int = Field(10_000, ge=100, le=1_000_000)


class StandingQuestion(Declared):
    """One figure that is kept current, at several levels of zones."""

    service: Identifier
    zones: tuple[Identifier, ...] = Field(min_length=1)
    of: Literal["area", "population"] = "area"


class _File(Declared):
    runs: Retention = Retention()
    standing: tuple[StandingQuestion, ...] = ()


def read_retention(config: Path) -> Retention:
    """What `runs` says; the defaults where it says nothing.

    Raises
    ------
    DeclarationError : an unknown key, or a number beyond its bounds
    """
    return _read(config).runs


def read_standing(config: Path, catalogue: Catalogue) -> tuple[StandingQuestion, ...]:
    """What `standing` says.

    Raises
    ------
    DeclarationError : a service or zones that the city does not have
    """
    found = _read(config).standing
    for i, one in enumerate(found):
        path = f"standing.{i}"
        service = catalogue.get(one.service)
        if service is None or not service.coverage_needs_geometry:
            raise DeclarationError(
                config / FILE, f"{path}.service", f"{one.service} covers no ground"
            )
        for zones in one.zones:
            if zones not in catalogue or catalogue[zones].zone is None:
                raise DeclarationError(
                    config / FILE, f"{path}.zones", f"{zones} divides nothing"
                )
    return found


def _read(config: Path) -> _File:
    path = config / FILE
    if not path.is_file():
        return _File()
    told = {k: v for k, v in read_yaml(path).items() if k in _File.model_fields}
    try:
        return _File.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DeclarationError(path, where, first["msg"]) from error
