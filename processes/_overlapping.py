"""Zones that lie on one another: edits are answered by measuring the whole anew.

The kernel that follows edits needs zones that do not overlap. A border that was loaded
with a sliver must not stop what-if and live figures: they take as long as `coverage`
then, and give its figures to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from processes._engine import Ground, covered_ground, covered_lines
from processes.kernels.arrays import GeometryArray, IntArray


@dataclass(frozen=True, eq=False)
class Anew:
    """What shapes cover of zones that overlap. Make it with `measured_anew`.

    Parameters
    ----------
    part : (n,) zones
    shape : (m,) what covers; None covers nothing
    lines : what is covered; None: the ground of the zones
    coverage : as `coverage` measures it
    """

    part: GeometryArray
    shape: GeometryArray
    lines: GeometryArray | None
    coverage: Ground
    worn: int = 0

    def edited(self, gone: IntArray, added: GeometryArray) -> Anew:
        """Without some shapes, by position, and with others behind the last."""
        shape = np.concatenate([self.shape, added])
        shape[gone] = None
        return measured_anew(self.part, shape, self.lines)


def measured_anew(
    part: GeometryArray, shape: GeometryArray, lines: GeometryArray | None = None
) -> Anew:
    """What shapes cover of zones, or of lines in them, now."""
    held = shape[~shapely.is_missing(shape)]
    if lines is None:
        found = covered_ground("exact", part, held, 1)
    else:
        found = covered_lines("exact", part, lines, held, 1)
    return Anew(part, shape, lines, found)
