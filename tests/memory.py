"""An in-memory city that honours the Reader port, for tests of processes.

Geometries are WKT in metres from a round origin, so that arithmetic by hand stays
short; the Reader delivers them shifted into the working CRS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from itertools import count
from typing import Any

import numpy as np
import shapely

from gis.db.cql_text import read_text
from layers import (
    Catalogue,
    City,
    Features,
    Level,
    load_catalogue,
    load_city,
    load_codes,
    transformer,
)
from processes import Ledger, Relief, Snapshot

_numbers = count()
ORIGIN = (500_000.0, 3_350_000.0)
Row = Mapping[str, Any]


class MemoryReader:
    """Rows by layer: code, geometry (WKT or shapely, local metres) and columns."""

    def __init__(
        self,
        rows: Mapping[str, Sequence[Row]],
        *,
        level: Level = Level.RESTRICTED,
        catalogue: Catalogue | None = None,
        city: City | None = None,
    ) -> None:
        self.rows = {layer: list(given) for layer, given in rows.items()}
        self.level = level
        self.catalogue = catalogue or _catalogue()
        self.city = city or load_city()
        self.versions = dict.fromkeys(rows, 1)
        self.number = next(_numbers)
        self.ground: Relief | None = None
        self.asked: list[tuple[str, date | None]] = []
        self.ledger: Ledger | None = None

    def version(self, layer: str) -> int:
        return self.versions.get(layer, 0)

    def snapshot(self, layer: str, as_of: date | None) -> Snapshot:
        return Snapshot(f"memory {self.number}", layer, self.version(layer), str(as_of))

    def features(
        self,
        layer: str,
        *,
        columns: Sequence[str] = (),
        where: str | None = None,
        as_of: date | None = None,
        codes: Sequence[str] | None = None,
        geometry: bool = True,
    ) -> Features:
        self.asked.append((layer, as_of))
        declared = self.catalogue[layer]
        unknown = set(columns) - set(declared.all_columns)
        assert not unknown, f"{layer}: no columns {unknown}"
        day = as_of or date(2026, 1, 1)
        condition = read_text(where) if where else None
        kept = [
            row
            for row in sorted(self.rows.get(layer, []), key=lambda row: row["code"])
            if _valid(row, day)
            and (codes is None or row["code"].startswith(tuple(codes)))
            and (condition is None or holds(condition, row) is True)
        ]
        shapes = np.full(len(kept), None, dtype=object)
        if geometry:
            for i, row in enumerate(kept):
                shapes[i] = moved(row.get("geometry"))
        return Features(
            layer,
            self.city.working_srid,
            self.version(layer),
            _text([row["code"] for row in kept]),
            shapes,
            {
                name: _column(
                    declared.all_columns[name].type, [row.get(name) for row in kept]
                )
                for name in columns
            },
        )

    def locate(
        self, x: float, y: float, *, as_of: date | None = None
    ) -> Mapping[str, Mapping[str, object]]:
        point = shapely.Point(x, y)
        found: dict[str, Mapping[str, object]] = {}
        for layer in self.city.zones:
            zones = self.features(layer, as_of=as_of)
            for code, shape in zip(zones.code, zones.geometry, strict=True):
                if shape.intersects(point):
                    row = next(r for r in self.rows[layer] if r["code"] == code)
                    found[layer] = {k: v for k, v in row.items() if k != "geometry"}
                    break
        return found

    def relief(
        self,
        layer: str,
        x: float,
        y: float,
        reach_m: float,
        *,
        as_of: date | None = None,
    ) -> Relief | None:
        return self.ground

    def codes(self, table: str) -> Mapping[str, Mapping[str, str]]:
        return load_codes(table)


@cache
def _catalogue() -> Catalogue:
    return load_catalogue()


def moved(geometry: object) -> shapely.Geometry | None:
    """A local geometry in the working CRS."""
    if geometry is None:
        return None
    shape = shapely.from_wkt(geometry) if isinstance(geometry, str) else geometry
    return shapely.transform(shape, lambda xy: xy + np.array(ORIGIN))


def _lonlat(shape: shapely.Geometry) -> shapely.Geometry:
    change = transformer(load_city().working_srid, load_city().stored_srid)
    return shapely.transform(shape, lambda xy: np.column_stack(change.transform(*xy.T)))


def _day(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _valid(row: Row, day: date) -> bool:
    start, end = row.get("valid_from", "2000-01-01"), row.get("valid_to")
    return _day(start) <= day and (end is None or _day(end) > day)


def _text(values: Sequence[object]) -> Any:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _column(kind: str, values: Sequence[Any]) -> Any:
    if kind in ("integer", "number"):
        return np.array([np.nan if v is None else float(v) for v in values], np.float64)
    if kind == "datetime":
        return np.array(
            [None if v is None else str(v) for v in values], "datetime64[us]"
        )
    if kind == "date":
        return np.array(
            [None if v is None else str(v) for v in values], "datetime64[D]"
        )
    return _text(values)


def holds(node: Any, row: Row) -> Any:
    """Truth of a CQL2 node for a row; None where SQL would say unknown."""
    if not isinstance(node, dict):
        return node
    if "property" in node:
        return row.get(node["property"])
    op, args = node["op"].lower(), node["args"]
    if op == "and":
        return all(holds(arg, row) is True for arg in args)
    if op == "or":
        return any(holds(arg, row) is True for arg in args)
    if op == "not":
        inner = holds(args[0], row)
        return None if inner is None else not inner
    if op == "isnull":
        return holds(args[0], row) is None
    if op == "s_intersects":
        west, south, east, north = args[1]["bbox"]
        shape = moved(row.get("geometry"))
        box_ = shapely.box(west, south, east, north)
        return shape is not None and bool(shapely.intersects(_lonlat(shape), box_))
    left = holds(args[0], row)
    if op == "in":
        return None if left is None else left in args[1]
    right = holds(args[1], row)
    if left is None or right is None:
        return None
    return {
        "=": left == right,
        "<>": left != right,
        "<": left < right if op == "<" else None,
        "<=": left <= right if op == "<=" else None,
        ">": left > right if op == ">" else None,
        ">=": left >= right if op == ">=" else None,
    }[op]


def box(x0: float, y0: float, x1: float, y1: float) -> str:
    """WKT of a rectangle."""
    return shapely.box(x0, y0, x1, y1).wkt


def two_towns() -> dict[str, list[dict[str, Any]]]:
    """Two square districts of 1 km2, a street each, two communities of 0.5 km2 each."""

    def zone(code: str, name: str, *corners: float, **more: str) -> dict[str, Any]:
        return {"code": code, "name": name, "geometry": box(*corners), **more}

    return {
        "district": [
            zone("330106", "西湖区", 0, 0, 1000, 1000),
            zone("330109", "萧山区", 1000, 0, 2000, 1000),
        ],
        "street": [
            zone("330106001", "西街", 0, 0, 1000, 1000, district_code="330106"),
            zone("330109001", "东街", 1000, 0, 2000, 1000, district_code="330109"),
        ],
        "community": [
            zone("330106001001", "一", 0, 0, 500, 1000, street_code="330106001"),
            zone("330106001002", "二", 500, 0, 1000, 1000, street_code="330106001"),
            zone("330109001001", "三", 1000, 0, 1500, 1000, street_code="330109001"),
            zone("330109001002", "四", 1500, 0, 2000, 1000, street_code="330109001"),
        ],
    }
