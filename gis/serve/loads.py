"""The ledger over HTTP: what was loaded, what was refused, what was mended.

A level may load a layer, and see what its loads refused, where it sees every column
and the places: a file holds them all, and a load replaces them all.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gis.db.history import Load, list_loads, read_load
from gis.db.ledger import read_rejects, read_repairs
from gis.db.pool import Database
from gis.db.uploads import Upload
from gis.errors import LoadError, NotFound, QueryError, Unauthorized
from gis.load.rejects import write_rejects, write_repairs
from gis.serve.answer import JSON, VARY, only
from gis.serve.context import Context
from gis.serve.negotiate import format_of
from gis.serve.spool import is_alive
from layers import Layer, Level

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Formats of refused and repaired rows, and the media types that stand for them.
TABLES = {
    "csv": ("text/csv", "text/*", "*/*"),
    "xlsx": (XLSX,),
    "json": (JSON, "application/*"),
}
MOST_LOADS = 1000
ReadRows = Callable[[Database, int], Iterator[tuple[Any, ...]]]


class Ledger:
    """Handlers that read the ledger of loads."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._database = Database(context.database.dsn)

    def layers(self, request: Request) -> list[str]:
        """Layers that the caller may load.

        Raises
        ------
        Unauthorized : a caller without a level
        """
        level = self._context.level_of(request)
        if level == Level.PUBLIC:
            raise Unauthorized(
                "载入需要登录 loads are for staff: send a token, or sign in"
            )
        return [
            layer.id
            for layer in self._context.catalogue.visible_at(level).values()
            if is_loadable(layer, level)
        ]

    def loadable(self, request: Request, layer_id: str) -> Layer:
        """The layer of an id, where the caller may load it.

        Raises
        ------
        Unauthorized, NotFound : as for reading
        HTTPException : 403, the caller does not see all of it
        """
        allowed = self.layers(request)
        level = self._context.level_of(request)
        layer = self._context.catalogue.visible_at(level).get(layer_id)
        if layer is None:
            raise NotFound(f"collection {layer_id!r}: not published")
        if layer.id not in allowed:
            hidden = sorted(set(layer.all_columns) - set(layer.columns_at(level)))
            if layer.geometry != "none" and not layer.geometry_at(level):
                hidden.append("geometry")
            why = (
                f"columns {', '.join(hidden)} are above level {level.label}"
                if hidden
                else "is written by processes"
            )
            raise HTTPException(403, f"{layer.id}: {why}")
        return layer

    async def entry(self, request: Request) -> Load:
        """The load that the path names, where the caller may load its layer.

        Raises
        ------
        NotFound : no such load, or not for this level; the answer is the same
        """
        allowed, text = self.layers(request), request.path_params["load"]
        if not (text.isascii() and text.isdigit()) or len(text) > 18:
            raise NotFound(f"load {text[:40]!r}: there is none")
        try:
            found = await to_thread.run_sync(read_load, self._database, int(text))
        except LoadError as error:
            raise NotFound(f"load {text}: there is none") from error
        if found.layer not in allowed:
            raise NotFound(f"load {text}: there is none")
        return found

    async def all(self, request: Request) -> Response:
        """The latest loads of every layer, or of one."""
        allowed = self.layers(request)
        only(request, ("layer", "limit"))
        layer = request.query_params.get("layer")
        if layer is not None:
            allowed = [self.loadable(request, layer).id]
        limit = _limit(request.query_params.get("limit", "50"))
        found = await to_thread.run_sync(
            lambda: list_loads(self._database, layers=allowed, limit=limit)
        )
        base = self._context.base_url(request)
        return plain(
            {
                "loads": [load_document(load, base) for load in found],
                "links": [{"href": f"{base}/loads", "rel": "self", "type": JSON}],
            }
        )

    async def of_layer(self, request: Request) -> Response:
        """The latest loads of the layer that the path names."""
        layer = self.loadable(request, request.path_params["layer"])
        only(request, ("limit",))
        limit = _limit(request.query_params.get("limit", "50"))
        found = await to_thread.run_sync(
            lambda: list_loads(self._database, layers=[layer.id], limit=limit)
        )
        base = self._context.base_url(request)
        here = f"{base}/collections/{layer.id}/loads"
        return plain(
            {
                "loads": [load_document(load, base) for load in found],
                "links": [{"href": here, "rel": "self", "type": JSON}],
            }
        )

    async def one(self, request: Request) -> Response:
        """Everything that the ledger knows of one load."""
        entry = await self.entry(request)
        only(request, ())
        document = load_document(entry, self._context.base_url(request))
        return plain(document | {"options": entry.options, "sha256": entry.sha256})

    async def rejects(self, request: Request) -> Response:
        """Refused rows not mended yet, in the file's own columns."""
        return await self._table(request, read_open, "rejects")

    async def repairs(self, request: Request) -> Response:
        """Repaired rows: which one, and what was done to it."""
        return await self._table(request, read_repairs, "repairs")

    async def _table(self, request: Request, read: ReadRows, what: str) -> Response:
        entry = await self.entry(request)
        only(request, ())
        form = format_of(request, TABLES)
        body = await to_thread.run_sync(
            _written, self._database, read, entry.load_id, what, form
        )
        name = f"load-{entry.load_id}-{what}.{form}"
        headers = {
            "Cache-Control": "no-store",
            "Vary": VARY,
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        if form == "json":
            headers.pop("Content-Disposition")
        media_type = TABLES[form][0]
        return Response(
            body,
            media_type=f"{media_type}; charset=utf-8" if form == "csv" else media_type,
            headers=headers,
        )


def read_open(database: Database, load_id: int) -> Iterator[tuple[Any, ...]]:
    """Refused rows that no later load mended."""
    return read_rejects(database, load_id, only_open=True)


def _written(
    database: Database, read: ReadRows, load_id: int, what: str, form: str
) -> bytes:
    """Rows as a file's bytes."""
    rows = list(read(database, load_id))
    if form == "json":
        if what == "rejects":
            told = [{"row": n, "reason": why, "content": c} for n, why, c in rows]
        else:
            told = [{"row": n, "code": code, "repair": r} for n, code, r in rows]
        return orjson.dumps({what: told})
    with tempfile.TemporaryDirectory(prefix="citygrid-") as folder:
        path = Path(folder) / f"{what}.{form}"
        (write_rejects if what == "rejects" else write_repairs)(path, rows)
        return path.read_bytes()


def is_loadable(layer: Layer, level: Level) -> bool:
    """Whether a level may load a layer: it sees all that a file of it holds."""
    return (
        level > Level.PUBLIC
        and not layer.derived
        and set(layer.all_columns) == set(layer.columns_at(level))
        and (layer.geometry == "none" or layer.geometry_at(level))
    )


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= MOST_LOADS:
        raise QueryError("limit", f"{text[:40]!r} given, must be 1 to {MOST_LOADS}")
    return int(text)


def load_document(load: Load, base: str) -> dict[str, Any]:
    """One entry of the ledger as JSON types, with links."""
    here = f"{base}/loads/{load.load_id}"
    links = [
        {"href": here, "rel": "self", "type": JSON},
        {"href": f"{base}/collections/{load.layer}", "rel": "collection", "type": JSON},
    ]
    if load.report.get("refused"):
        links += [
            {"href": f"{here}/rejects?f={form}", "rel": "rejects", "type": types[0]}
            for form, types in TABLES.items()
        ]
    if load.report.get("repaired"):
        links.append(
            {"href": f"{here}/repairs", "rel": "repairs", "type": TABLES["csv"][0]}
        )
    return {
        "id": load.load_id,
        "layer": load.layer,
        "kind": load.kind,
        "mode": load.mode,
        "file": load.file,
        "actor": load.actor,
        "started": _time(load.started_at),
        "state": load.state,
        "open_rejects": load.open_rejects,
        "undoes": load.undoes,
        "undone_by": load.undone_by,
        "fixes": load.fixes,
        "report": load.report,
        "links": links,
    }


def upload_document(upload: Upload, base: str, root: Path) -> dict[str, Any]:
    """An upload as the status of a job (OGC API - Processes 1.0, statusInfo).

    Parameters
    ----------
    root : where uploads are received; one that nobody works on there has failed
    """
    status, message = upload.state, upload.message
    if not upload.is_over and not is_alive(root, upload.upload_id):
        status = "failed"
        message = (
            "载入中断，未写入 the server ended before this was loaded; nothing was "
            "written, send it again"
        )
    here = f"{base}/uploads/{upload.upload_id}"
    links = [{"href": here, "rel": "self", "type": JSON}]
    if upload.load_id is not None:
        links.append(
            {
                "href": f"{base}/loads/{upload.load_id}",
                "rel": "http://www.opengis.net/def/rel/ogc/1.0/results",
                "type": JSON,
            }
        )
    progress = 100 if status == "successful" else 0
    if status == "running" and upload.total:
        progress = min(99, 100 * upload.done // upload.total)
    return {
        "jobID": upload.upload_id,
        "processID": "load",
        "type": "process",
        "status": status,
        "message": message or upload.step,
        "progress": progress,
        "created": _time(upload.created_at),
        "started": _time(upload.started_at),
        "finished": _time(upload.finished_at),
        "layer": upload.layer,
        "file": upload.file,
        "bytes": upload.bytes,
        "fixes": upload.fixes,
        "load": upload.load_id,
        "report": upload.report,
        "links": links,
    }


def plain(document: dict[str, Any], status: int = 200) -> Response:
    """A JSON document that is never kept by caches."""
    return Response(
        orjson.dumps(document),
        status_code=status,
        media_type=JSON,
        headers={"Cache-Control": "no-store", "Vary": VARY},
    )


def _time(instant: datetime | None) -> str | None:
    return instant.isoformat().replace("+00:00", "Z") if instant else None
