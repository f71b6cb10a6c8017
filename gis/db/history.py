"""What was loaded, what each load changed, and how it is taken back.

Undoing is a load too: it is recorded, journaled, and can itself be undone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from gis.db.camera_views import follow
from gis.db.images import identifiers, image, row_names
from gis.db.ledger import close_load, open_load, queue
from gis.db.merge import Progress
from gis.db.pool import Connection, Database
from gis.db.statements import statement
from gis.errors import LoadError
from layers import Catalogue, Layer


@dataclass(frozen=True)
class Load:
    """One entry of the ledger.

    Parameters
    ----------
    kind : load, undo or retire
    report : what came of it, as `LoadReport.as_dict`
    open_rejects : refused rows that no later load mended
    undoes, undone_by, fixes : numbers of other loads
    """

    load_id: int
    started_at: datetime
    kind: str
    layer: str
    mode: str
    actor: str
    file: str
    report: dict[str, Any]
    open_rejects: int
    undoes: int | None = None
    undone_by: int | None = None
    fixes: int | None = None
    sha256: str | None = None
    options: dict[str, Any] | None = None
    journaled: bool = False
    was_empty: bool = False

    @property
    def state(self) -> str:
        """What this load is worth today, in both languages."""
        if self.undone_by is not None:
            return f"已撤销 undone by {self.undone_by}"
        if self.undoes is not None:
            return f"撤销 undoes {self.undoes}"
        return "有效 stands"


def list_loads(
    database: Database, *, layers: Sequence[str] | None = None, limit: int = 50
) -> list[Load]:
    """Loads of some layers, or of every layer, the latest first."""
    wanted = None if layers is None else list(layers)
    with database.owner() as connection:
        cursor = connection.cursor(row_factory=dict_row)
        cursor.execute(statement("list_loads"), {"layers": wanted, "limit": limit})
        return [Load(**row) for row in cursor]


def read_load(database: Database, load_id: int) -> Load:
    """One load.

    Raises
    ------
    LoadError : there is none of this number
    """
    with database.owner() as connection:
        return _read(connection, load_id)


def undo(
    database: Database,
    catalogue: Catalogue,
    load_id: int,
    *,
    actor: str = "cli",
    on_progress: Progress | None = None,
) -> Load:
    """Bring back the rows that stood before a load; the record of the undoing.

    Raises
    ------
    LoadError : saying what stands in the way; nothing is changed
    """
    with database.owner() as connection:
        found = _read(connection, load_id)
        if found.layer not in catalogue:
            raise LoadError(f"{found.layer}: is no layer any more")
        queue(connection, found.layer, on_progress or (lambda *_: None), 0)
        found = _read(connection, load_id)  # while queueing it may have been undone
        layer = catalogue[found.layer]
        parts = _parts(layer)
        parts["load_id"] = sql.Literal(load_id)
        _check_way(connection, found, parts)
        undo_id = open_load(
            connection, layer.id, actor=actor, file=found.file,
            sha256=found.sha256 or "", kind="undo", mode=found.mode, undoes=load_id,
        )  # fmt: skip
        parts["undo_id"] = sql.Literal(undo_id)

        def run(name: str) -> int:
            return connection.execute(statement(name).format(**parts)).rowcount

        run("undo_keep_all" if found.was_empty else "undo_keep")
        removed = run("undo_delete")
        restored = run("undo_restore")
        _check_orphans(connection, catalogue, layer, parts)
        parts["load_id"] = sql.Literal(undo_id)
        run("journal_after")
        connection.execute(
            statement("mark_undone"), {"load_id": load_id, "undo_id": undo_id}
        )
        if found.undoes is not None:
            connection.execute(statement("mark_standing"), {"load_id": load_id})
        report = {"layer": layer.id, "removed": removed, "restored": restored}
        close_load(connection, undo_id, report)
        entry = _read(connection, undo_id)
    follow(database, catalogue, entry.layer)
    return entry


def retire(
    database: Database,
    catalogue: Catalogue,
    layer_id: str,
    codes: Sequence[str],
    day: date,
    *,
    actor: str = "cli",
) -> Load:
    """End the versions of codes that are under way at a day.

    Raises
    ------
    LoadError : a code has no version that a day could end; nothing is changed
    """
    layer = catalogue[layer_id]
    with database.owner() as connection:
        queue(connection, layer_id, lambda *_: None, 0)
        load_id = open_load(
            connection, layer_id, actor=actor, file=", ".join(codes), kind="retire"
        )
        parts = _parts(layer)
        parts |= {
            "load_id": sql.Literal(load_id),
            "day": sql.Literal(day),
            "codes": sql.Literal(list(codes)),
        }
        rows = connection.execute(statement("retire_journal").format(**parts))
        lost = sorted(set(codes) - {str(code) for (code,) in rows})
        if lost:
            raise LoadError(
                f"{layer_id}: {', '.join(lost)}: 该日没有有效版本 no version under way "
                f"before {day}"
            )
        ended = connection.execute(statement("retire").format(**parts)).rowcount
        connection.execute(statement("journal_after").format(**parts))
        close_load(connection, load_id, {"layer": layer_id, "ended": ended})
        entry = _read(connection, load_id)
    follow(database, catalogue, layer_id)
    return entry


def _read(connection: Connection, load_id: int) -> Load:
    cursor = connection.cursor(row_factory=dict_row)
    row = cursor.execute(statement("read_load"), {"load_id": load_id}).fetchone()
    if row is None:
        raise LoadError(
            f"load {load_id}: 没有这次载入 there is no such load (citygrid load list)"
        )
    return Load(**row)


def _parts(layer: Layer) -> dict[str, sql.Composable]:
    """Pieces of SQL about a layer's table."""
    names = row_names(layer)
    return {
        "table": sql.Identifier("city", layer.id),
        "columns": identifiers(names),
        "was_columns": identifiers(names, "was"),
        "old_image": image("old", names),
    }


