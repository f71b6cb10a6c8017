"""What is exported loads back without a change, in every format."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import shapely

from gis.db.cluster import Cluster
from gis.db.export import read_layer
from gis.db.loader import load_source
from gis.db.pool import Database
from gis.errors import LoadError
from gis.load import read_source
from gis.load.write import SUFFIXES, WRITERS, write_frame
from layers import Catalogue, City, Column, Layer, load_codes
from tests.conftest import clone, drop
from tests.db.test_loader import DAY, Loader, park, square

WITH_PLACES_ONLY = ("fgb", "shp", "jsonfg", "kml", "gdb")

HOSTILE = (
    '007', "true", "=1+2", 'say "x", y', "两行\n第二行", "1e5", "2015-06-30", "NULL",
    "é ü — ß \U0001f333", "nan", "a\tb", "0x1F", "'quoted'", "<b>&amp;</b>", "NaT",
)  # fmt: skip
VERSIONS = (
    ("a", DAY(2012, 1, 1), DAY(2014, 7, 1)),
    ("a", DAY(2014, 7, 1), None),
    ("b", DAY(2012, 1, 1), None),
    ("c", DAY(2012, 1, 1), DAY(2013, 1, 1)),
)
WHEN = {"today": dt.date(2020, 1, 1), "a day": DAY(2012, 6, 1), "all versions": None}


def value(column: Column, name: str, turn: int, known: dict[str, str]) -> object:
    """A value that is easily lost: empty, at its limit, or like another type's."""
    if not column.required and turn % 4 == 3:
        return None
    low = 0.0 if column.min is None else column.min
    high = low + 1234.5 if column.max is None else column.max
    match column.type:
        case "text" if column.references:
            return known.get(column.references)
        case "text" if column.pattern:
            return None
        case "text":
            return HOSTILE[(turn + len(name)) % len(HOSTILE)]
        case "code":
            return list(load_codes(column.codes or ""))[turn % 2]
        case "integer":
            return (int(low), int(high), int(low) + 1)[turn % 3]
        case "number":
            return (low, high, (low + high) / 3)[turn % 3]
        case "boolean":
            return turn % 2 == 0
        case "date":
            return DAY(1899 + turn, 12, 31)
        case "datetime":
            return dt.datetime(2015, 10, 25, turn, 59, 59, 123456, tzinfo=dt.UTC)


def shape(kind: str, turn: int) -> shapely.Geometry | None:
    east = 0.002 * turn
    hole = shapely.box(120.1602 + east, 30.2702, 120.1604 + east, 30.2704)
    area = square(east).difference(hole)
    path = shapely.LineString([(120.16 + east, 30.27), (120.161234567, 30.2712345678)])
    return {
        "Point": shapely.Point(120.1612345678 + east, 30.2712345678),
        "LineString": path,
        "MultiLineString": shapely.MultiLineString(
            [path, path.reverse()][: 1 + turn % 2]
        ),
        "Polygon": area,
        "MultiPolygon": shapely.MultiPolygon(
            [area, square(east + 0.5)][: 1 + turn % 2]
        ),
        "none": None,
    }[kind]


def takes_rows(layer: Layer) -> bool:
    """Whether rows of a file become this layer; rasters have their own way."""
    return not layer.derived and layer.raster is None


def rows_of(layer: Layer, known: dict[str, str]) -> list[dict[str, object]]:
    """A few rows of a layer: versions that ended, versions under way."""
    rows = []
    for turn, (stem, start, end) in enumerate(VERSIONS):
        own = {n: value(c, n, turn, known) for n, c in layer.columns.items()}
        code = known[layer.id][:-1] + str("abc".index(stem))
        row = own | {"code": code, "valid_from": start, "valid_to": end, "source": "盘"}
        if own.get("name") is None:
            row["name"] = f"名{turn}"
        rows.append({**row, "at": shape(layer.geometry, turn)})
    return rows


@pytest.fixture(scope="module")
def kept(
    cluster: Cluster, migrated: str, catalogue: Catalogue, city: City
) -> Iterator[Loader]:
    """Every layer, with rows that are easily lost."""
    load = Loader(Database(clone(cluster, "exported", migrated)), catalogue, city)
    codes = {"district": "330100", "street": "330106000", "community": "330106001000",
             "unit_grid": "330106001001000"}  # fmt: skip
    known = {name: codes.get(name, f"{name}-0") for name in catalogue}
    for name in catalogue.load_order():
        layer = catalogue[name]
        if takes_rows(layer):
            told = load(name, rows_of(layer, known), allow_outside=True)
            assert told.loaded == len(VERSIONS), (name, told.reasons)
    yield load
    load.database.close()
    drop(cluster, "exported")


@pytest.fixture(scope="module")
def frames(kept: Loader) -> dict[tuple[str, str], pd.DataFrame]:
    """What is exported of every layer, whatever the format."""
    return {
        (layer.id, when): read_layer(kept.database, layer, at=day)
        for layer in kept.catalogue.values()
        if takes_rows(layer)
        for when, day in WHEN.items()
    }


def skipped(catalogue: Catalogue, name: str, form: str) -> str:
    """The day whose rows, all among the versions, are left to the next format."""
    turn = list(catalogue).index(name) + list(WRITERS).index(form)
    return ("today", "a day")[turn % 2]


@pytest.mark.parametrize("form", WRITERS)
def test_a_round_trip_changes_nothing(
    kept: Loader, frames: dict[tuple[str, str], pd.DataFrame], tmp_path: Path, form: str
) -> None:
    """Every layer with every version, and as of today or of a day, format by format."""
    for (name, when), frame in frames.items():
        if when == skipped(kept.catalogue, name, form):
            continue
        path = tmp_path / f"{name}-{len(when)}{SUFFIXES[form]}"
        layer = kept.catalogue[name]
        if layer.geometry == "none" and form in WITH_PLACES_ONLY:
            with pytest.raises(LoadError, match="has no geometry; use --format csv"):
                write_frame(frame, path, form, name)
            continue
        write_frame(frame, path, form, name)
        told = load_source(
            kept.database, kept.catalogue, kept.city, name, read_source(path),
            datum="cgcs2000", dry_run=True, allow_outside=True,
            valid_from=dt.date(2030, 1, 1),
        )  # fmt: skip
        count = {"today": 2, "a day": 3, "all versions": 4}[when]
        found = (told.read, told.unchanged, told.loaded, told.updated)
        assert found == (count, count, 0, 0), (name, when, told.lines())
        assert not told.reasons
        assert told.repaired == 0, told.repairs


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
