"""Dates and times in the forms that offices write."""

from __future__ import annotations

import numpy as np
import pytest

from gis.load.dates import read_instant


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2015-06-30", "2015-06-30"), ("20150630", "2015-06-30"),
        ("2015/6/3", "2015-06-03"), ("2015.6.3", "2015-06-03"),
        ("2015年6月3日", "2015-06-03"), ("2015年6月3号", "2015-06-03"),
        ("2015年6月", "2015-06-01"), ("二〇一五年六月三十日", "2015-06-30"),
        ("二零一五年十月廿一日", "2015-10-21"), ("二○一二年十二月", "2012-12-01"),
    ],
)  # fmt: skip
def test_a_date_is_read(text: str, wanted: str) -> None:
    assert read_instant(text, None).astype("datetime64[D]") == np.datetime64(wanted)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2015-06-30 08:00:00", "2015-06-30T00:00"),
        ("2015-06-30T08:00:00Z", "2015-06-30T08:00"),
        ("2015年6月30日8时30分", "2015-06-30T00:30"),
        ("2015年6月30日 下午3点", "2015-06-30T07:00"),
        ("2015/6/30 晚上8:15", "2015-06-30T12:15"),
    ],
)
def test_an_instant_is_read(text: str, wanted: str) -> None:
    found = read_instant(text, "Asia/Shanghai")
    assert found.astype("datetime64[m]") == np.datetime64(wanted)


@pytest.mark.parametrize(
    "text",
    ["2015-13-01", "2015年2月30日", "去年", "6月30日", "12:30", "42185", "2015年"],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    assert np.isnat(read_instant(text, None))
