"""The demo city through the ordinary loader: the same door as a user's file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from gis.db.loader import load_frame
from gis.db.pool import Database
from gis.demo.city import build_city
from gis.errors import LoadError
from gis.load import LoadReport
from layers import Catalogue, City

Progress = Callable[[str, float], None]
ACTOR = "demo"
LAST_LAYER = "indicator_value"  # once it holds rows, the city is whole


def load_demo(
    database: Database,
    catalogue: Catalogue,
    city: City,
    *,
    size: Literal["small", "city"],
    seed: int,
    on_progress: Progress | None = None,
) -> list[LoadReport]:
    """Generate the demo city and load every layer.

    Parameters
    ----------
    size : `small` is one district's core, `city` the whole municipality
    seed : the same seed gives the same bytes
    on_progress : called with what is under way and the share done, 0 to 1

    Raises
    ------
    LoadError : a generated row was refused, which is a fault of the generator
    """
    tell = on_progress or (lambda *_: None)
    reports = []
    for layer, frame in build_city(size, seed, tell):
        report = load_frame(
            database, catalogue, city, layer, frame, datum="cgcs2000", actor=ACTOR,
            follow_views=False,  # the server draws them while it serves already
        )  # fmt: skip
        if report.refused:
            raise LoadError(
                f"{layer}: the demo's own rows were refused: {report.reasons}"
            )
        reports.append(report)
    return reports
