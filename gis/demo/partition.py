"""A district cut into streets, communities, blocks and cells, each within the last."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from gis.demo.cuts import Junctions, Ring, doubled_area, long_axis, split
from gis.demo.facts import District, Named
from gis.demo.landscape import Landscape
from gis.demo.size import Size, stream

SNAP_MM = 6_000
_ROUGH_M2 = 120_000.0
_BLOCK_M2 = (34_000.0, 58_000.0)
_CELL_M2 = 14_000.0
_POINTS_PER_COMMUNITY = 48


@dataclass(frozen=True)
class Cell:
    """One face of the mesh: a unit grid before it has its number.

    `block` is the number of the street block it lies in, unique in the city.
    """

    ring: Ring
    community: str
    block: int
    urban: bool


@dataclass(frozen=True)
class _Region:
    """Rings of one region, and the sample points inside it [m]."""

    rings: list[Ring]
    points: np.ndarray


def cut_district(
    district: District,
    landscape: Landscape,
    size: Size,
    seed: int,
    junctions: Junctions,
    first_block: int,
) -> list[Cell]:
    """Cells that fill the district, grouped by community code.

    Parameters
    ----------
    junctions : shared by all districts, so that neighbours' cuts meet
    first_block : number of the first block
    """
    return _Cutter(district, landscape, size, seed, junctions).cells(first_block)


class _Cutter:
    """The cuts of one district."""

    def __init__(
        self,
        district: District,
        landscape: Landscape,
        size: Size,
        seed: int,
        junctions: Junctions,
    ) -> None:
        self.district = district
        self.landscape = landscape
        self.size = size
        self.random = stream(seed, "partition", district.code)
        self.junctions = junctions
        for ring in district.rings:
            junctions.add(ring)

    def cells(self, first_block: int) -> list[Cell]:
        """Every cell of the district."""
        streets = self._streets()
        towns = self.district.centre_towns()
        centres = [
            streets[street.code].points.mean(axis=0)
            for street in towns
            if len(streets[street.code].points)
        ]
        self.landscape.settle(self.district, np.array(centres).reshape(-1, 2))
        found: list[Cell] = []
        block = first_block
        for street in self.district.streets:
            members = self.district.communities_of(street.code)
            leaves: dict[str, _Region] = {}
            self._share_out(streets[street.code], members, [1] * len(members), leaves)
            for community in members:
                made = self._fill(leaves[community.code], community.code, block)
                block = made[-1].block + 1
                found += made
        return found

    def _streets(self) -> dict[str, _Region]:
        """Region of each street; streets with more villages lie farther out."""
        members = {
            s.code: self.district.communities_of(s.code) for s in self.district.streets
        }

        def rural_share(street: Named) -> float:
            own = members[street.code]
            return sum(c.kind != "residents" for c in own) / max(len(own), 1)

        order = sorted(self.district.streets, key=lambda s: (rural_share(s), s.code))
        count = sum(len(own) for own in members.values())
        spread = self.landscape.samples(self.district, 60_000)
        weight = self.landscape.density(self.district, spread)
        picked = self.random.choice(
            len(spread),
            min(count * _POINTS_PER_COMMUNITY, 30_000),
            replace=False,
            p=weight / weight.sum(),
        )
        whole = _Region(list(self.district.rings), spread[picked])
        leaves: dict[str, _Region] = {}
        weights = [max(len(members[s.code]), 1) for s in order]
        self._share_out(whole, order, weights, leaves)
        return leaves

    def _share_out(
        self,
        region: _Region,
        members: Sequence[Named],
        weights: Sequence[int],
        leaves: dict[str, _Region],
    ) -> None:
        """Cut a region so that each member has its share of the sample points."""
        if len(members) == 1:
            leaves[members[0].code] = region
            return
        running = np.cumsum(weights)
        middle = int(np.argmin(abs(running[:-1] - running[-1] / 2))) + 1
        share = running[middle - 1] / running[-1]
        near, far = self._cut_region(region, share)
        self._share_out(near, members[:middle], weights[:middle], leaves)
        self._share_out(far, members[middle:], weights[middle:], leaves)

    def _cut_region(self, region: _Region, share: float) -> tuple[_Region, _Region]:
        """Two parts; the one nearer to the district's seat holds `share` of the points.

        Raises
        ------
        RuntimeError : no clean cut was found, which a border of ordinary detail allows
        """
        points = self._points_in(region)
        for attempt in range(200):
            centred = points - points.mean(axis=0)
            _, axes = np.linalg.eigh(np.cov(centred.T))
            angle = math.atan2(axes[1, -1], axes[0, -1])
            angle += self.random.normal(0, 0.12 + 0.02 * attempt)
            normal = np.array((math.cos(angle), math.sin(angle)))
            away = centred @ normal
            seat = (np.array(self.district.seat) - points.mean(axis=0)) @ normal
            if seat > 0:
                angle, away = angle + math.pi, -away
            wobble = self.random.normal(0, 0.01 + 0.004 * attempt)
            level = float(np.quantile(away, float(np.clip(share + wobble, 0.04, 0.96))))
            x, y = points.mean(axis=0) + level * np.array(
                (math.cos(angle), math.sin(angle))
            )
            parts = self._cut_rings(region.rings, x, y, angle)
            if parts is not None:
                behind = away < level
                return (
                    _Region(parts[0], points[behind]),
                    _Region(parts[1], points[~behind]),
                )
        raise RuntimeError(f"district {self.district.code}: a region resists every cut")

    def _points_in(self, region: _Region) -> np.ndarray:
        """The region's sample points; a starved region gets its corners instead."""
        if len(region.points) >= 8:
            return region.points
        corners = np.concatenate([np.array(r) / 1000 for r in region.rings])
        centre = corners.mean(axis=0)
        return np.concatenate((corners, centre + 0.5 * (corners - centre)))

    def _cut_rings(
        self, rings: list[Ring], x: float, y: float, angle: float
    ) -> tuple[list[Ring], list[Ring]] | None:
        """Both sides of a line through a region, none where the cut is not clean."""
        sides: tuple[list[Ring], list[Ring]] = ([], [])
        cuts = 0
        for ring in rings:
            parts = split(ring, x * 1000, y * 1000, angle, self.junctions)
            if parts is not None:
                sides[0].extend(parts[0])
                sides[1].extend(parts[1])
                cuts += 1
                continue
            offsets = [
                (vx - x * 1000) * math.cos(angle) + (vy - y * 1000) * math.sin(angle)
                for vx, vy in ring
            ]
            if min(offsets) < 0 < max(offsets):
                return None
            sides[int(max(offsets) > 0)].append(ring)
        return sides if sides[0] and sides[1] and cuts else None

    def _fill(self, region: _Region, community: str, block: int) -> list[Cell]:
        """Cells of one community."""
        found: list[Cell] = []
        for ring in region.rings:
            for piece in self._until(ring, self._is_rough):
                centre = np.array([long_axis(piece)[:2]]) / 1000
                if not self.landscape.is_urban(self.district.code, centre)[0]:
                    found.append(Cell(piece, community, block, urban=False))
                    block += 1
                    continue
                limit = self.random.uniform(*_BLOCK_M2)
                for built in self._until(piece, partial(_is_within, limit)):
                    found += [
                        Cell(ring, community, block, urban=True)
                        for ring in self._until(built, partial(_is_within, _CELL_M2))
                    ]
                    block += 1
        return found

    def _is_rough(self, ring: Ring) -> bool:
        """Whether a piece is small enough to be all built up or all open."""
        area = _area(ring)
        if area <= _ROUGH_M2:
            return True
        if area > self.size.rural_cell_m2:
            return False
        corners = np.array(ring) / 1000
        low, high = corners.min(axis=0), corners.max(axis=0)
        steps = (np.arange(6) + 0.5) / 6
        grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
        points = np.concatenate((corners, low + grid * (high - low)))
        return not self.landscape.is_urban(self.district.code, points).any()

    def _until(self, ring: Ring, is_done: Callable[[Ring], bool]) -> list[Ring]:
        """Halve a piece until each part is done, or no clean cut is left."""
        done: list[Ring] = []
        waiting = [ring]
        while waiting:
            piece = waiting.pop()
            parts = None if is_done(piece) else self._halve(piece)
            if parts is None:
                done.append(piece)
            else:
                waiting += parts
        return done

    def _halve(self, ring: Ring) -> list[Ring] | None:
        """Two or more parts of a piece, cut across its long axis."""
        x, y, axis = long_axis(ring)
        for attempt in range(10):
            jitter = 0.05 + 0.05 * attempt
            angle = axis + self.random.normal(0, jitter)
            reach = math.sqrt(_area(ring)) * 1000 * 0.06 * (1 + attempt)
            shift = self.random.uniform(-reach, reach)
            parts = split(
                ring,
                x + shift * math.cos(angle),
                y + shift * math.sin(angle),
                angle,
                self.junctions,
            )
            if parts is None:
                continue
            pieces = parts[0] + parts[1]
            if min(map(_area, pieces)) >= 0.2 * _area(ring) / len(pieces):
                return pieces
        return None


def _area(ring: Ring) -> float:
    """Area in square metres."""
    return doubled_area(ring) / 2e6


def _is_within(limit_m2: float, ring: Ring) -> bool:
    """Whether a piece is as small as the limit."""
    return _area(ring) <= limit_m2
