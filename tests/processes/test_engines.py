"""Two engines that share no code give one figure for the ground."""

from __future__ import annotations

from typing import Any

import pytest

from gis.db.pool import Database
from gis.db.reader import DatabaseReader
from layers import Catalogue, City
from tests.processes.test_database import assert_adds_up, by_zone, run


@pytest.fixture(scope="module")
def reader(city_db: Database, catalogue: Catalogue, city: City) -> DatabaseReader:
    return DatabaseReader(city_db, catalogue, city)


@pytest.mark.parametrize(
    ("service", "relative"),
    [
        ("unit_grid", 1e-9),  # polygons on the lattice: nothing is rounded
        # corners of circles and sectors are rounded by up to half a millimetre
        ("park", 1e-5),
        ("camera", 1e-5),
        ("service_point", 1e-5),
    ],
)
@pytest.mark.parametrize("zones", ["district", "community"])
def test_the_exact_kernel_agrees_with_unions(
    reader: Any, service: str, relative: float, zones: str
) -> None:
    united = run(reader, "coverage", service=service, zones=zones)
    exact = run(reader, "coverage", service=service, zones=zones, engine="exact")
    assert exact.reconciliation["engine"] == "exact"
    assert_adds_up(exact)
    found, wanted = by_zone(exact), by_zone(united)
    assert found.keys() == wanted.keys()
    for zone, row in wanted.items():
        assert found[zone]["covered"] == pytest.approx(
            row["covered"], rel=relative, abs=0.05
        ), zone
        assert found[zone]["total"] == row["total"] or zone in ("outside", "total")
