"""What a load checks against: the city's outline and the codes there are."""

from __future__ import annotations

import shapely
from psycopg import sql

from gis.db.pool import Connection
from layers import City, transformer


def read_outline(
    connection: Connection, city: City, layer: str
) -> shapely.Geometry | None:
    """Outline of the city in the working CRS, grown by the city's tolerance.

    The union of the outline layer; before it is loaded, and for that layer itself,
    the box that the configuration gives.
    """
    outline = None
    if layer != city.outline:
        row = connection.execute(
            sql.SQL(
                "SELECT ST_AsBinary(ST_Union(geom_m)) FROM {} WHERE valid_to IS NULL"
            ).format(sql.Identifier("city", city.outline))
        ).fetchone()
        outline = shapely.from_wkb(row[0]) if row and row[0] else None
    if outline is None:
        project = transformer(city.stored_srid, city.working_srid)
        box = shapely.segmentize(shapely.box(*city.extent), 0.05)
        outline = shapely.transform(
            box,
            lambda xy: shapely.get_coordinates(
                shapely.points(*project.transform(xy[:, 0], xy[:, 1]))
            ),
        )
    return shapely.buffer(outline, city.outline_tolerance_m)


def read_known_codes(connection: Connection, layer: str) -> set[str]:
    """Every code of a layer, of whatever date."""
    rows = connection.execute(
        sql.SQL("SELECT DISTINCT code FROM {}").format(sql.Identifier("city", layer))
    )
    return {str(code) for (code,) in rows}


def read_positions(connection: Connection, layer: str) -> dict[str, shapely.Geometry]:
    """Code -> where its current version stands, in the stored CRS."""
    rows = connection.execute(
        sql.SQL(
            "SELECT code, ST_AsBinary(geom) FROM {} "
            "WHERE valid_to IS NULL AND geom IS NOT NULL"
        ).format(sql.Identifier("city", layer))
    )
    return {str(code): shapely.from_wkb(bytes(wkb)) for code, wkb in rows}
