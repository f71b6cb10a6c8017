"""Catalogue to legends: what a layer's symbols mean, as values and as a picture."""

from __future__ import annotations

from html import escape
from typing import Any

from gis.publish.style import legend_classes, legend_color
from layers import Layer, Level

_ROW = 24
_WIDTH = 260


def build_legend(layer: Layer, level: Level, lang: str) -> dict[str, Any]:
    """Return the legend of a layer as its style draws it.

    Returns
    -------
    ``symbol`` (circle, line or fill) and ``entries`` from top to bottom: ``value``
    (absent for all features alike), ``title``, ``color``.
    """
    classes = legend_classes(layer, level)
    entries: list[dict[str, Any]] = [
        {
            "value": item["value"],
            "title": item["title"]["zh" if lang == "zh" else "en"],
            "color": item["color"],
        }
        for item in classes
    ]
    other = {"zh": "其他", "en": "Other"}["zh" if lang == "zh" else "en"]
    title = layer.title.in_language(lang)
    entries.append({"title": other if classes else title, "color": legend_color(layer)})
    kind = layer.geometry.removeprefix("Multi")
    found: dict[str, Any] = {
        "id": layer.id,
        "title": title,
        "symbol": {"Point": "circle", "LineString": "line"}.get(kind, "fill"),
        "entries": entries,
    }
    if classes and layer.legend is not None and layer.legend.by is not None:
        column = layer.all_columns[layer.legend.by]
        found["property"] = layer.legend.by
        found["propertyTitle"] = column.title.in_language(lang)
    return found


def draw_legend(legend: dict[str, Any]) -> str:
    """Return the legend as an SVG picture; the same legend gives the same bytes."""
    rows = []
    for index, entry in enumerate(legend["entries"]):
        middle = _ROW * index + _ROW // 2 + _ROW
        rows.append(_symbol(legend["symbol"], entry["color"], middle))
        rows.append(f'<text x="40" y="{middle + 4}">{escape(entry["title"])}</text>')
    height = _ROW * (len(legend["entries"]) + 1) + 8
    head = f'<text x="8" y="17" font-weight="600">{escape(legend["title"])}</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" font-family="Inter, PingFang SC, '
        'Microsoft YaHei, Noto Sans CJK SC, sans-serif" font-size="13" '
        f'fill="#15202B"><rect width="100%" height="100%" fill="#FFFFFF"/>'
        f"{head}{''.join(rows)}</svg>\n"
    )


def _symbol(kind: str, color: str, middle: int) -> str:
    """One symbol, centred at a height."""
    paint = escape(color)
    if kind == "circle":
        return f'<circle cx="20" cy="{middle}" r="6" fill="{paint}"/>'
    if kind == "line":
        return (
            f'<line x1="8" y1="{middle}" x2="32" y2="{middle}" stroke="{paint}" '
            'stroke-width="3"/>'
        )
    return (
        f'<rect x="9" y="{middle - 7}" width="22" height="14" fill="{paint}" '
        f'fill-opacity="0.22" stroke="{paint}" stroke-width="1.4"/>'
    )
