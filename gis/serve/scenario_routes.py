"""Addresses of saved scenarios, in one table."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import BaseRoute

from gis.serve.context import Context
from gis.serve.load_routes import route
from gis.serve.scenarios import Scenarios


def scenario_routes(context: Context) -> Sequence[BaseRoute]:
    """Routes that keep, compare and hand out scenarios."""
    scenarios = Scenarios(context)
    return [
        route("/scenarios", {"GET": scenarios.all, "POST": scenarios.save}),
        route("/scenarios/compare", {"GET": scenarios.compare}),
        route(
            "/scenarios/{scenario}",
            {
                "GET": scenarios.one,
                "PUT": scenarios.replace,
                "DELETE": scenarios.remove,
            },
        ),
        route("/scenarios/{scenario}/load", {"GET": scenarios.load}),
    ]
