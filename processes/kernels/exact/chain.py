"""Step 1: the chains of one layer, before layers become a scene."""

from __future__ import annotations

from typing import NamedTuple

from processes.kernels.exact.scene import Float32, Int64

FAR = 1 << 60  # beyond every coordinate [mm]


class Chains(NamedTuple):
    """Chains of one layer in millimetres of its own coordinate system.

    Parameters
    ----------
    xy : (v, 2) vertices, with room between chains
    offset : (v, 2) what rounding took from each [mm]
    start, size : (c,) first vertex and number of vertices of each chain; 0: dropped
    shape_start : (s + 1,) first chain of each shape
    moved : whether rounding took anything from any vertex
    """

    xy: Int64
    offset: Float32
    start: Int64
    size: Int64
    shape_start: Int64
    moved: bool
