"""Workers, computations and the database are killed; no job is lost or done twice."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gis.db.attempts import Attempts
from gis.db.cluster import Cluster, kill
from gis.db.jobs import JobStore
from gis.db.migrate import find_migrations, migrate
from gis.db.pool import Database
from gis.settings import Jobs
from layers import Catalogue, City, Level
from tests.conftest import ROOT
from tests.jobs.conftest import Bench, Start
from tests.waiting import until

#: A job must be finished, resumed or failed so long after whatever failed is back.
RECOVERY_S = 30.0


def test_worker_killed_with_a_job_running_and_others_waiting(
    bench: Bench, start: Start
) -> None:
    first = start(bench.database.dsn)
    with bench.held():
        jobs = [bench.submit(), bench.submit()]
        jobs += [bench.submit(Level.PUBLIC, caller="public:x") for _ in range(2)]
        running, waiting, public, next_public = jobs
        until(lambda: bench.is_blocked(running) and bench.is_blocked(public), 30)
        assert bench.read(waiting).status == "accepted"
        assert bench.read(next_public).status == "accepted"
        children = first.children()
        assert len(children) >= 2
        first.send(signal.SIGKILL)
        # nothing of it goes on: neither the processes nor their queries
        gone = lambda: not any(Path(f"/proc/{pid}").exists() for pid in children)  # noqa: E731
        until(gone, 2)
        until(lambda: bench.backends(running) + bench.backends(public) == 0, 3)
    start(bench.database.dsn)
    begun = time.monotonic()
    ended = [bench.ended(job, "successful", RECOVERY_S) for job in jobs]
    assert time.monotonic() - begun < RECOVERY_S
    assert [job.attempt for job in ended] == [2, 1, 2, 1]
    assert [bench.results(job) for job in jobs] == [1, 1, 1, 1]
    answers = {bench.store.result(job.job_id) for job in jobs}
    assert len(answers) == 1
    assert None not in answers


def test_worker_killed_twice_fails_the_job_with_a_reason(
    bench: Bench, start: Start
) -> None:
    with bench.held():
        job = bench.submit()
        for attempt in (1, 2):
            worker = start(bench.database.dsn, ready=False)
            until(lambda: bench.read(job).attempt == attempt, 30)  # noqa: B023
            until(lambda: bench.is_blocked(job), 30)
            worker.send(signal.SIGKILL)
            until(lambda: bench.backends(job) == 0, 3)
            bench.forget_workers()
        start(bench.database.dsn, ready=False)
        ended = bench.ended(job, "failed", RECOVERY_S)
    assert ended.attempt == 2
    assert "cut off twice" in ended.message.en
    assert ended.failure == {"status": 500, "code": "NoApplicableCode"}
    assert bench.results(job) == 0


def test_computation_killed_is_begun_once_more(bench: Bench, start: Start) -> None:
    worker = start(bench.database.dsn)
    with bench.held():
        job = bench.submit()
        until(lambda: bench.is_blocked(job), 30)
        for pid in worker.children():
            os.kill(pid, signal.SIGKILL)
        until(lambda: bench.read(job).attempt == 2, 10)
        until(lambda: bench.is_blocked(job), 30)
    assert bench.ended(job, "successful").attempt == 2
    assert bench.results(job) == 1


def test_worker_stopped_in_order_hands_its_job_on(bench: Bench, start: Start) -> None:
    first = start(bench.database.dsn)
    with bench.held():
        job = bench.submit()
        until(lambda: bench.is_blocked(job), 30)
        first.send(signal.SIGTERM)
        assert first.process.returncode == 0
        assert bench.read(job).status == "accepted"
        assert bench.backends(job) == 0
    second = start(bench.database.dsn, ready=False)
    assert bench.ended(job, "successful").attempt == 1, "an orderly stop is no crash"

    # a worker that only seems dead: another takes its job over, and it can do nothing
    with bench.held():
        job = bench.submit(inputs={"service": "park", "zones": "street"})
        until(lambda: bench.is_blocked(job), 30)
        for pid in (second.process.pid, *second.children()):
            os.kill(pid, signal.SIGSTOP)
        bench.forget_workers()
        start(bench.database.dsn, ready=False)
        until(lambda: bench.read(job).attempt == 2, RECOVERY_S)
    ended = bench.ended(job, "successful")
    answer = bench.store.result(job.job_id)
    for pid in (second.process.pid, *second.children()):
        os.kill(pid, signal.SIGCONT)
    time.sleep(3)
    assert bench.read(job) == ended
    assert bench.store.result(job.job_id) == answer
    bench.ended(bench.submit(), "successful")
    assert bench.read(job) == ended


def test_worker_that_slept_goes_on_with_what_it_computed(
    bench: Bench, start: Start
) -> None:
    worker = start(bench.database.dsn)
    with bench.held():
        job = bench.submit()
        until(lambda: bench.is_blocked(job), 30)
        worker.process.send_signal(signal.SIGSTOP)
        time.sleep(3.2)
        bench.forget_workers()
        worker.process.send_signal(signal.SIGCONT)
        other = bench.submit(Level.STAFF, inputs={"service": "school"})
        bench.ended(other, "successful")
        assert bench.store.workers() == 1
    assert bench.ended(job, "successful").attempt == 1
    assert bench.results(job) == 1


@pytest.fixture
def own_server(catalogue: Catalogue, city: City) -> Iterator[tuple[Cluster, Database]]:
    """A server of the test's own, with crash safety, that it may kill."""
    from gis.demo.load import load_demo

    base = Path(os.environ.get("CITYGRID_HOME", ROOT / ".citygrid"))
    home = Path(tempfile.mkdtemp(prefix="k", dir=base))
    home.chmod(0o755)
    cluster = Cluster(home)
    cluster.start()
    database = Database(cluster.dsn)
    migrate(database, catalogue, city, find_migrations())
    load_demo(database, catalogue, city, size="small", seed=2012)
    yield cluster, database
    database.close()
    cluster.stop(immediate=True)
    shutil.rmtree(home, ignore_errors=True)


