"""Query + Layer -> SQL text and parameters, over the view of one level.

Each feature is made text inside PostGIS (`gis/db/feature.py`): Python never sees a
feature. Identifiers come from the catalogue only, values are bound parameters only.
Filters work in the stored CRS; only what goes out is transformed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql

from gis.access import schema_of
from gis.db.boxes import Box, meeting
from gis.db.cql import Condition
from gis.db.feature import Output, build_feature, build_geometry
from gis.db.match import Interval, containing, equal, in_time, valid_at
from gis.db.order import beyond, place_columns, sort_keys
from gis.errors import QueryError
from layers import Catalogue, City, Column, Layer, Level

__all__ = [
    "Box",
    "Composer",
    "Interval",
    "Output",
    "Query",
    "Statement",
    "valid_at",
]

_FEW = 10  # rows
_MOST_KEPT = 2_000  # expressions of features; `properties` makes many

Statement = tuple[sql.Composed, tuple[Any, ...]]


@dataclass(frozen=True)
class Query:
    """One request for features of a layer, all names checked when composed.

    `after` is the key of the row that the page follows, `after_values` are the values
    of that row by which is sorted.
    """

    layer: str
    level: Level
    limit: int = 100
    offset: int = 0
    after: int | None = None
    after_values: tuple[str | None, ...] = ()
    boxes: tuple[Box, ...] = ()
    interval: Interval | None = None
    equals: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = ()
    filter: Condition | None = None
    sort: tuple[tuple[str, bool], ...] = ()
    output: Output = field(default_factory=Output)


class Composer:
    """Builds statements over the views of every level.

    Parameters
    ----------
    catalogue : the layers there are
    city : which coordinate systems the geometries are stored in
    """

    def __init__(self, catalogue: Catalogue, city: City) -> None:
        self._catalogue = catalogue
        self._city = city
        self._features: dict[tuple[str, Level, Output, bool], sql.SQL] = {}

    def page(self, query: Query) -> Statement:
        """The page's features as JSON text, one row each: text, fid, sort values.

        The sort values are texts. One row more than the page is read, where there is
        one, to know whether another page follows.
        """
        layer = self._layer(query.layer, query.level)
        source, values = self._source(layer, query)
        text = sql.SQL("SELECT {} FROM ({}) q").format(
            sql.SQL(", ").join(
                [
                    self.feature(
                        layer, query.level, query.output, many=query.limit > _FEW
                    ),
                    *place_columns(query.sort),
                ]
            ),
            source,
        )
        return text, values

    def _source(
        self, layer: Layer, query: Query
    ) -> tuple[sql.Composable, tuple[Any, ...]]:
        """The rows of a page and one more, in their order."""
        where, values = self._where(layer, query)
        if query.after is not None:
            seen = layer.columns_at(query.level)
            later = beyond(query.sort, seen, query.after_values, query.after)
            where = sql.SQL("{} AND {}").format(where, later.text)
            values = (*values, *later.values)
        view, more = _view(layer, query.level), query.limit + 1
        order = self._order(layer, query)
        if query.offset:
            # the rows skipped are counted by their key alone
            source = sql.SQL(
                "SELECT v.* FROM {view} v JOIN (SELECT fid FROM {view} WHERE {where} "
                "ORDER BY {order} LIMIT %s::bigint OFFSET %s::bigint) k USING (fid) "
                "ORDER BY {order}"
            ).format(view=view, where=where, order=order)
            values = (*values, more, query.offset)
        else:
            source = sql.SQL(
                "SELECT * FROM {} WHERE {} ORDER BY {} LIMIT %s::bigint"
            ).format(view, where, order)
            values = (*values, more)
        return source, values

    def rows(self, query: Query) -> Statement:
        """The page's rows themselves: columns, geometry as WKB, fid and sort values.

        The geometry is there where it is wanted and seen, x before y. One row more
        than the page follows it, where there is one.
        """
        layer = self._layer(query.layer, query.level)
        source, values = self._source(layer, query)
        seen = layer.columns_at(query.level)
        chosen = query.output.columns
        names: list[sql.Composable] = [
            sql.Identifier(name) for name in (seen if chosen is None else chosen)
        ]
        if query.output.geometry and layer.geometry_at(query.level):
            shape = build_geometry(query.output, self._city, flip=False)
            names.append(sql.SQL("ST_AsBinary({})").format(shape))
        text = sql.SQL("SELECT {} FROM ({}) q").format(
            sql.SQL(", ").join([*names, *place_columns(query.sort)]), source
        )
        return text, values

    def count(self, query: Query) -> Statement:
        """One row: the number of features that match."""
        layer = self._layer(query.layer, query.level)
        where, values = self._where(layer, query)
        text = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(
            _view(layer, query.level), where
        )
        return text, values

    def item(self, query: Query, code: str) -> Statement:
        """One row: the feature of a code as JSON text, at the query's time; version.

        The version is that of the layer's table, as the same moment sees both. The
        code is the first of the parameters.
        """
        layer = self._layer(query.layer, query.level)
        where, values = self._where(layer, query)
        text = sql.SQL(
            "SELECT {}, (SELECT version FROM city.layer_version WHERE layer = {}) "
            "FROM {} WHERE code = %s::text AND {} ORDER BY valid_from DESC LIMIT 1"
        ).format(
            self.feature(layer, query.level, query.output, many=False),
            sql.Literal(layer.id),
            _view(layer, query.level),
            where,
        )
        return text, (code, *values)

    def extent(self, layer_id: str, level: Level) -> Statement:
        """One row: west, south, east, north in degrees, first and last instant."""
        layer = self._layer(layer_id, level)
        seen = layer.columns_at(level)
        timed = layer.time if layer.time and layer.time in seen else "valid_from"
        time = sql.Identifier(timed)
        box = sql.SQL("NULL::box2d")
        if layer.geometry_at(level):
            box = sql.SQL("ST_Extent(geom)::box2d")
        text = sql.SQL(
            "SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b), "
            "to_char(first, {form}), to_char(last, {form}) FROM (SELECT {box} AS b, "
            "min({time})::timestamp AS first, max({time})::timestamp AS last "
            "FROM {view}) q"
        ).format(
            form=sql.Literal('YYYY-MM-DD"T"HH24:MI:SS"Z"'),
            box=box,
            time=time,
            view=_view(layer, level),
        )
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

    def feature(
        self, layer: Layer, level: Level, output: Output, *, many: bool = True
    ) -> sql.Composable:
        """SQL expression of one feature as JSON text, of one of many rows or a few."""
        key = (layer.id, level, output, many)
        if key not in self._features:
            feature = build_feature(layer, level, output, self._city, many=many)
            made = feature.as_string(None)
            if len(self._features) >= _MOST_KEPT:
                self._features.clear()
            # written out once: it is most of the text of every page
            self._features[key] = sql.SQL(made)
        return self._features[key]

    def _layer(self, layer_id: str, level: Level) -> Layer:
        """The layer; what the level may not see does not exist."""
        layer = self._catalogue.get(layer_id)
        if layer is None or not layer.visible_at(level):
            raise QueryError("collection", f"{layer_id[:60]!r} does not exist")
        return layer

    def _order(self, layer: Layer, query: Query) -> sql.Composable:
        """Sort keys, the row's key last."""
        for name, _descending in query.sort:
            _known("sortby", name, layer.columns_at(query.level))
        return sort_keys(query.sort)

    def _where(
        self, layer: Layer, query: Query
    ) -> tuple[sql.Composable, tuple[Any, ...]]:
        """Condition of a query and its parameters."""
        asked_for = query.equals or query.words
        seen = layer.columns_at(query.level) if asked_for else {}
        parts: list[sql.Composable] = []
        values: list[Any] = []
        for condition in in_time(layer, query.interval):
            parts.append(condition.text)
            values += condition.values
        # the standard: a feature without a place, as far as is seen, is in every box
        if query.boxes and layer.geometry_at(query.level):
            met = [meeting(box, self._city.stored_srid) for box in query.boxes]
            either = sql.SQL(" OR ").join([one.text for one in met])
            parts.append(sql.SQL("({})").format(either))
            values += [value for one in met for value in one.values]
        for name, value in query.equals:
            _known(name, name, seen)
            parts.append(equal(name, seen[name], value, values))
        for word in query.words:
            parts.append(containing(word, layer, seen, values))
        if query.filter is not None:
            parts.append(query.filter.text)
            values += query.filter.values
        return sql.SQL(" AND ").join(parts or [sql.SQL("true")]), tuple(values)


def _view(layer: Layer, level: Level) -> sql.Composable:
    return sql.Identifier(schema_of(level), layer.id)


def _known(parameter: str, name: str, seen: Mapping[str, Column]) -> None:
    if name not in seen:
        raise QueryError(
            parameter, f"no property {name[:60]!r}; there are {', '.join(seen)}"
        )
