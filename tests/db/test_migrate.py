"""Migrations reach what the layer files declare; a new layer is one file."""

from __future__ import annotations

from pathlib import Path

import pytest

from gis.access import schema_of
from gis.db.migrate import FOLDER, compare, find_migrations, migrate, read_tables, stage
from gis.db.pool import Database
from gis.errors import MigrationError
from layers import LAYERS, Catalogue, City, Level, load_catalogue

FIRE = """\
title: {zh: 消防站, en: Fire station}
geometry: Point
access: staff
columns:
  crew: {type: integer, access: restricted, title: {zh: 编制, en: Crew}}
"""


@pytest.fixture
def grown(tmp_path: Path) -> Catalogue:
    folder = tmp_path / "layers" / "safety"
    folder.mkdir(parents=True)
    (folder / "fire_station.yaml").write_text(FIRE, encoding="utf-8")
    return load_catalogue(LAYERS, tmp_path / "layers")


def test_all_migrations_equal_the_declared_tables(
    empty_db: Database, catalogue: Catalogue, city: City
) -> None:
    with empty_db.owner() as connection:
        assert compare(connection, catalogue, city) == []
        assert set(read_tables(connection)) == set(catalogue)


def test_a_difference_is_seen(
    empty_db: Database, catalogue: Catalogue, city: City
) -> None:
    with empty_db.owner() as connection:
        connection.execute("ALTER TABLE city.park DROP COLUMN name CASCADE")
        connection.execute("DROP INDEX city.road_geom_m")
        found = " ".join(compare(connection, catalogue, city))
        connection.rollback()
    assert "park.name" in found
    assert "road_geom_m" in found


def test_migrating_again_does_nothing(
    empty_db: Database, catalogue: Catalogue, city: City
) -> None:
    assert migrate(empty_db, catalogue, city, find_migrations()) == []


def test_an_edited_migration_is_refused(
    empty_db: Database, catalogue: Catalogue, city: City, tmp_path: Path
) -> None:
    for migration in find_migrations():
        (tmp_path / migration.path.name).write_bytes(migration.path.read_bytes())
    first = sorted(tmp_path.iterdir())[0]
    first.write_text(first.read_text("utf-8") + "-- changed\n", encoding="utf-8")
    with pytest.raises(MigrationError, match="edited after it ran"):
        migrate(empty_db, catalogue, city, find_migrations(tmp_path))


def test_a_new_layer_is_one_file(
    empty_db: Database, grown: Catalogue, city: City, tmp_path: Path
) -> None:
    """Declared, refused without its migration, staged, migrated, seen by level."""
    with pytest.raises(MigrationError, match="fire_station: the table is missing"):
        migrate(empty_db, grown, city, find_migrations())
    own = tmp_path / "migrations"
    with empty_db.owner() as connection:
        staged = stage(connection, grown, city, own, 9001)
    assert staged == own / "9001_fire_station.sql.staged"
    staged.rename(staged.with_suffix(""))
    ran = migrate(empty_db, grown, city, find_migrations(FOLDER, own))
    assert [m.number for m in ran] == [9001]
    with empty_db.owner() as connection:
        seen = {
            level: {
                name
                for (name,) in connection.execute(
                    "SELECT column_name FROM information_schema.columns "
                    "WHERE table_schema = %s AND table_name = 'fire_station'",
                    (schema_of(level),),
                )
            }
            for level in Level
        }
    assert seen[Level.PUBLIC] == set()
    assert "geom" in seen[Level.STAFF]
    assert seen[Level.RESTRICTED] - seen[Level.STAFF] == {"crew"}


def test_a_changed_column_is_staged(
    empty_db: Database, grown: Catalogue, city: City, tmp_path: Path
) -> None:
    own = tmp_path / "migrations"
    with empty_db.owner() as connection:
        connection.execute("ALTER TABLE city.park DROP COLUMN area_m2 CASCADE")
        connection.execute("DROP TABLE city.elevator CASCADE")
        staged = stage(connection, grown, city, own, 9001)
        connection.rollback()
    text = staged.read_text("utf-8") if staged else ""
    assert 'ALTER TABLE city.park ADD COLUMN "area_m2"' in text
    assert "CREATE TABLE city.elevator" in text


@pytest.mark.parametrize("name", ["1_short.sql", "0001_UPPER.sql"])
def test_a_misnamed_migration_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("select 1;")
    with pytest.raises(MigrationError, match="NNNN_name"):
        find_migrations(tmp_path)


def test_a_level_reads_its_views_and_nothing_else(
    empty_db: Database, catalogue: Catalogue
) -> None:
    import psycopg

    for level in Level:
        with empty_db.reader(level) as connection:
            for layer in catalogue.visible_at(level):
                connection.execute(
                    f"SELECT * FROM {schema_of(level)}.{layer} LIMIT 0".encode()
                )
            for other in Level:
                if other > level:
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        connection.execute(
                            f"SELECT 1 FROM {schema_of(other)}.camera".encode()
                        )
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT 1 FROM city.camera")
