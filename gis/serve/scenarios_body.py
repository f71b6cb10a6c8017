"""What is sent to save a scenario, and how much of it there may be."""

from __future__ import annotations

from typing import Any

import orjson

from gis.errors import QueryError

PROCESS = "what-if"
MOST_SCENARIOS = 500  # of a level
LARGEST_BODY = 1_000_000  # bytes; a thousand features fit
LONGEST_NAME = 120
LONGEST_NOTE = 2000
_MEMBERS = ("name", "note", "inputs")


def read_members(body: bytes) -> dict[str, Any]:
    """Name, note and inputs of a body.

    Raises
    ------
    QueryError : not JSON, an unknown member, a name or note of a wrong length
    """
    try:
        given = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise QueryError("body", f"not JSON: {error}") from error
    if not isinstance(given, dict):
        raise QueryError("body", f"must be an object with {', '.join(_MEMBERS)}")
    for name in given:
        if name not in _MEMBERS:
            known = ", ".join(_MEMBERS)
            raise QueryError(name, f"unknown member, known are {known}")
    inputs = given.get("inputs")
    if not isinstance(inputs, dict):
        raise QueryError("inputs", "must be an object: the inputs of what-if")
    return {
        "name": _text("name", given.get("name"), 1, LONGEST_NAME),
        "note": _text("note", given.get("note", ""), 0, LONGEST_NOTE),
        "inputs": inputs,
    }


def _text(name: str, value: object, least: int, most: int) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise QueryError(name, "must be text")
    text = value.strip()
    if not least <= len(text) <= most:
        given = f"{len(text)} characters given"
        raise QueryError(name, f"{given}, must be {least} to {most}")
    return text
