"""How a file is to be loaded: what the command line and the API both may say."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

MODES = ("upsert", "snapshot", "correct")


@dataclass(frozen=True)
class LoadRequest:
    """The options of one load, before the mapping file they may name is read.

    Parameters
    ----------
    layer, datum : None where the mapping file states them
    mapping : name of a mapping file of the configuration
    maps, sets : header -> column, column -> value of every row
    table : which sheet, table or file of an archive
    """

    layer: str | None = None
    datum: str | None = None
    mapping: str | None = None
    mode: str = "upsert"
    maps: dict[str, str] = field(default_factory=dict)
    sets: dict[str, str] = field(default_factory=dict)
    valid_from: date | None = None
    source: str | None = None
    table: str | None = None
    encoding: str | None = None
    header_row: int | None = None
    allow_outside: bool = False
    dry_run: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The options as JSON types."""
        day = self.valid_from.isoformat() if self.valid_from else None
        return asdict(self) | {"valid_from": day}

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> LoadRequest:
        """The options that `as_dict` told."""
        day = told.get("valid_from")
        return cls(**told | {"valid_from": date.fromisoformat(day) if day else None})


def option_names(text: str) -> str:
    """A message in which options of the command line are parameters.

    Examples
    --------
    >>> option_names("say which with --table: a, b")
    'say which with table: a, b'
    """
    return re.sub(r"(?<![\w-])--([a-z])", r"\1", text)
