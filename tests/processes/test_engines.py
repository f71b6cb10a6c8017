"""Two engines that share no code give one figure for everything that is measured."""

from __future__ import annotations

from typing import Any

import pytest

from gis.db.pool import Database
from gis.db.reader import DatabaseReader
from layers import Catalogue, City
from processes import InvalidInput
from tests.processes.test_database import assert_adds_up, by_zone, run


@pytest.fixture(scope="module")
def reader(city_db: Database, catalogue: Catalogue, city: City) -> DatabaseReader:
    return DatabaseReader(city_db, catalogue, city)


def compared(reader: Any, **question: Any) -> None:
    united = run(reader, "coverage", engine="geos", **question)
    exact = run(reader, "coverage", **question)
    assert exact.reconciliation["engine"] == "exact"
    assert_adds_up(exact)
    found, wanted = by_zone(exact), by_zone(united)
    assert found.keys() == wanted.keys()
    assert any(row["covered"] for row in wanted.values())
    for zone, row in wanted.items():
        for name in ("covered", "total"):
            # 10 mm2 or 10 micrometres: what GEOS itself may be off by
            assert found[zone][name] == pytest.approx(row[name], rel=1e-8, abs=1e-4), (
                zone,
                name,
            )


@pytest.mark.parametrize("zones", ["district", "community", "unit_grid"])
@pytest.mark.parametrize("service", ["unit_grid", "park", "camera", "service_point"])
def test_ground(reader: Any, service: str, zones: str) -> None:
    compared(reader, service=service, zones=zones)


@pytest.mark.parametrize("service", ["camera", "service_point"])
@pytest.mark.parametrize(
    "demand",
    [
        {"of": "population"},
        {"of": "residential_area"},
        {"of": "length", "demand": "road"},
        {"of": "count", "demand": "public_place"},
        {"of": "count", "demand": "residential_compound", "share_min": 0.02},
        {"of": "count", "demand": "road", "share_min": 0.1},
        {"of": "count", "demand": "public_place", "within": ["330106002"]},
        {"of": "residential_area", "within": ["330106002"]},
    ],
    ids=lambda demand: "-".join(str(v) for v in demand.values()),
)
def test_everything_else(reader: Any, service: str, demand: dict[str, Any]) -> None:
    compared(reader, service=service, zones="community", **demand)


def test_points_on_an_outline_are_covered(reader: Any) -> None:
    """Unit grids as the service: hundreds of points lie on their borders."""
    compared(reader, service="unit_grid", zones="community", of="population")


def test_unions_know_one_depth_only(reader: Any) -> None:
    with pytest.raises(InvalidInput, match="engine"):
        run(reader, "coverage", service="camera", engine="geos", depth=2)


def test_deeper_is_less(reader: Any) -> None:
    covered = [
        by_zone(run(reader, "coverage", service="base_station", depth=depth))
        for depth in (1, 2, 3, 4)
    ]
    for less, more in zip(covered[1:], covered, strict=False):
        for zone, row in less.items():
            assert 0 <= row["covered"] <= more[zone]["covered"]
            if zone not in ("outside", "total"):
                assert row["total"] == more[zone]["total"]
    assert covered[3]["330106"]["covered"] > 0


@pytest.mark.parametrize("engine", ["exact", "geos"])
@pytest.mark.parametrize("demand", ["residential_compound", "road"])
def test_what_is_covered_wholly_has_a_share_of_one(
    reader: Any, engine: str, demand: str
) -> None:
    """Most are: a sum of parts that misses the whole by a bit is the whole."""
    question = {"service": "service_point", "of": "count", "demand": demand}
    counted = [
        run(reader, "coverage", engine=engine, share_min=share, **question)
        for share in (1.0, 1.0 - 1e-7)
    ]
    whole, nearly = (by_zone(result)["total"]["covered"] for result in counted)
    assert whole == nearly > 0
