"""The record of files that staff sent: accepted, running, successful or failed."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row

from gis.db.pool import Database
from gis.db.statements import statement

KEPT_DAYS = 30
_OFTEN_S = 1.0  # between two notes of progress within a step


@dataclass(frozen=True)
class Upload:
    """One file that was sent, and what became of it.

    Parameters
    ----------
    state : accepted, running, successful or failed
    step, done, total : what is being done, rows so far, rows in all
    message : why it failed
    load_id : its entry in the ledger; None before it is loaded, and for a dry run
    report : as `LoadReport.as_dict`
    """

    upload_id: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    actor: str
    layer: str
    file: str
    bytes: int
    fixes: int | None
    state: str
    step: str
    done: int
    total: int
    message: str | None
    load_id: int | None
    report: dict[str, Any] | None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("successful", "failed")


def insert_upload(
    database: Database,
    upload_id: str,
    *,
    actor: str,
    layer: str,
    file: str,
    size: int,
    fixes: int | None = None,
) -> None:
    """Record a file that was received whole, and forget those of KEPT_DAYS ago."""
    with database.owner() as connection:
        connection.execute(
            statement("insert_upload"),
            {
                "upload_id": upload_id,
                "actor": actor,
                "layer": layer,
                "file": file,
                "bytes": size,
                "fixes": fixes,
                "days": KEPT_DAYS,
            },
        )


def end_upload(
    database: Database,
    upload_id: str,
    *,
    message: str | None = None,
    report: dict[str, Any] | None = None,
) -> None:
    """Say what came of an upload: a message is why it failed."""
    with database.owner() as connection:
        connection.execute(
            statement("end_upload"),
            {
                "upload_id": upload_id,
                "state": "successful" if message is None else "failed",
                "message": message,
                "report": None if report is None else json.dumps(report),
            },
        )


def read_uploads(
    database: Database,
    layers: Sequence[str],
    *,
    upload_id: str | None = None,
    limit: int = 50,
) -> list[Upload]:
    """Uploads into some layers, the latest first; one of them where it is named.

    An upload whose load is in the ledger was successful, whatever its record says: the
    process that loaded it may have ended before it could tell.
    """
    with database.owner() as connection:
        cursor = connection.cursor(row_factory=dict_row)
        cursor.execute(
            statement("read_uploads"),
            {"layers": list(layers), "upload_id": upload_id, "limit": limit},
        )
        found = [Upload(**row) for row in cursor]
    return [
        replace(one, state="successful", message=None) if one.load_id else one
        for one in found
    ]


class Progress:
    """Notes the progress of an upload: every step, and within a step once a second."""

    def __init__(self, database: Database, upload_id: str) -> None:
        self._database = database
        self._upload_id = upload_id
        self._told = ("", 0.0)

    def __call__(self, step: str, done: int, total: int) -> None:
        """Note it, as `load_source` tells it."""
        now = time.monotonic()
        if step == self._told[0] and now - self._told[1] < _OFTEN_S:
            return
        self._told = (step, now)
        with self._database.owner(autocommit=True) as connection:
            connection.execute(
                statement("step_upload"),
                {
                    "upload_id": self._upload_id,
                    "step": step,
                    "done": done,
                    "total": total,
                },
            )
