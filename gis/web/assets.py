"""Fetch the third-party browser files named in ``assets.toml``.

``python -m gis.web.assets`` asks npm for each archive, checks its SHA-256, copies
the listed files to ``vendor/``, and writes ``.gz`` and ``.br`` beside them. When
everything is in place it does nothing. Errors::

    AssetError            anything that stops the set-up, with the way out
      NpmMissing          no npm on the machine and no archives given
      SumMismatch         an archive is not the one that was reviewed
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

import brotli

ROOT = Path(__file__).parent
MANIFEST = "manifest.json"
COMPRESSED = {".js", ".mjs", ".css", ".html"}
_SOURCE_MAP = re.compile(rb"\n?(?://|/\*)# sourceMappingURL=[^\n]*\n?\s*\Z")


class AssetError(Exception):
    """The browser files could not be set up."""


class NpmMissing(AssetError):
    """npm is not installed and the archives were not given by hand."""


class SumMismatch(AssetError):
    """An archive differs from the one whose sum is recorded."""


@dataclass(frozen=True)
class Package:
    """One npm package: what it is, and which of its files are wanted."""

    name: str
    version: str
    sha256: str
    licence: str
    licence_file: str
    folder: str
    files: tuple[str, ...]
    only: str = ""

    @property
    def archive(self) -> str:
        """File name that ``npm pack`` gives the archive."""
        return f"{self.name.lstrip('@').replace('/', '-')}-{self.version}.tgz"

    @property
    def home(self) -> str:
        """Top folder: ``vendor``, or ``vendor-test`` for what only tests use."""
        return "vendor-test" if self.only == "test" else "vendor"

    def target(self, member: str) -> str:
        """Path of a member below the package's folder, without ``dist/``."""
        return member.removeprefix("dist/").removeprefix("files/")


def read_packages(path: Path = ROOT / "assets.toml") -> tuple[Package, ...]:
    """Return the packages that the list names.

    Parameters
    ----------
    path : the TOML list

    Returns
    -------
    Packages in file order.
    """
    rows = tomllib.loads(path.read_text("utf-8"))["package"]
    return tuple(Package(**{**row, "files": tuple(row["files"])}) for row in rows)


def missing_files(root: Path = ROOT) -> list[str]:
    """Return what the set-up still has to bring, empty when nothing.

    Parameters
    ----------
    root : folder that holds ``vendor/``

    Returns
    -------
    Names ``package@version`` whose files are absent or of another version.
    """
    absent = []
    for package in read_packages():
        folder = root / package.home / package.folder
        record = folder / MANIFEST
        expected = _record(package)
        known = record.is_file() and record.read_text("utf-8") == expected
        found = all((folder / package.target(f)).is_file() for f in package.files)
        if not (known and found):
            absent.append(f"{package.name}@{package.version}")
    return absent


def fetch_assets(root: Path = ROOT, *, archives: Path | None = None) -> list[str]:
    """Bring every missing package and return the names of those brought.

    Parameters
    ----------
    root : folder that receives ``vendor/`` and ``vendor-test/``
    archives : folder with archives fetched elsewhere, for machines without network

    Returns
    -------
    Names ``package@version``, empty when everything was in place.

    Raises
    ------
    NpmMissing
        No npm, and an archive is not in ``archives``.
    SumMismatch
        An archive is not the one that was reviewed.
    AssetError
        npm failed, or a listed file is not in the archive.
    """
    wanted = missing_files(root)
    packages = [p for p in read_packages() if f"{p.name}@{p.version}" in wanted]
    if packages:
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=root) as scratch:
            for package in packages:
                archive = _archive(package, Path(scratch), archives)
                _check(package, archive)
                _unpack(package, archive, root / package.home / package.folder)
        _write_licences(root)
    return wanted


def _record(package: Package) -> str:
    return json.dumps(asdict(package), indent=1)


def _archive(package: Package, scratch: Path, archives: Path | None) -> Path:
    if archives is not None and (archives / package.archive).is_file():
        return archives / package.archive
    npm = shutil.which("npm")
    if npm is None:
        msg = (
            f"{package.name}@{package.version} is needed and npm is not installed. "
            "Install it with 'apt-get install nodejs npm' and run 'make setup' again; "
            f"without network, put {package.archive} (made elsewhere by "
            f"'npm pack {package.name}@{package.version}') into a folder and run "
            "'python -m gis.web.assets --archives FOLDER'."
        )
        raise NpmMissing(msg)
    name = f"{package.name}@{package.version}"
    done = subprocess.run(
        [npm, "pack", "--silent", "--ignore-scripts", name],
        cwd=scratch,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0 or not (scratch / package.archive).is_file():
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        msg = f"npm pack {name} failed: {last[0] if last else 'no message'}"
        raise AssetError(msg)
    return scratch / package.archive


def _check(package: Package, archive: Path) -> None:
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != package.sha256:
        msg = f"{archive.name}: sum {found}, expected {package.sha256}"
        raise SumMismatch(msg)


def _unpack(package: Package, archive: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(archive) as tar:
        for member in (*package.files, package.licence_file):
            try:
                source = tar.extractfile(f"package/{member}")
            except KeyError:
                source = None
            if source is None:
                msg = f"{archive.name} holds no {member}"
                raise AssetError(msg)
            target = folder / package.target(member)
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(target, source.read())
    (folder / MANIFEST).write_text(_record(package), "utf-8")


def _write(target: Path, content: bytes) -> None:
    """Write a file and its compressed forms, without the pointer to a source map."""
    if target.suffix in COMPRESSED:
        content = _SOURCE_MAP.sub(b"\n", content)
        target.with_name(f"{target.name}.gz").write_bytes(
            gzip.compress(content, 9, mtime=0)
        )
        quality = 9 if len(content) > 600_000 else 11  # 11 takes 3 s per megabyte
        target.with_name(f"{target.name}.br").write_bytes(
            brotli.compress(content, quality=quality)
        )
    target.write_bytes(content)


def _write_licences(root: Path) -> None:
    rows = [
        f"{p.name} {p.version}  {p.licence}  {p.folder}/{p.licence_file}"
        for p in read_packages()
        if p.home == "vendor"
    ]
    (root / "vendor" / "LICENCES.txt").write_text("\n".join(rows) + "\n", "utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Run the set-up from the command line and return the exit code."""
    parser = argparse.ArgumentParser(description="Fetch the browser files.")
    parser.add_argument("--archives", type=Path, help="folder with packed archives")
    parser.add_argument("--check", action="store_true", help="only say what lacks")
    options = parser.parse_args(arguments)
    if options.check:
        absent = missing_files()
        sys.stderr.write(
            "".join(f"missing: {name}\n" for name in absent)
            or "browser files: all in place\n"
        )
        return 1 if absent else 0
    try:
        brought = fetch_assets(archives=options.archives)
    except AssetError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stderr.write(f"browser files: {', '.join(brought) or 'all in place'}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
