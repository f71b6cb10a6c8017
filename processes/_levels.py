"""One question for several divisions of the city, answered in one call.

Each level is a question of its own, with the figures that it has alone; what they
share, the service and its measurement over common parts, is made once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from pydantic import Field

from processes._errors import InvalidInput
from processes._ports import Reader
from processes._reconcile import answered
from processes._spec import Inputs, Process, Result

ALL = "all"
_MOST = 8
_OF_LEVEL = (
    "zone_layer",
    "zone_version",
    "computed_at",
    "zones_not_tiled_by_it",
    "zones",
)

LEVELS: Any = Field(
    (),
    max_length=_MOST,
    description="several layers that divide the city, answered in one call in place of "
    "`zones`; all: every level of the city",
)


class AsksLevels(Protocol):
    """Inputs that name one division, or several."""

    @property
    def zones(self) -> str:
        """The one division."""
        ...

    @property
    def levels(self) -> tuple[str, ...]:
        """The several; none: only `zones`."""
        ...


def asked_levels(inputs: AsksLevels, read: Reader) -> tuple[str, ...]:
    """The divisions of a question.

    Raises
    ------
    InvalidInput : one is named twice, or `all` beside others
    """
    if inputs.levels == (ALL,):
        own = reversed(read.city.zones)  # the coarsest first
        return tuple(id_ for id_ in own if id_ in read.catalogue)
    for level in inputs.levels:
        if inputs.levels.count(level) > 1 or level == ALL:
            allowed = f"must be zone layers, each once, or {ALL} alone"
            raise InvalidInput("levels", ", ".join(inputs.levels), allowed)
    return inputs.levels or (inputs.zones,)


def by_level[T: Inputs](inputs: T, read: Reader) -> list[T]:
    """The question, once for each of its levels."""
    levels = asked_levels(inputs, read)  # type: ignore[arg-type]  # inputs that ask so
    return [
        inputs.model_copy(update={"zones": level, "levels": ()}) for level in levels
    ]


def joined_levels(
    process: Process, inputs: Inputs, answers: Sequence[Result], read: Reader
) -> Result:
    """The rows of every level, which they name; the facts of each by its name."""
    rows = [
        {"level": answer.reconciliation["zone_layer"], **row}
        for answer in answers
        for row in answer.rows
    ]
    facts: dict[str, Any] = dict(answers[0].reconciliation)
    for name in ("process", "process_version", "hash", *_OF_LEVEL):
        facts.pop(name, None)
    versions: dict[str, int] = {}
    for answer in answers:
        versions |= answer.reconciliation["layer_versions"]
    facts["layer_versions"] = dict(sorted(versions.items()))
    facts["levels"] = {
        answer.reconciliation["zone_layer"]: {
            name: answer.reconciliation[name]
            for name in (*_OF_LEVEL, "hash")
            if name in answer.reconciliation
        }
        for answer in answers
    }
    notes = dict.fromkeys(tuple(note.items()) for a in answers for note in a.notes)
    return answered(
        process,
        inputs,
        read,
        rows=rows,
        facts=facts,
        notes=[dict(note) for note in notes],
    )
