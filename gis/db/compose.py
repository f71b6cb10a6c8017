"""Query + Layer -> SQL text and parameters, over the view of one level.

Each feature is made text inside PostGIS, by concatenation per column type around
ST_AsGeoJSON: Python never sees a feature. Identifiers come from the catalogue only,
values are bound parameters only. Filters work in the stored CRS; only what goes out is
transformed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from psycopg import sql

from gis.access import schema_of
from gis.db.cql import Condition
from gis.errors import QueryError
from layers import Catalogue, Column, Layer, Level

DEGREES_SRID = 4326  # CRS84 and WGS 84 have the numbers of the stored CGCS2000
_DIGITS = 15

Statement = tuple[sql.Composed, tuple[Any, ...]]


@dataclass(frozen=True)
class Box:
    """A rectangle in a CRS, x or lon first."""

    west: float
    south: float
    east: float
    north: float
    srid: int


@dataclass(frozen=True)
class Interval:
    """From `start` to `end`, both included; None is open."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True)
class Output:
    """What of a feature goes out, and how: hashable, one SQL text each."""

    columns: tuple[str, ...] | None = None
    geometry: bool = True
    srid: int = DEGREES_SRID
    flip: bool = False


@dataclass(frozen=True)
class Query:
    """One request for features of a layer, all names checked when composed."""

    layer: str
    level: Level
    limit: int = 100
    offset: int = 0
    after: int | None = None
    boxes: tuple[Box, ...] = ()
    interval: Interval | None = None
    equals: tuple[tuple[str, str], ...] = ()
    filter: Condition | None = None
    sort: tuple[tuple[str, bool], ...] = ()
    output: Output = Output()


