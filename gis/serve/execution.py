"""POST /processes/{id}/execution: inputs in, a result out, now or as a job.

The work is done by gis.compute, which validates the inputs and asks the disclosure
gate; here it is only read from HTTP and written to HTTP. What is to be done later is
validated and asked the same before it is queued.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gis.compute import admit
from gis.db.job import Submission
from gis.jobs.answer import write_answer
from gis.jobs.callbacks import read_subscriber
from gis.jobs.status import JSON, build_status, job_path
from gis.serve.answer import VARY, only
from gis.serve.context import Context
from gis.serve.execute_request import ExecuteRequest, read_execute
from gis.serve.openapi import FORMATS
from gis.serve.packing import packed, packed_answer
from gis.serve.session import read_body
from layers import Level
from processes import CSV, XLSX, Process, registry

MAXIMUM_BODY = 4_000_000
_ASYNC = "respond-async"


class Execution:
    """Handler of process execution."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def run(self, request: Request) -> Response:
        """Execute a process, and answer with its result or with the job."""
        only(request, ())
        process = registry[request.path_params["process"]]
        body = await read_body(request, MAXIMUM_BODY)
        asked = await run_in_threadpool(read_execute, request, process, body)
        subscriber = read_subscriber(
            asked.subscriber, self._context.settings.jobs.callback_hosts
        )
        if asked.is_async and not process.quick:
            return await self._later(request, process, asked, subscriber)
        context = self._context
        level, lang = context.level_of(request), context.lang_of(request)
        result = await context.execute(process.id, asked.inputs, level)
        content_type, written = await run_in_threadpool(
            write_answer, result, asked.media_type, lang, asked.response
        )
        return await result_answer(
            request, process.id, content_type, written, lang=lang
        )

    async def _later(
        self,
        request: Request,
        process: Process,
        asked: ExecuteRequest,
        subscriber: dict[str, str],
    ) -> Response:
        """Queue what is asked, if it may be asked at all."""
        context = self._context
        level, lang = context.level_of(request), context.lang_of(request)
        inputs = await run_in_threadpool(
            lambda: admit(
                process.id, asked.inputs, reader=context.reader_for(level), level=level
            ).model_dump(mode="json")
        )
        job = await run_in_threadpool(
            context.jobs.submit,
            Submission(
                process=process.id,
                level=level,
                caller=self._caller(request, level),
                inputs=inputs,
                media_type=asked.media_type,
                response=asked.response,
                lang=lang,
                subscriber=subscriber,
            ),
        )
        base = context.base_url(request)
        headers = {
            "Cache-Control": "no-store",
            "Vary": VARY,
            "Content-Language": lang,
            "Location": f"{base}{job_path(job)}",
            "Preference-Applied": _ASYNC,
        }
        told = orjson.dumps(build_status(job, base, lang))
        return Response(told, status_code=201, media_type=JSON, headers=headers)

    def _caller(self, request: Request, level: Level) -> str:
        """Whose share of the queue a job takes.

        Of the public one knows only the address; what is kept of it can be told from
        others, not read.
        """
        if level > Level.PUBLIC:
            return level.label
        address = self._context.client_of(request)
        return f"public:{self._context.gate.sign(f'caller|{_network(address)}')[:16]}"


async def result_answer(
    request: Request, name: str, content_type: str, body: bytes, *, lang: str
) -> Response:
    """A result as it is sent: packed, tables as files of a name."""
    headers = {
        "Cache-Control": "no-store",
        "Vary": VARY,
        "Content-Language": lang,
        "Content-Type": content_type,
    }
    media_type = content_type.partition(";")[0]
    if media_type in (CSV, XLSX):
        suffix = next(short for short, known in FORMATS.items() if known == media_type)
        headers["Content-Disposition"] = f'attachment; filename="{name}.{suffix}"'
    if media_type != XLSX:
        body = await packed(request, body)
    return packed_answer(body, content_type, headers)


def _network(address: str) -> str:
    """An address; of IPv6 the network that one subscriber is given."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        return known.exploded[:19]
    return str(known)
