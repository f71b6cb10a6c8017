"""How the city's database is doing: for whoever operates it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from gis.db.drills import Drill, read_drills
from gis.db.history import Load, list_loads
from gis.db.pool import Connection, Database
from gis.db.stands import StandState, read_stands
from gis.db.statements import statement
from gis.db.uploads import Upload, read_uploads

_LOADS = 15


@dataclass(frozen=True)
class LayerState:
    """One layer: features valid on and on, its last change, refused rows by load."""

    layer: str
    count: int
    changed_at: datetime | None
    refused: dict[int, int]


@dataclass(frozen=True)
class Operation:
    """One look at the database."""

    postgresql: str
    postgis: str
    bytes: int
    drills: dict[str, Drill]
    layers: list[LayerState]
    loads: list[Load]
    uploads: list[Upload]
    figures: list[StandState]


class Watch:
    """Looks at a database; a layer is counted again only when it changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counts: dict[str, tuple[int, int]] = {}

    def look(self, layers: Iterable[str], loadable: Iterable[str]) -> Operation:
        """How it is now.

        Parameters
        ----------
        layers : those that are told of
        loadable : those whose loads and refused rows are told of

        Raises
        ------
        ClusterError : the database cannot be reached
        """
        told, mine = list(layers), list(loadable)
        with self._database.owner() as connection:
            connection.execute("SET LOCAL statement_timeout = '20s'")
            row = connection.execute(statement("read_server")).fetchone()
            assert row  # noqa: S101  # it has one row
            changes = {
                str(name): (int(version), changed)
                for name, version, changed in connection.execute(
                    statement("read_changes")
                )
            }
            refused: dict[str, dict[int, int]] = {name: {} for name in mine}
            for name, load_id, count in connection.execute(statement("read_refused")):
                if name in refused:
                    refused[name][int(load_id)] = int(count)
            drills = read_drills(connection)
            figures = read_stands(connection)
            states = [
                LayerState(
                    name,
                    self._count(connection, name, changes.get(name, (0, None))[0]),
                    changes[name][1] if changes.get(name, (0, None))[0] else None,
                    refused.get(name, {}),
                )
                for name in told
            ]
        return Operation(
            str(row[0]).split()[0],
            str(row[1]),
            int(row[2]),
            drills,
            states,
            list_loads(self._database, layers=mine, limit=_LOADS),
            read_uploads(self._database, mine, limit=_LOADS),
            figures,
        )

    def _count(self, connection: Connection, layer: str, version: int) -> int:
        known = self._counts.get(layer)
        if known is None or known[0] != version:
            query = statement("count_current").format(
                table=sql.Identifier("city", layer)
            )
            row = connection.execute(query).fetchone()
            known = (version, int(row[0]) if row else 0)
            self._counts[layer] = known
        return known[1]
