"""What a filter asks of single columns, told of an asset that is only thought of.

A filter over stored rows is answered by the database. Of an asset that no table holds,
the parts joined by AND that compare one column with a literal are read here; a filter
with OR or NOT, or with functions, tells nothing.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from layers import Column, Layer

_LITERAL = r"'(?:[^']|'')*'|TRUE|FALSE|-?\d+(?:\.\d+)?"
_COMPARED = re.compile(
    rf"\s*\(?\s*(\w+)\s*(=|<>|<=|>=|<|>)\s*({_LITERAL})\s*\)?\s*", re.IGNORECASE
)
_GIVEN = re.compile(r"\s*\(?\s*(\w+)\s+IS\s+NOT\s+NULL\s*\)?\s*", re.IGNORECASE)
_EITHER = re.compile(r"\bOR\b|\bNOT\b(?!\s+NULL)", re.IGNORECASE)
_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}


@dataclass(frozen=True)
class Condition:
    """What one column must be: `sign` and `value`, or only given (`sign` is "")."""

    column: str
    sign: str
    value: Any

    def __str__(self) -> str:
        """In words of an error message."""
        sign = {"": "given", "=": ""}.get(self.sign, self.sign)
        return " ".join(part for part in (sign, self._told()) if part)

    def _told(self) -> str:
        return repr(self.value) if self.sign else ""

    def holds(self, cell: object) -> bool:
        """Whether a cell that is given is as it must be."""
        if not self.sign:
            return True
        try:
            return bool(_SIGNS[self.sign](cell, self.value))
        except TypeError:  # text beside a number
            return False


def conditions_of(layer: Layer, *filters: str | None) -> tuple[Condition, ...]:
    """What the model of a layer, and filters beside it, ask of columns.

    Parameters
    ----------
    filters : CQL2 texts
    """
    return tuple(part for part in _parts(layer, filters) if part is not None)


def is_read(layer: Layer, *filters: str | None) -> bool:
    """Whether `conditions_of` tells all that the model and the filters ask."""
    return None not in _parts(layer, filters)


def _parts(layer: Layer, filters: Sequence[str | None]) -> list[Condition | None]:
    """What each part of the filters asks; None of one that tells nothing."""
    own = layer.coverage.where if layer.coverage else None
    found: list[Condition | None] = []
    for text in filter(None, (own, *filters)):
        if _EITHER.search(text):
            found.append(None)
            continue
        parts = re.split(r"\bAND\b", text, flags=re.IGNORECASE)
        found += [_condition(layer, part) for part in parts]
    return found


def _condition(layer: Layer, part: str) -> Condition | None:
    """What a comparison of a column with a literal asks."""
    compared, given = _COMPARED.fullmatch(part), _GIVEN.fullmatch(part)
    if compared and compared[1] in layer.columns:
        value = _literal(compared[3], layer.columns[compared[1]])
        return Condition(compared[1], compared[2], value)
    if given and given[1] in layer.columns:
        return Condition(given[1], "", None)
    return None


def contradicted(
    conditions: tuple[Condition, ...], properties: Mapping[str, Any]
) -> Condition | None:
    """The first condition that a given property breaks; what is not given breaks none.

    Examples
    --------
    >>> online = Condition("state", "=", "online")
    >>> contradicted((online,), {"state": "faulty"}) == online
    True
    >>> contradicted((online,), {"state": None}) is None
    True
    """
    for condition in conditions:
        cell = properties.get(condition.column)
        if cell is not None and not condition.holds(cell):
            return condition
    return None


def fulfilled(conditions: tuple[Condition, ...], properties: Mapping[str, Any]) -> bool:
    """Whether all conditions hold; one on what is not given does not.

    Examples
    --------
    >>> online = Condition("state", "=", "online")
    >>> fulfilled((online,), {"state": None})
    False
    """
    cells = [(one, properties.get(one.column)) for one in conditions]
    return all(cell is not None and one.holds(cell) for one, cell in cells)


def _literal(text: str, column: Column) -> object:
    """A literal of CQL2 as the column's type."""
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    if column.type == "boolean":
        return text.upper() == "TRUE"
    return int(text) if column.type == "integer" else float(text)