class Composer:
    """Builds statements over the views of every level.

    Parameters
    ----------
    catalogue : the layers there are
    stored_srid : EPSG code of column geom
    """

    def __init__(self, catalogue: Catalogue, stored_srid: int) -> None:
        self._catalogue = catalogue
        self._srid = stored_srid
        self._features: dict[tuple[str, Level, Output], sql.Composable] = {}

    def page(self, query: Query) -> Statement:
        """One row: features as JSON text joined by commas, their number, last fid."""
        layer = self._layer(query.layer, query.level)
        where, values = self._where(layer, query)
        if query.after is not None:
            where = sql.SQL("{} AND fid > %s::bigint").format(where)
            values = (*values, query.after)
        view = _view(layer, query.level)
        order = self._order(layer, query)
        if query.offset:
            # the rows skipped are counted by their key alone
            source = sql.SQL(
                "SELECT v.* FROM {view} v JOIN (SELECT fid FROM {view} WHERE {where} "
                "ORDER BY {order} LIMIT %s::bigint OFFSET %s::bigint) k USING (fid) "
                "ORDER BY {order}"
            ).format(view=view, where=where, order=order)
            values = (*values, query.limit, query.offset)
        else:
            source = sql.SQL(
                "SELECT * FROM {} WHERE {} ORDER BY {} LIMIT %s::bigint"
            ).format(view, where, order)
            values = (*values, query.limit)
        text = sql.SQL(
            "SELECT string_agg({feature}, ','), count(*), max(fid) FROM ({source}) q"
        ).format(feature=self.feature(layer, query.level, query.output), source=source)
        return text, values

    def rows(self, query: Query, columns: Sequence[str]) -> Statement:
        """The page's rows themselves: fid, columns, geometry as EWKB where wanted."""
        layer = self._layer(query.layer, query.level)
        where, values = self._where(layer, query)
        names: list[sql.Composable] = [sql.Identifier(name) for name in columns]
        if query.output.geometry and layer.geometry_at(query.level):
            names.append(self._geometry(query.output, flip=False))
        text = sql.SQL(
            "SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT %s::bigint OFFSET %s::bigint"
        ).format(
            sql.SQL(", ").join(names),
            _view(layer, query.level),
            where,
            self._order(layer, query),
        )
        return text, (*values, query.limit, query.offset)

    def count(self, query: Query) -> Statement:
        """One row: the number of features that match."""
        layer = self._layer(query.layer, query.level)
        where, values = self._where(layer, query)
        text = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(
            _view(layer, query.level), where
        )
        return text, values

    def item(self, query: Query, code: str) -> Statement:
        """One row: the feature of a code as JSON text, at the query's time."""
        layer = self._layer(query.layer, query.level)
        where, values = self._where(layer, query)
        text = sql.SQL(
            "SELECT {}, fid FROM {} WHERE code = %s::text AND {} "
            "ORDER BY valid_from DESC LIMIT 1"
        ).format(
            self.feature(layer, query.level, query.output),
            _view(layer, query.level),
            where,
        )
        return text, (code, *values)

    def extent(self, layer_id: str, level: Level) -> Statement:
        """One row: west, south, east, north in degrees and the span of time."""
        layer = self._layer(layer_id, level)
        time = sql.Identifier(layer.time or "valid_from")
        box = sql.SQL("NULL::box2d")
        if layer.geometry_at(level):
            box = sql.SQL("ST_Extent(geom)::box2d")
        text = sql.SQL(
            "SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b), first, last FROM "
            "(SELECT {} AS b, min({})::text AS first, max({})::text AS last FROM {}) q"
        ).format(box, time, time, _view(layer, level))
        return text, ()

    def version(self, layer_id: str) -> Statement:
        """One row: the version of a layer's table."""
        return (
            sql.Composed(
                [
                    sql.SQL(
                        "SELECT version FROM city.layer_version WHERE layer = %s::text"
                    )
                ]
            ),
            (layer_id,),
        )

    # -- parts -------------------------------------------------------------------

    def feature(self, layer: Layer, level: Level, output: Output) -> sql.Composable:
        """SQL expression of one feature as JSON text."""
        key = (layer.id, level, output)
        if key not in self._features:
            self._features[key] = self._feature(layer, level, output)
        return self._features[key]

    def _feature(self, layer: Layer, level: Level, output: Output) -> sql.Composable:
        seen = layer.columns_at(level)
        shape: sql.Composable = sql.SQL("'null'")
        if output.geometry and layer.geometry_at(level):
            shape = sql.SQL("coalesce(ST_AsGeoJSON({}, {}, 0), 'null')").format(
                self._geometry(output, flip=output.flip), sql.Literal(_DIGITS)
            )
        parts: list[sql.Composable] = [
            sql.Literal('{"type":"Feature","id":'),
            sql.SQL("to_json(code)::text"),
            sql.Literal(',"geometry":'),
            shape,
            sql.Literal(',"properties":{'),
        ]
        names = seen if output.columns is None else output.columns
        for i, name in enumerate(names):
            comma = "," if i else ""
            parts.append(sql.Literal(f'{comma}"{name}":'))
            parts.append(_json(name, seen[name]))
        return sql.SQL(" || ").join([*parts, sql.Literal("}}")])

    def _geometry(self, output: Output, *, flip: bool) -> sql.Composable:
        """The geometry in the CRS that goes out, axes as asked."""
        text: sql.Composable = sql.Identifier("geom")
        if output.srid not in (self._srid, DEGREES_SRID):
            text = sql.SQL("ST_Transform({}, {})").format(
                text, sql.Literal(output.srid)
            )
        return sql.SQL("ST_FlipCoordinates({})").format(text) if flip else text

    def _layer(self, layer_id: str, level: Level) -> Layer:
        """The layer; what the level may not see does not exist."""
        layer = self._catalogue.get(layer_id)
        if layer is None or not layer.visible_at(level):
            raise QueryError("collection", f"{layer_id[:60]!r} does not exist")
        return layer

    def _order(self, layer: Layer, query: Query) -> sql.Composable:
        """Sort keys; the row's key comes last, so that every order is total."""
        seen = layer.columns_at(query.level)
        keys = []
        for name, descending in query.sort:
            _known("sortby", name, seen)
            keys.append(
                sql.SQL("{} DESC NULLS LAST" if descending else "{} NULLS LAST").format(
                    sql.Identifier(name)
                )
            )
        return sql.SQL(", ").join([*keys, sql.Identifier("fid")])

    def _where(
        self, layer: Layer, query: Query
    ) -> tuple[sql.Composable, tuple[Any, ...]]:
        """Condition of a query and its parameters."""
        seen = layer.columns_at(query.level)
        parts: list[sql.Composable] = []
        values: list[Any] = []
        for condition in _time(layer, query.interval):
            parts.append(condition.text)
            values += condition.values
        if query.boxes:
            if not layer.geometry_at(query.level):
                raise QueryError("bbox", "this collection has no positions to see")
            boxes = [self._box(box, values) for box in query.boxes]
            parts.append(sql.SQL("({})").format(sql.SQL(" OR ").join(boxes)))
        for name, value in query.equals:
            _known(name, name, seen)
            parts.append(_equal(name, seen[name], value, values))
        if query.filter is not None:
            parts.append(query.filter.text)
            values += query.filter.values
        return sql.SQL(" AND ").join(parts or [sql.SQL("true")]), tuple(values)

    def _box(self, box: Box, values: list[Any]) -> sql.Composable:
        """Intersection with a box; in another CRS its sides are curved lines here."""
        values += [box.west, box.south, box.east, box.north]
        corners = "%s::float8, %s::float8, %s::float8, %s::float8"
        if box.srid in (self._srid, DEGREES_SRID):
            return sql.SQL(
                f"ST_Intersects(geom, ST_MakeEnvelope({corners}, {{}}))"
            ).format(sql.Literal(self._srid))
        longest = max(box.east - box.west, box.north - box.south)
        values.append(max(longest / 32, 1e-9))
        return sql.SQL(
            f"ST_Intersects(geom, ST_Transform(ST_Segmentize(ST_MakeEnvelope("
            f"{corners}, {{}}), %s::float8), {{}}))"
        ).format(sql.Literal(box.srid), sql.Literal(self._srid))


