"""One child process per attempt: begun, watched, ended.

A computation in a process of its own can be ended at any moment, whatever it is doing,
and takes nothing with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from asyncio.subprocess import Process
from collections.abc import Callable, Sequence
from typing import Literal, cast
from uuid import UUID

from gis.db.attempts import Attempts
from gis.db.job import Job
from gis.db.jobs import JobStore
from gis.errors import ClusterError
from gis.jobs.child import ENDED
from layers import Title
from processes import registry

log = logging.getLogger("citygrid.job")

#: The command of a child, without the number of its parent.
Command = Sequence[str]
#: What ends a run from outside: its caller, the worker's end, or the queue's.
Ending = Literal["dismissed", "stopping", "failing"]

TOO_LONG = Title(
    zh="计算超过 {seconds} 秒的上限，已停止",
    en="stopped: computed longer than the {seconds} s that a job of this level may",
)


def may_repeat(process: str) -> bool:
    """Whether a process may be run again after a crash: it only reads."""
    return process in registry and registry[process].repeatable


class Runner:
    """Runs jobs, each in a child process.

    Parameters
    ----------
    command : begins a child, which reads from its input what it is to compute
    """

    def __init__(self, jobs: JobStore, attempts: Attempts, command: Command) -> None:
        self._jobs = jobs
        self._attempts = attempts
        self._command = command
        self._spare: asyncio.Task[Process] | None = None
        #: Attempt by job, of what is being computed.
        self.running: dict[UUID, int] = {}

    async def run(self, job_id: UUID, why: Callable[[], Ending]) -> bool:
        """Compute a job that waits; whether it is to be taken up again.

        Parameters
        ----------
        why : asked when this is cancelled: what ends it

        Raises
        ------
        CancelledError : it was ended from outside; the child is gone
        """
        # not cancelled half-way: a job that was begun has to be handed back
        begun = asyncio.create_task(asyncio.to_thread(self._attempts.start, job_id))
        try:
            job = await asyncio.shield(begun)
            if job is None:
                return False  # dismissed, or ended by whoever was taken for dead
            log.info("%s begins %s, attempt %d", job_id, job.process, job.attempt)
            code = await self._child(job)
        except asyncio.CancelledError:
            job = await begun
            log.info("%s is ended: %s", job_id, why())
            if job is not None and why() != "dismissed":
                counts = why() == "failing"
                again = may_repeat(job.process)
                await asyncio.to_thread(
                    self._attempts.lost, job, again=again, counts=counts
                )
            raise
        if code == ENDED:
            log.info("%s is done", job_id)
            return False
        log.warning("%s was cut off, code %s", job_id, code)
        return await asyncio.to_thread(
            self._attempts.lost, job, again=may_repeat(job.process)
        )

    async def close(self) -> None:
        """End the process that waits for a job."""
        if self._spare is not None:
            await _end(await self._spare)
            self._spare = None

    async def _child(self, job: Job) -> int:
        """Exit code of the child; it is gone when this returns or raises."""
        seconds = getattr(self._jobs.bounds, job.level.label).seconds
        child = await self._ready()
        self.running[job.job_id] = job.attempt
        try:
            _tell(child, f"{job.job_id} {job.attempt}\n")
            return await asyncio.wait_for(child.wait(), seconds)
        except TimeoutError:
            message = Title(
                zh=TOO_LONG.zh.format(seconds=seconds),
                en=TOO_LONG.en.format(seconds=seconds),
            )
            await asyncio.to_thread(
                self._attempts.fail, job, 503, "ServerBusy", message
            )
            return ENDED
        finally:
            self.running.pop(job.job_id, None)
            await _end(child)
            if child.returncode != ENDED:
                # a database that is away has ended them itself
                with contextlib.suppress(ClusterError):
                    await asyncio.to_thread(self._jobs.end_backends, job)

    def prepare(self) -> None:
        """Begin a child that waits for a job, where none does.

        To begin one takes seconds, most of them for reading the libraries.
        """
        if self._spare is None:
            self._spare = asyncio.create_task(self._begin())

    async def _ready(self) -> Process:
        """A child that waits for its job; the next one is begun meanwhile."""
        self.prepare()
        waiting, self._spare = cast(asyncio.Task[Process], self._spare), None
        try:
            child = await asyncio.shield(waiting)
        except asyncio.CancelledError:
            await _end(await waiting)
            raise
        if child.returncode is not None:
            child = await self._begin()
        self.prepare()
        return child

    async def _begin(self) -> Process:
        return await asyncio.create_subprocess_exec(
            *self._command,
            str(os.getpid()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
        )


def _tell(child: Process, text: str) -> None:
    """Give a child its job; one that is gone is found out by waiting for it."""
    if child.stdin is not None:
        child.stdin.write(text.encode())
        child.stdin.close()


async def _end(child: Process) -> None:
    """End a child, whatever it is doing, and wait until it is gone."""
    with contextlib.suppress(ProcessLookupError):
        child.kill()
    await child.wait()
