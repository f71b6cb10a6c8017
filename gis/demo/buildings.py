"""Buildings: rows, towers, courts and halls in town, houses in the hamlets."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from gis.demo.frames import build_frame, numbered, one_of
from gis.demo.ground import Ground

_SETBACK_M = 6.0


@dataclass(frozen=True)
class Template:
    """One way of building on a cell: equal houses on a lattice.

    Parameters
    ----------
    length_m, depth_m : of one building
    pitch_u_m, pitch_v_m : lattice steps along and across
    court_m : width of the wings around an inner court; 0 is a solid block
    levels : least and most storeys
    phase : where the lattice sits about the cell's middle, in steps
    """

    name: str
    use: str
    length_m: float
    depth_m: float
    pitch_u_m: float
    pitch_v_m: float
    court_m: float
    levels: tuple[int, int]
    phase: tuple[float, float] = (0.0, 0.0)


_TEMPLATES = (
    Template("slab", "residential", 30, 12, 34, 22, 0, (4, 7), (0.5, 0)),
    Template("tower", "residential", 22, 18, 32, 32, 0, (16, 33), (0.5, 0.5)),
    Template("court", "residential", 58, 46, 80, 70, 12, (5, 8)),
    Template("podium", "commercial", 46, 28, 52, 36, 0, (3, 6), (0, 0.5)),
    Template("office", "office", 28, 20, 33, 30, 0, (9, 28), (0.5, 0.5)),
    Template("school", "public", 36, 13, 42, 23, 0, (3, 5), (0.5, 0)),
    Template("hall", "industrial", 44, 20, 50, 28, 0, (1, 3), (0, 0.5)),
    Template("pavilion", "public", 14, 10, 60, 60, 0, (1, 2)),
)
_NUMBER = {t.name: i for i, t in enumerate(_TEMPLATES)}
_MIX = {
    "residential": (("slab", "tower", "court"), (0.52, 0.33, 0.15)),
    "commercial": (("podium", "office"), (0.5, 0.5)),
    "public": (("school", "office"), (0.8, 0.2)),
    "industrial": (("hall", "office"), (0.85, 0.15)),
    "green": (("pavilion",), (1.0,)),
}
_HOUSE = Template("house", "rural", 12, 10, 19, 17, 0, (2, 4))
_STOREY_M = 3.1


@dataclass(frozen=True)
class Buildings:
    """Footprints [m] with the cell they stand in."""

    code: np.ndarray
    shape: np.ndarray
    cell: np.ndarray
    use: np.ndarray
    levels: np.ndarray
    height_m: np.ndarray
    kind_of_cell: np.ndarray


def build_up(ground: Ground) -> Buildings:
    """Buildings that keep clear of their cell's edge, of each other and of water."""
    random = ground.stream("buildings")
    template = np.full(len(ground.mesh), -1)
    for use, (names, shares) in _MIX.items():
        cells = ground.urban(use)
        drawn = one_of(random, names, shares, len(cells))
        template[cells] = [_NUMBER[name] for name in drawn]
    town = _town(ground, template)
    left = max(ground.size.buildings - len(town[0]), 0)
    village = _hamlets(ground, random, left)
    shape = np.concatenate((town[0], village[0]))[: ground.size.buildings]
    cell = np.concatenate((town[1], village[1]))[: ground.size.buildings]
    in_town = np.arange(len(cell)) < len(town[0])
    number = np.where(in_town, template[cell], len(_TEMPLATES))
    every = (*_TEMPLATES, _HOUSE)
    low = np.array([t.levels[0] for t in every])[number]
    high = np.array([t.levels[1] for t in every])[number]
    levels = random.integers(low, high + 1)
    uses = np.array([t.use for t in every], dtype=object)
    kinds = np.full(len(ground.mesh), None, dtype=object)
    of_template = np.array([t.name for t in every], dtype=object)
    kinds[template >= 0] = of_template[template[template >= 0]]
    return Buildings(
        code=numbered("B", len(shape)),
        shape=shape,
        cell=cell,
        use=uses[number],
        levels=levels,
        height_m=np.round(levels * _STOREY_M + random.uniform(0, 1.5, len(levels)), 1),
        kind_of_cell=kinds,
    )


