"""Distance to a target: class, digits and words. The same rules as ``classes.js``."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gis.publish.basemap import Json

_LESS = {"<=", "≤", "<"}
_ROUNDING = 1e-9


def is_met(value: float, target: Json) -> bool:
    """Whether a value meets its target, from the unrounded value.

    A billionth of the target is left to the rounding of sums of areas, as in the
    scorecard process.

    Examples
    --------
    >>> is_met(89.96, {"op": ">=", "value": 90.0}), is_met(3, {"op": "<=", "value": 3})
    (False, True)
    """
    goal, op = float(target["value"]), str(target["op"])
    distance = goal - value if op in _LESS else value - goal
    slack = _ROUNDING * max(abs(goal), 1.0)
    return distance > slack if op in (">", "<") else distance >= -slack


def distance_points(value: float, target: Json) -> float:
    """Points above the target, negative below; relative percent unless in %.

    Examples
    --------
    >>> distance_points(74.5, {"op": ">=", "value": 90.0, "unit": "%"})
    -15.5
    """
    goal = float(target["value"])
    gap = value - goal if target["unit"] == "%" else (value / goal - 1) * 100
    return -gap if target["op"] in _LESS else gap


def distance_class(value: float | None, target: Json, breaks: Sequence[float]) -> int:
    """Class of a value: 0 is furthest, len(breaks) is met, one more has no value.

    Examples
    --------
    >>> goal = {"op": ">=", "value": 90.0, "unit": "%"}
    >>> [distance_class(v, goal, (-30, -15, -5, 0)) for v in (50, 74.5, 89.96, 90)]
    [0, 1, 3, 4]
    """
    if value is None:
        return len(breaks) + 1
    if is_met(value, target):
        return len(breaks)
    distance = distance_points(value, target)
    return sum(distance >= edge for edge in breaks[:-1])


def digits_for(value: float, target: Json | None, least: int) -> int:
    """Decimals at which a value that misses its target does not look like meeting it.

    Examples
    --------
    >>> digits_for(89.96, {"op": ">=", "value": 90.0, "unit": "%"}, 1)
    2
    """
    if target is None or target["value"] is None or is_met(value, target):
        return least
    for digits in range(least, 12):
        if not is_met(float(f"{value:.{digits}f}"), target):
            return digits
    return 12


def figure(value: float | None, target: Json | None, least: int = 1) -> str:
    """A value as text, empty for none; whole hundreds lose their decimals.

    Examples
    --------
    >>> figure(100.0, None), figure(89.96, {"op": ">=", "value": 90.0, "unit": "%"})
    ('100', '89.96')
    """
    if value is None or math.isnan(value):
        return ""
    if round(value, 9) == 100:
        return "100"
    return f"{value:,.{digits_for(value, target, least)}f}"


def measure(value: float) -> str:
    """A measure to about four significant places, thousands separated.

    Examples
    --------
    >>> measure(2.8621), measure(18460.2), measure(1204)
    ('2.862', '18,460', '1,204')
    """
    size = abs(value)
    if float(value).is_integer() or size >= 1000:
        return f"{value:,.0f}"
    return f"{value:,.{1 if size >= 100 else 2 if size >= 10 else 3}f}"


def quantity(value: float | None, unit: str | None, lang: str) -> str:
    """A numerator or denominator with its unit, areas in km², lengths in km.

    Examples
    --------
    >>> quantity(29841000, "m2", "zh"), quantity(12, "features", "zh")
    ('29.841 km²', '12 个')
    """
    if value is None:
        return "–"
    zh = lang == "zh"
    match unit:
        case "m2":
            return f"{value / 1e6:,.3f} km²"
        case "km2":
            return f"{value:,.3f} km²"
        case "m":
            return f"{value / 1000:,.3f} km"
        case "persons" | "person":
            return f"{value:,.0f} {'人' if zh else 'people'}"
        case "features" | "feature" | "count":
            return f"{value:,.0f} {'个' if zh else 'features'}"
    return f"{measure(value)} {unit or ''}".rstrip()
