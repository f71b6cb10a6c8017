"""A plan in the address, a scenario under a name: both come back as they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.web.conftest import RESTRICTED_TOKEN
from tests.web.trying import CORE, answered, ask, shown_rows, signed, tap


def compounds(site: str) -> list[list[float]]:
    """Places in two residential compounds that no camera sees yet."""
    path = "collections/residential_compound/items?f=json&limit=400"
    found = []
    for feature in ask(site, path, method="GET")["features"]:
        ring = feature["geometry"]["coordinates"][0]
        middle = [sum(axis[:-1]) / (len(ring) - 1) for axis in zip(*ring, strict=True)]
        inputs = {
            "service": "camera",
            "of": "count",
            "demand": "residential_compound",
            "add": [
                {
                    "type": "Feature",
                    "geometry": {"type": "Point", "coordinates": middle},
                    "properties": {"kind": "1", "azimuth_deg": 0, "height_m": 6},
                }
            ],
        }
        body = ask(site, "processes/what-if/execution", {"inputs": inputs})
        if any(row["difference"] > 0 for row in body["rows"]):
            found.append(middle)
        if len(found) == 2:
            return found
    raise AssertionError("no compound is left uncovered")


def test_any_plan_goes_through_the_address_and_garbage_does_not(
    visit_with: Callable[..., Any], visit: Any
) -> None:
    with visit_with(**signed(RESTRICTED_TOKEN)) as inside:
        page = inside.open(f"/map?{CORE}&wi=%3Cscript%3E&cmp=never")
        assert "wi" in page.inner_text("#toast")
        assert page.query_selector("#wi-figures") is None
        wrong = page.evaluate(
            """async () => {
              const base = document.querySelector('script[type=module]').src;
              const code = await import(new URL('wicode.js', base));
              const { services } = citygrid.catalog;
              let seed = 7;
              const most = 2147483647;
              const random = () => (seed = (seed * 16807) % most) / most;
              const pick = (list) => list[Math.floor(random() * list.length)];
              const wrong = [];
              for (let n = 0; n < 300; n += 1) {
                const service = pick(Object.keys(services));
                const length = 1 + Math.floor(random() * 12);
                const edits = Array.from({ length }, (_, i) => {
                  const op = pick(['add', 'add', 'move', 'remove']);
                  const edit = { op };
                  if (op !== 'add') edit.code = `码-${n}-${i}`;
                  if (op === 'remove') return edit;
                  edit.lon = code.snap(118 + 2 * random());
                  edit.lat = code.snap(29 + 2 * random());
                  edit.p = {};
                  for (const f of services[service].fields) {
                    if (!f.name || random() < 0.2) continue;
                    const steps = Math.round((f.max - f.min) / f.step * random());
                    edit.p[f.name] = f.options ? pick(f.options).code
                      : Number((f.min + steps * f.step).toFixed(3));
                  }
                  return edit;
                });
                const plan = { service, edits };
                const text = code.encodePlan(plan, services);
                const back = code.decodePlan(text, services);
                const same = (p) => JSON.stringify([p.service, p.edits.map((e) =>
                  [e.op, e.code, e.lon, e.lat, e.p && Object.entries(e.p).sort()])]);
                if (!back || same(back) !== same(plan)) wrong.push(text);
                const cut = text.slice(0, Math.floor(text.length * random()));
                const bent = text.slice(0, 3) + pick([...'A_-z09']) + text.slice(4);
                for (const bad of [cut, bent, `${text}A`, `${text}=`]) {
                  const found = code.decodePlan(bad, services);
                  if (found && !services[found.service]) wrong.push(bad);
                }
              }
              const edits = Array.from({ length: 200 }, () => ({
                op: 'add', lon: code.snap(120.1 + 0.01 * random()),
                lat: code.snap(30.2 + 0.01 * random()),
                p: { azimuth_deg: Math.floor(360 * random()), kind: '3' } }));
              const many = code.encodePlan({ service: 'camera', edits }, services);
              if (many.length > 2000) wrong.push(many);
              const bad = ['__proto__', 'AQlfX3Byb3RvX18', '', 'A', '////', 's:x'];
              for (const text of bad)
                if (code.decodePlan(text, services)) wrong.push(text);
              return wrong;
            }"""
        )
        assert wrong == []
        inside.check()
    page = visit.open(
        f"/map?{CORE}&wi=AQZjYW1lcmEFAgCQ2cdy6LnwHAIBMfIBtgEqgjwE2RfHGLYB"
    )
    assert "需要登录" in page.inner_text("#toast")
    assert page.query_selector("#whatif") is None
    assert "wi=" not in page.url


def test_saved_shared_reloaded_compared_and_removed(
    visit_with: Callable[..., Any], site: str
) -> None:
    with visit_with(**signed(RESTRICTED_TOKEN)) as visit:
        page = visit.open(f"/map?{CORE}&ind=vs-2&lvl=street")
        page.keyboard.press("w")
        for name, place in zip("甲乙", compounds(site), strict=True):
            page.evaluate("c => citygrid.view.map.jumpTo({center: c, zoom: 16})", place)
            visit.rest()
            tap(page, place)
            answered(page)
            page.click("#wi-save")
            page.fill("#save-name", f"方案{name}")
            page.click("#save-new" if name == "乙" else "#save-go")
            page.wait_for_function("location.search.includes('wi=s:')")
        before = shown_rows(page)
        assert len(before) >= 4
        link = page.url
        page.goto("about:blank")
        visit.open(link[len(site) :])
        answered(page)
        assert shown_rows(page) == before
        assert page.inner_text("#wi-head h2") == "方案乙"
        visit.open(f"/map?lang=zh&wi={link.split('wi=')[1].split('&')[0]}")
        answered(page)
        assert shown_rows(page) == before  # it measures what it measured
        page.click("#wi-scenarios")
        page.wait_for_selector(".scenarios li")
        assert page.locator(".scenarios .links a").count() >= 6
        for box in page.locator(".scenarios input").all()[:2]:
            box.check()
        page.click("#sc-compare")
        page.wait_for_selector(".compared")
        ids = [row["id"] for row in ask(site, "scenarios", method="GET")["scenarios"]]
        told = ask(site, f"scenarios/compare?scenarios={','.join(ids)}", method="GET")
        total = next(row for row in told["rows"] if row["zone_id"] == "total")
        cells = page.locator(".compared tr[data-zone=total] td").all_inner_texts()
        for share, cell in zip(total["ratio_after"], cells[1:], strict=True):
            assert cell.startswith(f"{100 * share:.2f}")
        page.click(".dialog .acts .btn")
        page.wait_for_selector(".scenarios li")
        for _ in ids:
            count = page.locator(".scenarios li").count()
            page.locator('.scenarios [data-act="delete"]').first.click()
            page.locator('.scenarios [data-act="sure"]').first.click()
            page.wait_for_function(
                "n => document.querySelectorAll('.scenarios li').length < n", arg=count
            )
        assert ask(site, "scenarios", method="GET")["scenarios"] == []
        visit.check()
