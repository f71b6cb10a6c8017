"""How a job ends before its time: dismissed, too long, expired, the server gone."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner
from procrastinate.schema import SchemaManager

from gis.cli import citygrid
from gis.db.attempts import Attempts
from gis.db.job import JobFilter
from gis.db.jobs import JobStore
from gis.db.migrate import find_migrations
from gis.db.pool import Database
from gis.errors import MigrationError
from gis.jobs.run import Runner
from gis.settings import Jobs, Share
from layers import Level
from tests.conftest import ROOT
from tests.jobs.conftest import Bench, Start
from tests.waiting import until

#: A dismissed computation has stopped so long after the answer, its SQL too.
STOPPED_S = 2.0


def test_dismissal_stops_the_computation_and_its_sql(
    bench: Bench, start: Start
) -> None:
    worker = start(bench.database.dsn)
    with bench.held():
        reading, waiting = bench.submit(), bench.submit()
        until(lambda: bench.is_blocked(reading), 30)
        children = worker.children()
        bench.store.dismiss(reading)
        begun = time.monotonic()
        until(lambda: bench.backends(reading) == 0, STOPPED_S)
        until(lambda: bench.is_blocked(waiting), 30)
        assert len(set(worker.children()) & set(children)) <= 1, "the spare goes on"
        assert bench.read(reading).status == "dismissed"

        # one that does not listen to anything: only its process can be ended
        computing = worker.children()
        for pid in computing:
            os.kill(pid, signal.SIGSTOP)
        bench.store.dismiss(waiting)
        begun = time.monotonic()
        until(lambda: bench.backends(waiting) == 0, STOPPED_S)
        until(lambda: len(set(worker.children()) & set(computing)) <= 1, STOPPED_S)
        assert time.monotonic() - begun < STOPPED_S
        for pid in set(worker.children()) & set(computing):
            os.kill(pid, signal.SIGCONT)
    done = bench.submit(inputs={"service": "school", "zones": "district"})
    bench.ended(done, "successful")
    assert bench.read(reading).status == bench.read(waiting).status == "dismissed"
    assert bench.results(reading) == bench.results(waiting) == 0
    bench.store.dismiss(done)
    assert bench.read(done).status == "dismissed"
    assert bench.store.result(done.job_id) is None


def test_a_job_that_takes_too_long_is_stopped(bench: Bench, tmp_path: Path) -> None:
    bounds = Jobs(restricted=Share(running=1, waiting=9, each=9, seconds=1))
    store = JobStore(bench.database, bounds)
    job = bench.submit()
    # a child that reads what it is to compute, and then does nothing
    script = tmp_path / "child.py"
    script.write_text("import sys, time\nsys.stdin.readline()\ntime.sleep(60)\n")
    command = [sys.executable, str(script)]

    async def run() -> bool:
        runner = Runner(store, Attempts(bench.database, 7), command)
        try:
            return await runner.run(job.job_id, lambda: "stopping")
        finally:
            await runner.close()

    begun = time.monotonic()
    assert asyncio.run(run()) is False
    assert time.monotonic() - begun < 10
    found = bench.read(job)
    assert found.status == "failed"
    assert "longer than the 1 s" in found.message.en
    assert found.failure == {"status": 503, "code": "ServerBusy"}


def test_what_has_expired_goes_and_what_is_unfinished_stays(bench: Bench) -> None:
    attempts = Attempts(bench.database, 7)
    done, fresh, waiting = (bench.submit() for _ in range(3))
    for job in (done, fresh):
        begun = attempts.start(job.job_id)
        assert begun
        assert attempts.succeed(begun, "text/plain", b"answer")
    with bench.database.owner(autocommit=True) as connection:
        connection.execute(
            "UPDATE ledger.job SET expires_at = now() - interval '1 second' "
            "WHERE job_id = ANY (%s)",
            [[done.job_id, waiting.job_id]],
        )
    # gone at once for whoever asks, and from the tables when somebody sweeps
    listed = {job.job_id for job in bench.store.listed(JobFilter())}
    assert listed & {done.job_id, fresh.job_id, waiting.job_id} == {
        fresh.job_id,
        waiting.job_id,
    }
    assert bench.store.read(done.job_id) is None
    assert bench.store.result(done.job_id) is None
    assert bench.results(done) == 1
    attempts.sweep()
    assert bench.results(done) == 0
    assert bench.store.result(fresh.job_id) == ("text/plain", b"answer")
    assert bench.read(waiting).status == "accepted"


def test_server_killed_takes_its_worker_along_and_the_next_one_goes_on(
    bench: Bench, tmp_path: Path
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "CITYGRID_DSN": bench.database.dsn,
        "CITYGRID_HOME": str(tmp_path),
        "CITYGRID_PORT": str(port),
    }
    base = f"http://127.0.0.1:{port}"

    def serve() -> subprocess.Popen[str]:
        log = (tmp_path / "serve.log").open("a")
        server = subprocess.Popen(
            [sys.executable, "-m", "gis.cli", "serve"],
            env=environment, cwd=ROOT, stderr=log,
        )  # fmt: skip
        log.close()
        return server

    def is_up() -> bool:
        try:
            with urllib.request.urlopen(f"{base}/readyz") as answer:
                return answer.status == 200
        except OSError:
            return False

    server = serve()
    try:
        until(is_up, 60)
        request = urllib.request.Request(
            f"{base}/processes/coverage/execution",
            data=json.dumps({"inputs": {"service": "park"}}).encode(),
            headers={"Prefer": "respond-async"},
        )
        with bench.held():
            with urllib.request.urlopen(request) as answer:
                address = answer.headers["Location"]
            job = bench.store.read(json.loads(answer_of(address))["jobID"])
            assert job
            until(lambda: bench.is_blocked(job), 30)
            server.kill()
            server.wait()
            until(lambda: bench.backends(job) == 0, 15)
            until(lambda: bench.read(job).status == "accepted", 15)
        bench.forget_workers()
        server = serve()
        until(is_up, 60)
        bench.ended(job, "successful", 30)
        assert json.loads(answer_of(address))["status"] == "successful"
        assert b"coverage_ratio" in answer_of(f"{address}/results")
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
    finally:
        server.kill()
        server.wait()


def answer_of(address: str) -> bytes:
    with urllib.request.urlopen(address) as answer:
        return bytes(answer.read())


def test_the_operator_lists_shows_and_dismisses(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITYGRID_DSN", bench.database.dsn)
    jobs = [bench.submit(level) for level in (Level.STAFF, Level.RESTRICTED)]
    run = CliRunner().invoke
    listed = run(citygrid, ["jobs", "list", "--status", "accepted"])
    assert listed.exit_code == 0
    assert [str(job.job_id) in listed.output for job in jobs] == [True, True]
    assert "unfinished: 2, workers: 0" in listed.output
    only = run(citygrid, ["jobs", "list", "--level", "staff", "--process", "coverage"])
    assert str(jobs[0].job_id) in only.output
    assert str(jobs[1].job_id) not in only.output
    shown = json.loads(run(citygrid, ["jobs", "show", str(jobs[1].job_id)]).stdout)
    assert shown["inputs"] == {"service": "park", "zones": "district"}
    assert (shown["level"], shown["status"]) == ("restricted", "accepted")
    gone = run(citygrid, ["jobs", "dismiss", *(str(job.job_id) for job in jobs)])
    assert gone.exit_code == 0
    assert {bench.read(job).status for job in jobs} == {"dismissed"}
    unknown = run(citygrid, ["jobs", "show", "00000000-0000-4000-8000-000000000000"])
    assert "there is none" in str(unknown.exception)


def test_the_queue_is_that_of_the_library(own_city_db: Database) -> None:
    """A new release of the library needs a migration with its changes."""
    (queue,) = [m for m in find_migrations() if m.path.name == "0040_queue.sql"]
    assert SchemaManager.get_schema().strip() in queue.text
    assert version("procrastinate") in queue.path.read_text("utf-8")
    with own_city_db.jobs() as connection:
        connection.execute("SELECT count(*) FROM queue.procrastinate_jobs")


def test_a_file_that_is_not_installed_is_named(tmp_path: Path) -> None:
    (tmp_path / "9000_queue.sql").write_text("-- installed: no_such/schema.sql\n")
    (migration,) = find_migrations(tmp_path)
    with pytest.raises(MigrationError, match=r"schema\.sql is not installed"):
        _ = migration.text


def test_a_role_of_its_own_reads_no_layer(own_city_db: Database) -> None:
    with own_city_db.jobs() as connection:
        connection.execute("SELECT count(*) FROM ledger.job")
        with pytest.raises(Exception, match="permission denied"):
            connection.execute("SELECT count(*) FROM city.camera")
