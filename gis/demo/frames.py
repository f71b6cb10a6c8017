"""Generated rows as a table that the ordinary loader accepts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np

from gis.demo.facts import STORED, to_stored
from layers import load_codes

BEGIN = np.datetime64("2012-01-01")
NEVER = np.datetime64("NaT", "D")


def demo_source(seed: int) -> str:
    """The source that every generated feature names."""
    return f"citygrid demo, seed {seed}"


def build_frame(
    geometry: np.ndarray | None,
    *,
    code: Sequence[str] | np.ndarray,
    seed: int,
    name: Sequence[str] | np.ndarray | None = None,
    valid_from: np.ndarray | np.datetime64 = BEGIN,
    valid_to: np.ndarray | np.datetime64 = NEVER,
    source: str | None = None,
    synthetic: bool = True,
    columns: Mapping[str, np.ndarray | Sequence[object]] | None = None,
    **more: np.ndarray | Sequence[object],
) -> gpd.GeoDataFrame:
    """A frame in EPSG:4490 with the base columns and the layer's own.

    Parameters
    ----------
    geometry : (n,) in working metres; None for a layer without geometry
    code : (n,) natural keys
    valid_from, valid_to : (n,) days or one day; NaT is open
    source : where the rows come from; by default the demo and its seed
    columns, more : (n,) each, named as in the layer file
    """
    count = len(code)
    stored = np.full(count, None) if geometry is None else to_stored(geometry)
    data = {
        "code": _objects(code),
        "name": np.full(count, None) if name is None else _objects(name),
        "valid_from": _days(valid_from, count),
        "valid_to": _days(valid_to, count),
        "source": np.full(count, source or demo_source(seed), dtype=object),
        "synthetic": np.full(count, synthetic),
    }
    for key, values in {**(columns or {}), **more}.items():
        array = np.asarray(values)
        if array.dtype.kind in "UO":
            data[key] = _objects(values)
        elif array.dtype.kind == "M":
            data[key] = array.astype("datetime64[s]")
        else:
            data[key] = array
    return gpd.GeoDataFrame(data, geometry=stored, crs=STORED)


def _objects(values: Sequence[object] | np.ndarray) -> np.ndarray:
    """Text as objects, so that a missing value stays None."""
    return np.array(values).astype(object)


def _days(values: np.ndarray | np.datetime64, count: int) -> np.ndarray:
    days = np.broadcast_to(np.asarray(values, dtype="datetime64[D]"), count)
    return days.astype("datetime64[s]")


def numbered(prefix: str, count: int, digits: int = 6) -> np.ndarray:
    """(count,) codes prefix000001, prefix000002, ..."""
    return np.array([f"{prefix}{i:0{digits}d}" for i in range(1, count + 1)])


def one_of(
    random: np.random.Generator,
    choices: Sequence[str],
    shares: Sequence[float] | np.ndarray,
    count: int,
) -> np.ndarray:
    """(count,) codes drawn with the given shares."""
    weights = np.array(shares) / np.sum(shares)
    return np.array(choices, dtype=object)[
        random.choice(len(choices), count, p=weights)
    ]


def figures(table: str, column: str, codes: np.ndarray) -> np.ndarray:
    """(n,) a standard's figure for each code; nan where its table states none."""
    rows = load_codes(table)
    text = [rows[code][column] for code in codes]
    return np.array([float(t) if t else np.nan for t in text])
