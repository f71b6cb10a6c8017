"""Mapping files: prefixes, words, units, directions; what will not do is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gis.errors import LoadError
from gis.load.bearings import read_bearing
from gis.load.reasons import Reasons
from gis.load.rules import Rule, Rules, apply_rule, read_rules, write_rules
from layers import CONFIG, DeclarationError, load_catalogue


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("0", 0), ("270", 270), ("30°", 30), ("30 度", 30), ("12,5", 12.5), ("360", 0),
        ("NW", 315), ("nne", 22.5), ("south", 180), ("South-East", 135), ("东", 90),
        ("朝东南", 135), ("正北", 0), ("西北向", 315), ("北偏东30°", 30),
        ("南偏东30度", 150), ("南偏西 30", 210), ("北偏西30", 330), ("0-90", 45),
        ("350-10", 0), ("180至225", 202.5),
    ],
)  # fmt: skip
def test_a_direction_is_read(text: str, degrees: float) -> None:
    assert read_bearing(text) == (degrees, "")


@pytest.mark.parametrize(
    "text",
    ["270;90", "forward", "SSW:NNE", "400", "-20", "0-360", "0 - 360", "Median", "",
     "n/a", "北偏东120", "1;2;3", "N;S", "both", "10-400", "不详"],
)  # fmt: skip
def test_what_is_no_direction_is_never_north(text: str) -> None:
    degrees, why = read_bearing(text)
    assert degrees is None
    assert why


def changed(rule: Rule, *cells: object) -> tuple[list[object], list[object]]:
    reasons = Reasons(len(cells))
    values = apply_rule("x", rule, np.array(cells, dtype=object), reasons)
    return values.tolist(), reasons.text.tolist()


def test_rules_change_cells() -> None:
    assert changed(Rule(strip_prefix="156"), "156330106", "330108", None)[0] == [
        "330106", "330108", None
    ]  # fmt: skip
    feet = Rule(units={"": 1, "m": 1, "ft": 0.3048})
    values, reasons = changed(feet, "4 m", "3m", "10 ft", "1,5", "1,500", "5 yd", None)
    assert values == ["4.0", "3.0", "3.048", "1.5", "1500.0", None, None]
    assert [bool(r) for r in reasons] == [False] * 5 + [True, False]
    assert "unit of (no unit), m, ft" in str(reasons[5])
    assert changed(Rule(factor=10000), "1.5")[0] == ["15000.0"]
    words = Rule(values={"在用": "online", "/": ""}, unreadable="empty")
    assert changed(words, "在用", "/", "其他") == (["online", None, None], [None] * 3)
    table = Rule.model_validate(
        {"table": {"name": "camera_direction", "column": "azimuth_deg"}}
    )
    values, reasons = changed(table, "1", "西北", "9")
    assert values == ["90", "315", None]
    assert "no code of camera_direction" in str(reasons[2])


def test_mappings_of_the_configuration_fit_the_layers() -> None:
    catalogue = load_catalogue()
    names = [p.stem for p in (CONFIG / "mappings").glob("*.yaml")]
    assert len(names) > 3
    for name in set(names) - {"headers"}:
        rules = read_rules(CONFIG, name)
        if rules.layer is None:
            continue
        columns = set(catalogue[rules.layer].all_columns)
        taken = {*rules.headers.values(), *rules.constants, *rules.columns}
        assert taken <= columns | {"lon", "lat", "wkt"}, name


def test_a_mapping_is_saved_once(tmp_path: Path) -> None:
    rules = Rules(layer="camera", datum="gcj02", headers={"经度": "lon"},
                  columns={"height_m": Rule(factor=0.3048)})  # fmt: skip
    write_rules(tmp_path, "survey", rules)
    assert read_rules(tmp_path, "survey") == rules
    with pytest.raises(LoadError, match="exists already"):
        write_rules(tmp_path, "survey", rules)
    with pytest.raises(LoadError, match="must be like street_survey"):
        write_rules(tmp_path, "../x", rules)
    with pytest.raises(LoadError, match="must be one of survey"):
        read_rules(tmp_path, "other")
    (tmp_path / "mappings" / "bad.yaml").write_text("datums: x\n")
    with pytest.raises(DeclarationError, match="datums"):
        read_rules(tmp_path, "bad")
