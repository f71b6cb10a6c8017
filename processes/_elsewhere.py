"""Other machines that measure cities, where a deployment has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the kernel is read when something is measured
    from processes.kernels.exact import City, Partial

#: A packed city to the sums of all its strips.
Elsewhere = Callable[["City"], "Partial"]
_machines: Elsewhere | None = None


def measure_elsewhere(machines: Elsewhere | None) -> None:
    """Have cities measured by other machines from now on; None: by this one."""
    global _machines  # noqa: PLW0603  # chosen once, when a program starts
    _machines = machines


def elsewhere() -> Elsewhere | None:
    """The machines that were chosen; None: this one measures."""
    return _machines
