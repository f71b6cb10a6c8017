"""Invalid polygons -> valid ones on the millimetre lattice, or a reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.load.reasons import Reasons
from gis.load.repairs import Repairs
from layers import Layer

Geometries = NDArray[np.object_]
LATTICE_M = 0.001
#: A part below this area that only the mending made is the knot of a crossing.
SLIVER_M2 = 1.0

_FAULTS = {
    "Self-intersection": "自相交",
    "Ring Self-intersection": "环自相交",
    "Too few points in geometry component": "点太少",
    "Hole lies outside shell": "洞在外环之外",
    "Nested shells": "部件套叠",
    "Nested holes": "洞套叠",
    "Interior is disconnected": "内部不连通",
    "Duplicate Rings": "环重复",
    "Invalid Coordinate": "坐标无效",
}


def mend_polygons(
    metres: Geometries,
    rows: NDArray[np.bool_],
    was_valid: NDArray[np.bool_],
    layer: Layer,
    reasons: Reasons,
    repairs: Repairs,
) -> None:
    """Make the polygons of some rows valid in place, or refuse them with the fault.

    Parameters
    ----------
    metres : (n,) coordinates are whole millimetres
    was_valid : (n,) valid before they were rounded to millimetres
    """
    for row in np.flatnonzero(rows):
        mask = np.zeros(len(metres), dtype=bool)
        mask[row] = True
        fault = fault_of(metres[row])
        if was_valid[row]:
            fault = f"取整到毫米后 once snapped to the millimetre: {fault}"
        parts, slivers = _parts(metres[row])
        whole = shapely.multipolygons(parts) if parts else None
        if whole is None or not whole.is_valid:
            reasons.refuse(mask, f"几何无效 invalid geometry: {fault}")
            continue
        if not layer.geometry.startswith("Multi"):
            if len(parts) > 1:
                reasons.refuse(
                    mask,
                    f"几何无效 invalid geometry: {fault}；修成 {len(parts)} 块，本图层"
                    f"每行只能一块 mends to {len(parts)} parts, one is allowed",
                )
                continue
            whole = parts[0]
        metres[row] = shapely.orient_polygons(whole)
        repairs.note(f"几何 geometry: {fault}", mask)
        if slivers:
            repairs.note(f"去掉碎片 slivers below {SLIVER_M2:g} m² dropped", mask)


def fault_of(shape: shapely.Geometry) -> str:
    """What is wrong with a geometry, in both languages, without the place."""
    english = shapely.is_valid_reason(shape).split("[")[0].strip()
    chinese = _FAULTS.get(english)
    return f"{chinese} {english}" if chinese else english


def _parts(shape: shapely.Geometry) -> tuple[list[Any], int]:
    """Valid parts of a polygon once mended, and how many slivers were left out."""
    mended = shapely.set_precision(shapely.make_valid(shape), LATTICE_M)
    parts = [
        part
        for part in shapely.get_parts(shapely.get_parts(mended))
        if part.geom_type == "Polygon" and part.area > 0
    ]
    own = {shapely.normalize(part).wkb for part in shapely.get_parts(shape)}
    kept = [
        part
        for part in parts
        if part.area >= SLIVER_M2 or shapely.normalize(part).wkb in own
    ]
    if not kept:
        return parts, 0
    return kept, len(parts) - len(kept)
