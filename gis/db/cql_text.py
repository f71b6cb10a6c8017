"""CQL2 text -> the nodes of CQL2 JSON (OGC 21-065, the two encodings of one language).

A reader by recursive descent, one function per level of precedence: OR, AND, NOT,
comparison, sum, product, unary, primary. What may stand where is checked when the nodes
are compiled.
"""

from __future__ import annotations

import re
from typing import Any

import shapely
import shapely.geometry

from gis.errors import QueryError

DEEPEST = 60  # levels of nesting
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)"
    r"|'(?P<text>(?:[^'\\]|''|\\'|\\)*)'|\"(?P<quoted>(?:[^\"]|\"\")*)\""
    r"|(?P<word>[^\W\d][\w.:]*)|(?P<sign><>|<=|>=|[<>=()+\-*/%,]))"
)
_NO_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T", re.ASCII)
_ESCAPED = re.compile(r"''|\\'")
_SHAPES = {
    "POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON",
    "GEOMETRYCOLLECTION",
}  # fmt: skip
_COMPARISONS = ("=", "<>", "<=", ">=", "<", ">")

Node = Any  # a JSON value: dict, list, text, number or flag


def read_text(text: str, *, early: bool = False) -> Node:
    """CQL2 JSON of a CQL2 text.

    Parameters
    ----------
    early : the text is of the draft before CQL2, as GDAL writes it: LIKE and ILIKE do
        not look at capitals, an instant is a text and may lack its time

    Raises
    ------
    QueryError : saying what was met where

    Examples
    --------
    >>> read_text("state = 'open' OR NOT height > 3 AND name IS NULL")["op"]
    'or'
    """
    reader = _Reader(text, early=early)
    node = reader.either()
    if reader.position < len(reader.tokens):
        raise reader.unexpected("the end")
    return node


