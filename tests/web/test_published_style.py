"""The published styles, opened by their address in a page that is none of ours."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from gis.web import ROOT as WEB

PAGE = """<!doctype html><meta charset=utf-8>
<link rel=stylesheet href=maplibre-gl.css><div id=map style="height:500px"></div>
<script type=module>
import * as maplibregl from './maplibre-gl.mjs';
const query = new URLSearchParams(location.search);
const map = new maplibregl.Map({container: 'map', style: query.get('style'),
  center: [120.16, 30.27], zoom: Number(query.get('zoom')), fadeDuration: 0});
window.problems = [];
map.on('error', event => window.problems.push(String(event.error)));
map.on('load', () => {
  map.addSource('latin', {type: 'geojson', data: {type: 'Point',
    coordinates: [120.16, 30.27]}});
  map.addLayer({id: 'latin', type: 'symbol', source: 'latin', layout: {
    'text-field': 'Hangzhou', 'text-font': ['Inter Regular'],
    'text-allow-overlap': true}});
});
map.once('idle', () => {
  const found = {};
  for (const one of map.queryRenderedFeatures())
    found[one.layer.id] = (found[one.layer.id] ?? 0) + 1;
  window.found = found;
});
</script>"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Another site with a page that opens any style."""
    folder: Path = tmp_path_factory.mktemp("elsewhere")
    for file in (WEB / "vendor" / "maplibre").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "index.html").write_text(PAGE, encoding="utf-8")
    handler = partial(_Quiet, directory=str(folder))
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


@pytest.mark.parametrize(
    ("style", "zoom", "layers"),
    [
        ("city", 14.3, {"base-road": 1, "label-place": 1, "latin": 1}),
        ("unit_grid", 14, {"layer-unit_grid": 3, "latin": 1}),
        ("hospital", 10, {"layer-hospital": 1, "latin": 1}),
    ],
)
def test_maplibre_draws_a_style_by_its_address(
    browser: Browser, site: str, elsewhere: str, style: str, zoom: float, layers: dict
) -> None:
    page = browser.new_page()
    asked: list[tuple[str, int]] = []
    page.on("response", lambda answer: asked.append((answer.url, answer.status)))
    page.goto(f"{elsewhere}?zoom={zoom}&style={site}/styles/{style}")
    page.wait_for_function("window.found", timeout=60_000)
    problems, found = page.evaluate("[window.problems, window.found]")
    page.close()
    assert problems == []
    assert all(status < 400 for _, status in asked), asked
    assert any("/tilejson.json" in url for url, _ in asked)
    for layer, least in layers.items():
        drawn = sum(n for name, n in found.items() if name.startswith(layer))
        assert drawn >= least, (layer, found)
    assert any(url.endswith("/fonts/Inter%20Regular/0-255.pbf") for url, _ in asked)
