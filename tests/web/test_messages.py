"""Messages: complete in both languages, and none is asked for that does not exist."""

from __future__ import annotations

import re

import pytest

from gis.web import ROOT
from gis.web.texts import build_say, load_messages

PLURALS = (".one", ".other")
FAMILIES = {
    "geometry.": ("Point", "LineString", "MultiLineString", "Polygon", "MultiPolygon"),
    "theme.": ("light", "dark", "sun", "auto"),
    "unit.": ("persons", "features"),
    "zone.": ("district", "street", "community", "unit_grid"),
    "level.": ("public", "staff", "restricted"),
    "sc.kind.": ("all", "measured", "reported"),
    "purpose.": ("detect", "observe", "recognise", "identify"),
    "view.": ("absent", "dead", "buried", "hidden", "no_data"),
    "verdict.": (
        "sees",
        "hidden",
        "turned_away",
        "out_of_range",
        "dead_zone",
        "out_of_service",
        "absent",
        "dead",
        "buried",
        "no_data",
    ),
    "wi.": ("before", "after", "change", "lon", "lat"),
    "wi.count.": ("add", "move", "remove"),
    "wi.try.": ("move", "remove"),
    "wi.op.": ("add", "move", "remove"),
    "wi.col.": ("before", "after", "change"),
    "live.": ("area", "population"),
    "kept.": ("added", "moved", "removed", "replace", "new"),
    "try.": ("facing_deg", "opening_deg", "mount_m", "down_deg", "pixels_across"),
}


def sources() -> dict[str, str]:
    files = [*ROOT.glob("app/js/*.js"), *ROOT.glob("templates/*.html")]
    files += [ROOT.parent / "serve" / "scorecard_page.py"]
    return {path.name: path.read_text("utf-8") for path in files}


def test_both_languages_hold_the_same_ids() -> None:
    zh, en = load_messages("zh"), load_messages("en")
    plain = {key for key in en if not key.endswith(PLURALS)}
    assert set(zh) == plain
    for key in zh:
        fields = re.compile(r"\{(\w+)\}")
        assert set(fields.findall(zh[key])) == set(fields.findall(en[key])), key
        assert zh[key].strip()
        assert en[key].strip()


def test_every_id_in_use_exists() -> None:
    messages = load_messages("zh")
    pattern = re.compile(r"""\b(?:t|say)\(\s*["']([a-z][\w.]*)["']""")
    for name, text in sources().items():
        for key in pattern.findall(text):
            if key.endswith("."):
                continue
            assert key in messages, f"{name}: {key}"


@pytest.mark.parametrize("family", FAMILIES)
def test_families_are_complete(family: str) -> None:
    messages = load_messages("zh")
    for member in FAMILIES[family]:
        assert f"{family}{member}" in messages


def test_chinese_is_chinese_and_english_is_not() -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    assert not [key for key, text in load_messages("en").items() if han.search(text)]


def test_plural_form() -> None:
    assert build_say("en")("tree.foot", n=1).endswith("1 layer")
    assert build_say("en")("tree.foot", n=2).endswith("2 layers")


def test_no_message_is_left_over() -> None:
    text = "".join(sources().values())
    families = (*FAMILIES, "key.")
    unused = [
        key
        for key in load_messages("zh")
        if not key.startswith(families)
        and f'"{key}"' not in text
        and f"'{key}'" not in text
    ]
    assert unused == []
