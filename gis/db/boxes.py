"""Which features meet a box, in the stored CRS, by the spatial index."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from gis.db.cql import Condition

DEGREES_SRID = 4326  # CRS84 and WGS 84 have the numbers of the stored CGCS2000
#: Bounds that PostGIS keeps of a geometry are rounded outwards by less than this.
ROUNDED_DEGREES = 3e-5
_ENVELOPE = "ST_MakeEnvelope(%s::float8, %s::float8, %s::float8, %s::float8, {})"
#: No polygon: a point or a line, which meets what lies on it.
_FLAT = (
    "ST_Envelope(ST_SetSRID(ST_MakeLine(ST_Point(%s::float8, %s::float8), "
    "ST_Point(%s::float8, %s::float8)), {}))"
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
    srid = sql.Literal(stored_srid)
    if box.srid not in (stored_srid, DEGREES_SRID):
        text = sql.SQL(
            f"ST_Intersects(geom, ST_Transform(ST_Segmentize({_ENVELOPE}, "
            "%s::float8), {}))"
        ).format(sql.Literal(box.srid), srid)
        return Condition(text, (*box.corners, max(max(width, height) / 32, 1e-9)))
    if width == 0 or height == 0:
        return Condition(
            sql.SQL(f"ST_Intersects(geom, {_FLAT})").format(srid), box.corners
        )
    if min(width, height) <= 4 * ROUNDED_DEGREES:
        return Condition(
            sql.SQL(f"ST_Intersects(geom, {_ENVELOPE})").format(srid), box.corners
        )
    # what lies well inside, by its bounds, needs no look at its vertices
    inner = (
        box.west + ROUNDED_DEGREES,
        box.south + ROUNDED_DEGREES,
        box.east - ROUNDED_DEGREES,
        box.north - ROUNDED_DEGREES,
    )
    envelope = sql.SQL(_ENVELOPE).format(srid)
    text = sql.SQL("(geom && {0} AND (geom @ {0} OR ST_Intersects(geom, {0})))").format(
        envelope
    )
    return Condition(text, (*box.corners, *inner, *box.corners))
