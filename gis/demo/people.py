"""Residents: points whose sum in each district is the census."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from gis.demo.frames import build_frame
from gis.demo.ground import Ground

_PERSONS_PER_VILLAGE = 1_300
_MOST_RURAL = 0.72
_SHARE_60_PLUS = (0.11, 0.17, 0.26)
_PERSONS_PER_HOUSEHOLD = 2.6


@dataclass(frozen=True)
class People:
    """Population points.

    Parameters
    ----------
    cell : (n,) face that each point lies in
    place : (n, 2) metres
    population, over_60 : (n,) whole persons
    """

    cell: np.ndarray
    place: np.ndarray
    population: np.ndarray
    over_60: np.ndarray

    def per_division(self, ground: Ground, digits: int) -> dict[str, int]:
        """Residents by the first digits of the community code."""
        keys = np.array([code[:digits] for code in ground.community[self.cell]])
        found, index = np.unique(keys, return_inverse=True)
        sums = np.bincount(index, weights=self.population)
        return {k: int(s) for k, s in zip(found.tolist(), sums, strict=True)}


def settle_people(ground: Ground) -> People:
    """Residents spread over dwellings and hamlets.

    Every district gets exactly its census, by largest remainders; villages get
    about their own size and the built-up area the rest.
    """
    random = ground.stream("people")
    cell, rural = _inhabited(ground)
    offset = random.uniform(-12, 12, (len(cell), 2))
    place = ground.centre[cell] + offset
    polygon = ground.mesh.polygons[cell]
    outside = ~shapely.contains_xy(polygon, place[:, 0], place[:, 1])
    place[outside] = ground.centre[cell[outside]]
    weight = random.lognormal(0, 0.45, len(cell))
    weight *= np.where(rural, 1.0, ground.area_m2[cell] / 10_000)
    population = np.zeros(len(cell), dtype=np.int64)
    for district in ground.districts:
        here = ground.district[cell] == district.code
        village = np.flatnonzero(here & rural)
        town = np.flatnonzero(here & ~rural)
        villages = len(np.unique(ground.community[cell[village]]))
        share = min(villages * _PERSONS_PER_VILLAGE / district.population, _MOST_RURAL)
        in_villages = round(district.population * share) if len(village) else 0
        if not len(town):
            in_villages = district.population
        population[village] = apportioned(in_villages, weight[village])
        population[town] = apportioned(district.population - in_villages, weight[town])
    share_60 = random.triangular(*_SHARE_60_PLUS, len(cell))
    share_60 = np.where(rural, np.minimum(share_60 + 0.05, 1), share_60)
    over_60 = np.minimum(np.rint(population * share_60).astype(np.int64), population)
    return People(cell, place, population, over_60)


def apportioned(total: int, weight: np.ndarray) -> np.ndarray:
    """(n,) whole numbers in proportion to the weights that add up to the total.

    Examples
    --------
    >>> apportioned(10, np.array([1.0, 1.0, 1.0])).tolist()
    [4, 3, 3]
    """
    if not len(weight):
        return np.zeros(0, dtype=np.int64)
    exact = weight / weight.sum() * total
    whole: np.ndarray = np.floor(exact).astype(np.int64)
    left = total - int(whole.sum())
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[:left]] += 1
    return whole


def _inhabited(ground: Ground) -> tuple[np.ndarray, np.ndarray]:
    """Face of each point, and whether it is a hamlet; no community stays empty."""
    town = ground.urban("residential")
    hamlets = np.flatnonzero(ground.hamlet)
    wanted = max(ground.size.population_points - len(town), len(hamlets))
    village = np.repeat(hamlets, -(-wanted // max(len(hamlets), 1)))
    used = np.unique(ground.community[np.concatenate((town, village))])
    communities, first = np.unique(ground.community, return_index=True)
    empty = first[~np.isin(communities, used)]
    is_town = ground.mesh.urban[empty]
    town = np.sort(np.concatenate((town, empty[is_town])))
    village = np.sort(np.concatenate((village, empty[~is_town])))
    cell = np.concatenate((town, village))
    return cell, np.arange(len(cell)) >= len(town)


def population_points(ground: Ground, people: People) -> gpd.GeoDataFrame:
    """The layer population_point."""
    community = ground.community[people.cell]
    households = np.ceil(people.population / _PERSONS_PER_HOUSEHOLD).astype(np.int64)
    order = np.argsort(community, kind="stable")
    sorted_codes = community[order]
    first = np.flatnonzero(np.r_[True, sorted_codes[1:] != sorted_codes[:-1]])
    rank = np.arange(len(order)) - np.repeat(first, np.diff(np.r_[first, len(order)]))
    sequence = np.empty(len(order), dtype=np.int64)
    sequence[order] = rank + 1
    code = [f"{c}P{s:03d}" for c, s in zip(community, sequence, strict=True)]
    return build_frame(
        shapely.points(people.place),
        code=code,
        seed=ground.seed,
        population=people.population,
        population_60_plus=people.over_60,
        households=households,
        community_code=community,
    )
