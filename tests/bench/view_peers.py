"""The same question asked of others: shapely, numpy, PostGIS, pysovist, GDAL."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
import venv
from pathlib import Path

import numpy as np
import psycopg
import rasterio
import shapely
from rasterio.features import rasterize
from rasterio.transform import from_origin

from processes.kernels.arrays import FloatArray, GeometryArray
from processes.kernels.visibility import Cameras, build_index
from processes.kernels.visibility.rays import high_point_views
from tests.bench.view_scene import EAST, NORTH, PITCH_M, houses
from tests.kernels.visibility.oracle import sector, seen_by_geos, seen_over_roofs

PYSOVIST = "pysovist==0.3.0"
WALL_M = 100.0
_SQL = """
WITH eye AS (SELECT ST_SetSRID(ST_MakePoint(%(x)s, %(y)s), 0) AS p),
near AS (
    SELECT (ST_DumpSegments(ST_Boundary(b.geom))).geom AS s FROM bench_building b, eye
    WHERE b.geom && ST_Expand(eye.p, %(r)s) AND ST_DWithin(b.geom, eye.p, %(r)s)
),
ends AS (
    SELECT ST_X(ST_StartPoint(s)) - %(x)s AS ax, ST_Y(ST_StartPoint(s)) - %(y)s AS ay,
           ST_X(ST_EndPoint(s)) - %(x)s AS bx, ST_Y(ST_EndPoint(s)) - %(y)s AS by
    FROM near
),
long AS (
    SELECT *, %(k)s / greatest(sqrt(ax*ax + ay*ay), 1e-9) AS ka,
           %(k)s / greatest(sqrt(bx*bx + by*by), 1e-9) AS kb
    FROM ends WHERE abs(ax*by - ay*bx) > 1e-9
),
shadow AS (
    SELECT ST_MakePolygon(ST_MakeLine(ARRAY[
        ST_MakePoint(ax, ay), ST_MakePoint(ax*ka, ay*ka),
        ST_MakePoint(ax*ka + bx*kb, ay*ka + by*kb), ST_MakePoint(bx*kb, by*kb),
        ST_MakePoint(bx, by), ST_MakePoint(ax, ay)])) AS g
    FROM long
)
SELECT ST_Area(coalesce(ST_Difference(%(sector)s::geometry, ST_Union(g)),
                        %(sector)s::geometry)) FROM shadow
