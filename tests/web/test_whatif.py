"""What-if on the map: figures, undo, late answers, keys, phone."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Error, Route

from gis.web import ROOT
from tests.web.conftest import PHONE, RESTRICTED_TOKEN, STAFF_TOKEN
from tests.web.trying import (
    CORE,
    answered,
    ask,
    inputs_of,
    painted,
    shown_rows,
    signed,
    tap,
)


def test_after_is_the_answer_of_the_process_and_undo_brings_before(
    visit_with: Callable[..., Any], site: str
) -> None:
    with visit_with(**signed(RESTRICTED_TOKEN)) as visit:
        page = visit.open(f"/map?{CORE}&ind=sc-1&lvl=community")
        bare = painted(page)
        page.keyboard.press("w")
        page.wait_for_selector("#wi-form")
        page.select_option("#wi-service", "service_point")
        lonely = page.evaluate(
            """() => { const r = [...citygrid.choropleth.values.rows.values()]
              .filter((row) => row.scope && row.value === 0); return r[0].code; }"""
        )
        zones = ask(site, "map/zones/community.json", method="GET")
        at = zones["code"].index(lonely)
        place = [zones["lon"][at], zones["lat"][at]]
        page.evaluate("c => citygrid.view.map.jumpTo({center: c, zoom: 14})", place)
        visit.rest()
        tap(page, place)
        answered(page)
        page.fill("#wi-service_radius_m", "900")
        answered(page)
        told = ask(site, "processes/what-if/execution", {"inputs": inputs_of(page)})[
            "rows"
        ]
        rows = {
            row["zone_id"]: row
            for row in told
            if row["before"] != row["after"]
            and row["level"] == "community"
            and row["zone_id"] not in ("outside", "total")
        }
        assert lonely in rows
        page.click('[data-key="more-community"]') if len(rows) > 3 else None
        for code, cells in shown_rows(page).items():
            if code in rows:
                row = rows[code]
                assert float(cells[0]) == round(100 * row["ratio_before"], 2)
                assert float(cells[1]) == round(100 * row["ratio_after"], 2)
        now = json.loads(painted(page))
        outlined = {state[0] for state in now[0] if state[4]}
        assert outlined == set(rows)
        page.click("#map canvas", position={"x": 500, "y": 200})  # a second one
        answered(page)
        page.keyboard.down("b")
        assert page.get_attribute('[data-key="before"]', "aria-pressed") == "true"
        page.keyboard.up("b")
        while page.evaluate("citygrid.whatif.past.length"):
            page.keyboard.press("Control+z")
        assert page.evaluate("citygrid.whatif.plan.edits.length") == 0
        assert "wi=" not in page.url
        visit.rest()
        assert painted(page) == bare
        visit.check()


def test_late_answers_are_dropped_and_one_question_is_under_way(
    visit_with: Callable[..., Any], site: str
) -> None:
    held: list[Route] = []
    gate = threading.Event()

    def slow(route: Route) -> None:
        if gate.is_set():
            route.continue_()
        else:
            held.append(route)

    with visit_with(**signed(RESTRICTED_TOKEN)) as visit:
        page = visit.open(f"/map?{CORE}&ind=sc-1&lvl=street")
        bare = painted(page)
        page.route("**/processes/what-if/execution", slow)
        page.keyboard.press("w")
        page.select_option("#wi-service", "tourist_service")
        page.click("#wi-place")
        page.wait_for_function("citygrid.whatif.asking")
        for _ in range(3):
            page.click("#wi-place")
        assert len(held) == 1  # the others wait for it
        late = ask(site, "processes/what-if/execution", {"inputs": inputs_of(page)})
        while page.evaluate("citygrid.whatif.plan.edits.length"):
            page.click("#wi-undo")
        assert not page.evaluate("citygrid.whatif.asking")
        gate.set()
        with contextlib.suppress(Error):  # the page may have given it up
            held[0].fulfill(json=late)
        page.wait_for_timeout(300)
        assert page.evaluate("citygrid.whatif.figures") is None
        assert page.query_selector("#wi-figures:not([hidden])") is None
        page.select_option("#wi-service", "service_point")
        while page.evaluate("citygrid.whatif.past.length"):
            page.keyboard.press("Escape")
            page.keyboard.press("w")
        page.evaluate("citygrid.store.set({ind: 'sc-1'})")
        visit.rest()
        assert painted(page) == bare
        # the answer that is shown is that of the last plan
        gate.clear()
        held.clear()
        page.click("#wi-place")
        page.wait_for_function("citygrid.whatif.asking")
        page.fill("#wi-service_radius_m", "800")
        gate.set()
        held[0].continue_()
        answered(page)
        told = ask(site, "processes/what-if/execution", {"inputs": inputs_of(page)})
        shown = page.evaluate("citygrid.whatif.figures.answer.rows")
        assert shown == told["rows"]


def test_the_keyboard_alone_is_enough_and_axe_finds_nothing(
    visit_with: Callable[..., Any],
) -> None:
    script = ROOT / "vendor-test" / "axe" / "axe.min.js"
    rules = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}
    with visit_with(**signed(STAFF_TOKEN)) as visit:
        page = visit.open(f"/map?{CORE}&ind=vs-2")
        page.locator("#map canvas").focus()
        page.keyboard.press("w")
        page.keyboard.press("Enter")
        answered(page)
        edit = "citygrid.whatif.selected"
        assert page.evaluate(f"{edit}.p.azimuth_deg") == 0
        page.keyboard.press(".")
        page.keyboard.press(".")
        page.keyboard.press(",")
        assert page.evaluate(f"{edit}.p.azimuth_deg") == 5
        answered(page)
        assert page.evaluate("citygrid.view.data.wi.features.length") == 4
        page.add_script_tag(path=str(script))
        for theme in ("light", "dark", "sun"):
            page.evaluate("th => citygrid.store.set({th})", theme)
            visit.rest()
            found = page.evaluate("rules => axe.run(document, {runOnly: rules})", rules)
            told = [
                (v["id"], [n["target"] for n in v["nodes"]])
                for v in found["violations"]
            ]
            assert told == [], theme
        page.locator("#map canvas").focus()
        page.keyboard.press("Delete")
        assert page.evaluate("citygrid.whatif.plan.edits.length") == 0
        page.keyboard.press("Control+z")
        answered(page)
        page.keyboard.press("Escape")
        assert "wi=" not in page.url
        page.click("#toast button")
        answered(page)
        assert page.evaluate("citygrid.whatif.plan.edits.length") == 1
        page.route("**/processes/what-if/execution", lambda route: route.abort())
        page.keyboard.press("Enter")
        page.wait_for_selector("#wi-figures .problem")
        assert "连不上服务器" in page.inner_text("#wi-figures .problem")
        assert page.locator(".tried").count() == 1  # the last figures stay
        page.unroute("**/processes/what-if/execution")
        page.click('[data-key="retry"]')
        page.wait_for_selector("#wi-figures .problem", state="detached")
        visit.expected = ("ERR_FAILED",)
        visit.check()


def test_places_are_pasted_dragged_and_tapped_on_a_phone(
    visit_with: Callable[..., Any],
) -> None:
    options = {"viewport": PHONE, "has_touch": True, **signed(RESTRICTED_TOKEN)}
    with visit_with(**options) as visit:
        page = visit.open(f"/map?{CORE}&ind=vs-2")
        page.tap("#whatif")
        page.evaluate("document.querySelector('#wi-paste').click()")
        page.fill(
            "#paste-text",
            "经度,纬度,方位角,类型\n120.1251,30.2790,90,半球\n30,30,1,\n120.1259,30.2795,x,\n",
        )
        page.tap("#paste-add")
        assert "第 3, 4 行" in page.inner_text("#paste-said")
        page.tap(".dialog .close")
        answered(page)
        first = page.evaluate("citygrid.whatif.plan.edits[0]")
        assert first == {
            "op": "add",
            "lon": 120.1251,
            "lat": 30.279,
            "p": first["p"] | {"azimuth_deg": 90, "kind": "2"},
        }
        heights = page.evaluate(
            "[...document.querySelectorAll('#right input, #right select, #right .btn')]"
            ".map((n) => n.getBoundingClientRect().height)"
        )
        assert min(heights) >= 48
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"]
        page.touchscreen.tap(150, 200)
        page.wait_for_function("citygrid.whatif.plan.edits.length === 2")
        visit.check()


def test_a_standing_asset_is_dragged_and_another_taken_out(
    visit_with: Callable[..., Any], site: str
) -> None:
    with visit_with(**signed(RESTRICTED_TOKEN)) as visit:
        page = visit.open(f"/map?{CORE}&ind=vs-2&on=camera")
        page.keyboard.press("w")
        page.wait_for_selector("#wi-form")
        codes = page.evaluate(
            """() => citygrid.view.map.queryRenderedFeatures([[400, 150], [760, 500]],
                { layers: ['layer-camera'] }).map((f) => f.properties.code)"""
        )
        page.evaluate("code => citygrid.whatif.take(code, 'move')", codes[0])
        answered(page)
        at = page.evaluate(
            "[citygrid.whatif.selected.lon, citygrid.whatif.selected.lat]"
        )
        spot = page.evaluate(
            """(at) => { const p = citygrid.view.map.project(at);
              const b = citygrid.view.map.getContainer().getBoundingClientRect();
              return [p.x + b.x, p.y + b.y]; }""",
            at,
        )
        page.mouse.move(*spot)
        page.mouse.down()
        page.mouse.move(spot[0] + 40, spot[1] + 25, steps=8)
        page.mouse.up()
        answered(page)
        assert page.evaluate("citygrid.whatif.selected.lon") > at[0]
        page.keyboard.press("Control+z")  # the whole of the drag
        assert page.evaluate("citygrid.whatif.selected.lon") == at[0]
        page.evaluate("code => citygrid.whatif.take(code, 'remove')", codes[-1])
        answered(page)
        told = ask(site, "processes/what-if/execution", {"inputs": inputs_of(page)})
        assert told["reconciliation"]["edits"]["removed"] == 1
        assert page.evaluate("citygrid.whatif.figures.answer.rows") == told["rows"]
        visit.check()
