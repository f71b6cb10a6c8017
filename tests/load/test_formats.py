"""Every format gives the same rows; what is found out is said, or asked for."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import geopandas
import numpy as np
import openpyxl
import pytest
import shapely

from gis.errors import LoadError
from gis.load import read_source

NAMES = ["西湖摄像机", "灵隐摄像机", "滨江摄像机"]
PLACES = [(120.14, 30.25), (120.1, 30.24), (120.2, 30.2)]


@pytest.fixture
def frame() -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame(
        {"code": ["a1", "a2", "a3"], "名称": NAMES, "高度": [4.0, 5.5, 6.0]},
        geometry=[shapely.Point(*p) for p in PLACES],
        crs=4490,
    )


def check(path: Path, **options: object) -> list[str]:
    source = read_source(path, **options)  # type: ignore[arg-type]
    assert source.columns["名称"].tolist() == NAMES
    assert [float(v) for v in source.columns["高度"]] == [4.0, 5.5, 6.0]
    assert source.geometry is not None
    found = shapely.get_coordinates(source.geometry)
    assert np.abs(found - PLACES).max() < 1e-8  # a geodatabase has a lattice of its own
    assert len(source.sha256) == 64
    return source.notes


@pytest.mark.parametrize(
    ("suffix", "driver"),
    [
        ("geojson", "GeoJSON"), ("json", "JSONFG"), ("gpkg", "GPKG"),
        ("fgb", "FlatGeobuf"), ("gdb", "OpenFileGDB"), ("shp", "ESRI Shapefile"),
        ("kml", "KML"),
    ],
)  # fmt: skip
def test_a_vector_format(
    frame: geopandas.GeoDataFrame, tmp_path: Path, suffix: str, driver: str
) -> None:
    path = tmp_path / f"cameras.{suffix}"
    options = {"spatial_index": False} if driver == "FlatGeobuf" else {}
    shown = frame.to_crs(4326) if driver in ("GeoJSON", "KML") else frame
    shown.to_file(path, driver=driver, **options)
    check(path)
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(tmp_path.rglob("*")):
            if file != packed:
                archive.write(file, Path("交付") / file.relative_to(tmp_path))
    assert any(path.name in note for note in check(packed))


def test_geoparquet(frame: geopandas.GeoDataFrame, tmp_path: Path) -> None:
    frame.to_parquet(tmp_path / "c.parquet")
    check(tmp_path / "c.parquet")


def test_a_shapefile_in_gbk_without_companions(
    frame: geopandas.GeoDataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "c.shp"
    frame.to_file(path, encoding="gb18030")
    path.with_suffix(".cpg").unlink()
    path.with_suffix(".prj").unlink()
    notes = " ".join(check(path))
    assert ".prj is missing" in notes
    assert "encoding found: gb18030" in notes


def table(sheet: object, rows: list[list[object]]) -> None:
    for row in rows:
        sheet.append(row)  # type: ignore[attr-defined]


def test_xlsx_with_titles_and_a_merged_header(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    table(
        sheet,
        [
            ["杭州市视频监控点位登记表", None, None, None, None],
            ["填报单位：城管局", None, None, "日期：2015年6月", None],
            ["code", "名称", "位置", None, "高度"],
            [None, None, "经度", "纬度", None],
            ["a1", NAMES[0], 120.14, 30.25, 4],
            ["a2", NAMES[1], 120.1, 30.24, 5.5],
            [None, None, None, None, None],
            ["a3", NAMES[2], 120.2, 30.2, 6],
        ],
    )
    for area in ("A1:E1", "A3:A4", "B3:B4", "C3:D3", "E3:E4"):
        sheet.merge_cells(area)
    book.create_sheet("空表")
    path = tmp_path / "登记表.xlsx"
    book.save(path)
    notes = check(path)
    assert "表头行 header row: 3-4" in notes


def test_sheets_must_be_told_apart(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for name in ("一月", "二月"):
        table(
            book.create_sheet(name), [["编码", "日期"], ["a", dt.datetime(2015, 6, 1)]]
        )
    book.save(tmp_path / "b.xlsx")
    with pytest.raises(LoadError, match="say which with --table: 一月, 二月"):
        read_source(tmp_path / "b.xlsx")
    source = read_source(tmp_path / "b.xlsx", table="二月")
    assert source.columns["日期"].tolist() == ["2015-06-01"]
    with pytest.raises(LoadError, match="not one of"):
        read_source(tmp_path / "b.xlsx", table="三月")


CSV = "某市登记表,,,\ncode,名称,经度,纬度,高度\n" + "\n".join(
    f"a{i + 1},{n},{x},{y},{h}"
    for i, (n, (x, y), h) in enumerate(zip(NAMES, PLACES, (4, 5.5, 6), strict=True))
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_csv_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes(CSV.encode(encoding))
    notes = check(path)
    assert "表头行 header row: 2" in notes
    assert any(note.startswith("编码 encoding: ") for note in notes)


@pytest.mark.parametrize(
    ("text", "encoding"), [("編號,名稱\n1,監視攝影機臺灣\n", "big5"),
                           ("Nr,Straße\n1,Größe über Äcker\n", "latin-1")]
)  # fmt: skip
def test_an_encoding_that_cannot_be_told_is_asked_for(
    tmp_path: Path, text: str, encoding: str
) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes(text.encode(encoding))
    with pytest.raises(LoadError, match="state it: --encoding"):
        read_source(path)
    assert list(read_source(path, encoding=encoding).columns) == text[
        : text.index("\n")
    ].split(",")


def test_a_header_that_cannot_be_told_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("1,2,3\n4,5,6\n")
    with pytest.raises(LoadError, match="--header-row N"):
        read_source(path)
    path.write_text("a,b,a\n4,5,6\n")
    with pytest.raises(LoadError, match="names a twice"):
        read_source(path)
    path.write_text("注 1,x,y\n2015,2016,2017\n4,5,6\n")
    source = read_source(path, header_row=2)
    assert list(source.columns) == ["2015", "2016", "2017"]
    assert np.array_equal(source.columns["2015"], ["4"])


def test_an_archive_of_several_files_is_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "z.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one.csv", CSV)
        archive.writestr("two.csv", CSV)
        archive.writestr("readme.txt", "x")
        archive.writestr("__MACOSX/._one.csv", "x")
    with pytest.raises(LoadError, match=r"--table: one.csv, two.csv"):
        read_source(path)
    check(path, table="two.csv")
    path.write_bytes(b"PK no archive")
    with pytest.raises(LoadError, match="cannot be unpacked"):
        read_source(path)


def test_a_large_file_is_read_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gis.load import delimited

    path = tmp_path / "c.csv"
    rows = [f"p{i},第{i}个,120.1,30.2" for i in range(25)]
    path.write_text("标题\ncode,名称,lon,lat\n" + "\n".join(rows) + "\n", "gbk")
    whole = read_source(path)
    monkeypatch.setattr(delimited, "_LARGE", 10)
    source = read_source(path)
    assert len(source) == len(whole) == 25
    assert source.notes == whole.notes
    parts = list(source.parts(10))
    assert [len(part) for part in parts] == [10, 10, 5]
    names = [name for part in parts for name in part.columns["名称"]]
    assert names == whole.columns["名称"].tolist()
    assert parts[2].row_number(4) == 25
    path.write_bytes("Nr,Straße\n1,Größe\n".encode("latin-1"))
    with pytest.raises(LoadError, match="state it: --encoding"):
        read_source(path)
    path.write_text("a,b\n" + "1,2\n" * 60 + "1,2,3\n")
    with pytest.raises(LoadError, match="cannot be read as CSV"):
        list(read_source(path).parts(10))
