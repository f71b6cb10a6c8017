"""A backup is proved before it is trusted; what it replaces is set aside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from gis.db.backup import (
    create_backup,
    list_backups,
    read_backup,
    restore_backup,
    unpack_config,
    verify_backup,
)
from gis.db.cluster import Cluster
from gis.db.digest import read_digests
from gis.db.history import list_loads, undo
from gis.db.pool import Database
from gis.errors import ClusterError
from layers import CONFIG, Catalogue, City
from tests.conftest import clone, drop
from tests.db.test_loader import DAY, Loader, park


@pytest.fixture
def load(
    cluster: Cluster, migrated: str, catalogue: Catalogue, city: City
) -> Iterator[Loader]:
    database = Database(clone(cluster, "kept", migrated))
    loader = Loader(database, catalogue, city)
    loader("park", [park("a"), park("b")], valid_from=DAY(2012, 1, 1))
    loader("park", [park("a", "新"), park("c") | {"at": None}])
    yield loader
    database.close()
    drop(cluster, "kept")


def databases(load: Loader) -> set[str]:
    with load.database.owner() as connection:
        return {
            str(n) for (n,) in connection.execute("SELECT datname FROM pg_database")
        }


def contents(load: Loader) -> object:
    with load.database.owner() as connection:
        return read_digests(connection)


def test_an_afternoon(load: Loader, cluster: Cluster, tmp_path: Path) -> None:
    """Back up, verify, destroy, restore: everything as it was, history too."""
    before, names = contents(load), databases(load)
    made = create_backup(load.database, tmp_path, CONFIG)
    assert [b.name for b in list_backups(tmp_path)] == [made.name]
    assert read_backup(made.folder) == made
    assert made.rows == 3
    verify_backup(load.database, made)
    assert databases(load) == names
    with load.database.owner() as connection:
        connection.execute("DELETE FROM city.park")
        connection.execute("DELETE FROM ledger.journal")
    aside = restore_backup(load.database, made)
    assert aside
    assert contents(load) == before
    latest = list_loads(load.database)[0]
    undo(load.database, load.catalogue, latest.load_id)
    assert [r["name"] for r in load.rows("park")] == ["公园", "公园"]
    assert load("park", [park("d")]).loaded == 1
    drop(cluster, aside)
    unpack_config(made, tmp_path / "config")
    assert (tmp_path / "config" / "city.yaml").read_bytes() == (
        CONFIG / "city.yaml"
    ).read_bytes()


def test_a_damaged_backup_is_refused(load: Loader, tmp_path: Path) -> None:
    made = create_backup(load.database, tmp_path, CONFIG)
    before, names = contents(load), databases(load)
    manifest = made.folder / "manifest.json"
    told = json.loads(manifest.read_text("utf-8"))
    told["tables"]["city.park"]["rows"] += 1
    manifest.write_text(json.dumps(told), "utf-8")
    for act in (verify_backup, restore_backup):
        with pytest.raises(ClusterError, match=r"city.park: 3 rows, 4 were backed up"):
            act(load.database, read_backup(made.folder))
    with (made.folder / "database.dump").open("r+b") as dump:
        dump.seek(2000)
        dump.write(b"damage")
    for act in (verify_backup, restore_backup):
        with pytest.raises(ClusterError, match="checksum differs"):
            act(load.database, read_backup(made.folder))
    manifest.write_text(manifest.read_text("utf-8")[:100], "utf-8")
    with pytest.raises(ClusterError, match="no whole backup"):
        read_backup(made.folder)
    assert contents(load) == before
    assert databases(load) == names


def test_a_backup_cut_short_leaves_nothing(load: Loader, tmp_path: Path) -> None:
    broken = Database(load.database.dsn.replace("dbname=kept", "dbname=absent"))
    with pytest.raises((ClusterError, psycopg.OperationalError)):
        create_backup(broken, tmp_path, CONFIG)
    assert list(tmp_path.iterdir()) == []
