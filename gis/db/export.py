"""A layer as it stands -> a frame that the loader takes back without a change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import geopandas
import numpy as np
import pandas as pd
import shapely
from psycopg import sql

from gis.db.pool import Database
from layers import Layer

_BATCH = 20_000


def read_layer(
    database: Database,
    layer: Layer,
    *,
    at: date | None,
    codes: Sequence[str] | None = None,
) -> pd.DataFrame | geopandas.GeoDataFrame:
    """Versions of a layer: every column of its own, positions in the stored CRS.

    Parameters
    ----------
    at : the day on which versions are valid; None gives every version
    codes : only these

    Returns
    -------
    A GeoDataFrame, or a DataFrame for a layer without geometry; text and dates as
    text, numbers as numbers, in the order of code and date
    """
    names = list(layer.all_columns)
    shown: list[sql.Composable] = [sql.Identifier(name) for name in names]
    if layer.geometry != "none":
        shown.append(sql.SQL("ST_AsBinary(geom)"))
    where: sql.Composed = sql.Composed([sql.SQL("TRUE")])
    if at is not None:
        where = sql.SQL(
            "valid_from <= {0} AND (valid_to IS NULL OR valid_to > {0})"
        ).format(sql.Literal(at))
    if codes is not None:
        where += sql.SQL(" AND code = ANY({})").format(sql.Literal(list(codes)))
    query = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY code, valid_from").format(
        sql.SQL(", ").join(shown), sql.Identifier("city", layer.id), where
    )
    parts = list(_parts(database, query, [*names, "geom"][: len(shown)]))
    frame = pd.concat(parts, ignore_index=True)
    for name, column in layer.all_columns.items():
        if column.type in ("date", "datetime"):
            told = [None if v is None else v.isoformat() for v in frame[name]]
            frame[name] = pd.Series(told, dtype=object)
        elif column.type == "integer":
            frame[name] = frame[name].astype("Int64")
        elif column.type == "number":
            frame[name] = frame[name].astype(np.float64)
    if layer.geometry == "none":
        return frame
    shapes = shapely.from_wkb(frame.pop("geom").to_numpy())
    return geopandas.GeoDataFrame(frame, geometry=shapes, crs=layer.srid)


def _parts(
    database: Database, query: sql.Composed, names: list[str]
) -> Iterator[pd.DataFrame]:
    """Rows in batches, at least one batch though it may be empty."""
    with (
        database.owner() as connection,
        connection.cursor(name="export", binary=True) as cursor,
    ):
        cursor.execute(query)
        yield pd.DataFrame([], columns=names, dtype=object)
        while rows := cursor.fetchmany(_BATCH):
            yield pd.DataFrame(rows, columns=names, dtype=object)
