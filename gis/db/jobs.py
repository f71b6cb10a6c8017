"""Background jobs for those who ask: handed in, read, listed, dismissed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from gis.db.job import (
    DEAD_S,
    DISMISSED,
    WAITS,
    Job,
    JobFilter,
    Submission,
    job_of,
    words,
)
from gis.db.pool import Connection, Database
from gis.db.statements import statement
from gis.errors import QueueFull, TooManyJobs
from gis.settings import Jobs


@dataclass(frozen=True)
class Durations:
    """How long the finished jobs of a process were computed.

    Parameters
    ----------
    within : jobs that took at most each bound
    """

    process: str
    within: Sequence[int]
    jobs: int
    seconds: float


class JobStore:
    """The jobs of a database.

    Parameters
    ----------
    bounds : what each level may take, and how long jobs are kept
    """

    def __init__(self, database: Database, bounds: Jobs) -> None:
        self._database = database
        self.bounds = bounds

    def submit(self, asked: Submission) -> Job:
        """Write a job and put it in the queue, both or neither.

        Raises
        ------
        TooManyJobs : the caller has as many unfinished jobs as one may have
        QueueFull : the level has
        """
        share = getattr(self.bounds, asked.level.label)
        job_id = uuid4()
        values = {
            "job_id": job_id,
            "process": asked.process,
            "level": asked.level.label,
            "caller": asked.caller,
            "inputs": Jsonb(dict(asked.inputs)),
            "media_type": asked.media_type,
            "response": asked.response,
            "lang": asked.lang,
            "subscriber": Jsonb(dict(asked.subscriber)),
            "message": words(WAITS),
            "days": self.bounds.kept_days,
        }
        with self._database.job_rows() as cursor, cursor.connection.transaction():
            cursor.execute(statement("lock_submission"))
            cursor.execute(statement("count_unfinished"), values)
            unfinished = cursor.fetchone() or {"level": 0, "own": 0}
            own, together = unfinished["own"], unfinished["level"]
            if own >= share.each:
                raise TooManyJobs(
                    f"jobs: {own} of yours are unfinished, must be fewer than "
                    f"{share.each}; wait for one or dismiss it"
                )
            if together >= share.waiting:
                raise QueueFull(
                    f"jobs: {together} wait at your level, must be fewer than "
                    f"{share.waiting}; ask again later"
                )
            cursor.execute(statement("submit_job"), values)
            cursor.execute(statement("queue_job"), values)
            return job_of(cursor.fetchone() or {})

    def read(self, job_id: UUID) -> Job | None:
        """A job; None where there is none of this id."""
        with self._database.job_rows() as cursor:
            row = cursor.execute(statement("read_job"), {"job_id": job_id}).fetchone()
        return job_of(row) if row else None

    def result(self, job_id: UUID) -> tuple[str, bytes] | None:
        """Media type and bytes of a finished job's answer."""
        with self._database.jobs() as connection, connection.cursor(binary=True) as cur:
            cur.execute(statement("read_job_result"), {"job_id": job_id})
            row = cur.fetchone()
        return (str(row[0]), bytes(row[1])) if row else None

    def listed(self, wanted: JobFilter) -> Sequence[Job]:
        """Jobs, the newest first."""
        before, before_id = wanted.before or (None, None)
        values = {
            "level": wanted.level.label if wanted.level else None,
            "statuses": list(wanted.statuses) if wanted.statuses is not None else None,
            "processes": list(wanted.processes) if wanted.processes else None,
            "since": wanted.since,
            "until": wanted.until,
            "shortest_s": wanted.shortest_s,
            "longest_s": wanted.longest_s,
            "before": before,
            "before_id": before_id,
            "limit": wanted.limit,
        }
        with self._database.job_rows() as cursor:
            return [job_of(r) for r in cursor.execute(statement("list_jobs"), values)]

    def dismiss(self, job: Job) -> None:
        """Give a job up: it is not computed any more, and its answer goes."""
        with self._database.job_rows() as cursor, cursor.connection.transaction():
            values = {"job_id": job.job_id, "message": words(DISMISSED)}
            row = cursor.execute(statement("dismiss_job"), values).fetchone()
            if row is None:
                return
            cursor.execute(statement("drop_job_result"), values)
            cursor.execute(statement("abort_queued"), row)
        self.end_backends(job)

    def end_backends(self, job: Job) -> None:
        """End what the computation of a job may still be doing in the database."""
        # the owner's own rights: a role may not end what another account runs
        with self._database.owner(autocommit=True) as connection:
            connection.execute(statement("end_backends"), {"name": job.backend_name})

    def counts(self) -> dict[tuple[str, str], int]:
        """Jobs by level and status."""
        with self._database.jobs() as connection:
            rows = connection.execute(statement("count_jobs")).fetchall()
        return {(level, status): number for level, status, number in rows}

    def workers(self) -> int:
        """Workers that are alive, as far as their signs of life tell."""
        values = {"seconds": DEAD_S}
        with self._database.jobs() as connection:
            row = connection.execute(statement("count_workers"), values).fetchone()
        return int(row[0]) if row else 0

    def durations(self, bounds_s: Sequence[float]) -> list[Durations]:
        """How long the finished jobs of every process were computed."""
        with self._database.jobs() as connection:
            rows = connection.execute(
                statement("job_durations"), {"bounds": list(bounds_s)}
            ).fetchall()
        return [Durations(*row) for row in rows]

    @staticmethod
    def is_ready(connection: Connection) -> bool:
        """Whether the tables of the queue and of the jobs are there."""
        row = connection.execute(statement("has_jobs")).fetchone()
        return bool(row and row[0])
