"""Finds the machine's own PostgreSQL and PostGIS."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from gis.errors import ClusterError

OLDEST_MAJOR = 15
_DEBIAN = Path("/usr/lib/postgresql")
_PROGRAMS = ("initdb", "pg_ctl", "postgres", "psql", "pg_dump", "pg_restore")


@dataclass(frozen=True)
class Binaries:
    """The programs of one PostgreSQL installation."""

    folder: Path
    major: int

    def path(self, program: str) -> str:
        """Absolute path of a program such as `pg_ctl`."""
        return str(self.folder / program)


def find_binaries() -> Binaries:
    """The PostgreSQL that `pg_config` names, else the newest of Debian's folders.

    Raises
    ------
    ClusterError : none found, too old, or PostGIS is missing; names the package
    """
    found = [b for folder in _candidates() if (b := _read(folder))]
    if not found:
        raise ClusterError(
            "PostgreSQL: no server programs found (asked pg_config, looked in "
            f"{_DEBIAN}). Install them: apt-get install postgresql-15-postgis-3 "
            "(Debian 12) or postgresql-17-postgis-3 (Debian 13)"
        )
    usable = [b for b in found if b.major >= OLDEST_MAJOR]
    if not usable:
        majors = ", ".join(str(b.major) for b in found)
        raise ClusterError(
            f"PostgreSQL: version {majors} found, must be {OLDEST_MAJOR} or newer"
        )
    for binaries in usable:
        if _has_postgis(binaries):
            return binaries
    major = usable[0].major
    raise ClusterError(
        f"PostGIS: not installed for PostgreSQL {major}. "
        f"Install it: apt-get install postgresql-{major}-postgis-3"
    )


def installed_binaries() -> list[Binaries]:
    """Every usable PostgreSQL of the machine that has PostGIS, the best first."""
    found = [b for folder in _candidates() if (b := _read(folder))]
    return [b for b in found if b.major >= OLDEST_MAJOR and _has_postgis(b)]


def _candidates() -> list[Path]:
    """Folders that may hold the server programs, best first."""
    folders: list[Path] = []
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run(
            [pg_config, "--bindir"], capture_output=True, text=True, check=False
        )
        if answer.returncode == 0:
            folders.append(Path(answer.stdout.strip()))
    versions = sorted(
        (p for p in _DEBIAN.glob("*/bin") if p.parent.name.isdigit()),
        key=lambda p: -int(p.parent.name),
    )
    return [*folders, *(p for p in versions if p not in folders)]


def _read(folder: Path) -> Binaries | None:
    """The installation in a folder, None where a program is missing."""
    if not all((folder / program).is_file() for program in _PROGRAMS):
        return None
    answer = subprocess.run(
        [str(folder / "postgres"), "--version"],
        capture_output=True,
        text=True,
        check=False,
    )
    match = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return Binaries(folder, int(match[1])) if match else None


def _has_postgis(binaries: Binaries) -> bool:
    """Whether the extension's control file lies where this server looks for it."""
    shares = [Path(f"/usr/share/postgresql/{binaries.major}")]
    own = binaries.folder / "pg_config"
    if own.is_file():
        answer = subprocess.run(
            [str(own), "--sharedir"], capture_output=True, text=True, check=False
        )
        shares.insert(0, Path(answer.stdout.strip()))
    return any((share / "extension" / "postgis.control").is_file() for share in shares)
