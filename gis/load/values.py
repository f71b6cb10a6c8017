"""Cells -> typed values of a layer's columns; each that will not do has a reason."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gis.load.dates import NOT_A_TIME, SKIPPED, TWICE, read_stated
from gis.load.reasons import Reasons
from gis.load.repairs import Repairs
from layers import CodeTable, Column

Cells = NDArray[Any]
Mask = NDArray[np.bool_]

WIDE = "全角字符改为半角 full-width characters read as ordinary ones"
THOUSANDS = "去掉千分位 thousands separators taken out"
_PLAIN = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.ASCII | re.IGNORECASE)
_GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_FULL_WIDTH = "[０-９Ａ-Ｚａ-ｚ－]"

_TRUE = {"true", "t", "1", "yes", "y", "是", "有"}
_FALSE = {"false", "f", "0", "no", "n", "否", "无"}
_PERSONAL = (
    (re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)"), r"\1****\2"),
    # an account and its password in an address of a stream
    (re.compile(r"(\w+://)[^/\s:@]+:[^/\s@]+@"), r"\1***@"),
    (re.compile(r"(?i)\b(password|passwd|pwd)(\s*[=:]\s*)[^\s&;,]+"), r"\1\2***"),
    (re.compile(r"(密码|口令)(\s*[=:：]\s*)[^\s&;,，；]+"), r"\1\2***"),
)
_MAY_BE_PERSONAL = r"(?i)1[3-9]\d{9}|://[^/\s]+@|passw|pwd|密码|口令"


def mask_personal(cells: Cells) -> tuple[Cells, int]:
    """Text with personal mobile numbers and credentials starred, and how many rows.

    Examples
    --------
    >>> told = ["tel 13800138000", "rtsp://admin:x1@10.0.0.1/1"]
    >>> cells, n = mask_personal(np.array(told, dtype=object))
    >>> cells.tolist(), n
    (['tel 138****8000', 'rtsp://***@10.0.0.1/1'], 2)
    """
    masked = cells.copy()
    rows = 0
    may = pc.match_substring_regex(as_arrow(cells), _MAY_BE_PERSONAL).fill_null(False)
    for i in np.flatnonzero(may.to_numpy(zero_copy_only=False)):
        text = cells[i]
        for pattern, stars in _PERSONAL:
            text = pattern.sub(stars, text)
        if text != cells[i]:
            masked[i] = text
            rows += 1
    return masked, rows


def as_arrow(cells: Cells) -> Any:  # noqa: ANN401  # untyped library class
    """Cells as an arrow array of stripped text; null where empty."""
    if cells.dtype == object:
        try:
            text = pa.array(cells, pa.string(), from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            return pa.array(_as_text(cells), pa.string())
        text = pc.utf8_trim_whitespace(text)
        return pc.if_else(pc.equal(text, ""), None, text)
    return pa.array(_as_text(cells), pa.string())


def as_text(cells: Cells) -> NDArray[np.object_]:
    """Cells as stripped text; None where empty."""
    return np.asarray(as_arrow(cells).to_numpy(zero_copy_only=False), dtype=object)


def is_blank(cells: Cells) -> NDArray[np.bool_]:
    """(n,) whether a cell holds nothing."""
    return np.asarray(as_arrow(cells).is_null().to_numpy(zero_copy_only=False), bool)


def as_numbers(cells: Cells) -> NDArray[np.float64]:
    """Cells as numbers; nan where empty, or where they are none."""
    if cells.dtype.kind in "iuf":
        return cells.astype(np.float64)
    text = as_arrow(cells)
    try:
        found = text.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        told = pd.Series(text.to_numpy(zero_copy_only=False))
        found = pd.to_numeric(told, errors="coerce").to_numpy(np.float64)
    return np.asarray(found, dtype=np.float64)


def read_numbers(cells: Cells) -> tuple[NDArray[np.float64], dict[str, Mask]]:
    """Numbers, nan where there is none; and which needed to be read with care.

    Examples
    --------
    >>> told = ["1,234.5", "１２", "1,5", "12 m"]
    >>> values, how = read_numbers(np.array(told, dtype=object))
    >>> values.tolist(), [int(rows.argmax()) for rows in how.values()]
    ([1234.5, 12.0, nan, nan], [1, 0])
    """
    values = as_numbers(cells)
    if cells.dtype.kind in "iuf" or not np.isnan(values).any():
        return values, {}
    values = values.copy()  # arrow's memory is not to be written
    odd = np.flatnonzero(np.isnan(values) & ~is_blank(cells))
    how = {WIDE: np.zeros(len(cells), bool), THOUSANDS: np.zeros(len(cells), bool)}
    for row, text in zip(odd, as_text(cells[odd]), strict=True):
        plain = unicodedata.normalize("NFKC", text).strip()
        grouped = _GROUPED.fullmatch(plain) is not None
        number = plain.replace(",", "") if grouped else plain
        if _PLAIN.fullmatch(number):
            values[row] = float(number)
            how[WIDE][row], how[THOUSANDS][row] = plain != text, grouped
    return values, {what: rows for what, rows in how.items() if rows.any()}


def narrowed(name: str, cells: Cells, repairs: Repairs) -> NDArray[np.object_]:
    """Codes as text, full-width letters and digits as ordinary ones."""
    text = as_text(cells)
    told = pa.array(text, pa.string())
    if pc.all(pc.string_is_ascii(told)).as_py() is not False:
        return text
    wide = pc.match_substring_regex(told, _FULL_WIDTH)
    rows = np.flatnonzero(wide.fill_null(False).to_numpy(zero_copy_only=False))
    if len(rows):
        mask = np.zeros(len(text), dtype=bool)
        mask[rows] = True
        repairs.note(f"{name}: {WIDE}", mask)
        text = text.copy()
        text[rows] = [unicodedata.normalize("NFKC", text[row]) for row in rows]
    return text


def _as_text(cells: Cells) -> NDArray[np.object_]:
    """The same of cells of any type."""
    series = pd.Series(cells)
    if series.dtype.kind in "iu":
        return np.asarray(series.astype(str), dtype=object)
    if series.dtype.kind == "f":
        whole = series.dropna() % 1 == 0
        if whole.all():
            series = series.astype("Int64")
    missing = series.isna().to_numpy()
    text = np.asarray(series.astype(str).str.strip(), dtype=object)
    text[missing | (text == "")] = None
    return text


def convert(
    name: str,
    column: Column,
    cells: Cells,
    *,
    codes: CodeTable | None,
    known: Collection[str] | None,
    timezone: str,
    reasons: Reasons,
    repairs: Repairs,
) -> Cells:
    """Typed values of one column; adds a reason to rows whose cell will not do.

    Parameters
    ----------
    cells : (n,) raw values
    codes : rows of the column's code table; a title is taken for its code
    known : codes of the layer that the column refers to
    timezone : zone of instants without one
    reasons, repairs : written here

    Returns
    -------
    (n,) text, float64, datetime64 or object, None or nan where empty
    """
    match column.type:
        case "text":
            values: Cells = as_text(cells)
            if column.pattern or column.references or name == "code":
                values = narrowed(name, values, repairs)
            if column.pattern:
                wrong = _lacks(values, column.pattern)
                reasons.refuse(
                    wrong,
                    f"格式应为 must match {column.pattern}",
                    name=name,
                    cells=values,
                )
            if known is not None:
                lost = [v is not None and v not in known for v in values]
                what = f"没有这个 {column.references} 编码 no such code"
                reasons.refuse(lost, what, name=name, cells=values)
        case "code":
            values = _codes(name, narrowed(name, cells, repairs), codes or {}, reasons)
        case "integer" | "number":
            values = _numbers(name, column, cells, reasons, repairs)
        case "boolean":
            values = _flags(name, cells, reasons)
        case "date" | "datetime":
            values = _instants(
                name, column.type == "date", cells, timezone, reasons, repairs
            )
    if column.required:
        reasons.refuse(pd.isna(values), "必填 is required", name=name)
    return values


def _lacks(text: Cells, pattern: str) -> NDArray[np.bool_]:
    """(n,) texts that do not match a pattern."""
    try:
        fits = pc.match_substring_regex(pa.array(text, pa.string()), pattern)
    except pa.ArrowInvalid:  # a pattern that only Python's engine knows
        known = re.compile(pattern)
        return np.array([v is not None and not known.search(v) for v in text])
    return ~np.asarray(fits.fill_null(True).to_numpy(zero_copy_only=False))


def _codes(
    name: str, text: NDArray[np.object_], table: CodeTable, reasons: Reasons
) -> Cells:
    """Codes of a table; titles in either language are taken for their code."""
    titles = {
        row[key]: code
        for code, row in table.items()
        for key in ("title_zh", "title_en")
        if row.get(key)
    }
    told = pa.array(text, pa.string()).dictionary_encode()
    words = told.dictionary.to_pylist()
    meant = [word if word in table else titles.get(word) for word in words]
    index = np.asarray(told.indices.fill_null(-1).to_numpy(zero_copy_only=False))
    known = np.array([*meant, None], dtype=object)
    wrong = np.array([code is None for code in meant] + [False])[index]
    if wrong.any():
        allowed = ", ".join(list(table)[:12]) + (" …" if len(table) > 12 else "")
        reasons.refuse(
            wrong, f"不在码表 must be one of {allowed}", name=name, cells=text
        )
    return known[index]


def _numbers(
    name: str, column: Column, cells: Cells, reasons: Reasons, repairs: Repairs
) -> Cells:
    """Numbers within the column's bounds."""
    values, how = read_numbers(cells)
    for what, rows in how.items():
        repairs.note(f"{name}: {what}", rows)
    wrong = np.isnan(values)
    if wrong.any():
        wrong &= ~is_blank(cells)
        reasons.refuse(
            wrong, "不是数字 is not a number", name=name, cells=as_text(cells)
        )
    reasons.refuse(
        np.isinf(values), "不是有限数 must be finite", name=name, cells=values
    )
    with np.errstate(invalid="ignore"):
        if column.type == "integer":
            reasons.refuse(
                (values % 1 != 0) & np.isfinite(values),
                "应为整数 must be a whole number",
                name=name,
                cells=values,
            )
        if column.min is not None:
            low = values < column.min
            reasons.refuse(
                low, f"不小于 at least {column.min:g}", name=name, cells=values
            )
        if column.max is not None:
            high = values > column.max
            reasons.refuse(
                high, f"不大于 at most {column.max:g}", name=name, cells=values
            )
    return values


