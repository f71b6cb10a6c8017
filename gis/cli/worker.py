"""citygrid worker: computes what is asked in the background."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from contextlib import nullcontext
from uuid import UUID

import click

from gis.cli._place import Place, find_place
from gis.db.attempts import Attempts
from gis.db.job import Job
from gis.db.jobs import JobStore
from gis.db.pool import Database
from gis.db.reader import DatabaseReader
from gis.db.results import DatabaseResults
from gis.errors import ClusterError
from gis.jobs.child import CUT_OFF, ENDED, Attempt, find_attempt, live_with
from gis.jobs.supervise import worker_beside
from processes import registry

_WAIT_S = 1.0
_PROGRAM = [sys.executable, "-m", "gis.cli", "worker"]
#: A worker that ends with whoever began it.
BESIDE = [*_PROGRAM, "--until-eof"]
#: What keeps the standing results, as long as a worker lasts.
LIVE = [sys.executable, "-m", "gis.cli", "live", "--until-eof"]


@click.command()
@click.option(
    "--live/--no-live",
    "with_live",
    default=True,
    help="Keep the standing results current beside it (by default), or leave that to "
    "`citygrid live`.",
)
@click.option("--until-eof", is_flag=True, hidden=True)
@click.option("--for-parent", type=int, hidden=True)
def worker(with_live: bool, until_eof: bool, for_parent: int | None) -> None:
    """Compute what is asked in the background, until Ctrl-C or SIGTERM.

    Waits for the database where it is not there yet. Any number of workers may run.
    What a stopped worker was computing is handed to the next. The standing results are
    kept current beside it, by one of all workers.
    """
    logging.basicConfig(
        stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    place = find_place()
    if for_parent is not None:
        live_with(for_parent)
        code = _compute(place)
        sys.stderr.flush()
        # nothing is left to be put in order, and the parent waits
        os._exit(code)
    for name in ("citygrid.job", "citygrid.worker"):
        logging.getLogger(name).setLevel(logging.INFO)
    for name in (
        "procrastinate",
        "psycopg.pool",
    ):  # the worker says itself what is wrong
        logging.getLogger(name).setLevel(logging.CRITICAL)
    _work(place, with_live=with_live, until_eof=until_eof)


def _work(place: Place, *, with_live: bool, until_eof: bool) -> None:
    """Take jobs until told to stop."""
    from gis.jobs.worker import Worker

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    database = place.database()
    wait_for_tables(database, "worker")

    async def work() -> None:
        taking = Worker(place.settings, database, [*_PROGRAM, "--for-parent"])
        if until_eof:
            asyncio.get_running_loop().add_reader(sys.stdin, taking.stop)
        await taking.run(lambda: click.echo("citygrid worker: takes jobs", err=True))

    try:
        with worker_beside(LIVE, "live") if with_live else nullcontext():
            asyncio.run(work())
    finally:
        database.close()


def wait_for_tables(database: Database, name: str) -> None:
    """Wait for the database and for its migrations, saying so once."""
    said = False
    while not _has_tables(database):
        if not said:
            click.echo(f"citygrid {name}: waits for the database", err=True)
            said = True
        time.sleep(_WAIT_S)


def _has_tables(database: Database) -> bool:
    try:
        with database.owner() as connection:
            return JobStore.is_ready(connection)
    except ClusterError:
        return False


def _compute(place: Place) -> int:
    """The attempt that the worker names on the standard input; the exit code."""
    len(registry)  # the processes and their libraries are read before there is a job
    line = sys.stdin.readline().split()
    if not line:
        return ENDED
    job_id, number = UUID(line[0]), int(line[1])
    database = Database(
        place.database().dsn, place.settings.timeouts, name=Job.name_of(job_id)
    )
    jobs = JobStore(database, place.settings.jobs)
    try:
        job = find_attempt(jobs.read(job_id), number)
        if job is None:
            return ENDED
        reader = DatabaseReader(database, place.catalogue, place.city, job.level)
        attempts = Attempts(database, place.settings.jobs.kept_days)
        return Attempt(attempts, job, reader, DatabaseResults(database)).run()
    except Exception as error:
        logging.getLogger("citygrid.job").warning(
            "%s cannot go on: %s", job_id, type(error).__name__
        )
        return CUT_OFF
