"""POST a file to a layer: received onto disk, then loaded by a process of its own.

The answer to a body that was received whole is 201 with the address of the upload, a
job in the sense of OGC API - Processes: accepted, running, then successful or failed.
`Prefer: wait=30` waits so many seconds for its end. Sent again, a file changes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
import uuid
from collections.abc import Mapping
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gis.db.intake import Intake
from gis.db.pool import Database
from gis.db.uploads import end_upload, insert_upload, read_uploads
from gis.errors import NotFound, QueryError
from gis.load.request import LoadRequest
from gis.serve.answer import DOCUMENT_FORMATS, JSON, only
from gis.serve.context import Context
from gis.serve.lanes import Busy
from gis.serve.loads import Ledger, plain, upload_document
from gis.serve.negotiate import format_of
from gis.serve.spool import Spool, receive, too_large
from gis.serve.upload_form import (
    FIELDS,
    is_form,
    read_fields,
    read_multipart,
    read_name,
    read_request,
    refusing,
)

log = logging.getLogger(__name__)

RECEIVING = 8  # bodies received at a time
LOADING = 2  # processes that load at a time
WAITING = 32  # uploads that may wait for one
LONGEST_WAIT_S = 60


class Uploads:
    """Handlers that take files.

    Parameters
    ----------
    largest : bytes of a body
    """

    def __init__(self, context: Context, ledger: Ledger, *, largest: int) -> None:
        self._context = context
        self._ledger = ledger
        self._largest = largest
        self._root = context.settings.home / "uploads"
        self._database = Database(context.database.dsn)
        self._slots = asyncio.Semaphore(LOADING)
        self._receiving = 0
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def load(self, request: Request) -> Response:
        """Take a file for the layer that the path names."""
        layer = self._ledger.loadable(request, request.path_params["layer"])
        self._only(request, FIELDS)
        return await self._take(request, layer.id, None)

    async def mend(self, request: Request) -> Response:
        """Take the edited rejects of the load that the path names."""
        entry = await self._ledger.entry(request)
        self._only(request, ("filename",))
        return await self._take(request, entry.layer, entry.load_id)

    async def upload(self, request: Request) -> Response:
        """How far an upload is."""
        layers = self._ledger.layers(request)
        only(request, ())
        return await self._answer(request, request.path_params["upload"], layers)

    async def uploads(self, request: Request) -> Response:
        """The latest uploads."""
        layers = self._ledger.layers(request)
        only(request, ())
        found = await to_thread.run_sync(read_uploads, self._database, layers)
        base = self._context.base_url(request)
        jobs = [upload_document(one, base, self._root) for one in found]
        link = {"href": f"{base}/uploads", "rel": "self", "type": JSON}
        return plain({"jobs": jobs, "links": [link]})

    def _only(self, request: Request, known: tuple[str, ...]) -> None:
        """Refuse parameters of the query that are not known."""
        for name in request.query_params:
            if name not in (*known, "lang"):
                raise QueryError(
                    name, f"unknown parameter, known are {', '.join(known)}"
                )

    async def _take(self, request: Request, layer: str, fixes: int | None) -> Response:
        """Receive a body and have it loaded."""
        wait_s = _read_wait(request)
        fields = read_fields(request)
        wanted = None
        if not is_form(request):  # a form may say it in the body
            wanted = self._check(layer, fields, fixes)
            read_name(request, fields)
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._largest:
            raise too_large(self._largest)
        if self._receiving >= RECEIVING or len(self._tasks) >= WAITING:
            raise Busy
        upload_id = str(uuid.uuid4())
        spool = await to_thread.run_sync(Spool.open, self._root, upload_id)
        self._receiving += 1
        try:
            size = await self._receive(request, spool, fields)
            wanted = wanted or self._check(layer, fields, fixes)
            actor = f"api:{self._context.level_of(request).label}"
            job = {
                "dsn": self._context.database.dsn,
                "config": str(self._context.settings.config),
                "folder": str(spool.folder),
                "path": str(spool.path),
                "upload_id": upload_id,
                "actor": actor,
                "fixes": fixes,
                "request": wanted.as_dict(),
            }
            await to_thread.run_sync(
                lambda: insert_upload(
                    self._database, upload_id, actor=actor, layer=layer,
                    file=spool.path.name, size=size, fixes=fixes,
                )
            )  # fmt: skip
        except BaseException:
            spool.discard()
            raise
        finally:
            self._receiving -= 1
        task = asyncio.create_task(self._run(spool, job))
        self._tasks[upload_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(upload_id, None))
        if wait_s:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(task), wait_s)
        base = self._context.base_url(request)
        if is_form(request) and format_of(request, DOCUMENT_FORMATS) == "html":
            return RedirectResponse(f"{base}/ops", status_code=303)  # from /ops
        answer = await self._answer(request, upload_id, [layer], status=201)
        answer.headers["Location"] = f"{base}/uploads/{upload_id}"
        if wait_s:
            answer.headers["Preference-Applied"] = f"wait={wait_s}"
        return answer

    def _check(
        self, layer: str, fields: Mapping[str, list[str]], fixes: int | None
    ) -> LoadRequest:
        """What is asked for, refused before a byte is read where it cannot be."""
        if fixes is not None:
            return LoadRequest(layer=layer)
        wanted = read_request(layer, fields)
        context = self._context
        intake = Intake(
            self._database, context.catalogue, context.city, context.settings.config, ""
        )
        with refusing():
            intake.check(wanted)
        return wanted

    async def _receive(
        self, request: Request, spool: Spool, fields: dict[str, list[str]]
    ) -> int:
        """Write the body's file into the spool; its bytes."""
        if is_form(request):
            return await read_multipart(request, spool, fields, largest=self._largest)
        name = read_name(request, fields)
        with spool.file(name) as file:
            size = await receive(request.stream(), file, largest=self._largest)
        if size == 0:
            raise QueryError("body", "没有内容 is empty, must be the file")
        return size

    async def _run(self, spool: Spool, job: dict[str, Any]) -> None:
        """Have a job done, and see to it that it has an end."""
        try:
            async with self._slots:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "gis.serve.worker",
                    stdin=asyncio.subprocess.PIPE, pass_fds=(spool.lock,),
                )  # fmt: skip
                await process.communicate(json.dumps(job).encode())
            if process.returncode != 0:
                message = "载入进程中断，未写入 the loading process was ended"
                await to_thread.run_sync(
                    lambda: end_upload(
                        self._database, str(job["upload_id"]), message=message
                    )
                )
        except Exception:
            log.exception("upload %s was given up", job["upload_id"])
        finally:
            await to_thread.run_sync(spool.discard)

    async def _answer(
        self, request: Request, upload_id: str, layers: list[str], *, status: int = 200
    ) -> Response:
        """The document of an upload.

        Raises
        ------
        NotFound : there is none, or it is of a layer that the caller may not load
        """
        try:
            uuid.UUID(upload_id)
        except ValueError:
            raise NotFound(f"upload {upload_id[:40]!r}: there is none") from None
        found = await to_thread.run_sync(
            lambda: read_uploads(self._database, layers, upload_id=upload_id)
        )
        if not found:
            raise NotFound(f"upload {upload_id!r}: there is none")
        base = self._context.base_url(request)
        return plain(upload_document(found[0], base, self._root), status)


def _read_wait(request: Request) -> int:
    """Seconds that the client would wait for the end (RFC 7240); 0 not at all.

    A preference that cannot be honoured is passed over, as the RFC has it.
    """
    for preference in request.headers.get("prefer", "").split(","):
        name, _, value = preference.strip().partition("=")
        if name.strip().lower() == "wait" and value.strip().isdecimal():
            return min(int(value), LONGEST_WAIT_S)
    return 0
