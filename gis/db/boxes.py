"""Which features meet a box, in the stored CRS, by the spatial index."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from psycopg import sql

from gis.db.cql import Condition

DEGREES_SRID = 4326  # CRS84 and WGS 84 have the numbers of the stored CGCS2000
#: Bounds that PostGIS keeps of a geometry are rounded outwards by less than this.
ROUNDED_DEGREES = 3e-5
_ENVELOPE = "ST_MakeEnvelope(%s::float8, %s::float8, %s::float8, %s::float8, {})"
_NARROW = f"ST_Intersects(geom, {_ENVELOPE})"
_WIDE = (
    f"(geom && {_ENVELOPE} AND "
    f"(geom @ {_ENVELOPE} OR ST_Intersects(geom, {_ENVELOPE})))"
)
#: No polygon: a point or a line, which meets what lies on it.
_FLAT = (
    "ST_Intersects(geom, ST_Envelope(ST_SetSRID(ST_MakeLine("
    "ST_Point(%s::float8, %s::float8), ST_Point(%s::float8, %s::float8)), {})))"
)
#: In another CRS.
_BENT = (
    f"ST_Intersects(geom, ST_Transform(ST_Segmentize({_ENVELOPE}, %s::float8), {{}}))"
)


@dataclass(frozen=True)
class Box:
    """A rectangle in a CRS, x or lon first."""

    west: float
    south: float
    east: float
    north: float
    srid: int

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        return self.west, self.south, self.east, self.north


def meeting(box: Box, stored_srid: int) -> Condition:
    """Features that meet a box; in another CRS its sides are curved lines here."""
    width, height = box.east - box.west, box.north - box.south
    if box.srid not in (stored_srid, DEGREES_SRID):
        text = _written(_BENT, box.srid, stored_srid)
        return Condition(text, (*box.corners, max(max(width, height) / 32, 1e-9)))
    if width == 0 or height == 0:
        return Condition(_written(_FLAT, stored_srid), box.corners)
    if min(width, height) <= 4 * ROUNDED_DEGREES:
        return Condition(_written(_NARROW, stored_srid), box.corners)
    # what lies well inside, by its bounds, needs no look at its vertices
    inner = (
        box.west + ROUNDED_DEGREES,
        box.south + ROUNDED_DEGREES,
        box.east - ROUNDED_DEGREES,
        box.north - ROUNDED_DEGREES,
    )
    text = _written(_WIDE, stored_srid, stored_srid, stored_srid)
    return Condition(text, (*box.corners, *inner, *box.corners))


@cache
def _written(form: str, *srids: int) -> sql.SQL:
    """A condition with its CRSs, written out once."""
    return sql.SQL(sql.SQL(form).format(*map(sql.Literal, srids)).as_string(None))
