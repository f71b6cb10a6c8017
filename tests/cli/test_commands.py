"""The command line as its users type it, against a city of its own."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gis.cli import citygrid
from gis.db.cluster import Cluster, kill
from tests.conftest import ROOT
from tests.waiting import until


class Shell:
    """Runs `citygrid …` with a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {
            **os.environ, "CITYGRID_HOME": str(home), "CITYGRID_SIZE": "small"
        }  # fmt: skip

    def __call__(self, *arguments: str, code: int = 0) -> tuple[str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "gis.cli", *arguments],
            env=self.environment, cwd=ROOT, capture_output=True, text=True,
            check=False, timeout=240,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout, done.stderr


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    base = Path(os.environ.get("CITYGRID_HOME", ROOT / ".citygrid"))
    base.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="s", dir=base))
    home.chmod(0o755)
    run = Shell(home)
    run("db", "start")
    run("demo", "build", "--size", "small", "--seed", "2012")
    yield run
    run("db", "reset", "--yes")
    shutil.rmtree(home, ignore_errors=True)


def test_status_and_psql(shell: Shell) -> None:
    out, _ = shell("db", "status")
    assert "state: running" in out
    out, _ = shell("db", "psql", "-At", "-c", "select count(*) from city.district")
    assert out.strip() == "1"


def test_a_city_is_not_built_twice(shell: Shell) -> None:
    _, err = shell("demo", "build", code=1)
    assert "citygrid db reset" in err


def test_coverage_by_district_adds_up(shell: Shell) -> None:
    out, _ = shell(
        "run", "coverage", "--service", "camera", "--zones", "district",
        "--of", "area", "--format", "csv",
    )  # fmt: skip
    rows = {
        row["zone_id"]: row for row in csv.DictReader(io.StringIO(out.lstrip("\ufeff")))
    }
    assert {"330106", "outside", "total"} <= set(rows)
    covered = sum(float(r["covered"]) for z, r in rows.items() if z != "total")
    assert covered == pytest.approx(float(rows["total"]["covered"]), rel=1e-9)
    ratio = float(rows["330106"]["covered"]) / float(rows["330106"]["total"])
    assert float(rows["330106"]["coverage_ratio"]) == pytest.approx(ratio, rel=1e-9)


def test_locate_answers_in_any_datum(shell: Shell) -> None:
    found = []
    for datum, x, y in (
        ("wgs84", "120.13", "30.27"),
        ("gcj02", "120.13465", "30.26757"),
    ):
        out, _ = shell("run", "locate", "--x", x, "--y", y, "--datum", datum)
        found.append(json.loads(out))
    assert found[0] == found[0]
    assert "330106" in json.dumps(found[0])


def test_load_report_and_rejects(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_text(
        "code,name,lon,lat\nP1,甲,120.13,30.27\nP2,乙,1,2\nP3,,120.13,30.27\n", "utf-8"
    )
    report, rejects = tmp_path / "report.json", tmp_path / "rejects.csv"
    _, err = shell(
        "load", str(file), "--layer", "tourist_service", "--datum", "wgs84",
        "--report", str(report), "--rejects", str(rejects),
    )  # fmt: skip
    found = json.loads(report.read_text("utf-8"))
    assert (found["read"], found["loaded"], found["refused"]) == (3, 1, 2)
    assert "拒收 refused" in err
    rows = list(csv.reader(io.StringIO(rejects.read_text("utf-8-sig"))))
    assert rows[0][:2] == ["行号 row", "原因 reason"]
    assert [row[2] for row in rows[1:]] == ["P2", "P3"]


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (
            ["load", "nowhere.csv", "--layer", "park", "--datum", "wgs84"],
            "no such file",
        ),
        (["load", "README.md", "--layer", "x", "--datum", "wgs84"], "must be one of"),
        (["run", "coverage", "--service", "nothing", "--zones", "district"], "nothing"),
        (["run", "locate", "--x", "abc", "--y", "30"], "abc"),
        (["layers", "show", "nothing"], "must be one of"),
    ],
)
def test_a_mistake_is_one_line(shell: Shell, arguments: list[str], wanted: str) -> None:
    _, err = shell(*arguments, code=1)
    assert wanted in err
    assert "Traceback" not in err


def test_layers_are_listed_and_shown(shell: Shell) -> None:
    out, _ = shell("layers", "list")
    assert "unit_grid" in out
    assert "单元网格" in out
    out, _ = shell("layers", "check")
    assert "no fault" in out
    out, _ = shell("layers", "show", "camera")
    assert "azimuth_deg" in out


def test_every_command_is_described() -> None:
    def walk(command: click.Command, path: str) -> None:
        assert command.help, path
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                child = command.get_command(context, name)
                assert child, f"{path} {name}"
                walk(child, f"{path} {name}")

    walk(citygrid, "citygrid")


def is_served(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_serve_starts_a_dead_database_and_stops_what_it_started(shell: Shell) -> None:
    """SIGTERM ends the server; a database it found running is left running."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    shell("db", "stop")
    process = subprocess.Popen(
        [sys.executable, "-m", "gis.cli", "serve", "--demo"],
        env={**shell.environment, "CITYGRID_PORT": str(port)},
        cwd=ROOT, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    cluster = Cluster(shell.home)

    def is_up() -> bool:
        assert process.poll() is None, process.stderr.read()  # type: ignore[union-attr]
        return is_served(port)

    try:
        until(is_up, 60)
        kill(cluster)
        until(lambda: cluster.status().state == "running", 15)
        until(is_up, 15)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        _, said = process.communicate()
    assert "PostgreSQL died; it is started again in 1 s" in said
    assert "PostgreSQL runs again" in said
    out, _ = shell("db", "status", code=1)
    assert "state: stopped" in out
    shell("db", "start")