def _town(ground: Ground, template: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Footprints and cells of the built-up area."""
    shapes, cells = [], []
    angle = _directions(ground)
    for number, kind in enumerate(_TEMPLATES):
        here = np.flatnonzero(template == number)
        i, j = np.meshgrid(np.arange(-2.0, 3), np.arange(-3.0, 4), indexing="ij")
        steps = np.column_stack(
            (
                (i.ravel() + kind.phase[0]) * kind.pitch_u_m,
                (j.ravel() + kind.phase[1]) * kind.pitch_v_m,
            )
        )
        shape, cell = _placed(ground, here, angle[here], steps, kind)
        shapes.append(shape)
        cells.append(cell)
    return np.concatenate(shapes), np.concatenate(cells)


def _hamlets(
    ground: Ground, random: np.random.Generator, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Footprints and cells of houses around the middle of each hamlet."""
    here = np.flatnonzero(ground.hamlet)
    if not count or not len(here):
        return np.empty(0, dtype=object), np.empty(0, dtype=np.int64)
    half = int(np.ceil(np.sqrt(2.2 * count / len(here)) / 2)) + 1
    i, j = np.meshgrid(np.arange(-half, half + 1), np.arange(-half, half + 1))
    steps = np.column_stack(
        (i.ravel() * _HOUSE.pitch_u_m, j.ravel() * _HOUSE.pitch_v_m)
    )
    steps = steps[np.argsort(np.hypot(*steps.T), kind="stable")]
    turn = random.uniform(-0.4, 0.4, len(here))
    shape, cell = _placed(ground, here, turn, steps, _HOUSE)
    wish = random.lognormal(0, 0.35, len(ground.mesh))
    order = np.argsort(cell, kind="stable")
    first = np.flatnonzero(np.r_[True, np.diff(cell[order]) != 0])
    rank = np.arange(len(order)) - np.repeat(first, np.diff(np.r_[first, len(order)]))
    # houses near the middle come first, in hamlets of different size
    keep = order[np.argsort(rank / wish[cell[order]], kind="stable")[:count]]
    keep.sort()
    return shape[keep], cell[keep]


def _placed(
    ground: Ground,
    cells: np.ndarray,
    angle: np.ndarray,
    steps: np.ndarray,
    kind: Template,
) -> tuple[np.ndarray, np.ndarray]:
    """Lattice buildings that fit inside their cell, less the setback, and dry."""
    inner = shapely.buffer(
        ground.mesh.polygons[cells], -_SETBACK_M, join_style="mitre", quad_segs=1
    )
    middle = ground.centre[cells]
    big = shapely.area(inner) > 0
    middle[big] = shapely.get_coordinates(shapely.centroid(inner[big]))
    shapely.prepare(inner)
    owner = np.repeat(np.arange(len(cells)), len(steps))
    step = np.tile(steps, (len(cells), 1))
    cos, sin = np.cos(angle)[owner], np.sin(angle)[owner]

    def turned(u: np.ndarray, v: np.ndarray, k: np.ndarray) -> np.ndarray:
        turn = np.column_stack((u * cos[k] - v * sin[k], u * sin[k] + v * cos[k]))
        return np.asarray(middle[owner[k]] + turn)

    kept = np.arange(len(owner))
    u, v = kind.length_m / 2, kind.depth_m / 2
    ends = ((0, 0), (-u, -v), (u, -v), (u, v), (-u, v))
    for du, dv in ends:
        xy = turned(step[kept, 0] + du, step[kept, 1] + dv, kept)
        kept = kept[shapely.contains_xy(inner[owner[kept]], xy[:, 0], xy[:, 1])]
    corners = np.stack(
        [turned(step[kept, 0] + du, step[kept, 1] + dv, kept) for du, dv in ends[1:]],
        axis=1,
    ).round(3)
    if kind.court_m:
        a, b = u - kind.court_m, v - kind.court_m
        holes = np.stack(
            [
                turned(step[kept, 0] + du, step[kept, 1] + dv, kept)
                for du, dv in ((-a, -b), (-a, b), (a, b), (a, -b))
            ],
            axis=1,
        ).round(3)
        shape = shapely.polygons(corners, holes=shapely.linearrings(holes)[:, None])
    else:
        shape = shapely.polygons(corners)
    whole = shapely.contains(inner[owner[kept]], shape)
    for _, _, water in ground.landscape.waters:
        shapely.prepare(water)
        whole &= ~shapely.intersects(water, shape)
    return shape[whole], cells[owner[kept]][whole]


def _directions(ground: Ground) -> np.ndarray:
    """(n,) direction of each face's longest edge, within 45 degrees of east [rad]."""
    mesh = ground.mesh
    after = np.arange(1, len(mesh.corners) + 1)
    after[mesh.starts[1:] - 1] = mesh.starts[:-1]
    run = mesh.vertices[mesh.corners[after]] - mesh.vertices[mesh.corners]
    length = np.hypot(run[:, 0], run[:, 1])
    face = np.repeat(np.arange(len(mesh)), np.diff(mesh.starts))
    order = np.lexsort((length, face))
    longest = run[order[mesh.starts[1:] - 1]]
    angle = np.arctan2(longest[:, 1], longest[:, 0])
    return np.asarray((angle + np.pi / 4) % (np.pi / 2) - np.pi / 4)


def building_frame(ground: Ground, buildings: Buildings) -> gpd.GeoDataFrame:
    """The layer building."""
    return build_frame(
        buildings.shape,
        code=buildings.code,
        seed=ground.seed,
        use=buildings.use,
        height_m=buildings.height_m,
        levels=buildings.levels,
    )
