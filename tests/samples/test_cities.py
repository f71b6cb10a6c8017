"""Another city is another folder: its CRS, extent, layers and mappings."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely
import yaml

from gis.db.cluster import Cluster
from gis.db.history import undo
from gis.db.ledger import read_rejects
from gis.db.loader import load_source
from gis.db.migrate import FOLDER, find_migrations, migrate
from gis.db.pool import Database
from gis.load import read_source
from gis.load.headers import read_synonyms
from gis.load.rules import read_rules
from layers import CONFIG, LAYERS, load_catalogue, load_city
from tests.conftest import clone, drop

HERE = Path(__file__).parent
CITIES = yaml.safe_load((HERE / "cities.yaml").read_text("utf-8"))
_numbers = itertools.count()


@pytest.fixture
def bare(cluster: Cluster) -> Iterator[Database]:
    name = f"other_{next(_numbers)}"
    database = Database(clone(cluster, name, "template0"))
    yield database
    database.close()
    drop(cluster, name)


@pytest.mark.parametrize("row", CITIES, ids=lambda row: row["city"])
def test_another_city_loads(samples: Path, bare: Database, row: dict[str, Any]) -> None:
    config = HERE / row["city"]
    city = load_city(config)
    catalogue = load_catalogue(LAYERS, config / "layers")
    migrate(bare, catalogue, city, find_migrations(FOLDER, config / "migrations"))
    rules = read_rules(config, row["mapping"])
    assert rules.layer
    assert rules.datum
    source = read_source(samples / row["file"], mapping=rules.headers)

    def load() -> Any:
        return load_source(
            bare, catalogue, city, rules.layer or "", source,
            datum=rules.datum or "", rules=rules, synonyms=read_synonyms(CONFIG),
        )  # fmt: skip

    report = load()
    assert (report.read, report.loaded) == (row["read"], row["loaded"]), report.reasons
    assert report.refused == row["read"] - row["loaded"]
    assert report.load_id is not None
    assert source.geometry is not None
    here = shapely.intersects(shapely.box(*city.extent), source.geometry)
    refused = [n for n, _, _ in read_rejects(bare, report.load_id) if here[n - 1]]
    assert len(refused) == row["refused_here"]
    with bare.owner() as connection:
        for column, count in row["columns"].items():
            found = connection.execute(
                f"SELECT count({column}) FROM city.{rules.layer}".encode()
            ).fetchone()
            assert found == (count,), column
        srid = connection.execute(
            f"SELECT DISTINCT ST_SRID(geom_m) FROM city.{rules.layer}".encode()
        ).fetchall()
    assert srid == [(city.working_srid,)]
    if row["read"] > 20_000:
        return  # what follows is the same work again
    again = load()
    assert (again.unchanged, again.loaded) == (row["loaded"], 0)
    assert undo(bare, catalogue, report.load_id).report["removed"] == row["loaded"]
