"""Zipped files and standard input -> a plain file or folder that can be read."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from gis.errors import LoadError

DATA = (
    ".csv", ".tsv", ".txt", ".xlsx", ".geojson", ".json", ".shp", ".gpkg", ".fgb",
    ".parquet", ".geoparquet", ".kml", ".gml", ".tab",
)  # fmt: skip
FORMATS = {
    "csv": ".csv", "xlsx": ".xlsx", "geojson": ".geojson", "jsonfg": ".json",
    "gpkg": ".gpkg", "fgb": ".fgb", "parquet": ".parquet", "kml": ".kml",
    "zip": ".zip", "shp": ".zip",
}  # fmt: skip
_LARGEST = 16 << 30  # bytes unpacked: more is no month's delivery but a mistake


@contextmanager
def unpacked(
    path: Path, table: str | None
) -> Iterator[tuple[Path, str | None, list[str]]]:
    """The file inside an archive, in a folder of its own while it is read.

    Returns
    -------
    The file or .gdb folder, the table left to choose inside it, what is to be said

    Raises
    ------
    LoadError : no archive, nothing to load inside, or several and none named
    """
    if path.suffix.lower() != ".zip":
        yield path, table, []
        return
    with tempfile.TemporaryDirectory(prefix="citygrid-") as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                size = sum(entry.file_size for entry in archive.infolist())
                if size > _LARGEST:
                    raise LoadError(
                        f"{path.name}: unpacks to {size:,} bytes, at most {_LARGEST:,}"
                    )
                archive.extractall(folder)
        except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError) as error:
            raise LoadError(f"{path.name}: cannot be unpacked: {error}") from error
        files = _data_files(Path(folder))
        if not files:
            raise LoadError(f"{path.name}: 压缩包内没有可载入的文件 holds no data file")
        chosen = [file for file in files if table in (file.name, file.stem)]
        if not chosen and len(files) > 1:
            names = ", ".join(file.name for file in files)
            raise LoadError(f"{path.name}: say which file with --table: {names}")
        file = (chosen or files)[0]
        yield file, None if chosen else table, [f"压缩包内 in the archive: {file.name}"]


def _data_files(folder: Path) -> list[Path]:
    """Files and geodatabase folders that can be loaded, without a system's litter."""
    bases = [p for p in sorted(folder.rglob("*.gdb")) if p.is_dir()]
    files = [
        p
        for p in sorted(folder.rglob("*"))
        if p.is_file()
        and p.suffix.lower() in DATA
        and not p.name.startswith("._")
        and "__MACOSX" not in p.parts
        and not any(base in p.parents for base in bases)
    ]
    data = [p for p in files if p.suffix.lower() != ".txt"]
    return bases + (data or files)


@contextmanager
def spooled(stream: BinaryIO, form: str | None) -> Iterator[Path]:
    """Standard input as a file; `form` is a key of FORMATS.

    Raises
    ------
    LoadError : the format is not stated
    """
    if form not in FORMATS:
        raise LoadError(
            f"--format: {form!r} given; standard input has no name to tell it by, "
            f"state one of {', '.join(FORMATS)}"
        )
    with tempfile.TemporaryDirectory(prefix="citygrid-") as folder:
        path = Path(folder) / PurePosixPath("stdin").with_suffix(FORMATS[form])
        with path.open("wb") as file:
            shutil.copyfileobj(stream, file)
        yield path
