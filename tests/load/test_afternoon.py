"""An operator's afternoon at the command line: load, refuse, mend, undo."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from gis.cli import citygrid
from gis.db.pool import Database
from gis.errors import LoadError
from tests.conftest import ROOT

Shell = Callable[..., str]
CSV = "code,name,lon,lat\nP1,甲,120.13,30.27\nP2,乙,1,2\nP3,,120.13,30.27\n"


@pytest.fixture
def shell(empty_db: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shell:
    monkeypatch.setenv("CITYGRID_DSN", empty_db.dsn)
    monkeypatch.setenv("CITYGRID_HOME", str(tmp_path))

    def run(*words: object, stdin: bytes | None = None) -> str:
        done = CliRunner().invoke(
            citygrid, [str(word) for word in words], input=stdin, catch_exceptions=True
        )
        if done.exception:
            raise done.exception
        return done.output

    return run


def codes(database: Database, layer: str = "tourist_service") -> list[str]:
    with database.owner() as connection:
        rows = connection.execute(f"SELECT code FROM city.{layer} ORDER BY 1".encode())
        return [str(code) for (code,) in rows]


def loads(shell: Shell) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shell("load", "list", "--json"))
    return found


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_rejects_are_mended_and_loaded(
    shell: Shell, empty_db: Database, tmp_path: Path, suffix: str
) -> None:
    file, out = tmp_path / "points.csv", tmp_path / f"mend.{suffix}"
    file.write_text(CSV, "utf-8")
    shell("load", file, "--layer", "tourist_service", "--datum", "wgs84",
          "--valid-from", "2015-01-01")  # fmt: skip
    assert codes(empty_db) == ["P1"]
    number = loads(shell)[0]["load_id"]
    shell("load", "rejects", number, "--out", out)
    if suffix == "csv":
        rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8-sig"))))
        assert [r["行号 row"] for r in rows] == ["2", "3"]
        assert "outside the city" in rows[0]["原因 reason"]
        text = out.read_text("utf-8-sig").replace(",乙,1,2", ",乙,120.14,30.27")
        out.write_text(text, "utf-8-sig")
    else:
        book = openpyxl.load_workbook(out)
        sheet = book.active
        assert sheet is not None
        assert [c.value for c in sheet[1]][2:] == ["code", "name", "lon", "lat"]
        sheet["E2"], sheet["F2"] = 120.14, 30.27
        book.save(out)
    report = tmp_path / "report.json"
    shell("load", "rejects", number, "--fix", out, "--report", report)
    told = json.loads(report.read_text("utf-8"))
    assert (told["read"], told["loaded"], told["refused"]) == (2, 1, 1)
    assert codes(empty_db) == ["P1", "P2"]
    entries = {entry["load_id"]: entry for entry in loads(shell)}
    assert entries[number]["open_rejects"] == 1
    assert entries[number + 1]["fixes"] == number
    assert json.loads(shell("load", "show", number))["options"]["datum"] == "wgs84"
    shell("load", "undo", number + 1)
    assert codes(empty_db) == ["P1"]
    assert loads(shell)[2]["open_rejects"] == 2


def test_standard_input_mapping_and_retirement(
    shell: Shell, empty_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.mkdir()
    from layers import CONFIG

    (config / "city.yaml").write_bytes((CONFIG / "city.yaml").read_bytes())
    monkeypatch.setenv("CITYGRID_CONFIG", str(config))
    data = "站号,站名,东,北\nP1,甲,120.13,30.27\n".encode("gbk")
    with pytest.raises(LoadError, match="--format"):
        shell("load", "-", "--layer", "tourist_service", "--datum", "wgs84", stdin=data)
    with pytest.raises(LoadError, match="state what the coordinates are"):
        shell("load", "-", "--format", "csv", "--layer", "tourist_service", stdin=data)
    maps = [f"--map={a}" for a in ("站号=code", "站名=name", "东=lon", "北=lat")]
    shell("load", "-", "--format", "csv", "--layer", "tourist_service", "--datum",
          "wgs84", "--valid-from", "2015-01-01", "--save-mapping", "stops", *maps,
          stdin=data)  # fmt: skip
    assert codes(empty_db) == ["P1"]
    shell("load", "-", "--format", "csv", "--mapping", "stops", "--valid-from",
          "2015-01-01", stdin=data.replace(b"P1", b"P9"))  # fmt: skip
    assert codes(empty_db) == ["P1", "P9"]
    shell("load", "retire", "P9", "--layer", "tourist_service", "--on", "2016-01-01")
    out = tmp_path / "out.geojson"
    shell("export", "tourist_service", "--at", "2016-01-01", "-o", out)
    features = json.loads(out.read_text("utf-8"))["features"]
    assert [f["properties"]["code"] for f in features] == ["P1"]
    shell("load", out, "--layer", "tourist_service", "--datum", "cgcs2000")
    assert loads(shell)[0]["report"]["unchanged"] == 1


def test_the_whole_afternoon(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own_home: Path
) -> None:
    """On a private server: load, refuse, mend, undo, back up, destroy, restore."""
    monkeypatch.delenv("CITYGRID_DSN", raising=False)
    monkeypatch.setenv("CITYGRID_HOME", str(own_home))

    def run(*words: object, code: int = 0) -> str:
        done = CliRunner().invoke(citygrid, [str(word) for word in words])
        if code == 0 and done.exception:
            raise done.exception
        assert done.exit_code == code, done.output
        return done.output

    try:
        run("db", "start")
        file, mend = tmp_path / "点.csv", tmp_path / "mend.xlsx"
        file.write_text(
            "旅游集散点一览表,,,\n编号,名称,经度,纬度\nP1,武林,120.163,30.2741\n"
            "P2,黄龙,30.2676,120.1312\nP3,,120.19,30.25\n"
            "P4,湖滨 13800138000,120.16,30.255\n,无编号点,120.17,30.26\n", "utf-8",
        )  # fmt: skip
        told = run("load", file, "--layer", "tourist_service", "--datum", "gcj02",
                   "--source", "旅委")  # fmt: skip
        for words in ("新增 loaded                3", "拒收 1 × 经纬度或纵横坐标颠倒",
                      "拒收 1 × name: 必填", "掩码 masked                1",
                      "无法证明基准", "citygrid load rejects 1 --out"):  # fmt: skip
            assert words in told, words
        assert "5,P5" not in run("load", "repairs", 1)
        assert "4,P4,name: 个人号码或口令加星" in run("load", "repairs", 1)
        run("load", "rejects", 1, "--out", mend)
        book = openpyxl.load_workbook(mend)
        sheet = book.active
        assert sheet is not None
        sheet["E2"], sheet["F2"], sheet["D3"] = 120.1312, 30.2676, "吴山"
        book.save(mend)
        told = run("load", "rejects", 1, "--fix", mend)
        assert "新增 loaded                2" in told
        with pytest.raises(LoadError, match="Undo them first"):
            run("load", "undo", 1)
        run("load", "undo", 2)
        assert "0 行撤下 rows removed, 2 行复原" in run("load", "undo", 3)
        before = run("load", "list", "--json")
        run("backup", "create")
        run("backup", "verify")
        run("db", "reset", "--yes")
        assert json.loads(run("load", "list", "--json").splitlines()[-1]) == []
        assert "已恢复 restored" in run("backup", "restore", "--yes")
        assert run("load", "list", "--json") == before
        out = tmp_path / "out.gpkg"
        run("export", "tourist_service", "-o", out)
        told = run("load", out, "--layer", "tourist_service", "--datum", "cgcs2000")
        assert "未变 unchanged             5" in told
    finally:
        run("db", "stop")


@pytest.fixture
def own_home() -> Iterator[Path]:
    """A home of its own, short enough for a socket's path."""
    base = Path(os.environ.get("CITYGRID_HOME", str(ROOT / ".citygrid")))
    base.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix="a", dir=base))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_back_up_destroy_restore(
    shell: Shell, empty_db: Database, tmp_path: Path
) -> None:
    file = tmp_path / "points.csv"
    file.write_text(CSV, "utf-8")
    shell("load", file, "--layer", "tourist_service", "--datum", "wgs84")
    shell("backup", "create")
    name = shell("backup", "list").split("\t")[0]
    assert (tmp_path / "backups" / name / "manifest.json").is_file()
    assert "完好 whole" in shell("backup", "verify", name)
    shell("load", "undo", "1")
    assert codes(empty_db) == []
    told = shell("backup", "restore", "--yes", "--config", tmp_path / "restored")
    assert "the former database is kept as" in told
    assert codes(empty_db) == ["P1"]
    assert len(loads(shell)) == 1
    assert (tmp_path / "restored" / "city.yaml").is_file()
