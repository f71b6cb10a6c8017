"""A figure that cannot be measured fails alone, says so, and is tried again."""

from __future__ import annotations

import doctest
import threading
from collections.abc import Iterator

import psycopg
import pytest

from gis.access import schema_of
from gis.db.pool import Database
from gis.db.standing import Watch, is_away
from gis.db.stands import read_stands
from gis.live import patience
from layers import Catalogue, City, Level
from tests.live.test_follow import CAMERA, PEOPLE, Live
from tests.waiting import until

BREAK = "ALTER TABLE city.service_point RENAME service_radius_m TO radius_m"
MEND = "ALTER TABLE city.service_point RENAME radius_m TO service_radius_m"
TOUCH = "UPDATE city.service_point SET name = name WHERE code LIKE '%%1'"


@pytest.fixture
def live(own_city_db: Database, catalogue: Catalogue, city: City) -> Iterator[Live]:
    found = Live(own_city_db, catalogue, city)
    # the one that is broken stands before the other
    found.follower = found.another(PEOPLE, CAMERA)
    found.close()  # who holds the lock is the follower's own loop
    yield found


@pytest.fixture
def following(live: Live, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    monkeypatch.setattr(patience, "FIRST_S", 0.2)
    monkeypatch.setattr(patience, "LONGEST_S", 1.0)
    thread = threading.Thread(target=live.follower.run)
    thread.start()
    yield live
    live.follower.stopping.set()
    thread.join(60)
    assert not thread.is_alive()


def stale(live: Live) -> dict[str, bool]:
    """Standing result -> whether its rows say that they are not current, as anybody."""
    return dict(
        live.rows(
            "SELECT run, bool_and(stale_since IS NOT NULL) "
            f"FROM {schema_of(Level.PUBLIC)}.coverage_result "
            "WHERE standing GROUP BY run",
            Level.PUBLIC,
        )
    )


def problem(live: Live) -> list[tuple[object, ...]]:
    return live.rows(
        "SELECT standing_id, problem, failures > 1, again_at > since "
        "FROM ledger.standing_problem"
    )


def kinds(live: Live, service: str) -> list[str]:
    query = (
        "SELECT kind FROM ledger.event WHERE audience = 'public' "
        f"AND service = '{service}' ORDER BY event_id"
    )
    return [kind for (kind,) in live.rows(query)]


def test_one_that_fails_leaves_the_others_alone(
    following: Live, caplog: pytest.LogCaptureFixture
) -> None:
    live = following
    until(lambda: len(stale(live)) == 2, 300)
    fresh = {"standing-camera-area": False, "standing-service_point-population": False}
    assert stale(live) == fresh
    live.edit(BREAK)
    live.edit(TOUCH)
    broken = "standing-service_point-population"
    until(lambda: problem(live) == [
        (broken, "出错 / failed: UndefinedColumn", True, True)], 60)  # fmt: skip
    assert stale(live) == fresh | {broken: True}
    assert kinds(live, "service_point") == ["stale"]
    failed = [r for r in caplog.records if broken in r.getMessage() and r.exc_info]
    assert len(failed) > 1
    # the other one follows as before
    live.edit("UPDATE city.camera SET state = 'offline' WHERE code LIKE '%%3'")
    until(lambda: live.standing(CAMERA) == live.whole(CAMERA), 60)
    assert kinds(live, "camera") == ["standing"]
    assert stale(live) == fresh | {broken: True}
    # mended without a word to anybody, it is current by itself
    live.edit(MEND)
    until(lambda: stale(live) == fresh, 60)
    assert problem(live) == []
    assert kinds(live, "service_point") == ["stale", "current"]
    assert live.standing(PEOPLE) == live.whole(PEOPLE)


def test_one_that_never_was_measured_is_told_of(live: Live) -> None:
    live.edit(BREAK)
    thread = threading.Thread(target=live.follower.run)
    thread.start()
    try:
        until(lambda: live.standing(CAMERA), 300)
        ((broken, *_),) = problem(live)
    finally:
        live.follower.stopping.set()
        thread.join(60)
    assert broken == "standing-service_point-population"
    assert live.standing(PEOPLE) == {}


def test_changes_that_nobody_takes_in_are_seen(live: Live) -> None:
    def behind() -> dict[str, bool]:
        with live.database.reader() as connection:
            return {
                one.standing_id: one.behind_since is not None
                for one in read_stands(connection)
            }

    camera, people = "standing-camera-area", "standing-service_point-population"
    with Watch(live.database) as watch:
        live.follower.catch_up(watch)
        assert behind() == {camera: False, people: False}
        live.edit("UPDATE city.camera SET state = 'offline' WHERE code LIKE '%%4'")
        assert behind() == {camera: True, people: False}
        live.follower.catch_up(watch)
    assert behind() == {camera: False, people: False}


def test_a_database_that_is_away_is_no_failure_of_a_figure() -> None:
    assert is_away(psycopg.OperationalError())
    assert is_away(psycopg.errors.AdminShutdown())
    assert not is_away(psycopg.errors.QueryCanceled())
    assert not is_away(psycopg.errors.DiskFull())
    assert not is_away(ValueError())


def test_pauses_grow_up_to_five_minutes() -> None:
    waiting = patience.Patience()
    pauses = [waiting.failed() for _ in range(40)]
    assert pauses[:3] == [2.0, 4.0, 8.0]
    assert pauses[8:] == [300.0] * 32
    assert not waiting.is_over
    assert doctest.testmod(patience).failed == 0
