"""The private server: made, killed, mended, refused."""

from __future__ import annotations

import os
import pwd
import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from gis.db.cluster import Cluster, kill
from gis.errors import ClusterError
from tests.conftest import ROOT


@pytest.fixture
def home() -> Iterator[Path]:
    import shutil
    import tempfile

    base = Path(os.environ.get("CITYGRID_HOME", ROOT / ".citygrid"))
    base.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="c", dir=base))
    folder.chmod(0o755)
    yield folder
    Cluster(folder).stop(immediate=True)
    shutil.rmtree(folder, ignore_errors=True)


def answer(cluster: Cluster, query: str) -> object:
    with psycopg.connect(cluster.dsn) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row
    return row[0]


def test_a_life(home: Path) -> None:
    """Absent, made, running, killed with a stale pid file, running, stopped."""
    cluster = Cluster(home, durable=False)
    assert cluster.status().state == "absent"
    assert cluster.start()
    assert not cluster.start()
    first = cluster.status()
    assert first.state == "running"
    assert answer(cluster, "select 6 * 7") == 42
    assert answer(cluster, "show jit") == "off"
    assert answer(cluster, "show listen_addresses") == "127.0.0.1"

    # everything a kill -9 leaves behind, and the number now of another process
    kill(cluster)
    pid_file = cluster.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert cluster.status().state == "stopped"
    assert cluster.start()
    assert answer(cluster, "select 6 * 7") == 42
    assert cluster.status().port == first.port

    # another program has taken the port meanwhile
    assert cluster.stop()
    assert not cluster.stop()
    with socket.socket() as other:
        other.bind(("127.0.0.1", first.port or 0))
        other.listen()
        assert cluster.start()
        assert cluster.status().port != first.port

    # data of another major version
    cluster.stop()
    version = cluster.data / "PG_VERSION"
    version.write_text("9\n")
    with pytest.raises(ClusterError, match=r"written by PostgreSQL 9.*backup upgrade"):
        cluster.start()


def test_the_socket_is_open_to_its_owner_alone(cluster: Cluster) -> None:
    run = cluster.run.stat()
    assert run.st_mode & 0o077 == 0
    if os.geteuid() == 0:
        assert run.st_uid == pwd.getpwnam("postgres").pw_uid


def test_tcp_needs_the_password(cluster: Cluster) -> None:
    port = cluster.status().port
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"host=127.0.0.1 port={port} user=citygrid dbname=citygrid")
    password = (cluster.home / "pg" / "password").read_text()
    with psycopg.connect(
        f"host=127.0.0.1 port={port} user=citygrid dbname=citygrid password={password}"
    ) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_too_long_a_path_is_said(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="too long a path for a socket"):
        Cluster(tmp_path / ("x" * 90)).start()


@pytest.mark.skipif(
    os.geteuid() != 0, reason="only root hands the server to an account"
)
def test_a_home_that_cannot_be_entered_is_said(tmp_path: Path) -> None:
    closed = tmp_path / "h"
    closed.mkdir()
    tmp_path.chmod(0o700)
    with pytest.raises(ClusterError, match="cannot enter"):
        Cluster(closed).start()
