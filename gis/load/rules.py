"""How one kind of file becomes a layer, declared: config/mappings/<name>.yaml.

headers    header of the file -> column, or lon, lat, wkt; of several headers for one
           column the first that is filled counts
constants  column -> the value of every row
columns    column -> how its cells are changed before they are checked
drop       headers that are left outside: credentials, addresses (registers of devices)
split      column of whose several values each makes a row (bearings of one device)
parts      column -> digits of a header (the industry in a device's code)
joined     column -> headers whose cells make it, a space between them (day and hour)
place      column that names the feature where a row stands; the file has no positions
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray
from pydantic import Field

from gis.errors import LoadError
from gis.load.bearings import read_bearing
from gis.load.dates import read_day_number
from gis.load.devices import read_device_id
from gis.load.reasons import Reasons
from gis.load.values import as_text
from layers import Declared, Identifier, Title, load_codes, read_model

_NAME = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
_QUANTITY = re.compile(r"^([-+]?[\d.,]+)\s*(\D*)$")
_HEADERS = "headers"  # the file of synonyms stands in the same folder


class Lookup(Declared):
    """A column of a code table, taken by the table's code or by a title."""

    name: Identifier
    column: Identifier


class Rule(Declared):
    """What is done to the cells of one column, in this order.

    Parameters
    ----------
    strip_prefix : taken off where a cell begins with it
    table : the cell is a code or title of this table, its column is the value
    values : cell -> value; a cell not listed stays, or is emptied (unreadable)
    units : unit written behind a number -> factor; the empty unit is a bare number
    factor : what numbers are multiplied by
    read : bearing makes directions degrees, device_id checks codes of GB/T 28181,
        day_number makes dates of a spreadsheet's day numbers
    unreadable : whether a cell that will not do refuses the row or is left empty
    """

    strip_prefix: str = ""
    table: Lookup | None = None
    values: dict[str, str] = Field(default_factory=dict)
    units: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    factor: float | None = Field(default=None, gt=0)
    read: Literal["bearing", "device_id", "day_number"] | None = None
    unreadable: Literal["refuse", "empty"] = "refuse"


class Part(Declared):
    """Some digits of another column of the file, counted from 1."""

    header: str
    first: int = Field(ge=1)
    last: int = Field(ge=1)


class Rules(Declared):
    """One mapping file."""

    title: Title | None = None
    layer: Identifier | None = None
    datum: str | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    columns: dict[Identifier, Rule] = Field(default_factory=dict)
    drop: tuple[str, ...] = ()
    split: Identifier | None = None
    parts: dict[Identifier, Part] = Field(default_factory=dict)
    joined: dict[Identifier, tuple[str, ...]] = Field(default_factory=dict)
    place: Identifier | None = None

    @property
    def needs_all(self) -> bool:
        """Whether a file must be read whole before these rules can be followed."""
        return bool(self.joined or self.place or self.split or self.parts)


def read_rules(config: Path, name: str) -> Rules:
    """The mapping of a name.

    Raises
    ------
    LoadError : there is none; the message names those there are
    DeclarationError : the file is no mapping
    """
    path = config / "mappings" / f"{name}.yaml"
    if name == _HEADERS or not path.is_file():
        known = sorted(p.stem for p in path.parent.glob("*.yaml") if p.stem != _HEADERS)
        raise LoadError(
            f"--mapping: {name!r} given, must be one of {', '.join(known) or 'none'}"
        )
    return read_model(path, Rules)


def write_rules(config: Path, name: str, rules: Rules) -> Path:
    """Save a mapping under a name; an existing one is left.

    Raises
    ------
    LoadError : the name will not do, or is taken
    """
    if not _NAME.match(name) or name == _HEADERS:
        raise LoadError(f"--save-mapping: {name!r} given, must be like street_survey")
    path = config / "mappings" / f"{name}.yaml"
    if path.exists():
        raise LoadError(f"--save-mapping: {path} 已存在 exists already")
    path.parent.mkdir(parents=True, exist_ok=True)
    told = rules.model_dump(exclude_defaults=True, mode="json")
    text = yaml.safe_dump(told, allow_unicode=True, sort_keys=False)
    path.write_text(text, encoding="utf-8")
    return path


def apply_rule(
    name: str, rule: Rule, cells: NDArray[Any], reasons: Reasons
) -> NDArray[Any]:
    """Cells of a column changed as its rule says.

    Parameters
    ----------
    cells : (n,) raw values
    reasons : rows whose cell will not do get one here, unless it is left empty
    """
    text = as_text(cells)
    told = pd.unique(text[~pd.isna(text)])
    found = {cell: _change(str(cell), rule) for cell in told}
    if rule.unreadable == "refuse":
        for why in sorted({why for _, why in found.values() if why}):
            bad = [cell is not None and found[cell][1] == why for cell in text]
            reasons.refuse(bad, why, name=name, cells=text)
    values = [None if cell is None else found[cell][0] for cell in text]
    return np.array(values, dtype=object)


def _change(cell: str, rule: Rule) -> tuple[str | None, str]:
    """One cell's value, or None and the reason."""
    value = cell.removeprefix(rule.strip_prefix).strip()
    if rule.table:
        rows: Mapping[str, Mapping[str, str]] = load_codes(rule.table.name)
        row = rows.get(value) or next(
            (r for r in rows.values() if value in (r["title_zh"], r["title_en"])), None
        )
        if row is None:
            return None, f"不在码表 is no code of {rule.table.name}"
        value = row[rule.table.column]
    if rule.values and value not in rule.values and rule.unreadable == "empty":
        return None, ""
    value = rule.values.get(value, value)
    if value == "":
        return None, ""
    if rule.read == "device_id":
        return read_device_id(value)
    if rule.read == "day_number":
        day = read_day_number(value)
        return (day, "") if day else (None, "不是日序数 is no day number such as 42185")
    if rule.read == "bearing":
        degrees, why = read_bearing(value)
        return (None, why) if degrees is None else (f"{degrees:g}", "")
    if rule.units or rule.factor:
        return _quantity(value, rule)
    return value, ""


def _quantity(value: str, rule: Rule) -> tuple[str | None, str]:
    """A number with its unit in the column's own unit."""
    match = _QUANTITY.match(value)
    units = rule.units or {"": 1.0}
    unit = match[2].strip().lower() if match else ""
    if not match or unit not in units:
        known = ", ".join(u or "(no unit)" for u in units)
        return None, f"不是数字或单位 is no number with a unit of {known}"
    digits = match[1]
    # 1,5 is one and a half; 1,500 and 1,500.0 are thousands
    if re.fullmatch(r"[-+]?\d+,\d{1,2}", digits):
        digits = digits.replace(",", ".")
    try:
        number = float(digits.replace(",", ""))
    except ValueError:
        return None, "不是数字 is not a number"
    return repr(number * units[unit] * (rule.factor or 1.0)), ""
