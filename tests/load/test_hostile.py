"""What a dozen offices send: taken, mended and said, or refused with the way out."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from gis.db.intake import Intake
from gis.db.ledger import read_rejects, read_repairs
from gis.db.pool import Database
from gis.errors import LoadError
from gis.load import LoadReport, read_source
from gis.load.reasons import Reasons
from gis.load.rejects import write_rejects
from gis.load.repairs import Repairs
from gis.load.request import LoadRequest
from gis.load.values import convert
from layers import CONFIG, Catalogue, City
from processes.kernels.datum import wgs84_to_gcj02
from tests.db.test_loader import HERE

LAYER = "tourist_service"
HEAD = "编号,名称,经度,纬度"
ROWS = ["P1,甲,120.13,30.27", "P2,乙,120.14,30.27", "P3,丙,120.15,30.27"]
Take = Callable[..., LoadReport]


@pytest.fixture
def take(empty_db: Database, catalogue: Catalogue, city: City, tmp_path: Path) -> Take:
    """Loads a file, or what a file shall hold, as the operator would."""

    def run(what: Path | bytes | str, layer: str = LAYER, **more: Any) -> LoadReport:
        path = what if isinstance(what, Path) else tmp_path / "sent.csv"
        if isinstance(what, str):
            path.write_text(what, "utf-8")
        elif isinstance(what, bytes):
            path.write_bytes(what)
        request = LoadRequest(layer=layer, **{"datum": "wgs84"} | more)
        intake = Intake(empty_db, catalogue, city, CONFIG, "test")
        report = intake.load(path, request)
        if report.load_id is not None:
            report.said = [w for _, _, w in read_repairs(empty_db, report.load_id)]  # type: ignore[attr-defined]
            report.why = [w for _, w, _ in read_rejects(empty_db, report.load_id)]  # type: ignore[attr-defined]
        return report

    return run


def text(rows: list[str], head: str = HEAD) -> str:
    return "\n".join([head, *rows]) + "\n"


@pytest.mark.parametrize(
    "encoding", ["gbk", "gb18030", "utf-8", "utf-8-sig", "utf-16", "utf-16-be-mark"]
)
def test_an_encoding_is_found_and_said(take: Take, encoding: str) -> None:
    if encoding == "utf-16-be-mark":
        raw = b"\xfe\xff" + text(ROWS).encode("utf-16-be")
    else:
        raw = text(ROWS).encode(encoding)
    told = take(raw)
    assert told.loaded == 3
    assert any(note.startswith("编码 encoding: ") for note in told.notes)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (text(ROWS).encode("utf-16-le"), "--encoding utf-16-le"),
        ("code,name,lon,lat\nP1,Café,120.1,30.2\n".encode("latin-1"), "--encoding"),
        (text(ROWS).encode("big5", "ignore"), "--encoding"),
        (b"", "holds no rows|no row looks like"),
        (b"\x00\x01\x02", "zero bytes"),
    ],
)
def test_an_encoding_that_is_not_certain_is_asked_for(
    take: Take, raw: bytes, words: str
) -> None:
    with pytest.raises(LoadError, match=words):
        take(raw)


def test_the_way_out_works(take: Take) -> None:
    assert take(text(ROWS).encode("utf-16-le"), encoding="utf-16-le").loaded == 3


def test_columns_in_any_order_under_a_title(take: Take) -> None:
    mixed = [",".join(reversed(row.split(","))) for row in ROWS]
    told = take(
        "杭州市旅游服务点一览表,,,\n填报单位：旅委,,2015年6月,\n"
        + text(mixed, "纬度,经度,名称,编号")
    )
    assert told.loaded == 3
    assert any("header row: 3" in note for note in told.notes)


def test_a_book_with_merged_heads_and_cells(take: Take, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["旅游服务点一览表"])
    sheet.merge_cells("A1:E1")
    sheet.append(["编号", "名称", "位置", None, "备注"])
    sheet.append([None, None, "经度", "纬度", None])
    for columns in ("A2:A3", "B2:B3", "C2:D2", "E2:E3"):
        sheet.merge_cells(columns)
    for row in ROWS:
        code, name, lon, lat = row.split(",")
        sheet.append([code, name, float(lon), lat, "同一备注"])
    sheet.merge_cells("E4:E6")
    path = tmp_path / "表.xlsx"
    book.save(path)
    told = take(path)
    assert told.loaded == 3, told.reasons
    assert any("merged cells filled" in note for note in told.notes)


def test_numbers_as_people_write_them(take: Take) -> None:
    head = "code,name,kind,spaces,lon,lat"
    rows = ['K1,甲,,"1,234",120.13,30.27', "K2,乙,,１２,１２０．１４,30.27",
            'K3,丙,,"1,5",120.15,30.27', "K4,丁,,12个,120.16,30.27",
            "K5,戊,,3.5,120.16,30.28", "K6,己,,10,甲,30.28"]  # fmt: skip
    told = take(text(rows, head), "parking_lot")
    assert (told.loaded, told.refused) == (2, 4)
    assert told.repaired == 2
    assert sorted(w.partition("：")[0].split(" ")[0] for w in told.said) == [  # type: ignore[attr-defined]
        "lon:", "spaces:", "spaces:"]  # fmt: skip
    why = " ".join(told.why)  # type: ignore[attr-defined]
    for words in ("'1,5' 不是数字", "'12个' 不是数字", "应为整数", "坐标不是数字"):
        assert words in why, words


def test_full_width_codes_are_the_ordinary_ones(take: Take) -> None:
    take(text(ROWS[:1]))
    told = take(text(["Ｐ１,甲,120.13,30.27"]))
    assert (told.loaded, told.updated + told.unchanged) == (0, 1)
    assert any("全角" in what for what in told.repairs)


def test_days_that_may_be_two_are_refused(take: Take) -> None:
    head = "编号,名称,经度,纬度,生效日期"
    days = ["2015-06-30", "2015.6.30", "二〇一五年六月三十日", "20150630", "15-6-30",
            "06/07/2015", "42185", "2015年2月30日", "30.6.15"]  # fmt: skip
    told = take(text([f"D{i},x,120.13,30.27,{d}" for i, d in enumerate(days)], head))
    assert (told.loaded, told.refused) == (4, 5)
    assert any("read: day_number" in why for why in told.why)  # type: ignore[attr-defined]


def test_an_hour_that_the_clock_shows_twice_is_said(
    take: Take, catalogue: Catalogue
) -> None:
    """China's clocks went back on 1991-09-15 at 02:00 and forward on 1991-04-14."""
    assert catalogue["case_record"].columns["reported_at"].type == "datetime"
    take(text(["C1,甲,120.13,30.27"]))
    source = np.array(
        [
            "1991-09-15 01:30",
            "1991-09-15 01:30+08:00",
            "1991-04-14 02:30",
            "1991-09-15 03:30",
        ],
        dtype=object,
    )
    column = catalogue["case_record"].columns["reported_at"]
    reasons, repairs = Reasons(4), Repairs(4)
    optional = column.model_copy(update={"required": False})
    values = convert(
        "reported_at", optional, source, codes=None, known=None,
        timezone="Asia/Shanghai", reasons=reasons, repairs=repairs,
    )  # fmt: skip
    hours = [str(v)[11:16] for v in values]
    assert hours[:2] == ["16:30", "17:30"]
    assert [row for row, _ in repairs.listed(reasons.accepted)] == [0]
    assert "clock skips this hour" in str(reasons.text[2])
    naive = np.array(["1991-09-15T01:30", "1991-04-14T02:30"], dtype="datetime64[us]")
    reasons, repairs = Reasons(2), Repairs(2)
    convert(
        "reported_at", optional, naive, codes=None, known=None,
        timezone="Asia/Shanghai", reasons=reasons, repairs=repairs,
    )  # fmt: skip
    assert [row for row, _ in repairs.listed(reasons.accepted)] == [0]
    assert "clock skips this hour" in str(reasons.text[1])


