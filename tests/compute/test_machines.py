"""Cities measured by several processes: the bits of one; words where none answers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import shapely

from gis.compute import execute
from gis.errors import MachinesError, describe
from gis.machines import Machines, _strip
from gis.settings import SettingError, read_settings
from layers import Level
from processes import measure_elsewhere
from processes.kernels.exact import packed, strips
from tests.memory import MemoryReader, two_towns

AT = "2015-12-31"


def towns() -> MemoryReader:
    """Two towns under 300 discs of uneven size, as another city each time."""
    rng = np.random.default_rng(5)
    at = np.round(rng.uniform(-200, 2200, (300, 2)), 3)
    discs = [
        {
            "code": f"{i:04d}",
            "range_m": float(20 + i % 60),
            "geometry": f"POINT ({x} {y})",
        }
        for i, (x, y) in enumerate(at)
    ]
    return MemoryReader({**two_towns(), "base_station": discs})


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A scheduler with two worker processes on this machine."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from distributed import LocalCluster

        with LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            host="127.0.0.1",
        ) as started:
            yield started


@pytest.fixture
def machines(cluster: Any) -> Iterator[Machines]:
    """What the product makes of it, in use."""
    found = Machines(cluster.scheduler_address)
    measure_elsewhere(found.measure)
    yield found
    measure_elsewhere(None)
    found.close()


def answer(**more: Any) -> Any:
    asked = {"service": "base_station", "zones": "community", "as_of": AT, **more}
    return execute("coverage", asked, reader=towns(), level=Level.STAFF)


def test_two_workers_give_the_bits_of_one_machine(machines: Machines) -> None:
    """Rows and hash are those of a run at home; it was the workers who measured."""
    asked: list[object] = []

    def watched(city: Any) -> Any:
        asked.append(city)
        return machines.measure(city)

    for more in ({}, {"depth": 3}):
        measure_elsewhere(None)
        home = answer(**more)
        measure_elsewhere(watched)
        away = answer(**more)
        assert away.rows == home.rows
        assert away.reconciliation["hash"] == home.reconciliation["hash"]
        assert home.rows[-1]["covered"] > 0
    assert len(asked) == 2


def test_a_worker_of_another_version_is_refused(machines: Machines) -> None:
    square = np.array([shapely.box(0, 0, 10, 10)])
    city = packed(square, square)
    with pytest.raises(MachinesError, match="another version"):
        _strip("0" * 64, city, strips(city, 1)[0])
    assert machines.measure(city).area[0, 0] > 0


def test_a_scheduler_that_is_not_there_is_named() -> None:
    nobody = Machines("tcp://127.0.0.1:9")
    measure_elsewhere(nobody.measure)
    try:
        with pytest.raises(MachinesError, match=r"127\.0\.0\.1:9 .* cannot be reached"):
            answer()
    finally:
        measure_elsewhere(None)
    status, code, _ = describe(MachinesError())
    assert (status, code) == (503, "MachinesUnavailable")


@pytest.mark.parametrize("address", ["localhost", "http://a:1", "tcp://a", "tcp://:x"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(SettingError, match="tcp://host:port"):
        read_settings({"CITYGRID_DASK": address})
    assert read_settings({"CITYGRID_DASK": "tcp://a:8786"}).dask == "tcp://a:8786"
