"""From one PostgreSQL major version to the next, by a proved backup.

The old server is started once more by its own programs and backed up; its folder is set
aside; the new server restores the backup, which is compared table by table. What goes
wrong puts the old folder back.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gis.db.backup import Backup, create_backup, restore_backup
from gis.db.binaries import Binaries, find_binaries, installed_binaries
from gis.db.cluster import Cluster
from gis.db.pool import Database
from gis.errors import ClusterError


@dataclass(frozen=True)
class Upgraded:
    """What an upgrade did: from and to which major version, and what is left of it."""

    old: int
    new: int
    backup: Backup
    aside: Path


def upgrade(
    home: Path,
    config: Path,
    folder: Path,
    *,
    assets: Path | None = None,
    old: Binaries | None = None,
    new: Binaries | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Upgraded:
    """Bring the private server of a home over to the PostgreSQL of this machine.

    Parameters
    ----------
    folder : where the backup is written
    old, new : programs of either version; found where not given

    Raises
    ------
    ClusterError : nothing to do, no programs for the old data, or a backup that could
        not be proved; the old server's data are where they were
    """
    major = Cluster(home).major()
    if major is None:
        raise ClusterError(f"{home}: 没有数据库 holds no database to bring over")
    new = new or find_binaries()
    if old is None and major == new.major:
        raise ClusterError(
            f"{home}: 已是 is of PostgreSQL {major} already, which citygrid finds on "
            "this machine; nothing to do"
        )
    if old is None:
        old = next((b for b in installed_binaries() if b.major == major), None)
    if old is None:
        raise ClusterError(
            f"{home}: written by PostgreSQL {major}, whose programs are not here. "
            f"Install postgresql-{major}-postgis-3 beside the new one, or make a "
            "backup on the old machine (citygrid backup create) and restore it here "
            "(citygrid backup restore)"
        )
    before = Cluster(home, binaries=old)
    tell(f"备份旧库 backing up PostgreSQL {old.major}")
    before.start()
    try:
        backup = create_backup(Database(before.dsn), folder, config, assets)
    finally:
        before.stop()
    stamp = f"{datetime.now(UTC):%Y%m%d%H%M%S}"
    data, aside = home / "pg", home / f"pg-{old.major}-{stamp}"
    data.rename(aside)
    after = Cluster(home, binaries=new)
    try:
        data.mkdir()
        shutil.copy2(aside / "port", data / "port")  # clients know it
        tell(f"恢复到新库 restoring into PostgreSQL {new.major}")
        after.start()
        restore_backup(Database(after.dsn), backup)
        after.stop()
    except BaseException:
        after.stop(immediate=True)
        shutil.rmtree(data, ignore_errors=True)
        aside.rename(data)
        raise
    return Upgraded(old.major, new.major, backup, aside)
