"""Rasters in and out of a real PostGIS: checked, kept, undone, backed up, computed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine, from_origin

from gis.compute import execute
from gis.db.backup import create_backup, verify_backup
from gis.db.history import undo
from gis.db.intake import Intake
from gis.db.pool import Database
from gis.db.reader import DatabaseReader
from gis.db.relief import heights_of, read_window, sheets_in
from gis.db.sheets import write_sheet
from gis.errors import LoadError
from gis.load.request import LoadRequest
from layers import CONFIG, Catalogue, City, Level, transformer
from processes import InvalidInput, NoData

LON, LAT = 120.10, 30.27
SECOND = 1 / 3600
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a GeoTIFF of heights, by default 330 x 300 cells of a second."""

    def written(name: str = "dem.tif", heights: Any = None, **changed: Any) -> Path:
        if heights is None:
            y, x = np.mgrid[0:300, 0:330]
            heights = np.round(40 + 30 * np.sin(x / 5) * np.cos(y / 4)).astype("i2")
        bands = changed.pop("bands", 1)
        after = changed.pop("after", None)
        profile = {
            "driver": "GTiff", "count": bands, "height": heights.shape[0],
            "width": heights.shape[1], "dtype": heights.dtype, "crs": "EPSG:4326",
            "nodata": -32768, "tiled": True, "blockxsize": 128, "blockysize": 128,
            "transform": from_origin(LON - 165 * SECOND, LAT + 150 * SECOND,
                                     SECOND, SECOND),
            **changed,
        }  # fmt: skip
        with rasterio.open(tmp_path / name, "w", **profile) as out:
            for band in range(bands):
                out.write(heights, band + 1)
            if after:
                after(out)
        return tmp_path / name

    return written


@pytest.fixture
def intake(empty_db: Database, catalogue: Catalogue, city: City) -> Intake:
    return Intake(empty_db, catalogue, city, CONFIG, "tester")


def asked(**sets: str) -> LoadRequest:
    return LoadRequest(layer="relief", sets={"kind": "terrain", **sets})


def cells_of(intake: Intake, code: str) -> tuple[Any, Any]:
    """Every cell of a sheet, and the sheet."""
    with intake.database.reader() as connection:
        layer = intake.catalogue["relief"]
        whole = (-180.0, -90.0, 180.0, 90.0)
        sheets = sheets_in(connection, layer, whole, layer.srid, None)
        (sheet,) = [one for one in sheets if one.code == code]
        told = sheet.told
        window = (0, 0, told["grid_columns"], told["grid_rows"])
        return read_window(connection, sheet, window), sheet


def test_cells_come_back_as_they_were(intake: Intake, write: Write) -> None:
    heights = np.arange(300 * 330, dtype="f4").reshape(300, 330) / 50 - 100
    heights[17, 200:290] = -9999.0
    file = write("my hills.tif", heights, nodata=-9999.0)
    report = intake.load(file, asked(edition="2024", vertical_datum="1985"))
    assert (report.loaded, report.refused) == (1, 0)
    cells, sheet = cells_of(intake, "my_hills")
    assert np.array_equal(cells, heights)
    assert sheet.told["low_m"] == -100.0
    assert sheet.told["known_share"] == pytest.approx(1 - 90 / (300 * 330))
    assert sheet.cell_m == pytest.approx(26.7, abs=0.1)
    known = heights_of(sheet, cells)
    assert np.isnan(known).sum() == 90
    with intake.database.reader() as connection:
        some = read_window(connection, sheet, (250, 100, 40, 170))
    assert np.array_equal(some, heights[100:270, 250:290])


def test_a_sheet_that_is_written_loads_back(
    intake: Intake, write: Write, tmp_path: Path
) -> None:
    y, x = np.mgrid[0:600, 0:330]
    heights = (40 + 30 * np.sin(x / 5) * np.cos(y / 4)).astype("f4")
    heights[400:, 9] = -9999.0
    intake.load(write("hills.tif", heights, nodata=-9999.0), asked(edition="2024"))
    cells, sheet = cells_of(intake, "hills")
    with intake.database.reader() as connection:
        assert write_sheet(connection, sheet, tmp_path / "again.tif") == 600 * 330
    assert intake.load(tmp_path / "again.tif", asked(edition="2024")).loaded == 1
    again, copy = cells_of(intake, "again")
    assert np.array_equal(again, cells)
    apart = {key for key, value in sheet.told.items() if copy.told[key] != value}
    assert apart == {"sha256"}


