"""CQL2 -> an SQL condition over the columns of one view.

Property names come from the mapping given and nowhere else; every value is a bound
parameter, cast to the declared type of the property beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import shapely
from psycopg import sql

from gis.db.cql_shape import is_in_degrees, read_number, read_shape
from gis.db.cql_text import DEEPEST, Node, read_text
from gis.errors import QueryError

LONGEST = 20_000  # characters of a filter

_COMPARISONS = {"=": "=", "<>": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_ARITHMETIC = {"+": "+", "-": "-", "*": "*", "/": "/", "%": "%", "div": "/"}
_SPATIAL = {
    f"s_{name.lower()}": f"ST_{name}"
    for name in ("Intersects", "Disjoint", "Contains", "Within", "Touches", "Crosses",
                 "Overlaps", "Equals")
}  # fmt: skip
# OGC 21-065, temporal functions: a and b are intervals, an instant is one of no length
_TEMPORAL = {
    "t_after": "{a0} > {b1}",
    "t_before": "{a1} < {b0}",
    "t_contains": "{a0} < {b0} AND {a1} > {b1}",
    "t_disjoint": "NOT ({a0} <= {b1} AND {a1} >= {b0})",
    "t_during": "{a0} > {b0} AND {a1} < {b1}",
    "t_equals": "{a0} = {b0} AND {a1} = {b1}",
    "t_finishedby": "{a0} < {b0} AND {a1} = {b1}",
    "t_finishes": "{a0} > {b0} AND {a1} = {b1}",
    "t_intersects": "{a0} <= {b1} AND {a1} >= {b0}",
    "t_meets": "{a1} = {b0}",
    "t_metby": "{a0} = {b1}",
    "t_overlappedby": "{a0} > {b0} AND {a0} < {b1} AND {a1} > {b1}",
    "t_overlaps": "{a0} < {b0} AND {a1} > {b0} AND {a1} < {b1}",
    "t_startedby": "{a0} = {b0} AND {a1} > {b1}",
    "t_starts": "{a0} = {b0} AND {a1} < {b1}",
}
_TYPES = {
    "text": "text", "code": "text", "integer": "double precision",
    "number": "double precision", "boolean": "boolean",
    "date": "timestamptz", "datetime": "timestamptz",
}  # fmt: skip
#: Up to here every whole number is a double.
_WHOLE = 2**53


@dataclass(frozen=True)
class Condition:
    """A boolean SQL expression and its parameters, in order."""

    text: sql.Composable
    values: tuple[Any, ...] = ()


def compile_filter(
    text: str,
    types: Mapping[str, str],
    *,
    language: str = "cql2-text",
    geometry: str | None = "geom",
    stored_srid: int = 4490,
    filter_srid: int | None = None,
    flip: bool = False,
) -> Condition:
    """SQL condition of a CQL2 filter.

    Parameters
    ----------
    types : property -> declared type; a name outside does not exist
    language : cql2-text, cql2-json, or cql-text: the draft before CQL2
    geometry : geometry column, None where there is none to see
    stored_srid, filter_srid : CRS of the column and of literals
    flip : literals have northing or latitude first

    Raises
    ------
    QueryError : naming what is wrong with the filter
    """
    if len(text) > LONGEST:
        raise QueryError("filter", f"longer than {LONGEST} characters")
    if language in ("cql2-text", "cql-text"):
        node = read_text(text, early=language == "cql-text")
    else:
        try:
            node = json.loads(text)
            # an escape can stand for half a character, which no database takes
            json.dumps(node, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise QueryError("filter", f"is no JSON: {str(error)[:80]}") from None
    compiler = _Compiler(
        types,
        geometry,
        stored_srid,
        filter_srid or stored_srid,
        flip,
        early=language == "cql-text",
    )
    condition = compiler.condition(node)
    return Condition(condition, tuple(compiler.values))


@dataclass
class _Compiler:
    """Walks one filter, collecting parameters in the order in which they stand."""

    types: Mapping[str, str]
    geometry: str | None
    stored_srid: int
    filter_srid: int
    flip: bool
    early: bool = False
    values: list[Any] = field(default_factory=list)
    depth: int = 0

    # -- conditions --------------------------------------------------------------

    def condition(self, node: Node) -> sql.Composable:
        """A node that is true or false for a feature."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise QueryError("filter", f"nested deeper than {DEEPEST} levels")
        text = self._condition(node)
        self.depth -= 1
        return text

    def _condition(self, node: Node) -> sql.Composable:
        if isinstance(node, bool):
            return self.bind(node, "boolean")
        if _is_property(node):
            if self.kind(node) != "boolean":
                raise QueryError("filter", f"{node['property']} is no flag")
            return self.scalar(node, "boolean")
        op, args = _operation(node)
        if op in ("and", "or"):
            if not args:
                raise QueryError("filter", f"{op}: no arguments given, must be some")
            word = sql.SQL(f" {op.upper()} ")
            return sql.SQL("({})").format(word.join([self.condition(a) for a in args]))
        if op == "not":
            return sql.SQL("(NOT {})").format(self.condition(_only(op, args, 1)[0]))
        if op in _COMPARISONS:
            left, right = self.scalars(_only(op, args, 2))
            return sql.SQL(f"({{}} {_COMPARISONS[op]} {{}})").format(left, right)
        if op == "isnull":
            value = self.scalar(_only(op, args, 1)[0], None)
            return sql.SQL("({} IS NULL)").format(value)
        if op == "like":
            left, right = self.scalars(_only(op, args, 2), "text")
            return sql.SQL("({}::text LIKE {})").format(left, right)
        if op == "between":
            return sql.SQL("({} BETWEEN {} AND {})").format(
                *self.scalars(_only(op, args, 3))
            )
        if op == "in":
            value, options = _only(op, args, 2)
            if not isinstance(options, list) or not options:
                raise QueryError("filter", "in: needs a list of values")
            left, *rest = self.scalars([value, *options])
            return sql.SQL("({} IN ({}))").format(left, sql.SQL(", ").join(rest))
        if op in _SPATIAL:
            left, right = (self.shape(a) for a in _only(op, args, 2))
            return sql.SQL(f"{_SPATIAL[op]}({{}}, {{}})").format(left, right)
        if op in _TEMPORAL:
            return self.temporal(op, _only(op, args, 2))
        raise QueryError("filter", f"no operator or function {op!r}")

    def temporal(self, op: str, args: list[Node]) -> sql.Composable:
        """A temporal function, its operands as intervals named once in a subquery."""
        bounds = [bound for arg in args for bound in self.interval(arg)]
        names = [sql.Identifier(name) for name in ("a0", "a1", "b0", "b1")]
        test = sql.SQL(_TEMPORAL[op]).format(
            **dict(zip(("a0", "a1", "b0", "b1"), names, strict=True))
        )
        return sql.SQL("(SELECT {} FROM (VALUES ({})) AS t(a0, a1, b0, b1))").format(
            test, sql.SQL(", ").join(bounds)
        )

    def interval(self, node: Node) -> tuple[sql.Composable, sql.Composable]:
        """Begin and end of an interval, or an instant twice."""
        if isinstance(node, dict) and "interval" in node:
            ends = node["interval"]
            if not isinstance(ends, list) or len(ends) != 2:
                raise QueryError("filter", "interval: needs a begin and an end")
            infinite = ("-infinity", "infinity")
            begin, end = (
                self.bind_raw(infinite[i], "timestamptz")
                if e == ".."
                else self.scalar(e, "datetime")
                for i, e in enumerate(ends)
            )
            return begin, end
        if _is_property(node) and self.kind(node) not in ("date", "datetime"):
            raise QueryError("filter", f"{node['property']} is no date or time")
        return self.scalar(node, "datetime"), self.scalar(node, "datetime")

    # -- values ------------------------------------------------------------------

    def scalars(self, nodes: list[Node], kind: str | None = None) -> list[Any]:
        """Operands; a literal has the type of the property beside it."""
        found = kind or next((k for n in nodes if (k := self.kind(n))), None)
        return [self.scalar(node, found) for node in nodes]

    def kind(self, node: Node) -> str | None:
        """Declared type of what a node gives; None for a literal."""
        if _is_property(node):
            name = node["property"]
            if name not in self.types:
                known = ", ".join(self.types)
                raise QueryError(
                    "filter", f"no property {str(name)[:60]!r}; there are {known}"
                )
            return self.types[name]
        if isinstance(node, dict) and "op" in node:
            op = str(node["op"]).lower()
            if op in ("casei", "accenti"):
                return "text"
            return "number" if op in _ARITHMETIC else None
        return None

    def scalar(self, node: Node, kind: str | None) -> sql.Composable:
        """A property, a literal or an arithmetic expression."""
        if _is_property(node):
            self.kind(node)
            column = sql.Identifier(node["property"])
            wanted = _TYPES[self.types[node["property"]]]
            if wanted == "timestamptz":
                return sql.SQL("{}::timestamptz").format(column)
            return column
        if isinstance(node, dict) and "op" in node:
            return self.expression(node)
        if isinstance(node, dict):
            for word in ("date", "timestamp"):
                if word in node:
                    return self.bind(node[word], "datetime")
        return self.bind(node, kind or _natural(node))

    def expression(self, node: Node) -> sql.Composable:
        """Arithmetic, CASEI, or a condition used as a flag."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise QueryError("filter", f"nested deeper than {DEEPEST} levels")
        op, args = _operation(node)
        if op in _ARITHMETIC:
            for arg in args:
                if self.kind(arg) not in (None, "integer", "number"):
                    raise QueryError("filter", f"{op}: needs numbers")
            left, right = (self.scalar(a, "number") for a in _only(op, args, 2))
            text: sql.Composable
            if op == "%":
                text = sql.SQL("mod({}::numeric, nullif({}, 0)::numeric)").format(
                    left, right
                )
            elif op in ("/", "div"):
                text = sql.SQL("({} / nullif({}, 0))").format(left, right)
            else:
                text = sql.SQL(f"({{}} {op} {{}})").format(left, right)
        elif op in ("casei", "accenti"):
            text = sql.SQL("lower({}::text)").format(
                self.scalar(_only(op, args, 1)[0], "text")
            )
        else:
            text = self.condition(node)
        self.depth -= 1
        return text

    def bind(self, value: Node, kind: str) -> sql.Composable:
        """A literal as a parameter of the type that belongs here."""
        if self.early and kind == "boolean" and value in (0, 1):
            value = bool(value)  # the draft's clients know no flags
        try:
            checked = _CHECKS[kind](value)
        except (KeyError, ValueError, TypeError, OverflowError):
            raise QueryError(
                "filter", f"{str(value)[:60]!r} given where a {kind} belongs"
            ) from None
        if kind == "integer" and checked.is_integer() and abs(checked) <= _WHOLE:
            # so that the column is compared as it is, and exactly
            return self.bind_raw(int(checked), "bigint")
        return self.bind_raw(checked, _TYPES[kind])

    def bind_raw(self, value: Any, cast: str) -> sql.Composable:  # noqa: ANN401  # any parameter
        """A parameter with its type."""
        self.values.append(value)
        return sql.SQL(f"%s::{cast}")

    def shape(self, node: Node) -> sql.Composable:
        """The geometry column, or a literal geometry in the stored CRS."""
        if _is_property(node):
            if self.geometry is None or node["property"] not in ("geom", "geometry"):
                raise QueryError(
                    "filter", f"no geometry property {str(node['property'])[:60]!r}"
                )
            return sql.Identifier(self.geometry)
        shape = read_shape(
            node, flip=self.flip, degrees=is_in_degrees(self.filter_srid)
        )
        self.values.append(shapely.to_wkb(shape))
        literal = sql.SQL("ST_GeomFromWKB(%s::bytea, {})").format(
            sql.Literal(self.filter_srid)
        )
        if self.filter_srid == self.stored_srid:
            return literal
        return sql.SQL("ST_Transform({}, {})").format(
            literal, sql.Literal(self.stored_srid)
        )


def _is_property(node: Node) -> bool:
    return isinstance(node, dict) and isinstance(node.get("property"), str)


def _operation(node: Node) -> tuple[str, list[Node]]:
    """Operator and arguments of a node that must be an operation."""
    if not isinstance(node, dict) or not isinstance(node.get("op"), str):
        raise QueryError("filter", "must be a condition, true or false for a feature")
    args = node.get("args", [])
    if not isinstance(args, list):
        raise QueryError("filter", f"{node['op']}: args must be a list")
    return node["op"].lower(), args


def _only(op: str, args: list[Node], count: int) -> list[Node]:
    if len(args) != count:
        raise QueryError(
            "filter", f"{op}: {len(args)} arguments given, must be {count}"
        )
    return args


def _natural(value: Node) -> str:
    """Type that a literal has by itself."""
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else "text"


def _text(value: Node) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError
    return value


def _flag(value: Node) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _instant(value: Node) -> datetime:
    """A date or an instant; a day begins at midnight UTC, as stored dates do."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = value.isoformat()
    instant = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


_CHECKS: Mapping[str, Callable[[Node], Any]] = {
    "text": _text,
    "code": _text,
    "integer": read_number,
    "number": read_number,
    "boolean": _flag,
    "date": _instant,
    "datetime": _instant,
}
