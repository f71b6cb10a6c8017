"""Every page of the server draws with the rest of the world cut off."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import brotli
import pytest
import requests

from gis.web import ROOT
from gis.web.bundle import build_bundle

PAGES = [
    "/?f=html",
    "/conformance?f=html",
    "/collections?f=html",
    "/collections/district?f=html",
    "/collections/district/items?f=html",
    "/collections/district/items/330106?f=html",
    "/collections/street/queryables?f=html",
    "/collections/street/schema?f=html",
    "/collections/street/tiles?f=html",
    "/tileMatrixSets?f=html",
    "/processes?f=html",
    "/processes/coverage?f=html",
    "/openapi?f=html",
    "/docs",
    "/docs/layers/camera",
    "/docs/processes/coverage",
    "/signin",
]


@pytest.mark.parametrize("path", PAGES)
def test_page_draws_from_this_server_alone(visit: Any, path: str) -> None:
    if path == "/docs/layers/camera":
        visit.expected = ("status of 404",)
    page = visit.open(path, ready=False)
    page.wait_for_load_state("networkidle")
    assert page.locator("#main").inner_text().strip()
    assert page.title()
    marked = page.locator("#map[data-bbox], #api, #features")
    if marked.count() and path.startswith(("/openapi", "/collections/district")):
        page.wait_for_selector("[data-ready]", state="attached")


AXE_PAGES = [
    ("/map?ind=sc-1&lvl=street&sel=street:330106013", {}),
    ("/map?th=dark&lvl=community&lang=en", {}),
    ("/map?th=sun&sel=street:330106013", {"viewport": {"width": 390, "height": 844}}),
    ("/scorecard?target=sc-1&zone=city", {}),
    ("/scorecard?th=dark&lang=en", {"viewport": {"width": 390, "height": 844}}),
]


@pytest.mark.parametrize(("path", "options"), AXE_PAGES)
def test_page_is_accessible(
    visit_with: Callable[..., Any], path: str, options: dict[str, Any]
) -> None:
    script = ROOT / "vendor-test" / "axe" / "axe.min.js"
    if not script.is_file():
        pytest.fail("axe-core missing: run python -m gis.web.assets")
    with visit_with(**options) as visit:
        page = visit.open(path)
        page.add_script_tag(path=script)
        rules = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
        found = page.evaluate("rules => axe.run(document, {runOnly: rules})", rules)
        broken = [
            (rule["id"], [node["html"][:120] for node in rule["nodes"]])
            for rule in found["violations"]
        ]
        assert broken == []


def test_assets_are_packed_and_kept(site: str) -> None:
    page = requests.get(f"{site}/map", timeout=30).text
    start = page.index('href="assets/') + len('href="')
    own = page[start : page.index("/icon.svg", start)]
    for path, age in (
        (f"{own}/js/main.js", "immutable"),
        (f"{own}/tokens.css", "immutable"),
        ("assets/vendor/maplibre/maplibre-gl.mjs", "max-age=86400"),
        ("assets/vendor/leaflet/leaflet.js", "max-age=86400"),
        ("assets/vendor/swagger-ui/swagger-ui-bundle.js", "max-age=86400"),
    ):
        plain = requests.get(
            f"{site}/{path}", headers={"Accept-Encoding": "identity"}, timeout=30
        )
        assert plain.status_code == 200
        assert age in plain.headers["cache-control"]
        assert plain.headers["content-type"].startswith(("text/javascript", "text/css"))
        for name, unpack in (("br", brotli.decompress), ("gzip", gzip.decompress)):
            with requests.get(
                f"{site}/{path}",
                headers={"Accept-Encoding": name},
                timeout=30,
                stream=True,
            ) as packed:
                assert packed.headers["content-encoding"] == name
                assert unpack(packed.raw.read()) == plain.content
        again = requests.get(
            f"{site}/{path}",
            headers={"If-None-Match": plain.headers["etag"]},
            timeout=30,
        )
        assert again.status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "assets/../settings.py",
        "assets/vendor/../../settings.py",
        "assets/vendor/maplibre/nothing.js",
        "assets/%2e%2e/settings.py",
        "map/zones/camera.json",
        "map/zones/nothing.json",
    ],
)
def test_nothing_else_is_served(site: str, path: str) -> None:
    prepared = requests.Request("GET", f"{site}/{path}").prepare()
    prepared.url = f"{site}/{path}"
    with requests.Session() as session:
        found = session.send(prepared, timeout=30)
    assert found.status_code == 404
    assert b"SETTINGS" not in found.content


def test_own_code_stays_small() -> None:
    """What a reader fetches of our scripts and styles, all pages together."""
    files = [
        asset
        for name, asset in build_bundle("").files.items()
        if not name.startswith("vendor/") and name.endswith((".js", ".css"))
    ]
    assert len(files) > 40
    total = sum(len(asset.encoded("gzip")[1]) for asset in files)
    assert total < 80_000


def test_no_text_of_our_scripts_runs_over_two_lines() -> None:
    """Lines are served without their indentation, which a text would lose."""
    for path in ROOT.glob("app/js/*.js"):
        source = path.read_text("utf-8")
        assert "/*" not in source, path.name
        for number, line in enumerate(source.splitlines(), 1):
            assert line.count("`") % 2 == 0, f"{path.name}:{number}"


def test_style_and_catalogue_answer_by_level(site: str) -> None:
    staff = {"Authorization": "Bearer token-of-staff"}
    for path in ("map/catalog.json", "styles/map.json"):
        public = requests.get(f"{site}/{path}", timeout=30)
        inside = requests.get(f"{site}/{path}", headers=staff, timeout=30)
        assert public.json() != inside.json()
        assert "private" in inside.headers["cache-control"]
        assert "pollution" not in public.text or "pollution" in inside.text
        again = requests.get(
            f"{site}/{path}", headers={"If-None-Match": public.headers["etag"]}
        )
        assert again.status_code == 304


def test_rules_are_the_same_in_python_and_in_the_browser(visit: Any) -> None:
    from gis.publish.scale import digits_for, distance_class, distance_points

    breaks = [-30.0, -15.0, -5.0, 0.0]
    cases = [
        (value, {"op": op, "value": goal, "unit": unit})
        for op in (">=", ">", "<=")
        for goal, unit in ((90.0, "%"), (500.0, "km²"), (3.0, "rank"))
        for value in (0.0, goal * 0.5, goal * 0.9, goal * 0.9996, goal, goal * 1.2)
    ]
    page = visit.open("/scorecard")
    source = page.get_attribute('script[type="module"]', "src") or ""
    found = page.evaluate(
        """async ([source, cases, breaks]) => {
          const rules = await import(
            new URL(source.replace('scorecard.js', 'classes.js'), document.baseURI));
          return cases.map(([value, target]) => [
            rules.distanceClass(value, target, breaks),
            rules.distanceOf(value, target),
            rules.digitsFor(value, target, 1)]);
        }""",
        [source, cases, breaks],
    )
    for (value, target), (index, distance, digits) in zip(cases, found, strict=True):
        assert distance_class(value, target, breaks) == index, (value, target)
        assert distance_points(value, target) == pytest.approx(distance)
        assert digits_for(value, target, 1) == digits, (value, target)
