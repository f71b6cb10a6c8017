"""One exact kernel for every shape: what is covered, how deep, in every zone and cell.

No union is ever built. Every edge of every shape is followed once; how many services
lie over it is known from exact signs of integers, and what it adds to each sum is a
closed form. Room by room, in the order of the steps:

1. `decode`, `pack`, `chain`, `doubles`, `build`: geometries, or their bytes, to whole
   millimetres; `simple`: which of them that may break; `scene`: the words and the
   state; `frame`: origin, grid and units.
   `perturb`: symbolic perturbation, signs that are never zero.
2. `bins`: edges sorted into output cells.
3. `references`: the state at one point of every cell; `survey`: steps 2 and 3.
4. `crossings`, `runs`, `subgrid`, `events`: which edges cross which, in what order.
5. `skip`: cells so deep that nothing in them counts.
6. `queries`: which states are asked, where chains begin; `starts`: the way there;
   `on_edge`: points on outlines are held.
7. `chains`, `emit`, `areas`: the state along every chain, and what each piece adds.
8. `chains`: every ring must come back to the state it began with.
9. `standing`, `stock`, `boxes`: edits; `vicinity`, `few`, `window`: their surroundings,
   measured before and after.
10. `threads`, `solve`: all of it in parts, on several threads; `parts`: on several
    machines, whole numbers that are added.

`city` is what is measured together, `exact` is the door, `places` asks it about places
that overlap, `figures` turns whole-number sums into metres; `compile` keeps the machine
code, `ahead` has it made.
Every limit is checked and named in a ValueError: extent, cells, vertices, shapes and
zones in `build`; depths and entries of cells in `survey`; arguments, and that zones do
not overlap, in `exact` and `apart`.
Shapes must be valid: that is not checked here.
"""

from __future__ import annotations

from processes.kernels.exact.ahead import warm
from processes.kernels.exact.apart import OverlappingZones, overlap_m2
from processes.kernels.exact.chain import Chains
from processes.kernels.exact.city import City, packed_shapes
from processes.kernels.exact.decode import boxes_of
from processes.kernels.exact.exact import exact_coverage, mended
from processes.kernels.exact.figures import Cells, ExactCoverage, Measure
from processes.kernels.exact.parts import (
    Partial,
    finish,
    packed,
    partial,
    piece,
    strips,
)
from processes.kernels.exact.places import (
    covered_each,
    covered_share_each,
    disjoint_groups,
)
from processes.kernels.exact.simple import mended_bytes
from processes.kernels.exact.solve import NotClosed, Tuning
from processes.kernels.exact.standing import Refused, Standing, stand
from processes.kernels.exact.threads import Stopped

__all__ = [
    "Cells",
    "Chains",
    "City",
    "ExactCoverage",
    "Measure",
    "NotClosed",
    "OverlappingZones",
    "Partial",
    "Refused",
    "Standing",
    "Stopped",
    "Tuning",
    "boxes_of",
    "covered_each",
    "covered_share_each",
    "disjoint_groups",
    "exact_coverage",
    "finish",
    "mended",
    "mended_bytes",
    "overlap_m2",
    "packed",
    "packed_shapes",
    "partial",
    "piece",
    "stand",
    "strips",
    "warm",
]
