"""The worker: takes jobs from the queue, looks after all of them, calls back.

Every level has a queue and places of its own, so that none waits for another's jobs.
The queue is procrastinate's: delivery, signs of life, dismissal by notification. When
the database goes away the worker waits for it and begins anew; what it had taken up is
then found without a living worker, by it or by another, and taken up again or ended.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
from procrastinate import (
    App,
    BaseRetryStrategy,
    JobContext,
    PsycopgConnector,
    RetryDecision,
    exceptions,
)
from procrastinate.job_context import AbortReason
from procrastinate.jobs import Job as QueuedJob

from gis.db.attempts import CALL_BACK, COMPUTE, Attempts
from gis.db.job import DEAD_S
from gis.db.jobs import JobStore
from gis.db.pool import Database, queue_connection
from gis.jobs.callbacks import call_back
from gis.jobs.run import Command, Ending, Runner, may_repeat
from gis.jobs.status import JSON, build_results, build_status
from gis.settings import Settings
from layers import Level

log = logging.getLogger("citygrid.worker")

CALLBACKS = "callback"
_CALLBACKS_AT_A_TIME = 4
_MOST_CALLS = 6
_ALIVE_S = DEAD_S / 5
_LOOK_S = 2.0
_SWEEP_S = 300.0
_WAIT_S = 1.0


class Again(Exception):
    """The job is to be taken up again."""


class _OnceMore(BaseRetryStrategy):
    """Puts back into the queue what is to be done again; else it is found lost."""

    def get_retry_decision(
        self, *, exception: BaseException, job: QueuedJob
    ) -> RetryDecision | None:
        """At once where the run says so."""
        return RetryDecision() if isinstance(exception, Again) else None


class _Patiently(BaseRetryStrategy):
    """Calls again after 2, 4, 8 … seconds, a few times."""

    def get_retry_decision(
        self, *, exception: BaseException, job: QueuedJob
    ) -> RetryDecision | None:
        """Later, or never again."""
        if job.attempts + 1 >= _MOST_CALLS:
            return None
        return RetryDecision(retry_in={"seconds": 2 ** (job.attempts + 1)})


class Worker:
    """One worker process.

    Parameters
    ----------
    database : of the jobs
    command : begins the child process of an attempt
    """

    def __init__(
        self, settings: Settings, database: Database, command: Command
    ) -> None:
        self._settings = settings
        self._jobs = JobStore(database, settings.jobs)
        self._attempts = Attempts(database, settings.jobs.kept_days)
        self._runner = Runner(self._jobs, self._attempts, command)
        self._dsn = database.dsn
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End what is running, hand it back, and return from `run`."""
        self._stopping.set()

    async def run(self, on_ready: Callable[[], None] | None = None) -> None:
        """Work until stopped, whatever happens to the database.

        Parameters
        ----------
        on_ready : called once, when jobs are taken for the first time
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        try:
            while not self._stopping.is_set():
                try:
                    await self._work(on_ready)
                except Exception as error:
                    log.warning("waits for the database: %s", type(error).__name__)
                    await self._pause(_WAIT_S)
                on_ready = None
        finally:
            await self._runner.close()

    async def _work(self, on_ready: Callable[[], None] | None) -> None:
        """Take jobs until stopped, or until the database goes away."""
        await asyncio.to_thread(self._attempts.keep, may_repeat)
        connector = PsycopgConnector(
            **queue_connection(self._dsn, self._settings.timeouts)
        )
        app = self._app(connector)
        async with app.open_async():
            self._runner.prepare()
            takers = [
                asyncio.create_task(self._take(app, level.label, share.running))
                for level in Level
                if (share := getattr(self._settings.jobs, level.label))
            ]
            takers += [
                asyncio.create_task(self._take(app, CALLBACKS, _CALLBACKS_AT_A_TIME)),
                asyncio.create_task(self._look_after()),
            ]
            stopping = asyncio.create_task(self._stopping.wait())
            if on_ready is not None:
                on_ready()
            try:
                done, _ = await asyncio.wait(
                    [*takers, stopping], return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                for task in (*takers, stopping):
                    task.cancel()
                await asyncio.gather(*takers, stopping, return_exceptions=True)
        for task in done - {stopping}:
            if not task.cancelled() and (error := task.exception()):
                raise error

    async def _take(self, app: App, queue: str, places: int) -> None:
        """Take jobs of one queue until cancelled."""
        await app.run_worker_async(
            queues=[queue],
            name=queue,
            concurrency=places,
            fetch_job_polling_interval=_LOOK_S,
            abort_job_polling_interval=_WAIT_S / 2,
            shutdown_graceful_timeout=0.1,
            install_signal_handlers=False,
            update_heartbeat_interval=_ALIVE_S,
            stalled_worker_timeout=DEAD_S,
        )
        raise ConnectionError("the queue went away")

    async def _look_after(self) -> None:
        """Take up what dead workers left; remove what has expired."""
        swept = -_SWEEP_S
        clock = asyncio.get_running_loop().time
        looked = time.time()
        while True:
            if time.time() - looked > 1.5 * _LOOK_S:
                # the machine slept: what slept with it shows its signs of life first
                await asyncio.sleep(2 * _ALIVE_S)
            looked = time.time()
            alive = dict(self._runner.running)
            await asyncio.to_thread(self._attempts.show_alive, alive)
            found = await asyncio.to_thread(self._attempts.keep, may_repeat)
            if found:
                log.warning("%d jobs were without a worker", found)
            if clock() - swept >= _SWEEP_S:
                swept = clock()
                await asyncio.to_thread(self._attempts.sweep)
            await asyncio.sleep(_LOOK_S)

    async def _pause(self, seconds: float) -> None:
        """Wait, or until stopped."""
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    # -- what the queue delivers ---------------------------------------------------

    def _app(self, connector: PsycopgConnector) -> App:
        app = App(connector=connector)
        app.task(name=COMPUTE, pass_context=True, retry=_OnceMore())(self._compute)
        app.task(name=CALL_BACK, retry=_Patiently())(self._call_back)
        return app

    async def _compute(self, context: JobContext, *, job_id: str) -> None:
        """Compute one job."""

        def why() -> Ending:
            if context.abort_reason() == AbortReason.USER_REQUEST:
                return "dismissed"
            return "stopping" if self._stopping.is_set() else "failing"

        try:
            again = await self._runner.run(UUID(job_id), why)
        except asyncio.CancelledError:
            if why() == "dismissed":
                raise exceptions.JobAborted from None
            raise Again from None
        if again:
            raise Again

    async def _call_back(self, *, job_id: str, kind: str) -> None:
        """Tell one address what became of a job."""
        job = await asyncio.to_thread(self._jobs.read, UUID(job_id))
        if job is None or kind not in job.subscriber:
            return
        base = self._settings.base_url
        document: dict[str, Any] = build_status(job, base, job.lang)
        if kind == "successUri":
            document = build_results(job, base)
        body = orjson.dumps(document)
        await asyncio.to_thread(call_back, job.subscriber[kind], JSON, body)
