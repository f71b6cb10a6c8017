"""JSON Schema to words: what an input takes, for people who do not read schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

_KINDS: Mapping[str, tuple[str, str]] = {
    "string": ("文本", "text"),
    "number": ("数值", "number"),
    "integer": ("整数", "whole number"),
    "boolean": ("是或否", "yes or no"),
    "date": ("日期", "date"),
    "date-time": ("时刻", "instant"),
    "object": ("对象", "object"),
}
_COLUMNS: Mapping[str, tuple[str, str]] = {
    "text": ("文本", "text"),
    "code": ("代码", "code"),
    "integer": ("整数", "whole number"),
    "number": ("数值", "number"),
    "boolean": ("是或否", "yes or no"),
    "date": ("日期", "date"),
    "datetime": ("时刻", "instant"),
}
_GEOMETRIES: Mapping[str, tuple[str, str]] = {
    "Point": ("点", "points"),
    "LineString": ("线", "lines"),
    "MultiLineString": ("线", "lines"),
    "Polygon": ("面", "polygons"),
    "MultiPolygon": ("面", "polygons"),
    "none": ("无几何", "no geometry"),
}
_LEVELS: Mapping[str, tuple[str, str]] = {
    "public": ("公开", "public"),
    "staff": ("内部", "staff"),
    "restricted": ("受限", "restricted"),
}


def column_words(kind: str, lang: str) -> str:
    """Type of a column in words."""
    return _said(_COLUMNS, kind, lang)


def geometry_words(kind: str, lang: str) -> str:
    """Kind of geometry in words."""
    return _said(_GEOMETRIES, kind, lang)


def level_words(level: str, lang: str) -> str:
    """Level of access in words."""
    return _said(_LEVELS, level, lang)


def type_words(schema: Schema, lang: str) -> str:
    """What a schema takes, in words; a Schema Object as OpenAPI 3.0 writes them.

    Examples
    --------
    >>> type_words({"type": "number", "minimum": 0, "maximum": 1, "default": 0.5}, "en")
    'number, 0 to 1; default 0.5'
    >>> type_words({"type": "string", "nullable": True}, "zh")
    '文本'
    >>> type_words({"type": "number", "minimum": 0, "exclusiveMinimum": True}, "en")
    'number, > 0'
    >>> type_words({"type": "array", "items": {"enum": ["a", "b"]}}, "en")
    'list of one of a, b'
    """
    said = _kind(schema, lang)
    default = schema.get("default")
    if default is None or default in ([], {}):
        return said
    text = str(default)
    if isinstance(default, bool):
        text = {True: ("是", "yes"), False: ("否", "no")}[default][lang != "zh"]
    return f"{said}；默认 {text}" if lang == "zh" else f"{said}; default {text}"


def _kind(schema: Schema, lang: str) -> str:
    zh = lang == "zh"
    for key in ("anyOf", "oneOf"):
        if key in schema:
            kinds = dict.fromkeys(_kind(part, lang) for part in schema[key])
            return (" 或 " if zh else " or ").join(kinds)
    if "allOf" in schema:
        return _kind(schema["allOf"][-1], lang)
    if "enum" in schema:
        values = [str(value) for value in schema["enum"]]
        return f"{'、'.join(values)} 之一" if zh else f"one of {', '.join(values)}"
    kind = str(schema.get("type", "object"))
    if kind == "array":
        one = _kind(schema.get("items", {}), lang)
        return f"{one} 的列表" if zh else f"list of {one}"
    if kind == "object":
        names = ", ".join(schema.get("properties", ()))
        said = _said(_KINDS, "object", lang)
        return f"{said} {{{names}}}" if names else said
    said = _said(_KINDS, str(schema.get("format", kind)), lang)
    if said == schema.get("format"):
        said = _said(_KINDS, kind, lang)
    bounds = _bounds(schema, lang)
    return f"{said}{'，' if zh else ', '}{bounds}" if bounds else said


def _bounds(schema: Schema, lang: str) -> str:
    """Least and greatest value; whether they are excluded stands beside them."""
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if low is not None and high is not None and not (above or below):
        return f"{low} {'至' if lang == 'zh' else 'to'} {high}"
    signs = ((">" if above else "≥", low), ("<" if below else "≤", high))
    return " ".join(f"{sign} {value}" for sign, value in signs if value is not None)


def _said(words: Mapping[str, tuple[str, str]], key: str, lang: str) -> str:
    return words.get(key, (key, key))[0 if lang == "zh" else 1]
