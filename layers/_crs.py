"""The city's choice: extent, coordinate systems and zones; axis order by authority.

Coordinates travel x or lon first inside the product. What a client gets in a
declared CRS has the authority's order; CRS84 is always lon, lat.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field
from pyproj import CRS, Transformer

from layers._spec import Declared, Identifier, Text, Title
from layers._yaml import read_model

CONFIG = Path(__file__).resolve().parent.parent / "config"

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


def crs_uri(srid: int) -> str:
    """OGC URI of an EPSG code.

    Examples
    --------
    >>> crs_uri(4490)
    'http://www.opengis.net/def/crs/EPSG/0/4490'
    """
    return f"http://www.opengis.net/def/crs/EPSG/0/{srid}"


@cache
def is_northing_first(srid: int) -> bool:
    """Whether the authority gives latitude or northing as the first axis.

    Examples
    --------
    >>> [is_northing_first(srid) for srid in (4326, 4490, 4549, 3857)]
    [True, True, True, False]
    """
    return CRS.from_epsg(srid).axis_info[0].direction == "north"


@lru_cache(maxsize=64)
def transformer(source: int, target: int) -> Transformer:
    """Transformation between EPSG codes, x or lon first on both sides.

    Built once per pair: building one takes half a second. The object may be used
    by several threads since pyproj 3.1. Callers may name any of thousands of codes:
    the pairs that were asked last are kept.
    """
    return Transformer.from_crs(source, target, always_xy=True)


class City(Declared):
    """One city's choices, config/city.yaml."""

    id: Identifier
    title: Title
    stored_srid: int
    working_srid: int
    tile_srid: int = 3857
    served_srids: tuple[int, ...]
    extent: tuple[float, float, float, float]
    zones: tuple[Identifier, ...] = Field(min_length=1)
    outline: Identifier
    map_review_number: Annotated[
        Text | None, BeforeValidator(lambda v: None if v in ("", "null") else v)
    ] = None
    outline_tolerance_m: float = Field(default=1000, ge=0, le=50_000)
    timezone: Text = "Asia/Shanghai"
    attribution: Text

    @property
    def finest_zone(self) -> str:
        """Layer id of the finest division."""
        return self.zones[0]

    def served_uris(self) -> tuple[str, ...]:
        """URIs of every CRS that items may be asked in, CRS84 first."""
        return (CRS84, *(crs_uri(srid) for srid in self.served_srids))


@cache
def load_city(folder: Path = CONFIG) -> City:
    """The city of a configuration folder.

    Raises
    ------
    DeclarationError : naming file, key path and reason
    """
    return read_model(folder / "city.yaml", City)
