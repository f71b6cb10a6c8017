"""The seeded cities of the coverage benchmark: views, sectors, catchments; zones."""

from __future__ import annotations

import numpy as np
import shapely

from tests.kernels.exact.scenes import quarters, sectors

SIDE_M = 30_000.0
ACROSS = 57


def zones(side_m: float, seed: int) -> np.ndarray:
    """Communities: crooked quadrangles that tile the city."""
    return quarters(ACROSS, side_m, seed)


def views(n: int, side_m: float, seed: int) -> np.ndarray:
    """What cameras see between buildings: 66 corners, near and far by turns."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, side_m, (2, n))
    steps = 32
    span = np.radians(rng.uniform(60, 360, n))
    begin = rng.uniform(0, 2 * np.pi, n)
    edge = np.sort(rng.uniform(0, 1, (n, steps + 1)), axis=1)
    edge = (edge - edge[:, :1]) / (edge[:, -1:] - edge[:, :1])
    angle = begin[:, None] + span[:, None] * edge * 0.999
    far = rng.uniform(20, 120, n)[:, None] * rng.beta(1.5, 1.0, (n, steps))
    ring = np.empty((n, 2 * steps + 2, 2))
    ring[:, 0] = ring[:, -1] = np.stack([x, y], axis=-1)
    for k, at in ((1, angle[:, :-1]), (2, angle[:, 1:])):
        ring[:, k : 2 * steps + 1 : 2, 0] = x[:, None] + far * np.cos(at)
        ring[:, k : 2 * steps + 1 : 2, 1] = y[:, None] + far * np.sin(at)
    shapes = shapely.polygons(np.round(ring + 500_000, 3))
    return shapes[shapely.is_valid(shapes)]


def catchments(n: int, side_m: float, seed: int) -> np.ndarray:
    """Walking reach of a quarter of an hour, 60 corners: dozens over every place."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, side_m, (2, n))
    corners = 60
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    reach = rng.uniform(800, 1200, (n, 1)) * rng.uniform(0.8, 1.0, (n, corners))
    ring = np.stack(
        [x[:, None] + reach * np.cos(angle), y[:, None] + reach * np.sin(angle)],
        axis=-1,
    )
    return shapely.polygons(np.round(ring + 500_000, 3))


def services(kind: str, n: int, side_m: float, seed: int) -> np.ndarray:
    """The services of a kind."""
    make = {"views": views, "sectors": sectors, "catchments": catchments}
    return make[kind](n, side_m, seed)
