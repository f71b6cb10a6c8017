"""The record of backups: made, tried, restored; when, and whether they were whole."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import psycopg
from psycopg.rows import class_row

from gis.db.pool import Connection, Database
from gis.db.statements import statement
from gis.errors import ClusterError


class Named(Protocol):
    """What of a backup is recorded."""

    @property
    def name(self) -> str:
        """What commands call it."""

    @property
    def rows(self) -> int:
        """Rows of every layer."""

    @property
    def size_bytes(self) -> int:
        """Size of its files."""


@dataclass(frozen=True)
class Drill:
    """One entry: kind is create, verify or restore; told is what was wrong."""

    kind: str
    at: datetime
    name: str
    folder: str
    whole: bool
    told: str
    rows: int
    bytes: int
    seconds: float


def read_drills(connection: Connection) -> dict[str, Drill]:
    """The latest entry of each kind."""
    cursor = connection.cursor(row_factory=class_row(Drill))
    return {one.kind: one for one in cursor.execute(statement("read_drills"))}


@contextlib.contextmanager
def recorded(
    database: Database, kind: str, backup: Named, folder: object
) -> Iterator[None]:
    """Keep what came of the block; a database without the table keeps nothing."""
    begun, told = time.monotonic(), ""
    try:
        yield
    except ClusterError as error:
        told = str(error)
        raise
    finally:
        with (
            contextlib.suppress(psycopg.errors.UndefinedTable, ClusterError),
            database.owner() as connection,
        ):
            connection.execute(
                statement("insert_drill"),
                {
                    "kind": kind,
                    "name": backup.name,
                    "folder": str(folder),
                    "whole": not told,
                    "told": told[:2000],
                    "rows": backup.rows,
                    "bytes": backup.size_bytes,
                    "seconds": round(time.monotonic() - begun, 3),
                },
            )
