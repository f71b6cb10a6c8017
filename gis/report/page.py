"""A folium page that links nothing: Leaflet and our sheet stand in its head."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any, ClassVar

import folium
from branca.element import Element

from gis.web import VENDOR

LEAFLET = VENDOR / "leaflet"
_SHEET = Path(__file__).resolve().parent / "panel.css"


class AssetsMissing(Exception):
    """The browser files are not there: run `make assets` first."""


class OfflineMap(folium.Map):
    """A folium map that links nothing."""

    default_js: ClassVar[list[tuple[str, str]]] = []  # type: ignore[misc]
    default_css: ClassVar[list[tuple[str, str]]] = []  # type: ignore[misc]


def write_inline(page: folium.Map, leaflet: Path) -> None:
    """Leaflet and our own sheet, written into the head."""
    if not (leaflet / "leaflet.js").is_file():
        raise AssetsMissing(
            f"{leaflet}: no leaflet.js; the set-up fetches it (make assets)"
        )
    script = (leaflet / "leaflet.js").read_text("utf-8")
    script = re.sub(r"//# sourceMappingURL=.*", "", script)
    script = re.sub(r'href="https?://[^"]*"', "", script)  # the attribution's prefix
    sheet = (leaflet / "leaflet.css").read_text("utf-8")

    def as_data(match: re.Match[str]) -> str:
        picture = leaflet / match.group(1)
        if not picture.is_file():
            return "none"
        data = base64.b64encode(picture.read_bytes()).decode()
        return f"url(data:image/png;base64,{data})"

    sheet = re.sub(r"url\(([^)#]+?)\)", as_data, sheet)
    own = _SHEET.read_text("utf-8")
    root: Any = page.get_root()  # a branca Figure
    head = root.header
    head.add_child(Element(f"<style>{sheet}</style>"), name="leaflet_css")
    head.add_child(Element(f"<script>{script}</script>"), name="leaflet_js")
    head.add_child(Element(f"<style>{own}</style>"), name="panel_css")
