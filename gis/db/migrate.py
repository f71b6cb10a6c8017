"""Forward-only numbered migrations, and the proof that they reach what is declared.

A migration is gis/db/migrations/NNNN_name.sql (a deployment's own: migrations/ in its
configuration folder), run once, in order, each in one transaction, never edited once
merged. Views are no migrations: they are rebuilt from the catalogue after every run.
A line `-- installed: <package>/<path>` stands for that file of an installed package.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from gis.db.pool import Connection, Database
from gis.db.search import SUFFIX, build_search_sql
from gis.db.tables import Table, TableColumn, build_table, build_table_sql
from gis.db.views import build_drop_views_sql, build_views_sql
from gis.errors import MigrationError
from layers import Catalogue, City

FOLDER = Path(__file__).resolve().parent / "migrations"
_NAME = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")
_INSTALLED = re.compile(r"^-- installed: (([a-z_]+)/\S+)$", re.M)
_LOCK = 7301201215  # any number that no other program of this database uses


@dataclass(frozen=True)
class Migration:
    """One numbered file."""

    number: int
    path: Path

    @property
    def sha256(self) -> str:
        """Checksum of the file, kept so that an edited migration is noticed."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    @property
    def text(self) -> str:
        """The statements, with the files of installed packages in their places.

        Raises
        ------
        MigrationError : a package or its file is not installed
        """
        return _INSTALLED.sub(self._installed, self.path.read_text("utf-8"))

    def _installed(self, line: re.Match[str]) -> str:
        try:
            file = Path(str(distribution(line[2]).locate_file(line[1])))
            return file.read_text("utf-8")
        except (PackageNotFoundError, OSError) as error:
            raise MigrationError(
                f"{self.path.name}: {line[1]} is not installed; run make setup"
            ) from error


def find_migrations(*folders: Path) -> list[Migration]:
    """Migrations of the folders in order of their numbers.

    Raises
    ------
    MigrationError : a file name is not NNNN_name.sql, or a number stands twice
    """
    found: dict[int, Migration] = {}
    for folder in folders or (FOLDER,):
        for path in sorted(folder.glob("*.sql")):
            match = _NAME.match(path.name)
            if not match:
                raise MigrationError(f"{path}: the name must be NNNN_name.sql")
            number = int(match[1])
            if number in found:
                raise MigrationError(
                    f"{path}: number {number} is taken by {found[number].path.name}"
                )
            found[number] = Migration(number, path)
    return [found[number] for number in sorted(found)]


def migrate(
    database: Database,
    catalogue: Catalogue,
    city: City,
    migrations: Sequence[Migration],
) -> list[Migration]:
    """Run what has not run yet, rebuild the views; the migrations that ran.

    Raises
    ------
    MigrationError : a file was edited after it ran, or the tables differ from the
        layer files afterwards
    """
    with database.owner() as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        connection.execute(
            "CREATE TABLE IF NOT EXISTS public.citygrid_migration ("
            "number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, "
            "run_at timestamp with time zone NOT NULL DEFAULT now())"
        )
        rows = connection.execute("SELECT number, sha256 FROM citygrid_migration")
        done = {int(number): str(checksum) for number, checksum in rows}
        pending = []
        for migration in migrations:
            if migration.number not in done:
                pending.append(migration)
            elif done[migration.number] != migration.sha256:
                raise MigrationError(
                    f"{migration.path.name}: edited after it ran; "
                    "undo the edit and write a new migration"
                )
        if pending:
            _execute(connection, build_drop_views_sql())
        for migration in pending:
            _execute(connection, migration.text)
            connection.execute(
                "INSERT INTO citygrid_migration (number, name, sha256) "
                "VALUES (%s, %s, %s)",
                (migration.number, migration.path.name, migration.sha256),
            )
        differences = compare(connection, catalogue, city)
        if differences:
            raise MigrationError(
                "the tables are not what the layer files declare:\n  "
                + "\n  ".join(differences)
                + "\nWrite the missing migration: citygrid db stage"
            )
        _execute(connection, build_views_sql(catalogue))
        if text := build_search_sql(catalogue, _search_indexes(connection)):
            _execute(connection, text)
    return pending


def _search_indexes(connection: Connection) -> dict[str, str]:
    """Definitions of the indexes that searching has made."""
    rows = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes "
        "WHERE schemaname = 'city' AND indexname LIKE %s",
        (f"%\\{SUFFIX}",),
    )
    return {str(name): str(definition) for name, definition in rows}


