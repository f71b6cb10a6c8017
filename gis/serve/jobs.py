"""/jobs: what is computed in the background, for those who asked for it.

A job of the public is known by its address alone, which nobody can guess: whoever has
it may read and dismiss it, and no list shows it. A job of another level is there for
that level only, in the list too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gis.db.job import STATUSES, Job, JobFilter
from gis.errors import Dismissed, NoSuchJob, QueryError, ResultNotReady
from gis.jobs.status import build_status
from gis.serve.answer import only, problem_answer
from gis.serve.context import Context
from gis.serve.execution import result_answer
from gis.serve.listing import fresh_answer, list_links, read_before, read_size
from gis.serve.openapi import FORMATS
from gis.serve.parameters import read_period, read_text
from layers import Level

LIST_PARAMETERS = (
    "limit",
    "cursor",
    "type",
    "processID",
    "status",
    "datetime",
    "minDuration",
    "maxDuration",
)
_SECONDS = re.compile(r"\d{1,9}(\.\d{1,6})?")


class Jobs:
    """Handlers of /jobs, /jobs/{job} and its results."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def all(self, request: Request) -> Response:
        """The jobs of the caller's level, the newest first, a page at a time."""
        only(request, LIST_PARAMETERS)
        context = self._context
        level, base = context.level_of(request), context.base_url(request)
        wanted, bound = self._wanted(request)
        found = []
        if level > Level.PUBLIC:
            found = list(await run_in_threadpool(context.jobs.listed, wanted))
        more, found = len(found) == wanted.limit, found[: wanted.limit - 1]
        last = (found[-1].created_at, str(found[-1].job_id)) if more else None
        lang = context.lang_of(request)
        document = {
            "jobs": [build_status(job, base, lang) for job in found],
            "links": list_links(context, request, "/jobs", bound, last),
        }
        return fresh_answer(context, request, document, "jobs.html")

    async def one(self, request: Request) -> Response:
        """How a job is."""
        only(request, ())
        return self._status(request, await self._job(request))

    async def dismiss(self, request: Request) -> Response:
        """Give a job up; what is computed ends, an answer is removed."""
        only(request, ())
        job = await self._job(request)
        if job.status != "dismissed":
            await run_in_threadpool(self._context.jobs.dismiss, job)
            job = await self._job(request)
        return self._status(request, job)

    async def results(self, request: Request) -> Response:
        """The answer of a job, as it was asked for; or the error that it ended with."""
        only(request, ())
        job = await self._job(request)
        asked = request.query_params.get("f")
        if asked is not None and FORMATS.get(asked) != job.media_type:
            short = {media_type: name for name, media_type in FORMATS.items()}
            raise QueryError(
                "f",
                f"{asked!r} given, must be {short[job.media_type]}: a job answers as "
                "it was asked to",
            )
        if job.status == "failed" and job.failure is not None:
            message = job.message.in_language(self._context.lang_of(request))
            code, status = str(job.failure["code"]), int(job.failure["status"])
            return problem_answer(self._context, request, status, code, message)
        if job.status == "dismissed":
            raise Dismissed(f"job {job.job_id}: dismissed, its answer is gone")
        kept = await run_in_threadpool(self._context.jobs.result, job.job_id)
        if kept is None:
            raise ResultNotReady(f"job {job.job_id}: {job.status}, not finished")
        return await result_answer(request, job.process, *kept, lang=job.lang)

    async def _job(self, request: Request) -> Job:
        """The job that the path names, as far as it is there for the caller.

        Raises
        ------
        NoSuchJob : there is none, or it is another level's; the answer is the same
        """
        name = request.path_params["job"]
        level = self._context.level_of(request)
        try:
            job_id = UUID(name)
        except ValueError:
            job_id = None
        if job_id is not None and str(job_id) == name:
            job = await run_in_threadpool(self._context.jobs.read, job_id)
            if job is not None and job.level in (Level.PUBLIC, level):
                return job
        raise NoSuchJob(f"job {name[:80]!r}: there is none, or not at your level")

    def _status(self, request: Request, job: Job) -> Response:
        context = self._context
        document = build_status(
            job, context.base_url(request), context.lang_of(request)
        )
        return fresh_answer(context, request, document, "job.html")

    def _wanted(self, request: Request) -> tuple[JobFilter, tuple[object, ...]]:
        """What a list is asked for, and what its cursor is bound to.

        One job more than a page holds, which tells whether there is another page.
        """
        values = request.query_params
        level = self._context.level_of(request)
        for kind in _words(values, "type") or ():
            if kind != "process":
                raise QueryError("type", f"{kind!r} given, must be process")
        statuses = _words(values, "status")
        for status in statuses or ():
            if status not in STATUSES:
                known = ", ".join(STATUSES)
                raise QueryError("status", f"{status!r} given, must be one of {known}")
        period = read_period(values)
        shortest, longest = (
            _seconds(values, "minDuration"),
            _seconds(values, "maxDuration"),
        )
        bound = (
            "jobs",
            level.label,
            statuses,
            _words(values, "processID"),
            read_text(values, "datetime"),
            shortest,
            longest,
        )
        before = read_before(self._context, request, bound)
        return (
            JobFilter(
                level=level,
                statuses=statuses,
                processes=_words(values, "processID"),
                since=period.start if period else None,
                until=period.end if period else None,
                shortest_s=shortest,
                longest_s=longest,
                before=before and (before[0], UUID(before[1])),
                limit=read_size(request) + 1,
            ),
            bound,
        )


def _words(values: Mapping[str, str], name: str) -> tuple[str, ...] | None:
    """Comma-separated words of a parameter; None where it is not given."""
    text = read_text(values, name)
    return None if text is None else tuple(text.split(","))


def _seconds(values: Mapping[str, str], name: str) -> float | None:
    """Seconds, at least 0."""
    text = read_text(values, name)
    if text is None:
        return None
    if not _SECONDS.fullmatch(text):
        raise QueryError(name, f"{text!r} given, must be seconds, at least 0")
    return float(text)
