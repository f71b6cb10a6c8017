"""A backup is proved before it is trusted; what it replaces is set aside."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import tempfile
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
from gis.db.binaries import Binaries, find_binaries, installed_binaries
from gis.db.cluster import Cluster
from gis.db.digest import read_digests
from gis.db.drills import read_drills
from gis.db.history import list_loads, undo
from gis.db.migrate import find_migrations, migrate
from gis.db.pool import Database
from gis.db.upgrade import upgrade
from gis.errors import ClusterError
from layers import CONFIG, Catalogue, City, Level
from tests.conftest import ROOT, clone, drop
from tests.db.test_loader import DAY, Loader, park
from tests.serve.conftest import serving, settings_of


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


def test_what_was_tried_is_recorded(load: Loader, tmp_path: Path) -> None:
    made = create_backup(load.database, tmp_path, CONFIG)
    verify_backup(load.database, made)
    with load.database.owner() as connection:
        found = read_drills(connection)
    assert set(found) == {"create", "verify"}
    assert all(one.whole and one.name == made.name for one in found.values())
    assert found["verify"].rows == made.rows
    (made.folder / "config.zip").write_bytes(b"damage")
    with pytest.raises(ClusterError, match="checksum differs"):
        verify_backup(load.database, made)
    with load.database.owner() as connection:
        last = read_drills(connection)["verify"]
    assert not last.whole
    assert "checksum differs" in last.told


@pytest.fixture
def folder() -> Iterator[Path]:
    """A home for servers of its own, short enough for a socket's path."""
    base = Path(os.environ.get("CITYGRID_HOME", str(ROOT / ".citygrid")))
    base.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix="b", dir=base))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_an_empty_machine_serves_the_very_same_bytes(
    own_city_db: Database,
    catalogue: Catalogue,
    city: City,
    folder: Path,
    tmp_path: Path,
) -> None:
    def answers(dsn: str) -> dict[str, tuple[bytes, str]]:
        settings = settings_of(tmp_path, public_url="https://city.example")
        with serving(dsn, settings, catalogue, city) as server:
            found = {}
            for layer in ("district", "park", "camera", "indicator_value", "road"):
                for query in ("f=json&limit=50", "f=csv&limit=50", "f=json&offset=3"):
                    path = f"/collections/{layer}/items?{query}"
                    got = server.get(path, Level.RESTRICTED)
                    assert got.status_code == 200, got.text
                    body = re.sub(rb'"timeStamp":"[^"]*"', b"", got.content)
                    found[path] = (body, got.headers.get("etag", ""))
            return found

    before = answers(own_city_db.dsn)
    assert all(len(body) > 200 for body, _ in before.values())
    made = create_backup(own_city_db, tmp_path / "kept", CONFIG, tmp_path)
    elsewhere = Cluster(folder, durable=False)
    elsewhere.start()
    try:
        database = Database(elsewhere.dsn)
        assert restore_backup(database, read_backup(made.folder)) is None
        after = answers(elsewhere.dsn)
    finally:
        elsewhere.stop(immediate=True)
    for path, answer in before.items():
        assert after[path] == answer, path


VERSIONS = sorted(installed_binaries(), key=lambda b: b.major)


@pytest.mark.parametrize(
    "pair", list(itertools.combinations_with_replacement(VERSIONS, 2)),
    ids=lambda pair: f"{pair[0].major}-{pair[1].major}",
)  # fmt: skip
def test_a_newer_postgresql_takes_over(
    pair: tuple[Binaries, Binaries], catalogue: Catalogue, city: City, folder: Path,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """From each version installed to itself and to every newer one."""
    old, new = pair
    before = Cluster(folder, binaries=old, durable=False)
    before.start()
    load = Loader(Database(before.dsn), catalogue, city)
    migrate(load.database, catalogue, city, find_migrations())
    load("park", [park("a"), park("b")], valid_from=DAY(2012, 1, 1))
    load("park", [park("a", "新")])
    kept, port = contents(load), before.status().port
    before.stop()
    monkeypatch.setattr("gis.db.backup.find_binaries", lambda: new)
    done = upgrade(folder, CONFIG, tmp_path, old=old, new=new)
    assert (done.old, done.new, done.backup.rows) == (old.major, new.major, 3)
    assert (done.aside / "data" / "PG_VERSION").is_file()
    after = Cluster(folder, binaries=new)
    after.start()
    try:
        assert after.status().port == port
        again = Loader(Database(after.dsn), catalogue, city)
        assert contents(again) == kept
        undo(again.database, catalogue, 2)
        assert again("park", [park("c")]).loaded == 1
    finally:
        after.stop(immediate=True)


def test_an_upgrade_that_fails_puts_the_old_back(
    catalogue: Catalogue, city: City, folder: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    mine = find_binaries()
    with pytest.raises(ClusterError, match="holds no database to bring over"):
        upgrade(folder, CONFIG, tmp_path)
    cluster = Cluster(folder, durable=False)
    cluster.start()
    migrate(Database(cluster.dsn), catalogue, city, find_migrations())
    kept = read_contents(cluster)
    with pytest.raises(ClusterError, match="nothing to do"):
        upgrade(folder, CONFIG, tmp_path)
    cluster.stop()
    (cluster.data / "PG_VERSION").write_text("14\n")
    with pytest.raises(ClusterError, match="postgresql-14-postgis-3"):
        upgrade(folder, CONFIG, tmp_path)
    (cluster.data / "PG_VERSION").write_text(f"{mine.major}\n")

    def fail(*_: object) -> None:
        raise ClusterError("the disk is full")

    monkeypatch.setattr("gis.db.upgrade.restore_backup", fail)
    with pytest.raises(ClusterError, match="the disk is full"):
        upgrade(folder, CONFIG, tmp_path, old=mine, new=mine)
    assert [p.name for p in folder.iterdir()] == ["pg"]
    cluster.start()
    assert read_contents(cluster) == kept
    cluster.stop(immediate=True)


def read_contents(cluster: Cluster) -> object:
    with Database(cluster.dsn).owner() as connection:
        return read_digests(connection)
