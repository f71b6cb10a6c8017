"""/runs: the ledger of what was measured, with the answer and the cells behind it.

A level sees the runs that it would be answered itself: of a hidden layer the exact run
is absent, and the coarse one stands beside it under a number of its own.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Container, Mapping
from typing import Any

import numpy as np
import orjson
import shapely
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gis.compute import with_outlines
from gis.db.run_cells import read_cells
from gis.db.runs import RunFilter, RunRecord
from gis.errors import NoSuchRun, QueryError
from gis.serve.answer import GEOJSON, JSON, only
from gis.serve.context import Context
from gis.serve.execution import result_answer
from gis.serve.listing import fresh_answer, list_links, read_before, read_size
from gis.serve.negotiate import format_of
from gis.serve.openapi import FORMATS
from gis.serve.parameters import read_period, read_text
from layers import transformer
from processes import Result, registry, render

LIST_PARAMETERS = (
    "limit",
    "cursor",
    "process",
    "service",
    "zones",
    "datetime",
    "parts",
)
PARQUET = "application/vnd.apache.parquet"
CELL_FORMATS: Mapping[str, tuple[str, ...]] = {
    "csv": ("text/csv", "text/*", "*/*"),
    "geojson": (GEOJSON, JSON),
    "parquet": (PARQUET,),
}
_RUN = re.compile(r"[0-9a-f]{32}")
_LON_LAT_DECIMALS = 9


class Runs:
    """Handlers of /runs, /runs/{run}, its results and its cells."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def all(self, request: Request) -> Response:
        """Runs that the caller's level may see, the newest first."""
        only(request, LIST_PARAMETERS)
        context, base = self._context, self._context.base_url(request)
        wanted, bound = self._wanted(request)
        found = await run_in_threadpool(context.runs.listed, wanted)
        more, found = len(found) == wanted.limit, found[: wanted.limit - 1]
        last = (found[-1].ran_at, found[-1].run_id) if more else None
        seen = context.catalogue.visible_at(wanted.level)
        document = {
            "runs": [build_run(run, base, seen) for run in found],
            "links": list_links(context, request, "/runs", bound, last),
        }
        return fresh_answer(context, request, document, "runs.html")

    async def one(self, request: Request) -> Response:
        """What a run was asked, what it depended on, and where its answer is."""
        only(request, ())
        run = await self._run(request)
        base = self._context.base_url(request)
        seen = self._context.catalogue.visible_at(self._context.level_of(request))
        document = build_run(run, base, seen)
        return fresh_answer(self._context, request, document, "run.html")

    async def results(self, request: Request) -> Response:
        """The answer of a run, in any format of its process."""
        only(request, ())
        run = await self._run(request)
        process = registry[run.process]
        known = {
            short: (media, *(("*/*",) if media == process.media_types[0] else ()))
            for short, media in FORMATS.items()
            if media in process.media_types
        }
        media_type = FORMATS[format_of(request, known)]
        lang = self._context.lang_of(request)

        def written() -> bytes:
            answer = Result.from_text(self._context.runs.document(run))
            reader = self._context.reader_for(self._context.level_of(request))
            return render(with_outlines(answer, reader), media_type, lang)

        body = await run_in_threadpool(written)
        name = f"{run.process}-{run.run_id[:8]}"
        return await result_answer(request, name, media_type, body, lang=lang)

    async def cells(self, request: Request) -> Response:
        """The 100 m cells behind a run: covered ground by cell, whose sum it is."""
        only(request, ())
        run = await self._run(request)
        chosen = format_of(request, CELL_FORMATS)
        body = await run_in_threadpool(self._context.runs.cells, run)
        if body is None:
            raise NoSuchRun(
                f"run {run.run_id}: it has no cells; exact runs of coverage over the "
                "area of the whole city have"
            )
        media_type = CELL_FORMATS[chosen][0]
        if chosen != "parquet":
            write = _cells_csv if chosen == "csv" else self._cells_geojson
            body = await run_in_threadpool(write, body)
        answer = await result_answer(
            request,
            f"cells-{run.run_id[:8]}",
            media_type,
            body,
            lang=self._context.lang_of(request),
        )
        answer.headers.setdefault(
            "Content-Disposition",
            f'attachment; filename="cells-{run.run_id[:8]}.{chosen}"',
        )
        return answer

    def _cells_geojson(self, body: bytes) -> bytes:
        """Cells as squares in lon, lat."""
        x, y, width, covered = read_cells(body)
        city = self._context.city
        forward = transformer(city.working_srid, city.stored_srid)
        squares = shapely.box(x, y, x + width, y + width)

        def project(xy: Any) -> Any:  # noqa: ANN401  # shapely's own protocol
            lon, lat = forward.transform(xy[:, 0], xy[:, 1])
            return np.round(np.column_stack([lon, lat]), _LON_LAT_DECIMALS)

        texts = shapely.to_geojson(shapely.transform(squares, project))
        features = [
            {
                "type": "Feature",
                "id": f"{int(left)}-{int(low)}",
                "properties": {
                    "x_m": int(left),
                    "y_m": int(low),
                    "cell_m": int(w),
                    "covered_m2": c,
                },
                "geometry": orjson.Fragment(text),
            }
            for left, low, w, c, text in zip(
                x.tolist(), y.tolist(), width.tolist(), covered.tolist(), texts,
                strict=True,
            )
        ]  # fmt: skip
        return orjson.dumps({"type": "FeatureCollection", "features": features})

    async def _run(self, request: Request) -> RunRecord:
        """The run that the path names, as far as it is there for the caller.

        Raises
        ------
        NoSuchRun : there is none, or it is not for this level; the answer is the same
        """
        name = request.path_params["run"]
        if not _RUN.fullmatch(name):
            raise NoSuchRun(f"run {name[:80]!r}: must be 32 hex digits")
        level = self._context.level_of(request)
        return await run_in_threadpool(self._context.runs.read, name, level)

    def _wanted(self, request: Request) -> tuple[RunFilter, tuple[object, ...]]:
        """What a list is asked for, and what its cursor is bound to.

        One run more than a page holds, which tells whether there is another page.
        """
        values = request.query_params
        level = self._context.level_of(request)
        process, service, zones = (
            read_text(values, name) for name in ("process", "service", "zones")
        )
        parts = read_text(values, "parts") or "false"
        if parts not in ("true", "false"):
            raise QueryError("parts", f"{parts!r} given, must be true or false")
        period = read_period(values)
        bound = (
            "runs", level.label, process, service, zones, parts,
            read_text(values, "datetime"),
        )  # fmt: skip
        wanted = RunFilter(
            level,
            process=process,
            service=service,
            zones=zones,
            since=period.start if period else None,
            until=period.end if period else None,
            parts=parts == "true",
            before=read_before(self._context, request, bound),
            limit=read_size(request) + 1,
        )
        return wanted, bound


