"""CITYGRID_DSN: the same migrations on a server that somebody else runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gis.db.cluster import Cluster
from tests.conftest import ROOT, clone, drop


@pytest.fixture
def external(cluster: Cluster) -> Iterator[str]:
    yield clone(cluster, "external", "template0")
    drop(cluster, "external")


def citygrid(dsn: str, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gis.cli", *arguments],
        env={**os.environ, "CITYGRID_DSN": dsn, "CITYGRID_HOME": str(home)},
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_an_external_server_is_migrated_and_used(external: str, tmp_path: Path) -> None:
    done = citygrid(external, tmp_path, "db", "migrate")
    assert done.returncode == 0, done.stderr
    assert "0001_base.sql" in done.stderr
    assert "nothing to do" in citygrid(external, tmp_path, "db", "migrate").stderr
    assert "external: PostgreSQL" in citygrid(external, tmp_path, "db", "status").stdout
    assert not (tmp_path / "pg").exists()


def test_an_external_server_is_not_started_or_reset(
    external: str, tmp_path: Path
) -> None:
    for verb in (["start"], ["stop"], ["reset", "--yes"]):
        done = citygrid(external, tmp_path, "db", *verb)
        assert done.returncode == 1
        assert "external server" in done.stderr


def test_a_server_out_of_reach_is_one_line_without_the_password(tmp_path: Path) -> None:
    dsn = "host=127.0.0.1 port=1 user=x password=hidden-word dbname=x"
    done = citygrid(dsn, tmp_path, "db", "migrate")
    assert done.returncode == 1
    assert "no connection to" in done.stderr
    assert "hidden-word" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
