"""Rows without a code: the same row of the same source is the same feature."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely

from gis.db.loader import load_source
from gis.db.pool import Database
from gis.load import LoadReport, read_source
from gis.load import delimited as text_files
from gis.load.keys import BY_CONTENT, BY_PLACE, WITHOUT_PLACE
from layers import Catalogue, City
from tests.db.test_loader import Loader

ROWS = ["甲,120.13,30.27", "乙,120.14,30.27", "丙,120.15,30.27", "丁,120.15,30.27"]
Load = Callable[..., LoadReport]


@pytest.fixture
def load(empty_db: Database, catalogue: Catalogue, city: City, tmp_path: Path) -> Load:
    def run(
        name: str, rows: list[str], head: str = "name,lon,lat", **more: object
    ) -> LoadReport:
        path = tmp_path / name
        path.write_text("\n".join([head, *rows]) + "\n", "utf-8")
        options = {"datum": "wgs84", "source_name": "测绘院 2015"} | more
        return load_source(
            empty_db,
            catalogue,
            city,
            "tourist_service",
            read_source(path),
            **options,  # type: ignore[arg-type]
        )

    return run


def names(database: Database) -> dict[str, str]:
    with database.owner() as connection:
        rows = connection.execute("SELECT code, name FROM city.tourist_service")
        return {str(code): str(name) for code, name in rows}


def test_another_file_of_the_source_brings_the_same_features(
    load: Load, empty_db: Database, catalogue: Catalogue, city: City, tmp_path: Path
) -> None:
    first = load("may.csv", ROWS)
    assert first.loaded == 4
    assert first.keys == {BY_PLACE: 2, BY_CONTENT: 2}
    assert any("2 × 来源" in line for line in first.lines())
    codes = names(empty_db)
    assert all(code.startswith("测绘院_2015-") for code in codes)
    mixed = [",".join(reversed(row.split(","))) for row in ROWS]
    random.Random(7).shuffle(mixed)
    again = load("june.csv", mixed, "lat,lon,name")
    assert (again.unchanged, again.loaded, again.updated) == (4, 0, 0)
    # another format of the same places
    frame = geopandas.GeoDataFrame(
        {"name": [row[0] for row in ROWS]},
        geometry=shapely.points(np.array([[120.13, 30.27], [120.14, 30.27],
                                          [120.15, 30.27], [120.15, 30.27]])),
        crs=4490,
    )  # fmt: skip
    frame.to_file(tmp_path / "july.gpkg")
    third = load_source(
        empty_db, catalogue, city, "tourist_service",
        read_source(tmp_path / "july.gpkg"), datum="cgcs2000",
        source_name="测绘院 2015",
    )  # fmt: skip
    assert third.keys == {BY_PLACE: 2, BY_CONTENT: 2}
    # where several stand at one place their contents count, and CSV names the columns
    # that hold the place: only those alone at theirs are recognised
    assert third.unchanged == 2


def test_a_changed_row_is_a_version_of_the_same_feature(
    load: Load, empty_db: Database
) -> None:
    load("may.csv", ROWS[:2])
    before = names(empty_db)
    told = load("june.csv", ["甲馆,120.13,30.27", ROWS[1]])
    assert (told.updated, told.unchanged, told.loaded) == (1, 1, 0)
    after = names(empty_db)
    assert set(after) == set(before)
    assert sorted(after.values()) == ["乙", "甲馆"]


def test_another_source_is_another_feature(load: Load) -> None:
    load("may.csv", ROWS[:2])
    assert load("may.csv", ROWS[:2], source_name="规划院").loaded == 2


def test_a_row_that_stands_twice_is_refused(load: Load) -> None:
    told = load("may.csv", [*ROWS[:2], ROWS[0]])
    assert (told.loaded, told.refused) == (2, 1)
    assert any("stands twice" in why for why in told.reasons)


def test_parts_of_a_large_file_know_of_each_other(
    load: Load, empty_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_files, "_LARGE", 10)
    monkeypatch.setattr("gis.load.delimited.PART", 2)
    monkeypatch.setattr(text_files.CsvSource.parts, "__defaults__", (2,))
    rows = [ROWS[2], ROWS[0], ROWS[1], ROWS[3]]
    told = load("large.csv", rows)
    assert told.keys == {BY_PLACE: 2, BY_CONTENT: 2}
    whole = names(empty_db)
    monkeypatch.undo()
    assert load("small.csv", ROWS).unchanged == 4
    assert names(empty_db) == whole


def test_rows_without_a_place_are_known_by_what_they_say(
    empty_db: Database, catalogue: Catalogue, city: City
) -> None:
    load = Loader(empty_db, catalogue, city)
    table = next(
        layer for layer in catalogue.values()
        if layer.geometry == "none" and not layer.derived
        and not any(c.references for c in layer.columns.values())
    )  # fmt: skip
    rows = [{"name": "甲"}, {"name": "乙"}, {"name": "甲"}]
    told = load(table.id, rows, source_name="年报", dry_run=True)
    assert told.keys == {WITHOUT_PLACE: 3}
    assert io.StringIO(str(told.reasons))
