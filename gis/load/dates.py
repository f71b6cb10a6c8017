"""Dates and times as offices write them -> instants."""

from __future__ import annotations

import re
import unicodedata

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
_COMPACT = re.compile(r"^(\d{8})[ T](\d{1,2})(?::?(\d\d)(?::?(\d\d))?)?$")
_STAMP = re.compile(r"^(\d{8})(\d\d)(\d\d)(\d\d)?$")
_YEAR_FIRST = re.compile(r"^\d{4}(\D|$)")
_CLOCK = re.compile(
    r"^(上午|下午|晚上|凌晨|中午)?\s*(\d{1,2})(?:[时点:](\d{1,2})?)?(?:[分:](\d{1,2})?)?秒?$"
)


TWICE = (
    "钟点出现两次，取前一次 an hour that the clock shows twice: the first is taken; "
    "write the offset to mean the other, as 01:30+01:00"
)
SKIPPED = "该钟点不存在（夏令时） the clock skips this hour when it goes forward"
NO_DATE = "不是日期 is not a date such as 2015-06-30"
NO_DAY_NUMBER = (
    "不是日期；若是表格的日序数，在映射文件中写 read: day_number is not a date such "
    "as 2015-06-30; where it is a spreadsheet's day number, say so in a mapping file: "
    "read: day_number"
)
_DAY_NUMBER = re.compile(r"^[2-9]\d{4}(\.\d+)?$")  # 1954 to 2173
_FIRST_DAY = np.datetime64("1899-12-30", "us")  # so that 1900-03-01 is day 61


def read_instant(text: str, zone: str | None) -> np.datetime64:
    """An instant, in UTC where a zone is given; NaT where the text is none.

    Examples
    --------
    >>> str(read_instant("二〇一五年十二月卅一日", None))[:10]
    '2015-12-31'
    >>> str(read_instant("2012.1.5 下午3时20分", "Asia/Shanghai"))[:16]
    '2012-01-05T07:20'
    """
    return read_stated(text, zone)[0]


def read_stated(text: str, zone: str | None) -> tuple[np.datetime64, str]:
    """An instant, and what is to be said of it: why it is none, or TWICE.

    Parameters
    ----------
    text : ISO, 20120105, 2012/1/5, 2012.1.5, 2012年1月5日 下午3时20分, or in Chinese
        numerals 二〇一二年一月五日; a month alone is its first day
    zone : whose clock an instant without a zone shows; of an hour that it shows twice,
        the first is meant
    """
    if _DAY_NUMBER.match(text):
        return NOT_A_TIME, NO_DAY_NUMBER
    text = unicodedata.normalize("NFKC", text)
    if re.fullmatch(r"\d{8}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if match := _COMPACT.match(text) or _STAMP.match(
        text
    ):  # 20200326 18, 20200326183000
        day, clock = match[1], f"{match[2]}:{match[3] or '00'}:{match[4] or '00'}"
        text = f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock.zfill(8)}"
    if match := _WRITTEN.match(text):
        year = "".join(_DIGITS[c] for c in match[1])
        parts = f"{year}-{_number(match[2])}-{_number(match[3] or '一')}"
        text = parts + text[match.end() :]
    if match := _DATE.match(text):
        day = f"{match[1]}-{int(match[2]):02d}-{int(match[3] or 1):02d}"
        text = day + _clock(text[match.end() :])
    if not _YEAR_FIRST.match(text):
        # 06/07/2015 is a day in June or in July; 12:30 is of no day; 15-6-30 of no year
        return NOT_A_TIME, NO_DATE
    said = ""
    try:
        stamp = pd.Timestamp(text)
        if zone and stamp.tz is None:
            here = stamp.tz_localize(zone, ambiguous=True, nonexistent="NaT")
            if here is pd.NaT:
                return NOT_A_TIME, SKIPPED
            if here != stamp.tz_localize(zone, ambiguous=False, nonexistent="NaT"):
                said = TWICE
            stamp = here
        if stamp.tz is not None:
            stamp = stamp.tz_convert("UTC" if zone else stamp.tz).tz_localize(None)
        return np.datetime64(stamp.to_datetime64()), said
    except (ValueError, OverflowError):
        return NOT_A_TIME, NO_DATE


def read_day_number(text: str) -> str | None:
    """ISO text of a spreadsheet's day number (days since 1899-12-30), else None.

    Examples
    --------
    >>> read_day_number("42185"), read_day_number("42185.5"), read_day_number("x")
    ('2015-06-30', '2015-06-30 12:00:00', None)
    """
    if not _DAY_NUMBER.match(text):
        return None
    seconds = round(float(text) * 86_400)
    stamp = pd.Timestamp(_FIRST_DAY + np.timedelta64(seconds, "s"))
    return stamp.date().isoformat() if seconds % 86_400 == 0 else str(stamp)


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
