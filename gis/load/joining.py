"""Columns made of several, and rows that stand where another feature stands.

A table of observations names its station and has no coordinates: `place: station_code`
gives every row the position of the feature that its column names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gis.errors import LoadError
from gis.load.reasons import Reasons
from gis.load.rules import Rules, apply_rule
from gis.load.source import Source
from gis.load.values import as_text
from layers import Layer

DEGREES = ("wgs84", "cgcs2000")


def joined(source: Source, rules: Rules) -> Source:
    """The source with the columns that a mapping makes of several headers.

    Cells are joined by a space, those of a code by a hyphen; where one of them is
    empty the row has none.

    Raises
    ------
    LoadError : the file lacks one of the headers
    """
    columns = dict(source.columns)
    for name, headers in rules.joined.items():
        lacking = [h for h in headers if h not in columns]
        if lacking:
            raise LoadError(
                f"{source.name}: {', '.join(lacking)}: 缺列 the mapping joins these, "
                f"the file has {', '.join(source.columns)}"
            )
        texts = [as_text(columns[h]) for h in headers]
        rows = zip(*texts, strict=True)
        sign = "-" if name == "code" else " "  # a code holds no space
        told = [None if None in row else sign.join(map(str, row)) for row in rows]
        columns[name] = np.array(told, dtype=object)
    return replace(source, columns=columns) if rules.joined else source


def place_layer(layer: Layer, rules: Rules, datum: str) -> str | None:
    """The layer whose features give rows their positions; None without such a rule.

    Raises
    ------
    LoadError : the column names no other feature, or a datum is stated that theirs
        is not
    """
    if rules.place is None:
        return None
    column = layer.all_columns.get(rules.place)
    if column is None or (column.references is None and rules.place != "code"):
        raise LoadError(
            f"place: {rules.place!r} given, must be a column of {layer.id} that refers "
            "to another layer, or code for the feature itself"
        )
    if datum not in DEGREES:
        raise LoadError(
            f"--datum: {datum!r} given; positions come from the features that "
            f"{rules.place} names, which are in cgcs2000"
        )
    return column.references or layer.id


def placed(source: Source, rules: Rules, positions: Mapping[str, Any]) -> Source:
    """The source with the positions of the features that a column names.

    Parameters
    ----------
    positions : code -> geometry in stored degrees
    """
    name = str(rules.place)
    headers = [h for h, column in rules.headers.items() if column == name]
    cells = next(
        (source.columns[h] for h in [*headers, name] if h in source.columns), None
    )
    if cells is None:
        raise LoadError(
            f"{source.name}: {name}: 缺列 no column says whose position a row has"
        )
    if name in rules.columns:
        cells = apply_rule(name, rules.columns[name], cells, Reasons(len(source)))
    codes = as_text(cells)
    shapes: NDArray[Any] = np.full(len(codes), None, dtype=object)
    for row, code in enumerate(codes):
        shapes[row] = positions.get(str(code))
    unknown = np.array([one is None for one in shapes], dtype=bool) & ~pd.isna(codes)
    why = f"{name}: 没有这个编码，不知位置 no feature of this code to stand at"
    return replace(
        source, geometry=shapes, has_position_columns=True, faults={why: unknown}
    )
