"""Geometries to integer chains: whole millimetres, interiors left, doubles hashed.

Chains do not depend on how a geometry was written down: rings begin at their least
vertex, shapes are ordered by where they lie and by what they are. The same shapes in
any order give the same scene, so the same figures to the bit.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely
from numpy.typing import NDArray

from processes.kernels.arrays import FloatArray, GeometryArray, IntArray
from processes.kernels.exact.boxes import bound_shapes, by_tile
from processes.kernels.exact.chain import Chains
from processes.kernels.exact.compile import bare, inlined
from processes.kernels.exact.decode import FEW, Rings, rings_of
from processes.kernels.exact.doubles import told_apart
from processes.kernels.exact.scene import Float32, Float64, Int8, Int64, Truth, Whole
from processes.kernels.exact.threads import Workers, even_parts, even_ranges
from processes.kernels.written import Written

MM = 1000.0
FARTHEST_M = 1e9
_NOISE_MM = 1e-4
BAND_MM = 500_000
ROUND_COLUMN = 1 << 41
_PARTS_PER_THREAD = 8
_NONE: Int64 = np.empty(0, np.int64)
_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_LINES = (
    shapely.GeometryType.LINESTRING,
    shapely.GeometryType.MULTILINESTRING,
    shapely.GeometryType.LINEARRING,
)


@inlined
def _rest(value: float) -> float:
    """What rounding took [mm]; nothing of what lies on the lattice, but for noise."""
    return value if abs(value) > _NOISE_MM else 0.0


@bare
def _swap(xy: Int64, offset: Float32, i: Whole, j: Whole) -> None:
    """Exchange vertices i..j for the same in the other direction."""
    while i < j:
        x = xy[i, 0]
        y = xy[i, 1]
        dx = offset[i, 0]
        dy = offset[i, 1]
        xy[i, 0] = xy[j, 0]
        xy[i, 1] = xy[j, 1]
        offset[i, 0] = offset[j, 0]
        offset[i, 1] = offset[j, 1]
        xy[j, 0] = x
        xy[j, 1] = y
        offset[j, 0] = dx
        offset[j, 1] = dy
        i += 1
        j -= 1


@bare
def _turn(
    xy: Int64, offset: Float32, begin: Whole, n: Whole, least: Whole, forward: Truth
) -> None:
    """Let a closed ring of n vertices begin at its vertex `least`, and turn it round.

    Parameters
    ----------
    least : position in the ring
    forward : whether it keeps its direction
    """
    last = begin + n - 2
    if least > 0:
        _swap(xy, offset, begin, begin + least - 1)
        _swap(xy, offset, begin + least, last)
        _swap(xy, offset, begin, last)
    if not forward:
        _swap(xy, offset, begin + 1, last)
    xy[last + 1, 0] = xy[begin, 0]
    xy[last + 1, 1] = xy[begin, 1]
    offset[last + 1, 0] = offset[begin, 0]
    offset[last + 1, 1] = offset[begin, 1]


@bare
def _clean(
    first: Whole, last: Whole, value: Float64, base: Whole, at: Int64, start: Int64,
    hole: Int8, closed: bool, xy: Int64, offset: Float32, size: Int64,
) -> tuple[Whole, Whole]:  # fmt: skip
    """Round chains first..last to mm; drop repeated vertices; orient and turn rings.

    Parameters
    ----------
    value : number [m] that begins at each byte from `base` on
    at : (c,) byte of the first coordinate of each chain
    start : (c + 1,) where its vertices go

    Returns
    -------
    How many vertices are not finite or too far, and from how many something was taken.
    """
    strange = 0
    moved = 0
    for r in range(first, last):
        begin = start[r]
        byte = at[r] - base - 16
        n = 0
        for _ in range(begin, start[r + 1]):
            byte += 16
            if not (
                abs(value[byte]) < FARTHEST_M and abs(value[byte + 8]) < FARTHEST_M
            ):
                strange += 1
                continue
            exact_x = value[byte] * MM
            exact_y = value[byte + 8] * MM
            near_x = np.rint(exact_x)
            near_y = np.rint(exact_y)
            x = np.int64(near_x)
            y = np.int64(near_y)
            if n > 0 and xy[begin + n - 1, 0] == x and xy[begin + n - 1, 1] == y:
                continue
            xy[begin + n, 0] = x
            xy[begin + n, 1] = y
            offset[begin + n, 0] = _rest(exact_x - near_x)
            offset[begin + n, 1] = _rest(exact_y - near_y)
            moved += offset[begin + n, 0] != 0.0 or offset[begin + n, 1] != 0.0
            n += 1
        if not closed:
            size[r] = n if n > 1 else 0
            continue
        double_area = np.int64(0)
        least = 0
        x0 = xy[begin, 0]
        y0 = xy[begin, 1]
        for k in range(n - 1):
            x = xy[begin + k, 0]
            y = xy[begin + k, 1]
            double_area += (x - x0) * (xy[begin + k + 1, 1] - y0)
            double_area -= (xy[begin + k + 1, 0] - x0) * (y - y0)
            if x < xy[begin + least, 0] or (
                x == xy[begin + least, 0] and y < xy[begin + least, 1]
            ):
                least = k
        if n < 4 or double_area == 0:
            size[r] = 0
            continue
        size[r] = n
        _turn(xy, offset, begin, n, least, (double_area > 0) == (hole[r] == 0))
    return strange, moved


def _of_each[T: np.generic](
    found: Callable[[GeometryArray], NDArray[T]],
    geometries: GeometryArray,
    workers: Workers,
) -> NDArray[T]:
    """What shapely tells of each geometry; it leaves the interpreter to others."""
    parts = even_ranges(len(geometries), workers.threads)
    if len(parts) < 2:
        return found(geometries)
    return np.concatenate(workers.run(lambda a, b: found(geometries[a:b]), parts))


def _kinds(
    name: str, geometries: GeometryArray, allowed: tuple[int, ...], workers: Workers
) -> IntArray:
    """Kinds of geometries, of which those that are not allowed are empty."""
    kinds = _of_each(shapely.get_type_id, geometries, workers)
    known = kinds == -1
    for kind in allowed:
        known |= kinds == kind
    strange = np.flatnonzero(~known)
    strange = strange[~shapely.is_empty(geometries[strange])]
    if len(strange):
        at = int(strange[0])
        wanted = " or ".join(str(shapely.GeometryType(k).name) for k in allowed)
        found = shapely.GeometryType(int(kinds[at])).name
        raise ValueError(f"{name}[{at}]: {found} given, must be {wanted}")
    return kinds


def _finite(name: str, is_finite: bool) -> None:
    if not is_finite:
        raise ValueError(
            f"{name}: coordinates must be finite and below {FARTHEST_M:g} m"
        )


def _chains(
    name: str,
    shapes: GeometryArray | Written,
    rings: Rings,
    closed: bool,
    workers: Workers,
) -> Chains:
    """Cleaned chains of shapes.

    Notes
    -----
    To read geometry objects takes the interpreter, one thread at a time: they are read
    in parts, so that meanwhile the other threads clean what was read before.
    """
    start = np.concatenate([[0], np.cumsum(rings.points)]).astype(np.int64)
    xy = np.empty((int(start[-1]), 2), np.int64)
    offset = np.empty((int(start[-1]), 2), np.float32)
    size = np.zeros(len(rings.points), np.int64)
    count = np.bincount(rings.owner, minlength=len(shapes))
    shape_start = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    many = not isinstance(shapes, Written) and len(shapes) >= FEW

    def clean(one: int, end: int) -> tuple[Whole, Whole]:
        first, last = shape_start[one], shape_start[end]
        if isinstance(shapes, Written):
            source, base = shapes, np.int64(0)
        else:
            source, base = _coordinates(shapes[one:end]), 16 * start[first]
        return _clean(
            first, last, source.every("<f8"), base, rings.at, start, rings.hole, closed,
            xy, offset, size,
        )  # fmt: skip

    parts = workers.threads * (_PARTS_PER_THREAD if many else 1)
    found = workers.run(clean, even_parts(start[shape_start], parts))
    _finite(name, all(strange == 0 for strange, _ in found))
    moved = any(some > 0 for _, some in found)
    return Chains(xy, offset, start[:-1], size, shape_start, moved)


def _coordinates(geometries: GeometryArray) -> Written:
    """Coordinates of geometry objects as bytes."""
    pool = shapely.get_coordinates(geometries).view(np.uint8).reshape(-1)
    return Written(pool, _NONE, _NONE)


def _in_order(owner: Int64, points: IntArray, hole: Int8) -> Rings:
    """Rings or lines of geometry objects, whose coordinates follow one another."""
    points = points.astype(np.int64)
    return Rings(owner, 16 * (np.cumsum(points) - points), points, hole)


def _rings(geometries: GeometryArray, kinds: IntArray, workers: Workers) -> Rings:
    """Every ring of (multi)polygons, in order.

    Notes
    -----
    Ring objects are made for parts with holes only: of the others, which are most, the
    polygon's own coordinates are those of its one ring.
    """
    part, of_part = geometries, np.arange(len(geometries))
    if (kinds == shapely.GeometryType.MULTIPOLYGON).any():
        part, of_part = shapely.get_parts(geometries, return_index=True)
    has_holes = _of_each(shapely.get_num_interior_rings, part, workers) > 0
    pierced = np.flatnonzero(has_holes)
    whole = _of_each(shapely.get_num_coordinates, part[~has_holes], workers)
    if len(pierced) == 0:
        return _in_order(of_part, whole, np.zeros(len(part), np.int8))
    ring, of_ring = shapely.get_rings(part[pierced], return_index=True)
    owner = np.concatenate([np.flatnonzero(~has_holes), pierced[of_ring]])
    order = np.argsort(owner, kind="stable")
    sizes = np.concatenate([whole, shapely.get_num_coordinates(ring)])
    hole = np.zeros(len(owner), np.int8)
    hole[len(whole) :][1:] = of_ring[1:] == of_ring[:-1]
    return _in_order(of_part[owner[order]], sizes[order], hole[order])


def polygon_chains(
    name: str, geometries: GeometryArray | Written, workers: Workers
) -> Chains:
    """Rings of (multi)polygons, exteriors counter-clockwise, holes clockwise.

    Parameters
    ----------
    name : of the argument, for messages
    geometries : (n,) valid (multi)polygons [m], objects or bytes; missing and empty
        ones have no chains

    Raises
    ------
    ValueError : another kind of geometry, or coordinates that are not finite
    """
    if isinstance(geometries, Written):
        rings = rings_of(name, geometries, workers)
        return _chains(name, geometries, rings, True, workers)
    kinds = _kinds(name, geometries, _POLYGONS, workers)
    rings = _rings(geometries, kinds, workers)
    return _chains(name, geometries, rings, True, workers)


def line_chains(name: str, geometries: GeometryArray, workers: Workers) -> Chains:
    """Parts of (multi)lines; arguments and errors as for polygons."""
    kinds = _kinds(name, geometries, _LINES, workers)
    part, owner = geometries, np.arange(len(geometries))
    if (kinds == shapely.GeometryType.MULTILINESTRING).any():
        part, owner = shapely.get_parts(geometries, return_index=True)
    sizes = _of_each(shapely.get_num_coordinates, part, workers)
    lines = _in_order(owner, sizes, np.zeros(len(part), np.int8))
    return _chains(name, geometries, lines, False, workers)


def point_xy(
    name: str, geometries: GeometryArray, workers: Workers
) -> tuple[Int64, Int64]:
    """Points in mm, near ones together; their positions among the geometries.

    Returns
    -------
    (p, 2) vertices and (p,) positions of those that are not missing or empty.
    """
    _kinds(name, geometries, (shapely.GeometryType.POINT,), workers)
    xy = _of_each(_millimetres, geometries, workers)
    row = None
    if np.isnan(xy).any():
        row = np.flatnonzero(
            ~(shapely.is_missing(geometries) | shapely.is_empty(geometries))
        )
        xy = xy[row]
    _finite(name, bool((np.abs(xy) < FARTHEST_M * MM).all()))
    at = xy.astype(np.int64)
    order = by_tile(at, np.int64(BAND_MM))
    return at[order], order if row is None else row[order]


def _millimetres(points: GeometryArray) -> FloatArray:
    """(p, 2) whole millimetres.

    Notes
    -----
    The box of a point is the point, and asking for it leaves the interpreter free.
    """
    at: FloatArray = shapely.bounds(points)[:, :2]
    return np.rint(at * MM)


def _boxes(chains: Chains, workers: Workers) -> Int64:
    """(n, 4) least x, y and greatest x, y of every shape [mm]."""
    box = np.empty((len(chains.shape_start) - 1, 4), np.int64)
    workers.run(
        lambda first, last: bound_shapes(first, last, chains, box),
        even_parts(chains.shape_start, workers.threads),
    )
    return box


def ordered_lines(chains: Chains, workers: Workers) -> tuple[Int64, Int64]:
    """The same of lines, which meet nobody of their kind: near ones lie together."""
    box = _boxes(chains, workers)
    return by_tile(box, np.int64(BAND_MM)), box


def ordered_shapes(
    chains: Chains, copies: int, workers: Workers
) -> tuple[Int64, Int64]:
    """The shapes that count, by 500 m rows; at most `copies` of the same shape.

    Returns
    -------
    (s,) their positions, and (n, 4) least x, y and greatest x, y of every shape [mm];
    those of shapes without a chain meet nothing.

    Notes
    -----
    More equals change nothing up to the depth `copies`, but cross one another at every
    vertex: their cost is quadratic.
    """
    box = _boxes(chains, workers)
    some = np.flatnonzero(box[:, 0] <= box[:, 2])
    place = box[some, 1] // BAND_MM * (2 * ROUND_COLUMN) + box[some, 0]
    by_place = np.argsort(place)  # equal places are told apart below
    order, place = some[by_place], place[by_place]
    same = np.zeros(len(place) + 1, np.bool_)
    same[1:-1] = place[1:] == place[:-1]
    tied = np.flatnonzero(same[1:] | same[:-1])
    counts = np.ones(len(order), np.bool_)
    order[tied], counts[tied] = told_apart(chains, order[tied], place[tied], copies)
    return order[counts], box
