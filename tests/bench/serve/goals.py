"""What must hold, what was measured, and whether it does."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

Goal = dict[str, object]
_PEERS = ("tipg", "mapserver", "qgis")


class Goals:
    """Goals in the order in which they were measured."""

    def __init__(self) -> None:
        self.found: list[Goal] = []

    def at_least(
        self, of: str, name: str, seconds: Mapping[str, float], peer: str, goal: float
    ) -> None:
        """How many times faster than a peer."""
        if peer in seconds:
            self.ratio(of, name, seconds[peer] / seconds["citygrid"], goal)

    def fastest(
        self, of: str, name: str, seconds: Mapping[str, float], goal: float
    ) -> None:
        """How many times faster than the fastest peer."""
        there = {peer: seconds[peer] for peer in _PEERS if peer in seconds}
        if there:
            peer = min(there, key=lambda one: there[one])
            self.ratio(of, name, there[peer] / seconds["citygrid"], goal, peer=peer)

    def ratio(
        self, of: str, name: str, measured: float, goal: float, **more: object
    ) -> None:
        """A ratio that must be reached."""
        self._add(of, name, measured, goal, measured >= goal, "at least", more)

    def at_most(self, of: str, name: str, measured: float, goal: float) -> None:
        """A figure that must not be exceeded."""
        self._add(of, name, measured, goal, measured <= goal, "at most", {})

    def _add(
        self, of: str, name: str, measured: float, goal: float, holds: bool,
        kind: str, more: Mapping[str, object],
    ) -> None:  # fmt: skip
        self.found.append(
            {
                "id": f"{of}-{name}",
                "measured": round(measured, 3),
                "goal": goal,
                "kind": kind,
                "holds": bool(holds),
                **more,
            }
        )

    def table(self, samples: Mapping[str, Mapping[str, list[float]]]) -> str:
        """The goals and the medians, for a terminal."""
        lines = [f"{'goal':34} {'measured':>10}  {'must be':>14}"]
        for one in self.found:
            wanted = f"{one['kind']} {one['goal']}"
            mark = "" if one["holds"] else "   MISSED"
            peer = f" ({one['peer']})" if "peer" in one else ""
            lines.append(
                f"{one['id']:34} {one['measured']:>10}  {wanted:>14}{mark}{peer}"
            )
        lines.append("\nmedians: ms with one client, answers per second with eight")
        for name, by_server in samples.items():
            eight = name.endswith("x8")
            plain = name in ("memory_mb", "abandoned", "tile_cells")
            told = " ".join(
                f"{server}={median(v) * (1 if eight or plain else 1000):.2f}"
                for server, v in by_server.items()
            )
            lines.append(f"{name:22} {told}")
        return "\n".join(lines) + "\n"
