"""What the kernel works on: integer shapes, the grid, and the state of a place.

Words of this package: a *chain* is a closed ring (its first vertex repeated at the end,
interior on its left), an open line, or one vertex (a point). A *shape* has one or more
chains that lie together. The *edge* v goes from vertex v to vertex v + 1.

The state of a place is one int64 to which every shape that holds the place adds its
weight: bits 0-19 count services, bits 20-39 others, bits 40-61 hold the zone's position
plus one. It is a plain sum, so the order in which borders are crossed is of no matter.
Both counts start at `2**19`, so that a shape that is wound the wrong way for a few
millimetres cannot borrow from the field above. (Data of step 1 in the package's text.)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from processes.kernels.exact.compile import inlined

SERVICE, OTHER, LINE, ZONE, POINT = 0, 1, 2, 3, 4

FIELD = (1 << 20) - 1
START = 1 << 19
EMPTY = START | (START << 20)
ONE_SERVICE = 1
ONE_OTHER = 1 << 20
ONE_ZONE = 1 << 40

AREA_UNIT = float(1 << 20)
HEIGHT_UNIT = float(1 << 30)

Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Whole = int | np.int64
Truth = bool | np.bool_


class Scene(NamedTuple):
    """Every layer of one run as integer chains.

    Parameters
    ----------
    xy : (v, 2) vertices [mm from the local origin], each below 2**30
    offset : (v, 2) what rounding to xy took from services [mm]; (0, 2): nothing
    chain_start : (c + 1,) first vertex of each chain
    chain_shape : (c,) shape of each chain
    edge_shape : (v,) shape of the edge that begins at a vertex, -1 at a chain's end
    shape_start : (s + 1,) first chain of each shape
    weight : (s,) what a shape adds to the state of the places it holds
    priority : (s,) how far a shape is thought to be shifted: unique among services,
        others and lines; one common, highest for zones; -1 for points
    kind : (s,) SERVICE, OTHER, LINE, ZONE or POINT
    row : (s,) position in the layer
    """

    xy: Int32
    offset: Float32
    chain_start: Int64
    chain_shape: Int32
    edge_shape: Int32
    shape_start: Int64
    weight: Int64
    priority: Int64
    kind: Int8
    row: Int64


class Grid(NamedTuple):
    """Square output cells; a window of those that begin at the local origin.

    Parameters
    ----------
    cell : width [mm]
    columns, rows : of the window
    column, row : first of the window
    """

    cell: int
    columns: int
    rows: int
    column: int
    row: int


class Bins(NamedTuple):
    """Edges by cell; only cells that hold an edge or a chain's start have a number.

    Parameters
    ----------
    cell : (n,) row * columns + column in the window of each numbered cell, ascending
    number : (rows * columns,) number of a cell, -1 for none
    start : (n + 1,) first entry of each numbered cell
    edge : (e,) edges, ascending within a cell
    """

    cell: Int64
    number: Int32
    start: Int64
    edge: Int32


class Frames(NamedTuple):
    """Where the area of each zone is measured from, and in which unit.

    Parameters
    ----------
    left : (n + 1,) least x of each zone [mm]; the last is for everything together
    unit : (n + 1,) parts that a square millimetre is divided into, a power of two
    """

    left: Float64
    unit: Float64


class Sums(NamedTuple):
    """Fixed-point sums; whole numbers, so that their order is of no matter.

    Parameters
    ----------
    cell : (n, 3 * depths) per numbered cell: area and height for each depth in turn,
        then line length for each depth
    area : (2 * depths + 1, z + 1) area of services per depth; of services and others
        per depth; of others. The last column is everything, of the latter two only
    length : (depths + 1, z + 1) covered length per depth, whole length; the last
        column is what lies outside every zone
    line : (depths, l) covered length of each line per depth
    """

    cell: Int64
    area: Int64
    length: Int64
    line: Int64


@inlined
def service_depth(state: Whole) -> Whole:
    """How many services hold a place."""
    return (state & FIELD) - START


@inlined
def other_depth(state: Whole) -> Whole:
    """How many others hold a place."""
    return ((state >> 20) & FIELD) - START


@inlined
def zone_of_state(state: Whole) -> Whole:
    """Position of the zone that holds a place, -1 for none."""
    return (state >> 40) - 1
