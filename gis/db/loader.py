"""Checked rows -> a layer's table: one transaction, COPY, versions by natural key.

A version is (code, valid_from). A row equal to its version is left; a changed row of a
later date closes the version before it; a changed row of the same date takes its place,
and what stood there is kept in ledger.replaced.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.csv
import shapely
from psycopg import sql

from gis.db.outline import read_known_codes, read_outline
from gis.db.pool import Connection, Database
from gis.db.proof import datum_proof
from gis.db.statements import statement
from gis.errors import LoadError
from gis.load import Context, LoadReport, Prepared, Source, prepare
from gis.load.read import from_frame
from layers import Catalogue, City, load_codes

_BATCH = 50_000
Progress = Callable[[str, int, int], None]


def load_frame(
    database: Database,
    catalogue: Catalogue,
    city: City,
    layer: str,
    frame: pd.DataFrame,
    **options: Any,  # noqa: ANN401  # passed on to load_source
) -> LoadReport:
    """Load rows made in memory; see `load_source`."""
    source = from_frame(str(options.pop("name", "memory")), frame)
    return load_source(database, catalogue, city, layer, source, **options)


def load_source(
    database: Database,
    catalogue: Catalogue,
    city: City,
    layer: str,
    source: Source,
    *,
    datum: str,
    valid_from: date | None = None,
    source_name: str | None = None,
    mapping: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    synonyms: Mapping[str, str] | None = None,
    allow_outside: bool = False,
    dry_run: bool = False,
    actor: str = "cli",
    on_progress: Progress | None = None,
) -> LoadReport:
    """Load the rows of a source into a layer.

    Parameters
    ----------
    datum : wgs84, cgcs2000, gcj02, bd09 or an EPSG code
    valid_from : date of rows that carry none; today when not given
    source_name : text for column `source` of rows that carry none
    mapping, constants : header -> column, column -> value of every row
    synonyms : header in lower case -> column, as the configuration declares
    allow_outside : accept features outside the city's outline
    dry_run : do everything and undo it
    on_progress : called with step, rows done, rows in all

    Raises
    ------
    LoadError : the file as a whole cannot become this layer; nothing is written
    """
    declared = catalogue[layer]
    if declared.derived:
        raise LoadError(f"{layer}: is written by processes, no file is loaded into it")
    tell = on_progress or (lambda *_: None)
    with database.owner() as connection:
        free = connection.execute(statement("try_lock_layer"), {"layer": layer})
        if not _first(free):
            tell(
                "等待另一个载入 waiting for another load of this layer", 0, len(source)
            )
            connection.execute(statement("lock_layer"), {"layer": layer})
        outline = None if allow_outside else read_outline(connection, city, layer)
        referred = {
            column.references
            for column in declared.columns.values()
            if column.references
        }
        context = Context(
            layer=declared,
            city=city,
            datum=datum,
            valid_from=valid_from or date.today(),
            source=source_name or source.name,
            codes={
                column.codes: load_codes(column.codes)
                for column in declared.columns.values()
                if column.codes
            },
            known={
                other: read_known_codes(connection, other)
                for other in referred
                if other != layer
            },
            outline=outline,
            mapping=mapping or {},
            constants=constants or {},
            synonyms=synonyms or {},
        )
        tell("检查 checking", 0, len(source))
        prepared = prepare(source, context)
        report = LoadReport(
            layer=layer,
            file=source.name,
            read=prepared.read,
            repaired=prepared.repaired,
            refused=len(prepared.rejects),
            masked=prepared.masked,
            reasons=prepared.reasons,
            repairs=dict(prepared.repairs),
            datum_proof=datum_proof(
                connection,
                city,
                datum,
                source,
                prepared,
                is_zone=declared.zone is not None,
            ),
            notes=[*source.notes, *prepared.notes],
            dry_run=dry_run,
        )
        if prepared.unmapped:
            report.notes.append(
                "未用的列 columns not taken: " + ", ".join(prepared.unmapped)
            )
        _write(connection, layer, prepared, report, tell)
        _record(connection, source, prepared, report, actor)
        if dry_run:
            connection.rollback()
            report.load_id = None
    tell("完成 done", len(source), len(source))
    return report


def _write(
    connection: Connection,
    layer: str,
    prepared: Prepared,
    report: LoadReport,
    tell: Progress,
) -> None:
    """Put the rows into the table, by the short way where it is empty."""
    count = len(prepared.columns["code"])
    if count == 0:
        return
    table = sql.Identifier("city", layer)
    names = list(prepared.columns)
    if prepared.shapes is not None:
        names += ["geom", "geom_m"]
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    empty = not _first(
        connection.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(table))
    )
    if empty and not _several_versions(prepared):
        with _without_indexes(connection, layer, tell):
            _copy(connection, table, columns, prepared, tell)
        report.loaded = count
        return
    staged = sql.Identifier("incoming")
    connection.execute(
        sql.SQL(
            "CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} LIMIT 0"
        ).format(staged, columns, table)
    )
    _copy(connection, staged, columns, prepared, tell)
    connection.execute(sql.SQL("CREATE INDEX ON {} (code, valid_from)").format(staged))
    connection.execute(sql.SQL("ANALYZE {}").format(staged))
    _merge(connection, table, staged, names, report)
    connection.execute(sql.SQL("DROP TABLE {}").format(staged))


def _merge(
    connection: Connection,
    table: sql.Composable,
    staged: sql.Composable,
    names: list[str],
    report: LoadReport,
) -> None:
    """Fit staged rows into the timeline of each code."""
    parts = {
        "table": table,
        "staged": staged,
        "columns": sql.SQL(", ").join(map(sql.Identifier, names)),
        "old": _row("old", names),
        "new": _row("new", names),
        "old_content": _row("old", [n for n in names if not n.startswith("valid_")]),
        "new_content": _row("new", [n for n in names if not n.startswith("valid_")]),
        "sets": sql.SQL(", ").join(
            sql.SQL("{0} = new.{0}").format(sql.Identifier(n)) for n in names
        ),
        "layer": sql.Literal(report.layer),
    }

    def run(name: str) -> int:
        return connection.execute(statement(name).format(**parts)).rowcount

    report.unchanged = run("merge_unchanged")
    run("merge_fit_new")
    run("merge_keep_replaced")
    replaced = run("merge_replace")
    closed = run("merge_close")
    inserted = run("merge_insert")
    report.updated = replaced + closed
    report.loaded = inserted - closed


def _row(alias: str, names: list[str]) -> sql.Composable:
    """ROW(alias.a, alias.b, …); geometries by their bytes, since = compares boxes."""
    return sql.SQL("ROW({})").format(
        sql.SQL(", ").join(
            sql.SQL("{}::bytea" if name.startswith("geom") else "{}").format(
                sql.Identifier(alias, name)
            )
            for name in names
        )
    )


def _several_versions(prepared: Prepared) -> bool:
    """Whether a code stands with versions that would overlap if taken as they are."""
    frame = pd.DataFrame(
        {name: prepared.columns[name] for name in ("code", "valid_from", "valid_to")}
    )
    repeated = frame[frame["code"].duplicated(keep=False)]
    if repeated.empty:
        return False
    ordered = repeated.sort_values(["code", "valid_from"])
    following = ordered.groupby("code")["valid_from"].shift(-1)
    overlaps = following.notna() & (
        ordered["valid_to"].isna() | (ordered["valid_to"] > following)
    )
    return bool(overlaps.any())


class _without_indexes:  # noqa: N801  # reads as a phrase after `with`
    """Drop the indexes of an empty table and build them once the rows are in.

    Building a spatial index over the rows takes a tenth of growing it row by row. The
    table is empty and the transaction is one, so nobody misses an index.
    """

    def __init__(self, connection: Connection, layer: str, tell: Progress) -> None:
        self._connection = connection
        self._layer = layer
        self._tell = tell
        self._definitions: list[tuple[str, str]] = []

    def __enter__(self) -> None:
        rows = self._connection.execute(
            statement("read_indexes"), {"layer": self._layer}
        )
        self._definitions = [(str(name), str(text)) for name, text in rows]
        for name, _ in self._definitions:
            self._connection.execute(
                sql.SQL("DROP INDEX {}").format(sql.Identifier("city", name))
            )

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is not None:
            return
        for i, (_, definition) in enumerate(self._definitions):
            self._tell("建索引 indexing", i, len(self._definitions))
            # the database's own description of an index it had
            self._connection.execute(definition.encode())
        self._connection.execute(
            sql.SQL("ANALYZE {}").format(sql.Identifier("city", self._layer))
        )


def _copy(
    connection: Connection,
    table: sql.Composable,
    columns: sql.Composable,
    prepared: Prepared,
    tell: Progress,
) -> None:
    """COPY the rows as CSV, a batch at a time."""
    query = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(table, columns)
    total = len(prepared.columns["code"])
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        for start in range(0, total, _BATCH):
            tell("写入 writing", start, total)
            stop = min(start + _BATCH, total)
            copy.write(_csv(prepared, slice(start, stop)))


def _csv(prepared: Prepared, rows: slice) -> bytes:
    """Rows as CSV: empty is null, quoted empty is the empty text."""
    arrays: dict[str, Any] = {}
    for name, values in prepared.columns.items():
        part = values[rows]
        if part.dtype.kind == "f":
            whole = bool(np.all(np.isnan(part) | (part % 1 == 0)))
            array = pa.array(part, from_pandas=True)
            arrays[name] = array.cast(pa.int64()) if whole else array
        else:
            arrays[name] = pa.array(part, from_pandas=True)
    if prepared.shapes is not None:
        for name, srid in (("geom", prepared.srids[0]), ("geom_m", prepared.srids[1])):
            shapes = shapely.set_srid(getattr(prepared.shapes, name)[rows], srid)
            arrays[name] = pa.array(
                shapely.to_wkb(shapes, hex=True, include_srid=True), pa.string()
            )
    sink = io.BytesIO()
    options = pyarrow.csv.WriteOptions(include_header=False)
    pyarrow.csv.write_csv(pa.table(arrays), sink, options)
    return sink.getvalue()


def _record(
    connection: Connection,
    source: Source,
    prepared: Prepared,
    report: LoadReport,
    actor: str,
) -> None:
    """Write the load and its refused rows into the ledger."""
    report.load_id = _first(
        connection.execute(
            statement("insert_load"),
            {
                "layer": report.layer,
                "actor": actor,
                "file": source.name,
                "sha256": source.sha256 or None,
                "report": json.dumps(report.as_dict(), ensure_ascii=False),
            },
        )
    )
    if prepared.rejects:
        query = statement("copy_rejects")
        with connection.cursor() as cursor, cursor.copy(query) as copy:
            for reject in prepared.rejects:
                content = json.dumps(reject.content, ensure_ascii=False)
                copy.write_row(
                    (report.load_id, reject.row_number, reject.reason, content)
                )


def read_rejects(
    database: Database, load_id: int
) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Refused rows of a load: number in the file, reason, the file's own columns."""
    with database.owner() as connection:
        yield from connection.execute(statement("read_rejects"), {"load_id": load_id})


def _first(cursor: psycopg.Cursor[Any]) -> Any:  # noqa: ANN401  # any column type
    """First column of the only row."""
    row = cursor.fetchone()
    return row[0] if row else None
