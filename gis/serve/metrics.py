"""What the server does, in the text form that Prometheus reads; no names of layers."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gis.db.job import STATUSES
from gis.db.pool import Database
from gis.db.stands import STATES, read_stands
from gis.serve.context import Context
from layers import Level

log = logging.getLogger(__name__)

#: Upper ends of the classes of latency, in seconds.
JOB_BOUNDS_S = (0.5, 1.0, 2.5, 10.0, 30.0, 60.0, 300.0, 1800.0)
BOUNDS_S = (0.005, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0)
_TEXT = "text/plain; version=0.0.4; charset=utf-8"
#: First words of paths that are counted by themselves.
_NAMES = frozenset(
    [
        "conformance",
        "openapi",
        "collections",
        "tileMatrixSets",
        "tiles",
        "processes",
        "jobs",
        "docs",
        "signin",
        "signout",
        "healthz",
        "readyz",
        "metrics",
        "ops",
        "loads",
        "uploads",
        "map",
        "scorecard",
        "assets",
        "styles",
        "static",
    ]
)
#: Words below a collection or process that are counted by themselves.
_BELOW = frozenset(
    ["items", "queryables", "sortables", "schema", "tiles", "execution", "results"]
)


def route_of(path: str) -> str:
    """The kind of a path: one of a few words, whatever the path holds.

    Examples
    --------
    >>> route_of("/collections/park/items/7"), route_of("/wp-admin"), route_of("/")
    ('item', 'other', 'landing')
    """
    words = path.strip("/").split("/")
    if words == [""]:
        return "landing"
    if words[0] not in _NAMES:
        return "other"
    if len(words) > 2 and words[2] in _BELOW:
        below = len(words) > 3
        if words[2] == "items":
            return "item" if below else "items"
        return "tile" if words[2] == "tiles" and len(words) > 6 else words[2]
    return words[0]


class Traffic:
    """Requests that were answered: how many, how fast, with what status."""

    def __init__(self) -> None:
        self.in_flight = 0
        self._statuses: Counter[tuple[str, int]] = Counter()
        self._classes: dict[str, list[int]] = defaultdict(lambda: [0] * len(BOUNDS_S))
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def count(self, path: str, status: int, seconds: float) -> None:
        """Count one request."""
        route = route_of(path)
        self._statuses[route, status] += 1
        self._seconds[route] += seconds
        for i, bound in enumerate(BOUNDS_S):
            self._classes[route][i] += seconds <= bound

    def lines(self) -> Iterator[str]:
        """Lines of all counters."""
        yield "# TYPE citygrid_requests_total counter"
        totals: Counter[str] = Counter()
        for (route, status), number in sorted(self._statuses.items()):
            totals[route] += number
            labels = f'route="{route}",status="{status}"'
            yield f"citygrid_requests_total{{{labels}}} {number}"
        yield "# TYPE citygrid_request_seconds histogram"
        for route, total in sorted(totals.items()):
            name = f'citygrid_request_seconds_bucket{{route="{route}",le='
            for bound, number in zip(BOUNDS_S, self._classes[route], strict=True):
                yield f'{name}"{bound}"}} {number}'
            yield f'{name}"+Inf"}} {total}'
            labels = f'{{route="{route}"}}'
            seconds = self._seconds[route]
            yield f"citygrid_request_seconds_sum{labels} {seconds:.6f}"
            yield f"citygrid_request_seconds_count{labels} {total}"
        yield from _gauge("in_flight_requests", self.in_flight)


class Metrics:
    """Handler of /metrics."""

    def __init__(self, context: Context, traffic: Traffic, database: Database) -> None:
        self._context = context
        self._traffic = traffic
        self._database = database

    async def show(self, _request: Request) -> Response:
        """Everything that is counted."""
        lines = [*self._lines(), *await run_in_threadpool(self._job_lines)]
        text = "\n".join(lines) + "\n"
        return Response(text, media_type=_TEXT, headers={"Cache-Control": "no-store"})

    def _lines(self) -> Iterator[str]:
        context = self._context
        yield from self._traffic.lines()
        yield from _gauge("kept_bytes", context.kept.size)
        yield from _gauge("kept_request_bytes", context.kept.request_size)
        yield from _counter("kept_hits", context.kept.hits)
        yield from _counter("kept_misses", context.kept.misses)
        for name, lane in (
            ("pages", context.lanes.pages),
            ("heavy", context.lanes.heavy),
        ):
            yield from _gauge(f"lane_{name}_running", lane.running)
            yield from _gauge(f"lane_{name}_waiting", lane.waiting)
            yield from _counter(f"lane_{name}_rejected", lane.rejected)
        for level, (size, waiting) in context.database.state().items():
            yield from _gauge(f"pool_{level.label}_connections", size)
            yield from _gauge(f"pool_{level.label}_waiting", waiting)
        processes = context.workers.statistics()
        yield from _gauge("processes_running", processes.borrowed_tokens)
        yield from _gauge("processes_waiting", processes.tasks_waiting)

    def _job_lines(self) -> list[str]:
        """Jobs by level and status, workers, how long jobs were computed; live figures.

        From the database, so that every server of a city tells the same; nothing where
        the database cannot be asked.
        """
        jobs = self._context.jobs
        try:
            counts, workers = jobs.counts(), jobs.workers()
            durations = jobs.durations(JOB_BOUNDS_S)
            with self._database.reader() as connection:
                stands = read_stands(connection)
        except Exception as error:
            log.warning("no metrics of jobs and figures: %s", type(error).__name__)
            return []
        lines = ["# TYPE citygrid_jobs gauge"]
        for level in Level:
            for status in STATUSES:
                number = counts.get((level.label, status), 0)
                labels = f'level="{level.label}",status="{status}"'
                lines.append(f"citygrid_jobs{{{labels}}} {number}")
        lines += _gauge("job_workers", workers)
        lines.append("# TYPE citygrid_job_seconds histogram")
        for one in durations:
            name = f'citygrid_job_seconds_bucket{{process="{one.process}",le='
            for bound, number in zip(JOB_BOUNDS_S, one.within, strict=True):
                lines.append(f'{name}"{bound}"}} {number}')
            lines.append(f'{name}"+Inf"}} {one.jobs}')
            labels = f'{{process="{one.process}"}}'
            lines.append(f"citygrid_job_seconds_sum{labels} {one.seconds:.6f}")
            lines.append(f"citygrid_job_seconds_count{labels} {one.jobs}")
        now = datetime.now(UTC)
        figures = Counter(one.state(now) for one in stands)
        lines.append("# TYPE citygrid_live_figures gauge")
        for state in STATES:
            lines.append(f'citygrid_live_figures{{state="{state}"}} {figures[state]}')
        return lines


def _gauge(name: str, value: float) -> Iterator[str]:
    yield f"# TYPE citygrid_{name} gauge"
    yield f"citygrid_{name} {value}"


def _counter(name: str, value: float) -> Iterator[str]:
    yield f"# TYPE citygrid_{name}_total counter"
    yield f"citygrid_{name}_total {value}"
