"""Values of features as people read them: titles of codes, yes and no, dates."""

from __future__ import annotations

from layers import Column, load_codes

_FLAGS = {"zh": ("否", "是"), "en": ("no", "yes")}


def cell(value: object, column: Column, lang: str) -> str:
    """A JSON value of a column as text in a language; nothing for null.

    Examples
    --------
    >>> from layers import Title
    >>> flag = Column(type="boolean", title=Title(zh="x", en="x"))
    >>> cell(True, flag, "en"), cell(None, flag, "en")
    ('yes', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return _FLAGS[lang][value]
    if column.codes:
        row = load_codes(column.codes).get(str(value))
        return row[f"title_{lang}"] if row else str(value)
    if column.type == "datetime":
        return str(value).replace("T", " ").removesuffix("Z")
    return str(value)
