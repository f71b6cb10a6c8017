"""What the tests of what-if share: a level, a tap, an answer, what is shown."""

from __future__ import annotations

from typing import Any

import requests
from playwright.sync_api import Page

from tests.web.conftest import RESTRICTED_TOKEN

CORE = "ll=30.27900,120.12500,15.00&lang=zh"


def signed(token: str) -> dict[str, Any]:
    return {"extra_http_headers": {"Authorization": f"Bearer {token}"}}


def ask(site: str, path: str, body: Any = None, method: str = "POST") -> Any:
    answer = requests.request(
        method,
        f"{site}/{path}",
        json=body,
        headers={"Authorization": f"Bearer {RESTRICTED_TOKEN}"},
        timeout=120,
    )
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def tap(page: Page, at: list[float]) -> None:
    """Tap the map where a place lies."""
    x, y = page.evaluate(
        """([lon, lat]) => {
          const { map } = citygrid.view;
          const box = map.getContainer().getBoundingClientRect();
          const p = map.project([lon, lat]);
          return [p.x + box.x, p.y + box.y];
        }""",
        at,
    )
    page.mouse.click(x, y)


def answered(page: Page) -> None:
    done = "citygrid.whatif.figures && !citygrid.whatif.asking"
    page.wait_for_function(done, timeout=90_000)  # the first one measures the city
    page.wait_for_selector("html[data-ready]", state="attached")


def painted(page: Page) -> Any:
    """State of every zone on the map, the legend and the labels."""
    return page.evaluate(
        """() => {
          const { choropleth, view } = citygrid;
          const { level } = choropleth;
          const states = [...choropleth.values.rows.keys()].map((id) => {
            const zone = { source: level, sourceLayer: level, id };
            const s = view.map.getFeatureState(zone);
            return [id, s.d ?? null, s.v ?? null, s.x ?? null, Boolean(s.w)];
          });
          return JSON.stringify([states, view.data.labels, view.data.wi,
            document.querySelector('.classes').innerText]);
        }"""
    )


def inputs_of(page: Page) -> Any:
    return page.evaluate(
        "({ ...citygrid.whatif.inputs(), levels: citygrid.catalog.zones })"
    )


def shown_rows(page: Page) -> dict[str, list[str]]:
    return page.evaluate(
        """() => {
          const rows = [...document.querySelectorAll('.tried tr[data-zone]')];
          const cells = (tr) =>
            [...tr.querySelectorAll('td')].map((td) => td.innerText);
          return Object.fromEntries(rows.map((tr) => [tr.dataset.zone, cells(tr)]));
        }"""
    )
