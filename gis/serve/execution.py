"""POST /processes/{id}/execution: inputs in, a raw result out.

The work is done by gis.compute, which validates the inputs and asks the disclosure
gate; here it is only read from HTTP and written to HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gis.errors import QueryError
from gis.serve.answer import VARY, only
from gis.serve.context import Context
from gis.serve.kept import packed, packed_answer
from gis.serve.negotiate import format_of
from gis.serve.openapi import FORMATS
from gis.serve.session import read_body
from processes import Process, registry, render

MAXIMUM_BODY = 4_000_000
_MEMBERS = frozenset({"inputs", "outputs", "response", "mode", "subscriber"})


class Execution:
    """Handler of process execution."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def run(self, request: Request) -> Response:
        """Execute a process synchronously and answer with its result."""
        context = self._context
        only(request, ())
        process = registry[request.path_params["process"]]
        media_type = _media_type(request, process)
        inputs = _inputs(await read_body(request, MAXIMUM_BODY))
        level, lang = context.level_of(request), context.lang_of(request)
        result = await context.execute(process.id, inputs, level)
        body = await run_in_threadpool(render, result, media_type, lang)
        charset = "; charset=utf-8" if media_type == "text/csv" else ""
        headers = {
            "Cache-Control": "no-store",
            "Vary": VARY,
            "Content-Language": lang,
            "Content-Type": f"{media_type}{charset}",
        }
        suffix = next(name for name, known in FORMATS.items() if known == media_type)
        if suffix in ("csv", "xlsx"):
            name = f"{process.id}.{suffix}"
            headers["Content-Disposition"] = f'attachment; filename="{name}"'
        if suffix != "xlsx":
            body = await packed(request, body)
        return packed_answer(body, headers["Content-Type"], headers)


def _media_type(request: Request, process: Process) -> str:
    """What to answer in, of what the process can; its default comes first."""
    short = {media_type: name for name, media_type in FORMATS.items()}
    offered: dict[str, list[str]] = {
        short[media_type]: [media_type] for media_type in process.media_types
    }
    first = next(iter(offered))
    offered[first] += ["application/*", "*/*"]
    if "json" not in offered and "geojson" in offered:
        offered["geojson"].append("application/json")
    return FORMATS[format_of(request, offered)]


def _inputs(body: bytes) -> Mapping[str, Any]:
    """The inputs of an execute request.

    Raises
    ------
    QueryError : not JSON, not an execute request, or asking for what is not offered
    """
    try:
        request = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise QueryError("body", f"not JSON: {error}") from error
    if not isinstance(request, dict):
        raise QueryError("body", "must be an object with the member inputs")
    for name in request:
        if name not in _MEMBERS:
            known = ", ".join(sorted(_MEMBERS))
            raise QueryError(name, f"unknown member, known are {known}")
    if request.get("response", "raw") != "raw":
        raise QueryError("response", f"{request['response']!r} given, must be raw")
    if request.get("mode", "sync") not in ("sync", "auto"):
        raise QueryError("mode", f"{request['mode']!r} given, must be sync")
    inputs = request.get("inputs", {})
    if not isinstance(inputs, dict):
        raise QueryError("inputs", "must be an object")
    return inputs