"""


class Town:
    """Buildings with a tree, cameras of one level."""

    def __init__(
        self, buildings: GeometryArray, posts: Cameras, far_m: FloatArray
    ) -> None:
        self.buildings, self.posts, self.far_m = buildings, posts, far_m
        self.tree = shapely.STRtree(buildings)

    def around(self, i: int) -> GeometryArray:
        """Buildings within the range of a camera."""
        at = shapely.Point(self.posts.x[i], self.posts.y[i])
        found = self.tree.query(at, predicate="dwithin", distance=self.far_m[i])
        near: GeometryArray = self.buildings[np.sort(found)]
        return near

    def edges(self, i: int) -> FloatArray:
        """(m, 2, 2) walls within the range, relative to the camera."""
        rings = shapely.get_rings(self.around(i))
        point, ring = shapely.get_coordinates(rings, return_index=True)
        same = ring[1:] == ring[:-1]
        pairs = np.stack([point[:-1], point[1:]], axis=1)[same]
        walls: FloatArray = pairs - (self.posts.x[i], self.posts.y[i])
        return walls


def by_oracle(town: Town, count: int) -> FloatArray:
    """GEOS, one difference per shadow: the yardstick of agreement."""
    p = town.posts
    return np.array(
        [
            seen_by_geos(
                town.around(i), p.x[i], p.y[i], p.azimuth_deg[i], p.hfov_deg[i], 0.0,
                town.far_m[i],
            ).area
            for i in range(count)
        ]
    )  # fmt: skip


def by_shapely(town: Town, count: int) -> FloatArray:
    """All shadows of a camera at once, united, taken off its sector."""
    p, area = town.posts, np.empty(count)
    for i in range(count):
        far = town.far_m[i]
        whole = sector(p.azimuth_deg[i], p.hfov_deg[i], 0.0, far, chords=400)
        walls = town.edges(i)
        if len(walls) == 0:
            area[i] = whole.area
            continue
        a, b = walls[:, 0], walls[:, 1]
        wide = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) > 1e-9
        a, b = a[wide], b[wide]
        near = np.hypot(*a.T), np.hypot(*b.T)
        u, v = a / near[0][:, None], b / near[1][:, None]
        middle = (u + v) / np.hypot(*(u + v).T)[:, None]
        reach = 1.01 * np.maximum(far, np.maximum(*near))
        reach = (reach / np.maximum(np.sum(middle * u, axis=1), 1e-6))[:, None]
        ring = np.stack([a, u * reach, 1.5 * middle * reach, v * reach, b], axis=1)
        area[i] = whole.difference(shapely.union_all(shapely.polygons(ring))).area
    return area


def by_numpy(town: Town, count: int) -> FloatArray:
    """The sweep of the kernel as array arithmetic, for walls that do not cross."""
    p, area = town.posts, np.empty(count)
    for i in range(count):
        area[i] = _swept(
            town.edges(i), p.azimuth_deg[i], p.hfov_deg[i], float(town.far_m[i])
        )
    return area


def _swept(walls: FloatArray, azimuth: float, hfov: float, far: float) -> float:
    """Area of one view."""
    half = np.pi if hfov >= 360 else np.radians(hfov) / 2
    axis = np.radians(90 - azimuth)
    a, b = walls[:, 0], walls[:, 1]
    cross = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    front = cross < -1e-9
    a, b, cross = a[front], b[front], cross[front]
    dual = np.column_stack([b[:, 1] - a[:, 1], a[:, 0] - b[:, 0]]) / cross[:, None]
    start = np.angle(np.exp(1j * (np.arctan2(b[:, 1], b[:, 0]) - axis)))
    wide = np.mod(np.arctan2(a[:, 1], a[:, 0]) - axis - start, 2 * np.pi)
    away = 1.0 / np.hypot(*dual.T)
    foot = np.arctan2(dual[:, 1], dual[:, 0]) - axis
    open_ = np.arccos(np.minimum(away / far, 1.0))
    cut = [start, start + wide, foot - open_, foot + open_]
    turn = np.angle(np.exp(1j * np.concatenate([*cut, [0.0]])))
    turn = np.unique(np.clip(np.concatenate([turn, [-half, half]]), -half, half))
    lo, hi = turn[:-1], turn[1:]
    middle = (lo + hi) / 2
    d = np.column_stack([np.cos(middle + axis), np.sin(middle + axis)])
    inverse = d @ dual.T
    inverse[np.mod(middle[:, None] - start, 2 * np.pi) > wide] = 0.0
    arc = far * far / 2 * (hi - lo)
    if inverse.shape[1] == 0:
        return float(arc.sum())
    j = np.argmax(inverse, axis=1)
    near = inverse[np.arange(len(j)), j] > 1.0 / far
    c, f = away[j], foot[j]
    wall = c * c / 2 * (np.tan(hi - f) - np.tan(lo - f))
    return float(np.sum(np.where(near, wall, arc)))


def fill_postgis(dsn: str, buildings: GeometryArray) -> None:
    """Buildings in an indexed table."""
    with psycopg.connect(dsn) as db:
        db.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        db.execute("DROP TABLE IF EXISTS bench_building")
        db.execute("CREATE TABLE bench_building (geom geometry)")
        with db.cursor().copy("COPY bench_building FROM STDIN") as copy:
            for text in shapely.to_wkb(buildings, hex=True):
                copy.write_row((text,))
        db.execute("CREATE INDEX ON bench_building USING gist (geom)")
        db.execute("ANALYZE bench_building")


def by_postgis(dsn: str, town: Town, count: int) -> FloatArray:
    """One statement per camera: shadows of its walls, united, taken off."""
    p, area = town.posts, np.empty(count)
    with psycopg.connect(dsn) as db:
        for i in range(count):
            whole = sector(
                p.azimuth_deg[i], p.hfov_deg[i], 0.0, town.far_m[i], chords=400
            )
            row = db.execute(
                _SQL,
                {
                    "x": float(p.x[i]), "y": float(p.y[i]), "r": float(town.far_m[i]),
                    "k": 40.0 * float(town.far_m[i]), "sector": whole.wkb_hex,
                },
            ).fetchone()  # fmt: skip
            area[i] = np.nan if row is None else row[0]
    return area


def by_gdal(town: Town, count: int, pixel_m: float) -> tuple[FloatArray, float]:
    """gdal_viewshed over a raster of walls, one process per camera; areas, seconds.

    The seconds are those of the program; drawing the raster is not counted.
    """
    p, area, seconds = town.posts, np.empty(count), 0.0
    with tempfile.TemporaryDirectory() as folder:
        surface, view = Path(folder) / "dsm.tif", Path(folder) / "view.tif"
        for i in range(count):
            far = float(town.far_m[i])
            side = int(np.ceil(2 * far / pixel_m)) + 5
            west, north = p.x[i] - side / 2 * pixel_m, p.y[i] + side / 2 * pixel_m
            grid = from_origin(west, north, pixel_m, pixel_m)
            walls = [(shape, WALL_M) for shape in town.around(i)]
            raster = np.zeros((side, side), np.float32)
            if walls:
                raster = rasterize(walls, (side, side), transform=grid, dtype="float32")
            with rasterio.open(
                surface, "w", driver="GTiff", width=side, height=side, count=1,
                dtype="float32", transform=grid, crs="EPSG:4549",
            ) as out:  # fmt: skip
                out.write(raster, 1)
            begun = time.perf_counter()
            subprocess.run(
                ["gdal_viewshed", "-q", "-oz", "4", "-tz", "0", "-md", str(far),
                 "-cc", "0", "-ox", repr(float(p.x[i])), "-oy", repr(float(p.y[i])),
                 str(surface), str(view)],
                check=True, capture_output=True,
            )  # fmt: skip
            seconds += time.perf_counter() - begun
            with rasterio.open(view) as found:
                row, column = np.nonzero(found.read(1) > 0)
                x, y = rasterio.transform.xy(found.transform, row, column)
            x, y = np.asarray(x), np.asarray(y)
            ground = (
                ((north - y) / pixel_m).astype(int),
                ((x - west) / pixel_m).astype(int),
            )
            open_ = raster[ground] == 0
            x, y = x[open_], y[open_]
            dx, dy = x - p.x[i], y - p.y[i]
            off = np.angle(
                np.exp(1j * (np.arctan2(dx, dy) - np.radians(p.azimuth_deg[i])))
            )
            inside = (np.abs(off) <= np.radians(p.hfov_deg[i]) / 2) & (
                np.hypot(dx, dy) <= far
            )
            area[i] = np.count_nonzero(inside) * pixel_m**2
    return area, seconds


def by_pysovist(town: Town, count: int) -> tuple[FloatArray, float]:
    """pysovist in an environment of its own; areas, seconds of its calls alone."""
    p = town.posts
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        subprocess.run(
            [python, "-m", "pip", "install", "-q", PYSOVIST], check=True,
            capture_output=True,
        )  # fmt: skip
        walls = [town.edges(i).tolist() for i in range(count)]
        asked = {
            "walls": walls, "far": town.far_m[:count].tolist(),
            "fov": np.radians(np.minimum(p.hfov_deg[:count], 360)).tolist(),
            "axis": np.radians(90 - p.azimuth_deg[:count]).tolist(),
        }  # fmt: skip
        done = subprocess.run(
            [python, "-c", _PYSOVIST], input=json.dumps(asked), text=True, check=True,
            capture_output=True,
        )  # fmt: skip
    told = json.loads(done.stdout)
    return np.array(told["area"]), float(told["seconds"])


_PYSOVIST = """
import json, math, sys, time
import numpy as np
import pysovist
asked = json.load(sys.stdin)
area, seconds = [], 0.0
for walls, far, fov, axis in zip(*(asked[k] for k in ("walls", "far", "fov", "axis"))):
    segments = np.array(walls, float).reshape(-1, 2, 2)
    begun = time.perf_counter()
    view = pysovist.isovist(segments, (0.0, 0.0), max_distance=far,
                            fov=min(fov, math.tau),
                            direction=math.remainder(axis, math.tau))
    seconds += time.perf_counter() - begun
    area.append(view.area)
