"""What of public places must be imaged, and when cameras were out of service."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from gis.demo.frames import build_frame, numbered
from gis.demo.ground import Ground
from gis.demo.places import Places

# half the side of the square that stands for a part
_ENTRANCE_M, _MIDDLE_M = 3.0, 5.0
_GATES = (0.0, 0.5)
_OUT_OF_SERVICE = ("offline", "fault")
_BEGIN, _END = np.datetime64("2025-12-24T00", "m"), np.datetime64("2025-12-31T00", "m")
_PASSING = 0.04


def place_parts(ground: Ground, found: Places) -> gpd.GeoDataFrame:
    """The layer place_part: two gates on the rim of each place, and its middle."""
    count = len(found.code)
    rim = shapely.get_exterior_ring(found.shape)
    gates = [shapely.line_interpolate_point(rim, at, normalized=True) for at in _GATES]
    middle = shapely.point_on_surface(found.shape)
    shape = [_square(points, _ENTRANCE_M) for points in gates]
    shape.append(_square(middle, _MIDDLE_M))
    kinds = ("entrance", "entrance", "gathering")
    needs = ("recognise", "recognise", "observe")
    names = ("一号口", "二号口", "中心")
    order = np.arange(3 * count).reshape(3, count).T.ravel()
    return build_frame(
        np.concatenate(shape)[order],
        code=np.array([f"{c}-{k + 1}" for c in found.code for k in range(3)]),
        name=np.array([f"{n}{part}" for n in found.name for part in names]),
        seed=ground.seed,
        place_code=np.repeat(found.code, 3),
        kind=np.tile(np.array(kinds, dtype=object), count),
        purpose=np.tile(np.array(needs, dtype=object), count),
    )


def camera_outages(ground: Ground, cameras: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The layer camera_outage: what is out of service now, and short ones of a week."""
    random = ground.stream("camera outages")
    state = cameras["state"].to_numpy()
    out = np.isin(state, _OUT_OF_SERVICE)
    short = (state == "online") & (random.random(len(cameras)) < _PASSING)
    which = np.flatnonzero(out | short)
    span = int((_END - _BEGIN).astype(int))
    began = _BEGIN + random.integers(0, span, len(which)).astype("timedelta64[m]")
    lasts = (15 + random.exponential(240, len(which))).astype("timedelta64[m]")
    ended = np.where(out[which], np.datetime64("NaT", "m"), began + lasts)
    return build_frame(
        None,
        code=numbered("CO", len(which)),
        seed=ground.seed,
        camera_code=cameras["code"].to_numpy()[which],
        state=np.where(out[which], state[which], "offline"),
        began_at=began,
        ended_at=ended,
    )


def _square(points: np.ndarray, half_m: float) -> np.ndarray:
    """Squares around points, on the millimetre lattice."""
    x, y = shapely.get_x(points), shapely.get_y(points)
    box = shapely.box(x - half_m, y - half_m, x + half_m, y + half_m)
    return np.asarray(shapely.set_precision(box, 0.001))
