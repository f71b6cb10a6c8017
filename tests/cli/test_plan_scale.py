"""What many cities would need follows from what one costs here."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from gis.cli import citygrid
from gis.cli.plan_scale import Cost, report
from gis.db.pool import Database


def test_a_measured_city(city_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYGRID_DSN", city_db.dsn)
    asked = ["plan-scale", "--city-size", "100000", "--cities", "50", "--samples", "1"]
    done = CliRunner().invoke(citygrid, asked, catch_exceptions=False)
    assert done.exit_code == 0
    with city_db.owner() as connection:
        row = connection.execute("SELECT count(*) FROM city.camera").fetchone()
    assert row
    whole = re.findall(r"measured +([\d,]+) cameras", done.stdout)
    assert [int(n.replace(",", "")) for n in whole] == [row[0] // 2, row[0]]
    assert "100,000 cameras" in done.stdout
    assert re.search(r"needed +\d+ machines", done.stdout)


def test_the_arithmetic_is_that_of_a_calculator() -> None:
    # 1000 cameras in 4 s, 500 in 1 s: the cost grows with the square; 2000 need 16 s
    lines = report(Cost(500, 1.0, 1.0), Cost(1000, 4.0, 6.0), 2000, 450, 0.5, 300.0)
    assert "4000.0 µs and 6000.0 µs of CPU per camera" in lines[3]
    assert "power 2.00" in lines[3]
    assert "2,000 cameras: 16.0 s, 24.0 s of CPU a city" in lines[4]
    assert "450 cities: 2.00 h one after the other, 3.00 h of CPU" in lines[5]
    assert "4 machines" in lines[6]
    # noise never makes many cameras cheaper than few
    cheap = report(Cost(500, 3.0, 3.0), Cost(1000, 3.0, 3.0), 2000, 1, 1.0, 300.0)
    assert "power 1.00" in cheap[3]


def test_too_few_cameras_say_so(
    empty_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITYGRID_DSN", empty_db.dsn)
    done = CliRunner().invoke(citygrid, ["plan-scale"])
    assert done.exit_code == 1
    assert "camera: 0 kept, at least 200" in str(done.exception)
