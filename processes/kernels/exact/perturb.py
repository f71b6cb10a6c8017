"""Step 1: symbolic perturbation; exact signs that are never zero.

Every shape is thought to be shifted by its priority p times (epsilon, epsilon * eta),
with eta far below epsilon and epsilon far below anything. Areas change continuously
with the shift, so that the limit is exact, and nothing ever coincides: common edges,
touching corners, duplicates and slivers are ordinary cases. Coordinates are integers;
differences stay below 2**30 mm, products below 2**62.
"""

from __future__ import annotations

from processes.kernels.exact.compile import bare, inlined
from processes.kernels.exact.scene import Truth, Whole


@inlined
def tie(point_priority: Whole, edge_priority: Whole, dx: Whole, dy: Whole) -> Whole:
    """Side of a point that lies exactly on an edge of direction (dx, dy): left > 0."""
    side = dx if dy == 0 else -dy
    return side if point_priority > edge_priority else -side


@bare
def crossing(
    px: Whole, py: Whole, qx: Whole, qy: Whole, p_priority: Whole,
    ax: Whole, ay: Whole, bx: Whole, by: Whole, a_priority: Whole,
) -> Whole:  # fmt: skip
    """How edge p-q passes edge a-b: 1 from its right to its left, -1 back, 0 not."""
    dx = bx - ax
    dy = by - ay
    p_side = dx * (py - ay) - dy * (px - ax)
    q_side = dx * (qy - ay) - dy * (qx - ax)
    if p_side == 0:
        p_side = tie(p_priority, a_priority, dx, dy)
    if q_side == 0:
        q_side = tie(p_priority, a_priority, dx, dy)
    if (p_side > 0) == (q_side > 0):
        return 0
    dx = qx - px
    dy = qy - py
    a_side = dx * (ay - py) - dy * (ax - px)
    b_side = dx * (by - py) - dy * (bx - px)
    if a_side == 0:
        a_side = tie(a_priority, p_priority, dx, dy)
    if b_side == 0:
        b_side = tie(a_priority, p_priority, dx, dy)
    if (a_side > 0) == (b_side > 0):
        return 0
    return 1 if q_side > 0 else -1


@bare
def is_left(
    x2: Whole, y2: Whole, ax: Whole, ay: Whole, bx: Whole, by: Whole,
    point_priority: Whole, edge_priority: Whole,
) -> Truth:  # fmt: skip
    """Whether the point (x2 / 2, y2 / 2) lies left of the edge a-b."""
    dx = bx - ax
    dy = by - ay
    side = dx * (y2 - 2 * ay) - dy * (x2 - 2 * ax)
    if side == 0:
        side = tie(point_priority, edge_priority, dx, dy)
    return side > 0


@inlined
def _common_way(
    px: Whole, py: Whole, qx: Whole, qy: Whole, ax: Whole, ay: Whole, bx: Whole,
    by: Whole,
) -> tuple[Whole, Whole, Whole]:  # fmt: skip
    """Where an edge a-b of the same straight begins and ends along p-q, and its end.

    Notes
    -----
    All times the length of p-q [mm2].
    """
    dx = qx - px
    dy = qy - py
    whole = dx * dx + dy * dy
    a_at = dx * (ax - px) + dy * (ay - py)
    b_at = dx * (bx - px) + dy * (by - py)
    return max(min(a_at, b_at), 0), min(max(a_at, b_at), whole), whole


@bare
def runs_beside(
    px: Whole, py: Whole, qx: Whole, qy: Whole, p_priority: Whole,
    ax: Whole, ay: Whole, bx: Whole, by: Whole, a_priority: Whole,
) -> Truth:  # fmt: skip
    """Whether p-q lies on the edge a-b for some way, and is taken to be right of it."""
    dx = bx - ax
    dy = by - ay
    if dx * (py - ay) != dy * (px - ax) or dx * (qy - ay) != dy * (qx - ax):
        return False
    begin, end, _ = _common_way(px, py, qx, qy, ax, ay, bx, by)
    beside: Truth = begin < end and tie(p_priority, a_priority, dx, dy) < 0
    return beside


@bare
def shared_way(
    px: Whole, py: Whole, qx: Whole, qy: Whole, ax: Whole, ay: Whole, bx: Whole,
    by: Whole,
) -> tuple[float, float]:  # fmt: skip
    """Shares of the way from p to q between which the edge a-b lies on it."""
    begin, end, whole = _common_way(px, py, qx, qy, ax, ay, bx, by)
    return begin / whole, end / whole


@inlined
def along(
    px: Whole,
    py: Whole,
    qx: Whole,
    qy: Whole,
    ax: Whole,
    ay: Whole,
    bx: Whole,
    by: Whole,
) -> float:
    """Share of the way from p to q at which the line a-b is met.

    Notes
    -----
    They cross, or else lie on one straight: then where what they share begins.
    """
    dx = bx - ax
    dy = by - ay
    p_side = float(dx * (py - ay) - dy * (px - ax))
    q_side = float(dx * (qy - ay) - dy * (qx - ax))
    if p_side == q_side:
        begin, _, whole = _common_way(px, py, qx, qy, ax, ay, bx, by)
        return begin / whole
    return p_side / (p_side - q_side)
