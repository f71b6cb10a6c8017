"""Whatever is killed, whenever: the state before or after, never between."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Any

import psycopg
import pytest

from gis.db.cluster import Cluster, kill
from gis.db.digest import read_digests
from gis.db.history import list_loads, undo
from gis.db.migrate import find_migrations, migrate
from gis.db.pool import Database
from layers import Catalogue, City
from tests.conftest import ROOT

ROWS = 4_000
SEED = 20151
LAYER = "tourist_service"
PHASES = (
    "读取",
    "检查",
    "写入",
    "归并",
)  # before a part, in it, behind it, in the table


def table(folder: Path, generation: int, rows: int = ROWS) -> Path:
    """A CSV whose every row says which generation it is of."""
    path = folder / f"points{generation}.csv"
    lines = ["code,name,lon,lat"]
    lines += [
        f"p{i},第{generation}代,{120.1 + x * 1e-4:.4f},{30.2 + y * 1e-4:.4f}"
        for i, (y, x) in enumerate(divmod(i, 200) for i in range(rows))
    ]
    path.write_text("\n".join(lines), "utf-8")
    return path


@dataclass
class Outcome:
    """What became of a load: its exit status, its steps and what it said."""

    status: int
    steps: list[str]
    said: str


class Ready:
    """The loader that stands ready."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.db.loading"], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip
        self.told: Queue[dict[str, Any]] = Queue()
        self.listening = threading.Thread(target=self._listen, daemon=True)
        self.listening.start()
        assert self.told.get(timeout=60)["ready"]

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.told.put(json.loads(line))

    def load(
        self, dsn: str, file: Path, day: str, *, phase: str = "", delay_s: float = 0,
        act: Callable[[int], None] | None = None,
    ) -> Outcome:  # fmt: skip
        """Run a load; do something to it so long after a phase began."""
        assert self.process.stdin
        job = {"dsn": dsn, "file": str(file), "day": day, "layer": LAYER}
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        pid, steps, said = 0, [], ""
        while True:
            told = self.told.get(timeout=60)
            pid = told.get("pid", pid)
            said = told.get("said", said)
            if "ended" in told:
                return Outcome(int(told["ended"]), steps, said)
            began = told.get("step", "读取" if "pid" in told else "")
            steps.append(began)
            if act and began.startswith(phase):
                time.sleep(delay_s)
                act(pid)
                act = None

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.listening.join(10)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()


@pytest.fixture(scope="module")
def disk() -> Iterator[Path]:
    """A small disk of its own where this account may mount one, else a folder."""
    base = Path(os.environ.get("CITYGRID_HOME", str(ROOT / ".citygrid")))
    base.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="k", dir=base))
    folder.chmod(0o755)
    mount = ["mount", "-t", "tmpfs", "-o", "size=900m,mode=755", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    yield folder
    if mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def server(disk: Path, catalogue: Catalogue, city: City) -> Iterator[Cluster]:
    """A durable server of its own, which may be killed."""
    own = Cluster(disk)
    own.start()
    migrate(Database(own.dsn), catalogue, city, find_migrations())
    yield own
    own.stop(immediate=True)


@pytest.fixture(scope="module")
def ready() -> Iterator[Ready]:
    loader = Ready()
    yield loader
    loader.close()


@pytest.fixture
def first(server: Cluster, ready: Ready, tmp_path: Path) -> Path:
    """The second generation's file; the first stands in the table."""
    with psycopg.connect(server.dsn) as connection:
        connection.execute(f"TRUNCATE city.{LAYER}, ledger.load CASCADE".encode())
    done = ready.load(server.dsn, table(tmp_path, 1), "2012-01-01")
    assert done.status == 0, done
    return table(tmp_path, 2)


def digests(dsn: str) -> Any:
    with psycopg.connect(dsn, options="-c timezone=UTC") as connection:
        return read_digests(connection)


def current(dsn: str) -> dict[str, int]:
    """Current rows by generation."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            f"SELECT name, count(*) FROM city.{LAYER} WHERE valid_to IS NULL "
            "GROUP BY name".encode()
        ).fetchall()
    return {str(name): int(count) for name, count in rows}


def settled(server: Cluster) -> None:
    """Start the server where it is down, and wait until nobody is at work."""
    server.start()
    deadline = time.monotonic() + 30
    while True:
        assert time.monotonic() < deadline
        try:
            with psycopg.connect(server.dsn) as connection:
                row = connection.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE backend_type = "
                    "'client backend' AND pid <> pg_backend_pid()"
                ).fetchone()
            if row == (0,):
                return
        except psycopg.OperationalError:
            pass  # it still recovers
        time.sleep(0.05)


def loader_backend(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' "
            "AND pid <> pg_backend_pid() ORDER BY backend_start LIMIT 1"
        ).fetchone()
    return int(row[0]) if row else 0


def killers(server: Cluster) -> dict[str, Callable[[int], None]]:
    """What may befall a load; each is given the loader's process number."""

    def backend(pid: int) -> None:
        found = loader_backend(server.dsn)
        if found:
            os.kill(found, signal.SIGKILL)

    def end(pid: int) -> None:
        with psycopg.connect(server.dsn) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(%s)", (loader_backend(server.dsn),)
            )

    return {
        "loader killed": lambda pid: os.kill(pid, signal.SIGKILL),
        "loader told to stop": lambda pid: os.kill(pid, signal.SIGINT),
        "its backend killed": backend,
        "its connection cut": end,
        "the server killed": lambda pid: kill(server),
    }


