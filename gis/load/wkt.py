"""WKT -> geometries: open rings are closed, arcs drawn as chords, the rest is said."""

from __future__ import annotations

import csv
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray

Masks = dict[str, NDArray[np.bool_]]

CLOSED = "闭合未闭合的环 open ring closed"
#: GDAL draws a chord per 4 degrees: it leaves the arc by at most 0.06 % of the radius.
LINEARISED = "圆弧改为折线（每 4° 一段） arc drawn as chords of 4 degrees"
UNREADABLE = "位置无法读取 the geometry cannot be read"
_CURVED = ("CIRCULARSTRING", "COMPOUNDCURVE", "CURVEPOLYGON", "MULTICURVE", "SURFACE")


def parse_wkt(texts: NDArray[Any]) -> tuple[NDArray[Any], Masks, Masks]:
    """Geometries of texts, None where a text is none.

    Returns
    -------
    (n,) geometries; what was mended in which rows; why which rows have none
    """
    told = np.array([isinstance(t, str) and bool(t.strip()) for t in texts], dtype=bool)
    curved = np.array(
        [bool(t) and any(word in texts[i].upper() for word in _CURVED)
         for i, t in enumerate(told)], dtype=bool,
    )  # fmt: skip
    shapes = np.full(len(texts), None, dtype=object)
    straight = told & ~curved
    shapes[straight] = shapely.from_wkt(texts[straight], on_invalid="ignore")
    open_ = straight & shapely.is_missing(shapes)
    if open_.any():
        shapes[open_] = shapely.from_wkt(texts[open_], on_invalid="fix")
    if curved.any():
        shapes[curved] = _chords([str(t) for t in texts[curved]])
    known = ~shapely.is_missing(shapes)
    return (
        shapes,
        {CLOSED: open_ & known, LINEARISED: curved & known},
        {UNREADABLE: told & ~known},
    )


def _chords(texts: list[str]) -> NDArray[Any]:
    """Geometries of WKT with arcs, as GDAL draws them; it reads what GEOS does not."""
    with tempfile.TemporaryDirectory(prefix="citygrid-") as folder:
        path = Path(folder) / "curves.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["row", "wkt"], *enumerate(texts)])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            found = pyogrio.read_dataframe(
                path, on_invalid="ignore", GEOM_POSSIBLE_NAMES="wkt"
            )
    shapes = np.full(len(texts), None, dtype=object)
    shapes[found["row"].astype(int).to_numpy()] = np.asarray(found.geometry.array)
    return shapes
