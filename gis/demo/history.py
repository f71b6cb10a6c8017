"""How the city grew: when each thing appeared or gained its flag."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gis.demo.frames import BEGIN, NEVER
from gis.demo.size import stream

PLAN_END = np.datetime64("2015-12-31")
LAST = np.datetime64("2025-12-31")


@dataclass(frozen=True)
class Growth:
    """Shares that have a thing at the start of 2012, the end of 2015, and by 2025.

    `spread` is how far districts stand apart around these shares.
    """

    start: float
    plan_end: float
    last: float
    spread: float = 0.10


def adopted(
    seed: int, purpose: str, district: np.ndarray, growth: Growth
) -> np.ndarray:
    """(n,) the day each thing appears; 2012-01-01 for what was there, NaT for never.

    Parameters
    ----------
    district : (n,) district code of each thing; each district has shares of its own

    Notes
    -----
    Within a district the days follow a straight line from the share at the start to
    the share at the end of the plan, and another one from there to 2025.
    """
    random = stream(seed, "history", purpose)
    days = np.full(len(district), NEVER)
    for code in np.unique(district):
        lag = float(stream(seed, "history", purpose, str(code)).uniform(-1, 1))
        s0, s1, s2 = (
            float(np.clip(share + lag * growth.spread, 0.0, 1.0))
            if 0.0 < share < 1.0
            else share
            for share in (growth.start, growth.plan_end, growth.last)
        )
        s1 = max(s0, s1)
        s2 = max(s1, s2)
        here = np.flatnonzero(district == code)
        rank = (random.permutation(len(here)) + 0.5) / max(len(here), 1)
        days[here] = _day_of(rank, s0, s1, s2)
    return days


def _day_of(rank: np.ndarray, s0: float, s1: float, s2: float) -> np.ndarray:
    """The day when the share first exceeds each rank."""
    days = np.full(len(rank), NEVER)
    days[rank <= s0] = BEGIN
    for low, high, begin, end in (
        (s0, s1, BEGIN, PLAN_END),
        (s1, s2, PLAN_END, LAST),
    ):
        within = (rank > low) & (rank <= high)
        if within.any():
            part = (rank[within] - low) / (high - low)
            span = (end - begin).astype(int)
            later = np.maximum(1, np.rint(part * span))
            days[within] = begin + later.astype("timedelta64[D]")
    return days


@dataclass(frozen=True)
class Versions:
    """Rows of a table whose flag changes once.

    Parameters
    ----------
    row : (m,) which thing each version belongs to
    flag : (m,) its flag in that time
    valid_from, valid_to : (m,) days, end exclusive, NaT while it lasts
    """

    row: np.ndarray
    flag: np.ndarray
    valid_from: np.ndarray
    valid_to: np.ndarray


def versions(adopted_on: np.ndarray, exists_from: np.ndarray | None = None) -> Versions:
    """One version per thing, or two where its flag turns true after it appeared.

    Parameters
    ----------
    adopted_on : (n,) day when the flag turns true; NaT for never
    exists_from : (n,) day when the thing appeared; by default the start of 2012
    """
    count = len(adopted_on)
    begin = np.full(count, BEGIN) if exists_from is None else exists_from
    never = np.isnat(adopted_on)
    at_once = ~never & (adopted_on <= begin)
    changes = ~never & ~at_once
    row = np.concatenate((np.arange(count), np.flatnonzero(changes)))
    later = np.arange(len(row)) >= count
    flag = np.where(later, True, at_once[row])
    valid_from = np.where(later, adopted_on[row], begin[row])
    valid_to = np.where(~later & changes[row], adopted_on[row], NEVER)
    order = np.lexsort((valid_from, row))
    return Versions(row[order], flag[order], valid_from[order], valid_to[order])
