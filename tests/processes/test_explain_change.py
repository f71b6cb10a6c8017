"""The parts of a change add up to it, and each is what it says."""

from __future__ import annotations

from typing import Any

import pytest

from gis.compute import execute
from gis.db.pool import Database
from gis.db.reader import DatabaseReader
from layers import Catalogue, City, Level
from processes import Forbidden, InvalidInput, Result
from processes.explain_change import PARTS
from tests.processes.test_database import by_zone
from tests.processes.test_trend import DIVIDED, NEW, OLD, REFORM

ASKED = {"service": "base_station", "zones": "street", "before": "2013-12-31"}


@pytest.fixture(scope="module")
def reader(city_db: Database, catalogue: Catalogue, city: City) -> DatabaseReader:
    return DatabaseReader(city_db, catalogue, city)


def run(reader: Any, process: str, **inputs: Any) -> Result:
    asked = {"as_of": "2015-12-31", **inputs}
    return execute(process, asked, reader=reader, level=Level.RESTRICTED)


def assert_explained(reader: Any, answer: Result, **asked: Any) -> None:
    """Ends are the figures of coverage; parts add up, in every zone."""
    before = by_zone(run(reader, "coverage", **asked, as_of="2013-12-31"))
    after = by_zone(run(reader, "coverage", **asked))
    unit = answer.reconciliation["rounded_to"]
    assert unit < 1e-5
    for row in answer.rows:
        zone = row["zone_id"]
        assert sum(row[part] for part in PARTS) == row["difference"]
        assert row["after"] - row["before"] == row["difference"]
        if zone == "total":
            continue
        was = before[zone]["covered"] if zone in before else 0.0
        now = after[zone]["covered"] if zone in after else 0.0
        assert abs(row["before"] - was) <= unit / 2
        assert abs(row["after"] - now) <= unit / 2


def test_only_what_was_put_up_changed(reader: Any) -> None:
    answer = run(reader, "explain-change", **ASKED)
    assert_explained(reader, answer, service="base_station", zones="street")
    total = by_zone(answer)["total"]
    assert total["assets_added"] > 0
    assert answer.reconciliation["counts"]["assets_added"] > 0
    for part in set(PARTS) - {"assets_added"}:
        assert total[part] == 0.0


def test_every_cause_has_its_part(
    own_city_db: Database, catalogue: Catalogue, city: City
) -> None:
    with own_city_db.owner() as connection:
        for text in (
            # one breaks down, one is taken away, one is turned round
            "CREATE TEMP TABLE three AS SELECT code FROM city.camera "
            "WHERE state = 'online' AND valid_from < '2013-06-01' "
            "AND azimuth_deg IS NOT NULL ORDER BY code LIMIT 90",
            "CREATE TEMP TABLE old AS SELECT c.*, row_number() OVER (ORDER BY c.code) "
            "AS n FROM city.camera AS c JOIN three USING (code)",
            "UPDATE city.camera SET valid_to = '2014-06-01' "
            "WHERE code IN (SELECT code FROM three)",
            "ALTER TABLE old DROP COLUMN fid",
            "UPDATE old SET valid_from = '2014-06-01'",
            "DELETE FROM old WHERE n <= 30",
            "UPDATE old SET state = 'fault' WHERE n <= 60",
            "UPDATE old SET azimuth_deg = (azimuth_deg::numeric + 90) % 360 "
            "WHERE n > 60",
        ):
            connection.execute(text.encode())
        names = [
            row[0]
            for row in connection.execute(
                "SELECT column_name FROM information_schema.columns "
                "WHERE table_schema = 'city' AND table_name = 'camera' "
                "AND column_name <> 'fid'"
            )
        ]
        columns = ", ".join(f'"{name}"' for name in names)
        connection.execute(
            f"INSERT INTO city.camera ({columns}) SELECT {columns} FROM old".encode()
        )
        count = connection.execute(
            "SELECT count(*) FROM city.community WHERE code LIKE %s", (OLD + "%",)
        ).fetchone()
        assert count is not None
        divided = DIVIDED.format(old=OLD, new=NEW, day=REFORM, half=count[0] // 2)
        for one in divided.split(";\n"):
            if one.strip():
                connection.execute(one.encode())
    reader = DatabaseReader(own_city_db, catalogue, city)
    asked = {"service": "camera", "zones": "street"}
    answer = run(
        reader,
        "explain-change",
        **asked,
        before="2013-12-31",
        parameters_before={},
        parameters={},
    )
    assert_explained(reader, answer, **asked)
    counts = answer.reconciliation["counts"]
    # a camera or two see nothing either way
    for cause in ("assets_retired", "out_of_service", "assets_changed"):
        assert counts[cause] >= 25
    assert counts["out_of_service"] <= 30
    total = by_zone(answer)["total"]
    assert total["assets_added"] > 0 > total["assets_retired"]
    assert total["out_of_service"] < 0
    assert total["assets_changed"] != 0
    assert total["boundary_moved"] == pytest.approx(0.0, abs=1e-3)
    halves = by_zone(answer)
    assert halves[NEW]["before"] == 0 < halves[NEW]["boundary_moved"]
    assert halves[OLD]["boundary_moved"] < 0


def test_another_rule_and_another_demand(reader: Any) -> None:
    answer = run(
        reader,
        "explain-change",
        **ASKED,
        of="population",
        parameters={"radius_m": 400.0},
        parameters_before={"radius_m": 200.0},
    )
    total = by_zone(answer)["total"]
    assert total["rule_changed"] > 0
    assert sum(total[part] for part in PARTS) == total["difference"]
    later = by_zone(
        run(
            reader,
            "coverage",
            service="base_station",
            zones="street",
            of="population",
            parameters={"radius_m": 400.0},
        )
    )
    for zone, row in by_zone(answer).items():
        if zone != "total":
            assert row["after"] == later[zone]["covered"]


def test_what_cannot_be_explained_is_refused(reader: Any) -> None:
    with pytest.raises(InvalidInput, match="before: nothing given, must be the first"):
        run(reader, "explain-change", service="park")
    with pytest.raises(InvalidInput, match="before: 2016-01-01 given"):
        run(reader, "explain-change", service="camera", before="2016-01-01")
    with pytest.raises(InvalidInput, match="service: None given, must be given"):
        run(reader, "explain-change", before="2013-12-31")
    with pytest.raises(InvalidInput, match="only a flag"):
        run(reader, "explain-change", service="hospital", before="2013-12-31")
    with pytest.raises(Forbidden):
        execute(
            "explain-change",
            {"service": "camera", "before": "2013-12-31", "as_of": "2015-12-31"},
            reader=reader,
            level=Level.PUBLIC,
        )
