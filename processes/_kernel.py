"""Asks the exact kernel: on this machine or on many, what was asked before once.

The figures do not depend on where and how they are made: sums are whole numbers, and
those of parts of a city are added. What was measured last is kept under the versions
of all that it was measured from, so that levels of one question are measured together.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import replace
from threading import Lock

import numpy as np
import shapely

from processes._buildings import Kept
from processes._elsewhere import elsewhere
from processes._grid import keep_cells, wants_cells
from processes._progress import stages
from processes._shapes import Shapes
from processes.kernels.arrays import GeometryArray
from processes.kernels.exact import (
    Chains,
    ExactCoverage,
    NotClosed,
    exact_coverage,
    finish,
    mended,
    packed,
    packed_shapes,
)
from processes.kernels.parallel import THREADS
from processes.kernels.written import Written, geometry_of

KEPT_ANSWERS = 4
_DISJOINT_KEPT = 64
_NONE: GeometryArray = np.empty(0, dtype=object)
_DISJOINT: OrderedDict[bytes, bool] = OrderedDict()
_LOCK = Lock()
_ANSWERS: Kept[ExactCoverage] = Kept(KEPT_ANSWERS)
_PACKED: Kept[Chains] = Kept(1)


def over_zones(
    shape: Shapes,
    parts: GeometryArray,
    *,
    land: GeometryArray = _NONE,
    lines: GeometryArray = _NONE,
    depths: int,
    source: object = None,
) -> ExactCoverage:
    """What shapes cover of zones, and of land or lines in them.

    Parameters
    ----------
    shape, parts, land : as services, zones and others in `exact_coverage`
    lines : as there
    source : what the shapes are made from, equal only for equal shapes; None: unknown,
        and nothing is kept

    Raises
    ------
    OverlappingZones, NotClosed : as `exact_coverage`
    """
    zones = _digest(parts)

    def measured() -> ExactCoverage:
        return _over_zones(shape, parts, land, lines, depths, source, zones)

    if source is None or len(land) or len(lines):
        found = measured()
    else:
        key = (source, zones, depths, wants_cells())
        found = _ANSWERS.get(key, measured)
    keep_cells(found.cells)
    return found


def packed_service(shape: Shapes, source: object) -> GeometryArray | Chains:
    """Shapes in whole millimetres, those of the last source kept, or objects."""
    if source is None:
        if isinstance(shape, Written):
            return packed_shapes(shape, threads=THREADS)
        return shape
    return _PACKED.get(source, lambda: packed_shapes(shape, threads=THREADS))


def _over_zones(
    shape: Shapes,
    parts: GeometryArray,
    land: GeometryArray,
    lines: GeometryArray,
    depths: int,
    source: object,
    zones: bytes,
) -> ExactCoverage:
    """The kernel over zones, which are checked for overlaps once and remembered."""
    with _LOCK:
        known = zones in _DISJOINT

    def run(services: GeometryArray | Chains, others: GeometryArray) -> ExactCoverage:
        machines = elsewhere()
        if machines is not None:
            city = packed(
                services,
                parts,
                others=others,
                lines=lines,
                depths=depths,
                threads=THREADS,
                check_zones=not known,
            )
            return finish(city, machines(city), with_cells=wants_cells())
        return exact_coverage(
            services,
            parts,
            others=others,
            lines=lines,
            depths=depths,
            threads=THREADS,
            with_cells=wants_cells(),
            check_zones=not known,
            on_progress=stages(),
        )

    try:
        found = run(packed_service(shape, source), land)
    except NotClosed:
        services, count = mended(geometry_of(shape))
        others, more = mended(land)
        if count + more == 0:
            raise
        found = replace(run(services, others), repaired=count + more)
    with _LOCK:
        _DISJOINT[zones] = True
        _DISJOINT.move_to_end(zones)
        if len(_DISJOINT) > _DISJOINT_KEPT:
            _DISJOINT.popitem(last=False)
    return found


def _digest(shapes: GeometryArray) -> bytes:
    """Digest of all coordinates."""
    sizes = shapely.get_num_coordinates(shapes)
    text = hashlib.blake2b(shapely.get_coordinates(shapes).tobytes(), digest_size=16)
    text.update(sizes.tobytes())
    return text.digest()
