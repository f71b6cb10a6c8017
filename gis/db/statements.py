"""Fixed queries by name: queries/*.sql, each under a header `-- name: …`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import LiteralString, cast

from psycopg import sql

_FOLDER = Path(__file__).resolve().parent / "queries"
_HEADER = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def statement(name: str) -> sql.SQL:
    """The query of a name.

    Raises
    ------
    KeyError : no file holds it
    """
    return _statements()[name]


@cache
def _statements() -> dict[str, sql.SQL]:
    found: dict[str, sql.SQL] = {}
    for path in sorted(_FOLDER.glob("*.sql")):
        parts = _HEADER.split(path.read_text("utf-8"))
        for name, text in zip(parts[1::2], parts[2::2], strict=True):
            # the text is a file of this room: no request reaches it
            found[name] = sql.SQL(cast(LiteralString, text.strip()))
    return found
