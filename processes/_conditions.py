"""What a filter asks of single columns, told of an asset that is only thought of.

A filter over stored rows is answered by the database. Of an asset that no table holds,
the parts joined by AND that compare one column with a literal are read here; a filter
with OR or NOT, or with functions, tells nothing.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
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
    found = []
    own = layer.coverage.where if layer.coverage else None
    for text in (own, *filters):
        if not text or _EITHER.search(text):
            continue
        for part in re.split(r"\bAND\b", text, flags=re.IGNORECASE):
            compared, given = _COMPARED.fullmatch(part), _GIVEN.fullmatch(part)
            if compared and compared[1] in layer.columns:
                column = layer.columns[compared[1]]
                value = _literal(compared[3], column)
                found.append(Condition(compared[1], compared[2], value))
            elif given and given[1] in layer.columns:
                found.append(Condition(given[1], "", None))
    return tuple(found)


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


def _literal(text: str, column: Column) -> object:
    """A literal of CQL2 as the column's type."""
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    if column.type == "boolean":
        return text.upper() == "TRUE"
    return int(text) if column.type == "integer" else float(text)