def compare(connection: Connection, catalogue: Catalogue, city: City) -> list[str]:
    """Differences between the tables there are and those declared, in words."""
    there = read_tables(connection)
    differences = []
    for layer in catalogue.values():
        table = there.get(layer.id)
        if table is None:
            differences.append(f"{layer.id}: the table is missing")
        else:
            differences += _compare_table(table, build_table(layer, city))
    differences += [
        f"{name}: a table without a layer file"
        for name in sorted(set(there) - set(catalogue))
    ]
    return differences


def read_tables(connection: Connection) -> dict[str, Table]:
    """Every table of schema `city` that a layer owns, as the database describes it."""
    columns: dict[str, list[TableColumn]] = {}
    rows = connection.execute(
        "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), "
        "a.attnotnull FROM pg_attribute a "
        "JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r' "
        "JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'city' "
        "WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relname <> 'layer_version' "
        "ORDER BY c.relname, a.attnum"
    )
    for table, name, kind, required in rows:
        columns.setdefault(table, []).append(TableColumn(name, kind, required))
    indexes: dict[str, list[str]] = {}
    rows = connection.execute(
        "SELECT tablename, indexdef FROM pg_indexes "
        "WHERE schemaname = 'city' AND indexname NOT LIKE ALL (%s)",
        ([r"%\_pkey", f"%\\{SUFFIX}"],),
    )
    for table, definition in rows:
        indexes.setdefault(table, []).append(definition)
    return {
        name: Table(name, tuple(found), tuple(sorted(indexes.get(name, ()))))
        for name, found in columns.items()
    }


def stage(
    connection: Connection, catalogue: Catalogue, city: City, folder: Path, number: int
) -> Path | None:
    """Write NNNN_<layer>.sql.staged for the tables that are missing or changed.

    Returns
    -------
    The file, for a person to read and rename; None when nothing is missing
    """
    there = read_tables(connection)
    parts: list[str] = []
    names: list[str] = []
    for layer_id in catalogue.load_order():
        wanted = build_table(catalogue[layer_id], city)
        table = there.get(layer_id)
        if table is None:
            parts.append(build_table_sql(wanted))
            names.append(layer_id)
        elif text := _alter(table, wanted):
            parts.append(text)
            names.append(layer_id)
    if not parts:
        return None
    name = names[0] if len(names) == 1 else "layers"
    path = folder / f"{number:04d}_{name}.sql.staged"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts), encoding="utf-8")
    return path


def _alter(table: Table, wanted: Table) -> str:
    """Statements that turn the table there is into the one wanted."""
    has = {column.name: column for column in table.columns}
    needs = {column.name: column for column in wanted.columns}
    lines = [
        f'ALTER TABLE city.{table.name} ADD COLUMN "{column.name}" {column.type};'
        for name, column in needs.items()
        if name not in has
    ]
    for name, column in needs.items():
        old = has.get(name)
        if old and old.type != column.type:
            lines.append(
                f'ALTER TABLE city.{table.name} ALTER COLUMN "{name}" '
                f"TYPE {column.type};"
            )
        if column.required != (old.required if old else False):
            verb = "SET" if column.required else "DROP"
            lines.append(
                f'ALTER TABLE city.{table.name} ALTER COLUMN "{name}" {verb} NOT NULL;'
            )
    lines += [
        f'ALTER TABLE city.{table.name} DROP COLUMN "{name}";'
        for name in has
        if name not in needs
    ]
    lines += [f"{text};" for text in wanted.indexes if text not in table.indexes]
    return "\n".join(lines) + "\n" if lines else ""


def _compare_table(table: Table, wanted: Table) -> list[str]:
    """Differences of one table; the order of columns does not matter."""
    has = {column.name: column for column in table.columns}
    needs = {column.name: column for column in wanted.columns}
    differences = [
        f"{table.name}.{name}: declared {needs.get(name)}, found {has.get(name)}"
        for name in sorted(has.keys() | needs.keys())
        if has.get(name) != needs.get(name)
    ]
    differences += [
        f"{table.name}: index differs: {text}"
        for text in sorted(set(table.indexes) ^ set(wanted.indexes))
    ]
    return differences


def _execute(connection: Connection, text: str) -> None:
    """Run a file of our own SQL: text that no request can touch."""
    connection.execute(text.encode())