def _check_way(
    connection: Connection, load: Load, parts: dict[str, sql.Composable]
) -> None:
    """Refuse what cannot be taken back exactly, with the reason."""
    number = f"load {load.load_id}"
    if load.undone_by is not None:
        raise LoadError(
            f"{number}: 已被撤销 is undone already, by load {load.undone_by}; to bring "
            f"it back: citygrid load undo {load.undone_by}"
        )
    if not load.journaled:
        raise LoadError(
            f"{number}: 早于变更日志 was made before row images were kept and cannot "
            "be undone"
        )
    later = connection.execute(
        statement("later_loads"),
        {"load_id": load.load_id, "layer": load.layer, "whole": load.was_empty},
    ).fetchall()
    if later:
        which = ", ".join(f"load {n} ({count:,} codes)" for n, count in later)
        raise LoadError(
            f"{number}: 其后的载入改动了同样的编码 later loads changed the same codes: "
            f"{which}. Undo them first, the latest first"
        )
    if load.was_empty:
        row = connection.execute(statement("count_rows").format(**parts)).fetchone()
        if row and row[0] != load.report.get("loaded"):
            raise LoadError(
                f"{number}: 该表被他法改动过 the table was changed by other means: "
                f"{row[0]:,} rows, {load.report.get('loaded'):,} were loaded"
            )
        return
    rows = connection.execute(statement("strangers").format(**parts)).fetchall()
    if rows:
        codes = ", ".join(str(code) for (code,) in rows)
        raise LoadError(
            f"{number}: 这些行被他法改动过 rows were changed by other means since: "
            f"{codes}"
        )


def _check_orphans(
    connection: Connection,
    catalogue: Catalogue,
    layer: Layer,
    parts: dict[str, sql.Composable],
) -> None:
    """Refuse to take away codes that rows of other layers refer to."""
    for other in catalogue.values():
        for name, column in other.columns.items():
            # what is derived follows what it is derived from
            if column.references != layer.id or other.derived:
                continue
            query = statement("orphans").format(
                **parts,
                other=sql.Identifier("city", other.id),
                column=sql.Identifier(name),
            )
            codes = [str(code) for (code,) in connection.execute(query)]
            if codes and other.id != layer.id:
                raise LoadError(
                    f"{layer.id}: {other.id}.{name} 引用了 refers to "
                    f"{', '.join(codes)}: undo the load of {other.id} first"
                )
