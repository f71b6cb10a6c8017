"""Step 1 for edits: a few shapes of every layer to a scene, without the interpreter."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from processes.kernels.exact.boxes import Index
from processes.kernels.exact.build import measure_shapes, put_shapes
from processes.kernels.exact.chain import Chains
from processes.kernels.exact.compile import compiled
from processes.kernels.exact.doubles import count_equals, describe
from processes.kernels.exact.pack import BAND_MM, ROUND_COLUMN
from processes.kernels.exact.scene import (
    ONE_OTHER,
    ONE_SERVICE,
    ONE_ZONE,
    OTHER,
    POINT,
    SERVICE,
    ZONE,
    Grid,
    Int64,
    Scene,
    Whole,
)

_LAYERS = 4


class Stock(NamedTuple):
    """Shapes of one layer, and an index of their boxes."""

    chains: Chains
    boxes: Index


@compiled
def in_order(chains: Chains, shapes: Int64, box: Int64, copies: Whole) -> Int64:
    """Some shapes in the order of `pack.ordered_shapes`; those that count.

    Parameters
    ----------
    box : (n, 4) of the shapes of the chains
    """
    n = len(shapes)
    place = np.empty(n, np.int64)
    for k in range(n):
        s = shapes[k]
        place[k] = box[s, 1] // BAND_MM * (2 * ROUND_COLUMN) + box[s, 0]
    order = np.argsort(place, kind="mergesort")
    place = place[order]
    shapes = shapes[order]
    tied = False
    for k in range(1, n):
        tied = tied or place[k] == place[k - 1]
    if not tied:
        return shapes
    digest = np.empty(n, np.int64)
    rest = np.empty(n, np.int64)
    equals = np.empty(n, np.int64)
    describe(chains, shapes, digest, rest)
    for k in range(1, n):
        i: Whole = k
        while (
            i > 0
            and place[i - 1] == place[i]
            and (
                digest[i - 1] > digest[i]
                or (digest[i - 1] == digest[i] and rest[i - 1] > rest[i])
            )
        ):
            digest[i - 1], digest[i] = digest[i], digest[i - 1]
            rest[i - 1], rest[i] = rest[i], rest[i - 1]
            shapes[i - 1], shapes[i] = shapes[i], shapes[i - 1]
            i -= 1
    count_equals(chains, shapes, digest, equals)
    return shapes[equals <= copies]


@compiled
def scene_of(
    layers: tuple[Chains, Chains, Chains, Chains],
    orders: tuple[Int64, Int64, Int64, Int64],
    points: Int64,
    x0: Whole,
    y0: Whole,
) -> tuple[Scene, Whole]:
    """A scene of services, others, lines, zones and points; the first point's chain.

    Notes
    -----
    As of `build_scene`, but that zones and lines have their positions among those here.
    """
    n_shapes = 0
    for kind in range(_LAYERS):
        n_shapes += len(orders[kind])
    sizes = np.empty((n_shapes + _LAYERS, 2), np.int64)
    base = np.zeros((_LAYERS + 1, 3), np.int64)
    for kind in range(_LAYERS):
        n = len(orders[kind])
        here = sizes[base[kind, 0] + kind :][: n + 1]
        measure_shapes(layers[kind], orders[kind], here)
        base[kind + 1, 0] = base[kind, 0] + n
        base[kind + 1, 1] = base[kind, 1] + here[n, 0]
        base[kind + 1, 2] = base[kind, 2] + here[n, 1]
    n_points = len(points)
    chains = base[_LAYERS, 1] + n_points
    vertices = base[_LAYERS, 2] + n_points
    shapes = n_shapes + (1 if n_points > 0 else 0)
    scene = Scene(
        np.empty((vertices, 2), np.int32),
        np.zeros((base[1, 2] if layers[0].moved else 0, 2), np.float32),
        np.zeros(chains + 1, np.int64),
        np.zeros(chains, np.int32),
        np.full(vertices, np.int32(-1), np.int32),
        np.zeros(shapes + 1, np.int64),
        np.zeros(shapes, np.int64),
        np.zeros(shapes, np.int64),
        np.zeros(shapes, np.int8),
        np.zeros(shapes, np.int64),
    )
    for kind in range(_LAYERS):
        first = base[kind, 0]
        n = len(orders[kind])
        put_shapes(
            0, n, layers[kind], orders[kind], sizes[first + kind :],
            first, base[kind, 1], base[kind, 2], x0, y0,
            scene.xy, scene.offset, scene.chain_start, scene.chain_shape,
            scene.edge_shape, scene.shape_start,
        )  # fmt: skip
        for i in range(n):
            shape = first + i
            scene.kind[shape] = kind
            scene.row[shape] = i
            scene.priority[shape] = first if kind == ZONE else shape
            if kind == SERVICE:
                scene.weight[shape] = ONE_SERVICE
            elif kind == OTHER:
                scene.weight[shape] = ONE_OTHER
            elif kind == ZONE:
                scene.weight[shape] = (i + 1) * ONE_ZONE
    point_chain = base[_LAYERS, 1]
    if n_points > 0:
        for i in range(n_points):
            vertex = base[_LAYERS, 2] + i
            scene.xy[vertex, 0] = points[i, 0] - x0
            scene.xy[vertex, 1] = points[i, 1] - y0
            scene.chain_start[point_chain + i] = vertex
            scene.chain_shape[point_chain + i] = n_shapes
        scene.shape_start[n_shapes] = point_chain
        scene.kind[n_shapes] = POINT
        scene.priority[n_shapes] = -1
    scene.chain_start[chains] = vertices
    scene.shape_start[shapes] = chains
    return scene, point_chain


@compiled
def grid_about(scene: Scene, cell: Whole) -> Grid:
    """The cells of a scene, with one empty one on each side."""
    left = right = np.int64(scene.xy[0, 0])
    bottom = top = np.int64(scene.xy[0, 1])
    for v in range(1, len(scene.xy)):
        left = min(left, np.int64(scene.xy[v, 0]))
        right = max(right, np.int64(scene.xy[v, 0]))
        bottom = min(bottom, np.int64(scene.xy[v, 1]))
        top = max(top, np.int64(scene.xy[v, 1]))
    column = left // cell - 1
    row = bottom // cell - 1
    return Grid(
        int(cell),
        int(right // cell + 2 - column),
        int(top // cell + 2 - row),
        int(column),
        int(row),
    )