def test_places_turned_or_in_another_datum_show(take: Take) -> None:
    told = take(text([f"{r.split(',')[0]},x,30.27,120.13" for r in ROWS]))
    assert told.refused == 3
    assert "swapped" in told.why[0]  # type: ignore[attr-defined]
    told = take(text(["M1,x,40515703.118,3350509.961", "M2,x,120.16,30.27"]),
                datum="EPSG:4549")  # fmt: skip
    assert (told.loaded, told.refused) == (1, 1)
    with pytest.raises(LoadError, match="no positions found"):
        take(text(["1,甲"], "编号,名称"))


def test_borders_of_another_datum_that_cross_themselves(
    take: Take, tmp_path: Path
) -> None:
    """A GCJ-02 border whose ring crosses itself, open, and with its points doubled."""
    ring = np.array(
        [(0, 0), (0.02, 0), (0.02, 0.02), (0.0099, 0.0201), (0.0101, 0.0201),
         (0.0101, 0.0199), (0.0099, 0.0199), (0, 0.02)]
    )  # fmt: skip
    lon, lat = wgs84_to_gcj02(ring[:, 0] + HERE[0], ring[:, 1] + HERE[1])
    corners = np.repeat(np.column_stack([lon, lat]), 2, axis=0)
    wkt = f"POLYGON(({', '.join(f'{x} {y}' for x, y in corners)}))"
    told = take(f'code,name,wkt\nB1,乙,"{wkt}"\n', "park", datum="gcj02")
    assert told.loaded == 1, told.reasons
    words = " ".join(told.said)  # type: ignore[attr-defined]
    for kind in ("open ring closed", "repeated points", "自相交 Self-intersection"):
        assert kind in words, words


