"""One private PostGIS per session; each test database is cloned from a template."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from gis.db.cluster import Cluster
from gis.db.migrate import find_migrations, migrate
from gis.db.pool import Database
from layers import Catalogue, City, load_catalogue, load_city

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="session")
def city() -> City:
    return load_city()


@pytest.fixture(scope="session")
def samples() -> Path:
    """Folder of real files; without one the tests that need it are skipped."""
    folder = os.environ.get("CITYGRID_SAMPLES", "")
    if not folder:
        pytest.skip("CITYGRID_SAMPLES is not set: no real files to load")
    return Path(folder)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A throw-away server; its own folder, so that a running city is left alone."""
    base = os.environ.get("CITYGRID_HOME", str(ROOT / ".citygrid"))
    Path(base).mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="t", dir=base))
    home.chmod(0o755)
    server = Cluster(home, durable=False)
    server.start()
    yield server
    server.stop(immediate=True)
    shutil.rmtree(home, ignore_errors=True)


def clone(cluster: Cluster, name: str, template: str) -> str:
    """DSN of a new database that is a copy of another."""
    with psycopg.connect(cluster.dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    return cluster.dsn.replace("dbname=citygrid", f"dbname={name}")


def drop(cluster: Cluster, name: str) -> None:
    """Remove a database, whoever is still connected."""
    with psycopg.connect(cluster.dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
        )


@pytest.fixture(scope="session")
def migrated(cluster: Cluster, catalogue: Catalogue, city: City) -> str:
    """Name of a template database with every table and no row."""
    dsn = clone(cluster, "migrated", "template0")
    database = Database(dsn)
    migrate(database, catalogue, city, find_migrations())
    database.close()
    return "migrated"


@pytest.fixture(scope="session")
def city_template(
    cluster: Cluster, migrated: str, catalogue: Catalogue, city: City
) -> str:
    """Name of a template database that holds the small demo city."""
    from gis.demo.load import load_demo

    database = Database(clone(cluster, "small_city", migrated))
    load_demo(database, catalogue, city, size="small", seed=2012)
    database.close()
    return "small_city"


_numbers = iter(range(1, 10_000))


def _fresh(cluster: Cluster, template: str) -> Iterator[Database]:
    name = f"test_{next(_numbers)}"
    database = Database(clone(cluster, name, template))
    yield database
    database.close()
    drop(cluster, name)


@pytest.fixture
def empty_db(cluster: Cluster, migrated: str) -> Iterator[Database]:
    """A database of its own with every table and no row."""
    yield from _fresh(cluster, migrated)


@pytest.fixture
def own_city_db(cluster: Cluster, city_template: str) -> Iterator[Database]:
    """A database of its own with the small demo city, for tests that write."""
    yield from _fresh(cluster, city_template)


@pytest.fixture(scope="session")
def city_db(cluster: Cluster, city_template: str) -> Iterator[Database]:
    """The small demo city, shared by tests that only read."""
    yield from _fresh(cluster, city_template)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """With the real files at hand nothing may be skipped."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if os.environ.get("CITYGRID_SAMPLES") and skipped and exitstatus == 0:
        reporter.write_line(f"{len(skipped)} tests were skipped: a failure here")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
