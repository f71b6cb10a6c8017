"""Stored views: whole and by parts the same bytes, always up to date, true to PROJ."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
import shapely

from gis.db import camera_views
from gis.db.camera_views import Refreshed, refresh, view_status
from gis.db.loader import load_frame
from gis.db.pool import Connection, Database
from gis.db.reader import DatabaseReader
from gis.db.view_rows import LEVELS
from layers import Catalogue, City
from processes import registry

TODAY = date(2026, 6, 1)
X0, Y0, WIDE = 515_000.0, 3_350_000.0, 400.0

VIEWS = (
    "SELECT code, valid_from::text, valid_to::text, camera_code, purpose, "
    "camera_state, state, area_m2, near_m, far_m, assumed, "
    "encode(ST_AsEWKB(geom), 'hex'), encode(ST_AsEWKB(geom_m), 'hex') "
    "FROM city.camera_view ORDER BY code, valid_from"
)
DEPEND = (
    "SELECT camera_code, valid_from::text, encode(ST_AsEWKB(geom_m), 'hex') "
    "FROM ledger.view_dependency ORDER BY 1, 2"
)


def rows(connection: Connection) -> tuple[list[Any], list[Any]]:
    return (
        connection.execute(VIEWS).fetchall(),
        connection.execute(DEPEND.encode()).fetchall(),
    )


class Town:
    """Cameras and buildings that appear, change and go, written as anybody might."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.random = np.random.default_rng(seed)
        self.made = {"camera": 0, "building": 0}

    def place(self) -> tuple[float, float]:
        x, y = self.random.uniform(0, WIDE, 2).round(3)
        return X0 + float(x), Y0 + float(y)

    def outline(self) -> str:
        x, y = self.place()
        w, h = self.random.uniform(3, 25, 2).round(3)
        return shapely.box(x, y, x + float(w), y + float(h)).wkt

    def put(self, connection: Connection, layer: str, count: int) -> None:
        for _ in range(count):
            self.made[layer] += 1
            code = f"{layer[0]}{self.made[layer]:04d}"
            if layer == "building":
                self._building(connection, code)
            else:
                self._camera(connection, code)

    def _building(self, connection: Connection, code: str) -> None:
        height = None if self.random.random() < 0.3 else self.random.uniform(3, 30)
        connection.execute(
            "INSERT INTO city.building (code, valid_from, source, synthetic, height_m,"
            " opaque, geom, geom_m) SELECT %s, '2020-01-01', 'test', true, %s, %s,"
            " ST_Transform(g, 4490), g FROM (SELECT ST_GeomFromText(%s, 4549) g) q",
            (code, height, self.random.random() > 0.1, self.outline()),
        )

    def _camera(self, connection: Connection, code: str) -> None:
        x, y = self.place()
        azimuth = None if self.random.random() < 0.2 else self.random.uniform(0, 360)
        later = TODAY + timedelta(days=int(self.random.integers(-400, 30)))
        connection.execute(
            "INSERT INTO city.camera (code, name, valid_from, source, synthetic, state,"
            " kind, resolution_px, hfov_deg, height_m, tilt_deg, azimuth_deg, geom,"
            " geom_m) SELECT %s, %s, %s, 'test', true, 'online', '3', %s, %s, %s, %s,"
            " %s, ST_Transform(g, 4490), g"
            " FROM (SELECT ST_SetSRID(ST_MakePoint(%s, %s), 4549) g) q",
            (
                code, f"摄像机 {code}", later,
                int(self.random.choice([1280, 1920, 3840])),
                float(self.random.choice([30, 60, 90, 360])),
                float(self.random.uniform(3, 7)), float(self.random.uniform(5, 25)),
                azimuth, x, y,
            ),
        )  # fmt: skip

    def edit(self, connection: Connection) -> None:
        """One change of any kind."""
        layer = str(self.random.choice(["camera", "building"]))
        codes = connection.execute(
            f"SELECT code FROM city.{layer} ORDER BY code".encode()
        ).fetchall()
        code = str(codes[int(self.random.integers(len(codes)))][0])
        match int(self.random.integers(6)):
            case 0:
                self.put(connection, layer, 1)
            case 1:
                connection.execute(
                    f"DELETE FROM city.{layer} WHERE code = %s".encode(), (code,)
                )
            case 2:
                dx, dy = self.random.uniform(-15, 15, 2).round(3)
                connection.execute(
                    f"UPDATE city.{layer} SET geom_m = "
                    "ST_SnapToGrid(ST_Translate(geom_m, %s, %s), 0.001), "
                    "geom = ST_Transform(ST_Translate(geom_m, %s, %s), 4490) "
                    "WHERE code = %s".encode(),
                    (float(dx), float(dy), float(dx), float(dy), code),
                )
            case 3:
                connection.execute(
                    f"UPDATE city.{layer} SET valid_to = %s WHERE code = %s "
                    "AND valid_from < %s".encode(),
                    (TODAY + timedelta(days=int(self.random.integers(0, 3))), code,
                     TODAY),
                )  # fmt: skip
            case 4 if layer == "building":
                connection.execute(
                    "UPDATE city.building SET opaque = NOT opaque, "
                    "height_m = %s WHERE code = %s",
                    (float(self.random.uniform(1, 40)), code),
                )
            case 4 | 5 if layer == "camera":
                connection.execute(
                    "UPDATE city.camera SET azimuth_deg = %s WHERE code = %s",
                    (float(self.random.uniform(0, 360)), code),
                )
            case _:
                self.put(connection, "building", 2)


