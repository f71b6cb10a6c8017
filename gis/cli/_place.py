"""Where a command works: settings, catalogue, city, database; found once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from gis.db.cluster import Cluster
from gis.db.keeper import is_kept
from gis.db.migrate import FOLDER, Migration, find_migrations, migrate
from gis.db.pool import Database
from gis.settings import Settings, read_settings
from layers import LAYERS, Catalogue, City, load_catalogue, load_city
from processes import measure_elsewhere


@dataclass(frozen=True)
class Place:
    """One deployment as its environment describes it."""

    settings: Settings
    catalogue: Catalogue
    city: City

    @property
    def cluster(self) -> Cluster | None:
        """The private server, None where an external one is named."""
        return None if self.settings.dsn else Cluster(self.settings.home)

    def database(self) -> Database:
        """Access to the database of this deployment."""
        dsn = self.settings.dsn or Cluster(self.settings.home).dsn
        return Database(dsn, self.settings.timeouts)

    @property
    def own_migrations(self) -> Path:
        """Folder of this deployment's own migrations."""
        return self.settings.config / "migrations"

    def migrations(self) -> list[Migration]:
        """The product's migrations, then the deployment's own."""
        return find_migrations(FOLDER, self.own_migrations)

    def migrate(self, database: Database) -> list[Migration]:
        """Bring the database to what the layer files declare."""
        return migrate(database, self.catalogue, self.city, self.migrations())


def find_place() -> Place:
    """The deployment of the process environment.

    Raises
    ------
    SettingError, DeclarationError : a variable or a file is not usable
    """
    settings = read_settings()
    return Place(
        settings,
        load_catalogue(LAYERS, settings.config / "layers"),
        load_city(settings.config),
    )


@contextmanager
def running(place: Place, *, migrated: bool = True) -> Iterator[Database]:
    """The database, started where it is private and not yet running.

    What this call started it stops again at the end, unless somebody serves on it.
    """
    cluster = place.cluster
    started = cluster.start() if cluster else False
    database = place.database()
    try:
        if migrated:
            for migration in place.migrate(database):
                click.echo(f"migrated {migration.path.name}", err=True)
        with _machines(place.settings.dask):
            yield database
    finally:
        database.end()
        if started and cluster and not is_kept(cluster):
            cluster.stop()


@contextmanager
def _machines(address: str | None) -> Iterator[None]:
    """Have other machines measure in this block, where a scheduler is named."""
    if address is None:
        yield
        return
    from gis.machines import Machines

    machines = Machines(address)
    measure_elsewhere(machines.measure)
    try:
        yield
    finally:
        measure_elsewhere(None)
        machines.close()
