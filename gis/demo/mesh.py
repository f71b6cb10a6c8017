"""The cells of all districts noded together: neighbours share every vertex."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import shapely

from gis.demo.partition import Cell

_TOUCH_M = 0.012


@dataclass(frozen=True)
class Mesh:
    """Faces of the city as one planar graph.

    Parameters
    ----------
    vertices : (v, 2) integer millimetres, working CRS
    corners : (c,) vertex numbers, ring after ring, counter-clockwise, not closed
    starts : (n + 1,) where each face's ring starts in `corners`
    community : (n,) community code of each face
    block : (n,) street block of each face
    urban : (n,) whether the face is built up
    """

    vertices: np.ndarray
    corners: np.ndarray
    starts: np.ndarray
    community: np.ndarray
    block: np.ndarray
    urban: np.ndarray

    def __len__(self) -> int:
        return len(self.community)

    @cached_property
    def polygons(self) -> np.ndarray:
        """(n,) faces as polygons [m]."""
        count = np.diff(self.starts)
        face = np.repeat(np.arange(len(self)), count)
        first = self.corners[self.starts[:-1]]
        closed = np.insert(self.corners, self.starts[1:], first)
        face = np.insert(face, self.starts[1:], np.arange(len(self)))
        rings = shapely.linearrings(self.vertices[closed] / 1000, indices=face)
        return np.asarray(shapely.polygons(rings))

    @cached_property
    def doubled_areas(self) -> np.ndarray:
        """(n,) twice the area of each face in mm2, exact integers."""
        after = np.arange(1, len(self.corners) + 1)
        after[self.starts[1:] - 1] = self.starts[:-1]
        a = self.vertices[self.corners]
        b = self.vertices[self.corners[after]]
        # differences to the face's first vertex keep the products inside 64 bits
        origin = np.repeat(a[self.starts[:-1]], np.diff(self.starts), axis=0)
        a, b = a - origin, b - origin
        cross = a[:, 0] * b[:, 1] - b[:, 0] * a[:, 1]
        return np.asarray(np.add.reduceat(cross, self.starts[:-1]))

    @cached_property
    def edges(self) -> tuple[np.ndarray, np.ndarray]:
        """Each edge once: (e, 2) vertex numbers and (e, 2) faces beside it.

        The second face is -1 along the outer border.
        """
        after = np.arange(1, len(self.corners) + 1)
        after[self.starts[1:] - 1] = self.starts[:-1]
        pair = np.sort(np.column_stack((self.corners, self.corners[after])), axis=1)
        face = np.repeat(np.arange(len(self)), np.diff(self.starts))
        key = pair[:, 0] * len(self.vertices) + pair[:, 1]
        order = np.argsort(key, kind="stable")
        key, pair, face = key[order], pair[order], face[order]
        first = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
        twice = np.r_[first[1:], len(key)] - first > 1
        beside = np.full(len(first), -1)
        beside[twice] = face[first[twice] + 1]
        return pair[first], np.column_stack((face[first], beside))


def build_mesh(cells: Sequence[Cell]) -> Mesh:
    """The mesh of all cells, with the end of each cut set into the face beyond it.

    Notes
    -----
    A cut ends on the lattice point nearest to its true end, up to 0.71 mm beside
    the edge that it meets, and cuts that meet it in turn drift by as much again.
    Putting the end into the neighbour's edge closes the sliver: both faces then
    run through the same vertices. Other vertices keep metres of distance.
    """
    count = np.array([len(cell.ring) for cell in cells])
    starts = np.concatenate(([0], np.cumsum(count)))
    flat = np.array([vertex for cell in cells for vertex in cell.ring], dtype=np.int64)
    vertices, corners = np.unique(flat, axis=0, return_inverse=True)
    corners = corners.reshape(-1)
    inserted = _inserted(vertices, corners, starts)
    rings: list[int] = []
    new_starts = [0]
    listed, bounds = corners.tolist(), starts.tolist()
    for low, high in pairwise(bounds):
        ring = listed[low:high]
        for a, b in zip(ring, ring[1:] + ring[:1], strict=True):
            rings.append(a)
            between = inserted.get((min(a, b), max(a, b)))
            if between:
                rings += between if a < b else between[::-1]
        new_starts.append(len(rings))
    return Mesh(
        vertices=vertices,
        corners=np.array(rings),
        starts=np.array(new_starts),
        community=np.array([cell.community for cell in cells]),
        block=np.array([cell.block for cell in cells]),
        urban=np.array([cell.urban for cell in cells]),
    )


def _inserted(
    vertices: np.ndarray, corners: np.ndarray, starts: np.ndarray
) -> dict[tuple[int, int], list[int]]:
    """Vertices that lie on an edge without being its ends, in order from its lower."""
    after = np.arange(1, len(corners) + 1)
    after[starts[1:] - 1] = starts[:-1]
    edges = np.unique(
        np.sort(np.column_stack((corners, corners[after])), axis=1), axis=0
    )
    metres = vertices / 1000
    lines = shapely.linestrings(metres[edges])
    tree = shapely.STRtree(lines)
    hit_vertex, hit_edge = tree.query(
        shapely.points(metres), predicate="dwithin", distance=_TOUCH_M
    )
    inner = (edges[hit_edge] != hit_vertex[:, None]).all(axis=1)
    hit_vertex, hit_edge = hit_vertex[inner], hit_edge[inner]
    a, b = metres[edges[hit_edge, 0]], metres[edges[hit_edge, 1]]
    along = ((metres[hit_vertex] - a) * (b - a)).sum(axis=1)
    along /= ((b - a) ** 2).sum(axis=1)
    between = (along > 0) & (along < 1)
    order = np.lexsort((along[between], hit_edge[between]))
    found: dict[tuple[int, int], list[int]] = {}
    for edge, vertex in zip(
        hit_edge[between][order].tolist(),
        hit_vertex[between][order].tolist(),
        strict=True,
    ):
        low, high = edges[edge].tolist()
        found.setdefault((low, high), []).append(vertex)
    return found