def test_database_killed(own_server: tuple[Cluster, Database], start: Start) -> None:
    cluster, database = own_server
    bench = Bench(database)
    worker = start(database.dsn)
    other = {"service": "school", "zones": "district"}  # none that is kept for later
    done = bench.ended(bench.submit(inputs=other), "successful")
    answer = bench.store.result(done.job_id)
    with bench.database.owner() as lock:
        lock.execute("LOCK TABLE city.park IN ACCESS EXCLUSIVE MODE")
        running, waiting = bench.submit(), bench.submit()
        until(lambda: bench.is_blocked(running), 30)
        kill(cluster)
        until(lambda: len(worker.children()) <= 1, 10)
        lock.close()
    database.close()  # connections to a server that is gone
    until(lambda: _is_started(cluster), 20)
    begun = time.monotonic()
    again = Bench(Database(cluster.dsn))
    for job in (running, waiting):
        again.ended(job, "successful", RECOVERY_S)
    assert time.monotonic() - begun < RECOVERY_S
    assert worker.process.poll() is None, "the worker waited for the database"
    assert again.read(running).attempt == 2
    assert again.read(waiting).attempt == 1
    assert again.read(done) == done
    assert again.store.result(done.job_id) == answer
    assert again.results(running) == again.results(waiting) == 1
    again.database.close()


def _is_started(cluster: Cluster) -> bool:
    """The server, once the last process of the killed one has let go of its memory."""
    from gis.errors import ClusterError

    try:
        cluster.start()
    except ClusterError:
        return False
    return True


def test_what_the_queue_lost_is_queued_again(bench: Bench) -> None:
    job = bench.submit()
    with bench.database.owner(autocommit=True) as connection:
        connection.execute("DELETE FROM queue.procrastinate_jobs")
    attempts = Attempts(bench.database, 7)
    assert attempts.keep(lambda _process: True) == 1
    assert attempts.keep(lambda _process: True) == 0
    found = bench.read(job)
    assert found.status == "accepted"
    assert found.queue_id != job.queue_id


def test_only_what_may_be_repeated_is_repeated(bench: Bench) -> None:
    attempts = Attempts(bench.database, 7)
    job = bench.submit()
    begun = attempts.start(job.job_id)
    assert begun
    assert not attempts.lost(begun, again=False)
    assert bench.read(job).status == "failed"
    # the attempt that was given up can do nothing any more
    assert not attempts.succeed(begun, "text/plain", b"late")
    assert not attempts.tell(begun, 50, begun.message)
    assert not attempts.fail(begun, 400, "x", begun.message)
    assert bench.results(job) == 0
    assert JobStore(bench.database, Jobs()).result(job.job_id) is None
