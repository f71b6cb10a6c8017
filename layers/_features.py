"""Features: ids, geometry, columns and CRS; the one shape in which they travel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Features:
    """n features of one layer at one version.

    Parameters
    ----------
    layer : id of the layer
    srid : EPSG code of the coordinates, x or lon first
    version : the table version that was read
    code : (n,) natural keys, text
    geometry : (n,) shapely geometries or None
    columns : column name -> (n,) values; text as object with None, numbers as
        float64 with nan, flags as object with None, dates as datetime64[D]
    """

    layer: str
    srid: int
    version: int
    code: NDArray[np.object_]
    geometry: NDArray[np.object_]
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse columns of unequal length.

        Raises
        ------
        ValueError : a column or the geometry has another length than `code`
        """
        lengths = {name: len(values) for name, values in self.columns.items()}
        lengths["geometry"] = len(self.geometry)
        wrong = {name: n for name, n in lengths.items() if n != len(self.code)}
        if wrong:
            raise ValueError(f"{self.layer}: {len(self.code)} codes, but {wrong}")

    def __len__(self) -> int:
        """Number of features."""
        return len(self.code)

    def take(self, index: NDArray[Any]) -> Features:
        """The features at `index` (positions or a mask), in that order."""
        return Features(
            self.layer,
            self.srid,
            self.version,
            self.code[index],
            self.geometry[index],
            {name: values[index] for name, values in self.columns.items()},
        )
