"""Registers of devices: secrets stay outside, several bearings become several rows.

A register tells more than a map may keep: addresses, ports, accounts, passwords. What a
mapping lists under `drop`, and what is called so in any file of cameras, is taken out
before anything else looks at the rows, so that neither a table nor a refused row holds
it; the report says how many cells there were.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from gis.load.bearings import FULL, read_range
from gis.load.rules import Rules
from gis.load.source import Source
from gis.load.values import as_text, is_blank
from layers import Layer, Sector

_SECRET = re.compile(
    r"^(ip(_?addr(ess)?)?|port|pass(word|wd)?|pwd|user(_?(name|id))?|login|account|"
    r"(rtsp|rtmp|http|stream|video|snapshot|login)[ _-]?(url|uri|address)|"
    r"(contact:)?webcam|url|uri|mac([ _-]?addr(ess)?)?|"
    r"ip ?地址|端口号?|密码|口令|用户名|账号|登录名|取流地址|视频流地址|mac ?地址)$",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"\s*[;,|、]\s*")
_OPTICS = ("azimuth_deg", "hfov_deg", "height_m", "tilt_deg", "resolution_px")


def registered(source: Source, layer: Layer, rules: Rules) -> Source:
    """Rows of a register as its layer takes them.

    Parameters
    ----------
    rules : `drop`, `split` and `parts` of the mapping file count here
    """
    if not isinstance(layer.coverage, Sector):
        return source
    source = _without_secrets(source, rules)
    for column, part in rules.parts.items():
        if part.header in source.columns and column not in source.columns:
            text = as_text(source.columns[part.header])
            cut = [None if t is None else t[part.first - 1 : part.last] for t in text]
            source.columns[column] = np.array(cut, dtype=object)
    if rules.split is not None:
        source = _split(source, rules, rules.split)
    return _with_gaps_told(source, layer, rules)


def _without_secrets(source: Source, rules: Rules) -> Source:
    """The source without the columns that no map may hold."""
    secret = [
        header
        for header in source.columns
        if header in rules.drop or _SECRET.match(header.strip())
    ]
    if not secret:
        return source
    told = [
        f"{header} {int(np.count_nonzero(~is_blank(source.columns[header]))):,}"
        for header in secret
    ]
    kept = {h: cells for h, cells in source.columns.items() if h not in secret}
    note = f"凭据与地址已丢弃 credentials and addresses dropped: {', '.join(told)}"
    return replace(source, columns=kept, notes=[*source.notes, note])


def _split(source: Source, rules: Rules, column: str) -> Source:
    """One row for each bearing; of a range its middle and its width.

    The cell as the file has it stays beside under a header of its own.
    """
    headers = [h for h, name in rules.headers.items() if name == column]
    headers = [h for h in headers if h in source.columns]
    if not headers:
        return source
    cells = np.full(len(source), None, dtype=object)
    for header in headers:  # the first that is filled counts
        text = as_text(source.columns[header])
        cells = np.where(pd.isna(cells), text, cells)
    several = [_bearings(cell) for cell in cells]
    rows = np.repeat(np.arange(len(source)), [max(len(s), 1) for s in several])
    pairs: list[tuple[str | None, float | None]] = []
    for found in several:
        pairs += found or [(None, None)]
    bearing = np.array([b for b, _ in pairs], dtype=object)
    width = np.array([w for _, w in pairs], dtype=object)
    taken = _rows(source, rows)
    columns = taken.columns
    for header in headers:
        columns[header] = np.full(len(rows), None, dtype=object)
    columns[headers[0]] = bearing
    if pd.notna(width).any():
        columns.setdefault("hfov_deg", width)
    many = np.bincount(rows, minlength=len(source)) > 1
    if many.any():
        columns[f"{headers[0]} (原文 as given)"] = cells[rows]
        _number(columns, rules, rows, many)
        note = (
            f"多方向设备拆分 devices of several bearings split: {int(many.sum()):,} "
            f"-> {int(many[rows].sum()):,} 行 rows"
        )
        taken = replace(taken, notes=[*taken.notes, note])
    return taken


def _bearings(cell: str | None) -> list[tuple[str, float | None]]:
    """Bearings of a cell and the widths of ranges; none for an empty one.

    A full circle is no direction: what looks everywhere has none.

    Examples
    --------
    >>> _bearings("270;90"), _bearings("60-240"), _bearings("0-360"), _bearings("NW")
    ([('270', None), ('90', None)], [('150', 180.0)], [], [('NW', None)])
    """
    found: list[tuple[str, float | None]] = []
    if cell is None:
        return found
    for part in dict.fromkeys(_SEVERAL.split(cell)):
        between = read_range(part)
        if between is None:
            found += [(part, None)] if part else []
            continue
        first, last = between
        width = (last - first) % FULL
        if width:
            found.append((f"{(first + width / 2) % FULL:g}", width))
    return found


def _rows(source: Source, rows: Any) -> Source:  # noqa: ANN401  # array of numbers
    """Rows of a source, some of them more than once."""
    numbers = source.row_numbers
    if numbers is None:
        numbers = np.arange(1, len(source) + 1)
    return replace(
        source,
        columns={name: cells[rows] for name, cells in source.columns.items()},
        geometry=None if source.geometry is None else source.geometry[rows],
        row_numbers=numbers[rows],
        repairs={what: mask[rows] for what, mask in source.repairs.items()},
        faults={why: mask[rows] for why, mask in source.faults.items()},
    )


def _number(columns: dict[str, Any], rules: Rules, rows: Any, many: Any) -> None:  # noqa: ANN401  # arrays
    """Codes -1, -2 … for the bearings of one device, which stays as device_code."""
    coded = [h for h, name in rules.headers.items() if name == "code" and h in columns]
    if not coded:
        return
    header = coded[0]
    code = as_text(columns[header]).astype(object)
    first = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]])
    rank = np.arange(len(rows)) - np.repeat(first, np.diff(np.r_[first, len(rows)]))
    hit = many[rows] & ~pd.isna(code)
    device = np.full(len(code), None, dtype=object)
    device[hit] = code[hit]
    columns.setdefault("device_code", device)
    code[hit] = [f"{c}-{k + 1}" for c, k in zip(code[hit], rank[hit], strict=True)]
    columns[header] = code


def _with_gaps_told(source: Source, layer: Layer, rules: Rules) -> Source:
    """The source with a note of the optics that will have to be assumed."""
    named = {**{h: h for h in source.columns}, **rules.headers}
    lacking = []
    for column in _OPTICS:
        if column not in layer.columns or column in rules.constants:
            continue
        known = np.zeros(len(source), dtype=bool)
        for header, name in named.items():
            if name == column and header in source.columns:
                known |= ~is_blank(source.columns[header])
        if not known.all():
            lacking.append(f"{column} {int(np.count_nonzero(~known)):,}")
    if not lacking or not len(source):
        return source
    note = (
        f"空缺，按声明的假定计算 empty, computed by declared assumptions: "
        f"{', '.join(lacking)} / {len(source):,}"
    )
    return replace(source, notes=[*source.notes, note])
