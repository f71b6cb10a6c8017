"""Names of columns that fit a shapefile's ten bytes, and the way back."""

from __future__ import annotations

from collections.abc import Sequence

_LONGEST = 10


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Column -> a name of at most ten letters, each one different.

    Examples
    --------
    >>> short_names(["code", "time_limit_value", "time_limit_unit"])
    {'code': 'code', 'time_limit_value': 'time_limit', 'time_limit_unit': 'time_lim_1'}
    """
    taken: dict[str, str] = {}
    used = {name for name in names if len(name) <= _LONGEST}
    for name in names:
        short, number = name[:_LONGEST], 0
        while len(name) > _LONGEST and short in used:
            number += 1
            tail = f"_{number}"
            short = name[: _LONGEST - len(tail)] + tail
        used.add(short)
        taken[name] = short
    return taken
