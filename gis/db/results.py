"""The ledger of runs as a store: asked twice, worked out once."""

from __future__ import annotations

from typing import Any

from psycopg.types.json import Jsonb

from gis.db.pool import Database
from gis.db.run_cells import pack_cells
from gis.db.statements import statement
from processes import Run, code_version, run_id

#: Processes whose rows stand in a collection.
PUBLISHED = ("coverage", "scorecard")


class DatabaseResults:
    """Runs in the database, written by whoever computes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str) -> str | None:
        """The document of the run of a key."""
        values = {"run_id": run_id(key)}
        with self._database.reader() as connection:
            row = connection.execute(statement("read_result"), values).fetchone()
        return str(row[0]) if row else None

    def put(self, run: Run) -> None:
        """Keep a run; one that is there already stays as it is."""
        values = _row(run)
        with self._database.reader() as connection, connection.transaction():
            connection.execute(statement("write_run"), values)
            if run.parts:
                parts = sorted({run_id(key) for key in run.parts})
                connection.execute(
                    statement("write_run_parts"), {**values, "parts": parts}
                )
            if run.cells is not None:
                connection.execute(
                    statement("write_run_cells"),
                    {
                        **values,
                        "cell_m": run.cells.cell_m,
                        "cells": len(run.cells.column),
                        "body": pack_cells(run.cells),
                    },
                )
            if values["published"] == "waits":
                connection.execute(statement("tell_run"), values)


def _row(run: Run) -> dict[str, Any]:
    """A run as a row of ledger.run."""
    answer, facts = run.answer, run.answer.reconciliation
    rule = None if run.rule is None else Jsonb(run.rule.model_dump(mode="json"))
    parameters = facts.get("parameters")
    return {
        "run_id": run_id(run.key),
        "process": answer.process,
        "process_version": answer.version,
        "code_version": code_version(),
        "asked_by": run.asked_by.label,
        "audience": run.audience.label,
        "inputs": Jsonb(dict(answer.inputs)),
        "layer_versions": Jsonb(dict(run.layers)),
        "rule": rule,
        "service": facts.get("service"),
        "model": facts.get("model"),
        "parameters": None if parameters is None else Jsonb(parameters),
        "zone_layer": facts.get("zone_layer"),
        "measure": answer.inputs.get("of"),
        "as_of": facts.get("as_of"),
        "excluded": Jsonb(run.excluded),
        "result_hash": facts.get("hash"),
        "row_count": len(answer.rows),
        "document": answer.to_text(),
        "seconds": run.seconds,
        "part": run.is_part,
        "published": _published(run),
    }


def _published(run: Run) -> str:
    """Whether the rows of a run are to stand in a collection.

    Of an answer that is joined from others, these stand there.
    """
    stands = run.answer.process in PUBLISHED and not run.parts
    return "waits" if stands else "none"
