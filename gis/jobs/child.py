"""One attempt of one job, in a process of its own.

It ends with the worker that began it, writes only for its own attempt, and leaves what
it cannot write to the worker. Processes only read, so that it may be begun again.
"""

from __future__ import annotations

import ctypes
import os
import signal

from gis.compute import ResultStore, execute
from gis.db.attempts import Attempts
from gis.db.job import Job
from gis.errors import describe_question
from gis.jobs.answer import write_answer
from gis.jobs.progress import Progress, watched
from layers import Title
from processes import Reader, listening, read_inputs, registry

#: Exit codes: the job is ended (by this attempt or another); or it is not, and who
#: began this process has to see to it.
ENDED = 0
CUT_OFF = 75

_PR_SET_PDEATHSIG = 1
_NICER = 5


def live_with(parent: int) -> None:
    """End this process at once when the one that began it ends, however that ends.

    Notes
    -----
    A signal of the kernel: it comes too while a computation holds the interpreter.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    os.nice(_NICER)  # who waits at the server comes first


class Attempt:
    """The computation of one attempt.

    Parameters
    ----------
    reader : the door through which the process reads
    results : answers kept from before, the same as those of the server
    """

    def __init__(
        self, attempts: Attempts, job: Job, reader: Reader, results: ResultStore
    ) -> None:
        self._attempts = attempts
        self._job = job
        self._reader = reader
        self._results = results

    def run(self) -> int:
        """Compute and end the job; the exit code.

        What the caller is to blame for ends the job with the error that he would have
        got at once. A lost database or memory is not his: the attempt is cut off.
        """
        job = self._job
        try:
            content_type, body = self._compute()
            self._attempts.succeed(job, content_type, body)
        except _GivenUp:
            return ENDED
        except MemoryError:
            return CUT_OFF
        except Exception as error:
            if _is_lost(error):
                return CUT_OFF
            status, code, text = describe_question(error)
            self._attempts.fail(job, status, code, Title(zh=text, en=text))
            return ENDED
        return ENDED

    def _compute(self) -> tuple[str, bytes]:
        job = self._job
        process = registry[job.process]
        asked = read_inputs(process.inputs, job.inputs)
        progress = Progress(self._tell, len(set(process.reads(asked, self._reader))))
        reader = watched(self._reader, progress, job.level)
        with listening(progress.tell):
            result = execute(
                job.process,
                job.inputs,
                reader=reader,
                level=job.level,
                results=self._results,
            )
        progress.writes()
        return write_answer(result, job.media_type, job.lang, job.response)

    def _tell(self, percent: int, message: Title) -> None:
        """Write progress; stop where the attempt has been given up."""
        if not self._attempts.tell(self._job, percent, message):
            raise _GivenUp


def find_attempt(job: Job | None, attempt: int) -> Job | None:
    """The job, where it is still this attempt that computes it."""
    if job is None or (job.status, job.attempt) != ("running", attempt):
        return None
    return job


class _GivenUp(Exception):
    """The job was dismissed, or another attempt computes it."""


def _is_lost(error: Exception) -> bool:
    """Whether the database went away: known by class and SQLSTATE, 08 and 57P."""
    state: str | None = getattr(error, "sqlstate", None)
    name = type(error).__name__
    if name in ("PoolTimeout", "PoolClosed", "ClusterError"):
        return True
    if state is None:
        return name in ("OperationalError", "InterfaceError")
    return state.startswith(("08", "57P"))