def test_killed_at_twenty_moments(
    server: Cluster, ready: Ready, first: Path, catalogue: Catalogue
) -> None:
    """Five ways in four phases, each after a random part of the phase."""
    begun = time.monotonic()
    done = ready.load(server.dsn, first, "2015-01-01")
    took = time.monotonic() - begun
    assert done.status == 0
    assert [s.split()[0] for s in done.steps][:3] == ["读取", "检查", "写入"]
    database = Database(server.dsn)
    latest = list_loads(database)[0]
    undo(database, catalogue, latest.load_id)
    moments = random.Random(SEED)
    ways = killers(server)
    outcomes: dict[str, list[str]] = {way: [] for way in ways}
    for phase, way in itertools.product(PHASES, ways):
        before = digests(server.dsn)
        assert current(server.dsn) == {"第1代": ROWS}
        killed = ready.load(
            server.dsn, first, "2015-01-01", phase=phase,
            delay_s=moments.uniform(0, 0.4) * took, act=ways[way],
        )  # fmt: skip
        settled(server)
        found = current(server.dsn)
        if found == {"第1代": ROWS}:
            assert digests(server.dsn) == before, (phase, way)
            outcomes[way].append("before")
            assert killed.status != 0, (phase, way, killed)
            continue
        assert found == {"第2代": ROWS}, (phase, way, found)
        latest = list_loads(database)[0]
        assert latest.report["updated"] == ROWS, (phase, way)
        undo(database, catalogue, latest.load_id)
        outcomes[way].append("after")
    # a test that never interrupts proves nothing
    assert sum(told.count("before") for told in outcomes.values()) >= 10, outcomes
    assert all("before" in told for told in outcomes.values()), outcomes
    assert ready.load(server.dsn, first, "2015-01-01").status == 0
    assert current(server.dsn) == {"第2代": ROWS}


def test_a_full_disk_leaves_the_state_before(
    server: Cluster, ready: Ready, first: Path, disk: Path, tmp_path: Path
) -> None:
    """The disk of the database fills while a load runs; then there is room again."""
    if not os.path.ismount(disk):
        pytest.skip("this account may not mount a disk of its own")
    before = digests(server.dsn)
    large = table(tmp_path, 3, 60_000)
    filler = disk / "filler"
    free = shutil.disk_usage(disk).free
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free - (6 << 20))
    try:
        told = ready.load(server.dsn, large, "2015-01-01")
    finally:
        filler.unlink()
    assert os.waitstatus_to_exitcode(told.status) == 1, told
    assert "taken back whole" in told.said, told
    settled(server)
    assert digests(server.dsn) == before
    assert ready.load(server.dsn, first, "2015-01-01").status == 0
    assert current(server.dsn) == {"第2代": ROWS}
