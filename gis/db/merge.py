"""Checked rows -> a layer's table, with the images that undo them.

A version is (code, valid_from). An empty table is filled at once and indexed
afterwards; otherwise rows are staged, compared and fitted into the timeline.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import shapely
from psycopg import sql

from gis.db.images import content, identifiers, image, row_names
from gis.db.pool import Connection
from gis.db.statements import statement
from gis.load import LoadReport, Prepared
from layers import Layer

Progress = Callable[[str, int, int], None]
Key = tuple[str, date]
_BATCH = 50_000
_POINT = np.dtype(
    [("order", "u1"), ("kind", "<u4"), ("srid", "<u4"), ("x", "<f8"), ("y", "<f8")]
)
_POINT_WITH_SRID = 0x20000001


def is_empty(connection: Connection, layer: str) -> bool:
    """Whether the table of a layer holds no row."""
    row = connection.execute(
        sql.SQL("SELECT NOT EXISTS (SELECT FROM {})").format(
            sql.Identifier("city", layer)
        )
    ).fetchone()
    return bool(row and row[0])


class Merge:
    """One load's writing into one table.

    Parameters
    ----------
    mode : upsert, snapshot or correct
    day : the date of a snapshot
    load_id : the load under whose number the images are kept
    fill : the table is empty
    """

    def __init__(
        self,
        connection: Connection,
        layer: Layer,
        *,
        mode: str,
        day: date,
        load_id: int,
        fill: bool,
    ) -> None:
        self._connection = connection
        self._layer = layer
        self._mode = mode
        self._fill = fill
        names = row_names(layer)
        staged = [n for n in names if n != "fid"]
        self._columns = identifiers(staged)
        self._table = sql.Identifier("city", layer.id)
        self._staged = sql.Identifier("incoming")
        self._parts = {
            "table": self._table,
            "staged": self._staged,
            "columns": self._columns,
            "old_content": content("old", staged),
            "new_content": content("new", staged),
            "old_image": image("old", staged),
            "sets": sql.SQL(", ").join(
                sql.SQL("{0} = new.{0}").format(sql.Identifier(n)) for n in staged
            ),
            "load_id": sql.Literal(load_id),
            "day": sql.Literal(day),
        }

    def write(self, parts: Iterable[Prepared], report: LoadReport) -> list[Key]:
        """Write every part; the keys of rows that correct nothing there is.

        The counts of the report are filled in.
        """
        if self._fill and self._mode != "correct":
            hashes = [np.empty(0, dtype=np.uint64)]
            with _without_indexes(self._connection, self._layer.id):
                for part in parts:
                    report.loaded += self._copy(self._table, part)
                    hashes.append(pd.util.hash_array(part.columns["code"]))
            codes = np.concatenate(hashes)
            if len(np.unique(codes)) < len(codes):
                self._run("first_fit")  # a code stands with several versions
            if report.loaded:
                self._analyze(self._table)
            return []
        self._connection.execute(
            sql.SQL(
                "CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} LIMIT 0"
            ).format(self._staged, self._columns, self._table)
        )
        if self._mode == "snapshot":
            self._connection.execute(statement("present_table"))
        for part in parts:
            self._copy(self._staged, part)
            if self._mode == "snapshot":
                self._note_present(part)
        self._connection.execute(
            sql.SQL("CREATE INDEX ON {} (code, valid_from)").format(self._staged)
        )
        self._analyze(self._staged)
        lost = self._correct() if self._mode == "correct" else []
        self._merge(report)
        self._connection.execute(sql.SQL("DROP TABLE {}").format(self._staged))
        return lost

    def _run(self, name: str) -> int:
        query = statement(name).format(**self._parts)
        return self._connection.execute(query).rowcount

    def _analyze(self, table: sql.Composable) -> None:
        self._connection.execute(sql.SQL("ANALYZE {}").format(table))

    def _correct(self) -> list[Key]:
        """Give staged rows the dates of what they correct; keys of those without."""
        query = statement("correct_lost").format(**self._parts)
        lost = [
            (str(code), day) for code, day in self._connection.execute(query).fetchall()
        ]
        if lost:
            self._run("correct_drop")
        self._run("correct_dates")
        return lost

    def _merge(self, report: LoadReport) -> None:
        """Fit staged rows into the timeline of each code."""
        report.unchanged = self._run("merge_unchanged")
        self._run("merge_fit_new")
        self._run("merge_journal")
        replaced = self._run("merge_replace")
        closed = self._run("merge_close")
        inserted = self._run("merge_insert")
        report.updated = replaced + closed
        report.loaded = inserted - closed
        if self._mode == "snapshot":
            self._connection.execute(statement("present_analyze"))
            report.ended = self._run("missing_journal")
            self._run("missing_delete")
            self._run("missing_end")
            self._connection.execute("DROP TABLE present")
        self._run("journal_after")

    def _note_present(self, part: Prepared) -> None:
        """Every code of the file, so that a refused row ends nothing."""
        with (
            self._connection.cursor() as cursor,
            cursor.copy(statement("present_copy")) as copy,
        ):
            for code in part.codes:
                if code is not None:
                    copy.write_row((str(code),))

    def _copy(self, table: sql.Composable, part: Prepared) -> int:
        """COPY the rows as CSV, a batch at a time; how many."""
        query = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
            table, self._columns
        )
        total = len(part.columns["code"])
        if total:
            with self._connection.cursor() as cursor, cursor.copy(query) as copy:
                for start in range(0, total, _BATCH):
                    copy.write(_csv(part, slice(start, min(start + _BATCH, total))))
        return total


@contextmanager
def _without_indexes(connection: Connection, layer: str) -> Iterator[None]:
    """Drop the indexes of an empty table and build them once the rows are in.

    Building a spatial index over the rows takes a tenth of growing it row by row. The
    table is empty and the transaction is one, so nobody misses an index.
    """
    rows = connection.execute(statement("read_indexes"), {"layer": layer}).fetchall()
    for name, _ in rows:
        connection.execute(
            sql.SQL("DROP INDEX {}").format(sql.Identifier("city", str(name)))
        )
    yield
    for _, definition in rows:
        # the database's own description of an index it had
        connection.execute(str(definition).encode())


def _csv(part: Prepared, rows: slice) -> bytes:
    """Rows as CSV: empty is null, quoted empty is the empty text."""
    arrays: dict[str, Any] = {}
    for name, values in part.columns.items():
        cells = values[rows]
        if cells.dtype.kind == "f":
            whole = bool(np.all(np.isnan(cells) | (cells % 1 == 0)))
            array = pa.array(cells, from_pandas=True)
            arrays[name] = array.cast(pa.int64()) if whole else array
        else:
            arrays[name] = pa.array(cells, from_pandas=True)
    if part.shapes is not None:
        for name, srid in (("geom", part.srids[0]), ("geom_m", part.srids[1])):
            arrays[name] = _ewkb(getattr(part.shapes, name)[rows], srid)
    sink = io.BytesIO()
    options = pyarrow.csv.WriteOptions(include_header=False)
    pyarrow.csv.write_csv(pa.table(arrays), sink, options)
    return sink.getvalue()


def _ewkb(shapes: Any, srid: int) -> Any:  # noqa: ANN401  # arrow's array of text
    """Geometries as hexadecimal EWKB; points at once, their bytes laid side by side."""
    count = len(shapes)
    if not count or not (shapely.get_type_id(shapes) == 0).all():
        marked = shapely.set_srid(shapes, srid)
        return pa.array(
            shapely.to_wkb(marked, hex=True, include_srid=True), pa.string()
        )
    cells = np.empty(count, dtype=_POINT)
    cells["order"], cells["kind"], cells["srid"] = 1, _POINT_WITH_SRID, srid
    cells["x"], cells["y"] = shapely.get_x(shapes), shapely.get_y(shapes)
    text = cells.tobytes().hex().encode()
    width = 2 * _POINT.itemsize
    offsets = np.arange(0, width * count + 1, width, dtype=np.int32)
    return pa.StringArray.from_buffers(
        count, pa.py_buffer(offsets.tobytes()), pa.py_buffer(text)
    )
