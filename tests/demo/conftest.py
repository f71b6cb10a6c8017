"""The small demo city, generated once for all tests of this folder."""

from __future__ import annotations

import geopandas as gpd
import pytest

from gis.demo import SIZES, build_city
from gis.demo.city import make_ground
from gis.demo.ground import Ground

SEED = 2012


@pytest.fixture(scope="session")
def frames() -> dict[str, gpd.GeoDataFrame]:
    return dict(build_city("small", SEED))


@pytest.fixture(scope="session")
def ground() -> Ground:
    return make_ground(SIZES["small"], SEED, lambda what, share: None)


@pytest.fixture(scope="session")
def whole_city() -> Ground:
    """The mesh of all thirteen districts, without the things that stand on it."""
    return make_ground(SIZES["city"], SEED, lambda what, share: None)
