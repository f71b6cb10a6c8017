"""Background jobs for those who compute them: begun, told, ended once, looked after.

A job stands in `ledger.job`; the queue only says which of them is due. Everything that
changes a job names the attempt it speaks for, so that a run which was given up can do
nothing any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from gis.db.job import (
    AGAIN,
    CUT_OFF,
    DEAD_S,
    DONE,
    HANDED_BACK,
    STARTED,
    Job,
    JobStatus,
    job_of,
    words,
)
from gis.db.pool import Connection, Database
from gis.db.statements import statement
from layers import Title

#: A job is begun at most twice: once more after a crash.
MOST_ATTEMPTS = 2
#: Names of what the queue delivers.
COMPUTE, CALL_BACK = "compute", "call_back"

_INTERNAL: Mapping[str, Any] = {"status": 500, "code": "NoApplicableCode"}


class Attempts:
    """What is done with the jobs of a database.

    Parameters
    ----------
    kept_days : how long a finished job and its answer stay
    """

    def __init__(self, database: Database, kept_days: int) -> None:
        self._database = database
        self._kept_days = kept_days

    def start(self, job_id: UUID) -> Job | None:
        """Begin the next attempt of a job; None where it does not wait any more."""
        with self._database.job_rows() as cursor, cursor.connection.transaction():
            values = {"job_id": job_id, "message": words(STARTED)}
            row = cursor.execute(statement("start_job"), values).fetchone()
            if row is None:
                return None
            job = job_of(row)
            if job.attempt == 1:
                _queue_callback(cursor.connection, job, job.subscriber, "inProgressUri")
            return job

    def tell(self, job: Job, percent: int, message: Title) -> bool:
        """Write how far a job is; False where this attempt has been given up."""
        values = {
            "job_id": job.job_id,
            "attempt": job.attempt,
            "progress": percent,
            "message": words(message),
        }
        with self._database.jobs() as connection:
            found = connection.execute(statement("tell_progress"), values).fetchone()
        return found is not None

    def succeed(self, job: Job, content_type: str, body: bytes) -> bool:
        """End a job with its answer; False where this attempt has been given up."""
        with self._database.jobs() as connection, connection.transaction():
            if not self._end(connection, job, "successful", DONE, None):
                return False
            values = {"job_id": job.job_id, "content_type": content_type, "body": body}
            connection.execute(statement("write_job_result"), values)
        return True

    def fail(self, job: Job, status: int, code: str, message: Title) -> bool:
        """End a job with the error that its caller would have got."""
        with self._database.jobs() as connection, connection.transaction():
            failure = {"status": status, "code": code}
            return self._end(connection, job, "failed", message, failure)

    def lost(self, job: Job, *, again: bool, counts: bool = True) -> bool:
        """Let a cut-off attempt wait again, or end it.

        Parameters
        ----------
        again : whether the process may be run a second time
        counts : whether the attempt is one of the MOST_ATTEMPTS; an orderly stop is not

        Returns
        -------
        Whether the job is to be taken up again.
        """
        with self._database.jobs() as connection, connection.transaction():
            return self._lost(connection, job, again=again, counts=counts)

    def _lost(
        self, connection: Connection, job: Job, *, again: bool, counts: bool
    ) -> bool:
        if again and (not counts or job.attempt < MOST_ATTEMPTS):
            values = {
                "job_id": job.job_id,
                "attempt": job.attempt,
                "message": words(AGAIN if counts else HANDED_BACK),
                "counts": counts,
            }
            found = connection.execute(statement("hand_back"), values).fetchone()
            return found is not None
        self._end(connection, job, "failed", CUT_OFF, _INTERNAL)
        return False

    def _end(
        self,
        connection: Connection,
        job: Job,
        status: JobStatus,
        message: Title,
        failure: Mapping[str, Any] | None,
    ) -> bool:
        values = {
            "job_id": job.job_id,
            "attempt": job.attempt,
            "status": status,
            "message": words(message),
            "failure": None if failure is None else Jsonb(dict(failure)),
            "days": self._kept_days,
        }
        row = connection.execute(statement("end_job"), values).fetchone()
        if row is None:
            return False
        kind = "successUri" if status == "successful" else "failedUri"
        _queue_callback(connection, job, row[0], kind)
        return True

    def keep(self, may_repeat: Callable[[str], bool]) -> int:
        """Take up what dead workers left; how many jobs that were.

        One worker at a time does this; the others go on at once.
        """
        with self._database.job_rows() as cursor, cursor.connection.transaction():
            locked = cursor.execute(statement("lock_keeping")).fetchone() or {}
            if not any(locked.values()):
                return 0
            dead = {"seconds": DEAD_S}
            cursor.execute(statement("drop_dead_workers"), dead)
            for row in cursor.execute(statement("list_dead")).fetchall():
                name = "retry" if row["task_name"] == CALL_BACK else "finish"
                cursor.execute(statement(f"{name}_queued"), row)
            lost = [job_of(r) for r in cursor.execute(statement("list_lost"), dead)]
            for job in lost:
                if job.status == "running" and not self._lost(
                    cursor.connection, job, again=may_repeat(job.process), counts=True
                ):
                    continue
                cursor.execute(statement("queue_job"), {"job_id": job.job_id})
        return len(lost)

    def show_alive(self, running: Mapping[UUID, int]) -> None:
        """Sign of life of what is being computed: attempt by job."""
        if not running:
            return
        values = {"job_ids": list(running), "attempts": list(running.values())}
        with self._database.jobs() as connection:
            connection.execute(statement("show_alive"), values)

    def sweep(self) -> None:
        """Remove what has expired."""
        with self._database.jobs() as connection:
            connection.execute(statement("drop_expired"))
            connection.execute(statement("drop_delivered"))


def _queue_callback(
    connection: Any,  # noqa: ANN401  # a connection of rows of any shape
    job: Job,
    subscriber: Mapping[str, str],
    kind: str,
) -> None:
    """Put a callback in the queue where the job has an address for it."""
    if kind in subscriber:
        values = {"job_id": job.job_id, "kind": kind}
        connection.execute(statement("queue_callback"), values)
