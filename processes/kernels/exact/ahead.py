"""Machine code made at set-up, so that no caller waits for it."""

from __future__ import annotations

import numpy as np
import shapely

from processes.kernels.exact.city import packed_shapes
from processes.kernels.exact.decode import boxes_of
from processes.kernels.exact.exact import exact_coverage
from processes.kernels.exact.parts import finish, packed, partial, piece, strips
from processes.kernels.exact.places import covered_share_each
from processes.kernels.exact.simple import mended_bytes
from processes.kernels.exact.standing import stand
from processes.kernels.written import written_out


def warm() -> None:
    """Compile everything now.

    Notes
    -----
    A toy city with every kind of layer, a place deep enough to be skipped, an edit and
    places asked one by one: what is called here is compiled with its types.
    """
    services = shapely.box(np.zeros(3), 0.0, [900.0, 900.0, 300.0], 900.0)
    zones = shapely.box([100.0, 500.0], 100.0, [500.0, 800.0], 1200.0)
    lines = np.array([shapely.LineString([(-5.0, 150.0), (950.0, 160.0)])])
    points = np.array([shapely.Point(450.0, 450.0)])
    others = np.array([shapely.box(850.0, 850.0, 990.0, 990.0)])
    written = written_out(shapely.to_wkb(services).tolist())
    exact_coverage(packed_shapes(mended_bytes(written)[0]), zones)
    boxes_of("services", written)
    exact_coverage(services, zones, lines=lines, points=points, others=others)
    city = stand(services, zones, lines=lines, points=points, others=others)
    city.edited(np.array([1]), shapely.box([200.0], 150.0, 450.0, 460.0))
    covered_share_each(others, services)
    whole = packed(services, zones, lines=lines, points=points, others=others)
    halves = [partial(piece(whole, strip), strip) for strip in strips(whole, 2)]
    finish(whole, halves[0] + halves[-1])
