"""Loads that wait for each other, and loads that fail: see also test_killed.py."""

from __future__ import annotations

import threading

import pytest
import shapely

from gis.db.history import list_loads
from gis.db.pool import Database
from gis.errors import ClusterError, LoadError
from layers import Catalogue, City
from tests.db.test_loader import DAY, Loader, park


def test_two_loads_of_one_layer_queue_and_say_so(
    empty_db: Database, catalogue: Catalogue, city: City
) -> None:
    load = Loader(empty_db, catalogue, city)
    entered, proceed = threading.Event(), threading.Event()
    said: list[str] = []

    def hold(step: str, done: int, total: int) -> None:
        if step.startswith("归并"):
            entered.set()
            assert proceed.wait(30)

    def note(step: str, done: int, total: int) -> None:
        said.append(step)
        if "queued" in step:
            proceed.set()

    rows = [{"code": "a", "name": "甲", "at": shapely.Point(120.16, 30.27)}]
    first = threading.Thread(
        target=load, args=("tourist_service", rows),
        kwargs={"on_progress": hold, "valid_from": DAY(2012, 1, 1)},
    )  # fmt: skip
    first.start()
    assert entered.wait(30)
    second = [{**rows[0], "name": "乙"}]
    report = load(
        "tourist_service", second, on_progress=note, valid_from=DAY(2015, 1, 1)
    )
    first.join()
    assert any("queued behind another load" in step for step in said)
    assert (report.updated, report.loaded) == (1, 0)
    assert len(list_loads(empty_db)) == 2


def test_a_lost_connection_is_said(catalogue: Catalogue, city: City) -> None:
    absent = Database("host=/nonexistent dbname=citygrid user=citygrid")
    with pytest.raises(ClusterError, match="no connection to"):
        Loader(absent, catalogue, city)("park", [{"code": "a"}])


@pytest.fixture
def load(empty_db: Database, catalogue: Catalogue, city: City) -> Loader:
    return Loader(empty_db, catalogue, city)


def test_a_failed_load_leaves_the_state_before(load: Loader) -> None:
    load("park", [park("a")])
    before = load.rows("park")

    def cut(step: str, done: int, total: int) -> None:
        if step.startswith("写入"):
            with load.database.owner(autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )

    with pytest.raises(LoadError, match="taken back whole"):
        load("park", [park("b")], on_progress=cut)
    assert load.rows("park") == before


def test_a_full_disk_leaves_the_state_before(load: Loader) -> None:
    load("park", [park("a")])
    before = load.rows("park")
    with load.database.owner(autocommit=True) as connection:
        connection.execute(
            'CREATE FUNCTION city."full"() RETURNS trigger LANGUAGE plpgsql AS '
            "$$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$"
        )
        connection.execute(
            'CREATE TRIGGER "full" AFTER INSERT ON city.park '
            'FOR EACH STATEMENT EXECUTE FUNCTION city."full"()'
        )
    with pytest.raises(LoadError, match=r"taken back whole .*no space left"):
        load("park", [park("b")])
    assert load.rows("park") == before
