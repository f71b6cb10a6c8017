"""Whether two servers tell the same: ids, property values, coordinates."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any


class Different(Exception):
    """Two servers answered different things: their times must not be compared."""


def compare(
    ours: bytes, theirs: bytes, name: str, decimals: int | None, crs_metres: bool
) -> list[str]:
    """How a peer's document differs in form; nothing is said of what is equal.

    Parameters
    ----------
    decimals : of the peer's coordinates; None: all that a double has
    crs_metres : coordinates are metres, compared to a micrometre

    Raises
    ------
    Different : another feature, value or place
    """
    own, other = _features(ours), _features(theirs)
    notes: set[str] = set()
    missing, more = sorted(set(own) - set(other)), sorted(set(other) - set(own))
    if more and not missing and len(more) <= max(1, len(own) // 100):
        notes.add("also features of which only the bounds touch the box")
        other = {code: other[code] for code in other if code in own}
    elif missing or more:
        raise Different(
            f"{name}: {len(own)} features here, {len(other)} there; "
            f"missing {missing[:3]}, more {more[:3]}"
        )
    if list(own) != list(other):
        notes.add("features in another order")
    step = 10.0**-decimals * 1.01 if decimals is not None else 1e-12
    for code, feature in own.items():
        found = other[code]
        for key, value in feature["properties"].items():
            if key not in found["properties"]:
                if key != "code":
                    raise Different(f"{name}: {code} has no {key}")
                notes.add("the id is no property")
                continue
            given = found["properties"][key]
            if given == value and type(given) is type(value):
                continue
            notes.add(_form(name, code, key, value, given))
        tolerance = 1e-6 if crs_metres else step
        if not _near(
            feature["geometry"]["coordinates"],
            found["geometry"]["coordinates"],
            tolerance,
        ):
            notes.add(_other_ring(name, code, feature, found, tolerance))
    if decimals is not None:
        notes.add(f"coordinates have {decimals} decimals")
    return sorted(notes)


def _features(document: bytes) -> dict[str, dict[str, Any]]:
    read = json.loads(document)
    listed = read.get("features", [read])
    return {str(feature["id"]): feature for feature in listed}


def _form(name: str, code: str, key: str, value: Any, given: Any) -> str:
    """Say in which form an equal value is given."""
    if value is None and given == "":
        return "null is an empty text"
    if isinstance(value, str) and isinstance(given, str) and _instant(value):
        there = _instant(given)
        if there == _instant(value):
            return "times in another form"
        if there and there.replace(tzinfo=None) == _instant(value).replace(tzinfo=None):
            return "times without their zone"
    if isinstance(value, int | float) and not isinstance(value, bool):
        if isinstance(given, str) and math.isclose(float(given), value, rel_tol=1e-9):
            return "numbers are texts"
        if isinstance(given, int | float):
            if math.isclose(given, value, rel_tol=1e-12):
                return "whole numbers with another type"
            if math.isclose(given, value, rel_tol=1e-5):
                return "numbers are cut to six digits"
    if isinstance(value, bool) and str(given).lower()[:1] == str(value).lower()[:1]:
        return "flags are texts"
    raise Different(f"{name}: {code}.{key} is {given!r}, here {value!r}")


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is None else found.astimezone(UTC)


def _near(a: Any, b: Any, tolerance: float) -> bool:
    if isinstance(a, list):
        return (
            isinstance(b, list)
            and len(a) == len(b)
            and all(_near(x, y, tolerance) for x, y in zip(a, b, strict=True))
        )
    return abs(a - b) <= tolerance


def _other_ring(name: str, code: str, own: Any, other: Any, tolerance: float) -> str:
    """Rings that run the other way round, or start elsewhere, are the same polygon."""
    a = own["geometry"]["coordinates"]
    b = other["geometry"]["coordinates"]
    if own["geometry"]["type"] == other["geometry"]["type"] == "Polygon":
        for ring, there in zip(a, b, strict=True):
            turned = any(
                _near(ring[:-1], (way[:-1][i:] + way[:-1][:i]), tolerance)
                for way in (there, there[::-1])
                for i in range(len(way) - 1)
            )
            if not turned:
                raise Different(f"{name}: {code} lies elsewhere: {b} and here {a}")
        return "rings run another way"
    raise Different(f"{name}: {code} lies elsewhere: {b} and here {a}")
