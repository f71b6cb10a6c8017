"""Class, colour and words of a value on the map report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gis.publish.scale import distance_class
from gis.publish.theme import MapConfig
from processes._targets import Target

_WORDS: Mapping[str, Mapping[str, str]] = {
    "demo": {"zh": "演示数据（合成）", "en": "Demo data (synthetic)"},
    "city": {"zh": "全部区划", "en": "all zones"},
    "target": {"zh": "目标", "en": "target"},
    "legend": {"zh": "图例", "en": "Legend"},
    "zone": {"zh": "区划", "en": "Zone"},
    "value": {"zh": "覆盖率", "en": "Ratio"},
    "covered": {"zh": "已覆盖", "en": "Covered"},
    "total": {"zh": "总量", "en": "Total"},
    "none": {"zh": "无", "en": "none"},
    "no_data": {"zh": "无数据或不在范围", "en": "no data or out of scope"},
    "met": {"zh": "达标", "en": "met"},
    "short": {"zh": "差 {0}–{1} 个百分点", "en": "{0}–{1} points short"},
    "over": {"zh": "差 {0} 个百分点以上", "en": "over {0} points short"},
    "date": {"zh": "截至", "en": "As of"},
    "model": {"zh": "模型", "en": "Model"},
    "basis": {"zh": "依据", "en": "Basis"},
    "crs": {"zh": "坐标系", "en": "CRS"},
    "hash": {"zh": "指纹", "en": "Hash"},
    "versions": {"zh": "图层版本", "en": "Layer versions"},
    "unreviewed": {"zh": "未经审图", "en": "map not reviewed"},
}


class Scale:
    """Class, colour and words of a value."""

    def __init__(self, config: MapConfig, target: Target | None, lang: str) -> None:
        self.lang = lang
        self.target = target
        chosen = config.coverage if target is None else config.distance
        self.breaks: Sequence[float] = [float(b) for b in chosen["breaks"]]
        self.colors: Sequence[str] = chosen["light"]
        self.no_data = config.no_data["light"]

    def place(self, value: float | None) -> int | None:
        """Class of a value, None without one."""
        if value is None:
            return None
        if self.target is None:
            return sum(value >= edge for edge in self.breaks)
        goal = {"value": self.target.value, "op": self.target.op}
        return distance_class(value, {**goal, "unit": self.target.unit}, self.breaks)

    def color(self, value: float | None) -> str:
        """Fill of a value."""
        place = self.place(value)
        return self.no_data if place is None else self.colors[place]

    def text(self, value: float | None) -> str:
        """A value as text; rounding never makes it look as if it met the target."""
        if value is None:
            return self.word("none")
        unit = "%" if self.target is None else self.target.unit
        goal = None if self.target is None else self.target.value
        for digits in range(1, 7):
            shown = f"{value:.{digits}f}"
            if goal is None or value == goal or float(shown) != goal:
                break
        return f"{shown}%" if unit == "%" else f"{shown} {unit}"

    def words(self) -> list[str]:
        """One text per class."""
        edges = [f"{abs(edge):g}" for edge in self.breaks]
        if self.target is None:
            low, high = ["0", *edges], [*edges, "100"]
            return [f"{a}–{b}%" for a, b in zip(low, high, strict=True)]
        pairs = zip(edges[1:], edges[:-1], strict=True)
        middle = [self.word("short").format(a, b) for a, b in pairs]
        return [self.word("over").format(edges[0]), *middle, self.word("met")]

    def goal(self) -> str:
        """The target as text, empty without one."""
        if self.target is None:
            return ""
        gap = "" if self.target.unit == "%" else " "
        sign = _SIGNS[self.target.op]
        return f"{sign} {self.target.value:g}{gap}{self.target.unit}"

    def word(self, key: str) -> str:
        """A word of the page in its language."""
        return _WORDS[key][self.lang]


_SIGNS: Mapping[str, str] = {">=": "≥", "<=": "≤", ">": ">", "<": "<"}

_UNITS: Mapping[str, Mapping[str, str]] = {
    "feature": {"zh": "处", "en": ""},
    "person": {"zh": "人", "en": "people"},
    "space": {"zh": "泊位", "en": "spaces"},
    "vehicle": {"zh": "辆", "en": "vehicles"},
    "m2": {"zh": "m²", "en": "m²"},
}


def quantity(value: float | None, unit: str, lang: str) -> str:
    """A numerator or denominator with its unit, large areas in km2."""
    if value is None:
        return ""
    if unit == "m2" and abs(value) >= 1e5:
        return f"{value / 1e6:,.3f} km²"
    if unit == "m" and abs(value) >= 1e4:
        return f"{value / 1e3:,.1f} km"
    word = _UNITS.get(unit, {}).get(lang, unit)
    return f"{value:,.0f} {word}".rstrip()
