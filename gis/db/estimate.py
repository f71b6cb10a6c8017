"""What the planner expects of a statement: how dear it is, how many rows it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from psycopg import sql

from gis.db.wire import Row, Statement

#: The planner's units of cost that this server gets through in about a second.
COST_OF_A_SECOND = 300_000.0


@dataclass(frozen=True)
class Estimate:
    """The planner's expectation.

    Parameters
    ----------
    rows : rows that match
    cost : in the planner's units; a row read in order costs about 0.01
    """

    rows: int
    cost: float

    @property
    def seconds(self) -> float:
        """About how long it takes."""
        return self.cost / COST_OF_A_SECOND


@dataclass(frozen=True)
class Size:
    """How large a layer's table is: rows, and bytes of one with all that is in it."""

    rows: int
    row_bytes: float


def explaining(statement: Statement) -> Statement:
    """One row: the plan of a statement as JSON."""
    text, values = statement
    query = text if isinstance(text, bytes) else text.as_bytes(None)
    return b"EXPLAIN (FORMAT JSON) " + query, values


def read_plan(row: Row | None) -> Estimate:
    """What `explaining` answered; of a count, the rows that are counted."""
    plan: dict[str, Any] = orjson.loads(row[0])[0]["Plan"] if row else {}
    counted = plan
    while counted.get("Node Type") == "Aggregate" and counted.get("Plans"):
        counted = counted["Plans"][0]
    rows = float(counted.get("Plan Rows", 0))
    return Estimate(round(rows), float(plan.get("Total Cost", 0)))


def sizing(layer_id: str) -> Statement:
    """One row: rows of a layer's table, and bytes of it as of its last analysis.

    Read from the catalogue alone, so that it never waits for who writes the table.
    """
    text = sql.SQL(
        "SELECT greatest(c.reltuples, 0)::bigint, "
        "(c.relpages::bigint + coalesce(t.relpages, 0)) "
        "* current_setting('block_size')::bigint "
        "FROM pg_class c LEFT JOIN pg_class t ON t.oid = c.reltoastrelid "
        "WHERE c.oid = %s::regclass"
    )
    return sql.Composed([text]), (f"city.{layer_id}",)


def read_size(row: Row | None) -> Size:
    """What `sizing` answered; nothing is known of a table never analysed."""
    rows, size = row or (0, 0)
    return Size(rows, size / rows if rows else 0.0)
