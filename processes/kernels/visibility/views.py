"""What cameras see behind buildings: areas and polygons of every level.

`visible_areas` measures, `camera_views` also draws. A building hides everything behind
it, whatever its height; `processes.kernels.visibility.heights` looks over low ones.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import shapely

from processes.kernels.arrays import FloatArray, GeometryArray, IntArray
from processes.kernels.visibility.chunk import (
    AZIMUTH,
    CAMERA_COLUMNS,
    CAMERA_X,
    CAMERA_Y,
    HFOV,
    LOWEST,
    NEAR,
    views_of,
)
from processes.kernels.visibility.ewkb import ByteArray, encoded
from processes.kernels.visibility.index import BuildingIndex
from processes.kernels.written import Written

ARC_STEP_DEG = 3.0
SAGITTA_M = 0.05
WORKING_SRID = 4549
_CHUNK = 1000
_STRIP_M = 256.0


@dataclass(frozen=True, eq=False)
class Cameras:
    """Cameras as the sweep reads them; one bearing each.

    Attributes
    ----------
    x, y : (n,) working CRS [m]
    azimuth_deg : (n,) axis, clockwise from north; nan only where hfov is 360
    hfov_deg : (n,) opening, above 0; 360 and more is the full circle
    """

    x: FloatArray
    y: FloatArray
    azimuth_deg: FloatArray
    hfov_deg: FloatArray

    def __len__(self) -> int:
        """Number of cameras."""
        return len(self.x)

    def only(self, kept: IntArray) -> Cameras:
        """These cameras, in this order."""
        return Cameras(
            self.x[kept], self.y[kept], self.azimuth_deg[kept], self.hfov_deg[kept]
        )


@dataclass(frozen=True, eq=False)
class ViewAreas:
    """What cameras see, as numbers.

    Attributes
    ----------
    state : (n, l) ViewState
    area_m2 : (n, l) exact area; 0 unless OK, nan for NO_DATA
    mount : (n,) Mount: where the sweep put the camera
    x, y : (n,) that place, working CRS [m]
    host : (n,) building left out when the mount is INDOOR, else -1
    """

    state: IntArray
    area_m2: FloatArray
    mount: IntArray
    x: FloatArray
    y: FloatArray
    host: IntArray


@dataclass(frozen=True, eq=False)
class Views(ViewAreas):
    """What cameras see, as numbers and polygons.

    Attributes
    ----------
    buffers : bytes of EWKB MultiPolygons, some hundred cameras to a buffer
    buffer : (n,) which of them holds a camera's
    start, size : (n, l) where each stands in its buffer; size 0 where nothing is seen
    """

    buffers: tuple[ByteArray, ...]
    buffer: IntArray
    start: IntArray
    size: IntArray

    def ewkb(self, camera: int, level: int) -> bytes:
        """One geometry as bytes; empty where nothing is seen."""
        first, size = int(self.start[camera, level]), int(self.size[camera, level])
        buffer = self.buffers[int(self.buffer[camera])]
        return bytes(buffer[first : first + size].tobytes())

    def written(self, level: int) -> Written:
        """(n,) the geometries of one level, as they stand in their bytes."""
        sizes = np.array([0, *map(len, self.buffers)], np.int64)
        start = np.cumsum(sizes)[self.buffer] + self.start[:, level]
        pool = np.concatenate([np.empty(0, np.uint8), *self.buffers])
        return Written(pool, start, self.size[:, level].astype(np.int64))

    def geometry(self) -> GeometryArray:
        """(n, l) shapely MultiPolygons, None where nothing is seen."""
        shapes: GeometryArray = np.full(self.size.shape, None, dtype=object)
        for camera, level in np.argwhere(self.size):
            shapes[camera, level] = self.ewkb(camera, level)
        made: GeometryArray = shapely.from_wkb(shapes)
        return made


@dataclass(frozen=True, eq=False)
class DrawnViews(ViewAreas):
    """What cameras see where GEOS had to cut; areas are exact but for its arcs.

    Attributes
    ----------
    geometry : (n, l) polygons or multipolygons, None where nothing is seen
    """

    geometry: GeometryArray


def visible_areas(
    index: BuildingIndex,
    cameras: Cameras,
    far_m: FloatArray,
    near_m: FloatArray,
    *,
    threads: int = 2,
) -> ViewAreas:
    """Area that each camera sees at each level.

    Parameters
    ----------
    index : the buildings, same CRS
    cameras : (n,)
    far_m : (n, l) ground range of each level [m], finite or nan; 0 = out of reach
    near_m : (n,) dead zone [m], 0 or more; inf = sees no ground
    threads : 1 or more; the answer is the same to the bit

    Raises
    ------
    ValueError
        An opening of 0 or less, an infinite or negative range, unequal lengths.

    Notes
    -----
    The star-shaped set of all points between near and far, inside the opening, with no
    wall before them: an angular sweep, areas in closed form (kernel A1).

    Examples
    --------
    A wall across the opening at 20 m leaves a triangle of 20 m by 40 m:

    >>> import shapely
    >>> from processes.kernels.visibility.index import build_index
    >>> index = build_index(np.array([shapely.box(-99, 20, 99, 30)]))
    >>> one = Cameras(*(np.array([v]) for v in (0.0, 0.0, 0.0, 90.0)))
    >>> seen = visible_areas(index, one, np.array([[100.0]]), np.zeros(1))
    >>> round(float(seen.area_m2[0, 0]), 9)
    400.0
    """
    views = _swept(index, cameras, far_m, near_m, None, threads)
    return ViewAreas(
        views.state, views.area_m2, views.mount, views.x, views.y, views.host
    )


def camera_views(
    index: BuildingIndex,
    cameras: Cameras,
    far_m: FloatArray,
    near_m: FloatArray,
    *,
    srid: int = WORKING_SRID,
    arc_step_deg: float = ARC_STEP_DEG,
    sagitta_m: float = SAGITTA_M,
    threads: int = 2,
) -> Views:
    """Area and polygon that each camera sees at each level.

    Parameters
    ----------
    index, cameras, far_m, near_m, threads : as for `visible_areas`
    srid : written into the geometries, above 0
    arc_step_deg : greatest angle of a chord, above 0 and at most 45
    sagitta_m : greatest distance of a chord from its arc, above 0

    Notes
    -----
    The number is the area of the true figure; the polygon's arcs have their vertices on
    the circle, so that its area is below by at most step^2 / 6 of the arc's part
    (3 degrees: 4.6e-4).
    """
    if not 0.0 < arc_step_deg <= 45.0:
        raise ValueError(f"arc_step_deg: {arc_step_deg} given, must be in (0, 45]")
    if not sagitta_m > 0.0:
        raise ValueError(f"sagitta_m: {sagitta_m} given, must be above 0")
    if not srid > 0:
        raise ValueError(f"srid: {srid} given, must be above 0")
    arcs = (float(np.radians(arc_step_deg)), float(sagitta_m), int(srid))
    return _swept(index, cameras, far_m, near_m, arcs, threads)


def swept_over(
    index: BuildingIndex,
    cameras: Cameras,
    far_m: FloatArray,
    near_m: FloatArray,
    lowest_m: FloatArray,
    *,
    srid: int = WORKING_SRID,
    threads: int = 2,
) -> Views:
    """`camera_views` to which buildings with a roof below `lowest_m` hide nothing.

    Parameters
    ----------
    lowest_m : (n,) [m]; -inf for all buildings
    """
    arcs = (float(np.radians(ARC_STEP_DEG)), SAGITTA_M, srid)
    return _swept(index, cameras, far_m, near_m, arcs, threads, lowest_m)


def _swept(
    index: BuildingIndex,
    cameras: Cameras,
    far_m: FloatArray,
    near_m: FloatArray,
    arcs: tuple[float, float, int] | None,
    threads: int,
    lowest_m: FloatArray | None = None,
) -> Views:
    """Views in chunks of neighbouring cameras; rings only if arcs are given."""
    camera, far = _checked(cameras, far_m, near_m, lowest_m)
    n, levels = far.shape
    step, sagitta, srid = arcs or (float(np.radians(ARC_STEP_DEG)), SAGITTA_M, 1)
    order = _neighbours_together(camera)
    camera, far = camera[order], far[order]
    state, area = np.empty((n, levels), np.int64), np.empty((n, levels))
    mount, host, place = np.empty(n, np.int64), np.empty(n, np.int64), np.empty((n, 2))
    start, size = np.zeros((n, levels), np.int64), np.zeros((n, levels), np.int64)

    def work(first: int) -> ByteArray:
        part = slice(first, first + _CHUNK)
        points, ring, rings = views_of(
            index.walls, camera[part], far[part], step, sagitta, arcs is not None,
            state[part], area[part], mount[part], place[part], host[part],
        )  # fmt: skip
        rows = far[part].size
        return encoded(
            points, ring, rings, rows, srid,
            start[part].reshape(-1), size[part].reshape(-1),
        )  # fmt: skip

    firsts = range(0, n, _CHUNK)
    if threads == 1 or len(firsts) < 2:
        parts = [work(first) for first in firsts]
    else:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(work, firsts))
    back = np.empty(n, np.int64)
    back[order] = np.arange(n)
    return Views(
        state[back], area[back], mount[back], place[back, 0], place[back, 1],
        host[back], tuple(parts), back // _CHUNK, start[back], size[back],
    )  # fmt: skip


def _checked(
    cameras: Cameras,
    far_m: FloatArray,
    near_m: FloatArray,
    lowest_m: FloatArray | None,
) -> tuple[FloatArray, FloatArray]:
    """Cameras and ranges as the compiled code reads them."""
    n = len(cameras)
    camera = np.empty((n, CAMERA_COLUMNS))
    columns = (
        (CAMERA_X, "x", cameras.x),
        (CAMERA_Y, "y", cameras.y),
        (AZIMUTH, "azimuth_deg", cameras.azimuth_deg),
        (HFOV, "hfov_deg", cameras.hfov_deg),
        (NEAR, "near_m", near_m),
        (LOWEST, "lowest_m", np.full(n, -np.inf) if lowest_m is None else lowest_m),
    )
    for column, name, values in columns:
        if np.shape(values) != (n,):
            raise ValueError(f"{name}: shape {np.shape(values)}, must be ({n},)")
        camera[:, column] = values
    far = np.ascontiguousarray(far_m, dtype=np.float64)
    if far.ndim != 2 or len(far) != n:
        raise ValueError(f"far_m: shape {far.shape}, must be ({n}, levels)")
    refused = (
        ("hfov_deg", camera[:, HFOV] <= 0.0, "above 0"),
        ("near_m", camera[:, NEAR] < 0.0, "0 or more"),
        ("far_m", (np.isinf(far) | (far < 0.0)).any(axis=1), "finite, 0 or more"),
        ("x, y", np.isinf(camera[:, :2]).any(axis=1), "finite"),
    )
    for name, wrong, allowed in refused:
        if wrong.any():
            raise ValueError(f"{name} of camera {np.argmax(wrong)}: must be {allowed}")
    return camera, far


def _neighbours_together(camera: FloatArray) -> IntArray:
    """Order by strips of 256 m, up one and down the next: caches like it."""
    if len(camera) <= _CHUNK:
        return np.arange(len(camera))
    strip = np.floor(np.nan_to_num(camera[:, CAMERA_X]) / _STRIP_M)
    along = np.where(strip % 2 == 0, camera[:, CAMERA_Y], -camera[:, CAMERA_Y])
    order: IntArray = np.lexsort((along, strip)).astype(np.int64)
    return order
