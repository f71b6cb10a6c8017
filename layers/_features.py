"""Features: ids, geometry, columns and CRS; the one shape in which they travel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray


class Encoded(Protocol):
    """Geometries as they were read; objects once somebody asks for them."""

    @property
    def geometry(self) -> NDArray[np.object_]:
        """(n,) the geometries, made at the first question."""
        ...

    def __len__(self) -> int:
        """How many."""
        ...

    def __getitem__(self, which: NDArray[Any], /) -> Self:
        """Some of them, by position or flag."""
        ...


class _Geometry:
    """The field `geometry`: given as objects or encoded, read as objects."""

    def __get__(self, features: Any, owner: object = None) -> NDArray[np.object_]:  # noqa: ANN401  # Features, which stands below
        if features is None:  # the field has no default
            raise AttributeError
        held = features.__dict__["geometry"]
        made: NDArray[np.object_] = (
            held if isinstance(held, np.ndarray) else held.geometry
        )
        return made

    def __set__(self, features: Any, value: NDArray[np.object_] | Encoded) -> None:  # noqa: ANN401  # likewise
        features.__dict__["geometry"] = value


@dataclass(frozen=True)
class Features:
    """n features of one layer at one version.

    Parameters
    ----------
    layer : id of the layer
    srid : EPSG code of the coordinates, x or lon first
    version : the table version that was read
    code : (n,) natural keys, text
    geometry : (n,) shapely geometries or None; may be given encoded
    columns : column name -> (n,) values; text as object with None, numbers as
        float64 with nan, flags as object with None, dates as datetime64[D]
    """

    layer: str
    srid: int
    version: int
    code: NDArray[np.object_]
    geometry: _Geometry = _Geometry()  # a descriptor, no default
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse columns of unequal length.

        Raises
        ------
        ValueError : a column or the geometry has another length than `code`
        """
        lengths = {name: len(values) for name, values in self.columns.items()}
        lengths["geometry"] = len(self.shapes)
        wrong = {name: n for name, n in lengths.items() if n != len(self.code)}
        if wrong:
            raise ValueError(f"{self.layer}: {len(self.code)} codes, but {wrong}")

    def __len__(self) -> int:
        """Number of features."""
        return len(self.code)

    @property
    def shapes(self) -> NDArray[np.object_] | Encoded:
        """The geometry as it was given."""
        given: NDArray[np.object_] | Encoded = self.__dict__["geometry"]
        return given

    def take(self, index: NDArray[Any]) -> Features:
        """The features at `index` (positions or a mask), in that order."""
        return Features(
            self.layer,
            self.srid,
            self.version,
            self.code[index],
            self.shapes[index],
            {name: values[index] for name, values in self.columns.items()},
        )
