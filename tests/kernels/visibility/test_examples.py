"""The examples in the docstrings hold; compiling ahead leaves nothing to compile."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

from processes.kernels import visibility

ROOMS = [room.name for room in pkgutil.iter_modules(visibility.__path__)]


@pytest.mark.parametrize("room", ROOMS)
def test_examples(room: str) -> None:
    module = importlib.import_module(f"{visibility.__name__}.{room}")
    assert doctest.testmod(module).failed == 0


def test_compiled_ahead() -> None:
    chunk = importlib.import_module(f"{visibility.__name__}.chunk")
    visibility.compile_ahead()
    assert len(chunk.views_of.signatures) == 1
