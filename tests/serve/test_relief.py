"""Cells of relief over HTTP: as GDAL and a browser get them, by level and extent."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.io import MemoryFile

from gis.db.pool import Database
from gis.demo.relief import write_relief
from layers import Catalogue, City, Level
from tests.serve.conftest import Server, serving, settings_of

BOX = "120.05,30.20,120.10,30.24"
COVERAGE = "/collections/relief/coverage"


@pytest.fixture(scope="module")
def town(
    city_db: Database,
    catalogue: Catalogue,
    city: City,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    settings = settings_of(tmp_path_factory.mktemp("relief"))
    with serving(city_db.dsn, settings, catalogue, city) as server:
        yield server


def test_a_window_holds_the_cells_of_the_file(
    town: Server, city: City, tmp_path: Path
) -> None:
    answer = town.get(f"{COVERAGE}?bbox={BOX}", Level.STAFF)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "image/tiff"
    assert answer.headers["Cache-Control"].startswith("private")
    source = write_relief(tmp_path / "source.tif", city, 2012)
    checksum = hashlib.sha256(source.read_bytes()).hexdigest()
    with MemoryFile(answer.content) as memory, memory.open() as got:
        assert got.crs.to_epsg() == 4549
        assert got.tags()["sha256_of_source"] == checksum
        with rasterio.open(source) as whole:
            window = whole.window(*got.bounds)
            assert np.array_equal(got.read(1), whole.read(1, window=window))
        bounds = rasterio.warp.transform_bounds("EPSG:4549", "EPSG:4490", *got.bounds)
    west, south, east, north = map(float, BOX.split(","))
    assert bounds[0] <= west
    assert bounds[1] <= south
    assert bounds[2] >= east
    assert bounds[3] >= north
    assert bounds[2] - bounds[0] < (east - west) * 1.05
    tag = answer.headers["ETag"]
    again = town.get(
        f"{COVERAGE}?bbox={BOX}", Level.STAFF, headers={"If-None-Match": tag}
    )
    assert again.status_code == 304


def test_the_same_box_in_metres_and_by_gdal(town: Server, tmp_path: Path) -> None:
    crs = "http://www.opengis.net/def/crs/EPSG/0/4549"
    metres = "3345000,505000,3347000,508000"  # northing first, as EPSG:4549 says
    answer = town.get(f"{COVERAGE}?bbox={metres}&bbox-crs={crs}", Level.STAFF)
    file = tmp_path / "window.tif"
    file.write_bytes(answer.content)
    told = subprocess.run(
        ["gdalinfo", "-stats", str(file)], check=True, capture_output=True, text=True
    ).stdout  # fmt: skip
    assert "Size is 101" in told or "Size is 102" in told
    assert "Unit Type: m" in told
    assert "NoData Value=-9999" in told


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_picture_of_the_hills(town: Server) -> None:
    answer = town.get(f"{COVERAGE}?f=png", Level.STAFF)
    assert answer.headers["Content-Type"] == "image/png"
    with MemoryFile(answer.content) as memory, memory.open() as picture:
        assert (picture.width, picture.height) == (800, 800)
        grey = picture.read(1)
        assert (picture.read(2) == 255).all()
    plain = int(np.median(grey[:, 600:]))
    assert 170 <= plain <= 190  # level ground: 1 + 254 sin 45
    assert grey[:, :300].std() > 10 * max(grey[:, 600:].std(), 0.5)


@pytest.mark.parametrize(
    ("path", "level", "status", "words"),
    [
        (f"{COVERAGE}?bbox={BOX}", Level.PUBLIC, 404, "relief"),
        ("/collections/building/coverage", Level.STAFF, 404, "no coverage"),
        (f"{COVERAGE}?bbox=1,2,3,4", Level.STAFF, 404, "no sheet"),
        (f"{COVERAGE}?sheet=none", Level.STAFF, 404, "'none'"),
        (f"{COVERAGE}?bbox=120.1,30.2,120.1,30.3", Level.STAFF, 400, "width"),
        (f"{COVERAGE}?bbox=a,b,c,d", Level.STAFF, 400, "numbers"),
        (f"{COVERAGE}?f=jpg", Level.STAFF, 400, "tif, png"),
        (f"{COVERAGE}?scale=2", Level.STAFF, 400, "scale"),
    ],
)
def test_what_is_not_given(
    town: Server, path: str, level: Level, status: int, words: str
) -> None:
    answer = town.get(path, level)
    assert answer.status_code == status
    assert words in answer.text


def test_the_collection_and_the_definition_say_so(town: Server) -> None:
    found = town.json("/collections/relief?f=json", Level.STAFF)
    rel = "http://www.opengis.net/def/rel/ogc/1.0/coverage"
    told = [link for link in found["links"] if link["rel"] == rel]
    links = {link["type"]: link["href"] for link in told}
    assert set(links) == {"image/tiff", "image/png"}
    assert town.get(links["image/png"], Level.STAFF).status_code == 200
    for level, there in ((Level.PUBLIC, False), (Level.STAFF, True)):
        paths = town.json("/openapi?f=json", level)["paths"]
        assert (COVERAGE in paths) is there
    item = town.json("/collections/relief/items/west-lake-hills?f=json", Level.STAFF)
    assert item["properties"]["cell_m"] == 30
    assert item["properties"]["synthetic"] is True
