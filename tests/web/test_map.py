"""The map: figures, selection, layers, gaps, place, search, keys, themes, address."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from playwright.sync_api import Page

from gis.publish.theme import load_map_config

AT = "2015-12-31"
CORE = "ll=30.27900,120.12500,13.20"


def drawn(page: Page, layer: str) -> int:
    """Number of features that the map has drawn of a style layer."""
    return page.evaluate(
        "l => citygrid.view.map.queryRenderedFeatures({layers: [l]}).length", layer
    )


def is_blank(page: Page) -> bool:
    """Whether every sampled pixel of the canvas has the same colour."""
    return page.evaluate(
        """async () => {
          const { map } = citygrid.view;
          const image = await new Promise((done) => {
            map.once('render', () => {
              const canvas = map.getCanvas();
              const small = new OffscreenCanvas(60, 40);
              const pen = small.getContext('2d');
              pen.drawImage(canvas, 0, 0, 60, 40);
              done(pen.getImageData(0, 0, 60, 40).data);
            });
            map.triggerRepaint();
          });
          const seen = new Set();
          for (let i = 0; i < image.length; i += 4) {
            seen.add(`${image[i]},${image[i + 1]},${image[i + 2]}`);
          }
          return seen.size < 4;
        }"""
    )


def scorecard(site: str, **inputs: Any) -> dict[str, Any]:
    answer = requests.post(
        f"{site}/processes/scorecard/execution",
        json={"inputs": {"series": False, **inputs}},
        timeout=120,
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def text_of(page: Page, selector: str) -> str:
    return page.locator(selector).first.inner_text()


def test_first_view_shows_zones_and_figures(visit: Any) -> None:
    page = visit.open("/map")
    assert drawn(page, "zone-d-street") > 0
    assert not is_blank(page)
    assert "演示数据（合成）" in text_of(page, "#credit")
    assert "未经审图" in text_of(page, "#credit")
    counts = page.locator(".classes em").all_inner_texts()
    first = str(load_map_config().first["indicator"])
    body = scorecard(visit.site, targets=[first], zones="street", as_of=AT)
    inside = [c for c in body["cells"] if c["state"] != "out_of_scope"]
    assert sum(int(n.replace(",", "")) for n in counts) == len(inside)
    met = sum(c["state"] == "met" for c in inside)
    assert text_of(page, '.classes [data-class="4"] em') == str(met)


@pytest.mark.parametrize("level", ["district", "street", "community"])
def test_panel_shows_what_the_process_answers(visit: Any, level: str) -> None:
    body = scorecard(visit.site, targets=["sc-1"], zones=level, as_of=AT)
    cell = next(c for c in body["cells"] if c["value"] is not None)
    code = cell["zone_id"]
    page = visit.open(f"/map?ind=sc-1&lvl={level}&{CORE}&sel={level}:{code}")
    shown = float(text_of(page, "#zone-value").replace(",", "").rstrip("%"))
    assert shown == pytest.approx(cell["value"], abs=0.051)
    facts = page.locator("#right .facts dd").all_inner_texts()
    covered, total = (float(re.sub(r"[^\d.]", "", text)) for text in facts[:2])
    assert 100 * covered / total == pytest.approx(cell["value"], rel=2e-3)
    assert page.locator("#right .bullet .tick").count() == 1
    assert drawn(page, "selected-line") > 0 or level == "district"


def test_cells_come_from_the_coverage_process(visit: Any) -> None:
    page = visit.open(f"/map?ind=sc-1&lvl=unit_grid&{CORE}")
    assert drawn(page, "zone-d-unit_grid") > 0
    total = sum(
        int(n.replace(",", "")) for n in page.locator(".classes em").all_inner_texts()
    )
    assert total > 0
    assert not is_blank(page)


def test_a_click_opens_the_card_of_a_feature(visit: Any) -> None:
    page = visit.open(f"/map?{CORE}&on=residential_compound")
    assert drawn(page, "layer-residential_compound") > 0
    spot = page.evaluate(
        """() => {
          const { map } = citygrid.view;
          const { width, height } = map.getCanvas().getBoundingClientRect();
          for (let x = 340; x < width - 80; x += 6) {
            for (let y = 40; y < height - 130; y += 6) {
              const hit = map.queryRenderedFeatures([x, y],
                { layers: ['layer-residential_compound'] });
              if (hit.length) return [x, y];
            }
          }
          return null;
        }"""
    )
    assert spot
    page.locator("canvas").click(position={"x": spot[0], "y": spot[1]})
    visit.rest()
    page.wait_for_selector("#right .facts.code")
    card = text_of(page, "#right")
    assert "居民小区" in card
    assert "合成" in card
    assert "来源" in card
    assert re.search(r"sel=residential_compound:", page.url)
    page.keyboard.press("Escape")
    assert page.locator("#right").is_hidden()


def test_gaps_are_drawn_listed_and_walked(visit: Any) -> None:
    body = scorecard(visit.site, targets=["sc-1"], zones="street", as_of=AT)
    worst = min(
        (c for c in body["cells"] if c["value"] is not None), key=lambda c: c["value"]
    )
    page = visit.open(f"/map?ind=sc-1&lvl=street&sel=street:{worst['zone_id']}")
    page.click("#show-gaps")
    page.wait_for_selector(".gaps")
    visit.rest()
    assert drawn(page, "gap-line") > 0
    rows = page.locator(".gaps button").count()
    assert rows > 0
    page.click("#next-gap")
    visit.rest()
    assert page.locator('.gaps [aria-current="true"]').count() == 1
    assert "on=gap" in page.url


def test_layers_switch_on_by_theme(visit: Any) -> None:
    page = visit.open(f"/map?{CORE}")
    page.check('[data-layer="park"]')
    visit.rest()
    assert drawn(page, "layer-park") > 0
    assert "on=park" in page.url
    page.locator('[data-layer="park"]').press("Space")
    assert not page.is_checked('[data-layer="park"]')
    names = page.locator(".tree [data-layer]").evaluate_all(
        "nodes => nodes.map(n => n.dataset.layer)"
    )
    assert "camera" not in names
    assert "camera_view" not in names


def test_dates_change_every_figure(visit: Any) -> None:
    page = visit.open("/map?ind=sc-1&lvl=district&sel=district:330106")
    after = text_of(page, "#zone-value")
    page.locator('.time input[type="range"]').focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    visit.rest()
    page.locator("#zone-value").filter(has_not_text=after).wait_for()
    visit.rest()
    assert "at=2012-12-31" in page.url
    assert text_of(page, ".asof b") == "2012-12-31"
    assert any("datetime=2012-12-31" in url for url in visit.requested)
    body = scorecard(visit.site, targets=["sc-1"], zones="district", as_of="2012-12-31")
    value = next(c["value"] for c in body["cells"] if c["zone_id"] == "330106")
    shown = float(text_of(page, "#zone-value").rstrip("%"))
    assert shown == pytest.approx(value, abs=0.051)


def test_where_am_i_answers_the_grid_card(visit_with: Callable[..., Any]) -> None:
    here = {"longitude": 120.125, "latitude": 30.279, "accuracy": 12}
    with visit_with(geolocation=here, permissions=["geolocation"]) as visit:
        page = visit.open(f"/map?{CORE}")
        page.click("#locate")
        page.wait_for_selector("#right .grid-code")
        visit.rest()
        code = page.locator(".grid-code").get_attribute("data-code")
        asked = requests.post(
            f"{visit.site}/processes/locate/execution",
            json={"inputs": {"x": 120.125, "y": 30.279, "datum": "wgs84"}},
            timeout=30,
        ).json()
        assert code == asked["zones"]["unit_grid"]["code"]
        assert asked["responsible_org"] in text_of(page, "#right")
        assert "12 m" in text_of(page, "#right")
        visit.check()


def test_search_finds_zones_places_and_coordinates(visit: Any) -> None:
    page = visit.open("/map")
    page.keyboard.press("Tab")
    page.locator("canvas").focus()
    page.keyboard.press("/")
    page.keyboard.type("文新")
    page.wait_for_selector("#hits li[aria-selected=true]")
    assert "文新街道" in text_of(page, "#hits")
    page.keyboard.press("Enter")
    page.wait_for_selector("#right .title")
    visit.rest()
    assert "sel=street:330106013" in page.url
    page.fill("#q", "30.279, 120.125")
    page.wait_for_selector("#hits li[aria-selected=true]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#right .grid-code")
    visit.rest()


def test_themes_keep_figures_and_selection(visit: Any) -> None:
    page = visit.open("/map?ind=sc-1&lvl=street&sel=street:330106013")
    before = text_of(page, "#zone-value")
    for theme in ("dark", "sun"):
        page.click("#theme")
        visit.rest()
        page.wait_for_timeout(50)
        visit.rest()
        assert page.get_attribute("html", "data-theme") == theme
        assert drawn(page, "zone-d-street") > 0
        assert drawn(page, "selected-line") > 0
        assert text_of(page, "#zone-value") == before
        state = page.evaluate(
            "() => citygrid.view.map.getFeatureState("
            "{source: 'street', sourceLayer: 'street', id: '330106013'})"
        )
        assert state["d"] >= 0
        assert not is_blank(page)


def test_english(visit: Any) -> None:
    page = visit.open("/map?lang=en&sel=street:330106013")
    assert page.get_attribute("html", "lang") == "en"
    panel = text_of(page, "#left") + text_of(page, "#right")
    for word in ("Indicator", "Street", "Ledger", "Shown for your level"):
        assert word in panel
    other = page.get_attribute("#lang", "href") or ""
    assert "lang=zh" in other
    assert "sel=street:330106013" in other


def test_keys_reach_the_list_with_the_same_figures(visit: Any) -> None:
    page = visit.open("/map?ind=sc-1")
    page.locator("canvas").focus()
    page.keyboard.press("2")
    visit.rest()
    assert "lvl=street" in page.url
    page.keyboard.press("t")
    page.wait_for_selector(".zones tbody tr")
    body = scorecard(visit.site, targets=["sc-1"], zones="street", as_of=AT)
    cells = {c["zone_id"]: c for c in body["cells"] if c["state"] != "out_of_scope"}
    rows = page.locator(".zones tbody tr")
    assert rows.count() == len(cells)
    for row in rows.all():
        code = row.get_attribute("data-code")
        value = cells[code]["value"]
        shown = row.locator("td").nth(1).inner_text()
        if value is None:
            assert shown == "无"
        else:
            assert float(shown) == pytest.approx(value, abs=0.051)
    page.keyboard.press("Enter")
    page.wait_for_selector("#right .title")
    visit.rest()
    assert "sel=street:" in page.url


STATES = [
    "?v=1&ind=sc-1&lvl=street&ll=30.27700,120.12800,11.55&lang=zh",
    "?v=1&ind=in-1&lvl=community&col=cov&at=2013-12-31&ll=30.26000,120.11000,12.80"
    "&sel=street:330106013&on=park,air_station&cls=2,3&th=dark&lang=en",
]


@pytest.mark.parametrize("state", STATES)
def test_the_address_carries_the_view(visit: Any, state: str) -> None:
    page = visit.open(f"/map{state}")
    page.evaluate("citygrid.view.map.triggerRepaint()")
    visit.rest()

    def held() -> dict[str, list[str]]:
        return parse_qs(urlsplit(page.url).query)

    assert held() == parse_qs(state[1:])
    page.reload()
    visit.rest()
    assert held() == parse_qs(state[1:])
    if "on=" in state:
        assert page.is_checked('[data-layer="park"]')


def test_back_returns_to_the_indicator_before(visit: Any) -> None:
    page = visit.open("/map?ind=sc-1")
    page.click(".pick")
    page.locator("#options button", has_text="停车诱导").click()
    visit.rest()
    assert "ind=tr-1" in page.url
    page.go_back()
    visit.rest()
    assert "ind=sc-1" in page.url
    assert "社区信息服务" in text_of(page, "#indicator")


HOSTILE = "?ind=%3Cscript%3E&lvl=moon&ll=abc&at=2015-99-99&sel=%22%3E%3Cimg%20src=x%3E"


def test_hostile_values_fall_back_and_are_said(visit: Any) -> None:
    page = visit.open(f"/map{HOSTILE}&on=camera,nothing&cls=9&th=neon")
    assert page.locator("img[src=x]").count() == 0
    said = text_of(page, "#toast")
    for key in ("ind", "lvl", "ll", "at", "sel"):
        assert key in said
    assert drawn(page, "zone-d-street") + drawn(page, "zone-d-district") > 0


def test_without_webgl_a_table_and_a_drawing(visit_with: Callable[..., Any]) -> None:
    with visit_with() as visit:
        visit.page.add_init_script(
            "HTMLCanvasElement.prototype.getContext = () => null;"
        )
        page = visit.open("/map?ind=sc-1&lvl=street")
        page.wait_for_selector("#fallback path")
        assert "WebGL" in text_of(page, "#fallback")
        assert page.locator("#fallback .zones tbody tr").count() > 5
        page.locator("#fallback .zones button").first.click()
        page.wait_for_selector("#zone-value, #right .figure")
        visit.check()


def test_failed_figures_leave_the_map_usable(visit: Any) -> None:
    visit.expected = ("status of 500", "status of 503")
    visit.page.route(
        "**/processes/scorecard/execution",
        lambda route: route.fulfill(
            status=503, json={"code": "Busy", "description": "later"}
        ),
    )
    page = visit.open("/map?lvl=street")
    assert page.locator("#legend .problem button").count() == 1
    assert drawn(page, "base-district") > 0
    visit.page.unroute("**/processes/scorecard/execution")
    page.click("#legend .problem button")
    page.wait_for_selector('.classes [data-class="4"]')
    visit.rest()


def test_staff_see_more_than_the_public(
    visit: Any, visit_with: Callable[..., Any]
) -> None:
    token = {"Authorization": "Bearer token-of-staff"}
    with visit_with(extra_http_headers=token) as staff:
        page = staff.open("/map")
        seen = text_of(page, "#tree-foot")
        assert "登录可见更多" not in seen
        names = page.locator("[data-layer]").evaluate_all(
            "nodes => nodes.map(n => n.dataset.layer)"
        )
        staff.check()
    page = visit.open("/map")
    public = page.locator("[data-layer]").evaluate_all(
        "nodes => nodes.map(n => n.dataset.layer)"
    )
    assert set(public) < set(names)
    assert "登录可见更多" in text_of(page, "#tree-foot")
