"""Results kept by the hash of what they depend on: asked twice, worked out once."""

from __future__ import annotations

from gis.db.pool import Database
from gis.db.statements import statement

KEPT_DAYS = 30


class DatabaseResults:
    """A store of process results in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str) -> str | None:
        """The document kept under a key."""
        with self._database.reader() as connection:
            row = connection.execute(statement("read_result"), {"key": key}).fetchone()
        return str(row[0]) if row else None

    def put(self, key: str, process: str, text: str) -> None:
        """Keep a document; results older than KEPT_DAYS go."""
        with self._database.reader() as connection:
            connection.execute(
                statement("write_result"),
                {"key": key, "process": process, "document": text},
            )
            connection.execute(statement("trim_results"), {"days": KEPT_DAYS})
