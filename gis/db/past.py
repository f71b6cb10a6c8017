"""The tables as they stood at an earlier version, and the runs that read them so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from psycopg import sql

from gis.db.pool import Connection, Database
from gis.db.reader import DatabaseReader
from gis.db.runs import RunStore
from gis.db.statements import statement
from gis.errors import NoSuchRun
from layers import Catalogue, City, Layer, Level
from processes import Ledger, NoData, PastRun, Result, Snapshot


class DatabaseLedger:
    """Runs of the past for a Reader.

    Parameters
    ----------
    reader : whose level decides which runs there are
    """

    def __init__(self, database: Database, reader: DatabaseReader) -> None:
        self._database = database
        self._reader = reader

    def run(self, run_id: str) -> PastRun | None:
        """A run; None where it is not kept, or not for the level of whoever asks."""
        store = RunStore(self._database)
        try:
            found = store.read(run_id, self._reader.level)
            answer = Result.from_text(store.document(found))
        except NoSuchRun:
            return None
        return PastRun(
            run_id,
            found.process,
            found.inputs,
            found.layer_versions,
            found.code_version,
            answer.rows,
        )

    def at(self, versions: Mapping[str, int]) -> PastReader:
        """A Reader of some layers as they stood at versions, of others as they are.

        Raises
        ------
        NoData : what was changed since is not known row by row
        """
        reader = self._reader
        with self._database.reader() as connection:
            rows = connection.execute(statement("read_versions"))
            now = {str(layer): int(version) for layer, version in rows}
            past = {k: v for k, v in versions.items() if now.get(k) != v}
            for layer, version in past.items():
                values = {"layer": layer, "version": version}
                row = connection.execute(statement("is_known_since"), values).fetchone()
                if not (row and row[0]) or version > now.get(layer, 0):
                    raise NoData(
                        f"{layer}: 该版本（{version}）之后整体更换过，无法还原 / was "
                        f"changed as a whole since version {version}; how it stood "
                        "is not kept row by row"
                    )
        return PastReader(
            self._database, reader.catalogue, reader.city, reader.level, past
        )


class PastReader(DatabaseReader):
    """Reads some tables as they stood; the others as they are.

    Parameters
    ----------
    versions : layer -> version at which it is read
    """

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        city: City,
        level: Level,
        versions: Mapping[str, int],
    ) -> None:
        super().__init__(database, catalogue, city, level)
        self._at = dict(versions)

    def version(self, layer: str) -> int:
        """Version at which a layer is read."""
        if layer in self._at:
            return self._at[layer]
        return super().version(layer)

    def snapshot(self, layer: str, as_of: date | None) -> Snapshot:
        """Which rows of a layer are valid at a date, of the version that is read."""
        if layer not in self._at:
            return super().snapshot(layer, as_of)
        day = "" if as_of is None else as_of.isoformat()
        origin = f"{self._database.dsn} past"
        return Snapshot(origin, layer, self._at[layer], day)

    @property
    def ledger(self) -> Ledger | None:
        """None: the past is read from the present."""
        return None

    def _rows_of(self, layer: Layer) -> sql.Composable:
        if layer.id not in self._at:
            return super()._rows_of(layer)
        return statement("past_rows").format(
            table=sql.Identifier("city", layer.id),
            layer=sql.Literal(layer.id),
            version=sql.Literal(self._at[layer.id]),
        )

    def _version_in(self, connection: Connection, layer: Layer) -> int:
        if layer.id in self._at:
            return self._at[layer.id]
        return super()._version_in(connection, layer)