def _flags(name: str, cells: Cells, reasons: Reasons) -> Cells:
    """Flags; the words of both languages are known."""
    if cells.dtype.kind == "b":
        return cells.astype(object)
    words: Mapping[str, bool] = dict.fromkeys(_TRUE, True) | dict.fromkeys(
        _FALSE, False
    )
    text = as_text(cells)
    values = np.array(
        [None if v is None else words.get(v.lower()) for v in text], dtype=object
    )
    wrong = [v is not None and f is None for v, f in zip(text, values, strict=True)]
    reasons.refuse(wrong, "应为 must be true/false, 是/否", name=name, cells=text)
    return values


def _instants(
    name: str,
    is_date: bool,
    cells: Cells,
    timezone: str,
    reasons: Reasons,
    repairs: Repairs,
) -> Cells:
    """Dates, or instants in UTC; an instant without a zone is the city's own time."""
    zone = None if is_date else timezone
    unit = "datetime64[D]" if is_date else "datetime64[us]"
    if cells.dtype.kind == "M":
        stamps = pd.Series(cells)
        if zone:
            first = np.ones(len(stamps), dtype=bool)  # of an hour shown twice
            here = stamps.dt.tz_localize(zone, ambiguous=first, nonexistent="NaT")
            later = stamps.dt.tz_localize(zone, ambiguous=~first, nonexistent="NaT")
            told = stamps.notna()
            repairs.note(f"{name}: {TWICE}", (told & (here != later)).to_numpy())
            reasons.refuse((told & here.isna()).to_numpy(), SKIPPED, name=name)
            stamps = here.dt.tz_convert("UTC").dt.tz_localize(None)
        return np.asarray(stamps, dtype=unit)
    text = as_text(cells)
    unique = {v: read_stated(v, zone) for v in set(text) if v is not None}
    unique[None] = (NOT_A_TIME, "")
    values = np.array([unique[v][0] for v in text], dtype=unit)
    said = np.array([unique[v][1] for v in text], dtype=object)
    repairs.note(f"{name}: {TWICE}", np.asarray(said == TWICE, dtype=bool))
    for why in sorted(
        {why for value, why in unique.values() if np.isnat(value) and why}
    ):
        reasons.refuse(said == why, why, name=name, cells=text)
    return values
