"""/ops: how the city is doing, for whoever operates it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from gis.db.operation import Operation, Watch
from gis.db.pool import Database
from gis.errors import ClusterError
from gis.serve.answer import DOCUMENT_FORMATS, only, page_answer
from gis.serve.context import Context
from gis.serve.loads import Ledger, load_document, plain, upload_document
from gis.serve.metrics import Traffic
from gis.serve.negotiate import format_of
from gis.serve.ops_state import (
    BROKEN,
    MARKS,
    Answers,
    Finding,
    is_late,
    judge_answers,
    judge_backups,
    judge_disk,
    judge_figures,
    judge_layers,
    read_answers,
    worst,
)
from gis.settings import Settings
from layers import DeclarationError, Level, read_yaml


class Ops:
    """Handler of /ops."""

    def __init__(self, context: Context, traffic: Traffic) -> None:
        self._context = context
        self._traffic = traffic
        self._ledger = Ledger(context)
        self._watch = Watch(Database(context.database.dsn))
        self._cycles = read_cycles(context.settings.config, context.catalogue)
        self._uploads = context.settings.home / "uploads"

    async def show(self, request: Request) -> Response:
        """The page, or the same as JSON; for levels above public."""
        mine = self._ledger.layers(request)
        only(request, ())
        level = self._context.level_of(request)
        shown = [
            layer.id
            for layer in self._context.catalogue.visible_at(level).values()
            if not layer.derived
        ]
        look: Operation | None
        try:
            look = await to_thread.run_sync(self._watch.look, shown, mine)
        except ClusterError:
            look = None
        disk = await to_thread.run_sync(disk_of, self._context.settings)
        answers = read_answers(self._traffic.lines())
        now = datetime.now(UTC)
        found = self._judge(look, disk, answers, now)
        if format_of(request, DOCUMENT_FORMATS) == "json":
            return plain(self._document(request, look, disk, answers, found, now))
        return self._page(request, look, disk, answers, found, now)

    def _judge(
        self,
        look: Operation | None,
        disk: tuple[int, int],
        answers: Answers,
        now: datetime,
    ) -> list[Finding]:
        """What should be looked at, the worst first."""
        found = [*judge_disk(*disk), *judge_answers(answers)]
        if look is None:
            found.append(
                Finding(
                    BROKEN,
                    "数据库连不上",
                    "the database cannot be reached",
                    "#database",
                )
            )
        else:
            found += judge_backups(look.drills, now)
            found += judge_layers(look.layers, self._cycles, now)
            found += judge_figures(look.figures, now)
        return sorted(found, key=lambda one: one.state != BROKEN)

    def _document(
        self,
        request: Request,
        look: Operation | None,
        disk: tuple[int, int],
        answers: Answers,
        found: list[Finding],
        now: datetime,
    ) -> dict[str, Any]:
        base = self._context.base_url(request)
        told: dict[str, Any] = {
            "state": worst(found),
            "at": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "findings": [{"state": f.state, "zh": f.zh, "en": f.en} for f in found],
            "disk": {"free_bytes": disk[0], "total_bytes": disk[1]},
            "answers": {
                "count": answers.count,
                "p95_s": None if answers.p95_s == float("inf") else answers.p95_s,
                "failed": answers.failed,
            },
            "database": None,
            "layers": [],
            "figures": [],
            "loads": [],
            "uploads": [],
        }
        if look is None:
            return told
        return told | {
            "database": {
                "postgresql": look.postgresql,
                "postgis": look.postgis,
                "bytes": look.bytes,
                "drills": {
                    kind: {"at": d.at.isoformat(), "name": d.name, "whole": d.whole,
                           "told": d.told}
                    for kind, d in look.drills.items()
                },
            },
            "layers": [
                {
                    "id": s.layer,
                    "count": s.count,
                    "changed": s.changed_at.isoformat() if s.changed_at else None,
                    "cycle_days": self._cycles.get(s.layer),
                    "late": is_late(s, self._cycles.get(s.layer), now),
                    "refused": {str(n): count for n, count in s.refused.items()},
                }
                for s in look.layers
            ],
            "figures": self._figures(request, look, now),
            "loads": [load_document(load, base) for load in look.loads],
            "uploads": [upload_document(u, base, self._uploads) for u in look.uploads],
        }  # fmt: skip

    def _figures(
        self, request: Request, look: Operation | None, now: datetime
    ) -> list[dict[str, Any]]:
        """Live figures; why one fails only where its service is seen."""
        level, catalogue = self._context.level_of(request), self._context.catalogue
        told = []
        for one in look.figures if look else ():
            service = catalogue.get(one.service or "")
            seen = level is max(Level) or (service and service.visible_at(level))
            told.append(
                {
                    "id": one.standing_id,
                    "state": one.state(now),
                    "refreshed": _text(one.refreshed_at),
                    "behind_since": _text(one.behind_since),
                    "failing_since": _text(one.failing_since),
                    "failures": one.failures or 0,
                    "again": _text(one.again_at),
                    "problem": one.problem if seen else None,
                }
            )
        return told

    def _page(
        self,
        request: Request,
        look: Operation | None,
        disk: tuple[int, int],
        answers: Answers,
        found: list[Finding],
        now: datetime,
    ) -> Response:
        zone = ZoneInfo(self._context.city.timezone)
        base = self._context.base_url(request)

        def local(instant: datetime | str | None) -> str:
            if isinstance(instant, str):
                instant = datetime.fromisoformat(instant)
            return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}" if instant else "–"

        catalogue = self._context.catalogue
        jobs = [] if look is None else [
            upload_document(u, base, self._uploads) for u in look.uploads
        ]  # fmt: skip
        states = look.layers if look else []
        late = {s.layer for s in states if is_late(s, self._cycles.get(s.layer), now)}
        return page_answer(
            self._context,
            request,
            "ops.html",
            # what waits for somebody stands first
            ordered=sorted(states, key=lambda s: not (s.refused or s.layer in late)),
            state=worst(found),
            mark=MARKS[worst(found)],
            findings=found,
            look=look,
            jobs=[job for job in jobs if job["status"] in ("accepted", "running")],
            failed=[job for job in jobs if job["status"] == "failed"][:5],
            disk=disk,
            answers=answers,
            updated=f"{now.astimezone(zone):%H:%M:%S}",
            local=local,
            titles={name: layer.title for name, layer in catalogue.items()},
            cycles=self._cycles,
            late=late,
            figures=self._figures(request, look, now),
            infinite=float("inf"),
        )


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def disk_of(settings: Settings) -> tuple[int, int]:
    """Free and total bytes of the disk that holds the home folder."""
    path = settings.home
    while not path.exists():
        path = path.parent
    usage = shutil.disk_usage(path)
    return usage.free, usage.total


def read_cycles(config: Path, catalogue: Mapping[str, Any]) -> dict[str, float]:
    """Layer -> days in which it is expected to change: cycles in operation.yaml.

    Raises
    ------
    DeclarationError : no such layer, or no number of days
    """
    path = config / "operation.yaml"
    if not path.is_file():
        return {}
    found = {}
    declared = read_yaml(path).get("cycles") or {}
    if not isinstance(declared, Mapping):
        raise DeclarationError(path, "cycles", "must be layer: days")
    for layer, days in declared.items():
        if layer not in catalogue:
            raise DeclarationError(path, f"cycles.{layer}", "no such layer")
        try:
            found[str(layer)] = float(str(days))
        except ValueError:
            raise DeclarationError(
                path, f"cycles.{layer}", f"{days!r} given, must be a number of days"
            ) from None
    return found