class _Reader:
    def __init__(self, text: str, *, early: bool) -> None:
        self.text = text
        self.early = early
        self.tokens: list[tuple[str, str, int, int]] = []
        self.position = 0
        self.depth = 0
        start = 0
        while text[start:].strip():
            match = _TOKEN.match(text, start)
            if not match or not match.lastgroup:
                raise QueryError(
                    "filter", f"cannot be read from character {start + 1}: "
                    f"{text[start:start + 20]!r}"
                )  # fmt: skip
            kind = match.lastgroup
            self.tokens.append((kind, match[kind], match.start(kind), match.end()))
            start = match.end()

    # -- tokens ------------------------------------------------------------------

    def peek(self, ahead: int = 0) -> tuple[str, str]:
        """Kind and text of a coming token; words in upper case, ('', '') at the end."""
        if self.position + ahead >= len(self.tokens):
            return "", ""
        kind, text, _, _ = self.tokens[self.position + ahead]
        return kind, text.upper() if kind == "word" else text

    def take(self, *wanted: str) -> str | None:
        """The next token if it is one of these signs or words."""
        kind, text = self.peek()
        if kind in ("sign", "word") and text in wanted:
            self.position += 1
            return text
        return None

    def need(self, wanted: str) -> None:
        """Take a token that must stand here."""
        if not self.take(wanted):
            raise self.unexpected(repr(wanted))

    def unexpected(self, wanted: str) -> QueryError:
        """The error of a token that should not stand here."""
        if self.position >= len(self.tokens):
            return QueryError("filter", f"ends where {wanted} was expected")
        _, text, start, _ = self.tokens[self.position]
        return QueryError(
            "filter",
            f"{text[:40]!r} at character {start + 1} where {wanted} was expected",
        )

    # -- levels of precedence ----------------------------------------------------

    def either(self) -> Node:
        """`a OR b …`."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise QueryError("filter", f"nested deeper than {DEEPEST} levels")
        node = self._chain("or", "OR", self.both)
        self.depth -= 1
        return node

    def both(self) -> Node:
        """`a AND b …`."""
        return self._chain("and", "AND", self.negated)

    def _chain(self, op: str, word: str, part: Any) -> Node:  # noqa: ANN401  # bound method
        nodes = [part()]
        while self.take(word):
            nodes.append(part())
        return nodes[0] if len(nodes) == 1 else {"op": op, "args": nodes}

    def negated(self) -> Node:
        """`NOT a`."""
        count = 0
        while self.take("NOT"):
            count += 1
        node = self.compared()
        return {"op": "not", "args": [node]} if count % 2 else node

    def compared(self) -> Node:
        """A comparison, LIKE, BETWEEN, IN or IS NULL, or what stands by itself."""
        left = self.sum()
        if op := self.take(*_COMPARISONS):
            return {"op": op, "args": [left, self.sum()]}
        if self.take("IS"):
            negated = self.take("NOT")
            self.need("NULL")
            return _maybe_not({"op": "isNull", "args": [left]}, negated)
        negated = self.take("NOT")
        if self.take("LIKE", *(("ILIKE",) if self.early else ())):
            operands = [left, self.sum()]
            if self.early:
                operands = [{"op": "casei", "args": [one]} for one in operands]
            return _maybe_not({"op": "like", "args": operands}, negated)
        if self.take("BETWEEN"):
            low = self.sum()
            self.need("AND")
            node = {"op": "between", "args": [left, low, self.sum()]}
            return _maybe_not(node, negated)
        if self.take("IN"):
            return _maybe_not({"op": "in", "args": [left, self.listed()]}, negated)
        if negated:
            raise self.unexpected("LIKE, BETWEEN or IN")
        return left

    def sum(self) -> Node:
        """`a + b`, `a - b`."""
        node = self.product()
        while op := self.take("+", "-"):
            node = {"op": op, "args": [node, self.product()]}
        return node

    def product(self) -> Node:
        """`a * b`, `a / b`, `a % b`."""
        node = self.unary()
        while op := self.take("*", "/", "%", "DIV"):
            node = {"op": op.lower(), "args": [node, self.unary()]}
        return node

    def unary(self) -> Node:
        """`-a`."""
        negative = False
        while sign := self.take("-", "+"):
            negative ^= sign == "-"
        node = self.primary()
        if not negative:
            return node
        if isinstance(node, int | float) and not isinstance(node, bool):
            return -node
        return {"op": "-", "args": [0, node]}

    def primary(self) -> Node:
        """A literal, a property, a function or a parenthesis."""
        kind, word = self.peek()
        if self.take("("):
            node = self.either()
            self.need(")")
            return node
        if kind not in ("number", "text", "quoted", "word"):
            raise self.unexpected("a property or a value")
        text = self.tokens[self.position][1]
        self.position += 1
        if kind == "number":
            return float(text) if re.search(r"[.eE]", text) else int(text)
        if kind == "text":
            found = _ESCAPED.sub("'", text)
            # GDAL writes a day as an instant of no time
            return found[:-1] if self.early and _NO_TIME.fullmatch(found) else found
        if kind == "quoted":
            return {"property": text.replace('""', '"')}
        if word in ("TRUE", "FALSE"):
            return word == "TRUE"
        if word in _SHAPES and self.peek()[1] in ("(", "Z", "M", "ZM"):
            return self.shape()
        if self.peek() == ("sign", "("):
            return self.call(text)
        return {"property": text}

    def call(self, name: str) -> Node:
        """`DATE('…')`, `TIMESTAMP('…')`, `INTERVAL('…', '…')`, `BBOX(…)`, `F(a, b)`."""
        arguments = self.listed()
        match name.upper():
            case "DATE" | "TIMESTAMP" if len(arguments) == 1:
                return {name.lower(): arguments[0]}
            case "INTERVAL" if len(arguments) == 2:
                return {"interval": arguments}
            case "BBOX" | "ENVELOPE" if len(arguments) in (4, 6):
                return {"bbox": arguments}
        return {"op": name.lower(), "args": arguments}

    def listed(self) -> list[Node]:
        """`(a, b, …)`."""
        self.need("(")
        nodes: list[Node] = []
        if not self.take(")"):
            nodes.append(self.either())
            while self.take(","):
                nodes.append(self.either())
            self.need(")")
        return nodes

    def shape(self) -> Node:
        """A WKT literal: from its word to the parenthesis that closes it."""
        begin = self.tokens[self.position - 1][2]
        depth = 0
        while self.position < len(self.tokens):
            _, text, _, end = self.tokens[self.position]
            self.position += 1
            depth += (text == "(") - (text == ")")
            if depth == 0 and text == ")":
                break
        try:
            shape = shapely.from_wkt(self.text[begin:end])
        except shapely.errors.GEOSException:
            raise QueryError(
                "filter", f"no geometry in WKT: {self.text[begin:end][:60]!r}"
            ) from None
        return dict(shapely.geometry.mapping(shape))


def _maybe_not(node: Node, negated: str | None) -> Node:
    return {"op": "not", "args": [node]} if negated else node
