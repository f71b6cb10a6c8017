"""How large a demo city is, and where its random numbers come from."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np


@dataclass(frozen=True)
class Size:
    """Counts and scales of one size of the demo.

    Parameters
    ----------
    districts : codes; empty means the whole city
    built_up_share : of the built-up area that data/hangzhou plans per district
    rural_cell_m2 : where cells outside the built-up area stop being cut
    buildings, cameras, population_points, components, facilities : wanted counts
    cases, observation_days : how much there is of what grows with time
    """

    name: str
    districts: tuple[str, ...]
    built_up_share: float
    rural_cell_m2: float
    buildings: int
    cameras: int
    population_points: int
    components: int
    cases: int
    observation_days: int


SIZES: Mapping[str, Size] = MappingProxyType(
    {
        "small": Size(
            name="small",
            districts=("330106",),
            built_up_share=0.11,
            rural_cell_m2=2_500_000,
            buildings=3_000,
            cameras=1_600,
            population_points=1_200,
            components=600,
            cases=300,
            observation_days=3,
        ),
        "city": Size(
            name="city",
            districts=(),
            built_up_share=1.0,
            rural_cell_m2=3_000_000,
            buildings=400_000,
            cameras=100_000,
            population_points=60_000,
            components=20_000,
            cases=10_000,
            observation_days=14,
        ),
    }
)


def stream(seed: int, *purpose: str) -> np.random.Generator:
    """A random stream of its own for one purpose, the same for the same seed.

    Each purpose draws from its own stream, so that a change in one generator does
    not move every feature of the others.
    """
    words = [zlib.crc32(word.encode()) for word in purpose]
    return np.random.default_rng(np.random.SeedSequence([seed, *words]))
