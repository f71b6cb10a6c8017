"""Roads along the edges of blocks: one connected network, noded at every junction."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from gis.demo.frames import build_frame, numbered
from gis.demo.ground import Ground
from gis.demo.landscape import NORTH_BANK, SOUTH_BANK

_CLASSES = ("expressway", "arterial", "collector", "local")
_BRIDGE, _BRIDGE_STEP_M = 4, 4_000.0
# class: lanes, width [m], speed limit [km/h]
_DESIGN = {
    "expressway": (6, 32.0, 80.0),
    "arterial": (6, 28.0, 60.0),
    "collector": (4, 18.0, 40.0),
    "local": (2, 9.0, 30.0),
}


@dataclass(frozen=True)
class Roads:
    """Segments from junction to junction.

    Parameters
    ----------
    code : (n,) natural keys
    line : (n,) linestrings [m]
    road_class : (n,) code of the table road_class
    face : (n,) a face beside each segment
    urban : (n,) whether it serves the built-up area
    """

    code: np.ndarray
    line: np.ndarray
    road_class: np.ndarray
    face: np.ndarray
    urban: np.ndarray


def lay_roads(ground: Ground) -> Roads:
    """Every block edge of the built-up area and every community border, joined."""
    mesh = ground.mesh
    pairs, faces = mesh.edges
    kind = _kinds(ground, pairs, faces)
    dry = kind >= 0
    bridge, beside = _bridges(ground, pairs[dry], faces[dry, 0])
    pairs = np.concatenate((pairs, bridge))
    faces = np.concatenate((faces, np.column_stack((beside, beside))))
    kind = np.concatenate((kind, np.full(len(bridge), _BRIDGE)))
    chosen = np.flatnonzero(kind >= 0)
    chains = _largest(_chains(pairs[chosen], kind[chosen]))
    edge = chosen[np.array([edges[0] for edges, _ in chains])]
    point = np.concatenate([vertices for _, vertices in chains])
    index = np.repeat(np.arange(len(chains)), [len(v) for _, v in chains])
    line = shapely.linestrings(mesh.vertices[point] / 1000, indices=index)
    classes = np.array([*_CLASSES, "arterial"], dtype=object)
    return Roads(
        code=numbered("R", len(chains)),
        line=line,
        road_class=classes[kind[edge]],
        face=faces[edge, 0],
        urban=mesh.urban[faces[edge]].any(axis=1) & (kind[edge] != _BRIDGE),
    )


def _bridges(
    ground: Ground, pairs: np.ndarray, face: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Vertices on both banks that a bridge joins, and a face beside each bridge.

    Every few kilometres of the river the nearest road ends on either bank are
    joined, where that line crosses no other road.
    """
    none = np.empty((0, 2), dtype=np.int64), np.empty(0, dtype=np.int64)
    midstream = ground.landscape.midstream
    if midstream is None or shapely.is_empty(midstream):
        return none
    metres = ground.mesh.vertices / 1000
    ends = metres[pairs]
    lines = shapely.linestrings(ends)
    tree = shapely.STRtree(lines)
    south = np.isin(ground.district[face], SOUTH_BANK)
    north = np.isin(ground.district[face], NORTH_BANK)
    found, beside = [], []
    for part in shapely.get_parts(midstream):
        for at in np.arange(1500.0, shapely.length(part), _BRIDGE_STEP_M):
            here = shapely.get_coordinates(shapely.line_interpolate_point(part, at))[0]
            away = np.hypot(*(ends[:, 0] - here).T)
            a = int(np.argmin(np.where(south, away, np.inf)))
            b = int(np.argmin(np.where(north, away, np.inf)))
            if max(away[a], away[b]) > _BRIDGE_STEP_M / 3:
                continue
            deck = shapely.linestrings([ends[a, 0], ends[b, 0]])
            if not len(tree.query(deck, predicate="crosses")):
                found.append((pairs[a, 0], pairs[b, 0]))
                beside.append(face[a])
    unique = sorted(set(zip(found, beside, strict=True)))
    if not unique:
        return none
    return np.array([f for f, _ in unique]), np.array([b for _, b in unique])


