"""Proof of a datum: how well the features fit the city before and after conversion."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from psycopg import sql

from gis.db.pool import Connection
from gis.load import Prepared, Source
from layers import City, transformer

_SAMPLE = 2_000
Borders = tuple[list[str], NDArray[Any]]
_DEGREES = 400.0  # no degree is larger: beyond, the file is in metres


class ProofSample:
    """Features as found and as converted, an even share of every part of a file.

    Parameters
    ----------
    total : rows of the file
    """

    def __init__(self, total: int) -> None:
        self._every = max(1, total // _SAMPLE)
        self._parts: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = []

    def add(self, source: Source, prepared: Prepared) -> None:
        """Take the share of a part; nothing of one without positions."""
        if prepared.converted is None or source.geometry is None:
            return
        rows = slice(None, None, self._every)
        self._parts.append(
            (source.geometry[rows], prepared.converted[rows], prepared.codes[rows])
        )

    def arrays(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]] | None:
        """Geometries as found, as converted, codes; None without any."""
        if not self._parts:
            return None
        before, after, codes = (
            np.concatenate(part) for part in zip(*self._parts, strict=True)
        )
        return before, after, codes


def read_borders(connection: Connection, city: City) -> Borders:
    """Codes and outlines of the city's border layer, as they are before a load."""
    rows = connection.execute(
        sql.SQL(
            "SELECT code, ST_AsBinary(geom_m) FROM {} WHERE valid_to IS NULL"
        ).format(sql.Identifier("city", city.outline))
    ).fetchall()
    shapes = shapely.from_wkb([bytes(wkb) for _, wkb in rows])
    return [str(code) for code, _ in rows], np.asarray(shapes, dtype=object)


def datum_proof(
    city: City, datum: str, sample: ProofSample, borders: Borders, *, is_zone: bool
) -> dict[str, Any]:
    """Fit of the features to the city's borders as found and as converted.

    Returns
    -------
    `declared`, `sampled`, and before/after each: `inside_share`, share of features
    that touch the border layer; for zones `overlap`, mean over the features of area of
    intersection / area of union with the border of the same code,
    else with the one they overlap most. Empty without positions or borders.
    """
    arrays = sample.arrays()
    if arrays is None:
        return {}
    codes, outlines = borders
    if not codes:
        return {"declared": datum}
    before, after, named = arrays
    names = named if is_zone else None
    project = transformer(city.stored_srid, city.working_srid)
    found = np.full(len(before), None, dtype=object)
    bounds = np.nan_to_num(shapely.bounds(before), nan=np.inf)
    degrees = np.abs(bounds).max(axis=1) <= _DEGREES
    found[degrees] = shapely.transform(
        shapely.force_2d(before[degrees]),
        lambda xy: np.column_stack(project.transform(xy[:, 0], xy[:, 1])),
    )
    proof: dict[str, Any] = {"declared": datum, "sampled": len(after)}
    for when, shapes in (("before", found), ("after", after)):
        proof |= _fit(shapes, names, outlines, codes, when)
    return proof


def _fit(
    shapes: NDArray[Any],
    names: NDArray[Any] | None,
    borders: NDArray[Any],
    codes: list[str],
    when: str,
) -> dict[str, float]:
    """Share of shapes that touch the city, and for zones their mean overlap."""
    tree = shapely.STRtree(borders)
    usable = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    if not usable.any():
        return {}
    touching = np.unique(tree.query(shapes[usable], predicate="intersects")[0])
    fit = {f"inside_share_{when}": round(len(touching) / len(shapes), 6)}
    if names is not None:
        overlaps = []
        for shape, name in zip(
            shapely.make_valid(shapes[usable]), names[usable], strict=True
        ):
            own = [codes.index(name)] if name in codes else tree.query(shape)
            shared = shapely.area(shapely.intersection(borders[own], shape))
            whole = shapely.area(borders[own]) + shape.area - shared
            overlaps.append(float((shared / whole).max()) if len(own) else 0.0)
        fit[f"overlap_{when}"] = round(float(np.mean(overlaps)), 6)
    return fit
