"""Durations in `datetime`: ISO 8601, as the second or first half of an interval.

The standard knows instants and intervals of instants; the standard's own test suite
asks with `2014-01-01/P2D` too.
"""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta

_DURATION = re.compile(
    r"P(?=[\dT])(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?"
    r"(?:T(?=\d)(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?",
    re.ASCII,
)


def is_duration(text: str) -> bool:
    """Whether a half of an interval is a duration.

    Examples
    --------
    >>> [is_duration(text) for text in ("P2D", "PT0S", "P1Y2M3DT4H", "P", "PT", "2D")]
    [True, True, True, False, False, False]
    """
    return _DURATION.fullmatch(text) is not None


def shifted(instant: datetime, duration: str, *, back: bool = False) -> datetime:
    """The instant so much later, or earlier; of a shorter month its last day.

    Parameters
    ----------
    duration : such that `is_duration`

    Raises
    ------
    OverflowError, ValueError : the result lies outside the years 1 to 9999

    Examples
    --------
    >>> shifted(datetime(2024, 1, 31, 12), "P1M").isoformat()
    '2024-02-29T12:00:00'
    >>> shifted(datetime(2024, 3, 1), "P1DT12H", back=True).isoformat()
    '2024-02-28T12:00:00'
    """
    found = _DURATION.fullmatch(duration)
    if found is None:
        raise ValueError(duration)
    years, months, weeks, days, hours, minutes, seconds = (
        int(part or 0) for part in found.groups()
    )
    sign = -1 if back else 1
    month = instant.year * 12 + instant.month - 1 + sign * (12 * years + months)
    year, month = divmod(month, 12)
    if not 1 <= year <= 9999:
        raise OverflowError(duration)
    day = min(instant.day, calendar.monthrange(year, month + 1)[1])
    moved = instant.replace(year=year, month=month + 1, day=day)
    return moved + sign * timedelta(
        weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds
    )
