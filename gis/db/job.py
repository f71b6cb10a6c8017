"""A background job as it is handed in, stands in the database, and is listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg.types.json import Jsonb

from layers import Level, Title

JobStatus = Literal["accepted", "running", "successful", "failed", "dismissed"]
STATUSES: tuple[JobStatus, ...] = (
    "accepted",
    "running",
    "successful",
    "failed",
    "dismissed",
)
#: A worker without a sign of life for so many seconds is taken for dead.
DEAD_S = 10.0

WAITS = Title(zh="等待计算", en="waits to be computed")
STARTED = Title(zh="开始计算", en="computation begins")
DONE = Title(zh="已完成", en="finished")
DISMISSED = Title(zh="已取消", en="dismissed")
AGAIN = Title(
    zh="计算中断，将重新计算一次", en="the computation was cut off and is begun again"
)
HANDED_BACK = Title(
    zh="工作进程停止，等待继续", en="the worker was stopped; waits for the next"
)
CUT_OFF = Title(
    zh="计算两次中断，未完成", en="the computation was cut off twice; it is given up"
)


@dataclass(frozen=True)
class Submission:
    """A question that is to be answered later.

    Parameters
    ----------
    level : the level it is computed for
    caller : whose share of the queue it takes; no address in clear
    inputs : validated, defaults filled in
    media_type, response, lang : how the answer is written
    subscriber : addresses to call, each to an allowed host
    """

    process: str
    level: Level
    caller: str
    inputs: Mapping[str, Any]
    media_type: str
    response: str
    lang: str
    subscriber: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """A job as it stands in the database; times in UTC."""

    job_id: UUID
    process: str
    level: Level
    caller: str
    inputs: Mapping[str, Any]
    media_type: str
    response: str
    lang: str
    subscriber: Mapping[str, str]
    status: JobStatus
    progress: int
    message: Title
    failure: Mapping[str, Any] | None
    attempt: int
    queue_id: int | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    updated_at: datetime
    expires_at: datetime

    @property
    def backend_name(self) -> str:
        """What the database calls the connections of this job's computation."""
        return self.name_of(self.job_id)

    @staticmethod
    def name_of(job_id: UUID) -> str:
        """What the database calls the connections of a job's computation."""
        return f"citygrid-job-{job_id}"


@dataclass(frozen=True)
class JobFilter:
    """Which jobs are listed; None leaves a condition out.

    Parameters
    ----------
    since, until : when they were handed in
    shortest_s, longest_s : how long they have been computed
    before : the job after which the page goes on
    """

    level: Level | None = None
    statuses: tuple[str, ...] | None = None
    processes: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None
    shortest_s: float | None = None
    longest_s: float | None = None
    before: tuple[datetime, UUID] | None = None
    limit: int = 100


def words(message: Title) -> Jsonb:
    """A message as the database keeps it."""
    return Jsonb({"zh": message.zh, "en": message.en})


def job_of(row: Mapping[str, Any]) -> Job:
    """A row of ledger.job."""
    values = dict(row)
    values["level"] = Level.parse(values["level"])
    values["message"] = Title(**values["message"])
    return Job(**values)
