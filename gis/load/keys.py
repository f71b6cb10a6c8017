"""Codes for rows without one: a hash of source and place.

The place is the geometry as it is stored, on its millimetres, so that the same rows
get the same codes from another file, format or datum of the same source. Where several
rows of a file stand at one place, or a row has none, what the row says is hashed too:
its code then changes with its contents, which is said in the report.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gis.load.source import Source
from gis.load.values import as_text

BY_PLACE = "来源 + 位置 source and place"
BY_CONTENT = (
    "来源 + 位置 + 内容（同处多行） source, place and contents (several rows there)"
)
WITHOUT_PLACE = "来源 + 内容（无位置） source and contents (no place)"
_LONGEST_STEM = 40


class Places:
    """Places of a whole file at which more than one row stands.

    Parameters
    ----------
    source : the file, read through once more when the first row without a code comes
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._crowded: NDArray[np.uint64] | None = None

    def are_crowded(self, part: Source) -> NDArray[np.bool_]:
        """(n,) whether a row of a part of the file shares its place with another."""
        if part.geometry is None:
            return np.zeros(len(part), dtype=bool)
        if self._crowded is None:
            hashes = [_hashes(one) for one in self._source.parts()]
            unique, counts = np.unique(np.concatenate(hashes), return_counts=True)
            self._crowded = unique[counts > 1]
        return np.asarray(np.isin(_hashes(part), self._crowded), dtype=bool)


def _hashes(source: Source) -> NDArray[np.uint64]:
    """(n,) hash of the place of each row as the file states it."""
    wkb = shapely.to_wkb(shapely.force_2d(source.geometry))
    return np.asarray(pd.util.hash_array(np.asarray(wkb, dtype=object)))


def fallback_codes(
    source: Source,
    owners: NDArray[Any],
    shapes: NDArray[Any] | None,
    crowded: NDArray[np.bool_],
    rows: NDArray[np.bool_],
) -> tuple[NDArray[np.object_], Counter[str]]:
    """Codes of some rows, and how many were made in which way.

    Parameters
    ----------
    owners : (n,) text of column `source`
    shapes : (n,) geometries in the working CRS; None for a layer without
    crowded : (n,) rows that share their place with another
    rows : (n,) those that need a code
    """
    codes = np.full(len(rows), None, dtype=object)
    ways: Counter[str] = Counter()
    at = np.flatnonzero(rows)
    wkb = np.full(len(rows), None, dtype=object)
    if shapes is not None:
        wkb[at] = shapely.to_wkb(shapely.normalize(shapes[at]))
    needed = np.array([wkb[i] is None or bool(crowded[i]) for i in at], dtype=bool)
    told = dict(zip(at[needed], _contents(source, at[needed]), strict=True))
    for i in at:
        owner, place, content = str(owners[i] or ""), wkb[i], told.get(i)
        whole = hashlib.sha256(owner.encode() + b"\0" + (place or b""))
        if content is not None:
            whole.update(b"\0" + content)
        ways[
            WITHOUT_PLACE if place is None else BY_PLACE if content is None
            else BY_CONTENT
        ] += 1  # fmt: skip
        codes[i] = f"{_stem(owner)}-{whole.hexdigest()[:16]}"
    return codes, ways


def _contents(source: Source, rows: NDArray[np.intp]) -> list[bytes]:
    """What rows say, whatever the order of the columns."""
    cells = {
        name: as_text(source.columns[name][rows]) for name in sorted(source.columns)
    }
    return [
        repr([(name, text[i]) for name, text in cells.items() if text[i]]).encode()
        for i in range(len(rows))
    ]


def _stem(owner: str) -> str:
    """How a source's codes begin: its name up to the first full stop."""
    name = owner.partition(".")[0].strip()
    return re.sub(r"\s+", "_", name)[:_LONGEST_STEM] or "row"
