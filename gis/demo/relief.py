"""The ground of the demo city: a plain by the lake, hills in the west."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin

from gis.demo.facts import to_working
from gis.demo.size import stream
from layers import City

CELL_M = 30.0
_LAKE = (120.1410, 30.2450)
_HALF_M = 12_000.0
_PLAIN_M = 6.0
_HILLS = 46
_SHORE_M = (1_700.0, 3_200.0)  # from the lake's middle: level ground, then hills
_SQUARE = 256


def write_relief(path: Path, city: City, seed: int) -> Path:
    """A GeoTIFF of heights around the lake, 24 km wide, in the working CRS.

    Parameters
    ----------
    path : file to write; the same seed gives the same heights

    Notes
    -----
    Rounded hills of 20 to 130 m, one on another, on bearings from south-west to
    north-west, level about the lake; decimetres.
    """
    random = stream(seed, "relief")
    east, north = to_working(np.array([_LAKE[0]]), np.array([_LAKE[1]]))[0]
    west = np.floor((east - _HALF_M) / CELL_M) * CELL_M
    top = np.ceil((north + _HALF_M) / CELL_M) * CELL_M
    side = int(2 * _HALF_M / CELL_M)
    middle = (np.arange(side) + 0.5) * CELL_M
    x, y = west + middle[None, :] - east, top - middle[:, None] - north
    height = np.full((side, side), _PLAIN_M)
    bearing = np.radians(random.uniform(200, 330, _HILLS))
    away = random.uniform(3_000, 10_500, _HILLS)
    tall, wide = random.uniform(20, 130, _HILLS), random.uniform(350, 1_100, _HILLS)
    for turn, far, top_m, spread in zip(bearing, away, tall, wide, strict=True):
        dx, dy = x - far * np.sin(turn), y - far * np.cos(turn)
        height += top_m * np.exp(-(dx**2 + dy**2) / (2 * spread**2))
    inner, outer = _SHORE_M
    rise = np.clip((np.hypot(x, y) - inner) / (outer - inner), 0.0, 1.0)
    height = _PLAIN_M + (height - _PLAIN_M) * rise**2 * (3 - 2 * rise)
    with rasterio.open(
        path, "w", driver="GTiff", width=side, height=side, count=1, dtype="float32",
        crs=f"EPSG:{city.working_srid}",
        transform=from_origin(west, top, CELL_M, CELL_M),
        nodata=-9999.0, tiled=True, blockxsize=_SQUARE, blockysize=_SQUARE,
        compress="deflate",
    ) as out:  # fmt: skip
        out.write(np.round(height, 1).astype(np.float32), 1)
        out.units = ("m",)
    return path