json.dump({"area": area, "seconds": seconds}, sys.stdout)
"""


def sight_lines(town: Town, views: GeometryArray, points: int, seed: int) -> int:
    """Points whose sight line and polygon disagree, of `points` near the cameras.

    Points nearer than 1 cm to the edge of a view, or outside of its arc's chords, may
    fall on either side and are not asked.
    """
    random, p = np.random.default_rng(seed), town.posts
    each, wrong = points // len(views), 0
    for i, view in enumerate(views):
        r, t = town.far_m[i] * np.sqrt(random.random(each)), random.uniform(0, 7, each)
        at = np.column_stack([p.x[i] + r * np.cos(t), p.y[i] + r * np.sin(t)])
        eye = np.broadcast_to((p.x[i], p.y[i]), at.shape)
        lines = shapely.linestrings(np.stack([eye, at], axis=1))
        met, _ = town.tree.query(lines, predicate="intersects")
        seen = np.ones(each, bool)
        seen[met] = False
        bearing = np.arctan2(at[:, 0] - p.x[i], at[:, 1] - p.y[i])
        off = np.angle(np.exp(1j * (bearing - np.radians(p.azimuth_deg[i]))))
        seen &= np.abs(off) <= np.radians(p.hfov_deg[i]) / 2
        dots = shapely.points(at)
        clear = r < town.far_m[i] * 0.998
        if view is None:
            wrong += int((seen & clear).sum())
            continue
        clear &= shapely.distance(view.boundary, dots) > 0.01
        wrong += int((clear & (seen != shapely.contains(view, dots))).sum())
    return wrong


def rays_beside_outlines(reach_m: float, seed: int) -> float:
    """Share by which a high point's area by rays of a metre is off the exact one.

    Over a town with roofs below the lens and one in forty above it; the exact area is
    a disc less the union of every footprint and shadow (GEOS).
    """
    random = np.random.default_rng(seed)
    count = int((2 * reach_m / PITCH_M + 4) ** 2)
    outlines, roofs = houses(random, count), random.uniform(3, 18, count)
    roofs[::40] = 70.0
    middle = np.ceil(np.sqrt(count)) * PITCH_M / 2
    x, y = EAST + middle + 3.3, NORTH + middle + 1.7
    camera = Cameras(*(np.array([v]) for v in (x, y, 0.0, 360.0)))
    (view,) = high_point_views(
        build_index(outlines, roofs), camera, np.array([60.0]), np.array([reach_m]),
        np.zeros(1),
    )  # fmt: skip
    exact = seen_over_roofs(outlines, roofs, x, y, 60.0, reach_m)
    return abs(view.area_m2 / exact - 1)
