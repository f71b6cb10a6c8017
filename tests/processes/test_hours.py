"""Only assets in service count."""

from __future__ import annotations

from typing import Any

import pytest

from gis.compute import execute
from gis.db.pool import Database
from gis.db.reader import DatabaseReader
from layers import Catalogue, City, Level
from processes import Forbidden, InvalidInput
from processes._hours import is_open
from tests.processes.test_database import by_zone, run


@pytest.fixture(scope="module")
def reader(city_db: Database, catalogue: Catalogue, city: City) -> DatabaseReader:
    return DatabaseReader(city_db, catalogue, city)


@pytest.mark.parametrize(
    ("hours", "at", "expected"),
    [
        ("08:30-17:30", "08:29", False),
        ("08:30-17:30", "08:30", True),
        ("08:30-17:30", "17:30", False),
        ("8:30至12:00;13:30—17:30", "13:30", True),
        ("22:00-06:00", "23:59", True),
        ("22:00-06:00", "06:00", False),
        ("00:00-24:00", "00:00", True),
        ("24小时", "03:00", True),
        ("08\uff1a30\uff5e17\uff1a30", "08:30", True),  # full width, as typed
        ("08:30 \u2013 17:30", "17:30", False),
        ("上午8:30-12:00 下午1:30-5:30", "13:30", True),
        ("上午8:30-12:00 下午1:30-5:30", "02:00", False),
        ("上午8:30到下午5:30", "17:29", True),
        ("中午11:30-1:00", "12:59", True),
        ("晚上10:00-6:00", "05:59", True),
        ("晚上10:00-次日6:00", "18:30", False),
        ("24:00-06:00", "00:00", True),
        ("25:00-26:00", "03:00", None),
        ("", "03:00", None),
        (None, "03:00", None),
    ],
)
def test_hours(hours: str | None, at: str, expected: bool | None) -> None:
    hour, minute = at.split(":")
    assert is_open(hours, int(hour) * 60 + int(minute)) is expected


@pytest.mark.parametrize("process", ["coverage", "gap"])
def test_at_night_nobody_is_served(reader: Any, process: str) -> None:
    day = run(reader, process, service="service_point", zones="street", open_at="10:00")
    night = run(
        reader, process, service="service_point", zones="street", open_at="23:00"
    )
    always = run(reader, process, service="service_point", zones="street")
    assert day.rows == always.rows
    assert night.reconciliation["assets"] == 0
    assert night.reconciliation["closed"] == always.reconciliation["assets"] > 0
    if process == "coverage":
        assert by_zone(night)["total"]["covered"] == 0


def test_by_state(reader: Any) -> None:
    online = run(reader, "coverage", service="camera", state="online")
    assert online.rows == run(reader, "coverage", service="camera").rows
    broken = run(reader, "coverage", service="camera", state="fault")
    assert by_zone(broken)["total"]["covered"] == 0  # the model counts those online


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"service": "park", "state": "x"}, "state: x given, must be absent"),
        (
            {"service": "camera", "state": "broken"},
            "state: broken given, must be one of online, offline, fault, removed",
        ),
        ({"service": "park", "open_at": "10:00"}, "open_at: 10:00 given"),
        ({"service": "service_point", "open_at": "25:00"}, "open_at: 25:00 given"),
        ({"service": "nothing", "state": "x"}, "service: nothing given"),
    ],
)
def test_what_a_layer_does_not_keep_is_refused(
    reader: Any, inputs: dict[str, Any], message: str
) -> None:
    for process in ("coverage", "gap"):
        with pytest.raises(InvalidInput, match=message):
            run(reader, process, **inputs)


@pytest.mark.parametrize("process", ["coverage", "gap"])
def test_the_public_may_not_filter_what_it_does_not_see(
    reader: Any, process: str
) -> None:
    with pytest.raises(Forbidden, match="sign-in"):
        execute(
            process,
            {"service": "camera", "state": "fault"},
            reader=reader,
            level=Level.PUBLIC,
        )
