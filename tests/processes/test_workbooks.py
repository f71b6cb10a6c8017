"""Every table can be had as a workbook, and holds what the other formats hold."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import orjson
import pytest

from processes import Result, read_inputs, registry
from processes import _formats as formats
from processes._errors import InvalidInput
from processes._formats import render
from processes._spec import CSV, JSON, XLSX
from tests.memory import MemoryReader, box, two_towns

PARKS = [
    {"code": "p-1", "area_m2": 9e3, "geometry": box(100, 100, 300, 400)},
    {"code": "=p", "area_m2": 9e3, "geometry": box(1200, 100, 1500, 700)},
]
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("coverage", {"service": "park", "zones": "community"}),
    ("redundancy", {"service": "park"}),
    ("gap", {"service": "park"}),
    ("trend", {"service": "park", "begin": "2013-12-31", "as_of": "2015-12-31"}),
    ("what-if", {"service": "park", "remove": ["p-1"]}),
]


def same(value: object) -> object:
    """What a workbook must hold: sixteen digits of a number, a text that is no sum."""
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-15)
    if value == "":
        return None
    return f"'{value}" if isinstance(value, str) and value[:1] == "=" else value


def run(process: str, inputs: dict[str, Any]) -> Result:
    chosen = registry[process]
    reader = MemoryReader({**two_towns(), "park": PARKS})
    return chosen.run(read_inputs(chosen.inputs, inputs), reader)


def test_what_is_offered_as_csv_is_offered_as_a_workbook() -> None:
    for process in registry.values():
        assert (CSV in process.media_types) == (XLSX in process.media_types)


@pytest.mark.parametrize(("process", "inputs"), QUESTIONS)
def test_every_value_is_that_of_json(process: str, inputs: dict[str, Any]) -> None:
    result = run(process, inputs)
    book = openpyxl.load_workbook(io.BytesIO(render(result, XLSX, "zh")))
    assert book.sheetnames[:2] == ["结果", "说明与版本"]
    (names, *rows) = book["结果"].values
    assert len(rows) == len(result.rows) > 0
    for row, record in zip(rows, result.rows, strict=True):
        for name, value in zip(names, row, strict=True):
            assert value == same(record.get(name))
    told = orjson.loads(render(result, JSON))["reconciliation"]
    facts = dict(list(book["说明与版本"].values)[1:])
    for name, value in told.items():
        if name in book.sheetnames:
            heads, *records = book[name].values
            assert [dict(zip(heads, r, strict=True)) for r in records] == [
                {k: same(v) for k, v in one.items()} for one in value
            ]
        elif isinstance(value, int | float | str):
            assert facts[name] == same(value)


def test_a_text_beyond_a_cell_says_where_it_is(monkeypatch) -> None:
    monkeypatch.setattr(formats, "_LONGEST_TEXT", 20)
    result = run("coverage", {"service": "park", "parameters": {"radius_m": 400}})
    book = openpyxl.load_workbook(io.BytesIO(render(result, XLSX, "en")))
    facts = dict(list(book["Notes and versions"].values)[1:])
    assert facts["layer_versions"].endswith("characters: see json")


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch) -> None:
    monkeypatch.setattr(formats, "_MOST_ROWS", 3)
    result = run("coverage", {"service": "park", "zones": "community"})
    with pytest.raises(InvalidInput, match="3 rows at most, 6 found; ask for csv"):
        render(result, XLSX)
