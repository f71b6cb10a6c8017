"""Tables as they stood, and what changed between two runs."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest
from psycopg import sql

from gis.compute import execute
from gis.db.pool import Database
from gis.db.reader import DatabaseReader
from gis.db.results import DatabaseResults
from gis.db.runs import RunFilter, RunStore
from layers import Catalogue, City, Level
from processes import Forbidden, InvalidInput, NoData, Result
from processes.explain_change import PARTS

COLUMNS = ("name", "service_radius_m", "valid_from", "synthetic")


class Town:
    """The small demo city: edited, asked, read as it stood."""

    def __init__(self, database: Database, catalogue: Catalogue, city: City) -> None:
        self.database = database
        self.catalogue, self.city = catalogue, city
        self.reader = DatabaseReader(database, catalogue, city)

    def edit(self, text: str, *values: Any) -> None:
        with self.database.owner() as connection:
            connection.execute(sql.SQL(text), values)

    def asked(self, level: Level = Level.RESTRICTED, **inputs: Any) -> str:
        """Number of the run of a question of coverage."""
        self.ask("coverage", level, **inputs)
        wanted = RunFilter(Level.RESTRICTED, service=inputs["service"], limit=1)
        return RunStore(self.database).listed(wanted)[0].run_id

    def ask(
        self, process: str, level: Level = Level.RESTRICTED, **inputs: Any
    ) -> Result:
        reader = DatabaseReader(self.database, self.catalogue, self.city, level)
        results = DatabaseResults(self.database)
        return execute(process, inputs, reader=reader, level=level, results=results)

    def explained(self, one: str, two: str) -> dict[str, Any]:
        """The `total` row; in every row the parts are the change, exactly."""
        answer = self.ask("explain-change", before_run=one, after_run=two)
        store = RunStore(self.database)
        for row in answer.rows:
            parts = sum(Fraction(row[part]) for part in PARTS)
            assert parts == Fraction(row["after"]) - Fraction(row["before"])
            assert sum(row[part] for part in reversed(PARTS)) == row["difference"]
        for name, run_id in (("before", one), ("after", two)):
            run = store.read(run_id, Level.RESTRICTED)
            rows = Result.from_text(store.document(run)).rows
            stored = {row["zone_id"]: row["covered"] for row in rows}
            for row in answer.rows[:-1]:
                assert row[name] == pytest.approx(stored[row["zone_id"]], abs=1e-5)
        return dict(answer.rows[-1])


@pytest.fixture
def town(own_city_db: Database, catalogue: Catalogue, city: City) -> Town:
    return Town(own_city_db, catalogue, city)


def seen(reader: Any, layer: str) -> list[tuple[str, ...]]:
    """Rows as text, in which nan is nan."""
    found = reader.features(layer, columns=COLUMNS)
    columns = [found.columns[name].tolist() for name in COLUMNS]
    shapes = [None if one is None else one.wkb for one in found.geometry]
    rows = zip(found.code.tolist(), shapes, *columns, strict=True)
    return [tuple(str(value) for value in row) for row in rows]


EDITS = (
    "UPDATE city.clinic SET service_radius_m = {n} WHERE code = {code}",
    "UPDATE city.clinic SET geom_m = ST_SnapToGrid(ST_Translate(geom_m, {n}, 3), 0.001)"
    " WHERE code = {code}",
    "DELETE FROM city.clinic WHERE code = {code}",
    "INSERT INTO city.clinic (code, name, valid_from, source, synthetic, geom, geom_m) "
    "SELECT {code} || '-{n}', 'x', valid_from, source, true, geom, geom_m "
    "FROM city.clinic LIMIT 2 ON CONFLICT DO NOTHING",
    "WITH gone AS (DELETE FROM city.clinic WHERE code = {code} RETURNING *) "
    "INSERT INTO city.clinic OVERRIDING SYSTEM VALUE SELECT * FROM gone "
    "ON CONFLICT DO NOTHING",
    "UPDATE city.clinic SET valid_to = '2014-01-01' WHERE code = {code} "
    "AND valid_from < '2014-01-01'",
    "UPDATE city.clinic SET service_radius_m = {n} WHERE code = 'none'",
)


def test_a_table_is_read_as_it_stood(town: Town) -> None:
    dice = random.Random(11)
    stood: dict[int, list[tuple[str, ...]]] = {}
    for turn in range(40):
        stood[town.reader.version("clinic")] = seen(town.reader, "clinic")
        codes = [row[0] for row in stood[max(stood)]]
        query = dice.choice(EDITS)
        code = "'" + dice.choice(codes) + "'"
        town.edit(query.replace("{n}", str(turn + 1)).replace("{code}", code))
    assert len(stood) > 20
    assert len({str(rows) for rows in stood.values()}) > 15
    ledger = town.reader.ledger
    assert ledger is not None
    for version, rows in stood.items():
        past = ledger.at({"clinic": version})
        assert past.version("clinic") == version
        assert past.features("clinic").version == version
        assert seen(past, "clinic") == rows
    town.edit("TRUNCATE city.clinic")
    with pytest.raises(NoData, match=r"clinic: .* since version"):
        ledger.at({"clinic": max(stood)})


def test_every_edit_of_a_day_is_explained(town: Town) -> None:
    asked = {"service": "clinic", "zones": "street"}
    one = town.asked(**asked)
    town.edit("DELETE FROM city.clinic WHERE code IN "
              "(SELECT code FROM city.clinic ORDER BY code LIMIT 3)")  # fmt: skip
    two = town.asked(**asked)
    gone = town.explained(one, two)
    assert gone["assets_retired"] == gone["difference"] < 0
    town.edit(
        "INSERT INTO city.clinic (code, name, valid_from, source, synthetic, "
        "service_radius_m, geom, geom_m) SELECT 'new-' || code, 'x', '2012-01-01', "
        "source, true, 900, ST_Transform(ST_PointOnSurface(geom_m), 4490), "
        "ST_SnapToGrid(ST_PointOnSurface(geom_m), 0.001) FROM city.street"
    )
    town.edit("UPDATE city.clinic SET service_radius_m = 250 WHERE code IN "
              "(SELECT code FROM city.clinic ORDER BY code LIMIT 2)")  # fmt: skip
    three = town.asked(**asked)
    both = town.explained(one, three)
    assert both["assets_added"] > 0 > both["assets_retired"]
    assert both["assets_changed"] != 0
    assert both["rule_changed"] == both["boundary_moved"] == 0
    # the other way round, and from a run to itself
    back = town.explained(three, one)
    assert back["difference"] == -both["difference"]
    assert town.explained(one, one)["difference"] == 0


def test_another_rule_is_nothing_else(town: Town) -> None:
    asked = {"service": "clinic", "of": "population"}
    one = town.asked(**asked)
    two = town.asked(**asked, parameters={"radius_m": 450.0})
    row = town.explained(one, two)
    assert row["rule_changed"] == row["difference"] < 0  # the declared ones are wider
    three = town.asked(**asked, where="code LIKE '%1'")
    assert town.explained(one, three)["rule_changed"] < 0
    four = town.asked(**asked, demand_where="population > 5")
    assert town.explained(one, four)["denominator_changed"] <= 0
    # other code made the first figures: what it made otherwise is the rule's
    town.edit(
        "UPDATE ledger.run SET code_version = 'old', document = jsonb_set("
        "document::jsonb, '{rows,0,covered}', '7')::text WHERE run_id = %s",
        one,
    )
    town.edit("DELETE FROM ledger.run WHERE process = 'explain-change'")
    old = town.explained(one, two)
    assert old["rule_changed"] == old["difference"]
    town.edit("UPDATE city.population_point SET population = population * 2")
    more = town.explained(four, town.asked(**asked, demand_where="population > 5"))
    assert more["denominator_changed"] == more["difference"] > 0


def test_cameras_that_fail_and_borders_that_move(town: Town) -> None:
    asked = {"service": "camera", "zones": "community", "depth": 2}
    one = town.asked(**asked)
    town.edit("UPDATE city.camera SET state = 'fault' WHERE code LIKE '%%3'")
    two = town.asked(**asked)
    failed = town.explained(one, two)
    assert failed["out_of_service"] == failed["difference"] < 0
    town.edit(
        "UPDATE city.community SET geom_m = ST_Multi(ST_Buffer(geom_m, -30)) "
        "WHERE code = (SELECT min(code) FROM city.community)"
    )
    town.edit("UPDATE city.camera SET state = 'online' WHERE code LIKE '%%3'")
    moved = town.explained(two, town.asked(**asked))
    assert moved["boundary_moved"] <= 0 < moved["out_of_service"]


def test_runs_that_are_no_pair_are_refused(town: Town) -> None:
    one = town.asked(service="camera", level=Level.STAFF)
    two = town.asked(service="camera", zones="street")
    clinic = town.asked(service="clinic")
    for wrong, match in (
        ({"before_run": one}, "after_run: None given, must be given"),
        ({"before_run": one, "after_run": two}, "must have the same zones"),
        ({"before_run": one, "after_run": clinic}, "must have the same service"),
        ({"before_run": one, "after_run": "0" * 32}, "must be a run that is kept"),
        ({"before_run": one, "after_run": one, "service": "camera"}, "must be absent"),
    ):
        with pytest.raises(InvalidInput, match=match):
            town.ask("explain-change", **wrong)
    for run in (one, two):
        with pytest.raises((InvalidInput, Forbidden)):
            town.ask("explain-change", Level.PUBLIC, before_run=run, after_run=run)
    town.ask("explain-change", Level.PUBLIC, before_run=clinic, after_run=clinic)
