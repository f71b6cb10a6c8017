"""How many cameras are in service, by state and by the hours of a day.

Question: at each hour of a day, what share of the cameras worked, and in which state
were the others?

Method: a camera is out of service at an hour of the city's own clock when its state was
so before the day and no outage says otherwise, or when an outage of the record covers
the middle of the hour. `in_service_share` = in service / cameras that are not removed.
The plan asks for 98 % (standards: 发改高技〔2015〕996号).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import Field

from layers import Title
from processes._errors import NoData
from processes._measure import ratio
from processes._ports import Reader
from processes._reconcile import answered
from processes._spec import CSV, JSON, XLSX, Inputs, Process, Result

_CAMERA, _OUTAGE = "camera", "camera_outage"
_STANDS = "state IS NULL OR state <> 'removed'"
_STATES = ("online", "offline", "fault")
_HOURS = 24


class CameraServiceInputs(Inputs):
    """Which day."""

    as_of: date | None = Field(None, description="the day; today if absent")


def run(inputs: CameraServiceInputs, read: Reader) -> Result:
    """Rows hour, cameras, in_service, unknown, offline, fault, in_service_share."""
    cameras = read.features(
        _CAMERA, columns=("state",), where=_STANDS, as_of=inputs.as_of,
        geometry=False,
    )  # fmt: skip
    if len(cameras) == 0:
        raise NoData(f"{_CAMERA}: 此日期没有摄像机 / no camera stands at this date")
    day = inputs.as_of or date.today()
    state = np.array(
        [str(s or "unknown") for s in cameras.columns["state"]], dtype=object
    )
    of_code = {code: i for i, code in enumerate(cameras.code)}
    outages = read.features(
        _OUTAGE, columns=("camera_code", "state", "began_at", "ended_at"),
        as_of=inputs.as_of, geometry=False,
    )  # fmt: skip
    column = outages.columns
    known = np.array([code in of_code for code in column["camera_code"]], bool)
    which = np.array([of_code[c] for c in column["camera_code"][known]], dtype=np.int64)
    began, ended = column["began_at"][known], column["ended_at"][known]
    why = column["state"][known]
    recorded = np.zeros(len(cameras), dtype=bool)
    recorded[which] = True
    rows = []
    for hour in range(_HOURS):
        now = _instant(day, hour, read.city.timezone)
        # without any record the register's own state holds all day
        at = np.where(recorded, "online", state)
        out = (began <= now) & (np.isnat(ended) | (ended > now))
        at[which[out]] = why[out]
        counts = {name: int(np.count_nonzero(at == name)) for name in _STATES}
        rows.append(
            {
                "hour": hour,
                "cameras": len(cameras),
                "in_service": counts["online"],
                "unknown": len(cameras) - sum(counts.values()),
                "offline": counts["offline"],
                "fault": counts["fault"],
                "in_service_share": ratio(counts["online"], len(cameras)),
            }
        )
    return answered(
        PROCESS,
        inputs,
        read,
        id_column="hour",
        rows=rows,
        facts=_facts(read, state, day, int(known.sum())),
    )


def _facts(read: Reader, state: Any, day: date, outages: int) -> dict[str, Any]:  # noqa: ANN401  # texts
    names, counts = np.unique(state.astype(str), return_counts=True)
    return {
        "layer_versions": {id_: read.version(id_) for id_ in (_CAMERA, _OUTAGE)},
        "as_of": day.isoformat(),
        "timezone": read.city.timezone,
        "outages": outages,
        "cameras_by_state": {
            str(n): int(c) for n, c in zip(names, counts, strict=True)
        },
    }


def _instant(day: date, hour: int, timezone: str) -> np.datetime64:
    """The middle of an hour of the city's clock, in UTC."""
    local = datetime.combine(day, time(hour, 30), ZoneInfo(timezone))
    return np.datetime64(
        (local - (local.utcoffset() or timedelta())).replace(tzinfo=None)
    )


def _reads(inputs: CameraServiceInputs, read: Reader) -> Sequence[str]:
    """Layers that the answer depends on."""
    return (_CAMERA, _OUTAGE)


PROCESS = Process(
    id="camera-service",
    version="2",
    title=Title(zh="摄像机在用率", en="Cameras in service"),
    description=Title(
        zh="一天中每小时在用、离线、故障的摄像机数量与在用率。",
        en="Cameras in service, off line and faulty at every hour of a day.",
    ),
    inputs=CameraServiceInputs,
    run=run,
    media_types=(JSON, CSV, XLSX),
    reads=_reads,
)
