"""What every handler needs to answer one request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request

from gis.compute import ResultStore, execute
from gis.db.jobs import JobStore
from gis.db.pool import AsyncDatabase
from gis.db.runs import RunStore
from gis.errors import NotFound
from gis.serve.engine import Engine
from gis.serve.gate import Gate
from gis.serve.hub import Hub
from gis.serve.kept import Kept
from gis.serve.lanes import Busy, Lanes
from gis.serve.negotiate import Lang, base_url, client_of, lang_of
from gis.serve.texts import Texts
from gis.settings import Settings
from layers import Catalogue, City, Layer, Level
from processes import Reader, Result

#: Processes that are computed at the same time, and that may wait for it.
WORKERS = 4
WAITING = 64


@dataclass(frozen=True)
class Context:
    """The city as the handlers see it; built once, shared by all requests."""

    settings: Settings
    catalogue: Catalogue
    city: City
    database: AsyncDatabase
    gate: Gate
    engine: Engine
    texts: Texts
    reader_for: Callable[[Level], Reader]
    results: ResultStore | None
    jobs: JobStore
    runs: RunStore
    hub: Hub
    kept: Kept = field(default_factory=Kept)
    lanes: Lanes = field(default_factory=Lanes)
    workers: CapacityLimiter = field(default_factory=partial(CapacityLimiter, WORKERS))

    def level_of(self, request: Request) -> Level:
        """Access level that the gate gave the request."""
        return cast(Level, request.state.level)

    def lang_of(self, request: Request) -> Lang:
        """Language to answer in."""
        return once(request, "lang", lambda: lang_of(request))

    def base_url(self, request: Request) -> str:
        """Base of absolute links, without a slash at the end."""
        return once(request, "base", lambda: base_url(request, self.settings))

    def client_of(self, request: Request) -> str:
        """Address of whoever asks."""
        return client_of(request, self.settings)

    def layer_of(self, request: Request) -> Layer:
        """The layer that the path names, as far as it exists for the request's level.

        Raises
        ------
        NotFound : no such layer, or not for this level; the answer is the same
        """
        layer_id = request.path_params["layer"]
        layer = self.catalogue.get(layer_id)
        if layer is None or not layer.visible_at(self.level_of(request)):
            raise NotFound(f"collection {layer_id!r}: not published")
        return layer

    async def execute(
        self, process_id: str, inputs: Mapping[str, Any], level: Level
    ) -> Result:
        """Result of a process for this level, computed in a thread.

        A few at a time, on threads of their own: documents never wait for them.

        Raises
        ------
        Busy : too many wait already
        """
        if self.workers.statistics().tasks_waiting >= WAITING:
            raise Busy
        work = partial(
            execute,
            process_id,
            inputs,
            reader=self.reader_for(level),
            level=level,
            results=self.results,
        )
        return await to_thread.run_sync(work, limiter=self.workers)


def once[T](request: Request, name: str, make: Callable[[], T]) -> T:
    """What is the same for the whole of a request, worked out once."""
    kept = request.scope.setdefault("citygrid", {})
    if name not in kept:
        kept[name] = make()
    return cast(T, kept[name])
