"""Words for a direction -> degrees clockwise from north; what is none is refused."""

from __future__ import annotations

import re

_COMPASS = (
    "n", "nne", "ne", "ene", "e", "ese", "se", "sse",
    "s", "ssw", "sw", "wsw", "w", "wnw", "nw", "nnw",
)  # fmt: skip
_WORDS = {
    "north": 0, "northeast": 45, "east": 90, "southeast": 135,
    "south": 180, "southwest": 225, "west": 270, "northwest": 315,
    "northbound": 0, "eastbound": 90, "southbound": 180, "westbound": 270,
    "北": 0, "东北": 45, "东": 90, "东南": 135,
    "南": 180, "西南": 225, "西": 270, "西北": 315,
}  # fmt: skip
_BEARINGS = {word: index * 22.5 for index, word in enumerate(_COMPASS)} | {
    word: float(degrees) for word, degrees in _WORDS.items()
}
_DEGREES = re.compile(r"^([-+]?\d+(?:[.,]\d+)?)\s*(?:°|º|度|deg|degrees)?$")
_RANGE = re.compile(r"^(\d+(?:\.\d+)?)°?\s*(?:-|–|~|至|到)\s*(\d+(?:\.\d+)?)°?$")
_LEANING = re.compile(r"^([北南])偏([东西])\s*(\d+(?:\.\d+)?)\s*(?:°|度)?$")
FULL = 360.0


def read_range(text: str) -> tuple[float, float] | None:
    """Both ends of a range of directions, None for anything else.

    Examples
    --------
    >>> read_range("0 - 90"), read_range("NW")
    ((0.0, 90.0), None)
    """
    match = _RANGE.match(text.strip().lower())
    return (float(match[1]), float(match[2])) if match else None


def read_bearing(text: str) -> tuple[float | None, str]:
    """Bearing of a direction as people write it, or why there is none.

    Parameters
    ----------
    text : 270, 30°, NW, south, 东南, 朝北, 南偏东30°, 0-90 (the middle of a sector)

    Returns
    -------
    Degrees in [0, 360), and empty; or None and the reason: several directions, a full
    circle, a number that is no bearing, a word that is no direction

    Examples
    --------
    >>> [read_bearing(t)[0] for t in ("NW", "south", "30°", "0-90", "350-10", "360")]
    [315.0, 180.0, 30.0, 45.0, 0.0, 0.0]
    >>> [read_bearing(t)[0] for t in ("270;90", "forward", "400", "SSW:NNE", "0-360")]
    [None, None, None, None, None]
    """
    word = text.strip().lower()
    if match := _DEGREES.match(word):
        degrees = float(match[1].replace(",", "."))
        if 0 <= degrees <= FULL:
            return degrees % FULL, ""
        return None, "不在 0 至 360 度 must be 0 to 360 degrees"
    if between := read_range(word):
        first, last = between
        if max(first, last) > FULL:
            return None, "不在 0 至 360 度 must be 0 to 360 degrees"
        width = (last - first) % FULL
        if width == 0:
            return None, "全圆没有方向 a full circle is no direction"
        return (first + width / 2) % FULL, ""
    if match := _LEANING.match(word):
        lean = float(match[3])
        if lean > 90:
            return None, "偏角应不大于 90 度 must lean at most 90 degrees"
        towards_east = 1.0 if match[2] == "东" else -1.0
        base, sign = (0.0, 1.0) if match[1] == "北" else (180.0, -1.0)
        return (base + sign * towards_east * lean) % FULL, ""
    bare = re.sub(r"[\s_-]", "", word).removeprefix("朝").removeprefix("正")
    bare = bare.removeprefix("向").removesuffix("向").removesuffix("方")
    if bare in _BEARINGS:
        return _BEARINGS[bare], ""
    if re.search(r"[;:/,、|]", word):
        return None, "多个方向 several directions, one is needed"
    return None, "不是方向 is no direction such as 270, NW, 东南"