def build_run(run: RunRecord, base: str, seen: Container[str]) -> dict[str, Any]:
    """The document of a run.

    Parameters
    ----------
    base : what its links begin with
    seen : layers whose versions may be told; of others the reader sees no name
    """
    path = f"{base}/runs/{run.run_id}"
    links = [_link("self", JSON, path)]
    links += [
        _link("results", media, f"{path}/results?f={short}")
        for short, media in FORMATS.items()
        if media in registry[run.process].media_types
    ]
    if run.cells is not None:
        links += [
            _link("cells", media[0], f"{path}/cells?f={short}")
            for short, media in CELL_FORMATS.items()
        ]
    if run.process == "coverage":
        href = f"{base}/collections/coverage_result/items?filter=run%3D'{run.run_id}'"
        links.append(_link("items", GEOJSON, href))
    return {
        "id": run.run_id,
        "process": run.process,
        "process_version": run.process_version,
        "code_version": run.code_version,
        "asked_by": run.asked_by.label,
        "audience": run.audience.label,
        "inputs": run.inputs,
        "layer_versions": {k: v for k, v in run.layer_versions.items() if k in seen},
        "disclosure": run.rule,
        "service": run.service,
        "model": run.model,
        "parameters": run.parameters,
        "zones": run.zone_layer,
        "of": run.measure,
        "as_of": run.as_of and run.as_of.isoformat(),
        "excluded": run.excluded,
        "hash": run.result_hash,
        "rows": run.row_count,
        "cells": run.cells,
        "seconds": round(run.seconds, 3),
        "ran_at": run.ran_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "pinned": run.pinned,
        "parts": run.parts,
        "links": links,
    }


def _cells_csv(body: bytes) -> bytes:
    """Cells as a table, figures in full."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("x_m", "y_m", "cell_m", "covered_m2"))
    x, y, width, covered = read_cells(body)
    whole = (part.astype(np.int64).tolist() for part in (x, y, width))
    writer.writerows(zip(*whole, map(repr, covered.tolist()), strict=True))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _link(rel: str, media_type: str, href: str) -> dict[str, str]:
    return {"rel": rel, "type": media_type, "href": href}
