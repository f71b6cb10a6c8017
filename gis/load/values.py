"""Cells -> typed values of a layer's columns; each that will not do has a reason."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gis.load.reasons import Reasons
from layers import CodeTable, Column

Cells = NDArray[Any]

_TRUE = {"true", "t", "1", "yes", "y", "是", "有"}
_FALSE = {"false", "f", "0", "no", "n", "否", "无"}
_CHINESE_DATE = re.compile(r"^(\d{4})[年./-](\d{1,2})(?:[月./-](\d{1,2})日?)?")
_NOT_A_TIME = np.datetime64("NaT", "us")
_PERSONAL_PHONE = re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)")


def mask_phones(cells: Cells) -> tuple[Cells, int]:
    """Text with the middle of every personal mobile number starred, and how many rows.

    Examples
    --------
    >>> cells, n = mask_phones(np.array(["tel 13800138000", None], dtype=object))
    >>> cells[0], n
    ('tel 138****8000', 1)
    """
    masked = cells.copy()
    rows = 0
    for i, cell in enumerate(cells):
        if isinstance(cell, str) and len(cell) >= 11:
            text = _PERSONAL_PHONE.sub(r"\1****\2", cell)
            if text != cell:
                masked[i] = text
                rows += 1
    return masked, rows


def as_text(cells: Cells) -> NDArray[np.object_]:
    """Cells as stripped text; None where empty."""
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
) -> Cells:
    """Typed values of one column; adds a reason to rows whose cell will not do.

    Parameters
    ----------
    cells : (n,) raw values
    codes : rows of the column's code table; a title is taken for its code
    known : codes of the layer that the column refers to
    timezone : zone of instants without one
    reasons : written here

    Returns
    -------
    (n,) text, float64, datetime64 or object, None or nan where empty
    """
    match column.type:
        case "text":
            values: Cells = as_text(cells)
            if column.pattern:
                pattern = re.compile(column.pattern)
                wrong = [v is not None and not pattern.search(v) for v in values]
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
            values = _codes(name, as_text(cells), codes or {}, reasons)
        case "integer" | "number":
            values = _numbers(name, column, cells, reasons)
        case "boolean":
            values = _flags(name, cells, reasons)
        case "date" | "datetime":
            values = _instants(name, column.type == "date", cells, timezone, reasons)
    if column.required:
        reasons.refuse(pd.isna(values), "必填 is required", name=name)
    return values


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
    unique = {v: v if v in table else titles.get(v) for v in set(text) if v is not None}
    wrong = [v is not None and unique[v] is None for v in text]
    if any(wrong):
        allowed = ", ".join(list(table)[:12]) + (" …" if len(table) > 12 else "")
        reasons.refuse(
            wrong, f"不在码表 must be one of {allowed}", name=name, cells=text
        )
    return np.array([None if v is None else unique[v] for v in text], dtype=object)


def _numbers(name: str, column: Column, cells: Cells, reasons: Reasons) -> Cells:
    """Numbers within the column's bounds."""
    if cells.dtype.kind in "iuf":
        values = cells.astype(np.float64)
    else:
        text = as_text(cells)
        values = pd.to_numeric(pd.Series(text), errors="coerce").to_numpy(np.float64)
        wrong = np.isnan(values) & ~pd.isna(text)
        reasons.refuse(wrong, "不是数字 is not a number", name=name, cells=text)
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
    name: str, is_date: bool, cells: Cells, timezone: str, reasons: Reasons
) -> Cells:
    """Dates, or instants in UTC; an instant without a zone is the city's own time."""
    zone = None if is_date else timezone
    if cells.dtype.kind == "M":
        stamps = pd.Series(cells)
        if zone:
            first = np.ones(len(stamps), dtype=bool)  # of an hour shown twice
            stamps = stamps.dt.tz_localize(zone, ambiguous=first, nonexistent="NaT")
            stamps = stamps.dt.tz_convert("UTC").dt.tz_localize(None)
        unit = "datetime64[D]" if is_date else "datetime64[us]"
        return np.asarray(stamps, dtype=unit)
    text = as_text(cells)
    unit = "datetime64[D]" if is_date else "datetime64[us]"
    unique = {v: _read_instant(v, zone) for v in set(text) if v is not None}
    unique[None] = _NOT_A_TIME
    values = np.array([unique[v] for v in text], dtype=unit)
    wrong = np.isnat(values) & ~pd.isna(text)
    reasons.refuse(
        wrong, "不是日期 is not a date such as 2015-06-30", name=name, cells=text
    )
    return values


def _read_instant(text: str, zone: str | None) -> np.datetime64:
    """An instant from ISO, 2012年1月5日, 2012/1/5 or 20120105; in UTC where `zone`."""
    if re.fullmatch(r"\d{8}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if match := _CHINESE_DATE.match(text):
        year, month, day = match[1], match[2], match[3] or "1"
        text = f"{year}-{int(month):02d}-{int(day):02d}{text[match.end() :]}"
    try:
        stamp = pd.Timestamp(text)
        if zone and stamp.tz is None:
            # of an hour that the clock shows twice, the first
            stamp = stamp.tz_localize(zone, ambiguous=True)
        if stamp.tz is not None:
            stamp = stamp.tz_convert("UTC" if zone else stamp.tz).tz_localize(None)
        return np.datetime64(stamp.to_datetime64())
    except (ValueError, OverflowError):
        return _NOT_A_TIME
