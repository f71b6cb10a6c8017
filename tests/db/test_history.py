"""Every load can be seen, undone exactly, and undone again; or says why not."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from gis.db.history import list_loads, read_load, retire, undo
from gis.db.ledger import read_rejects
from gis.db.pool import Database
from gis.errors import LoadError
from layers import Catalogue, City
from tests.db.test_loader import DAY, Loader, park, square


@pytest.fixture
def load(empty_db: Database, catalogue: Catalogue, city: City) -> Loader:
    return Loader(empty_db, catalogue, city)


def state(load: Loader, layer: str = "park") -> list[tuple[Any, ...]]:
    """Every row as the database writes it: to the last bit."""
    with load.database.owner() as connection:
        return connection.execute(
            f"SELECT t.fid, t::text FROM city.{layer} t ORDER BY fid".encode()
        ).fetchall()


def undone(load: Loader, load_id: int | None) -> int:
    assert load_id is not None
    return undo(load.database, load.catalogue, load_id).load_id


def test_every_kind_of_change_is_undone_exactly(load: Loader) -> None:
    """Added, closed, replaced, corrected, ended: back to the last bit, and forth."""
    first = load(
        "park",
        [park(c, "旧", at=square(0.001 * i)) for i, c in enumerate("abcd")],
        valid_from=DAY(2012, 1, 1),
    )
    states = [state(load)]
    steps = [
        ("upsert", [park("a", "新"), park("e")], DAY(2014, 1, 1)),
        ("upsert", [park("b", "同日")], DAY(2012, 1, 1)),
        ("correct", [park("c", "更正")], DAY(2013, 6, 1)),
        ("snapshot", [park("a", "新"), park("e", "改")], DAY(2015, 1, 1)),
    ]
    loads = []
    for mode, rows, day in steps:
        report = load("park", rows, mode=mode, valid_from=day)
        assert report.refused == 0, report.reasons
        loads.append(report.load_id)
        states.append(state(load))
    assert len({str(s) for s in states}) == 5
    undoings = []
    for number, wanted in zip(reversed(loads), reversed(states[:-1]), strict=True):
        undoings.append(undone(load, number))
        assert state(load) == wanted
    for number, wanted in zip(reversed(undoings), states[1:], strict=True):
        undone(load, number)
        assert state(load) == wanted
    for number in reversed(loads):
        undone(load, number)
    back = undone(load, first.load_id)
    assert state(load) == []
    undone(load, back)
    assert state(load) == states[0]


def test_a_snapshot_ends_what_is_missing(load: Loader) -> None:
    load("park", [park(c) for c in "abc"], valid_from=DAY(2012, 1, 1))
    rows = [park("a"), park("b") | {"at": None}]
    report = load("park", rows, mode="snapshot", valid_from=DAY(2015, 1, 1))
    # b is in the file, though its row is refused: it is not missing
    assert (report.unchanged, report.ended, report.refused) == (1, 1, 1)
    ends = {r["code"]: r["valid_to"] for r in load.rows("park")}
    assert ends == {"a": None, "b": None, "c": DAY(2015, 1, 1)}


def test_a_correction_keeps_the_dates(load: Loader) -> None:
    load("park", [park("a", "一")], valid_from=DAY(2012, 1, 1))
    load("park", [park("a", "二")], valid_from=DAY(2014, 1, 1))
    rows = [park("a", "壹"), park("z")]
    report = load("park", rows, mode="correct", valid_from=DAY(2013, 1, 1))
    assert (report.updated, report.loaded, report.refused) == (1, 0, 1)
    assert "no version of this code" in " ".join(report.reasons)
    timeline = [(r["name"], r["valid_from"].year) for r in load.rows("park")]
    assert timeline == [("壹", 2012), ("二", 2014)]


def test_what_stands_in_the_way_is_said(load: Loader) -> None:
    load("park", [park("a"), park("b")], valid_from=DAY(2012, 1, 1))
    second = load("park", [park("a", "二")], valid_from=DAY(2013, 1, 1))
    third = load("park", [park("a", "三")], valid_from=DAY(2014, 1, 1))
    other = load("park", [park("b", "乙")], valid_from=DAY(2014, 1, 1))
    with pytest.raises(LoadError, match=rf"load {third.load_id} \(1 codes\)"):
        undone(load, second.load_id)
    undone(load, third.load_id)
    undone(load, second.load_id)
    with pytest.raises(LoadError, match="is undone already"):
        undone(load, second.load_id)
    with load.database.owner() as connection:
        connection.execute("UPDATE city.park SET name = '手改' WHERE code = 'b'")
    with pytest.raises(LoadError, match="changed by other means since: b"):
        undone(load, other.load_id)
    with pytest.raises(LoadError, match="there is no such load"):
        undone(load, 4711)


def test_codes_that_others_refer_to_stay(load: Loader) -> None:
    district = {"code": "330106", "name": "西湖区", "at": square()}
    first = load("district", [district])
    street = {"code": "330106001", "name": "x", "district_code": "330106"}
    second = load("street", [street | {"at": square()}])
    before = state(load, "district")
    with pytest.raises(LoadError, match=r"street.district_code .*refers to 330106"):
        undone(load, first.load_id)
    assert state(load, "district") == before
    undone(load, second.load_id)
    undone(load, first.load_id)
    assert state(load, "district") == []


def test_retired_codes_end_and_come_back(load: Loader) -> None:
    load("park", [park("a"), park("b")], valid_from=DAY(2012, 1, 1))
    before = state(load)
    entry = retire(load.database, load.catalogue, "park", ["a"], DAY(2014, 1, 1))
    ends = {r["code"]: r["valid_to"] for r in load.rows("park")}
    assert ends == {"a": DAY(2014, 1, 1), "b": None}
    with pytest.raises(LoadError, match=r"nobody: .*no version under way"):
        retire(load.database, load.catalogue, "park", ["nobody"], DAY(2014, 1, 1))
    undone(load, entry.load_id)
    assert state(load) == before


def test_the_ledger_tells_of_every_load(load: Loader) -> None:
    report = load(
        "park", [park("a"), park("b") | {"at": None}], name="月报.gpkg", actor="王"
    )
    assert report.load_id is not None
    entry = list_loads(load.database, layers=["park"])[0]
    assert (entry.load_id, entry.actor, entry.file) == (
        report.load_id, "王", "月报.gpkg"
    )  # fmt: skip
    assert entry.report["refused"] == entry.open_rejects == 1
    assert list_loads(load.database, layers=["school"]) == []
    shown = read_load(load.database, report.load_id)
    assert shown.options is not None
    assert shown.options["datum"] == "cgcs2000"
    assert shown.report == report.as_dict()


def test_a_dry_run_leaves_no_entry(load: Loader) -> None:
    load("park", [park("a")], dry_run=True)
    assert list_loads(load.database) == []


def test_a_file_of_several_parts_is_one_load(
    load: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gis.load import Source

    parts = Source.parts
    monkeypatch.setattr(Source, "parts", lambda self: parts(self, 3))
    rows = [park(f"p{i}") for i in range(8)] + [park("p1"), park("q") | {"at": None}]
    report = load("park", rows, valid_from=dt.date(2012, 1, 1))
    assert (report.read, report.loaded, report.refused) == (10, 8, 2)
    assert report.load_id is not None
    found = [(n, why) for n, why, _ in read_rejects(load.database, report.load_id)]
    assert [n for n, _ in found] == [9, 10]
    assert "stands twice" in found[0][1]
    again = load("park", rows, valid_from=dt.date(2013, 1, 1))
    assert (again.unchanged, again.loaded, again.updated) == (8, 0, 0)
