"""Where the demo city is built up and where its waters lie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from gis.demo.facts import District, to_working
from gis.demo.size import Size, stream

_TOWN_RADIUS_M = 620.0
_RIVER_HALF_WIDTH_M = 480.0
SOUTH_BANK, NORTH_BANK = ("330108", "330109"), ("330102", "330106", "330114")

# name, kind, lon, lat, mean radius [m]: where the lakes roughly are
_LAKES = (
    ("西湖", "lake", 120.1410, 30.2450, 1430.0),
    ("湘湖", "lake", 120.2150, 30.1440, 900.0),
    ("千岛湖", "reservoir", 118.9700, 29.5200, 8200.0),
    ("青山湖", "reservoir", 119.7800, 30.2450, 1250.0),
)


class Landscape:
    """The built-up area and the waters of the districts that are generated.

    Parameters
    ----------
    districts : the districts to build
    size : how much of the planned built-up area is wanted

    Notes
    -----
    `waters` holds (name, kind, polygon [m]); `midstream` is the line of the river
    between its banks, None where only one bank is built.
    """

    def __init__(self, districts: Sequence[District], size: Size, seed: int) -> None:
        self._random = stream(seed, "landscape")
        self.outlines = {d.code: outline(d) for d in districts}
        self.midstream: shapely.Geometry | None = None
        self.waters = self._make_waters()
        self._water = shapely.union_all([shape for _, _, shape in self.waters])
        shapely.prepare(self._water)
        self._seats = {d.code: np.array(d.seat) for d in districts}
        self._waves = {d.code: self._random.uniform(0, 2 * np.pi, 3) for d in districts}
        self._towns: dict[str, np.ndarray] = {}
        self._radius = dict.fromkeys(self._seats, 0.0)
        self._share = size.built_up_share

    def _make_waters(self) -> list[tuple[str, str, shapely.Geometry]]:
        """(name, kind, polygon) of each water inside the districts."""
        city = shapely.union_all(list(self.outlines.values()))
        shapes = []
        for name, kind, lon, lat, radius_m in _LAKES:
            centre = to_working(np.array([lon]), np.array([lat]))[0]
            shapes.append((name, kind, self._blob(centre, radius_m)))
        south = [self.outlines[c] for c in SOUTH_BANK if c in self.outlines]
        north = [self.outlines[c] for c in NORTH_BANK if c in self.outlines]
        if south and north:
            bank = shapely.intersection(
                shapely.boundary(shapely.union_all(south)),
                shapely.boundary(shapely.union_all(north)),
            )
            self.midstream = shapely.line_merge(bank)
            river = shapely.buffer(bank, _RIVER_HALF_WIDTH_M, quad_segs=4)
            shapes.append(("钱塘江", "river", river))
        waters = []
        for name, kind, shape in shapes:
            inside = shapely.intersection(shape, city, grid_size=0.001)
            if shapely.area(inside) > 0.5 * shapely.area(shape):
                waters.append((name, kind, inside))
        return waters

    def _blob(self, centre: np.ndarray, radius_m: float) -> shapely.Geometry:
        """A shore that bends around a centre."""
        turn = np.linspace(0, 2 * np.pi, 72, endpoint=False)
        phase = self._random.uniform(0, 2 * np.pi, 3)
        bend = sum(
            size * np.sin(k * turn + p)
            for k, size, p in zip((2, 3, 5), (0.14, 0.10, 0.05), phase, strict=True)
        )
        shore = radius_m * (1 + bend)
        ring = centre + np.column_stack((shore * np.cos(turn), shore * np.sin(turn)))
        return shapely.polygons(ring)

    def samples(self, district: District, count: int) -> np.ndarray:
        """(count, 2) points spread evenly over a district [m]."""
        shape = self.outlines[district.code]
        shapely.prepare(shape)
        x0, y0, x1, y1 = shapely.bounds(shape)
        random = np.random.default_rng(int(district.code))
        found = np.empty((0, 2))
        while len(found) < count:
            tried = random.uniform((x0, y0), (x1, y1), (2 * count, 2))
            inside = shapely.contains_xy(shape, tried[:, 0], tried[:, 1])
            found = np.concatenate((found, tried[inside]))
        return np.asarray(found[:count])

    def settle(self, district: District, towns: np.ndarray) -> None:
        """Grow the built-up area of a district to the size that the plan wants.

        Parameters
        ----------
        towns : (n, 2) centres of its centre towns [m], each built up around itself
        """
        code = district.code
        self._towns[code] = towns
        points = self.samples(district, 20_000)
        wanted = district.built_up_m2 * self._share
        share = wanted / float(shapely.area(self.outlines[code]))
        land = ~self.in_water(points)
        in_town = land & self._near_town(code, points)
        rest = share - in_town.mean()
        reach = np.sort(self._reach(code, points[land & ~in_town]))
        if rest > 0 and len(reach):
            index = min(round(rest * len(points)), len(reach) - 1)
            self._radius[code] = float(reach[index])

    def in_water(self, points: np.ndarray) -> np.ndarray:
        """(n,) whether points [m] lie in a lake or river."""
        return np.asarray(shapely.contains_xy(self._water, points[:, 0], points[:, 1]))

    def is_urban(self, code: str, points: np.ndarray) -> np.ndarray:
        """(n,) whether points [m] of a district lie in its built-up area."""
        near = self._reach(code, points) <= self._radius[code]
        near |= self._near_town(code, points)
        return np.asarray(near & ~self.in_water(points))

    def _reach(self, code: str, points: np.ndarray) -> np.ndarray:
        """Distance from the seat, bent so that the edge is no circle."""
        away = points - self._seats[code]
        turn = np.arctan2(away[:, 1], away[:, 0])
        p = self._waves[code]
        bend = 0.22 * np.sin(2 * turn + p[0]) + 0.12 * np.sin(3 * turn + p[1])
        bend += 0.06 * np.sin(7 * turn + p[2])
        return np.asarray(np.hypot(away[:, 0], away[:, 1]) * (1 + bend))

    def _near_town(self, code: str, points: np.ndarray) -> np.ndarray:
        near = np.zeros(len(points), dtype=bool)
        for town in self._towns.get(code, ()):
            away = points - town
            near |= np.hypot(away[:, 0], away[:, 1]) <= _TOWN_RADIUS_M
        return np.asarray(near)

    def density(self, district: District, points: np.ndarray) -> np.ndarray:
        """(n,) how closely communities lie at points [m], 1 in the centre."""
        radius = np.sqrt(district.built_up_m2 / np.pi)
        away = np.hypot(*(points - self._seats[district.code]).T) / radius
        return np.asarray(1 / (1 + away**3) + 0.02)


def outline(district: District) -> shapely.Geometry:
    """The border of a district in metres."""
    rings = [np.array(ring) / 1000 for ring in district.rings]
    return shapely.multipolygons(shapely.polygons(rings))
