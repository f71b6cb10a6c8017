"""Scorecard rows to the matrix that the page shows: targets × districts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gis.publish.basemap import Json
from gis.publish.scale import (
    digits_for,
    distance_class,
    distance_points,
    figure,
    is_met,
)

CITY = "city"


@dataclass(frozen=True)
class Cell:
    """One value of the matrix as it is shown.

    Parameters
    ----------
    zone : code of the district, ``city`` for the whole
    text : the value as text
    gap : the distance with its sign as text
    index : class of the distance; len(breaks) is met, one more has no value
    row : the process's row, None where the zone is not in scope
    """

    zone: str
    text: str
    gap: str
    index: int
    row: Json | None

    @property
    def tint(self) -> str:
        """CSS class of the fill; empty where the target is met or nothing is known."""
        return f"t{self.index}" if self.row is not None and self.index < 4 else ""


@dataclass(frozen=True)
class Line:
    """One target with its cells."""

    target: Json
    city: Cell
    cells: Sequence[Cell] = field(default_factory=tuple)

    @property
    def has_zones(self) -> bool:
        """Whether any district has a value or a reason of its own."""
        return any(cell.row is not None for cell in self.cells)

    @property
    def bar(self) -> tuple[float, float] | None:
        """Lengths of the bullet bar and place of its target, percent of the bar."""
        value = self.city.row["value"] if self.city.row else None
        goal = self.target["value"]
        if value is None or goal is None:
            return None
        top = max(100.0 if self.target["unit"] == "%" else 0.0, value, goal) or 1.0
        return max(value, 0.0) / top * 100, goal / top * 100


def build_lines(
    targets: Iterable[Json],
    rows: Iterable[Json],
    zones: Sequence[str],
    breaks: Sequence[float],
) -> list[Line]:
    """Return one line per target, in the order of the targets.

    Parameters
    ----------
    targets : the plan's targets
    rows : ``target``, ``zone_id``, ``value``, ``state`` and more, the city's too
    zones : codes of the districts in official order
    breaks : of the distance scale [points]
    """
    by_key: dict[tuple[str, str], Json] = {
        (row["target"], row["zone_id"]): row for row in rows
    }
    return [
        Line(
            target=target,
            city=_cell(target, CITY, by_key.get((target["id"], CITY)), breaks),
            cells=tuple(
                _cell(target, zone, by_key.get((target["id"], zone)), breaks)
                for zone in zones
            ),
        )
        for target in targets
    ]


def _cell(target: Json, zone: str, row: Json | None, breaks: Sequence[float]) -> Cell:
    if row is not None and row["state"] == "out_of_scope":
        row = None
    value = row["value"] if row is not None else None
    if row is None or value is None or target["value"] is None:
        text = figure(value, None) if value is not None else ""
        return Cell(zone, text, "", len(breaks) + 1, row)
    distance = distance_points(value, target)
    digits = 1 if is_met(value, target) else digits_for(value, target, 1)
    return Cell(
        zone=zone,
        text=figure(value, target),
        gap=f"{distance:+.{digits}f}".replace("-", "−"),
        index=distance_class(value, target, breaks),
        row=row,
    )


def summary(lines: Iterable[Line], breaks: Sequence[float]) -> dict[str, int]:
    """Return how many measured targets are met, near and far, and the reported.

    Parameters
    ----------
    lines : the matrix
    breaks : of the distance scale; ``breaks[1]`` parts near from far

    Returns
    -------
    ``measured``, ``met``, ``near``, ``far``, ``nodata``, ``reported``.
    """
    counts = dict.fromkeys(("measured", "met", "near", "far", "nodata", "reported"), 0)
    for line in lines:
        if not line.target["measured"]:
            counts["reported"] += 1
            continue
        counts["measured"] += 1
        index = line.city.index
        if index > len(breaks):
            counts["nodata"] += 1
        elif index == len(breaks):
            counts["met"] += 1
        else:
            counts["near" if index >= 2 else "far"] += 1
    return counts


def by_theme(lines: Iterable[Line]) -> list[tuple[Mapping[str, str], list[Line]]]:
    """Return the lines grouped by the theme of their targets, order kept."""
    groups: dict[str, tuple[Mapping[str, str], list[Line]]] = {}
    for line in lines:
        theme = line.target["theme"]
        groups.setdefault(theme["zh"], (theme, []))[1].append(line)
    return list(groups.values())


def remark(text: str | None, lang: str) -> str:
    """A remark written as "zh / en" in one language.

    Examples
    --------
    >>> remark("分母为 0 / nothing here", "en"), remark(None, "zh")
    ('nothing here', '')
    """
    if not text:
        return ""
    zh, mark, en = text.partition(" / ")
    return (zh if lang == "zh" else en) if mark else text
