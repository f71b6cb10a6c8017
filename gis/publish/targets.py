"""The plan's targets as the map and the scorecard show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.publish.basemap import Json
from layers import Level

if TYPE_CHECKING:
    from gis.serve.context import Context


def target_list(context: Context, level: Level) -> list[Json]:
    """Return the targets in the order of the plan."""
    return []
