"""Phone width: sheets, sizes of targets, nothing hidden behind anything."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

BOXES = """selectors => selectors.map(s => {
  const node = document.querySelector(s);
  if (!node || node.hidden || node.offsetParent === null
      && getComputedStyle(node).position !== 'fixed') return [s, null];
  const { left, top, right, bottom } = node.getBoundingClientRect();
  return [s, [left, top, right, bottom]];
})"""


def boxes(page: Page, *selectors: str) -> dict[str, list[float]]:
    found = page.evaluate(BOXES, list(selectors))
    return {name: box for name, box in found if box}


def apart(one: list[float], other: list[float]) -> bool:
    return (
        one[2] <= other[0] + 1
        or other[2] <= one[0] + 1
        or one[3] <= other[1] + 1
        or other[3] <= one[1] + 1
    )


def settle(page: Page) -> None:
    page.wait_for_function(
        "() => document.getAnimations().every(a => a.playState !== 'running')"
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_overlaps_and_nothing_sticks_out(phone: Any, lang: str) -> None:
    page = phone.open(f"/map?lang={lang}")
    settle(page)
    found = boxes(page, ".bar", "#search", "#demo", ".controls", "#credit", "#left")
    names = list(found)
    assert len(names) == 6
    for i, one in enumerate(names):
        assert found[one][0] >= -1
        assert found[one][2] <= 391
        for other in names[i + 1 :]:
            assert apart(found[one], found[other]), (one, other)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_targets_are_large_enough_for_a_thumb(phone: Any) -> None:
    page = phone.open("/map")
    page.click("#open-layers")
    settle(page)
    sizes = page.evaluate(
        """() => [...document.querySelectorAll('.control button, .tree .row, #q')]
          .filter(n => n.offsetParent).map(n => [n.id || n.className,
            n.getBoundingClientRect().height])"""
    )
    assert len(sizes) > 10
    assert [name for name, height in sizes if height < 47.5] == []


def test_the_sheet_has_three_stops(phone: Any) -> None:
    page = phone.open("/map?ind=sc-1&lvl=street&sel=street:330106013")
    page.wait_for_selector("#right .figure")
    handle = page.locator("#right .handle")
    assert page.get_attribute("#right", "data-stop") == "half"
    handle.press("ArrowUp")
    assert page.get_attribute("#right", "data-stop") == "full"
    handle.press("ArrowDown")
    handle.press("ArrowDown")
    assert page.get_attribute("#right", "data-stop") == "peek"
    assert handle.get_attribute("aria-expanded") == "false"
    settle(page)
    top = boxes(page, "#right")["#right"][1]
    assert top == pytest.approx(844 - 148, abs=3)
    box = boxes(page, "#right .title")["#right .title"]
    assert box[3] < 844


def test_the_date_can_be_chosen_without_the_time_bar(phone: Any) -> None:
    page = phone.open("/map?ind=sc-1&lvl=district")
    page.click("#open-layers")
    page.select_option(".time-phone select", "2013-12-31")
    phone.rest()
    assert "at=2013-12-31" in page.url


def test_scorecard_shows_one_district(phone: Any) -> None:
    page = phone.open("/scorecard")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shown = page.locator(".matrix thead th[data-zone]:visible")
    assert shown.count() == 1
    page.locator(".matrix td.num a.cell:visible").first.click()
    page.wait_for_selector("#ledger:not([hidden])")
    phone.rest()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
