"""What each cell of the mesh is used for, and the real divisions it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from gis.demo.facts import District
from gis.demo.landscape import Landscape
from gis.demo.mesh import Mesh
from gis.demo.size import Size, stream

_USES = ("residential", "commercial", "public", "industrial", "green")
_HAMLET_MIN_M2 = 20_000.0
# from the seat to the edge of the built-up area
_MIX_CENTRE = np.array((0.56, 0.22, 0.12, 0.02, 0.08))
_MIX_EDGE = np.array((0.58, 0.06, 0.07, 0.22, 0.07))


@dataclass(frozen=True)
class Ground:
    """The mesh with what the generators of things need to know of each face.

    Parameters
    ----------
    centre : (n, 2) a point inside each face [m]
    area_m2 : (n,)
    district : (n,) district code
    land_use : (n,) code of the table land_use
    hamlet : (n,) whether houses stand on a face outside the built-up area
    """

    seed: int
    size: Size
    districts: Sequence[District]
    landscape: Landscape
    mesh: Mesh
    centre: np.ndarray
    area_m2: np.ndarray
    district: np.ndarray
    land_use: np.ndarray
    hamlet: np.ndarray

    def stream(self, *purpose: str) -> np.random.Generator:
        """The random stream of a purpose."""
        return stream(self.seed, *purpose)

    def urban(self, *uses: str) -> np.ndarray:
        """Numbers of the built-up faces with one of the uses, or of all of them."""
        chosen = self.mesh.urban
        return np.flatnonzero(chosen & np.isin(self.land_use, uses) if uses else chosen)

    @property
    def community(self) -> np.ndarray:
        """(n,) community code of each face."""
        return self.mesh.community


def lay_ground(
    districts: Sequence[District],
    landscape: Landscape,
    mesh: Mesh,
    size: Size,
    seed: int,
) -> Ground:
    """Land use block by block: mixed in the centre, industry towards the edge."""
    random = stream(seed, "ground")
    centre = shapely.get_coordinates(shapely.point_on_surface(mesh.polygons))
    district = np.array([code[:6] for code in mesh.community])
    blocks, first, of_block = np.unique(
        mesh.block, return_index=True, return_inverse=True
    )
    seat = np.empty((len(blocks), 2))
    radius = np.empty(len(blocks))
    for one in districts:
        here = district[first] == one.code
        seat[here] = one.seat
        radius[here] = np.sqrt(one.built_up_m2 * size.built_up_share / np.pi)
    out = np.hypot(*(centre[first] - seat).T) / radius
    out = np.clip(out / 1.6, 0, 1)[:, None]
    mix = np.cumsum((1 - out) * _MIX_CENTRE + out * _MIX_EDGE, axis=1)
    drawn = (random.random(len(blocks))[:, None] > mix).sum(axis=1)
    use = np.array(_USES, dtype=object)[np.minimum(drawn, len(_USES) - 1)][of_block]
    area = mesh.doubled_areas / 2e6
    wet = landscape.in_water(centre)
    open_land = np.where(wet, "water", np.where(area < 60_000, "green", "rural"))
    land_use = np.where(mesh.urban, use, open_land)
    return Ground(
        seed=seed,
        size=size,
        districts=districts,
        landscape=landscape,
        mesh=mesh,
        centre=centre,
        area_m2=area,
        district=district,
        land_use=land_use,
        hamlet=~mesh.urban & ~wet & (area >= _HAMLET_MIN_M2),
    )
