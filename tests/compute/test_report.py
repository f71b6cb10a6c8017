"""The map report links nothing and says what the processes say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gis.publish.theme import load_map_config
from gis.report import AssetsMissing, MapQuestion, build_map
from gis.report.page import LEAFLET
from layers import Level
from processes import Forbidden, InvalidInput
from tests.memory import MemoryReader, box, two_towns

LINK = re.compile(r"""(?:src|href)\s*=\s*["']?\s*(?:https?:)?//""", re.IGNORECASE)
SHEET = re.compile(r"url\(\s*['\"]?(?!data:|#)|@import", re.IGNORECASE)


def report(question: MapQuestion, level: Level = Level.PUBLIC, **more: object) -> str:
    rows = two_towns()
    rows["district"][0]["name"] = "<b>西湖</b>"
    rows["district"][0]["synthetic"] = True
    rows["unit_grid"] = [
        {
            "code": "330106001001001",
            "responsible_org": "甲",
            "geometry": box(0, 0, 400, 500),
        }
    ]
    rows["hospital"] = [
        {
            "code": "h",
            "grade": "3",
            "electronic_records": True,
            "geometry": "POINT(1 1)",
        }
    ]
    rows["camera"] = []
    reader = MemoryReader(rows, level=level)
    config = load_map_config()
    return build_map(question, reader=reader, level=level, config=config, **more)


needs_leaflet = pytest.mark.skipif(
    not (LEAFLET / "leaflet.js").is_file(), reason="browser files not fetched yet"
)


@needs_leaflet
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "question",
    [MapQuestion(service="unit_grid"), MapQuestion(target="me-1")],
    ids=["service", "target"],
)
def test_nothing_is_linked(question: MapQuestion, lang: str) -> None:
    text = report(question, lang=lang)
    assert not LINK.search(text)
    for sheet in re.findall(r"<style>(.*?)</style>", text, re.DOTALL):
        assert not SHEET.search(sheet)
    assert "sourceMappingURL" not in text
    assert "<script src" not in text
    assert "<link" not in text


@needs_leaflet
def test_figures_legend_marks_and_table() -> None:
    text = report(MapQuestion(service="unit_grid"))
    assert "演示数据（合成）" in text
    assert "天地图" in text
    assert "未经审图" in text
    assert "20.0%" in text
    assert "10.0%" in text
    assert "0.200 km²" in text
    assert "0–20%" in text


@needs_leaflet
def test_a_target_is_shown_with_its_classes() -> None:
    text = report(MapQuestion(target="me-1"), lang="en")
    assert "target ≥ 70%" in text
    assert "100.0%" in text
    assert "over 30 points short" in text
    assert "no data or out of scope" in text


@needs_leaflet
def test_names_are_text_not_markup() -> None:
    text = report(MapQuestion(service="unit_grid"))
    assert "<b>西湖</b>" not in text
    assert "&lt;b&gt;西湖" in text


@needs_leaflet
def test_a_hidden_service_is_told_as_far_as_it_may_be() -> None:
    assert report(MapQuestion(service="camera"))
    with pytest.raises(Forbidden):
        from datetime import date

        report(MapQuestion(service="camera", as_of=date(2015, 6, 15)))


def test_bad_questions_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="service"):
        report(MapQuestion())
    with pytest.raises(InvalidInput, match="target"):
        report(MapQuestion(target="zz-9"))
    with pytest.raises(AssetsMissing, match="leaflet"):
        report(MapQuestion(service="unit_grid"), leaflet=tmp_path)


@needs_leaflet
def test_generated_assets_are_marked_on_real_zones() -> None:
    rows = two_towns()
    rows["park"] = [
        {
            "code": "p",
            "synthetic": True,
            "area_m2": 5000,
            "geometry": box(0, 0, 100, 50),
        }
    ]
    level = Level.PUBLIC
    for marked in (True, False):
        rows["park"][0]["synthetic"] = marked
        text = build_map(
            MapQuestion(service="park"),
            reader=MemoryReader(rows, level=level),
            level=level,
            config=load_map_config(),
        )
        assert ("演示数据（合成）" in text) is marked