@pytest.mark.parametrize(
    ("head", "row", "words"),
    [
        ("编号,名称,经度,纬度,编号", "1,x,120.1,30.2,2", "names 编号 twice"),
        (HEAD, "P1,x,120.1,30.2,多余,多余", "cannot be read as CSV"),
        ("120.1,30.2,甲,乙", "120.1,30.2,甲,乙", "--header-row"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(
    take: Take, head: str, row: str, words: str
) -> None:
    with pytest.raises(LoadError, match=words):
        take(text([row], head))


def test_files_that_are_not_what_they_say(take: Take, tmp_path: Path) -> None:
    for name, raw in {
        "x.xlsx": b"PK\x03\x04 broken", "x.zip": b"not a zip", "x.gpkg": b"SQLite?",
        "x.geojson": b"[1, 2", "x.shp": b"\x00" * 100, "x.parquet": b"PAR1",
        "x.fgb": b"fgb", "x.kml": b"<kml>", "x.xls": b"old",
    }.items():  # fmt: skip
        path = tmp_path / name
        path.write_bytes(raw)
        with pytest.raises(LoadError, match=r"x\."):
            take(path)


def test_an_archive_may_not_write_elsewhere(take: Take, tmp_path: Path) -> None:
    path = tmp_path / "up.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../outside.csv", text(ROWS))
    told = take(path)
    assert told.loaded == 3
    assert not (tmp_path.parent / "outside.csv").exists()


def test_a_row_number_may_not_stand_twice_in_mended_rejects(
    take: Take, empty_db: Database, catalogue: Catalogue, city: City, tmp_path: Path
) -> None:
    told = take(text([*ROWS, "P4,x,1,1"]))
    path = tmp_path / "mend.csv"
    path.write_text("行号 row,编号,名称,经度,纬度\n4,P4,x,1,1\n4,P5,x,1,1\n", "utf-8")
    intake = Intake(empty_db, catalogue, city, CONFIG, "test")
    assert told.load_id is not None
    with pytest.raises(LoadError, match="行号重复 4 stand twice"):
        intake.mend(path, told.load_id)
    with pytest.raises(LoadError, match="no such load"):
        intake.mend(path, 99)


def test_rejects_with_formulas_stay_text(take: Take, tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    write_rejects(path, [(1, "x", {"名称": '=HYPERLINK("http://x")', "b": "\x07ok"})])
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    assert sheet["C2"].data_type == "s"
    assert sheet["D2"].value == "ok"
    source = read_source(path)
    assert source.columns["名称"].tolist() == ['=HYPERLINK("http://x")']
