"""The ledger of runs: what is kept, published, told to whom, and for how long."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from gis.access import schema_of
from gis.compute import execute
from gis.db.pool import Database
from gis.db.reader import DatabaseReader
from gis.db.results import DatabaseResults
from gis.db.runs import RunFilter, RunRecord, RunStore, publish_runs
from gis.errors import NoSuchRun
from gis.operation import Retention
from layers import Catalogue, City, Level
from processes import Result, code_version

TODAY = date.today()


class Town:
    """The small demo city, asked and looked at."""

    def __init__(self, database: Database, catalogue: Catalogue, city: City) -> None:
        self.database, self.catalogue, self.city = database, catalogue, city
        self.store = RunStore(database)

    def ask(self, level: Level, process: str = "coverage", **inputs: Any) -> Result:
        reader = DatabaseReader(self.database, self.catalogue, self.city, level)
        results = DatabaseResults(self.database)
        return execute(process, inputs, reader=reader, level=level, results=results)

    def runs(self, level: Level = Level.RESTRICTED, **wanted: Any) -> list[RunRecord]:
        return self.store.listed(RunFilter(level, **wanted))

    def publish(self, **retention: int) -> tuple[int, int]:
        return publish_runs(self.database, self.catalogue, Retention(**retention))

    def rows(self, level: Level, layer: str, columns: str) -> list[tuple[Any, ...]]:
        with self.database.reader(level) as connection:
            query = f"SELECT {columns} FROM {schema_of(level)}.{layer}"
            return connection.execute(query.encode()).fetchall()


@pytest.fixture
def town(own_city_db: Database, catalogue: Catalogue, city: City) -> Town:
    return Town(own_city_db, catalogue, city)


def test_a_run_is_kept_once_with_all_it_depends_on(town: Town) -> None:
    first = town.ask(Level.STAFF, service="camera", zones="street")
    assert town.ask(Level.STAFF, service="camera", zones="street").rows == first.rows
    (run,) = town.runs()
    assert (run.process, run.service, run.model) == ("coverage", "camera", "sector")
    assert (run.zone_layer, run.measure, run.as_of) == ("street", "area", TODAY)
    assert run.asked_by == run.audience == Level.STAFF
    assert run.code_version == code_version()
    assert run.layer_versions == first.reconciliation["layer_versions"]
    assert run.result_hash == first.reconciliation["hash"]
    assert run.parameters == first.reconciliation["parameters"]
    assert run.excluded == {"covers_nothing": sum(run.excluded.values())}
    assert Result.from_text(town.store.document(run)).rows == first.rows
    with town.database.owner() as connection:
        connection.execute("UPDATE city.camera SET name = 'x' WHERE code = "
                           "(SELECT min(code) FROM city.camera)")  # fmt: skip
    town.ask(Level.STAFF, service="camera", zones="street")
    assert len(town.runs()) == 2


def test_the_cells_behind_a_number_add_up_to_it(town: Town) -> None:
    result = town.ask(Level.STAFF, service="camera", depth=2)
    (run,) = town.runs()
    body = town.store.cells(run)
    assert body is not None
    table = pq.read_table(io.BytesIO(body)).to_pandas()
    assert len(table) == run.cells
    assert run.cells > 100
    assert np.isclose(
        table.covered_m2.sum(), result.rows[-1]["covered"], rtol=1e-12, atol=1e-6
    )
    assert (table.covered_m2 <= run.cell_m**2).all()
    town.ask(Level.STAFF, service="service_point", of="population")
    assert town.runs()[0].cells is None


def test_whoever_may_not_see_the_assets_sees_the_coarse_run_only(town: Town) -> None:
    exact = {"service": "camera", "zones": "unit_grid"}
    town.ask(Level.STAFF, **exact)
    (run,) = town.runs()
    assert town.runs(Level.PUBLIC) == []
    with pytest.raises(NoSuchRun, match="not for your level"):
        town.store.read(run.run_id, Level.PUBLIC)
    town.ask(Level.PUBLIC, **exact)
    (coarse,) = town.runs(Level.PUBLIC)
    assert coarse.run_id != run.run_id
    assert coarse.rule is not None
    assert coarse.audience == Level.PUBLIC
    assert town.store.cells(coarse) is None
    town.publish()
    told = town.rows(Level.PUBLIC, "coverage_result", "run, covered, coverage_class")
    assert {row[0] for row in told} == {coarse.run_id}
    assert all(covered is None for _, covered, _ in told)
    known = town.rows(Level.STAFF, "coverage_result", "run")
    assert {row[0] for row in known} == {coarse.run_id, run.run_id}
    # what a filter over a hidden column found is told to those who see the column
    town.ask(Level.RESTRICTED, service="camera", where="azimuth_deg < 90")
    assert town.runs()[0].audience == Level.RESTRICTED
    # of a service that everybody sees, everybody is told the same
    town.ask(Level.STAFF, service="park")
    assert town.runs(Level.PUBLIC)[0].service == "park"


def test_zones_of_a_run_are_features_of_its_date(town: Town) -> None:
    result = town.ask(Level.PUBLIC, service="park", zones="community")
    assert town.publish() == (1, 0)
    assert town.publish() == (0, 0)
    rows = town.rows(
        Level.PUBLIC, "coverage_result",
        "zone_id, covered, total, coverage_ratio, as_of, standing, measure, "
        "ST_GeometryType(geom), synthetic",
    )  # fmt: skip
    wanted = {row["zone_id"]: row for row in result.rows[:-2]}
    assert {row[0] for row in rows} == set(wanted)
    for code, covered, total, share, as_of, standing, measure, kind, made_up in rows:
        assert (covered, total) == (wanted[code]["covered"], wanted[code]["total"])
        assert share == wanted[code]["coverage_ratio"]
        assert (as_of, standing, measure) == (TODAY, False, "area")
        assert kind == "ST_MultiPolygon"
        assert made_up  # the parks of the demo are


def test_the_scorecard_stands_by_target_district_and_date(town: Town) -> None:
    town.ask(Level.PUBLIC, "scorecard", targets=["vs-2", "cm-1"])
    (whole,) = town.runs()
    record = town.store.read(whole.run_id, Level.PUBLIC)
    parts = town.runs(parts=True)
    assert record.parts is not None
    assert {run.run_id for run in parts} == {*record.parts, whole.run_id}
    town.publish()
    rows = town.rows(Level.PUBLIC, "scorecard", "target_id, zone_id, as_of, run")
    assert {row[0] for row in rows} == {"vs-2", "cm-1"}
    assert {row[3] for row in rows} <= set(record.parts)
    dates = {row[2] for row in rows}
    assert len(dates) > 3
    assert max(dates) == TODAY
    assert len({row[:3] for row in rows}) == len(rows)
    # parts stay while what is joined from them does, whatever the limit
    for radius in range(11):
        town.ask(Level.PUBLIC, service="clinic", parameters={"radius_m": radius + 1})
    town.publish(kept=11)
    assert [run.process for run in town.runs()] == ["coverage"] * 11
    with town.database.owner() as connection:
        connection.execute("UPDATE ledger.run SET ran_at = ran_at - interval '2 h'")
    town.publish(kept=11)
    assert not [run for run in town.runs(parts=True) if run.process == "scorecard"]


def test_old_runs_go_and_pinned_ones_stay(town: Town) -> None:
    for radius in range(12):
        town.ask(Level.PUBLIC, service="clinic", parameters={"radius_m": radius + 1})
    oldest = town.runs()[-1]
    town.store.pin(oldest.run_id, "report of the year")
    town.publish(kept=10, published=2)
    left = town.runs()
    assert len(left) == 11
    assert left[-1].run_id == oldest.run_id
    shown = {row[0] for row in town.rows(Level.PUBLIC, "coverage_result", "run")}
    assert shown == {run.run_id for run in left[:2]} | {oldest.run_id}
    with pytest.raises(NoSuchRun):
        town.store.pin("0" * 32, "x")
