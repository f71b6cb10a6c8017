"""Real workers, ended in real ways, over a real PostGIS."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gis.db.job import Job, Submission
from gis.db.jobs import JobStore
from gis.db.pool import Database
from gis.settings import Jobs
from layers import Level
from tests.conftest import ROOT
from tests.waiting import until

PARK = {"service": "park", "zones": "district"}


def submission(level: Level = Level.RESTRICTED, **changed: Any) -> Submission:
    given: dict[str, Any] = {
        "process": "coverage",
        "level": level,
        "caller": "someone",
        "inputs": PARK,
        "media_type": "application/json",
        "response": "raw",
        "lang": "en",
    }
    return Submission(**(given | changed))


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    """No computation of these tests has to compile the kernels first."""
    from processes.kernels.exact import warm

    warm()


class Worker:
    """One `citygrid worker` of a database."""

    def __init__(self, dsn: str, home: Path, **environment: str) -> None:
        self.log = home / f"worker{time.monotonic_ns()}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gis.cli", "worker", "--no-live"],
                env={
                    **os.environ,
                    "CITYGRID_DSN": dsn,
                    "CITYGRID_HOME": str(home),
                    **environment,
                },
                cwd=ROOT, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return "takes jobs" in self.log.read_text()

    def children(self) -> list[int]:
        """Process numbers of its children that are alive."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                with contextlib.suppress(OSError):
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                    if int(fields[1]) == self.process.pid and fields[0] != "Z":
                        found.append(int(entry.name))
        return found

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            self.process.wait(20)


Start = Callable[..., Worker]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts workers; they are ended with the test."""
    begun: list[Worker] = []

    def begin(dsn: str, *, ready: bool = True, **environment: str) -> Worker:
        worker = Worker(dsn, tmp_path, **environment)
        begun.append(worker)
        if ready:
            until(worker.is_ready, 60)
        return worker

    yield begin
    for worker in begun:
        worker.process.kill()
        worker.process.wait()


class Bench:
    """Jobs of a database, and a way to hold them up while they are computed."""

    def __init__(self, database: Database, bounds: Jobs | None = None) -> None:
        self.database = database
        self.store = JobStore(database, bounds or Jobs())

    def submit(self, level: Level = Level.RESTRICTED, **changed: Any) -> Job:
        return self.store.submit(submission(level, **changed))

    def read(self, job: Job) -> Job:
        found = self.store.read(job.job_id)
        assert found is not None
        return found

    def is_blocked(self, job: Job) -> bool:
        """Whether a backend of the job waits for the table that is held."""
        return bool(
            self._one(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s "
                "AND wait_event_type = 'Lock'",
                job.backend_name,
            )
        )

    def backends(self, job: Job) -> int:
        return int(
            self._one(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s",
                job.backend_name,
            )
        )

    def results(self, job: Job) -> int:
        return int(
            self._one("SELECT count(*) FROM ledger.job_result WHERE job_id = %s",
                      job.job_id)
        )  # fmt: skip

    def forget_workers(self) -> None:
        """Let a killed worker be taken for dead now, to spare the test the seconds."""
        with self.database.owner(autocommit=True) as connection:
            connection.execute(
                "UPDATE queue.procrastinate_workers SET last_heartbeat = "
                "now() - interval '1 minute'"
            )
            connection.execute(
                "UPDATE ledger.job SET updated_at = now() - interval '1 minute'"
            )

    def ended(self, job: Job, status: str, seconds: float = 30) -> Job:
        try:
            until(lambda: self.read(job).finished_at is not None, seconds)
        except AssertionError:
            raise AssertionError(self.read(job)) from None
        found = self.read(job)
        assert found.status == status, found
        return found

    @contextlib.contextmanager
    def held(self, table: str = "park") -> Iterator[None]:
        """Nobody reads a table as long as the block lasts."""
        with psycopg.connect(self.database.dsn) as connection:
            connection.execute(f"LOCK TABLE city.{table} IN ACCESS EXCLUSIVE MODE")
            yield
            connection.rollback()

    def _one(self, query: str, *values: object) -> Any:
        with self.database.owner(autocommit=True) as connection:
            row = connection.execute(query, values).fetchone()
        assert row
        return row[0]


@pytest.fixture
def bench(own_city_db: Database) -> Bench:
    return Bench(own_city_db)
