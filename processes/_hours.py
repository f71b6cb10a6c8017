"""Only assets in service count: by their state, and by their opening hours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from layers import Layer
from processes._errors import Forbidden, InvalidInput
from processes._ports import Reader
from processes._services import Service

HOURS = "opening_hours"
STATE = "state"
_PART = r"(上午|早上|凌晨|中午|下午|晚上|晚)?\s*(?:次日|翌日)?\s*"
_TIME = r"(\d{1,2})\s*[:\uff1a]\s*(\d{2})\s*"  # also the full-width colon
_DASH = r"[-\u2010-\u2015\u2212~\uff5e\u301c\uff0d至到]+\s*"
_SPAN = re.compile(_PART + _TIME + _DASH + _PART + _TIME)
_AFTER_NOON = {
    "中午": 3,
    "下午": 12,
    "晚上": 12,
    "晚": 12,
}  # hours below are later ones
_ALWAYS = re.compile(r"24\s*(小时|h|hours)|全天", re.IGNORECASE)
_DAY_MIN = 24 * 60


def is_open(hours: str | None, time_min: int) -> bool | None:
    """Whether opening hours hold a time of day; None where they cannot be read.

    Parameters
    ----------
    hours : such as "08:30-12:00, 13:30-17:30"; past midnight where the end is earlier
    time_min : minutes since midnight; the end of a span is no longer in it

    Examples
    --------
    >>> is_open("08:30-12:00,13:30-17:30", 12 * 60), is_open("22:00-06:00", 60)
    (False, True)
    >>> is_open("上午8:30～12:00 下午1:30～5:30", 14 * 60)
    True
    >>> is_open("by appointment", 60) is None
    True
    """
    if hours is None:
        return None
    if _ALWAYS.search(hours):
        return True
    spans = _SPAN.findall(hours)
    if not spans:
        return None
    for part, h0, m0, other, h1, m1 in spans:
        begin = _minute(part, h0, m0)
        end = _minute(other or part, h1, m1)
        if not other and end <= begin:  # what the begin says holds no longer
            end = _minute("", h1, m1)
        if begin > _DAY_MIN or end > _DAY_MIN:
            return None
        late = end <= begin
        if (begin <= time_min < end) or (late and not end <= time_min < begin):
            return True
    return False


def _minute(part: str, hour: str, minute: str) -> int:
    """Minutes since midnight of a time, and the part of the day it may say."""
    later = int(hour) < _AFTER_NOON.get(part, 0)
    return (int(hour) + (12 if later else 0)) * 60 + int(minute)


def minutes_of(open_at: str) -> int:
    """Minutes since midnight of a time HH:MM."""
    hour, _, minute = open_at.partition(":")
    return int(hour) * 60 + int(minute)


def state_filter(
    read: Reader, layer: Layer, state: str | None, where: str | None
) -> str | None:
    """A filter that also asks for a state.

    Raises
    ------
    InvalidInput : the layer has no column of that name, or knows no such state
    """
    if state is None:
        return where
    if STATE not in layer.columns:
        raise InvalidInput("state", state, f"must be absent: {layer.id} has no state")
    table = layer.columns[STATE].codes
    if table is not None and state not in read.codes(table):
        known = ", ".join(read.codes(table))
        raise InvalidInput("state", state, f"must be one of {known}")
    quoted = "'" + state.replace("'", "''") + "'"
    asked = f"{STATE} = {quoted}"
    return asked if where is None else f"({where}) AND {asked}"


def open_only(
    read: Reader, service: Service, open_at: str | None, as_of: date | None
) -> Service:
    """The service of those of its assets that are open at a time of day.

    Raises
    ------
    InvalidInput : the layer keeps no opening hours
    """
    if open_at is None:
        return service
    if HOURS not in read.catalogue[service.layer].columns:
        allowed = f"must be absent: {service.layer} keeps no opening hours"
        raise InvalidInput("open_at", open_at, allowed)
    stored = read.features(service.layer, columns=(HOURS,), as_of=as_of, geometry=False)
    time_min = minutes_of(open_at)
    known = {
        code: is_open(hours, time_min)
        for code, hours in zip(stored.code, stored.columns[HOURS], strict=True)
    }
    told = [known.get(code) for code in service.features.code]
    is_in = np.array([one is True for one in told], dtype=np.bool_)
    kept = is_in[service.asset]
    facts: Mapping[str, Any] = {
        **service.facts,
        "open_at": open_at,
        "assets": int(np.count_nonzero(is_in)),
        "assets_with_area": int(np.count_nonzero(kept)),
        "closed": sum(one is False for one in told),
        "hours_unknown": sum(one is None for one in told),
    }
    flag = None if service.flag is None else service.flag & is_in
    return replace(
        service,
        ground=service.ground[kept],
        asset=service.asset[kept],
        flag=flag,
        facts=facts,
    )


def refuse_hidden(state: str | None, open_at: str | None) -> None:
    """Refuse filters on a service whose assets are not public.

    Raises
    ------
    Forbidden : one of them is given
    """
    if state is not None or open_at is not None:
        raise Forbidden(
            "state、open_at：该服务不接受自由筛选，登录后可用",
            "state, open_at: free filters of this service need a sign-in",
        )
