"""Every golden case: a few features on round coordinates, worked by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from processes import read_inputs, registry
from processes._targets import load_targets
from tests.memory import MemoryReader, two_towns

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/case.yaml"))


def read_case(folder: Path) -> dict[str, Any]:
    return yaml.safe_load((folder / "case.yaml").read_text("utf-8"))


def compare(found: Mapping[str, Any], expected: Mapping[str, Any], where: str) -> None:
    for name, value in expected.items():
        if isinstance(value, float | int) and not isinstance(value, bool):
            assert found[name] == pytest.approx(value, rel=1e-6, abs=1e-6), (
                f"{where}.{name}"
            )
        elif isinstance(value, dict):
            compare(found[name], value, f"{where}.{name}")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            assert len(found[name]) == len(value), f"{where}.{name}"
            for i, one in enumerate(value):
                compare(found[name][i], one, f"{where}.{name}[{i}]")
        else:
            assert found[name] == value, f"{where}.{name}"


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_case(folder: Path) -> None:
    case = read_case(folder)
    reader = MemoryReader({**two_towns(), **case["layers"]})
    process = registry[case["process"]]
    result = process.run(read_inputs(process.inputs, case["inputs"]), reader)
    expected = case["expect"]
    rows = {row[result.id_column]: row for row in result.rows}
    for key, row in expected.get("rows", {}).items():
        compare(rows[key], row, key)
    if "row_count" in expected:
        assert len(result.rows) == expected["row_count"]
    if "facts" in expected:
        compare(result.reconciliation, expected["facts"], "facts")
    body = result.body or {}
    for key, cell in expected.get("cells", {}).items():
        found = next(c for c in body["cells"] if c["zone_id"] == key)
        compare(found, cell, key)
    if "city" in expected:
        compare(body["city"][0], expected["city"], "city")
    if "body" in expected:
        compare(body, expected["body"], "body")


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_case_is_worked_by_hand(folder: Path) -> None:
    text = (folder / "README.md").read_text("utf-8")
    assert len(text) > 200
    assert "=" in text


def test_every_measured_target_has_a_case() -> None:
    measured = {id_ for id_, t in load_targets().items() if t.kind == "measured"}
    assert measured == {folder.name for folder in CASES} & measured
    assert len(measured) == 20