def valid_at(day: date) -> Condition:
    """Versions valid on a day."""
    return Condition(
        sql.SQL("valid_from <= %s::date AND (valid_to IS NULL OR valid_to > %s::date)"),
        (day, day),
    )


def _time(layer: Layer, interval: Interval | None) -> list[Condition]:
    """Versions or observations of an interval; without one, what is valid now."""
    if interval is None:
        return [valid_at(datetime.now(UTC).date())]
    start, end = interval.start, interval.end
    found = []
    if layer.time:
        column = sql.SQL("{}::timestamptz").format(sql.Identifier(layer.time))
        if end is not None:
            found.append(
                Condition(sql.SQL("{} <= %s::timestamptz").format(column), (end,))
            )
        if start is not None:
            found.append(
                Condition(sql.SQL("{} >= %s::timestamptz").format(column), (start,))
            )
        return found
    if end is not None:
        found.append(Condition(sql.SQL("valid_from <= %s::date"), (end.date(),)))
    if start is not None:
        found.append(
            Condition(
                sql.SQL("(valid_to IS NULL OR valid_to > %s::date)"), (start.date(),)
            )
        )
    return found


def _view(layer: Layer, level: Level) -> sql.Composable:
    return sql.Identifier(schema_of(level), layer.id)


def _known(parameter: str, name: str, seen: Mapping[str, Column]) -> None:
    if name not in seen:
        raise QueryError(
            parameter, f"no property {name[:60]!r}; there are {', '.join(seen)}"
        )


def _equal(name: str, column: Column, value: str, values: list[Any]) -> sql.Composable:
    """`name = value`, the value read as the column's type."""
    casts = {
        "integer": "bigint", "number": "double precision", "boolean": "boolean",
        "date": "date", "datetime": "timestamptz",
    }  # fmt: skip
    values.append(_typed(name, column, value))
    cast = casts.get(column.type, "text")
    return sql.SQL(f"{{}} = %s::{cast}").format(sql.Identifier(name))


def _typed(name: str, column: Column, value: str) -> Any:  # noqa: ANN401  # by the column's type
    """A parameter's text as the column's type.

    Raises
    ------
    QueryError : the text is no such value
    """
    try:
        match column.type:
            case "integer":
                number = int(value)
                if abs(number) >= 2**63:
                    raise ValueError
                return number
            case "number":
                return float(value)
            case "boolean":
                return {"true": True, "false": False}[value.lower()]
            case "date":
                return date.fromisoformat(value)
            case "datetime":
                return datetime.fromisoformat(value)
    except (ValueError, KeyError, OverflowError):
        raise QueryError(name, f"{value[:60]!r} given, must be {column.type}") from None
    if "\0" in value:
        raise QueryError(name, "must not hold a zero byte")
    return value


def _json(name: str, column: Column) -> sql.Composable:
    """JSON text of a column, 'null' where it is null."""
    forms = {
        "integer": "coalesce({}::text, 'null')",
        "number": "CASE WHEN {0} IS NULL OR {0} IN ('NaN', 'Infinity', '-Infinity') "
        "THEN 'null' ELSE {0}::text END",
        "boolean": "CASE {} WHEN true THEN 'true' WHEN false THEN 'false' "
        "ELSE 'null' END",
        "datetime": "coalesce(replace(to_json({})::text, '+00:00\"', 'Z\"'), 'null')",
    }
    form = forms.get(column.type, "coalesce(to_json({})::text, 'null')")
    return sql.SQL(form).format(sql.Identifier(name))
