"""What the tests of this folder share."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    """No figure of these tests has to wait for the kernels to be compiled."""
    from processes.kernels.exact import warm

    warm()
