"""Standing results follow what is committed, and are what a full run gives."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date
from typing import Any

import psycopg
import pytest
from psycopg import sql

from gis.access import schema_of
from gis.compute import execute
from gis.db.pool import Database
from gis.db.reader import DatabaseReader
from gis.db.standing import Watch
from gis.live.follow import Follower
from gis.operation import Retention, StandingQuestion, read_standing
from layers import CONFIG, Catalogue, City, Level
from processes import code_version
from tests.waiting import until

CAMERA = StandingQuestion(service="camera", zones=("community", "district"))
PEOPLE = StandingQuestion(
    service="service_point", zones=("community", "street"), of="population"
)


class Live:
    """A follower and the city that it follows, driven by hand."""

    def __init__(self, database: Database, catalogue: Catalogue, city: City) -> None:
        self.database, self.catalogue, self.city = database, catalogue, city
        self._open = ExitStack()
        self.watch = self._open.enter_context(Watch(database))
        assert self.watch.is_mine()
        self.follower = self.another()

    def another(self, *declared: StandingQuestion) -> Follower:
        return Follower(
            self.database,
            self.catalogue,
            self.city,
            declared or (CAMERA, PEOPLE),
            Retention(),
        )

    def close(self) -> None:
        self._open.close()

    def catch_up(self) -> None:
        self.follower.catch_up(self.watch)

    def edit(self, text: str, *values: Any) -> None:
        with self.database.owner() as connection:
            connection.execute(sql.SQL(text), values)

    def rows(self, text: str, level: Level | None = None) -> list[tuple[Any, ...]]:
        if level is None:
            with self.database.owner() as connection:
                return connection.execute(text.encode()).fetchall()
        with self.database.reader(level) as connection:
            return connection.execute(text.encode()).fetchall()

    def standing(self, declared: StandingQuestion) -> dict[tuple[str, str], Any]:
        query = (
            "SELECT zone_layer, zone_id, covered, total, coverage_ratio "
            "FROM city.coverage_result WHERE standing AND run = "
            f"'standing-{declared.service}-{declared.of}'"
        )
        return {(layer, code): rest for layer, code, *rest in self.rows(query)}

    def whole(self, declared: StandingQuestion) -> dict[tuple[str, str], Any]:
        """The same by new computations of `coverage`."""
        found = {}
        for zones in declared.zones:
            answer = execute(
                "coverage",
                {"service": declared.service, "zones": zones, "of": declared.of},
                reader=DatabaseReader(self.database, self.catalogue, self.city),
                level=Level.RESTRICTED,
            )
            for row in answer.rows[:-2]:
                found[zones, row["zone_id"]] = [
                    row["covered"],
                    row["total"],
                    row["coverage_ratio"],
                ]
        return found

    def is_exact(self) -> bool:
        return all(self.standing(one) == self.whole(one) for one in (CAMERA, PEOPLE))

    def kinds(self) -> dict[str, bool]:
        """Whether each standing result was measured whole the last time."""
        return dict(self.rows("SELECT standing_id, whole FROM ledger.standing"))

    def version(self, layer: str) -> int:
        query = f"SELECT version FROM city.layer_version WHERE layer = '{layer}'"
        return int(self.rows(query)[0][0])

    def events(self, audience: str = "public") -> list[Any]:
        query = (
            "SELECT body FROM ledger.event "
            f"WHERE audience = '{audience}' ORDER BY event_id"
        )
        return [body for (body,) in self.rows(query)]


@pytest.fixture
def live(own_city_db: Database, catalogue: Catalogue, city: City) -> Iterator[Live]:
    found = Live(own_city_db, catalogue, city)
    yield found
    found.close()


def test_the_declared_figures_are_of_this_city(catalogue: Catalogue) -> None:
    declared = read_standing(CONFIG, catalogue)
    assert {one.service for one in declared} >= {"camera", "service_point"}
    assert len({(one.service, one.of) for one in declared}) == len(declared)


def test_what_could_not_be_written_is_measured_anew(live: Live) -> None:
    live.catch_up()
    live.edit("UPDATE city.camera SET azimuth_deg = 10 WHERE hashtext(code) %% 5 = 0")
    pid = None
    with live.database.owner() as blocking, ThreadPoolExecutor() as pool:
        blocking.execute("LOCK TABLE city.coverage_result IN EXCLUSIVE MODE")
        writing = pool.submit(live.catch_up)
        query = (
            "SELECT pid FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        while not writing.done() and pid is None:
            pid = next((pid for (pid,) in live.rows(query)), None)
        live.rows(f"SELECT pg_terminate_backend({pid})")
        with pytest.raises(psycopg.OperationalError):
            writing.result()
    assert not live.is_exact()
    live.catch_up()
    assert live.is_exact()


def test_edits_are_followed_to_the_bit(live: Live) -> None:
    live.catch_up()
    assert live.is_exact()
    assert live.kinds() == {
        "standing-camera-area": True,
        "standing-service_point-population": True,
    }
    assert not live.events()
    dice = random.Random(7)
    codes = [c for (c,) in live.rows("SELECT code FROM city.camera ORDER BY code")]
    for turn in range(6):
        chosen = dice.sample(codes, 4)
        live.edit(
            "UPDATE city.camera SET azimuth_deg = mod((coalesce(azimuth_deg, 0) "
            "+ 77)::numeric, 360), state = 'online' WHERE code = %s",
            chosen[0],
        )
        live.edit("UPDATE city.camera SET state = 'offline' WHERE code = %s", chosen[1])
        live.edit("DELETE FROM city.camera WHERE code = %s", chosen[2])
        live.edit(
            "UPDATE city.camera SET geom_m = ST_Translate(geom_m, 40, 25), geom = "
            "ST_Transform(ST_Translate(geom_m, 40, 25), 4490) WHERE code = %s",
            chosen[3],
        )
        live.edit(
            "INSERT INTO city.camera (code, name, valid_from, source, synthetic, kind, "
            "state, resolution_px, hfov_deg, height_m, azimuth_deg, geom, geom_m) "
            "SELECT %s, 'x', valid_from, source, true, kind, 'online', 3840, 60, 6, "
            "10, geom, geom_m FROM city.camera LIMIT 1",
            f"new-{turn}",
        )
        live.edit(
            "UPDATE city.service_point SET service_radius_m = %s WHERE code = "
            "(SELECT min(code) FROM city.service_point)",
            200 + 100 * turn,
        )
        live.catch_up()
        assert live.kinds() == {
            "standing-camera-area": False,
            "standing-service_point-population": False,
        }
    assert live.is_exact()
    told = [body for body in live.events() if body["service"] == "camera"]
    assert len(told) == 6
    last = {(z["zone_layer"], z["zone_id"]): z["covered"] for z in told[-1]["zones"]}
    now = live.standing(CAMERA)
    assert last
    assert all(now[key][0] == covered for key, covered in last.items())
    assert told[-1]["version"] == live.version("camera")


def test_what_changes_nothing_moves_nothing(live: Live) -> None:
    live.catch_up()
    before = live.version("coverage_result")
    live.edit("UPDATE city.camera SET operator = 'y' WHERE code LIKE '%%1'")
    live.catch_up()
    assert live.version("coverage_result") == before
    assert not live.events()
    stands = live.rows(
        "SELECT (layer_versions ->> 'camera')::int FROM ledger.standing "
        "WHERE standing_id = 'standing-camera-area'"
    )
    assert stands == [(live.version("camera"),)]


def test_one_update_for_a_bulk_of_edits(live: Live) -> None:
    live.catch_up()
    before = live.version("coverage_result")
    live.edit("UPDATE city.camera SET state = 'offline' WHERE code LIKE '%%5'")
    live.edit("DELETE FROM city.camera WHERE code LIKE '%%7'")
    live.catch_up()
    assert live.version("coverage_result") == before + 1
    assert len(live.events()) == 1
    assert live.is_exact()
    live.edit("TRUNCATE city.camera CASCADE")
    live.catch_up()
    assert live.kinds()["standing-camera-area"]
    assert not any(covered for covered, _, _ in live.standing(CAMERA).values())


def test_zones_and_people_that_change_are_measured_anew(live: Live) -> None:
    live.catch_up()
    live.edit("UPDATE city.population_point SET population = population + 3")
    live.edit(
        "DELETE FROM city.community WHERE code = (SELECT min(code) FROM city.community)"
    )
    live.catch_up()
    assert live.kinds()["standing-service_point-population"]
    assert live.is_exact()


def test_who_was_away_catches_up(live: Live) -> None:
    live.catch_up()
    live.edit("DELETE FROM city.camera WHERE code LIKE '%%3'")
    live.follower = live.another()
    live.catch_up()
    assert live.is_exact()
    (told,) = live.events()
    assert told["zones"]
    before = live.version("coverage_result")
    live.follower = live.another()
    live.catch_up()
    assert live.version("coverage_result") == before
    # what was computed by other code is not trusted
    live.edit("UPDATE ledger.standing SET code_version = 'old'")
    live.edit("UPDATE city.coverage_result SET covered = 1")
    live.follower = live.another()
    live.catch_up()
    assert live.is_exact()
    assert live.rows("SELECT DISTINCT code_version FROM ledger.standing") == [
        (code_version(),)
    ]


def test_figures_are_told_as_far_as_coverage_tells_them(live: Live) -> None:
    people = StandingQuestion(service="camera", zones=("district",), of="population")
    cells = StandingQuestion(service="camera", zones=("unit_grid", "street"))
    live.follower = live.another(people, cells)
    live.catch_up()
    seen = {
        level: set(
            live.rows(
                "SELECT measure, zone_layer FROM "
                f"{schema_of(level)}.coverage_result WHERE standing",
                level,
            )
        )
        for level in Level
    }
    assert seen[Level.PUBLIC] == {("area", "street")}
    assert seen[Level.STAFF] == {
        ("area", "street"),
        ("area", "unit_grid"),
        ("population", "district"),
    }
    assert seen[Level.RESTRICTED] == seen[Level.STAFF]
    live.edit("DELETE FROM city.camera WHERE code LIKE '%%9'")
    live.catch_up()
    assert {z["zone_layer"] for body in live.events() for z in body["zones"]} == {
        "street"
    }
    assert live.events("staff")


def test_only_one_follows(live: Live) -> None:
    with Watch(live.database) as other:
        assert not other.is_mine()
        live.close()
        # the lock goes with the connection, however that ends, once the server sees it
        until(other.is_mine, 10)


def test_nothing_to_measure_is_a_problem_not_an_end(
    empty_db: Database, catalogue: Catalogue, city: City
) -> None:
    live = Live(empty_db, catalogue, city)
    live.catch_up()
    assert live.standing(CAMERA) == {}
    live.close()


def test_a_day_is_not_forgotten(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    live.catch_up()
    figure = live.follower._figures[0]
    tomorrow = date.fromordinal(date.today().toordinal() + 1)
    live.edit("UPDATE city.camera SET valid_to = %s WHERE code LIKE '%%2'", tomorrow)
    live.catch_up()
    still = live.standing(CAMERA)
    assert figure.refresh(live.watch, tomorrow)
    assert live.standing(CAMERA) != still
    assert live.rows(
        "SELECT DISTINCT as_of FROM city.coverage_result "
        "WHERE run = 'standing-camera-area'"
    ) == [(tomorrow,)]
