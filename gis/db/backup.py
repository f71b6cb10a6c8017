"""Backups: one folder each, with the dump, the configuration and a manifest.

The manifest is written last: a folder without one is an attempt that was cut short.
A restore fills a database of its own, proves it, and only then takes the place of the
one there is, which is set aside under another name and not removed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from gis.access import COMPUTE_ROLE, JOBS_ROLE, role_of
from gis.db.binaries import find_binaries
from gis.db.digest import Digest, differences, read_digests
from gis.db.drills import recorded
from gis.db.pool import Database
from gis.errors import ClusterError
from layers import Level

_MANIFEST = "manifest.json"
_DUMP = "database.dump"
_CONFIG = "config.zip"


@dataclass(frozen=True)
class Backup:
    """One backup as its manifest describes it.

    Parameters
    ----------
    files : name -> sha256 and bytes
    tables : schema.table -> rows and hash of its contents
    assets : files of the web page that this release needs -> sha256
    """

    folder: Path
    created_at: str
    postgresql: int
    files: dict[str, dict[str, Any]]
    tables: dict[str, Digest]
    assets: dict[str, str]

    @property
    def name(self) -> str:
        """What commands call it."""
        return self.folder.name

    @property
    def rows(self) -> int:
        """Rows of every layer."""
        return sum(
            digest.rows
            for table, digest in self.tables.items()
            if table.startswith("city.") and table != "city.layer_version"
        )

    @property
    def size_bytes(self) -> int:
        """Size of its files."""
        return sum(int(file["bytes"]) for file in self.files.values())


def create_backup(
    database: Database, folder: Path, config: Path, assets: Path | None = None
) -> Backup:
    """Write a backup below a folder.

    The dump and the digests are of one and the same moment, whatever is loaded
    meanwhile.

    Raises
    ------
    ClusterError : pg_dump failed; nothing is left behind
    """
    now = datetime.now(UTC)
    target = folder / now.strftime("%Y%m%dT%H%M%S.%fZ")
    target.mkdir(parents=True)
    try:
        with database.owner() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            row = connection.execute("SELECT pg_export_snapshot()").fetchone()
            snapshot = str(row[0]) if row else ""
            _run(
                "pg_dump", "-Fc", "--no-owner",
                f"--snapshot={snapshot}", "-f", target / _DUMP, "-d", database.dsn,
            )  # fmt: skip
            tables = read_digests(connection)
            major = connection.info.server_version // 10_000
        _pack(config, target / _CONFIG)
        files = {
            name: {
                "sha256": _sha256(target / name),
                "bytes": (target / name).stat().st_size,
            }
            for name in (_DUMP, _CONFIG)
        }
        backup = Backup(target, now.isoformat(), major, files, tables, _list(assets))
        told = asdict(backup)
        told.pop("folder")
        scratch = target / f".{_MANIFEST}"
        scratch.write_text(json.dumps(told, ensure_ascii=False, indent=1), "utf-8")
        with recorded(database, "create", backup, target):
            scratch.rename(target / _MANIFEST)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    return backup


def list_backups(folder: Path) -> list[Backup]:
    """Whole backups below a folder, the latest first."""
    return sorted(
        (read_backup(path.parent) for path in folder.glob(f"*/{_MANIFEST}")),
        key=lambda backup: backup.created_at,
        reverse=True,
    )


def read_backup(folder: Path) -> Backup:
    """The backup of a folder.

    Raises
    ------
    ClusterError : it is none, or its manifest is damaged
    """
    path = folder / _MANIFEST
    try:
        told = json.loads(path.read_text("utf-8"))
        told["tables"] = {name: Digest(**d) for name, d in told["tables"].items()}
        return Backup(folder=folder, **told)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ClusterError(
            f"{folder}: 不是完整的备份 is no whole backup: {error}"
        ) from error


def verify_backup(database: Database, backup: Backup) -> None:
    """Prove a backup: checksums, then every table of a database restored from it.

    Raises
    ------
    ClusterError : naming the files or tables that are not as they were
    """
    scratch = f"verify_{datetime.now(UTC):%Y%m%d%H%M%S%f}"
    with recorded(database, "verify", backup, backup.folder):
        _check_files(backup)
        with _restored(database, backup, scratch):
            pass


def restore_backup(database: Database, backup: Backup) -> str | None:
    """Put a backup in the place of the database there is.

    Returns
    -------
    Name of the database that was set aside; None where there was nothing in it

    Raises
    ------
    ClusterError : the backup cannot be proved; the database is as before
    """
    _check_files(backup)
    info = psycopg.conninfo.conninfo_to_dict(database.dsn)
    name = str(info["dbname"])
    stamp = f"{datetime.now(UTC):%Y%m%d%H%M%S}"
    aside, scratch = f"{name}_{stamp}", f"restoring_{stamp}"
    database.close()
    with _restored(database, backup, scratch, keep=True):
        pass
    holds = _holds_anything(database)
    with psycopg.connect(_other(database.dsn, "postgres"), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname IN (%s, %s) AND pid <> pg_backend_pid()",
            (name, scratch),
        )
        with admin.transaction():  # both or neither
            for old, new in ((name, aside), (scratch, name)):
                admin.execute(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                        sql.Identifier(old), sql.Identifier(new)
                    )
                )
        if not holds:
            _drop(admin, aside)
    with recorded(database, "restore", backup, backup.folder):
        pass
    return aside if holds else None


def unpack_config(backup: Backup, folder: Path) -> None:
    """Write the configuration of a backup into a new folder.

    Raises
    ------
    ClusterError : the folder holds something already
    """
    if folder.exists() and any(folder.iterdir()):
        raise ClusterError(f"{folder}: 目录非空 is not empty")
    with zipfile.ZipFile(backup.folder / _CONFIG) as archive:
        archive.extractall(folder)


def _check_files(backup: Backup) -> None:
    for name, file in backup.files.items():
        path = backup.folder / name
        if not path.is_file():
            raise ClusterError(f"{path}: 备份缺少文件 the backup lacks this file")
        if _sha256(path) != file["sha256"]:
            raise ClusterError(f"{path}: 校验和不符 the checksum differs: damaged")


@contextmanager
def _restored(
    database: Database, backup: Backup, name: str, *, keep: bool = False
) -> Iterator[None]:
    """A database restored from a backup and proved equal to it; removed again."""
    with psycopg.connect(_other(database.dsn, "postgres"), autocommit=True) as admin:
        for role in [*(role_of(one) for one in Level), COMPUTE_ROLE, JOBS_ROLE]:
            known = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,))
            if known.fetchone() is None:
                admin.execute(
                    sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role))
                )
            admin.execute(
                sql.SQL("GRANT {} TO current_user").format(sql.Identifier(role))
            )
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(
                sql.Identifier(name)
            )
        )
        whole = False
        try:
            dsn = _other(database.dsn, name)
            _run(
                "pg_restore", "--no-owner", "--exit-on-error", "-d", dsn,
                backup.folder / _DUMP,
            )  # fmt: skip
            with psycopg.connect(dsn, options="-c timezone=UTC") as connection:
                wrong = differences(backup.tables, read_digests(connection))
                connection.rollback()
            if wrong:
                raise ClusterError(
                    f"{backup.name}: 恢复后与备份不符 differs when restored:\n  "
                    + "\n  ".join(wrong)
                )
            yield
            whole = True
        finally:
            if not (keep and whole):
                _drop(admin, name)


def _holds_anything(database: Database) -> bool:
    """Whether any table of the database there is holds a row."""
    with database.owner() as connection:
        tables = read_digests(connection)
    return any(d.rows for name, d in tables.items() if name != "city.layer_version")


def _drop(admin: psycopg.Connection[Any], name: str) -> None:
    admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _other(dsn: str, name: str) -> str:
    """The connection string of another database of the same server."""
    return psycopg.conninfo.make_conninfo(dsn, dbname=name)


def _run(name: str, *arguments: object) -> None:
    """Run a program of the server's own.

    Raises
    ------
    ClusterError : with what it said
    """
    done = subprocess.run(
        [find_binaries().path(name), *map(str, arguments)],
        check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode != 0:
        raise ClusterError(f"{name} failed: {done.stderr.strip()[-800:]}")


def _pack(folder: Path, target: Path) -> None:
    """Every file of the configuration."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, str(file.relative_to(folder)))


def _list(folder: Path | None) -> dict[str, str]:
    """Checksums of the files of a folder that may be missing."""
    if folder is None or not folder.is_dir():
        return {}
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(file.relative_to(folder)): _sha256(file) for file in files}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
