"""What is exported loads back without a change, in every format."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import shapely

from gis.db.export import read_layer
from gis.db.loader import load_source
from gis.db.pool import Database
from gis.errors import LoadError
from gis.load import read_source
from gis.load.write import SUFFIXES, WRITERS, write_frame
from layers import Catalogue, City
from tests.db.test_loader import DAY, Loader, park, square

SPATIAL = ("district", "parking_lot", "road", "elevator", "hospital")
TABLES = ("indicator_value", "case_stage")


def round_trip(
    database: Database, catalogue: Catalogue, city: City, layer: str, form: str,
    folder: Path,
) -> None:  # fmt: skip
    frame = read_layer(database, catalogue[layer], at=None)
    if frame.empty:
        return
    path = folder / f"{layer}{SUFFIXES[form]}"
    write_frame(frame, path, form, layer)
    source = read_source(path)
    report = load_source(
        database, catalogue, city, layer, source, datum="cgcs2000", dry_run=True,
        allow_outside=True, valid_from=dt.date(2030, 1, 1),
    )  # fmt: skip
    told = (report.read, report.unchanged, report.loaded, report.updated)
    assert told == (len(frame), len(frame), 0, 0), (layer, form, report.lines())
    assert not report.reasons


@pytest.mark.parametrize("form", WRITERS)
def test_a_round_trip_changes_nothing(
    city_db: Database, catalogue: Catalogue, city: City, tmp_path: Path, form: str
) -> None:
    for layer in SPATIAL:
        round_trip(city_db, catalogue, city, layer, form, tmp_path)


@pytest.mark.parametrize("form", ["csv", "xlsx", "gpkg"])
def test_a_table_without_positions_comes_back(
    city_db: Database, catalogue: Catalogue, city: City, tmp_path: Path, form: str
) -> None:
    for layer in TABLES:
        round_trip(city_db, catalogue, city, layer, form, tmp_path)


def test_every_layer_comes_back(
    city_db: Database, catalogue: Catalogue, city: City, tmp_path: Path
) -> None:
    for layer in catalogue.values():
        if not layer.derived:
            round_trip(city_db, catalogue, city, layer.id, "parquet", tmp_path)


def test_a_day_and_every_version(
    empty_db: Database, catalogue: Catalogue, city: City
) -> None:
    load = Loader(empty_db, catalogue, city)
    load("park", [park("a", "旧"), park("b")], valid_from=DAY(2012, 1, 1))
    load("park", [park("a", "新")], valid_from=DAY(2015, 1, 1))
    layer = catalogue["park"]
    then = read_layer(empty_db, layer, at=DAY(2014, 12, 31))
    assert then["name"].tolist() == ["旧", "公园"]
    assert then["valid_to"].tolist() == ["2015-01-01", None]
    assert len(read_layer(empty_db, layer, at=None)) == 3
    assert read_layer(empty_db, layer, at=DAY(2011, 1, 1)).empty


def test_what_a_format_cannot_hold_is_said(
    empty_db: Database, catalogue: Catalogue, city: City, tmp_path: Path
) -> None:
    load = Loader(empty_db, catalogue, city)
    long = shapely.segmentize(square(), 1e-6)
    load("park", [park("a", "很长的名字" * 30) | {"at": long}])
    frame = read_layer(empty_db, catalogue["park"], at=None)
    with pytest.raises(LoadError, match=r"park.name: .*254 bytes, found 450"):
        write_frame(frame, tmp_path / "p.zip", "shp", "park")
    with pytest.raises(LoadError, match="cell holds at most 32,767"):
        write_frame(frame, tmp_path / "p.xlsx", "xlsx", "park")
    assert list(tmp_path.iterdir()) == []
