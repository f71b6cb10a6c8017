"""The examples in the docstrings hold; compiling ahead leaves nothing to compile."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import numpy as np
import pytest
import shapely

from processes.kernels import visibility
from processes.kernels.visibility import placed, rays, relief
from processes.kernels.written import written_out
from tests.bench.view_scene import EAST, NORTH, houses

ROOMS = [room.name for room in pkgutil.iter_modules(visibility.__path__)]


@pytest.mark.parametrize("room", ROOMS)
def test_examples(room: str) -> None:
    module = importlib.import_module(f"{visibility.__name__}.{room}")
    assert doctest.testmod(module).failed == 0


def machine_code() -> dict[str, int]:
    """Number of compiled forms of every compiled function."""
    found = {}
    for room in ROOMS:
        module = importlib.import_module(f"{visibility.__name__}.{room}")
        for name, thing in vars(module).items():
            if hasattr(thing, "signatures") and hasattr(thing, "py_func"):
                found[f"{thing.__module__}.{name}"] = len(thing.signatures)
    return found


def test_compiled_ahead() -> None:
    """What set-up compiled is all that answers need: nothing is compiled for them."""
    visibility.compile_ahead()
    before = machine_code()
    random = np.random.default_rng(1)
    index = visibility.build_index(houses(random, 100), random.uniform(3, 20, 100))
    x, y = EAST + np.array([100.0, 170.0]), NORTH + np.array([100.0, 170.0])
    visibility.build_index(written_out(shapely.to_wkb(index.outline)))
    pair = visibility.Cameras(x, y, np.array([20.0, np.nan]), np.array([90.0, 360.0]))
    far, near = np.array([[90.0, 30.0], [60.0, 20.0]]), np.array([3.0, 0.0])
    high = np.array([12.0, 9.0])
    views = visibility.camera_views(index, pair, far, near)
    visibility.visible_areas(index, pair, far, near)
    visibility.dependency_views(index, pair, far[:, 0])
    visibility.views_over_roofs(index, pair, high, far, near)
    one, other = rays.high_point_views(index, pair, high, far[:, 0], near)
    rays.seen_cells(other, x[1], y[1], 2.0)
    rays.seen_cells(one, x[0], y[0], 2.0)
    ground = relief.Ground(np.zeros((90, 90)), EAST - 30, NORTH + 300, 4.0)
    relief.high_point_over_relief(
        index, pair.only(np.array([1])), 9.0, 60.0, 0.0, ground
    )
    terms = placed.expansion(placed.stencil(x, y, 300.0)[0], 300.0)
    placed.placed(
        views.buffers[0], views.start[0], views.size[0], np.zeros(2, np.int64),
        views.x, views.y, terms, terms, 4490,
    )  # fmt: skip
    assert machine_code() == before
    assert before["processes.kernels.visibility.placed._move"] == 1
