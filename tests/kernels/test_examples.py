"""The examples in docstrings are true."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import numpy as np
import pytest

import processes

ROOT = Path(processes.__file__).parent
MODULES = sorted(
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
    for folder in (ROOT, ROOT / "kernels")
    for path in folder.glob("*.py")
    if path.stem != "__init__"
)


@pytest.mark.parametrize("name", [*MODULES, "gis.disclosure"])
def test_examples(name: str) -> None:
    with np.printoptions(legacy=False):
        failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0
