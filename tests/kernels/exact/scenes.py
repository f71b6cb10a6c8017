"""Shapes to measure: a lattice full of coincidences, and a town of cameras."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import strategies as st

SIDE = 8


def array(shapes: list[shapely.Geometry]) -> np.ndarray:
    """Geometries as an array, also when there are none."""
    out = np.empty(len(shapes), dtype=object)
    out[:] = shapes
    return out


@st.composite
def polygons(draw: st.DrawFn) -> shapely.Geometry:
    """A valid (multi)polygon on the lattice: box, frame, fan, corner pair, sliver."""
    number = st.integers(0, SIDE)
    kind = draw(st.sampled_from(["box", "frame", "ring", "pair", "sliver"]))
    x, y = draw(number), draw(number)
    w, h = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    box = shapely.box(x, y, x + w, y + h)
    if kind == "frame":
        outer = shapely.box(x, y, x + w + 2, y + h + 2)
        corner = draw(st.booleans())
        hole = (
            shapely.Polygon([(x, y), (x + 2, y + 1), (x + 1, y + 2)])
            if corner
            else shapely.box(x + 1, y + 1, x + 1 + w, y + 1 + h)
        )
        return shapely.Polygon(outer.exterior.coords, [hole.exterior.coords])
    if kind == "ring":
        points = draw(st.lists(st.tuples(number, number), min_size=3, max_size=6))
        ring = shapely.Polygon(points) if len(set(points)) > 2 else box
        return ring if ring.is_valid and ring.area > 0 else box
    if kind == "pair":
        touching = shapely.box(x + w, y + h, x + w + 2, y + h + 1)
        return shapely.MultiPolygon([box, touching])
    if kind == "sliver":
        return shapely.Polygon([(x, y), (x + 4, y + 1), (x + 8, y + 2), (x + 4, y + 2)])
    return box


@st.composite
def walks(draw: st.DrawFn) -> shapely.Geometry:
    """A line from corner to corner of the lattice, often along what lies there."""
    number = st.integers(-1, SIDE + 5)
    x, y = draw(number), draw(number)
    corner = [(x, y)]
    for _ in range(draw(st.integers(1, 4))):
        if draw(st.booleans()):
            x = draw(number)
        if draw(st.booleans()) or (x, y) == corner[-1]:
            y = draw(number)
        if (x, y) != corner[-1]:
            corner.append((x, y))
    return shapely.LineString(corner if len(corner) > 1 else [(x, y), (x + 3, y)])


@st.composite
def partitions(draw: st.DrawFn) -> list[shapely.Geometry]:
    """Zones: triangles of the lattice, joined at random; some ground in none."""
    step = 4
    triangles = []
    for x in range(0, SIDE + 1, step):
        for y in range(0, SIDE + 1, step):
            a, b, c, d = (x, y), (x + step, y), (x + step, y + step), (x, y + step)
            middle = (x + 1, y + 2)
            triangles += [
                shapely.Polygon([*side, middle])
                for side in ((a, b), (b, c), (c, d), (d, a))
            ]
    label = draw(
        st.lists(st.integers(-1, 3), min_size=len(triangles), max_size=len(triangles))
    )
    zones = []
    for z in range(4):
        mine = [t for t, of in zip(triangles, label, strict=True) if of == z]
        if mine:
            zones.append(shapely.union_all(mine))
    return zones


def scaled(shapes: list[shapely.Geometry], step_mm: int) -> np.ndarray:
    """The lattice with a step of so many millimetres, somewhere in the plane."""
    factor = step_mm / 1000
    return shapely.transform(
        array(shapes), lambda xy: np.round(xy * factor + (612.0, -3.0), 3)
    )


def sectors(n: int, side_m: float, seed: int, far_m: float = 120.0) -> np.ndarray:
    """Views of cameras, as polygons with 36 vertices on the millimetre lattice."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, side_m, (2, n))
    reach = rng.uniform(20, far_m, n)
    half = np.radians(rng.uniform(15, 60, n))
    angle = rng.uniform(0, 2 * np.pi, n)[:, None] + half[:, None] * np.linspace(
        -1, 1, 34
    )
    ring = np.empty((n, 36, 2))
    ring[:, 0] = ring[:, -1] = np.stack([x, y], axis=-1)
    ring[:, 1:-1, 0] = x[:, None] + reach[:, None] * np.cos(angle)
    ring[:, 1:-1, 1] = y[:, None] + reach[:, None] * np.sin(angle)
    return shapely.polygons(np.round(ring + 500_000, 3))


def quarters(across: int, side_m: float, seed: int) -> np.ndarray:
    """Crooked quadrangles that tile a square exactly."""
    rng = np.random.default_rng(seed)
    line = np.linspace(0, side_m, across + 1)
    corner = np.stack(np.meshgrid(line, line), axis=-1)
    corner += rng.uniform(-0.3, 0.3, corner.shape) * side_m / across
    corner = np.round(corner + 500_000, 3)
    ring = np.stack(
        [corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]], axis=2
    )
    return shapely.polygons(ring.reshape(-1, 4, 2))
