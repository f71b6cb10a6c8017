"""Rows for every layer, made from the catalogue alone.

Three features per layer, around one point of the city. What is hidden from some
level holds a marked value, so that a test can look for the mark in what is served.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import psycopg
from psycopg import sql

from layers import Catalogue, Column, Layer, Level, load_codes

LON, LAT = 120.16, 30.27
COUNT = 3
ZONE_CODES = {
    "district": "330106",
    "street": "330106001",
    "community": "330106001001",
    "unit_grid": "330106001001001",
}
#: Marks begin so; the level from which the value may be seen follows.
MARK = "canary"
HIDDEN_NUMBERS = {Level.STAFF: 7654301, Level.RESTRICTED: 7654302}
HIDDEN_DATES = {Level.STAFF: date(1957, 3, 11), Level.RESTRICTED: date(1957, 3, 12)}


def marks_hidden_from(level: Level) -> list[bytes]:
    """Byte strings that must never be served to a level."""
    found: list[bytes] = []
    for other in Level:
        if other > level:
            found += [
                f"{MARK}-{other.label}".encode(),
                str(HIDDEN_NUMBERS[other]).encode(),
                HIDDEN_DATES[other].isoformat().encode(),
            ]
    return found


def code_of(layer: Layer, index: int) -> str:
    if layer.access > Level.PUBLIC:
        return f"{MARK}-{layer.access.label}-{layer.id}-{index}"
    root = ZONE_CODES.get(layer.id)
    if root:
        return str(int(root) + index)
    return f"{layer.id}-{index}"


def shape_of(layer: Layer, index: int) -> str | None:
    """WKT in lon, lat."""
    x, y = LON + index * 0.002, LAT + index * 0.001
    x2, y2 = x + 0.001, y + 0.001
    ring = f"(({x} {y}, {x2} {y}, {x2} {y2}, {x} {y2}, {x} {y}))"
    line = f"({x} {y}, {x2} {y2})"
    return {
        "Point": f"POINT({x} {y})",
        "LineString": f"LINESTRING{line}",
        "MultiLineString": f"MULTILINESTRING({line})",
        "Polygon": f"POLYGON{ring}",
        "MultiPolygon": f"MULTIPOLYGON({ring})",
        "none": None,
    }[layer.geometry]


def value_of(catalogue: Catalogue, layer: Layer, name: str, index: int) -> Any:
    column = layer.all_columns[name]
    level = layer.column_access(name)
    hidden = level > Level.PUBLIC
    match column.type:
        case "text" if column.references:
            return code_of(catalogue[column.references], index)
        case "text":
            mark = f"{MARK}-{level.label}-{layer.id}-{name}" if hidden else name
            return f'{mark} <b>"杭州"\\ & 中文 {index}'
        case "code":
            codes = list(load_codes(str(column.codes)))
            return codes[index % len(codes)]
        case "integer" | "number":
            return HIDDEN_NUMBERS[level] if hidden else _number(column, index)
        case "boolean":
            return index % 2 == 0
        case "date":
            return HIDDEN_DATES[level] if hidden else date(2015, 6, 1 + index)
        case "datetime":
            return datetime(2015, 6, 1 + index, 8, 30, tzinfo=UTC)
    raise AssertionError(column.type)


def _number(column: Column, index: int) -> float:
    low = column.min if column.min is not None else 0
    if column.max is not None and column.max < low + COUNT:
        return low + (column.max - low) * (index + 1) / 8
    return low + index if column.type == "integer" else low + index + 0.125


def rows_of(catalogue: Catalogue, layer: Layer) -> Iterator[dict[str, Any]]:
    for index in range(COUNT):
        row = {
            name: value_of(catalogue, layer, name, index) for name in layer.all_columns
        }
        row |= {
            "code": code_of(layer, index),
            "valid_from": date(2012, 1, 1),
            "valid_to": None,
            "source": "test",
            "synthetic": True,
        }
        if layer.audience:
            # of these a level sees its own rows and those of the levels below
            level = Level(index + 1)
            row[layer.audience] = level.label
            if level > Level.PUBLIC:
                row["name"] = f"{MARK}-{level.label}-row"
        yield row


def fill(dsn: str, catalogue: Catalogue) -> None:
    """Write the rows of every layer."""
    with psycopg.connect(dsn) as connection:
        for layer in catalogue.values():
            for index, row in enumerate(rows_of(catalogue, layer)):
                insert(connection, layer, row, shape_of(layer, index))


def insert(
    connection: psycopg.Connection[Any],
    layer: Layer,
    row: dict[str, Any],
    wkt: str | None,
) -> None:
    columns = [sql.Identifier(name) for name in row]
    values: list[sql.Composable] = [sql.Placeholder() for _ in row]
    parameters = list(row.values())
    if layer.geometry != "none":
        columns += [sql.Identifier("geom"), sql.Identifier("geom_m")]
        values += [
            sql.SQL("ST_GeomFromText(%s, 4490)"),
            sql.SQL("ST_Transform(ST_GeomFromText(%s, 4490), 4549)"),
        ]
        parameters += [wkt, wkt]
    connection.execute(
        sql.SQL("INSERT INTO city.{} ({}) VALUES ({})").format(
            sql.Identifier(layer.id),
            sql.SQL(", ").join(columns),
            sql.SQL(", ").join(values),
        ),
        parameters,
    )
