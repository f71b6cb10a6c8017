"""One feature as JSON text: an SQL expression, made once per layer, level and output.

Each value is made text by its column's type and all are concatenated around
ST_AsGeoJSON; this costs more than finding the rows. So texts are not escaped one by
one: where all of them together hold nothing to escape, they stand as they are.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from psycopg import sql

from gis.db.boxes import DEGREES_SRID
from layers import City, Column, Layer, Level

_DIGITS = 15
#: Types of columns that hold text.
_TEXTS = ("text", "code")

#: Text as it is, and expressions.
_Part = str | sql.Composable


@dataclass(frozen=True)
class Output:
    """What of a feature goes out, and how: hashable, one SQL text each."""

    columns: tuple[str, ...] | None = None
    geometry: bool = True
    srid: int = DEGREES_SRID
    flip: bool = False
    fg: bool = False


def build_feature(
    layer: Layer, level: Level, output: Output, city: City, *, many: bool = True
) -> sql.Composable:
    """SQL expression of one feature as JSON text.

    Parameters
    ----------
    many : for many rows; for a few to look for what must be escaped does not pay
    """
    seen = layer.columns_at(level)
    shape: sql.Composable = sql.SQL("'null'")
    if output.geometry and layer.geometry_at(level):
        shape = sql.SQL("coalesce(ST_AsGeoJSON({}, {}, 0), 'null')").format(
            build_geometry(output, city, flip=output.flip), sql.Literal(_DIGITS)
        )
    names = seen if output.columns is None else output.columns
    chosen = {name: seen[name] for name in names}
    times = _time_member(layer, seen) if output.fg else ()

    def joined(*, plain: bool) -> sql.Composable:
        parts: list[_Part] = [
            '{"type":"Feature","id":',
            *_json("code", layer.all_columns["code"], plain=plain),
            *times,
            f',"{_member(output)}":',
            shape,
            ',"properties":{',
        ]
        for i, (name, column) in enumerate(chosen.items()):
            comma = "," if i else ""
            parts += [f'{comma}"{name}":', *_json(name, column, plain=plain)]
        return _joined([*parts, "}}"])

    if not many:
        return joined(plain=False)
    # what has to be escaped, in JSON, is escaped by a backslash; a text that is there
    # by its declaration and yet is not makes this null
    return sql.SQL(
        "CASE WHEN strpos(to_json({})::text, {}) = 0 THEN {} ELSE {} END"
    ).format(
        _texts(layer, chosen),
        sql.Literal("\\"),
        joined(plain=True),
        joined(plain=False),
    )


def build_geometry(output: Output, city: City, *, flip: bool) -> sql.Composable:
    """The geometry in the CRS that goes out, axes as asked."""
    text: sql.Composable = sql.Identifier("geom")
    if output.srid not in (city.stored_srid, DEGREES_SRID):
        text = sql.SQL("ST_Transform({}, {})").format(text, sql.Literal(output.srid))
    if output.srid == city.working_srid:  # it is stored in metres, too
        text = sql.SQL("coalesce({}, {})").format(sql.Identifier("geom_m"), text)
    return sql.SQL("ST_FlipCoordinates({})").format(text) if flip else text


def _texts(layer: Layer, columns: Mapping[str, Column]) -> sql.Composable:
    """All texts of a feature one after another."""
    texts = {"code": layer.all_columns["code"], **columns}
    return _tree(
        [
            sql.SQL("{}" if column.required else "coalesce({}, '')").format(
                sql.Identifier(name)
            )
            for name, column in texts.items()
            if column.type in _TEXTS
        ]
    )


def _member(output: Output) -> str:
    """Member that the geometry stands in; JSON-FG has its own for other CRSs."""
    elsewhere = output.fg and (output.srid != DEGREES_SRID or output.flip)
    return 'geometry":null,"place' if elsewhere else "geometry"


def _joined(parts: Iterable[_Part]) -> sql.Composable:
    """Texts and expressions as one."""
    found: list[sql.Composable] = []
    for is_text, group in itertools.groupby(parts, lambda part: isinstance(part, str)):
        if is_text:
            found.append(sql.Literal("".join(cast(Iterator[str], group))))
        else:
            found += cast(Iterator[sql.Composable], group)
    return _tree(found)


def _tree(parts: Sequence[sql.Composable]) -> sql.Composable:
    """Expressions joined by halves: each join copies what it joins."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return sql.SQL("({} || {})").format(_tree(parts[:half]), _tree(parts[half:]))


def _time_member(layer: Layer, seen: Mapping[str, Column]) -> tuple[_Part, ...]:
    """Member `time` of JSON-FG: an observation's own, or the days it is valid."""
    if layer.time and layer.time in seen:
        kind = "timestamp" if seen[layer.time].type == "datetime" else "date"
        value = _json(layer.time, seen[layer.time], plain=False)
        return (f',"time":{{"{kind}":', *value, "}")
    return (
        ',"time":{"interval":[',
        sql.SQL("to_json(valid_from)::text"),
        ",",
        sql.SQL("coalesce(to_json(valid_to - 1)::text, '\"..\"')"),
        "]}",
    )


def _json(name: str, column: Column, *, plain: bool) -> tuple[_Part, ...]:
    """JSON text of a column, 'null' where it is null; of a plain text, in quotes."""
    is_plain = plain and column.type in _TEXTS
    if is_plain and column.required:
        return '"', sql.Identifier(name), '"'
    forms = {
        "integer": "coalesce({}::text, 'null')",
        # the difference is null or NaN where the number is none that JSON has
        "number": "CASE WHEN {0} - {0} = 0 THEN {0}::text ELSE 'null' END",
        "boolean": "CASE {} WHEN true THEN 'true' WHEN false THEN 'false' "
        "ELSE 'null' END",
        "date": "coalesce('\"' || {}::text || '\"', 'null')",
        "datetime": "coalesce(replace(to_json({})::text, '+00:00\"', 'Z\"'), 'null')",
    }
    quoted = "coalesce('\"' || {} || '\"', 'null')"
    escaped = "coalesce(to_json({})::text, 'null')"
    form = forms.get(column.type, quoted if is_plain else escaped)
    return (sql.SQL(form).format(sql.Identifier(name)),)
