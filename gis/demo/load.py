"""The demo city through the ordinary loader: the same door as a user's file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from gis.db.loader import load_frame, load_source
from gis.db.pool import Database
from gis.demo.city import build_city
from gis.demo.relief import write_relief
from gis.errors import LoadError
from gis.load import LoadReport
from gis.load.raster import read_raster
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
    if "relief" in catalogue:
        reports.append(_load_relief(database, catalogue, city, seed))
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


def _load_relief(
    database: Database, catalogue: Catalogue, city: City, seed: int
) -> LoadReport:
    """Hills as a GeoTIFF, loaded as a user's own."""
    with TemporaryDirectory(prefix="citygrid-") as folder:
        file = write_relief(Path(folder) / "west-lake-hills.tif", city, seed)
        source, datum = read_raster(file, catalogue["relief"], None)
        return load_source(
            database, catalogue, city, "relief", source, datum=datum, actor=ACTOR,
            constants={
                "kind": "terrain", "synthetic": "true", "edition": "demo 2012",
                "valid_from": "2012-01-01", "name": "西湖群山 West Lake hills",
                "vertical_datum": "1985国家高程基准",
            },
        )  # fmt: skip
