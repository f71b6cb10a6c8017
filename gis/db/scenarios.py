"""Saved what-if questions: kept, listed, replaced and removed, with their revision."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from gis.db.pool import Database
from gis.db.statements import statement
from layers import Level

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that is read as another
_LENGTH = 12


@dataclass(frozen=True)
class Draft:
    """What a caller says of a scenario, checked.

    Parameters
    ----------
    inputs : of the process what-if
    counts : edits of each kind
    layer_versions : of the layers that its answer depended on when it was saved
    """

    name: str
    note: str
    inputs: Mapping[str, Any]
    counts: Mapping[str, int]
    layer_versions: Mapping[str, int]


@dataclass(frozen=True)
class Scenario:
    """A saved scenario.

    Parameters
    ----------
    level : the one that saved it
    revision : rises with every change
    """

    scenario_id: str
    level: Level
    name: str
    note: str
    inputs: Mapping[str, Any]
    counts: Mapping[str, int]
    layer_versions: Mapping[str, int]
    revision: int
    created_at: datetime
    changed_at: datetime

    def stale(self, versions: Mapping[str, int]) -> list[str]:
        """Layers that have moved on since it was saved."""
        return [
            layer
            for layer, version in self.layer_versions.items()
            if versions.get(layer, 0) != version
        ]


class ScenarioStore:
    """The scenarios of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, level: Level, draft: Draft, *, most: int) -> Scenario | None:
        """Keep a scenario; None where the level has `most` already."""
        with self._database.owner() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            cursor.execute(statement("lock_scenarios"))
            cursor.execute(statement("count_scenarios"), {"level": level.label})
            held = cursor.fetchone()
            if held is not None and held["count"] >= most:
                return None
            name = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
            values = {**_values(draft), "scenario_id": name, "level": level.label}
            cursor.execute(statement("insert_scenario"), values)
            return _scenario(cursor.fetchone() or {})

    def replace(self, scenario_id: str, revision: int, draft: Draft) -> Scenario | None:
        """Change a scenario; None where it is at another revision, or gone."""
        values = {**_values(draft), "scenario_id": scenario_id, "revision": revision}
        with self._database.owner() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            row = cursor.execute(statement("update_scenario"), values).fetchone()
        return _scenario(row) if row else None

    def remove(self, scenario_id: str, revision: int) -> bool:
        """Remove a scenario; False where it is at another revision, or gone."""
        values = {"scenario_id": scenario_id, "revision": revision}
        with self._database.owner() as connection:
            return connection.execute(statement("delete_scenario"), values).rowcount > 0

    def listed(
        self, levels: Sequence[Level], ids: Sequence[str] | None = None
    ) -> list[Scenario]:
        """Scenarios of some levels, the last changed first.

        Parameters
        ----------
        ids : only these, as far as they are there
        """
        values = {
            "levels": [level.label for level in levels],
            "scenario_ids": None if ids is None else list(ids),
        }
        with self._database.owner() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            cursor.execute(statement("read_scenarios"), values)
            return [_scenario(row) for row in cursor]


def _values(draft: Draft) -> dict[str, Any]:
    return {
        "name": draft.name,
        "note": draft.note,
        "inputs": Jsonb(dict(draft.inputs)),
        "counts": Jsonb(dict(draft.counts)),
        "layer_versions": Jsonb(dict(draft.layer_versions)),
    }


def _scenario(row: Mapping[str, Any]) -> Scenario:
    return Scenario(**{**row, "level": Level.parse(row["level"])})
