"""Standing results as they are stored: rows in coverage_result, state, events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

import orjson
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from gis.db.pool import Connection, Database
from gis.db.runs import is_synthetic
from gis.db.statements import statement
from gis.errors import ClusterError
from layers import Catalogue

_LOCK = 0x6C697665  # who holds it keeps the standing results; any number of its own
_CHANNELS = ("citygrid_layer", "citygrid_run")
#: The server stops, crashed, starts, ended an idle session, or has no connection left.
_AWAY = frozenset(["57P01", "57P02", "57P03", "57P05", "53300"])


@dataclass(frozen=True)
class Figure:
    """One standing row as it is told and compared.

    Parameters
    ----------
    audience : word of the level from which it is seen
    """

    zone_layer: str
    zone_id: str
    zone_name: str | None
    covered: float
    total: float
    unit: str
    coverage_ratio: float | None
    reason: str | None
    audience: str


@dataclass(frozen=True)
class Stand:
    """What a standing result answers, and when it was measured.

    Parameters
    ----------
    versions : of every layer that it depends on
    whole : measured anew, not followed
    """

    standing_id: str
    service: str
    measure: str
    demand: str | None
    model: str | None
    parameters: Mapping[str, Any]
    as_of: date
    versions: Mapping[str, int]
    code_version: str
    whole: bool
    seconds: float


class Watch:
    """One connection that waits for changes and holds the lock of who follows them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._owner = database.owner(autocommit=True)
        self._connection: Connection

    def __enter__(self) -> Self:
        """Connect and listen."""
        self._connection = self._owner.__enter__()
        for channel in _CHANNELS:
            self._connection.execute(
                sql.SQL("LISTEN {}").format(sql.Identifier(channel))
            )
        return self

    def __exit__(self, *error: object) -> None:
        """Let the lock go and disconnect."""
        self._connection.close()

    def is_mine(self) -> bool:
        """Whether nobody else follows changes; it stays so while this is connected."""
        row = self._connection.execute(statement("lock_live"), {"lock": _LOCK})
        found = row.fetchone()
        return bool(found and found[0])

    def wait(self, seconds: float) -> set[str]:
        """Names of the channels on which something was told within a time."""
        told = set()
        for notice in self._connection.notifies(timeout=seconds, stop_after=1):
            told.add(notice.channel)
        for notice in self._connection.notifies(timeout=0):
            told.add(notice.channel)
        return told

    def versions(self, layers: Sequence[str]) -> dict[str, int]:
        """Versions of some layers, of one moment."""
        rows = self._connection.execute(
            statement("live_versions"), {"layers": list(layers)}
        )
        return {str(layer): int(version) for layer, version in rows}

    def changed_codes(
        self, layer: str, since: int, until: int, most: int
    ) -> list[str] | None:
        """Codes of the rows that changed in a layer; None: too many, or unknown."""
        row = self._connection.execute(
            statement("changed_codes").format(table=sql.Identifier("city", layer)),
            {"layer": layer, "since": since, "until": until, "most": most},
        ).fetchone()
        if row is None or row[0] or row[1] is None or len(row[1]) > most:
            return None
        return [str(code) for code in row[1]]


def read_figures(database: Database, stand: Stand) -> dict[tuple[str, str], Figure]:
    """The rows of a standing result as they are stored, by zone layer and code.

    Returns
    -------
    Nothing where they are of other zones or another day, so that all are to be written.
    """
    values = {
        "standing_id": stand.standing_id,
        "as_of": stand.as_of,
        "code_version": stand.code_version,
        "versions": Jsonb(dict(stand.versions)),
    }
    with database.owner() as connection:
        rows = connection.execute(statement("read_standing"), values).fetchall()
    return {(row[0], row[1]): Figure(*row) for row in rows}


def write_stand(
    database: Database,
    catalogue: Catalogue,
    stand: Stand,
    before: Mapping[tuple[str, str], Figure],
    after: Sequence[Figure],
    events: Sequence[tuple[str, Mapping[str, Any]]],
) -> None:
    """Write what changed, the state, and what is told of it, in one transaction.

    Parameters
    ----------
    before : rows that are stored; empty: all are written anew
    after : rows that differ from them, or all
    events : audience and body of what subscribers are told
    """
    about = {
        "standing_id": stand.standing_id,
        "service": stand.service,
        "measure": stand.measure,
        "demand": stand.demand,
        "model": stand.model,
        "parameters": orjson.dumps(stand.parameters).decode(),
        "as_of": stand.as_of,
        "versions": Jsonb(dict(stand.versions)),
        "code_version": stand.code_version,
        "whole": stand.whole,
        "seconds": stand.seconds,
    }
    with database.owner() as connection:
        failed = connection.execute(statement("drop_stand_problem"), about).fetchone()
        if failed:
            connection.execute(statement("mark_stale"), {**about, "stale": False})
        if not before:
            about["synthetic"] = is_synthetic(connection, catalogue, stand.versions)
            connection.execute(statement("drop_standing"), about)
            for layer in dict.fromkeys(figure.zone_layer for figure in after):
                mine = [figure for figure in after if figure.zone_layer == layer]
                table = sql.Identifier("city", layer)
                connection.execute(
                    statement("write_standing").format(zones=table),
                    {**about, "zone_layer": layer, **_columns(mine)},
                )
        elif after:
            connection.execute(statement("move_standing"), {**about, **_columns(after)})
        connection.execute(statement("write_stand"), about)
        for audience, body in events:
            connection.execute(
                statement("write_event"),
                {**about, "audience": audience, "body": Jsonb(dict(body))},
            )
        if events or failed:
            connection.execute(statement("tell_event"))


def write_problem(
    database: Database, standing_id: str, problem: str, *, again_s: float | None
) -> None:
    """Say why a standing result is not current, in its rows since when.

    Parameters
    ----------
    again_s : until it is tried again [s]; None: once a layer that it reads changes
    """
    about = {"standing_id": standing_id, "problem": problem, "again_s": again_s}
    with database.owner() as connection:
        row = connection.execute(statement("write_stand_problem"), about).fetchone()
        if row and row[0] == 1:
            connection.execute(statement("mark_stale"), {**about, "stale": True})
            connection.execute(statement("tell_event"))


def drop_stands(database: Database, wanted: Sequence[str]) -> None:
    """Take away standing results that nobody declares any more."""
    with database.owner() as connection:
        rows = connection.execute(
            statement("undeclared_stands"), {"wanted": list(wanted)}
        ).fetchall()
        for (standing_id,) in rows:
            connection.execute(statement("drop_standing"), {"standing_id": standing_id})
            connection.execute(statement("drop_stand"), {"standing_id": standing_id})
            connection.execute(
                statement("drop_stand_problem"), {"standing_id": standing_id}
            )


def is_away(error: Exception) -> bool:
    """Whether the database went away; not what it refused, or did not do in time."""
    if isinstance(error, psycopg.OperationalError):
        state = error.sqlstate
        return state is None or state.startswith("08") or state in _AWAY
    return isinstance(error, ClusterError | psycopg.InterfaceError)


def _columns(figures: Sequence[Figure]) -> dict[str, list[Any]]:
    """Figures as the arrays that a statement unnests."""
    return {
        "zone_layers": [figure.zone_layer for figure in figures],
        "zone_ids": [figure.zone_id for figure in figures],
        "covered": [figure.covered for figure in figures],
        "total": [figure.total for figure in figures],
        "units": [figure.unit for figure in figures],
        "ratios": [figure.coverage_ratio for figure in figures],
        "reasons": [figure.reason for figure in figures],
        "audiences": [figure.audience for figure in figures],
    }
