"""Whoever follows may be killed at any moment: the next one catches up."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gis.compute import execute
from gis.db.pool import Database
from gis.db.reader import DatabaseReader
from gis.jobs.supervise import worker_beside
from layers import CONFIG, Catalogue, City, Level
from tests.waiting import until

LIVE = [sys.executable, "-m", "gis.cli", "live"]


def begin(database: Database, home: Path) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ, "CITYGRID_DSN": database.dsn, "CITYGRID_HOME": str(home),
    }  # fmt: skip
    return subprocess.Popen(LIVE, env=environment, stderr=subprocess.DEVNULL)


def test_it_ends_as_it_is_told(own_city_db: Database, tmp_path: Path) -> None:
    for tell in ("terminate", "end of input"):
        with (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen(
                [*LIVE, "--until-eof"],
                env={
                    **os.environ,
                    "CITYGRID_DSN": own_city_db.dsn,
                    "CITYGRID_HOME": str(tmp_path),
                },
                stdin=subprocess.PIPE,
                stderr=log,
            )
        until(lambda: "follows changes" in (tmp_path / "log").read_text())
        assert process.stdin is not None
        if tell == "terminate":
            process.terminate()
        else:
            process.stdin.close()
        assert process.wait(60) == 0
        process.stdin.close()
        assert "Fatal" not in (tmp_path / "log").read_text()


def test_one_that_hangs_ends_itself_and_is_begun_again(
    own_city_db: Database, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config"
    shutil.copytree(CONFIG, config)
    (config / "operation.yaml").write_text(
        "standing: [{service: park, zones: [district]}]"
    )

    def covered() -> list[float]:
        query = b"SELECT covered FROM city.coverage_result WHERE standing"
        with own_city_db.owner() as connection:
            return [one for (one,) in connection.execute(query)]

    def holder() -> int | None:
        query = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s"
        with own_city_db.owner() as connection:
            row = connection.execute(query, [0x6C697665]).fetchone()
        return row[0] if row else None

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CITYGRID_DSN", own_city_db.dsn)
        patch.setenv("CITYGRID_HOME", str(tmp_path))
        patch.setenv("CITYGRID_CONFIG", str(config))
        patch.setenv("CITYGRID_LIVE_HANG", "4")
        with worker_beside([*LIVE, "--until-eof"], "live"):
            until(covered)
            (before,) = covered()
            first = holder()
            assert first
            with own_city_db.owner() as blocking:
                blocking.execute("LOCK TABLE city.coverage_result IN EXCLUSIVE MODE")
                with own_city_db.owner() as editing:
                    editing.execute("DELETE FROM city.park WHERE fid % 2 = 0")
                # it waits for what will not come, until it ends itself
                until(lambda: holder() not in (first, None))
            until(lambda: covered() != [before])
    told = capfd.readouterr().err
    assert "Timeout (0:00:04)!" in told
    assert "write_stand" in told


def is_current(database: Database) -> bool:
    """Whether every standing result stands at the versions that there are."""
    with database.owner() as connection:
        row = connection.execute(
            "SELECT count(DISTINCT standing_id), "
            "bool_and(v.version::text = at.value) FROM ledger.standing s, "
            "jsonb_each_text(s.layer_versions) at "
            "JOIN city.layer_version v ON v.layer = at.key"
        ).fetchone()
    return row is not None and row[0] == 5 and bool(row[1])


def edit(database: Database, number: int) -> None:
    with database.owner() as connection:
        connection.execute(
            "UPDATE city.camera SET azimuth_deg = mod((coalesce(azimuth_deg, 0) + 45)"
            "::numeric, 360) WHERE hashtext(code) %% 60 = %s",
            [number],
        )


def test_killed_at_any_moment(
    own_city_db: Database, catalogue: Catalogue, city: City, tmp_path: Path
) -> None:
    dice = random.Random(3)
    process = begin(own_city_db, tmp_path)
    try:
        until(lambda: is_current(own_city_db))
        for number in range(2):
            edit(own_city_db, number)
            time.sleep(dice.uniform(0, 0.15))
            process.kill()
            process.wait(10)
            if number % 2:
                edit(own_city_db, 30 + number)
            process = begin(own_city_db, tmp_path)
        other = begin(own_city_db, tmp_path)  # waits for its turn
        until(lambda: is_current(own_city_db))
        process.kill()
        process.wait(10)
        process = other
        edit(own_city_db, 50)
        until(lambda: is_current(own_city_db))
    finally:
        process.kill()
        process.wait(10)
    with own_city_db.owner() as connection:
        rows = connection.execute(
            "SELECT zone_id, covered FROM city.coverage_result WHERE standing "
            "AND run = 'standing-camera-area' AND zone_layer = 'community'"
        ).fetchall()
    answer = execute(
        "coverage",
        {"service": "camera", "zones": "community"},
        reader=DatabaseReader(own_city_db, catalogue, city),
        level=Level.RESTRICTED,
    )
    whole = {row["zone_id"]: row["covered"] for row in answer.rows[:-2]}
    assert dict(rows) == whole
