"""citygrid backup: create, list, verify, restore."""

from __future__ import annotations

from pathlib import Path

import click

from gis.cli._place import Place, find_place, running
from gis.db.backup import (
    Backup,
    create_backup,
    list_backups,
    read_backup,
    restore_backup,
    unpack_config,
    verify_backup,
)
from gis.db.upgrade import upgrade
from gis.errors import ClusterError
from gis.settings import ROOT

_VENDOR = ROOT / "gis" / "web" / "vendor"
_FOLDER = click.option(
    "--to", "folder", type=click.Path(path_type=Path),
    help="Folder of backups; default: backups in CITYGRID_HOME.",
)  # fmt: skip


@click.group()
def backup() -> None:
    """Backups: create, list, verify, restore; and upgrade to a newer PostgreSQL."""


def _folder(place: Place, folder: Path | None) -> Path:
    return folder or place.settings.home / "backups"


def _find(place: Place, name: str | None, folder: Path | None) -> Backup:
    """A backup by its name or folder; the latest where none is named."""
    root = _folder(place, folder)
    if name is not None:
        own = Path(name)
        return read_backup(own if own.is_dir() else root / name)
    found = list_backups(root)
    if not found:
        raise ClusterError(f"{root}: 没有备份 holds no backup")
    return found[0]


def _line(entry: Backup) -> str:
    return (
        f"{entry.name}\t{entry.rows:,} 行 rows\t{entry.size_bytes / 1e6:,.1f} MB\t"
        f"PostgreSQL {entry.postgresql}"
    )


@backup.command()
@_FOLDER
def create(folder: Path | None) -> None:
    """Back up the database and the configuration."""
    place = find_place()
    with running(place) as database:
        made = create_backup(
            database, _folder(place, folder), place.settings.config, _VENDOR
        )
    click.echo(str(made.folder))
    click.echo(_line(made), err=True)


@backup.command("list")
@_FOLDER
def list_(folder: Path | None) -> None:
    """List backups, the latest first."""
    for entry in list_backups(_folder(find_place(), folder)):
        click.echo(_line(entry))


@backup.command()
@click.argument("name", required=False)
@_FOLDER
def verify(name: str | None, folder: Path | None) -> None:
    """Restore NAME (default: the latest) into a scratch database and compare it."""
    place = find_place()
    entry = _find(place, name, folder)
    with running(place, migrated=False) as database:
        verify_backup(database, entry)
    click.echo(f"完好 whole: {_line(entry)}", err=True)


@backup.command("upgrade")
@_FOLDER
@click.confirmation_option(prompt="Bring the database over to the newer PostgreSQL?")
def upgrade_(folder: Path | None) -> None:
    """Bring the private database over to the PostgreSQL that this machine runs.

    Needs the programs of both versions. The old data are backed up, set aside and not
    removed; the new database is compared with them table by table.
    """
    place = find_place()
    if place.cluster is None:
        raise ClusterError(
            "CITYGRID_DSN names an external server: upgrade it there, or back up from "
            "the old one and restore into the new one (citygrid backup create, restore)"
        )
    done = upgrade(
        place.settings.home,
        place.settings.config,
        _folder(place, folder),
        assets=_VENDOR,
        tell=lambda step: click.echo(step, err=True),
    )
    click.echo(
        f"已升级 upgraded: PostgreSQL {done.old} -> {done.new}, "
        f"{done.backup.rows:,} 行 rows\n旧库保留在 the old data are kept in "
        f"{done.aside}; remove them once you trust the new ones",
        err=True,
    )


@backup.command()
@click.argument("name", required=False)
@_FOLDER
@click.option(
    "--config", type=click.Path(path_type=Path),
    help="Also write the configuration into this new folder.",
)  # fmt: skip
@click.confirmation_option(prompt="Put the backup in the place of the database?")
def restore(name: str | None, folder: Path | None, config: Path | None) -> None:
    """Put NAME (default: the latest) in the place of the database.

    The backup is restored beside the database and compared first; what stood there is
    set aside under another name. A newer PostgreSQL takes backups of an older one.
    """
    place = find_place()
    entry = _find(place, name, folder)
    if config is not None:
        unpack_config(entry, config)
    with running(place, migrated=False) as database:
        aside = restore_backup(database, entry)
        for migration in place.migrate(database):
            click.echo(f"migrated {migration.path.name}", err=True)
    click.echo(f"已恢复 restored: {_line(entry)}", err=True)
    if aside:
        click.echo(
            f"原库保留为 the former database is kept as {aside}; to remove it: "
            f"citygrid db psql -c 'DROP DATABASE {aside}'",
            err=True,
        )
