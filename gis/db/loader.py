"""A source -> a layer's table: one transaction, journaled, reported.

upsert    a changed row of a later date closes the version before it; one of the same
          date takes its place; an equal row is left
snapshot  the same, and what the file does not hold is ended
correct   a row takes the place of the version under way at its date
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import psycopg

from gis.db.camera_views import follow
from gis.db.ledger import close_load, open_load, queue
from gis.db.merge import Key, Merge, Progress, is_empty
from gis.db.outline import read_known_codes, read_outline, read_positions
from gis.db.pool import Connection, Database
from gis.db.proof import ProofSample, datum_proof, read_borders
from gis.db.relief import store_cells
from gis.db.statements import statement
from gis.errors import LoadError
from gis.load import (
    Context,
    LoadReport,
    Prepared,
    Reject,
    Seen,
    Source,
    prepare,
    row_contents,
)
from gis.load.joining import joined, place_layer, placed
from gis.load.keys import Places
from gis.load.registers import registered
from gis.load.repairs import Repair
from gis.load.request import MODES
from gis.load.rules import Rules
from gis.load.source import from_frame
from layers import Catalogue, City, Layer, load_codes

_WRONG_KIND = {
    True: "只收 GeoTIFF it takes a GeoTIFF (.tif)",
    False: "不收栅格 it takes no raster",
}
MOST_REPAIRS = 10_000  # kept by row; all are counted


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
    mode: str = "upsert",
    valid_from: date | None = None,
    source_name: str | None = None,
    mapping: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    synonyms: Mapping[str, str] | None = None,
    rules: Rules | None = None,
    allow_outside: bool = False,
    dry_run: bool = False,
    actor: str = "cli",
    fixes: int | None = None,
    upload: str | None = None,
    follow_views: bool = True,
    on_progress: Progress | None = None,
) -> LoadReport:
    """Load the rows of a source into a layer.

    Parameters
    ----------
    datum : wgs84, cgcs2000, gcj02, bd09 or an EPSG code
    mode : upsert, snapshot or correct
    valid_from : date of rows that carry none, and of a snapshot; today when not given
    source_name : text for column `source` of rows that carry none
    mapping, constants : header -> column, column -> value of every row
    synonyms : header in lower case -> column, as the configuration declares
    rules : the mapping file for this kind of file
    allow_outside : accept features outside the city's outline
    dry_run : do everything and undo it
    fixes : the load whose rejects these rows are, mended
    upload : the upload that brought the file
    follow_views : draw the views of cameras anew where this load changed them
    on_progress : called with step, rows done, rows in all

    Raises
    ------
    LoadError : the file as a whole cannot become this layer, or the database failed;
        nothing is written
    """
    declared = catalogue[layer]
    if declared.derived:
        raise LoadError(f"{layer}: is written by processes, no file is loaded into it")
    if (declared.raster is None) != (source.raster is None):
        raise LoadError(f"{layer}: {source.name}: {_WRONG_KIND[source.raster is None]}")
    if mode not in MODES:
        raise LoadError(f"--mode: {mode!r} given, must be one of {', '.join(MODES)}")
    tell = on_progress or (lambda *_: None)
    day = valid_from or date.today()
    rules = rules or Rules()
    source = registered(joined(source, rules), declared, rules)
    owner = place_layer(declared, rules, datum)
    with _failures_said(layer), database.owner() as connection:
        queue(connection, layer, tell, len(source))
        if owner is not None:
            source = placed(source, rules, read_positions(connection, owner))
        context = Context(
            layer=declared,
            city=city,
            datum=datum,
            valid_from=day,
            source=source_name or source.name,
            outline=None if allow_outside else read_outline(connection, city, layer),
            mapping=mapping or {},
            constants=constants or {},
            synonyms=synonyms or {},
            rules=rules,
            **_references(connection, declared),
        )
        report = LoadReport(
            layer=layer, file=source.name, mode=mode, notes=[*source.notes]
        )
        report.dry_run = dry_run
        fill = is_empty(connection, layer)
        options = {
            "datum": datum,
            "valid_from": day.isoformat(),
            "source_name": context.source,
            "mapping": dict(context.mapping),
            "constants": dict(context.constants),
            "rules": context.rules.model_dump(exclude_defaults=True, mode="json"),
            "allow_outside": allow_outside,
            "name": source.name,
        }
        load_id = open_load(
            connection, layer, actor=actor, file=source.name, sha256=source.sha256,
            mode=mode, options=options, was_empty=fill, fixes=fixes, upload=upload,
        )  # fmt: skip
        report.load_id = load_id
        run = _Run(connection, context, source, report, load_id, tell)
        merge = Merge(
            connection, declared, mode=mode, day=day, load_id=load_id, fill=fill
        )
        borders = read_borders(connection, city)  # which this load may change
        lost = merge.write(run.parts(), report)
        run.refuse_lost(lost)
        if source.raster is not None:
            if report.reasons:  # of one row: there is nothing to mend in a table
                raise LoadError(f"{layer}: {source.name}: {', '.join(report.reasons)}")
            tell("写入格网 writing cells", 0, 1)
            store_cells(connection, source.raster)
        report.datum_proof = datum_proof(
            city, datum, run.sample, borders, is_zone=declared.zone is not None
        )
        if fixes is not None:
            _mark_fixed(connection, fixes, load_id, source, run.refused_rows)
        close_load(connection, load_id, report.as_dict())
        if dry_run:
            connection.rollback()
            report.load_id = None
    if follow_views and not dry_run:
        follow(database, catalogue, layer, tell)
    tell("完成 done", len(source), len(source))
    return report


@contextmanager
def _failures_said(layer: str) -> Iterator[None]:
    """Say that a lost connection or a full disk left the table as it was."""
    try:
        yield
    except psycopg.OperationalError as error:
        raise LoadError(
            f"{layer}: 数据库中断，整批未写入 the database failed, the load was taken "
            f"back whole (citygrid load list tells): {str(error).strip()}"
        ) from error


@dataclass
class _Run:
    """The parts of one source on their way into the table."""

    connection: Connection
    context: Context
    source: Source
    report: LoadReport
    load_id: int
    tell: Progress
    refused_rows: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.sample = ProofSample(len(self.source))
        self._kept: list[tuple[Source, Prepared]] = []
        self._repairs = 0

    def parts(self) -> Iterator[Prepared]:
        """Every part checked; what it says is added to the report."""
        seen, places = Seen(), Places(self.source)
        done, total = 0, len(self.source)
        report = self.report
        unmapped: dict[str, None] = {}
        checked = ahead(
            (part, prepare(part, self.context, seen=seen, places=places))
            for part in self.source.parts()
        )
        self.tell("检查 checking", 0, total)
        for part, prepared in checked:
            report.read += prepared.read
            report.repaired += prepared.repaired
            report.masked += prepared.masked
            report.repairs = dict(Counter(report.repairs) + prepared.repairs)
            report.keys = dict(Counter(report.keys) + prepared.keys)
            report.notes += [n for n in prepared.notes if n not in report.notes]
            unmapped |= dict.fromkeys(prepared.unmapped)
            self.sample.add(part, prepared)
            self._refuse(prepared.rejects, prepared.reasons)
            self._keep_repairs(prepared.mended)
            if report.mode == "correct":
                self._kept.append((part, prepared))
            done += len(part)
            self.tell("写入 writing", done, max(total, done))
            yield prepared
        if self._repairs > MOST_REPAIRS:
            report.notes.append(
                f"逐行记录前 {MOST_REPAIRS:,} 处修复 the first of {self._repairs:,} "
                "repairs are kept by row"
            )
        if unmapped:
            taken = ", ".join(unmapped)
            report.notes.append(f"未用的列 columns not taken: {taken}")
        self.tell("归并与索引 merging and indexing", done, max(total, done))

    def refuse_lost(self, lost: Iterable[Key]) -> None:
        """Refuse rows that were to correct a version there is none of."""
        keys = set(lost)
        if not keys:
            return
        why = (
            "没有可更正的版本 there is no version of this code at this date to correct"
        )
        rejects = []
        for part, prepared in self._kept:
            days = prepared.columns["valid_from"].astype(object)
            hit = [
                i
                for i, key in enumerate(
                    zip(prepared.columns["code"], days, strict=True)
                )
                if key in keys
            ]
            rows = prepared.rows[np.array(hit, dtype=np.intp)]
            rejects += [
                Reject(part.row_number(int(row)), f"code: {why}", told)
                for row, told in zip(rows, row_contents(part, rows), strict=True)
            ]
        self._refuse(rejects, {f"code: {why}": len(rejects)})

    def _refuse(self, rejects: list[Reject], reasons: Mapping[str, int]) -> None:
        """Count refused rows and keep them."""
        if not rejects:
            return
        self.report.refused += len(rejects)
        total = Counter(self.report.reasons) + Counter(reasons)
        self.report.reasons = dict(total.most_common())
        first = {r.row_number: r for r in reversed(rejects)}  # parts of a split row
        rejects = [r for n, r in first.items() if n not in self.refused_rows]
        self.refused_rows |= set(first)
        query = statement("copy_rejects")
        with self.connection.cursor() as cursor, cursor.copy(query) as copy:
            for reject in rejects:
                content = json.dumps(reject.content, ensure_ascii=False)
                copy.write_row(
                    (self.load_id, reject.row_number, reject.reason, content)
                )

    def _keep_repairs(self, mended: list[Repair]) -> None:
        """Keep what was done to which row: the first MOST_REPAIRS of them."""
        kept = list(dict.fromkeys(mended))[: max(0, MOST_REPAIRS - self._repairs)]
        self._repairs += len(mended)
        if not kept:
            return
        query = statement("copy_repairs")
        with self.connection.cursor() as cursor, cursor.copy(query) as copy:
            for one in kept:
                copy.write_row((self.load_id, one.row_number, one.code, one.what))


def ahead[T](items: Iterator[T]) -> Iterator[T]:
    """The items of an iterator, the next one made while this one is used."""
    with ThreadPoolExecutor(1) as worker:
        coming = worker.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = worker.submit(next, items, None)
            yield item


def _references(connection: Connection, layer: Layer) -> dict[str, Any]:
    """Code tables and codes of other layers that the columns of a layer refer to."""
    columns = layer.columns.values()
    return {
        "codes": {c.codes: load_codes(c.codes) for c in columns if c.codes},
        "known": {
            other: read_known_codes(connection, other)
            for other in {c.references for c in columns if c.references}
            if other != layer.id
        },
    }


def _mark_fixed(
    connection: Connection,
    fixes: int,
    load_id: int,
    source: Source,
    refused: set[int],
) -> None:
    """Say of the rejects of an earlier load which are in the table now."""
    rows = {source.row_number(row) for row in range(len(source))} - refused
    connection.execute(
        statement("mark_fixed"),
        {"load_id": fixes, "fixed_by": load_id, "rows": sorted(rows)},
    )
