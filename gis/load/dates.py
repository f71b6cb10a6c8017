"""Dates and times as offices write them -> instants."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

NOT_A_TIME = np.datetime64("NaT", "us")

_DIGITS = {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | {
    "〇": "0",
    "○": "0",
}
_WRITTEN = re.compile(
    r"^([零〇○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月(?:([一二三四五六七八九十廿卅]{1,3})[日号])?"
)
_DATE = re.compile(r"^(\d{4})[年./-](\d{1,2})(?:[月./-](\d{1,2})[日号]?|月)?")
_YEAR_FIRST = re.compile(r"^\d{4}(\D|$)")
_CLOCK = re.compile(
    r"^(上午|下午|晚上|凌晨|中午)?\s*(\d{1,2})(?:[时点:](\d{1,2})?)?(?:[分:](\d{1,2})?)?秒?$"
)


def read_instant(text: str, zone: str | None) -> np.datetime64:
    """An instant, in UTC where a zone is given; NaT where the text is none.

    Parameters
    ----------
    text : ISO, 20120105, 2012/1/5, 2012.1.5, 2012年1月5日 下午3时20分, or in Chinese
        numerals 二〇一二年一月五日; a month alone is its first day
    zone : whose clock an instant without a zone shows; of an hour that it shows twice,
        the first is meant

    Examples
    --------
    >>> str(read_instant("二〇一五年十二月卅一日", None))[:10]
    '2015-12-31'
    >>> str(read_instant("2012.1.5 下午3时20分", "Asia/Shanghai"))[:16]
    '2012-01-05T07:20'
    """
    if re.fullmatch(r"\d{8}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if match := _WRITTEN.match(text):
        year = "".join(_DIGITS[c] for c in match[1])
        parts = f"{year}-{_number(match[2])}-{_number(match[3] or '一')}"
        text = parts + text[match.end() :]
    if match := _DATE.match(text):
        day = f"{match[1]}-{int(match[2]):02d}-{int(match[3] or 1):02d}"
        text = day + _clock(text[match.end() :])
    if not _YEAR_FIRST.match(text):
        return NOT_A_TIME  # 06/07/2015 is a day in June or in July; 12:30 is of no day
    try:
        stamp = pd.Timestamp(text)
        if zone and stamp.tz is None:
            stamp = stamp.tz_localize(zone, ambiguous=True)
        if stamp.tz is not None:
            stamp = stamp.tz_convert("UTC" if zone else stamp.tz).tz_localize(None)
        return np.datetime64(stamp.to_datetime64())
    except (ValueError, OverflowError):
        return NOT_A_TIME


def _number(text: str) -> int:
    """1 to 31 as written: 五, 十二, 二十, 三十一, 廿三, 卅."""
    text = text.replace("廿", "二十").replace("卅", "三十")
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return int(_DIGITS[text]) if text in _DIGITS else 0
    return 10 * int(_DIGITS.get(tens, "1")) + int(_DIGITS.get(ones, "0"))


def _clock(rest: str) -> str:
    """What stands behind a date, as ISO writes it."""
    match = _CLOCK.match(rest.strip())
    if not match or not re.search(r"[上下凌晚中时点]", rest):
        return rest
    hour = int(match[2])
    if match[1] in ("下午", "晚上") and hour < 12:
        hour += 12
    return f"T{hour:02d}:{int(match[3] or 0):02d}:{int(match[4] or 0):02d}"
