"""The ledger of runs as it is read: listed, shown, pinned, published, trimmed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from gis.db.pool import Connection, Database
from gis.db.statements import statement
from gis.errors import NoSuchRun
from gis.operation import Retention
from layers import Catalogue, Level

_PUBLISHING = 0x72756E73  # the lock of whoever publishes; any number of its own


@dataclass(frozen=True)
class RunRecord:
    """One run of the ledger, without its answer.

    Parameters
    ----------
    asked_by, audience : who asked; the lowest level that may see it
    rule : what might be told of a hidden layer; None: the exact answer
    excluded : reason -> assets that did not count
    cell_m, cells : of the cells behind it; None where it has none
    parts : runs that it is joined from
    """

    run_id: str
    process: str
    process_version: str
    code_version: str
    asked_by: Level
    audience: Level
    inputs: Mapping[str, Any]
    layer_versions: Mapping[str, int]
    rule: Mapping[str, Any] | None
    service: str | None
    model: str | None
    parameters: Mapping[str, Any] | None
    zone_layer: str | None
    measure: str | None
    as_of: date | None
    excluded: Mapping[str, int]
    result_hash: str | None
    row_count: int
    seconds: float
    ran_at: datetime
    part: bool
    pinned: str | None
    cell_m: int | None
    cells: int | None
    parts: Sequence[str] | None


@dataclass(frozen=True)
class RunFilter:
    """Which runs are listed; None leaves a condition out.

    Parameters
    ----------
    level : whose runs: those that it may see
    parts : also those that others are joined from
    before : the run after which the page goes on
    """

    level: Level
    process: str | None = None
    service: str | None = None
    zones: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    parts: bool = False
    before: tuple[datetime, str] | None = None
    limit: int = 100


class RunStore:
    """Reads the ledger of runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def listed(self, wanted: RunFilter) -> list[RunRecord]:
        """Runs, the newest first."""
        before, before_id = wanted.before or (None, None)
        values = {
            "levels": _seen_by(wanted.level),
            "process": wanted.process,
            "service": wanted.service,
            "zones": wanted.zones,
            "since": wanted.since,
            "until": wanted.until,
            "parts": wanted.parts,
            "before": before,
            "before_id": before_id,
            "limit": wanted.limit,
        }
        with self._database.reader() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            return [_record(r) for r in cursor.execute(statement("list_runs"), values)]

    def read(self, run_id: str, level: Level) -> RunRecord:
        """One run.

        Raises
        ------
        NoSuchRun : there is none, or the level would not be given this answer
        """
        with self._database.reader() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            cursor.execute(statement("read_run"), {"run_id": run_id})
            row = cursor.fetchone()
        if row is None or Level.parse(row["audience"]) > level:
            raise NoSuchRun(
                f"run {run_id[:80]!r}: there is none, it is kept no longer, or its "
                "exact answer is not for your level"
            )
        return _record(row)

    def document(self, run: RunRecord) -> str:
        """The answer of a run, as `Result.to_text` wrote it."""
        with self._database.reader() as connection:
            row = connection.execute(
                statement("read_result"), {"run_id": run.run_id}
            ).fetchone()
        if row is None:
            raise NoSuchRun(f"run {run.run_id}: it is kept no longer")
        return str(row[0])

    def cells(self, run: RunRecord) -> bytes | None:
        """Parquet of the cells behind a run; None where it has none."""
        with self._database.reader() as connection:
            row = connection.execute(
                statement("read_run_cells"), {"run_id": run.run_id}
            ).fetchone()
        return bytes(row[0]) if row else None

    def pin(self, run_id: str, why: str | None) -> None:
        """Make a run stay, or let it go.

        Raises
        ------
        NoSuchRun : there is none
        """
        with self._database.reader() as connection:
            values = {"run_id": run_id, "pinned": why}
            if connection.execute(statement("pin_run"), values).fetchone() is None:
                raise NoSuchRun(f"run {run_id[:80]!r}: there is none")


def publish_runs(
    database: Database, catalogue: Catalogue, retention: Retention
) -> tuple[int, int]:
    """Put the rows of new runs into their collections, and end what is too old.

    Returns
    -------
    Runs published, runs ended.
    """
    published = 0
    with database.owner() as connection:
        connection.execute(statement("lock_publishing"), {"lock": _PUBLISHING})
        for run_id, process, zones, layers in connection.execute(
            statement("unpublished_runs")
        ).fetchall():
            synthetic = is_synthetic(connection, catalogue, layers)
            values = {"run_id": run_id, "synthetic": synthetic}
            _publish(connection, catalogue, values, str(process), zones)
            published += 1
        ended = _trim(connection, retention)
    return published, ended


def _publish(
    connection: Connection,
    catalogue: Catalogue,
    about: Mapping[str, Any],
    process: str,
    zones: str | None,
) -> None:
    values = {**about, "state": "stands"}
    if process == "scorecard":
        connection.execute(statement("publish_scorecard"), values)
    elif zones is not None and zones in catalogue:
        table = sql.Identifier("city", zones)
        connection.execute(statement("publish_coverage").format(zones=table), values)
    else:
        values["state"] = "none"
    connection.execute(statement("mark_published"), values)


def is_synthetic(
    connection: Connection, catalogue: Catalogue, layers: Iterable[str]
) -> bool:
    """Whether a figure rests on rows that somebody made up."""
    for layer in layers:
        if layer in catalogue:
            query = statement("has_synthetic").format(
                table=sql.Identifier("city", layer)
            )
            row = connection.execute(query).fetchone()
            if row and row[0]:
                return True
    return False


def _trim(connection: Connection, retention: Retention) -> int:
    """End runs beyond the retention, withdraw their zones; how many were ended."""
    values = retention.model_dump()
    gone = connection.execute(statement("trim_runs"), values).fetchall()
    connection.execute(statement("trim_run_parts"))
    outdated = connection.execute(statement("outdated_runs"), values).fetchall()
    runs = [str(run_id) for (run_id,) in outdated]
    connection.execute(statement("mark_withdrawn"), {"runs": runs})
    runs += [str(run_id) for run_id, state in gone if state == "stands"]
    if runs:  # a statement that does nothing would move the version
        connection.execute(statement("withdraw_coverage"), {"runs": runs})
    connection.execute(statement("trim_edits"))
    connection.execute(statement("trim_events"), values)
    return len(gone)


def _seen_by(level: Level) -> list[str]:
    return [one.label for one in Level if one <= level]


def _record(row: Mapping[str, Any]) -> RunRecord:
    values = dict(row)
    for name in ("asked_by", "audience"):
        values[name] = Level.parse(values[name])
    return RunRecord(**values)
