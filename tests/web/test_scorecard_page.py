"""The scorecard page: same figures as the process, with and without script."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
import requests

from gis.publish.scale import figure

AT = "2015-12-31"


@pytest.fixture(scope="module")
def answer(site: str) -> dict[str, Any]:
    found = requests.post(
        f"{site}/processes/scorecard/execution",
        json={"inputs": {"zones": "district", "as_of": AT, "series": False}},
        timeout=120,
    )
    assert found.status_code == 200, found.text
    return found.json()


def test_page_reads_without_script(
    answer: dict[str, Any], visit_with: Callable[..., Any]
) -> None:
    with visit_with(java_script_enabled=False) as visit:
        page = visit.open("/scorecard", ready=False)
        cards = {card["id"]: card for card in answer["targets"]}
        rows = page.locator("tr[data-target]")
        assert rows.count() == len(cards)
        for cell in answer["cells"]:
            row = page.locator(f'tr[data-target="{cell["target"]}"]')
            place = row.locator(f'td[data-zone="{cell["zone_id"]}"]')
            if cell["state"] == "out_of_scope":
                assert place.inner_text() in ("", "·")
            elif cell["value"] is None:
                assert place.inner_text() == "无"
            else:
                assert place.inner_text() == figure(
                    cell["value"], cards[cell["target"]]
                )
                filled = place.locator("a").get_attribute("class") or ""
                assert bool(re.search(r"\bt\d", filled)) == (cell["state"] == "not_met")
        counts = answer["summary"]["measured"]
        head = page.locator(".sum").inner_text()
        assert f"{counts['met']} 项达标" in head
        assert f"{counts['short_over_15']} 项差 15 点以上" in head
        page.locator('tr[data-target="sc-1"] td.num a.cell').first.click()
        assert page.locator("#ledger h2").inner_text().startswith("西湖区")
        visit.check()


def test_ledger_recomputes_the_value(visit: Any, answer: dict[str, Any]) -> None:
    page = visit.open(f"/scorecard?at={AT}")
    page.locator('tr[data-target="sc-1"] td.num a.cell').first.click()
    page.wait_for_selector("#ledger:not([hidden]) .equation")
    visit.rest()
    terms = page.locator(".equation b").all_inner_texts()
    covered, total, ratio = (float(re.sub(r"[^\d.]", "", text)) for text in terms)
    assert covered / total == pytest.approx(ratio, abs=2e-6)
    cell = next(
        c for c in answer["cells"] if c["target"] == "sc-1" and c["zone_id"] == "330106"
    )
    assert 100 * ratio == pytest.approx(cell["value"], abs=1e-4)
    text = page.locator("#ledger").inner_text()
    for word in ("规划原文", "依据", "图层", "EPSG:4549", "指纹"):
        assert word in text
    assert page.locator("#ledger .worst").count() == 1
    assert "target=sc-1" in page.url
    page.go_back()
    visit.rest()
    assert page.locator("#ledger").is_hidden()


def test_filters_and_distance(visit: Any) -> None:
    page = visit.open("/scorecard")
    every = page.locator("tr[data-target]").count()
    page.check("input[name=unmet]", force=True)
    page.wait_for_url("**unmet=1**")
    visit.rest()
    unmet = page.locator("tr[data-target]").count()
    assert 0 < unmet < every
    page.check("input[name=show][value=distance]", force=True)
    page.wait_for_url("**show=distance**")
    visit.rest()
    texts = page.locator("td.city").all_inner_texts()
    assert all(text.startswith(("−", "无")) for text in texts)
    page.select_option("select[name=kind]", "measured")
    page.wait_for_url("**kind=measured**")
    visit.rest()
    assert page.locator("tr[data-target] .sq.open").count() == 0
    page.reload()
    visit.rest()
    assert page.is_checked("input[name=unmet]")


def test_trends_and_arrow_keys(visit: Any) -> None:
    page = visit.open("/scorecard")
    assert page.locator(".spark svg path.line-main").count() >= 20
    page.locator("tr[data-target] th.name a").first.focus()
    page.keyboard.press("ArrowDown")
    held = page.evaluate("document.activeElement.closest('tr').dataset.target")
    second = page.locator("tr[data-target]").nth(1).get_attribute("data-target")
    assert held == second


def test_english_page_is_english(visit: Any) -> None:
    page = visit.open("/scorecard?lang=en&target=sc-1&zone=city")
    text = page.locator(".head").inner_text() + page.locator("#filters").inner_text()
    assert not re.search(r"[\u4e00-\u9fff]", text)
    assert "Numerator" in page.locator("#ledger").inner_text()


def test_exports_equal_the_table(site: str, answer: dict[str, Any]) -> None:
    values = {(c["target"], c["zone_id"]): c["value"] for c in answer["cells"]}
    found = requests.get(f"{site}/scorecard?f=csv&at={AT}", timeout=60)
    assert found.headers["content-type"].startswith("text/csv")
    assert "attachment" in found.headers["content-disposition"]
    assert found.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(found.content.decode("utf-8-sig"))))
    for row in rows:
        key = (row["target"], row["zone_id"])
        if values.get(key) is not None:
            assert float(row["value"]) == values[key]
    book = requests.get(f"{site}/scorecard?f=xlsx&at={AT}", timeout=60)
    sheets = openpyxl.load_workbook(io.BytesIO(book.content)).sheetnames
    assert len(sheets) >= 2
    told = requests.get(f"{site}/scorecard?f=json&at={AT}", timeout=60).json()
    assert told["cells"] == answer["cells"]


@pytest.mark.parametrize(
    ("query", "named"),
    [("at=yesterday", "at"), ("f=pdf", "f"), ("show=x", "show"), ("kind=x", "kind")],
)
def test_bad_parameters_are_named(site: str, query: str, named: str) -> None:
    found = requests.get(
        f"{site}/scorecard?{query}", timeout=60, headers={"Accept": "application/json"}
    )
    assert found.status_code == 400
    assert named in found.text


def test_print_is_landscape_with_head_and_mark(visit: Any, tmp_path: Any) -> None:
    page = visit.open("/scorecard")
    content = page.pdf(prefer_css_page_size=True, print_background=True)
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", content)
    assert boxes
    width, height = (float(part) for part in boxes[0])
    assert width > height
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", content)) <= 4
    page.emulate_media(media="print")
    assert page.locator(".print-foot").is_visible()
    assert "演示数据" in page.locator(".print-foot").inner_text()
    assert page.locator("#filters").is_hidden()
    page.emulate_media(media="screen")
