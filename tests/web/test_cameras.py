"""Cameras on the map: views on the card, blind spots, one tried, dragged and turned."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import requests
from playwright.sync_api import Page

from tests.web.conftest import PHONE, RESTRICTED_TOKEN, STAFF_TOKEN

CORE = "ll=30.27900,120.12500,16.50&lang=zh&at="


def signed(token: str) -> dict[str, Any]:
    return {"extra_http_headers": {"Authorization": f"Bearer {token}"}}


def first(site: str, layer: str, filter_: str) -> dict[str, Any]:
    answer = requests.get(
        f"{site}/collections/{layer}/items",
        params={"f": "json", "limit": "1", "filter": filter_},
        headers={"Authorization": f"Bearer {RESTRICTED_TOKEN}"},
        timeout=60,
    )
    return answer.json()["features"][0]


def ask(site: str, process: str, **inputs: Any) -> dict[str, Any]:
    answer = requests.post(
        f"{site}/processes/{process}/execution",
        json={"inputs": inputs},
        headers={
            "Authorization": f"Bearer {RESTRICTED_TOKEN}",
            "Accept": "application/geo+json",
        },
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def azimuth(page: Page) -> float:
    return page.evaluate("citygrid.trial.camera.facing_deg")


def places(page: Page) -> dict[str, list[float]]:
    """Pixels of the post and of the tip of the tried camera."""
    return page.evaluate(
        """() => Object.fromEntries(citygrid.view.data.try.features
          .filter((f) => f.geometry.type === 'Point')
          .map((f) => {
            const p = citygrid.view.map.project(f.geometry.coordinates);
            const b = citygrid.view.map.getContainer().getBoundingClientRect();
            return [f.properties.role, [p.x + b.x, p.y + b.y]];
          }))"""
    )


def test_a_card_shows_what_its_camera_sees(
    visit_with: Callable[..., Any], site: str
) -> None:
    camera = first(site, "camera", "state = 'online' AND azimuth_deg IS NOT NULL")
    told = ask(site, "camera-view", cameras=[camera["id"]], levels=["detect"])
    area = told["features"][0]["properties"]["area_m2"]
    with visit_with(**signed(RESTRICTED_TOKEN)) as visit:
        page = visit.open(f"/map?{CORE}&on=camera&sel=camera:{camera['id']}")
        page.wait_for_selector("table.views")
        visit.rest()
        row = page.inner_text("table.views tbody tr:first-child")
        assert f"{area:,.0f} m²" in row or f"{area:,.1f} m²" in row
        drawn = page.evaluate("citygrid.view.data.view.features.length")
        assert drawn >= 1
        page.click('button.swatch[data-purpose="detect"]')
        assert page.evaluate("citygrid.view.data.view.features.length") == 1
        page.click("button.close")
        assert page.evaluate("citygrid.view.data.view.features.length") == 0
        visit.check()


def test_blind_spots_of_a_place_and_who_sees_it(
    visit_with: Callable[..., Any], site: str
) -> None:
    place = first(site, "public_place", "kind = 'square'")
    told = ask(site, "blind-spot", place=place["id"])
    sees = [f for f in told["features"] if f["properties"].get("verdict") == "sees"]
    with visit_with(**signed(RESTRICTED_TOKEN)) as visit:
        page = visit.open(f"/map?{CORE}&on=public_place&sel=public_place:{place['id']}")
        page.click("#show-blind")
        page.wait_for_selector(".verdicts")
        visit.rest()
        words = page.inner_text(".verdicts")
        assert words.count("看得见") == len(sees) > 0
        blind = page.evaluate("citygrid.view.data.blind.features.length")
        assert blind == sum(
            f["properties"]["kind"] == "blind" for f in told["features"]
        )
        visit.check()


def test_a_camera_is_tried_with_the_keyboard_alone(
    visit_with: Callable[..., Any],
) -> None:
    with visit_with(**signed(STAFF_TOKEN)) as visit:
        page = visit.open(f"/map?{CORE}")
        page.keyboard.press("v")
        page.wait_for_selector("#try-views table.views")
        before = page.evaluate("JSON.stringify(citygrid.view.data.view)")
        for _ in range(9):
            page.keyboard.press(".")
        page.wait_for_function(
            "old => JSON.stringify(citygrid.view.data.view) !== old", arg=before
        )
        assert azimuth(page) == 45
        page.keyboard.press(",")
        assert azimuth(page) == 40
        page.fill("#try-opening_deg", "90")
        visit.rest()
        assert page.evaluate("citygrid.trial.camera.opening_deg") == 90
        page.click("#map canvas", position={"x": 5, "y": 300})
        page.keyboard.press("Escape")
        assert page.evaluate("citygrid.view.data.view.features.length") == 0
        visit.check()


def test_dragging_turns_and_moves_it(visit_with: Callable[..., Any]) -> None:
    with visit_with(**signed(STAFF_TOKEN)) as visit:
        page = visit.open(f"/map?{CORE}")
        page.click("#try-camera")
        page.wait_for_selector("#try-views table.views")
        visit.rest()
        at = places(page)
        (x, y), (x1, y1) = at["post"], at["tip"]
        reach = math.hypot(x1 - x, y1 - y)
        page.mouse.move(x1, y1)
        page.mouse.down()
        page.mouse.move(x + reach * 0.7, y - reach * 0.7, steps=6)
        page.mouse.move(x + reach, y, steps=6)
        page.mouse.up()
        page.wait_for_function("!citygrid.trial.asking && !citygrid.trial.again")
        assert abs(azimuth(page) - 90) < 3
        assert page.evaluate("citygrid.trial.times.length") >= 2
        lon = page.evaluate("citygrid.trial.camera.lon")
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 60, y + 10, steps=5)
        page.mouse.up()
        page.wait_for_function("!citygrid.trial.asking && !citygrid.trial.again")
        assert page.evaluate("citygrid.trial.camera.lon") > lon
        visit.check()


def test_a_phone_has_buttons_for_what_is_dragged(
    visit_with: Callable[..., Any],
) -> None:
    options = {"viewport": PHONE, "has_touch": True, **signed(STAFF_TOKEN)}
    with visit_with(**options) as visit:
        page = visit.open(f"/map?{CORE}")
        page.tap("#try-camera")
        page.wait_for_selector("#try-views table.views", state="attached")
        page.tap("#turn-right")
        assert azimuth(page) == 5
        heights = page.evaluate(
            "[...document.querySelectorAll('.optics input, #right .btn')]"
            ".map((n) => n.getBoundingClientRect().height)"
        )
        assert min(heights) >= 48
        sheet = page.locator("#right").bounding_box()
        assert sheet is not None
        assert places(page)["post"][1] < sheet["y"]
        visit.check()


def test_the_public_finds_no_camera_and_no_trial(visit: Any, site: str) -> None:
    page = visit.open(f"/map?{CORE}")
    assert page.query_selector("#try-camera") is None
    page.keyboard.press("v")
    assert page.evaluate("citygrid.trial === undefined")
    place = first(site, "public_place", "kind = 'square'")
    page = visit.open(f"/map?{CORE}&sel=public_place:{place['id']}")
    assert page.query_selector("#show-blind") is None
    assert page.query_selector("#try-here") is None