def _kinds(ground: Ground, pairs: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Class number of each edge, -1 where no road runs."""
    left, right = faces.T
    inner = right >= 0
    right = np.where(inner, right, left)
    urban = ground.mesh.urban
    near_town = urban[left] | urban[right]
    community = ground.community

    def differs(digits: int) -> np.ndarray:
        _, index = np.unique(
            np.array([code[:digits] for code in community]), return_inverse=True
        )
        return np.asarray(index[left] != index[right])

    _, of_code = np.unique(community, return_inverse=True)
    mixed = np.bincount(of_code, urban) > 0
    # open land beside built-up land keeps its tracks, else the town is an island
    serves = near_town | mixed[of_code[left]]
    kind = np.full(len(left), -1)
    kind[(ground.mesh.block[left] != ground.mesh.block[right]) & serves] = 3
    kind[differs(12)] = np.where(near_town, 2, 3)[differs(12)]
    kind[differs(9)] = np.where(near_town, 1, 2)[differs(9)]
    kind[differs(6) & near_town] = 0
    middle = ground.mesh.vertices[pairs].mean(axis=1) / 1000
    kind[~inner | ground.landscape.in_water(middle)] = -1
    return kind


def _chains(pairs: np.ndarray, kind: np.ndarray) -> list[tuple[list[int], list[int]]]:
    """(edges, vertices) of each run between junctions or changes of class."""
    at: dict[int, list[int]] = defaultdict(list)
    ends = pairs.tolist()
    for edge, (a, b) in enumerate(ends):
        at[a].append(edge)
        at[b].append(edge)
    kinds = kind.tolist()
    stops = {
        vertex
        for vertex, edges in at.items()
        if len(edges) != 2 or kinds[edges[0]] != kinds[edges[1]]
    }
    used = [False] * len(ends)
    chains = []
    for start in [*sorted(stops), *at]:
        for first in at[start]:
            if used[first]:
                continue
            edges, vertices, edge, here = [], [start], first, start
            while True:
                used[edge] = True
                edges.append(edge)
                a, b = ends[edge]
                here = b if here == a else a
                vertices.append(here)
                if here in stops or here == start:
                    break
                edge = next(e for e in at[here] if e != edge)
            chains.append((edges, vertices))
    return chains


def _largest(
    chains: list[tuple[list[int], list[int]]],
) -> list[tuple[list[int], list[int]]]:
    """The chains of the largest connected network."""
    root: dict[int, int] = {}

    def find(vertex: int) -> int:
        while root.setdefault(vertex, vertex) != vertex:
            root[vertex] = root[root[vertex]]
            vertex = root[vertex]
        return vertex

    for _, vertices in chains:
        root[find(vertices[0])] = find(vertices[-1])
    size: dict[int, int] = defaultdict(int)
    for _, vertices in chains:
        size[find(vertices[0])] += 1
    best = max(size, key=lambda vertex: (size[vertex], -vertex))
    return [chain for chain in chains if find(chain[1][0]) == best]


def road_frame(ground: Ground, roads: Roads) -> gpd.GeoDataFrame:
    """The layer road."""
    named = {c.code: c.name for d in ground.districts for c in d.communities}
    street = {s.code: s.name for d in ground.districts for s in d.streets}
    name = []
    for code, road_class in zip(
        ground.community[roads.face], roads.road_class, strict=True
    ):
        if road_class in ("expressway", "arterial"):
            suffix = "快速路" if road_class == "expressway" else "大道"
            name.append(_stem(street[code[:9]]) + suffix)
        else:
            suffix = "路" if road_class == "collector" else "巷"
            name.append(_stem(named[code]) + suffix)
    design = np.array([_DESIGN[c] for c in roads.road_class])
    return build_frame(
        roads.line,
        code=roads.code,
        name=name,
        seed=ground.seed,
        columns={"class": roads.road_class},
        lanes=design[:, 0].astype(np.int64),
        width_m=design[:, 1],
        speed_kmh=design[:, 2],
        oneway=np.zeros(len(roads.code), dtype=bool),
        length_m=np.round(shapely.length(roads.line), 3),
    )


_SUFFIXES = ("类似社区", "居委会", "村委会", "社区", "街道", "村", "镇", "乡")


def _stem(name: str) -> str:
    """A place's name without the word for what it is."""
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and len(name) > len(suffix) + 1:
            return name.removesuffix(suffix)
    return name
