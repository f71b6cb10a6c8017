"""Codes of devices by GB/T 28181, checked by their fields."""

from __future__ import annotations

import re

from layers import load_codes

_DEVICE = re.compile(r"^[0-9]{20}(-[0-9]{1,2})?$")
_PROVINCES = range(11, 83)
_CAMERA_TYPES = ("131", "132")
_COMPANIES, _RESIDENTS = range(40, 80), range(80, 90)


def read_device_id(text: str) -> tuple[str | None, str]:
    """The code of a camera by GB/T 28181, or why it is none.

    Parameters
    ----------
    text : 20 digits: centre 8 (division of province, city, county, grass-roots, 00
        where not used), industry 2, type 3, network 1, sequence 6; -1, -2 … behind it
        are the bearings of one device

    Examples
    --------
    >>> read_device_id("33010600081320000017")
    ('33010600081320000017', '')
    >>> read_device_id("33010600081180000017")[0] is None
    True
    """
    code = text.strip()
    if not _DEVICE.match(code):
        return None, "设备编码应为 20 位数字 a DeviceID has 20 digits"
    centre = [code[i : i + 2] for i in range(0, 8, 2)]
    if int(centre[0]) not in _PROVINCES:
        return None, "第 1-2 位不是省级代码 digits 1-2 are no province of GB/T 2260"
    used = [part != "00" for part in centre]
    if used != sorted(used, reverse=True):
        return (
            None,
            "第 1-8 位中心编码有空缺 a level is missing in the centre code (1-8)",
        )
    industry = code[8:10]
    known = industry in load_codes("camera_industry")
    if not known and int(industry) not in (*_COMPANIES, *_RESIDENTS):
        return None, "第 9-10 位不是行业代码 digits 9-10 are no industry"
    kind = load_codes("device_type").get(code[10:13])
    if kind is None:
        return None, "第 11-13 位不是设备类型 digits 11-13 are no type of device"
    if code[10:13] not in _CAMERA_TYPES:
        return (
            None,
            f"不是摄像机 is no camera but: {kind['title_zh']} {kind['title_en']}",
        )
    if code[14:20] == "000000":
        return None, "第 15-20 位序号应从 1 起 the sequence (15-20) begins with 1"
    return code, ""
