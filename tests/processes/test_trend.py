"""Series of dates, on the borders of then and of now."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from gis.compute import execute
from gis.db.pool import Database
from gis.db.reader import DatabaseReader
from layers import Catalogue, City, Level
from processes import Forbidden, InvalidInput, Result
from processes.trend import _dates
from tests.processes.test_database import by_zone

REFORM = "2014-06-01"
OLD, NEW = "330106002", "330106902"
DIVIDED = """
CREATE TEMP TABLE moved AS
  SELECT * FROM city.community WHERE code LIKE '{old}%' ORDER BY code LIMIT {half};
UPDATE city.community SET valid_to = DATE '{day}'
  WHERE code IN (SELECT code FROM moved);
INSERT INTO city.community (code, name, valid_from, source, synthetic, street_code,
                            district_code, geom, geom_m)
  SELECT '{new}' || right(code, 3), name, DATE '{day}', source, synthetic, '{new}',
         district_code, geom, geom_m FROM moved;
CREATE TEMP TABLE parts AS
  SELECT left(code, 9) AS street, ST_Multi(ST_Union(geom_m)) AS geom_m
  FROM city.community WHERE valid_to IS NULL AND left(code, 9) IN ('{old}', '{new}')
  GROUP BY 1;
UPDATE city.street SET valid_to = DATE '{day}' WHERE code = '{old}';
INSERT INTO city.street (code, name, valid_from, source, synthetic, district_code,
                         geom, geom_m)
  SELECT p.street, s.name, DATE '{day}', s.source, s.synthetic, s.district_code,
         ST_Multi(ST_Transform(p.geom_m, 4490)), p.geom_m
  FROM parts AS p, city.street AS s WHERE s.code = '{old}';
"""


@pytest.fixture(scope="module")
def reader(city_db: Database, catalogue: Catalogue, city: City) -> DatabaseReader:
    return DatabaseReader(city_db, catalogue, city)


def run(reader: Any, process: str, **inputs: Any) -> Result:
    return execute(process, inputs, reader=reader, level=Level.RESTRICTED)


def at(result: Result, day: str) -> dict[str, Any]:
    return {row["zone_id"]: row for row in result.rows if row["as_of"] == day}


def test_every_date_is_what_coverage_gives(reader: Any) -> None:
    asked = {"service": "base_station", "zones": "street"}
    series = run(
        reader,
        "trend",
        **asked,
        begin="2013-12-31",
        as_of="2015-12-31",
        of="population",
    )
    days = ["2013-12-31", "2014-12-31", "2015-12-31"]
    assert series.reconciliation["dates"] == days
    for day in days:
        whole = by_zone(run(reader, "coverage", **asked, as_of=day, of="population"))
        rows = at(series, day)
        for zone, row in rows.items():
            if zone != "total":
                assert row["covered"] == whole[zone]["covered"]
                assert row["total"] == whole[zone]["total"]
            assert row["borders_of"] == "2015-12-31"
    grown = [at(series, day)["total"]["covered"] for day in days]
    assert grown == sorted(grown)
    assert grown[0] < grown[-1]


def test_a_target_is_told_as_the_scorecard_tells_it(reader: Any) -> None:
    series = run(reader, "trend", target="vs-2", begin="2013-12-31", as_of="2015-12-31")
    card = run(reader, "scorecard", targets=["vs-2"], as_of="2015-12-31").body or {}
    city = card["city"][0]
    last = at(series, "2015-12-31")
    assert last["city"]["value"] == city["value"]
    for point in city["series"]:
        if point["as_of"] >= "2013-12-31":
            assert at(series, point["as_of"])["city"]["value"] == point["value"]
    assert series.reconciliation["target_value"] == card["targets"][0]["value"]


def test_borders_of_then_and_of_now(
    own_city_db: Database, catalogue: Catalogue, city: City
) -> None:
    with own_city_db.owner() as connection:
        count = connection.execute(
            "SELECT count(*) FROM city.community WHERE code LIKE %s", (OLD + "%",)
        ).fetchone()
        assert count is not None
        text = DIVIDED.format(old=OLD, new=NEW, day=REFORM, half=count[0] // 2)
        for one in text.split(";\n"):
            if one.strip():
                connection.execute(one.encode())
    reader = DatabaseReader(own_city_db, catalogue, city)
    asked = {
        "service": "base_station",
        "zones": "street",
        "begin": "2013-12-31",
        "as_of": "2014-12-31",
    }
    now = run(reader, "trend", **asked, borders="now")
    then = run(reader, "trend", **asked, borders="then")
    before, after = "2013-12-31", "2014-12-31"
    assert NEW not in at(then, before)
    assert {OLD, NEW} <= at(then, after).keys()
    assert {OLD, NEW} <= at(now, before).keys()
    assert at(then, before)[OLD]["borders_of"] == before
    assert at(now, before)[OLD]["borders_of"] == after
    # the old street is the two of now together, at the same date
    halves = [at(now, before)[code] for code in (OLD, NEW)]
    for name in ("covered", "total"):
        assert sum(h[name] for h in halves) == pytest.approx(
            at(then, before)[OLD][name], rel=1e-9
        )
        assert at(then, before)["total"][name] == pytest.approx(
            at(now, before)["total"][name], rel=1e-9
        )
    for code in (OLD, NEW):
        one, other = at(now, after)[code], at(then, after)[code]
        assert one == other


@pytest.mark.parametrize(
    ("months", "expected"),
    [
        (12, ["2013-12-31", "2014-12-31", "2015-02-28"]),
        (6, ["2013-12-31", "2014-06-30", "2014-12-31", "2015-02-28"]),
    ],
)
def test_dates_are_the_ends_of_periods(months: int, expected: list[str]) -> None:
    found = _dates(date(2013, 12, 1), date(2015, 2, 28), months)
    assert [str(day) for day in found] == expected


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "must be given, or service"),
        ({"target": "vs-2", "service": "camera"}, "not both"),
        ({"target": "vs-99"}, "target: vs-99 given"),
        ({"service": "camera", "begin": "2030-01-01"}, "begin: 2030-01-01 given"),
        ({"service": "camera", "period": "month"}, "at most 60 dates"),
        ({"service": "nothing"}, "service: nothing given"),
    ],
)
def test_what_is_no_series_is_refused(
    reader: Any, inputs: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        run(reader, "trend", **inputs)


def test_the_public_gets_the_published_dates_only(reader: Any) -> None:
    asked = {"service": "camera", "as_of": "2015-12-31"}
    with pytest.raises(Forbidden):
        execute("trend", asked, reader=reader, level=Level.PUBLIC)
