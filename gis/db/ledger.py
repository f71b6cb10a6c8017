"""The ledger of loads: entries opened and closed, refused and repaired rows read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from gis.db.merge import Progress
from gis.db.pool import Connection, Database
from gis.db.statements import statement


def queue(connection: Connection, layer: str, tell: Progress, total: int) -> None:
    """Take the layer for this transaction, behind any other load of it."""
    free = connection.execute(statement("try_lock_layer"), {"layer": layer}).fetchone()
    if not (free and free[0]):
        tell("排队：等待另一个载入 queued behind another load of this layer", 0, total)
        connection.execute(statement("lock_layer"), {"layer": layer})


def open_load(
    connection: Connection,
    layer: str,
    *,
    actor: str,
    file: str,
    sha256: str = "",
    kind: str = "load",
    mode: str = "upsert",
    options: Mapping[str, Any] | None = None,
    was_empty: bool = False,
    undoes: int | None = None,
    fixes: int | None = None,
    upload: str | None = None,
) -> int:
    """Record a load, an undoing or a retirement; its number."""
    row = connection.execute(
        statement("insert_load"),
        {
            "layer": layer,
            "actor": actor,
            "file": file,
            "sha256": sha256 or None,
            "kind": kind,
            "mode": mode,
            "options": json.dumps(options or {}, ensure_ascii=False),
            "was_empty": was_empty,
            "undoes": undoes,
            "fixes": fixes,
            "upload": upload,
        },
    ).fetchone()
    assert row  # noqa: S101  # RETURNING gives one
    return int(row[0])


def close_load(
    connection: Connection, load_id: int, report: Mapping[str, object]
) -> None:
    """Write what came of a load."""
    text = json.dumps(report, ensure_ascii=False)
    connection.execute(statement("close_load"), {"load_id": load_id, "report": text})


def read_rejects(
    database: Database, load_id: int, *, only_open: bool = False
) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Refused rows of a load: number in the file, reason, the file's own columns."""
    query = statement("read_open_rejects" if only_open else "read_rejects")
    with database.owner() as connection:
        yield from connection.execute(query, {"load_id": load_id})


def read_repairs(
    database: Database, load_id: int
) -> Iterator[tuple[int, str | None, str]]:
    """Repaired rows of a load: number in the file, code, what was done."""
    with database.owner() as connection:
        yield from connection.execute(statement("read_repairs"), {"load_id": load_id})
