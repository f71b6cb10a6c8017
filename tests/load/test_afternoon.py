"""An operator's afternoon at the command line: load, refuse, mend, undo."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from gis.cli import citygrid
from gis.db.pool import Database
from gis.errors import LoadError

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
