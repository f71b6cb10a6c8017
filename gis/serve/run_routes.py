"""Addresses of the ledger of runs and of events, in one table."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import BaseRoute

from gis.serve.context import Context
from gis.serve.events import Events
from gis.serve.load_routes import route
from gis.serve.runs import Runs


def run_routes(context: Context) -> Sequence[BaseRoute]:
    """Routes that tell of runs, and of what changes."""
    runs = Runs(context)
    return [
        route("/runs", {"GET": runs.all}),
        route("/runs/{run}", {"GET": runs.one}),
        route("/runs/{run}/results", {"GET": runs.results}),
        route("/runs/{run}/cells", {"GET": runs.cells}),
        route("/events", {"GET": Events(context).tell}),
    ]
