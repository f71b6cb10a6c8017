"""The door through which processes read: features in the working CRS, as arrays."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from psycopg import sql

from gis.db.compose import valid_at
from gis.db.cql import Condition, compile_filter
from gis.db.pool import Connection, Database
from gis.db.relief import ground_around
from gis.db.statements import statement
from gis.errors import QueryError
from layers import (
    Catalogue,
    City,
    Column,
    Features,
    Layer,
    Level,
    OwnPolygon,
    load_codes,
)
from processes import InvalidInput, Ledger, Relief, Snapshot
from processes.kernels.written import Written, written_out

_turns: dict[tuple[str, str, int], list[date]] = {}  # dates of change by version
_MOST_TURNS = 200


class DatabaseReader:
    """Reads a city's tables with the rights of role `compute`.

    Parameters
    ----------
    level : level of whoever asked; recorded, the reader itself sees everything
    """

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        city: City,
        level: Level = Level.RESTRICTED,
    ) -> None:
        self._database = database
        self.catalogue = catalogue
        self.city = city
        self.level = level

    def version(self, layer: str) -> int:
        """Version of a layer's table; rises with every change."""
        with self._database.reader() as connection:
            row = connection.execute(
                statement("read_version"), {"layer": self._layer(layer).id}
            ).fetchone()
        return int(row[0]) if row else 0

    def snapshot(self, layer: str, as_of: date | None) -> Snapshot:
        """Which rows of a layer are valid at a date (None: today); see the port."""
        declared = self._layer(layer)
        day = as_of or datetime.now(UTC).date()
        with self._database.reader() as connection:
            change = connection.execute(
                statement("read_change"), {"layer": declared.id}
            ).fetchone()
            if change is None:
                return Snapshot(self._database.dsn, declared.id, 0, "")
            # a database put back from a backup counts its versions anew
            origin = f"{self._database.dsn} {change[1]}"
            key = (origin, declared.id, int(change[0]))
            if key not in _turns:
                query = statement("read_turns").format(
                    table=sql.Identifier("city", declared.id)
                )
                days = sorted(row[0] for row in connection.execute(query))
                if len(_turns) >= _MOST_TURNS:
                    _turns.clear()
                _turns[key] = days
        past = bisect_right(_turns[key], day)
        since = _turns[key][past - 1].isoformat() if past else ""
        return Snapshot(origin, declared.id, key[2], since)

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
        """Features valid at `as_of` (None: today), ordered by code; see the port.

        Raises
        ------
        InvalidInput : a column does not exist, or `where` cannot be read
        """
        declared = self._layer(layer)
        for name in columns:
            if name not in declared.all_columns:
                known = ", ".join(declared.all_columns)
                raise InvalidInput("columns", name, f"must be one of {known}")
        positions = geometry and declared.geometry != "none"
        names = list(dict.fromkeys(["code", *columns]))
        condition = self._condition(declared, where, as_of, codes)
        fields: list[sql.Composable] = [sql.Identifier(name) for name in names]
        if positions:
            fields.append(sql.SQL("ST_AsBinary(geom_m)"))
        query = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY code").format(
            sql.SQL(", ").join(fields),
            self._rows_of(declared),
            condition.text,
        )
        with self._database.reader() as connection, connection.transaction():
            # one snapshot: the version told is that of the rows read
            connection.execute(
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
            )
            version = self._version_in(connection, declared)
            cursor = connection.cursor(binary=True)
            rows = cursor.execute(query, condition.values).fetchall()
        table: list[Sequence[Any]] = list(zip(*rows, strict=True)) or [
            () for _ in fields
        ]
        shapes: NDArray[np.object_] | Written = np.full(len(rows), None, dtype=object)
        if positions and isinstance(declared.coverage, OwnPolygon):
            # measured more often than looked at: that is done from the bytes
            shapes = written_out([cell or b"" for cell in table[-1]])
        elif positions and rows:
            shapes = shapely.from_wkb(np.array(table[-1], dtype=object))
        arrays = {
            name: _array(declared.all_columns[name], table[i])
            for i, name in enumerate(names)
        }
        return Features(
            layer=declared.id,
            srid=self.city.working_srid,
            version=version,
            code=np.asarray(arrays["code"], dtype=object),
            geometry=shapes,
            columns={name: arrays[name] for name in columns},
        )

    def locate(
        self, x: float, y: float, *, as_of: date | None = None
    ) -> Mapping[str, Mapping[str, object]]:
        """Zones that hold a point of the working CRS, finest first, one round trip.

        A point on a border belongs to the zone of the lowest code.
        """
        valid = valid_at(as_of or datetime.now(UTC).date())
        parts, values = [], []
        for zone in self.city.zones:
            layer = self.catalogue[zone]
            names = ["code", "name", *layer.columns]
            pairs = [
                item
                for name in names
                for item in (sql.Literal(name), sql.Identifier(name))
            ]
            parts.append(
                sql.SQL(
                    "SELECT {} AS zone, (SELECT jsonb_build_object({}) FROM {} "
                    "WHERE ST_Intersects(geom_m, ST_SetSRID(ST_MakePoint("
                    "%s::float8, %s::float8), {})) AND {} ORDER BY code LIMIT 1)"
                ).format(
                    sql.Literal(zone),
                    sql.SQL(", ").join(pairs),
                    sql.Identifier("city", zone),
                    sql.Literal(self.city.working_srid),
                    valid.text,
                )
            )
            values += [x, y, *valid.values]
        with self._database.reader() as connection:
            rows = connection.execute(sql.SQL(" UNION ALL ").join(parts), values)
            return {str(zone): found for zone, found in rows if found is not None}

    def relief(
        self,
        layer: str,
        x: float,
        y: float,
        reach_m: float,
        *,
        as_of: date | None = None,
    ) -> Relief | None:
        """Heights of a raster layer around a point; see the port."""
        declared = self._layer(layer)
        if declared.raster is None:
            raise InvalidInput("layer", layer, "must be a layer of rasters")
        version = self.version(layer)
        with self._database.reader() as connection:
            return ground_around(
                connection, declared, x, y, reach_m, srid=self.city.working_srid,
                day=as_of, version=version,
            )  # fmt: skip

    def codes(self, table: str) -> Mapping[str, Mapping[str, str]]:
        """Rows of a standard's code table by code, every cell as text."""
        return load_codes(table)

    @property
    def ledger(self) -> Ledger | None:
        """Runs of the past, and the tables as they stood."""
        from gis.db.past import DatabaseLedger  # it reads through a Reader itself

        return DatabaseLedger(self._database, self)

    def _rows_of(self, layer: Layer) -> sql.Composable:
        """What the rows of a layer are read from."""
        return sql.Identifier("city", layer.id)

    def _version_in(self, connection: Connection, layer: Layer) -> int:
        """Version of the rows that a transaction reads."""
        row = connection.execute(
            statement("read_version"), {"layer": layer.id}
        ).fetchone()
        return int(row[0]) if row else 0

    def _layer(self, layer: str) -> Layer:
        declared = self.catalogue.get(layer)
        # rows of which a level sees some are answers, nothing to compute from
        if declared is None or declared.audience:
            known = ", ".join(
                i for i, one in self.catalogue.items() if not one.audience
            )
            raise InvalidInput("layer", layer, f"must be one of {known}")
        return declared

    def _condition(
        self,
        layer: Layer,
        where: str | None,
        as_of: date | None,
        codes: Sequence[str] | None,
    ) -> Condition:
        """Valid at the date, of the codes, fulfilling the filter."""
        valid = valid_at(as_of or datetime.now(UTC).date())
        parts, values = [valid.text], list(valid.values)
        if codes is not None:
            parts.append(sql.SQL("code LIKE ANY(%s::text[])"))
            values.append([_escaped(code) + "%" for code in codes])
        if where:
            types = {name: column.type for name, column in layer.all_columns.items()}
            geometry = "geom" if layer.geometry != "none" else None
            try:
                condition = compile_filter(
                    where, types, geometry=geometry, stored_srid=layer.srid
                )
            except QueryError as error:
                reason = str(error).removeprefix("filter: ")
                raise InvalidInput("where", where, f"CQL2: {reason}") from error
            parts.append(condition.text)
            values += condition.values
        return Condition(sql.SQL(" AND ").join(parts), tuple(values))


def _escaped(text: str) -> str:
    """Text without the wildcards of LIKE."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _array(column: Column, cells: Sequence[Any]) -> NDArray[Any]:
    """Cells of a column as the array that Features promises."""
    match column.type:
        case "integer" | "number":
            return np.array([np.nan if c is None else c for c in cells], np.float64)
        case "date":
            return np.array(cells, dtype="datetime64[D]")
        case "datetime":
            naive = [None if c is None else c.replace(tzinfo=None) for c in cells]
            return np.array(naive, dtype="datetime64[us]")
    out = np.empty(len(cells), dtype=object)
    out[:] = cells
    return out
