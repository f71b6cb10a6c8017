"""Registers of cameras, from the file to the figure, with what was assumed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gis.compute import execute
from gis.db.ledger import read_rejects
from gis.db.loader import load_frame, load_source
from gis.db.migrate import FOLDER, find_migrations, migrate
from gis.db.pool import Database
from gis.db.reader import DatabaseReader
from gis.load import read_source
from gis.load.devices import read_device_id
from gis.load.rules import read_rules
from layers import (
    CONFIG,
    LAYERS,
    Catalogue,
    City,
    Level,
    load_catalogue,
    load_city,
    transformer,
)
from tests.conftest import clone, drop

SAMPLES = Path(__file__).parent.parent / "samples"
HEAD = (
    "DeviceID,Name,Longitude,Latitude,PTZType,DirectionType,HorizontalFieldAngle,"
    "MaxViewDistance,PointType,Status,IPAddress,Port,Password,ParentID"
)
ROWS = (
    "33010600081320000001,断桥东,120.1500,30.2580,3,1,60,80,1,ON,10.1.2.3,554,hunter2,P",
    "33010600001320000002,断桥西,120.1501,30.2580,3,7;3,90,,2,OFF,10.1.2.4,554,geheim,P",
    "33010600551310000003,少年宫,120.1510,30.2570,1,,,,3,ON,,,,P",
    "3301060008132000001,十九位,120.15,30.25,3,1,60,,1,ON,10.1.2.5,554,x1,P",
    "33010600081180000005,录像机,120.15,30.25,3,1,60,,1,ON,10.1.2.6,554,x2,P",
    "33000600081320000006,缺市级,120.15,30.25,3,1,60,,1,ON,10.1.2.7,554,x3,P",
    "33010600271320000007,无行业,120.15,30.25,3,1,60,,1,ON,10.1.2.8,554,x4,P",
    "33010600081320000008,方向九,120.15,30.25,3,9,60,,1,ON,10.1.2.9,554,x5,P",
)
SECRETS = ("hunter2", "geheim", "10.1.2.", "'554'", '"554"', "x1", "x2", "x3", "x4")


@pytest.fixture
def register(tmp_path: Path) -> Path:
    path = tmp_path / "register.csv"
    path.write_text("\n".join((HEAD, *ROWS)) + "\n", encoding="utf-8")
    return path


def load(
    database: Database, catalogue: Catalogue, city: City, path: Path, mapping: str,
    config: Path = CONFIG,
) -> Any:  # fmt: skip
    rules = read_rules(config, mapping)
    return load_source(
        database, catalogue, city, str(rules.layer),
        read_source(path, mapping=rules.headers), datum=str(rules.datum), rules=rules,
        follow_views=False,
    )  # fmt: skip


def test_a_register_of_gbt_28181(
    empty_db: Database, catalogue: Catalogue, city: City, register: Path
) -> None:
    report = load(empty_db, catalogue, city, register, "gb28181_2022_camera")
    assert (report.loaded, report.refused) == (4, 5)
    with empty_db.owner() as connection:
        found = connection.execute(
            "SELECT code, azimuth_deg, device_code, industry, state, geometry_source "
            "FROM city.camera ORDER BY code"
        ).fetchall()
    assert found == [
        ("33010600001320000002-1", 225.0, "33010600001320000002", "00", "offline",
         "datasheet"),
        ("33010600001320000002-2", 180.0, "33010600001320000002", "00", "offline",
         "datasheet"),
        ("33010600081320000001", 90.0, None, "08", "online", "datasheet"),
        # 55 is a company's: no code of the table, but a valid number
        ("33010600551310000003", None, None, None, "online", "datasheet"),
    ]  # fmt: skip
    reasons = " ".join(report.reasons)
    for words in ("20 digits", "no camera but", "level is missing", "no industry",
                  "no code of camera_direction"):  # fmt: skip
        assert words in reasons, words
    notes = " ".join(report.notes)
    assert "dropped: IPAddress 7, Port 7, Password 7" in notes
    assert "several bearings split: 1 -> 2" in notes
    assert "azimuth_deg 1, hfov_deg 1, height_m 9, tilt_deg 9" in notes, notes


def test_no_secret_passes_the_door(
    empty_db: Database, catalogue: Catalogue, city: City, register: Path
) -> None:
    report = load(empty_db, catalogue, city, register, "gb28181_2022_camera")
    rejects = list(read_rejects(empty_db, report.load_id))
    assert len(rejects) == 5
    told = [str(rejects), str(report.as_dict())]
    with empty_db.owner() as connection:
        told += [
            str(connection.execute(query).fetchall())
            for query in (
                "SELECT c::text FROM city.camera c",
                "SELECT content::text, reason FROM ledger.reject",
                "SELECT report::text, options::text FROM ledger.load",
            )
        ]
    for secret in SECRETS:
        assert not any(secret in text for text in told), secret


def test_a_plain_file_of_cameras_loses_its_credentials_too(
    empty_db: Database, catalogue: Catalogue, city: City
) -> None:
    frame = pd.DataFrame(
        {
            "code": ["a", "b"], "lon": [120.15, 119.0], "lat": [30.25, 45.0],
            "密码": ["secret1", "secret2"], "RTSP URL": ["rtsp://u:p@h/1", None],
        }
    )  # fmt: skip
    report = load_frame(empty_db, catalogue, city, "camera", frame, datum="wgs84",
                        follow_views=False)  # fmt: skip
    assert (report.loaded, report.refused) == (1, 1)
    assert "密码 2, RTSP URL 1" in " ".join(report.notes)
    assert "secret2" not in str(list(read_rejects(empty_db, report.load_id)))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("33010600081320000017", ""),
        ("33010600451310000017", ""),
        ("330106000813200000171", "20 digits"),
        ("3301060008132000001x", "20 digits"),
        ("３３010600081320000017", "20 digits"),
        ("99010600081320000017", "province"),
        ("33000600081320000017", "level is missing"),
        ("33010600151320000017", "no industry"),
        ("33010600081990000017", "no type"),
        ("33010600082000000017", "no camera"),
        ("33010600081320000000", "begins with 1"),
    ],
)
def test_device_codes(code: str, words: str) -> None:
    value, why = read_device_id(code)
    assert (value == code) == (words == "")
    assert words in why


def test_hangzhou_from_openstreetmap(
    samples: Path, empty_db: Database, catalogue: Catalogue, city: City
) -> None:
    """36 cameras, one with a direction, behind 762 buildings."""
    source = samples / "cameras" / "osm_surveillance_z6_53_26.geojson"
    report = load(empty_db, catalogue, city, source, "osm_camera")
    assert report.loaded == 36
    houses = samples / "osm" / "hangzhou_core_buildings_derived_wgs84.geojson.gz"
    load_source(empty_db, catalogue, city, "building", read_source(houses),
                datum="wgs84", follow_views=False)  # fmt: skip
    reader = DatabaseReader(empty_db, catalogue, city)
    codes = [str(code) for code in reader.features("camera").code]
    views = execute("camera-view", {"cameras": codes, "levels": ["observe"]},
                    reader=reader, level=Level.RESTRICTED)  # fmt: skip
    facts = views.reconciliation
    assert facts["assumed_share"] == 1.0
    assert facts["unknown_direction_share"] == pytest.approx(35 / 36)
    assert facts["optics_source"] == {"assumed": 36}
    assert facts["occlusion"]["by"] == "building"
    open_ = execute(
        "camera-view",
        {"cameras": codes, "levels": ["observe"], "occlusion": "none"},
        reader=reader, level=Level.RESTRICTED,
    )  # fmt: skip
    # the nearest of the 762 buildings is 1,077 m from the nearest of the 36 cameras
    assert [r["area_m2"] for r in views.rows] == [r["area_m2"] for r in open_.rows]
    house = reader.features("building").geometry[0]
    x, y = house.bounds[0] - 8.0, (house.bounds[1] + house.bounds[3]) / 2
    lon, lat = transformer(4549, 4490).transform(x, y)
    drawn = {"lon": lon, "lat": lat, "facing_deg": 90, "opening_deg": 60,
             "pixels_across": 1920, "mount_m": 4, "down_deg": 15}  # fmt: skip
    behind, through = (
        execute("camera-view", {"drawn": [drawn], "levels": ["detect"],
                                "occlusion": occlusion},
                reader=reader, level=Level.STAFF).rows[0]["area_m2"]
        for occlusion in ("buildings", "none")
    )  # fmt: skip
    assert 0 < behind < 0.5 * through


def test_vienna_is_measured_flat_under_its_own_configuration(
    samples: Path, cluster: Any
) -> None:
    """No buildings there: what is seen is what the optics reach, exactly."""
    config = SAMPLES / "vienna"
    city, catalogue = load_city(config), load_catalogue(LAYERS, config / "layers")
    database = Database(clone(cluster, "vienna_views", "template0"))
    try:
        migrate(
            database, catalogue, city, find_migrations(FOLDER, config / "migrations")
        )
        path = samples / "cameras" / "osm_surveillance_z6_34_22.geojson.gz"
        report = load(database, catalogue, city, path, "osm_camera", config)
        assert "several bearings split" in " ".join(report.notes)
        reader = DatabaseReader(database, catalogue, city)
        cameras = reader.features("camera", columns=("azimuth_deg",))
        assert len(cameras) == report.loaded == 2679
        codes = [str(code) for code in cameras.code][:2000]
        views = execute("camera-view", {"cameras": codes, "levels": ["detect"]},
                        reader=reader, level=Level.RESTRICTED)  # fmt: skip
        rows = [row for row in views.rows if row["kind"] == "view"]
        for row in rows:
            opening = row["opening_deg"] if row["direction_known"] else 360.0
            flat = (
                np.radians(opening)
                / 2
                * (row["reach_m"] ** 2 - row["dead_zone_m"] ** 2)
            )
            assert row["area_m2"] == pytest.approx(max(flat, 0.0), rel=1e-9)
        assert views.srid == 31256
        lost = sum(not row["direction_known"] for row in rows) / len(rows)
        assert views.reconciliation["unknown_direction_share"] == pytest.approx(lost)
        assert 0.2 < lost < 0.3
    finally:
        database.close()
        drop(cluster, "vienna_views")