@pytest.fixture
def town(empty_db: Database) -> Town:
    made = Town(empty_db, seed=6)
    with empty_db.owner() as connection:
        made.put(connection, "camera", 60)
        made.put(connection, "building", 120)
    return made


def whole(town: Town, catalogue: Catalogue, day: date) -> tuple[list[Any], list[Any]]:
    refresh(town.database, catalogue, day=day, whole=True)
    with town.database.owner() as connection:
        return rows(connection)


def test_edits_followed_one_by_one_equal_views_drawn_whole(
    town: Town, catalogue: Catalogue
) -> None:
    first = refresh(town.database, catalogue, day=TODAY)
    assert first.whole
    assert first.rows == 4 * first.cameras
    drawn = 0
    for step in range(40):
        with town.database.owner() as connection:
            for _ in range(int(town.random.integers(1, 4))):
                town.edit(connection)
        day = TODAY + timedelta(days=step // 20)
        done = refresh(town.database, catalogue, day=day)
        assert not done.whole
        drawn += done.cameras
        if step % 10 == 9:
            with town.database.owner() as connection:
                followed = rows(connection)
            assert followed == whole(town, catalogue, day)
    assert drawn < 40 * 30, "an edit is followed by few cameras, not by all"


def test_views_drawn_by_blocks_are_the_same(
    town: Town, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = whole(town, catalogue, TODAY)
    monkeypatch.setattr(camera_views, "_BLOCK", 7)
    assert whole(town, catalogue, TODAY) == drawn


def test_a_view_drawn_again_moves_the_version_once(
    town: Town, catalogue: Catalogue
) -> None:
    refresh(town.database, catalogue, day=TODAY)
    asked = "SELECT version FROM city.layer_version WHERE layer = 'camera_view'"
    with town.database.owner() as connection:
        before = connection.execute(asked).fetchone()
        connection.execute(
            "UPDATE city.camera SET azimuth_deg = 7 WHERE code = 'c0001'"
        )
    refresh(town.database, catalogue, day=TODAY)
    with town.database.owner() as connection:
        after = connection.execute(asked).fetchone()
    assert before is not None
    assert after == (before[0] + 1,)


def test_versions_of_a_camera_come_and_go(town: Town, catalogue: Catalogue) -> None:
    """Views that are not all in their places are put in and taken out."""
    refresh(town.database, catalogue, day=TODAY)
    later = TODAY + timedelta(days=60)
    for change in (
        "INSERT INTO city.camera (code, name, valid_from, source, synthetic, state,"
        " kind, resolution_px, hfov_deg, height_m, tilt_deg, azimuth_deg, geom, geom_m)"
        f" SELECT code, name, date '{later}', source, synthetic, state, kind,"
        " resolution_px, hfov_deg, height_m, tilt_deg, 99, geom, geom_m"
        " FROM city.camera WHERE code = 'c0002'",
        "UPDATE city.camera SET azimuth_deg = 11 WHERE code = 'c0002'",
        f"DELETE FROM city.camera WHERE code = 'c0002' AND valid_from = '{later}'",
        "UPDATE city.camera SET hfov_deg = NULL WHERE code = 'c0002'",
        "UPDATE city.camera SET hfov_deg = 60 WHERE code = 'c0002'",
        "UPDATE city.camera SET valid_from = valid_from - 1 WHERE code = 'c0002'",
    ):
        with town.database.owner() as connection:
            connection.execute(change.encode())
        done = refresh(town.database, catalogue, day=TODAY)
        assert (done.whole, done.cameras > 0) == (False, True)
        with town.database.owner() as connection:
            followed = rows(connection)
        assert followed == whole(town, catalogue, TODAY), change


def test_nothing_changed_means_nothing_written(
    town: Town, catalogue: Catalogue
) -> None:
    refresh(town.database, catalogue, day=TODAY)
    before = view_status(town.database)
    assert refresh(town.database, catalogue, day=TODAY) == Refreshed(False, 0, 0)
    after = view_status(town.database)
    assert (after.waiting, after.refreshed_at) == (0, before.refreshed_at)


def test_rows_say_what_the_process_says(
    town: Town, catalogue: Catalogue, city: City
) -> None:
    refresh(town.database, catalogue, day=TODAY)
    reader = DatabaseReader(town.database, catalogue, city)
    cameras = reader.features("camera", as_of=TODAY)
    process = registry["camera-view"]
    asked = process.inputs(
        cameras=tuple(str(c) for c in cameras.code), levels=LEVELS, as_of=TODAY
    )
    told = process.run(asked, reader)
    stored = reader.features(
        "camera_view", columns=("state", "area_m2", "near_m", "far_m"), as_of=TODAY
    )
    place = {str(code): i for i, code in enumerate(stored.code)}
    assert len(place) == len(told.rows) > 150
    assert told.geometry is not None
    for row, shape in zip(told.rows, told.geometry, strict=True):
        i = place[row["view_id"]]
        assert stored.columns["state"][i] == row["state"]
        found = stored.geometry[i]
        assert (found and found.wkb) == (shape and shape.wkb)
        if row["state"] != "no_data":
            assert stored.columns["area_m2"][i] == row["area_m2"]


def test_served_geometry_is_the_projected_one(town: Town, catalogue: Catalogue) -> None:
    refresh(town.database, catalogue, day=TODAY)
    with town.database.owner() as connection:
        found = connection.execute(
            "SELECT count(*), bool_and(ST_IsValid(geom) AND ST_IsValid(geom_m)), "
            "max(ST_HausdorffDistance(ST_Transform(geom_m, 4490), geom)) "
            "FROM city.camera_view WHERE state = 'ok'"
        ).fetchone()
        spread = connection.execute(
            "SELECT bool_or((geom IS NULL) <> (state <> 'ok')) FROM city.camera_view"
        ).fetchone()
    assert found is not None
    assert found[0] > 100
    assert found[1]
    assert found[2] < 1e-10, "degrees: a hundredth of a millimetre"
    assert spread == (False,)


def test_a_change_of_many_rows_is_drawn_whole(town: Town, catalogue: Catalogue) -> None:
    refresh(town.database, catalogue, day=TODAY)
    with town.database.owner() as connection:
        connection.execute("TRUNCATE city.building")
    assert view_status(town.database).everything
    assert refresh(town.database, catalogue, day=TODAY).whole
    with town.database.owner() as connection:
        hidden = connection.execute(
            "SELECT count(*) FROM city.camera_view WHERE state = 'hidden'"
        ).fetchone()
    assert hidden == (0,)


def test_a_load_is_followed_and_undone(
    town: Town, catalogue: Catalogue, city: City
) -> None:
    import geopandas as gpd

    from gis.db.history import undo

    refresh(town.database, catalogue)
    with town.database.owner() as connection:
        before = rows(connection)
        (x, y), *_ = connection.execute(
            "SELECT ST_X(geom), ST_Y(geom) FROM city.camera WHERE valid_to IS NULL "
            "AND valid_from <= now() ORDER BY code LIMIT 1"
        ).fetchall()
    wide = 0.0002
    frame = gpd.GeoDataFrame(
        {"code": ["hall"], "source": ["test"]},
        geometry=[shapely.box(x - wide, y - wide, x + wide, y + wide)], crs=4490,
    )  # fmt: skip
    report = load_frame(
        town.database, catalogue, city, "building", frame, datum="cgcs2000",
        valid_from=date(2021, 1, 1), allow_outside=True,
    )  # fmt: skip
    assert report.loaded == 1
    assert view_status(town.database).waiting == 0
    with town.database.owner() as connection:
        assert rows(connection) != before
    undo(town.database, catalogue, report.load_id or 0)
    with town.database.owner() as connection:
        assert rows(connection) == before


def _codes(found: Sequence[Any]) -> set[str]:
    return {str(row[0]) for row in found}


def test_only_cameras_near_a_new_building_are_drawn_again(
    town: Town, catalogue: Catalogue
) -> None:
    refresh(town.database, catalogue, day=TODAY)
    with town.database.owner() as connection:
        town.put(connection, "building", 1)
        affected = _codes(
            connection.execute(
                "SELECT d.camera_code FROM ledger.view_dependency d, city.building b "
                "WHERE b.code = 'b0121' AND ST_DWithin(d.geom_m, b.geom_m, 0.06)"
            ).fetchall()
        )
    done = refresh(town.database, catalogue, day=TODAY)
    assert done.cameras == len(affected) < 30