def test_a_load_is_undone_and_that_undone(
    intake: Intake, write: Write, tmp_path: Path
) -> None:
    dry = LoadRequest(layer="relief", sets={"kind": "terrain"}, dry_run=True)
    assert intake.load(write(), dry).loaded == 1
    with intake.database.owner() as connection:
        kept = "SELECT count(*) FROM ledger.raster_block"
        assert connection.execute(kept).fetchone() == (0,)
    number = intake.load(write(), asked()).load_id
    before, _ = cells_of(intake, "dem")
    reader = DatabaseReader(intake.database, intake.catalogue, intake.city)
    x, y = transformer(4490, 4549).transform(LON, LAT)
    assert reader.relief("relief", x, y, 100.0) is not None
    back = undo(intake.database, intake.catalogue, number, actor="tester")
    assert reader.relief("relief", x, y, 100.0) is None
    undo(intake.database, intake.catalogue, back.load_id, actor="tester")
    again, _ = cells_of(intake, "dem")
    assert np.array_equal(before, again)
    assert intake.load(write(), asked()).unchanged == 1

    backup = create_backup(intake.database, tmp_path / "backups", CONFIG)
    assert backup.tables["ledger.raster_block"].rows == 4
    verify_backup(intake.database, backup)


def turned(out: Any) -> None:
    out.transform = Affine(SECOND, 1e-6, LON, 0, -SECOND, LAT)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"crs": None}, "declares no coordinate system"),
    ({"bands": 3}, "3 个波段"),
    ({"nodata": None, "heights": np.full((9, 9), -32768, "i2")}, "-a_nodata"),
    ({"heights": np.full((9, 9), np.nan, "f4"), "nodata": None}, "no height"),
    ({"heights": np.full((9, 9), 1 + 1j, "c8"), "nodata": None}, "complex64"),
    ({"transform": from_origin(151, -33, SECOND, SECOND)}, "outside the city"),
    ({"transform": from_origin(5e5, 3.3e6, 9, 9)}, "no degrees"),
    ({"after": turned}, "north up"),
    ({"after": lambda out: setattr(out, "units", ("foot",))}, "'foot'"),
    ({"after": lambda out: setattr(out, "scales", (0.1,))}, "scaled"),
]


def test_what_is_no_relief_is_refused(intake: Intake, write: Write) -> None:
    for k, (made, words) in enumerate(REFUSED):
        with pytest.raises(LoadError, match=words):
            intake.load(write(f"{k}.tif", **made), asked())
    with pytest.raises(LoadError, match="kind"):
        intake.load(write(), asked(kind="heaps"))
    with intake.database.owner() as connection:
        for table in ("city.relief", "ledger.raster_block"):
            row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert row == (0,)


def test_files_that_are_no_rasters(intake: Intake, write: Write) -> None:
    whole = write()
    cut = whole.with_name("cut.tif")
    cut.write_bytes(whole.read_bytes()[:40_000])
    text = whole.with_name("text.tif")
    text.write_text("hills")
    table = whole.with_name("a.csv")
    table.write_text("code,kind\na,terrain\n")
    for file, words in (
        (cut, "cut short"), (text, "cut short"), (table, r"GeoTIFF \(.tif\)"),
        (whole.with_name("none.tif"), "no such file"),
    ):  # fmt: skip
        with pytest.raises(LoadError, match=words):
            intake.load(file, asked())
    with pytest.raises(LoadError, match="takes no raster"):
        intake.load(whole, LoadRequest(layer="building", datum="wgs84"))
    with pytest.raises(LoadError, match="declares EPSG:4326"):
        intake.load(whole, LoadRequest(layer="relief", datum="EPSG:4549"))
    with pytest.raises(LoadError, match="a raster is in"):
        intake.load(whole, LoadRequest(layer="relief", datum="gcj02"))
    stated = LoadRequest(layer="relief", datum="cgcs2000", sets={"kind": "surface"})
    assert intake.load(whole, stated).loaded == 1


def run(reader: DatabaseReader, **more: Any) -> Any:
    inputs = {"lon": LON, "lat": LAT, "mount_m": 30.0, "reach_m": 900.0, **more}
    return execute("high-point", inputs, reader=reader, level=reader.level)


