"""Layers to one scene: order, priorities, weights, the grid; every limit checked."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from processes.kernels.exact.chain import FAR, Chains
from processes.kernels.exact.compile import bare, compiled
from processes.kernels.exact.frame import NO_ZONE, Around, frames_of, grid_of
from processes.kernels.exact.scene import (
    ONE_OTHER,
    ONE_SERVICE,
    ONE_ZONE,
    OTHER,
    POINT,
    SERVICE,
    ZONE,
    Float32,
    Frames,
    Grid,
    Int8,
    Int32,
    Int64,
    Scene,
    Whole,
)
from processes.kernels.exact.threads import Workers, even_ranges

MOST_VERTICES = 1 << 30
MOST_SHAPES = 1 << 30
MOST_ZONES = (1 << 22) - 2
_ALL: Int8 = np.empty(0, np.int8)


@bare
def measure_shapes(chains: Chains, shapes: Int64, sizes: Int64) -> None:
    """Chains that count and vertices before each of some shapes, and of all of them.

    Parameters
    ----------
    sizes : (s + 1, 2) written
    """
    n_chains = n_vertices = np.int64(0)
    for i in range(len(shapes)):
        sizes[i, 0] = n_chains
        sizes[i, 1] = n_vertices
        for chain in range(
            chains.shape_start[shapes[i]], chains.shape_start[shapes[i] + 1]
        ):
            if chains.size[chain] > 0:
                n_chains += 1
                n_vertices += chains.size[chain]
    sizes[len(shapes), 0] = n_chains
    sizes[len(shapes), 1] = n_vertices


@bare
def _stretch(box: Int64, shapes: Int64, extent: Int64) -> None:
    """Let an extent hold the boxes of some shapes."""
    for shape in shapes:
        for side in range(2):
            extent[side] = min(extent[side], box[shape, side])
            extent[side + 2] = max(extent[side + 2], box[shape, side + 2])


def _nowhere() -> Int64:
    """Extent of nothing."""
    return np.array([FAR, FAR, -FAR, -FAR], np.int64)


@dataclass(frozen=True)
class Layer:
    """Shapes of one kind.

    Parameters
    ----------
    kind : SERVICE, OTHER, LINE or ZONE
    chains : of the whole layer
    shapes : (s,) the shapes that count, in their order
    box : (n, 4) least x, y and greatest x, y of each shape of the chains [mm]
    row : (n,) position of each shape of the chains in the layer; of a part of it only
    extent : (4,) least x, y and greatest x, y of the shapes that count [mm]
    sizes : of `measure_shapes`
    """

    kind: int
    chains: Chains
    shapes: Int64
    box: Int64
    row: Int64 | None = None
    extent: Int64 = field(init=False)
    sizes: Int64 = field(init=False)

    def __post_init__(self) -> None:
        extent, sizes = _nowhere(), np.empty((len(self.shapes) + 1, 2), np.int64)
        _stretch(self.box, self.shapes, extent)
        measure_shapes(self.chains, self.shapes, sizes)
        object.__setattr__(self, "extent", extent)
        object.__setattr__(self, "sizes", sizes)


@dataclass(frozen=True)
class Built:
    """A scene with its grid, and where that grid lies.

    Parameters
    ----------
    origin : x and y of the grid's corner [mm], multiples of the cell
    zone_double_area : (z,) twice the exact area of each zone [mm2]
    lines : number of lines, with those that have no shape
    point_chain : first chain of the points
    has_others : whether there is an edge of an other
    only_points : whether nothing is asked but services over points
    mine : (v,) 1 for edges whose sums are asked; empty: all of them
    """

    scene: Scene
    grid: Grid
    frames: Frames
    origin: tuple[int, int]
    zone_double_area: Int64
    lines: int
    point_chain: int
    has_others: bool
    only_points: bool
    mine: Int8


@bare
def put_shapes(
    first: int, last: int, chains: Chains, shapes: Int64, sizes: Int64,
    base_shape: Whole, base_chain: Whole, base_vertex: Whole, x0: Whole, y0: Whole,
    xy: Int32, offset: Float32, chain_start: Int64, chain_shape: Int32,
    edge_shape: Int32, shape_start: Int64,
) -> None:  # fmt: skip
    """Copy shapes first..last to their places in the scene."""
    for i in range(first, last):
        s = shapes[i]
        c = base_chain + sizes[i, 0]
        v = base_vertex + sizes[i, 1]
        shape_start[base_shape + i] = c
        for chain in range(chains.shape_start[s], chains.shape_start[s + 1]):
            n = chains.size[chain]
            if n == 0:
                continue
            chain_start[c] = v
            chain_shape[c] = base_shape + i
            begin = chains.start[chain]
            for k in range(n):
                xy[v + k, 0] = chains.xy[begin + k, 0] - x0
                xy[v + k, 1] = chains.xy[begin + k, 1] - y0
                edge_shape[v + k] = base_shape + i
                if v + k < len(offset):
                    offset[v + k, 0] = chains.offset[begin + k, 0]
                    offset[v + k, 1] = chains.offset[begin + k, 1]
            edge_shape[v + n - 1] = -1
            v += n
            c += 1


@bare
def _double_areas(chains: Chains, shapes: Int64, double_area: Int64) -> None:
    """Add twice the area of some shapes [mm2] to theirs."""
    xy = chains.xy
    for shape in shapes:
        for chain in range(chains.shape_start[shape], chains.shape_start[shape + 1]):
            begin = chains.start[chain]
            x0 = xy[begin, 0]
            y0 = xy[begin, 1]
            for v in range(begin, begin + chains.size[chain] - 1):
                double_area[shape] += (xy[v, 0] - x0) * (xy[v + 1, 1] - y0)
                double_area[shape] -= (xy[v + 1, 0] - x0) * (xy[v, 1] - y0)


@compiled
def own_strip(scene: Scene, low: Whole, high: Whole) -> Int8:
    """(v,) 1 for the edges whose lower end lies at low <= y < high in the scene."""
    mine = np.zeros(len(scene.xy), np.int8)
    for e in range(len(scene.xy)):
        if scene.edge_shape[e] >= 0:
            y = min(scene.xy[e, 1], scene.xy[e + 1, 1])
            mine[e] = 1 if low <= y < high else 0
    return mine


def _limited(name: str, found: int, most: int) -> None:
    if found > most:
        raise ValueError(f"{name}: {found} given, must be at most {most}")


def frame_of(
    layers: list[Layer], n_zones: int, points: Int64, cell_mm: int
) -> Around | None:
    """Where some layers lie; None if there is nothing in any of them.

    Parameters
    ----------
    layers : of which those of zones are measured as well

    Raises
    ------
    ValueError : a limit is exceeded; it names which, what was found and what is allowed
    """
    _limited("zones", n_zones, MOST_ZONES)
    extent = _extent(layers, points)
    if extent is None:
        return None
    grid, origin = grid_of(*extent, cell_mm)
    box = np.zeros((n_zones, 4), np.int64)
    box[:, :2] = NO_ZONE
    double_area = np.zeros(n_zones, np.int64)
    for layer in layers:
        if layer.kind == ZONE:
            box[layer.shapes] = layer.box[layer.shapes] - np.tile(origin, 2)
            _double_areas(layer.chains, layer.shapes, double_area)
    return Around(origin, frames_of(box, grid), double_area, *extent)


def _extent(layers: list[Layer], points: Int64) -> tuple[Int64, Int64] | None:
    """Least and greatest x and y of everything."""
    extent = _nowhere()
    for layer in layers:
        np.minimum(extent[:2], layer.extent[:2], out=extent[:2])
        np.maximum(extent[2:], layer.extent[2:], out=extent[2:])
    for axis, values in enumerate(points.T if len(points) else ()):
        extent[axis] = min(extent[axis], values.min())
        extent[axis + 2] = max(extent[axis + 2], values.max())
    return None if extent[0] > extent[2] else (extent[:2], extent[2:])


def build_scene(
    layers: list[Layer],
    n_zones: int,
    n_lines: int,
    points: Int64,
    cell_mm: int,
    frame: Around,
    workers: Workers,
) -> Built | None:
    """One scene of all layers; None if there is nothing in any of them.

    Parameters
    ----------
    layers : services, others, lines, zones, in this order
    n_zones, n_lines : numbers of them, with those that have no shape
    points : (p, 2) [mm]
    frame : of these layers or of those they are a part of: sums of parts with the same
        frame may be added

    Raises
    ------
    ValueError : a limit is exceeded; it names which, what was found and what is allowed
    """
    n_shapes = sum(len(layer.shapes) for layer in layers) + (len(points) > 0)
    _limited("shapes", n_shapes, MOST_SHAPES)
    extent = _extent(layers, points)
    if extent is None:
        return None
    found = np.array([layer.sizes[-1] for layer in layers])
    n_vertices = int(found[:, 1].sum()) + len(points)
    _limited("vertices", n_vertices, MOST_VERTICES)
    grid, origin = grid_of(*extent, cell_mm, np.array(frame.origin))
    n_chains = int(found[:, 0].sum()) + len(points)
    moved = int(found[0, 1]) if layers[0].chains.moved else 0
    scene = _empty_scene(n_shapes, n_chains, n_vertices, moved)
    shape = chain = vertex = 0
    priority = 0
    for layer, of_layer in zip(layers, found, strict=True):
        _fill(scene, layer, (shape, chain, vertex), origin, workers)
        here = slice(shape, shape + len(layer.shapes))
        weight = {SERVICE: ONE_SERVICE, OTHER: ONE_OTHER}.get(layer.kind, 0)
        scene.kind[here] = layer.kind
        row = layer.shapes if layer.row is None else layer.row[layer.shapes]
        scene.row[here] = row
        scene.priority[here] = np.arange(priority, priority + len(layer.shapes))
        scene.weight[here] = weight
        if layer.kind == ZONE:
            scene.weight[here] = (row + 1) * ONE_ZONE
            scene.priority[here] = priority
        priority += len(layer.shapes)
        shape += len(layer.shapes)
        chain += int(of_layer[0])
        vertex += int(of_layer[1])
    if len(points):
        scene.xy[vertex:] = points - origin
        scene.edge_shape[vertex:] = -1
        scene.chain_start[chain:] = np.arange(vertex, n_vertices + 1)
        scene.chain_shape[chain:] = shape
        scene.shape_start[shape] = chain
        scene.kind[shape] = POINT
        scene.priority[shape] = -1
    scene.chain_start[-1] = n_vertices
    scene.shape_start[-1] = n_chains
    has_others = any(la.kind == OTHER and len(la.shapes) for la in layers)
    only_points = n_zones == n_lines == 0 and not has_others and len(points) > 0
    return Built(
        scene, grid, frame.frames, origin, frame.zone_double_area, n_lines, chain,
        has_others, only_points, _ALL,
    )  # fmt: skip


def _empty_scene(shapes: int, chains: int, vertices: int, moved: int) -> Scene:
    return Scene(
        xy=np.empty((vertices, 2), np.int32),
        offset=np.zeros((moved, 2), np.float32),
        chain_start=np.zeros(chains + 1, np.int64),
        chain_shape=np.zeros(chains, np.int32),
        edge_shape=np.empty(vertices, np.int32),
        shape_start=np.zeros(shapes + 1, np.int64),
        weight=np.zeros(shapes, np.int64),
        priority=np.zeros(shapes, np.int64),
        kind=np.zeros(shapes, np.int8),
        row=np.zeros(shapes, np.int64),
    )


def _fill(
    scene: Scene,
    layer: Layer,
    base: tuple[int, int, int],
    origin: tuple[int, int],
    workers: Workers,
) -> None:
    """Copy the shapes of a layer; `base` counts shapes, chains, vertices before it."""
    if len(layer.shapes) == 0:
        return
    workers.run(
        lambda first, last: put_shapes(
            first, last, layer.chains, layer.shapes, layer.sizes, *base, *origin,
            scene.xy, scene.offset, scene.chain_start, scene.chain_shape,
            scene.edge_shape, scene.shape_start,
        ),
        even_ranges(len(layer.shapes), workers.threads),
    )  # fmt: skip
