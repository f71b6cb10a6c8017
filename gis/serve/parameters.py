"""Query parameters, strictly read: each function reads one and names it when wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from gis.errors import QueryError
from gis.publish.pygeoapi import DEFAULT_LIMIT, MAXIMUM_LIMIT
from gis.serve.durations import is_duration, shifted
from layers import CRS84, City, Column, crs_uri, is_northing_first

MAXIMUM_OFFSET = 100_000_000
MAXIMUM_WORDS = 8
MAXIMUM_SEARCH = 200
_MAXIMUM_LENGTH = 8_000
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

Scalar = str | int | float | bool | date | datetime
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Served:
    """A CRS that clients may name: code, URI, and whether northing comes first."""

    srid: int
    uri: str
    northing_first: bool

    @property
    def is_lon_lat(self) -> bool:
        """Whether it is CRS84."""
        return self.uri == CRS84


def read_text(values: Mapping[str, str], name: str) -> str | None:
    """A parameter as text; None when it is not given."""
    text = values.get(name)
    if text is None:
        return None
    if "\x00" in text:
        raise QueryError(name, "holds a NUL character")
    if len(text) > _MAXIMUM_LENGTH:
        raise QueryError(
            name, f"{len(text)} characters given, at most {_MAXIMUM_LENGTH}"
        )
    return text


def read_limit(values: Mapping[str, str]) -> int:
    """Page size, clamped to the maximum as the standard says."""
    text = read_text(values, "limit")
    if text is None:
        return DEFAULT_LIMIT
    if not re.fullmatch(r"\d+", text, re.ASCII) or not text.strip("0"):
        raise QueryError(
            "limit", f"{text!r} given, must be a whole number from 1 to {MAXIMUM_LIMIT}"
        )
    return MAXIMUM_LIMIT if len(text) > 9 else min(int(text), MAXIMUM_LIMIT)


def read_offset(values: Mapping[str, str]) -> int:
    """Number of features to pass over."""
    text = read_text(values, "offset")
    if text is None:
        return 0
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or int(text) > MAXIMUM_OFFSET:
        raise QueryError(
            "offset",
            f"{text[:40]!r} given, must be a whole number from 0 to {MAXIMUM_OFFSET}",
        )
    return int(text)


def read_words(values: Mapping[str, str]) -> tuple[str, ...]:
    """Words of `q`, each of which must be found."""
    text = read_text(values, "q")
    if text is None:
        return ()
    words = tuple(dict.fromkeys(text.split()))
    if not words or len(words) > MAXIMUM_WORDS or len(text) > MAXIMUM_SEARCH:
        raise QueryError(
            "q",
            f"{text[:40]!r} given, must be 1 to {MAXIMUM_WORDS} words, at most "
            f"{MAXIMUM_SEARCH} characters",
        )
    return words


def read_flag(values: Mapping[str, str], name: str) -> bool:
    """Whether the parameter is true; false when not given."""
    text = read_text(values, name)
    if text is None:
        return False
    if text not in ("true", "false"):
        raise QueryError(name, f"{text!r} given, must be true or false")
    return text == "true"


def read_choice(values: Mapping[str, str], name: str, *choices: str) -> str:
    """One of the choices; the first when not given."""
    text = read_text(values, name)
    if text is None:
        return choices[0]
    if text not in choices:
        raise QueryError(name, f"{text!r} given, must be {' or '.join(choices)}")
    return text


def read_crs(values: Mapping[str, str], name: str, city: City) -> Served:
    """A served CRS by URI or safe CURIE ([EPSG:4549]); CRS84 when not given."""
    text = read_text(values, name)
    wanted = CRS84 if text is None else text
    curie = re.fullmatch(r"\[?(EPSG|OGC):(\w+)\]?", wanted)
    if curie and curie[1] == "EPSG":
        wanted = crs_uri(int(curie[2])) if curie[2].isdecimal() else wanted
    elif curie and curie[2] == "CRS84":
        wanted = CRS84
    wanted = wanted.replace("https://", "http://", 1)
    if wanted == CRS84:
        return Served(4326, CRS84, northing_first=False)
    for srid in city.served_srids:
        if wanted == crs_uri(srid):
            return Served(srid, wanted, is_northing_first(srid))
    known = ", ".join(city.served_uris())
    raise QueryError(name, f"{wanted!r} given, must be one of {known}")


def read_bbox(values: Mapping[str, str], crs: Served) -> Box | None:
    """West, south, east, north (x before y) of `bbox`, whatever the CRS's axis order.

    Six numbers are a box with heights, which plane features do not have: the heights
    are checked and left out. West may exceed east in a geographic CRS: the box then
    crosses the antimeridian.
    """
    text = read_text(values, "bbox")
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) not in (4, 6) or not all(_NUMBER.fullmatch(part) for part in parts):
        raise QueryError("bbox", f"{text!r} given, must be 4 or 6 numbers")
    numbers = [float(part) for part in parts]
    if not all(math.isfinite(number) and abs(number) < 1e12 for number in numbers):
        raise QueryError("bbox", f"{text!r} given, numbers must be finite")
    half = len(numbers) // 2
    low, high = numbers[:half], numbers[half:]
    if half == 3 and low[2] > high[2]:
        raise QueryError("bbox", "the lowest height is above the highest")
    first, second = (1, 0) if crs.northing_first else (0, 1)
    west, south, east, north = low[first], low[second], high[first], high[second]
    if south > north:
        raise QueryError("bbox", "the southern edge lies north of the northern")
    if west > east and crs.srid not in (4326, 4490):
        raise QueryError("bbox", "the western edge lies east of the eastern")
    return west, south, east, north


@dataclass(frozen=True)
class Period:
    """A span of time, closed at both ends; None leaves an end open."""

    start: datetime | None
    end: datetime | None


def read_period(values: Mapping[str, str]) -> Period | None:
    """`datetime` as RFC 3339 instant, date, or interval with open ends or a length."""
    text = read_text(values, "datetime")
    if text is None:
        return None
    parts = text.split("/")
    if len(parts) > 2 or set(parts) <= {"", ".."}:
        raise QueryError("datetime", f"{text!r} given, must be an instant or start/end")
    if len(parts) == 1:
        return Period(_instant(text), _instant(text, last=True))
    start, end = (None if part in ("", "..") else part for part in parts)
    if start and end and is_duration(start) != is_duration(end):
        return _measured(start, end)
    period = Period(
        None if start is None else _instant(start),
        None if end is None else _instant(end, last=True),
    )
    if period.start and period.end and period.start > period.end:
        raise QueryError("datetime", f"{text!r} given, ends before it starts")
    return period


def _measured(start: str, end: str) -> Period:
    """A span of which one end is given, and the length."""
    try:
        if is_duration(end):
            begun = _instant(start)
            return Period(begun, shifted(begun, end))
        ended = _instant(end)
        return Period(shifted(ended, start, back=True), ended)
    except (OverflowError, ValueError):
        raise QueryError(
            "datetime", f"'{start}/{end}' given, must lie in the years 1 to 9999"
        ) from None


def read_day(values: Mapping[str, str]) -> date | None:
    """`datetime` where only one day makes sense."""
    text = read_text(values, "datetime")
    if text is None:
        return None
    if "/" in text:
        raise QueryError("datetime", f"{text!r} given, must be one day or instant")
    return _instant(text).date()


def _instant(text: str, *, last: bool = False) -> datetime:
    """An instant in UTC; a date alone is its first, or last, microsecond."""
    try:
        if _DAY.fullmatch(text):
            day = date.fromisoformat(text)
            edge = datetime.combine(day, time.min, UTC)
            whole = timedelta(days=1) - timedelta(microseconds=1)
            return edge + whole if last else edge
        found = datetime.fromisoformat(text)
        if "T" not in text.upper() or found.tzinfo is None:
            raise ValueError(text)
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise QueryError(
            "datetime",
            f"{text!r} given, must be YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ",
        ) from None


def read_names(
    values: Mapping[str, str], name: str, columns: Mapping[str, Column]
) -> tuple[str, ...] | None:
    """A comma-separated list of columns; None when not given."""
    text = read_text(values, name)
    if text is None:
        return None
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    for column in names:
        _known(name, column, columns)
    return names


def read_sort(
    values: Mapping[str, str], columns: Mapping[str, Column]
) -> tuple[tuple[str, bool], ...]:
    """(column, descending) pairs of `sortby`; a plus may arrive as a blank."""
    text = read_text(values, "sortby")
    if text is None:
        return ()
    keys: dict[str, bool] = {}
    for part in text.split(","):
        column = part.lstrip("+- ").strip()
        _known("sortby", column, columns)
        keys.setdefault(column, part.startswith("-"))
    return tuple(keys.items())


def _known(parameter: str, column: str, columns: Mapping[str, Column]) -> None:
    if column not in columns:
        known = ", ".join(columns)
        raise QueryError(parameter, f"{column!r} given, must be among {known}")


def read_equals(
    values: Mapping[str, str], columns: Mapping[str, Column]
) -> tuple[tuple[str, str], ...]:
    """(column, text) pairs of property filters such as `class=arterial`, checked."""
    found = []
    for name, column in columns.items():
        text = read_text(values, name)
        if text is not None:
            read_value(name, text, column)
            found.append((name, text))
    return tuple(found)


def read_value(name: str, text: str, column: Column) -> Scalar:
    """A text as a value of the column's type."""
    match column.type:
        case "integer" if _INTEGER.fullmatch(text) and abs(int(text)) < 2**63:
            return int(text)
        case "number" if _NUMBER.fullmatch(text) and math.isfinite(float(text)):
            return float(text)
        case "boolean" if text in ("true", "false"):
            return text == "true"
        case "date" if _DAY.fullmatch(text):
            try:
                return date.fromisoformat(text)
            except ValueError:
                pass
        case "datetime":
            try:
                return _instant(text)
            except QueryError:
                pass
        case "text" | "code":
            return text
    raise QueryError(name, f"{text[:80]!r} given, must be of type {column.type}")
