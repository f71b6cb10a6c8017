"""Whatever is killed, whenever: the state before or after, never between."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import shapely

from gis.db.cluster import Cluster, kill
from gis.db.history import list_loads
from gis.db.migrate import find_migrations, migrate
from gis.db.pool import Database
from gis.errors import ClusterError, LoadError
from layers import Catalogue, City
from tests.conftest import ROOT
from tests.db.test_loader import DAY, Loader, park

ROWS = 8_000
SEED = 20151


def table(folder: Path, generation: int) -> Path:
    """A CSV whose every row says which generation it is of."""
    path = folder / f"points{generation}.csv"
    lines = ["code,name,lon,lat"]
    lines += [
        f"p{i},第{generation}代,{120.1 + x * 1e-4:.4f},{30.2 + y * 1e-4:.4f}"
        for i, (y, x) in enumerate(divmod(i, 200) for i in range(ROWS))
    ]
    path.write_text("\n".join(lines), "utf-8")
    return path


def start(dsn: str, file: Path, day: str) -> subprocess.Popen[str]:
    """The loader as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "gis.cli", "load", str(file), "--layer",
         "tourist_service", "--datum", "wgs84", "--valid-from", day],
        env={**os.environ, "CITYGRID_DSN": dsn}, cwd=ROOT,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def state(dsn: str) -> tuple[int, int, int]:
    """Current rows by generation, and loads in the ledger."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT name, count(*) FROM city.tourist_service WHERE valid_to IS NULL "
            "GROUP BY name"
        ).fetchall()
        loads = connection.execute("SELECT count(*) FROM ledger.load").fetchone()
    found = {str(name): int(count) for name, count in rows}
    assert loads
    return found.get("第1代", 0), found.get("第2代", 0), int(loads[0])


BEFORE, AFTER = (ROWS, 0, 1), (0, ROWS, 2)


@pytest.fixture(scope="module")
def server(catalogue: Catalogue, city: City) -> Iterator[Cluster]:
    """A durable server of its own, which may be killed."""
    import shutil
    import tempfile

    base = Path(os.environ.get("CITYGRID_HOME", str(ROOT / ".citygrid")))
    base.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="k", dir=base))
    home.chmod(0o755)
    own = Cluster(home)
    own.start()
    migrate(Database(own.dsn), catalogue, city, find_migrations())
    yield own
    own.stop(immediate=True)
    shutil.rmtree(home, ignore_errors=True)


def test_killed_at_random_moments(server: Cluster, tmp_path: Path) -> None:
    """The loader or the server is killed six times; then the load goes through."""
    first, second = table(tmp_path, 1), table(tmp_path, 2)
    begun = time.monotonic()
    process = start(server.dsn, first, "2012-01-01")
    _, told = process.communicate(timeout=120)
    assert process.returncode == 0, told
    took = time.monotonic() - begun
    assert state(server.dsn) == BEFORE
    moments = random.Random(SEED)
    done = False
    for turn in range(6):
        process = start(server.dsn, second, "2015-01-01")
        time.sleep(moments.uniform(0.3, 1.1) * took)
        if turn % 3 == 0:
            process.kill()
        elif turn % 3 == 1:
            kill(server)
        else:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        server.start()
        deadline = time.monotonic() + 30
        while True:  # a killed client's transaction ends when the server notices
            found = state(server.dsn)
            assert found in (BEFORE, AFTER), turn
            if found == AFTER or not busy(server.dsn) or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        done = done or found == AFTER
    process = start(server.dsn, second, "2015-01-01")
    _, told = process.communicate(timeout=120)
    assert process.returncode == 0, told
    current = state(server.dsn)
    assert current[:2] == AFTER[:2]
    assert current[2] == (3 if done else 2)


def busy(dsn: str) -> bool:
    """Whether another connection is still at work."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = "
            "'client backend' AND state <> 'idle' AND pid <> pg_backend_pid()"
        ).fetchone()
    return bool(row and row[0])


def test_two_loads_of_one_layer_queue_and_say_so(
    empty_db: Database, catalogue: Catalogue, city: City
) -> None:
    load = Loader(empty_db, catalogue, city)
    entered, proceed = threading.Event(), threading.Event()
    said: list[str] = []

    def hold(step: str, done: int, total: int) -> None:
        if step.startswith("归并"):
            entered.set()
            assert proceed.wait(30)

    def note(step: str, done: int, total: int) -> None:
        said.append(step)
        if "queued" in step:
            proceed.set()

    rows = [{"code": "a", "name": "甲", "at": shapely.Point(120.16, 30.27)}]
    first = threading.Thread(
        target=load, args=("tourist_service", rows),
        kwargs={"on_progress": hold, "valid_from": DAY(2012, 1, 1)},
    )  # fmt: skip
    first.start()
    assert entered.wait(30)
    second = [{**rows[0], "name": "乙"}]
    report = load(
        "tourist_service", second, on_progress=note, valid_from=DAY(2015, 1, 1)
    )
    first.join()
    assert any("queued behind another load" in step for step in said)
    assert (report.updated, report.loaded) == (1, 0)
    assert len(list_loads(empty_db)) == 2


def test_a_lost_connection_is_said(catalogue: Catalogue, city: City) -> None:
    absent = Database("host=/nonexistent dbname=citygrid user=citygrid")
    with pytest.raises(ClusterError, match="no connection to"):
        Loader(absent, catalogue, city)("park", [{"code": "a"}])


@pytest.fixture
def load(empty_db: Database, catalogue: Catalogue, city: City) -> Loader:
    return Loader(empty_db, catalogue, city)


def test_a_failed_load_leaves_the_state_before(load: Loader) -> None:
    load("park", [park("a")])
    before = load.rows("park")

    def cut(step: str, done: int, total: int) -> None:
        if step.startswith("写入"):
            with load.database.owner(autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )

    with pytest.raises(LoadError, match="taken back whole"):
        load("park", [park("b")], on_progress=cut)
    assert load.rows("park") == before


def test_a_full_disk_leaves_the_state_before(load: Loader) -> None:
    load("park", [park("a")])
    before = load.rows("park")
    with load.database.owner(autocommit=True) as connection:
        connection.execute(
            'CREATE FUNCTION city."full"() RETURNS trigger LANGUAGE plpgsql AS '
            "$$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$"
        )
        connection.execute(
            'CREATE TRIGGER "full" AFTER INSERT ON city.park '
            'FOR EACH STATEMENT EXECUTE FUNCTION city."full"()'
        )
    with pytest.raises(LoadError, match=r"taken back whole .*no space left"):
        load("park", [park("b")])
    assert load.rows("park") == before
