"""Layers to one scene: order, priorities, weights, the grid; every limit checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from processes.kernels.exact.compile import compiled
from processes.kernels.exact.frame import Around, frames_of, grid_of
from processes.kernels.exact.pack import Chains
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
    Int32,
    Int64,
    Scene,
    Whole,
)
from processes.kernels.exact.threads import Workers, even_parts

MOST_VERTICES = 1 << 30
MOST_SHAPES = 1 << 30
MOST_ZONES = (1 << 22) - 2
_NO_POINTS: Int64 = np.empty((0, 2), np.int64)


@dataclass(frozen=True)
class Layer:
    """Shapes of one kind.

    Parameters
    ----------
    kind : SERVICE, OTHER, LINE or ZONE
    chains : of the whole layer
    shapes : (s,) the shapes that count, in their order
    """

    kind: int
    chains: Chains
    shapes: Int64


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


@compiled
def _measured(
    chains: Chains, shapes: Int64, sizes: Int64
) -> tuple[Whole, Whole, Whole, Whole, Whole, Whole]:
    """Chains and vertices that count, and their least and greatest x and y.

    Parameters
    ----------
    sizes : (s, 2) written: chains and vertices of each shape
    """
    left = bottom = np.int64(1 << 60)
    right = top = np.int64(-(1 << 60))
    n_chains = n_vertices = np.int64(0)
    for i in range(len(shapes)):
        s = shapes[i]
        sizes[i, 0] = n_chains
        sizes[i, 1] = n_vertices
        for chain in range(chains.shape_start[s], chains.shape_start[s + 1]):
            n = chains.size[chain]
            if n > 0:
                n_chains += 1
                n_vertices += n
            for v in range(chains.start[chain], chains.start[chain] + n):
                left = min(left, chains.xy[v, 0])
                right = max(right, chains.xy[v, 0])
                bottom = min(bottom, chains.xy[v, 1])
                top = max(top, chains.xy[v, 1])
    return n_chains, n_vertices, left, bottom, right, top


@compiled
def _place(
    first: int, last: int, chains: Chains, shapes: Int64, sizes: Int64,
    base_shape: int, base_chain: int, base_vertex: int, x0: int, y0: int,
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


@compiled
def _zone_boxes(scene: Scene, n: int) -> tuple[Int64, Int64]:
    """Least and greatest x and y of each zone, and twice its area."""
    box = np.zeros((n, 4), np.int64)
    box[:, :2] = 1 << 40
    double_area = np.zeros(n, np.int64)
    for chain in range(len(scene.chain_shape)):
        shape = scene.chain_shape[chain]
        if scene.kind[shape] != ZONE:
            continue
        zone = scene.row[shape]
        begin = scene.chain_start[chain]
        x0 = np.int64(scene.xy[begin, 0])
        y0 = np.int64(scene.xy[begin, 1])
        for v in range(begin, scene.chain_start[chain + 1]):
            x = np.int64(scene.xy[v, 0])
            y = np.int64(scene.xy[v, 1])
            box[zone, 0] = min(box[zone, 0], x)
            box[zone, 1] = min(box[zone, 1], y)
            box[zone, 2] = max(box[zone, 2], x)
            box[zone, 3] = max(box[zone, 3], y)
            if scene.edge_shape[v] >= 0:
                double_area[zone] += (x - x0) * (scene.xy[v + 1, 1] - y0)
                double_area[zone] -= (scene.xy[v + 1, 0] - x0) * (y - y0)
    return box, double_area


def _limited(name: str, found: int, most: int) -> None:
    if found > most:
        raise ValueError(f"{name}: {found} given, must be at most {most}")


def around(built: Built) -> Around:
    """What the parts of a scene share with it."""
    grid = built.grid
    first = np.array([grid.column, grid.row]) * grid.cell + built.origin
    cells = np.array([grid.columns, grid.rows]) * grid.cell
    return Around(
        built.origin,
        built.frames,
        built.zone_double_area,
        (first + grid.cell).astype(np.int64),
        (first + cells - 1 - grid.cell).astype(np.int64),
    )


def build_scene(
    layers: list[Layer],
    zones: int,
    lines: int,
    points: Int64,
    cell_mm: int,
    workers: Workers,
    frame: Around | None = None,
) -> Built | None:
    """One scene of all layers; None if there is nothing in any of them.

    Parameters
    ----------
    layers : services, others, lines, zones, in this order
    zones, lines : numbers of them, with those that have no shape
    points : (p, 2) [mm]
    frame : of a scene that this one is a part of: with the same origin and frames of
        zones, so that sums of both may be added

    Raises
    ------
    ValueError : a limit is exceeded; it names which, what was found and what is allowed
    """
    _limited("zones", zones, MOST_ZONES)
    n_shapes = sum(len(layer.shapes) for layer in layers) + (len(points) > 0)
    _limited("shapes", n_shapes, MOST_SHAPES)
    sizes = [np.empty((len(layer.shapes), 2), np.int64) for layer in layers]
    found = np.array(
        [_measured(la.chains, la.shapes, sizes[i]) for i, la in enumerate(layers)],
        np.int64,
    ).reshape(-1, 6)
    n_vertices = int(found[:, 1].sum()) + len(points)
    _limited("vertices", n_vertices, MOST_VERTICES)
    if n_vertices == 0:
        return None
    least, greatest = found[:, 2:4].min(axis=0), found[:, 4:6].max(axis=0)
    if len(points):
        least = np.minimum(least, points.min(axis=0))
        greatest = np.maximum(greatest, points.max(axis=0))
    corner = None if frame is None else np.array(frame.origin)
    grid, origin = grid_of(least, greatest, cell_mm, corner)
    n_chains = int(found[:, 0].sum()) + len(points)
    moved = int(found[0, 1]) if layers[0].chains.offset.any() else 0
    scene = _empty_scene(n_shapes, n_chains, n_vertices, moved)
    shape = chain = vertex = 0
    priority = 0
    for layer, size, of_layer in zip(layers, sizes, found, strict=True):
        _fill(scene, layer, size, (shape, chain, vertex), origin, workers)
        here = slice(shape, shape + len(layer.shapes))
        weight = {SERVICE: ONE_SERVICE, OTHER: ONE_OTHER}.get(layer.kind, 0)
        scene.kind[here] = layer.kind
        scene.row[here] = layer.shapes
        scene.priority[here] = np.arange(priority, priority + len(layer.shapes))
        scene.weight[here] = weight
        if layer.kind == ZONE:
            scene.weight[here] = (layer.shapes + 1) * ONE_ZONE
            scene.priority[here] = priority
        priority += len(layer.shapes)
        shape += len(layer.shapes)
        chain += int(of_layer[0])
        vertex += int(of_layer[1])
    if len(points):
        scene.xy[vertex:] = points - origin
        scene.chain_start[chain:] = np.arange(vertex, n_vertices + 1)
        scene.chain_shape[chain:] = shape
        scene.shape_start[shape] = chain
        scene.kind[shape] = POINT
        scene.priority[shape] = -1
    scene.chain_start[-1] = n_vertices
    scene.shape_start[-1] = n_chains
    if frame is None:
        box, double_area = _zone_boxes(scene, zones)
        frames = frames_of(box, grid)
    else:
        frames, double_area = frame.frames, frame.zone_double_area
    has_others = any(la.kind == OTHER and len(la.shapes) for la in layers)
    only_points = zones == lines == 0 and not has_others and len(points) > 0
    return Built(
        scene, grid, frames, origin, double_area, lines, chain, has_others, only_points
    )


def _empty_scene(shapes: int, chains: int, vertices: int, moved: int) -> Scene:
    return Scene(
        xy=np.empty((vertices, 2), np.int32),
        offset=np.zeros((moved, 2), np.float32),
        chain_start=np.zeros(chains + 1, np.int64),
        chain_shape=np.zeros(chains, np.int32),
        edge_shape=np.full(vertices, -1, np.int32),
        shape_start=np.zeros(shapes + 1, np.int64),
        weight=np.zeros(shapes, np.int64),
        priority=np.zeros(shapes, np.int64),
        kind=np.zeros(shapes, np.int8),
        row=np.zeros(shapes, np.int64),
    )


def _fill(
    scene: Scene,
    layer: Layer,
    sizes: Int64,
    base: tuple[int, int, int],
    origin: tuple[int, int],
    workers: Workers,
) -> None:
    """Copy the shapes of a layer; `base` counts shapes, chains, vertices before it."""
    if len(layer.shapes) == 0:
        return
    workers.run(
        lambda first, last: _place(
            first, last, layer.chains, layer.shapes, sizes, *base, *origin,
            scene.xy, scene.offset, scene.chain_start, scene.chain_shape,
            scene.edge_shape, scene.shape_start,
        ),
        even_parts(np.arange(len(layer.shapes) + 1), workers.threads),
    )  # fmt: skip
