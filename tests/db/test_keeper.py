"""The private server dies: it is started again, unless somebody stopped it."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import psycopg
import pytest

from gis.cli._place import find_place, running
from gis.db.cluster import Cluster
from gis.db.keeper import is_kept, kept
from gis.errors import ClusterError
from tests.conftest import ROOT
from tests.db.test_cluster import answer
from tests.waiting import until

BUSY = "DO $$ BEGIN LOOP NULL; END LOOP; END $$"


@pytest.fixture(scope="module")
def made() -> Iterator[Cluster]:
    base = Path(os.environ.get("CITYGRID_HOME", ROOT / ".citygrid"))
    base.mkdir(parents=True, exist_ok=True)
    home = Path(mkdtemp(prefix="k", dir=base))
    home.chmod(0o755)
    cluster = Cluster(home, durable=False)
    yield cluster
    cluster.stop(immediate=True)
    rmtree(home, ignore_errors=True)


@pytest.fixture
def own(made: Cluster) -> Cluster:
    """A server of this module's own, running."""
    made.start()
    return made


def kill_server(cluster: Cluster) -> None:
    """Kill the server, and wait until it is gone, or is another one."""
    pid = cluster.status().pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: cluster.status().pid != pid, 5)


def occupy(cluster: Cluster) -> int:
    """Number of a process of the server that computes for ever and looks at nothing."""
    connection = psycopg.connect(cluster.dsn, autocommit=True)
    pid = connection.info.backend_pid

    def compute() -> None:
        with suppress(psycopg.OperationalError):
            connection.execute(BUSY)

    threading.Thread(target=compute, daemon=True).start()
    query = (
        f"select count(*) from pg_stat_activity where pid = {pid} and query ~ 'LOOP'"
    )
    until(lambda: answer(cluster, query) == 1, 5)
    return pid


def test_what_a_killed_server_left_at_work_is_ended(own: Cluster) -> None:
    pid = occupy(own)
    kill_server(own)
    assert Path(f"/proc/{pid}").exists()
    assert own.start()
    until(lambda: not Path(f"/proc/{pid}").exists(), 5)
    assert answer(own, "select 1") == 1

    # a server whose pid file somebody removed is alive: nothing of it is ended
    pid_file = own.data / "postmaster.pid"
    text = pid_file.read_text()
    server = int(text.split()[0])
    pid_file.unlink()
    with pytest.raises(ClusterError):
        own.start()
    assert Path(f"/proc/{server}").exists()
    os.kill(server, signal.SIGKILL)


def test_it_is_started_again_and_stays_stopped(
    own: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "citygrid.database")
    first = own.status()
    runs = lambda: own.status().state == "running"  # noqa: E731
    with kept(own, shortest_s=0.2):
        occupy(own)
        kill_server(own)
        until(runs, 5)
        until(lambda: "runs again" in caplog.text, 5)
        assert "PostgreSQL died; it is started again in 0.2 s" in caplog.text
        assert own.status().port == first.port
        assert answer(own, "select 1") == 1

        # once more, sooner by hand than by itself
        kill_server(own)
        until(lambda: "again in 0.4 s" in caplog.text, 5)
        by_hand = Cluster(own.home).start()
        time.sleep(0.6)
        assert is_kept(own)
        assert by_hand + caplog.text.count("runs again") == 2
        assert runs()

        # stopped while it waits for its time, and stopped while it runs
        kill_server(own)
        until(lambda: "again in 0.8 s" in caplog.text, 5)
        assert not Cluster(own.home).stop()
        assert not own.is_fallen
        assert not own.revive()
        own.start()
        assert Cluster(own.home).stop()
        time.sleep(1)
        assert not runs()
    assert not is_kept(own)
    own.start()
    kill_server(own)
    assert own.is_fallen, "nobody looks any more"


def test_whoever_starts_it_sooner_leaves_it_running(
    own: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITYGRID_HOME", str(own.home))
    monkeypatch.delenv("CITYGRID_DSN", raising=False)
    place = find_place()
    with kept(own, shortest_s=60):
        kill_server(own)
        with running(place, migrated=False) as database:
            assert database.dsn == own.dsn
        assert answer(own, "select 1") == 1
    own.stop()
    with running(place, migrated=False):
        assert answer(own, "select 1") == 1
    assert own.status().state == "stopped"


def test_a_server_that_cannot_start_is_tried_again(
    own: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "citygrid.database")
    settings = own.data / "postgresql.conf"
    usual = settings.read_text()
    with kept(own, shortest_s=0.2):
        settings.write_text(usual + "nonsense\n")
        kill_server(own)
        until(lambda: "could not be started" in caplog.text, 5)
        settings.write_text(usual)
        until(lambda: "runs again" in caplog.text, 8)
    assert answer(own, "select 1") == 1
