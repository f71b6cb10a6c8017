"""What is mended is said per row; what cannot be is refused in the data's language."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely

from gis.db import loader
from gis.db.ledger import read_repairs
from gis.db.loader import load_source
from gis.db.pool import Database
from gis.load import LoadReport, read_source
from gis.load.mending import SLIVER_M2
from layers import Catalogue, City
from tests.db.test_loader import HERE, Loader, park, square

X, Y = HERE
M = 1e-5  # about a metre in degrees


@pytest.fixture
def load(empty_db: Database, catalogue: Catalogue, city: City) -> Loader:
    return Loader(empty_db, catalogue, city)


def repairs(load: Loader, report: LoadReport) -> list[tuple[int, str]]:
    assert report.load_id is not None
    found = read_repairs(load.database, report.load_id)
    return [(row, what.partition(" ")[2] or what) for row, _, what in found]


def ring(*points: tuple[float, float]) -> shapely.Geometry:
    return shapely.Polygon([(X + x * M, Y + y * M) for x, y in points])


def test_every_repair_is_said_with_its_row(load: Loader) -> None:
    bow = ring((0, 0), (100, 100), (100, 0), (0, 100))
    knot = ring((0, 0), (100, 0), (100, 100), (50, 100), (50.3, 100.3), (50.3, 100),
                (50, 100.3), (49, 100), (0, 100))  # fmt: skip
    twice = ring((0, 0), (50, 0), (50, 0), (100, 0), (100, 100), (0, 100))
    rows = [
        park("a", at=square()),
        park("b", at=square().reverse()),
        park("c", at=shapely.force_3d(square(), 5.0)),
        park("d", at=bow),
        park("e", at=twice),
        park("f", "电话 13800138000"),
        park("g", at=knot),
    ]
    rows = [{**row, "at": row["at"]} for row in rows]
    told = load("park", rows)
    assert (told.loaded, told.refused) == (7, 0), told.reasons
    found: dict[int, set[str]] = {}
    for row, what in repairs(load, told):
        found.setdefault(row, set()).add(what)
    turned = "outer rings turned anticlockwise"
    assert found[2] == {turned}
    assert found[3] == {"third dimension dropped"}
    assert any("Self-intersection" in what for what in found[4])
    assert "repeated points removed" in found[5]
    assert any("starred" in what for what in found[6])
    assert any(f"slivers below {SLIVER_M2:g} m²" in what for what in found[7])
    assert 1 not in found
    assert (told.repaired, told.masked) == (5, 1)
    assert sum(told.repairs.values()) == sum(len(whats) for whats in found.values())
    assert any("citygrid load repairs" in line for line in told.lines())
    stored = load.rows("park")
    assert all(shapely.from_wkt(row["wkt"]).is_valid for row in stored)
    again = load("park", rows)
    assert (again.unchanged, again.updated) == (7, 0)


def test_only_the_first_are_kept_by_row_but_all_are_counted(
    load: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "MOST_REPAIRS", 3)
    rows = [park(f"p{i}", at=square().reverse()) for i in range(5)]
    told = load("park", rows)
    assert len(repairs(load, told)) == 3
    assert list(told.repairs.values()) == [5]
    assert any("the first of 5 repairs" in note for note in told.notes)


def test_a_part_that_was_there_is_no_sliver(load: Loader) -> None:
    small = ring((300, 0), (300.5, 0), (300.5, 0.5), (300, 0.5))
    bow = ring((0, 0), (100, 100), (100, 0), (0, 100))
    told = load("park", [park("a", at=shapely.MultiPolygon([bow, small]))])
    assert told.loaded == 1, told.reasons
    whole = shapely.from_wkt(load.rows("park")[0]["wkt"])
    assert shapely.get_num_geometries(whole) == 3
    assert not any("sliver" in what for what in told.repairs)


def test_what_only_rounding_breaks_is_mended_and_said(load: Loader) -> None:
    """A spike thinner than a millimetre crosses itself once it is on the lattice."""
    rng = np.random.default_rng(3)
    spikes = [
        ring((0, 0), (50, 0), (50 + 3e-5 * a, 60.00001 + b), (50 + 4e-5 * c, 0),
             (100, 0), (100, 100), (0, 100))
        for a, b, c in rng.random((40, 3))
    ]  # fmt: skip
    assert all(shape.is_valid for shape in spikes)
    told = load("park", [park(f"s{i}", at=s) for i, s in enumerate(spikes)])
    assert told.loaded == 40, told.reasons
    assert any("once snapped to the millimetre" in what for what in told.repairs)
    assert all(shapely.from_wkt(r["wkt"]).is_valid for r in load.rows("park"))
    with load.database.owner() as connection:
        row = connection.execute("SELECT bool_and(ST_IsValid(geom)) FROM city.park")
        assert row.fetchone() == (True,)


def file_report(load: Loader, path: Path, **options: Any) -> LoadReport:
    return load_source(
        load.database, load.catalogue, load.city, "park", read_source(path),
        datum="cgcs2000", **options,
    )  # fmt: skip


def test_open_rings_are_closed(load: Loader, tmp_path: Path) -> None:
    corners = [[X, Y], [X + 0.001, Y], [X + 0.001, Y + 0.001], [X, Y + 0.001]]
    shapes = [
        {"type": "Polygon", "coordinates": [corners]},
        {"type": "Polygon", "coordinates": [[*corners, corners[0]]]},
        {"type": "Polygon", "coordinates": [corners[:1]]},
        None,
    ]
    path = tmp_path / "open.geojson"
    features = [
        {
            "type": "Feature",
            "geometry": shape,
            "properties": {"code": f"p{i}", "name": "x"},
        }
        for i, shape in enumerate(shapes)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    told = file_report(load, path)
    assert (told.loaded, told.refused) == (2, 2), told.reasons
    assert repairs(load, told) == [(1, "open ring closed")]
    assert {why.partition(" ")[0] for why in told.reasons} == {
        "位置无法读取",
        "没有位置",
    }
    wkt = tmp_path / "open.csv"
    text = f"POLYGON(({', '.join(f'{x} {y}' for x, y in corners)}))"
    wkt.write_text(f'code,name,wkt\nq1,x,"{text}"\nq2,x,"POLYGON((1"\nq3,x,\n')
    told = file_report(load, wkt)
    assert repairs(load, told) == [(1, "open ring closed")]
    assert sorted(told.reasons.values()) == [1, 1]


def test_arcs_are_drawn_and_said(load: Loader, tmp_path: Path) -> None:
    arc = (
        f"CURVEPOLYGON(CIRCULARSTRING({X} {Y}, {X + 0.001} {Y + 0.001}, "
        f"{X + 0.002} {Y}, {X + 0.001} {Y - 0.001}, {X} {Y}))"
    )
    plain = square().wkt
    csv = tmp_path / "arcs.csv"
    csv.write_text(f'code,name,wkt\na,x,"{arc}"\nb,x,"{plain}"\n')
    told = file_report(load, csv, source_name="cad")
    assert [row for row, what in repairs(load, told) if "chords" in what] == [1]
    gpkg = tmp_path / "arcs.gpkg"
    subprocess.run(
        ["ogr2ogr", "-f", "GPKG", gpkg, csv, "-oo", "GEOM_POSSIBLE_NAMES=wkt", "-a_srs",
         "EPSG:4490", "-nlt", "GEOMETRY", "-select", "code,name"],
        check=True, capture_output=True,
    )  # fmt: skip
    assert "Unknown" in str(pyogrio.read_info(gpkg)["geometry_type"])
    told = file_report(load, gpkg, source_name="cad")
    assert [row for row, what in repairs(load, told) if "chords" in what] == [1]
    assert told.unchanged == 2


def test_what_cannot_be_mended_says_why_in_chinese(load: Loader) -> None:
    flat = ring((0, 0), (100, 0), (200, 0))
    told = load("park", [park("a", at=flat), park("b", at=shapely.Point(X, Y))])
    assert told.loaded == 0
    assert sorted(told.reasons) == [
        "几何类型 Point，应为 geometry is Point, must be MultiPolygon",
        "面积为零 polygon has no area",
    ]
