"""Stored degrees back on the millimetre lattice, as the loader brings them there."""

from __future__ import annotations

import numpy as np
import shapely

from gis.demo.facts import to_working


def metres(geometry: np.ndarray) -> np.ndarray:
    """Geometries in working metres, every coordinate a whole millimetre."""
    return shapely.transform(
        np.asarray(geometry), lambda c: np.round(to_working(c[:, 0], c[:, 1]), 3)
    )


def doubled_area(polygon: shapely.Geometry) -> int:
    """Twice the area in mm2, exactly."""
    total = 0
    for part in shapely.get_parts(polygon):
        rings = [part.exterior, *part.interiors]
        for ring in rings:
            xy = np.rint(shapely.get_coordinates(ring) * 1000).astype(np.int64)
            xy -= xy[0]
            x, y = xy[:, 0], xy[:, 1]
            ring_area = int((x[:-1] * y[1:] - x[1:] * y[:-1]).sum())
            total += abs(ring_area) if ring is rings[0] else -abs(ring_area)
    return total