def test_high_points_over_flat_and_hilly_relief(intake: Intake, write: Write) -> None:
    """Flat relief changes nothing; hills do; buildings count unless it is a surface."""
    reader = DatabaseReader(intake.database, intake.catalogue, intake.city)
    plain = run(reader)
    assert plain.reconciliation["relief"] == "none"
    with pytest.raises(NoData, match="relief=loaded"):
        run(reader, relief="required")
    flat = np.full((300, 330), 77, "i2")
    intake.load(write("flat.tif", flat), asked(valid_from="2020-01-01"))
    over = run(reader)
    row, told = over.rows[0], over.reconciliation["relief"]
    assert row["area_m2"] == pytest.approx(plain.rows[0]["area_m2"], rel=1e-9)
    assert (row["ground_m"], row["lens_m"]) == (77.0, 107.0)
    assert row["relief_known_share"] == 1.0
    assert over.reconciliation["layer_versions"]["relief"] > 0
    assert told["sheets"][0]["code"] == "flat"
    intake.load(write("a-hills.tif"), asked(edition="2024"))  # its code comes first
    seen = run(reader)
    assert seen.rows[0]["area_m2"] < 0.95 * plain.rows[0]["area_m2"]
    assert seen.reconciliation["relief"]["sheets"][0]["edition"] == "2024"
    assert run(reader, relief="none").rows[0]["area_m2"] == plain.rows[0]["area_m2"]
    assert run(reader, as_of="2019-06-01").reconciliation["relief"] == "none"
    with pytest.raises(InvalidInput, match="must be at most"):
        fine = np.zeros((40, 40), "f4")
        grid = from_origin(LON, LAT, SECOND / 50, SECOND / 50)
        intake.load(write("fine.tif", fine, transform=grid), asked())
        run(reader, lon=LON + 10 * SECOND / 50, lat=LAT - 10 * SECOND / 50,
            reach_m=4000.0)  # fmt: skip


def test_a_finer_sheet_fills_what_it_knows(intake: Intake, write: Write) -> None:
    """Around the point by the finest sheet; what it lacks by a coarser of its kind."""
    intake.load(write("far.tif", np.full((300, 330), 5, "i2")), asked())
    small = np.full((120, 120), 9, "f4")
    small[:, 90:] = np.nan
    grid = from_origin(LON - 30 * SECOND, LAT + 30 * SECOND, SECOND / 2, SECOND / 2)
    intake.load(write("near.tif", small, nodata=None, transform=grid), asked())
    other = write("roofs.tif", np.full((300, 330), 900, "i2"))
    intake.load(other, asked(kind="surface"))
    reader = DatabaseReader(intake.database, intake.catalogue, intake.city)
    x, y = transformer(4490, 4549).transform(LON, LAT)
    found = reader.relief("relief", x, y, 1500.0)
    assert found is not None
    assert [sheet["code"] for sheet in found.sheets] == ["near", "far"]
    heights = found.ground.height_m
    assert set(np.unique(heights.round(9))) == {5.0, 9.0}
    assert found.ground.at(x, y) == pytest.approx(9.0)
    assert found.ground.at(x + 700, y) == pytest.approx(5.0)


def test_only_who_sees_the_relief_gets_an_answer_by_it(
    intake: Intake, write: Write
) -> None:
    """A deployment that keeps relief to the restricted: staff stand on flat ground."""
    intake.load(write(), asked())
    hidden = intake.catalogue["relief"].model_copy(update={"access": Level.RESTRICTED})
    catalogue = Catalogue({**intake.catalogue, "relief": hidden})
    for level, by in ((Level.STAFF, "none"), (Level.RESTRICTED, "relief")):
        reader = DatabaseReader(intake.database, catalogue, intake.city, level)
        told = run(reader).reconciliation["relief"]
        assert (told if told == "none" else told["by"]) == by


def test_the_demo_has_hills_in_the_west(city_db: Database, catalogue, city) -> None:
    reader = DatabaseReader(city_db, catalogue, city)
    x, y = transformer(4490, 4549).transform(120.141, 30.245)
    lake = reader.relief("relief", x, y, 9000.0)
    assert lake is not None
    assert lake.ground.at(x, y) == 6.0
    middle = lake.ground.height_m.shape[1] // 2
    assert np.nanmax(lake.ground.height_m[:, :middle]) > 100.0
    assert np.nanmax(lake.ground.height_m[:, middle + 60 :]) < 60.0
    inputs = {"lon": 120.09, "lat": 30.24, "mount_m": 20.0, "reach_m": 2500.0}
    seen, flat = (
        execute("high-point", {**inputs, "relief": relief}, reader=reader,
                level=Level.STAFF)
        for relief in ("required", "none")
    )  # fmt: skip
    assert seen.reconciliation["relief"]["by"] == "relief"
    assert seen.rows[0]["area_m2"] < 0.7 * flat.rows[0]["area_m2"]
