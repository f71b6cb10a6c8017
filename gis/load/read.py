"""Files -> rows: columns as they stand there, and where each row is.

Encoding, header row, sheet and missing companions are found and said in the report;
positions come from the file's geometry, a column of WKT, or lon/lat columns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from gis.errors import LoadError
from gis.load.archive import unpacked
from gis.load.delimited import is_large, open_csv, read_csv
from gis.load.sheets import read_sheet
from gis.load.source import Source, build_source
from gis.load.vector import read_vector

_TEXT = (".csv", ".tsv", ".txt")


def read_source(
    path: Path,
    *,
    table: str | None = None,
    encoding: str | None = None,
    header_row: int | None = None,
    mapping: Mapping[str, str] | None = None,
    whole: bool = False,
) -> Source:
    """Rows of a file.

    Parameters
    ----------
    table : which of several sheets, tables, or files of an archive
    encoding : text encoding, found out when not given
    header_row : number of the header's row, from 1, found out when not given
    mapping : header -> column as the caller states it (`经度=lon`)
    whole : read all rows now, though the file be large; it may go away

    Raises
    ------
    LoadError : unreadable, empty, several tables and none named; an encoding or a
        header that cannot be told for certain
    """
    is_base = path.is_dir() and path.suffix.lower() == ".gdb"
    if not path.is_file() and not is_base:
        raise LoadError(f"{path}: 没有这个文件 no such file")
    sha256 = _checksum(path)
    with unpacked(path, table) as (file, inner, notes):
        name = file.name.lower().removesuffix(".gz")
        if name.endswith(_TEXT) and file is path and not whole and is_large(file):
            return open_csv(file, sha256, encoding, header_row, mapping or {})
        if name.endswith(_TEXT):
            frame, said = read_csv(file, encoding, header_row)
        elif name.endswith(".xlsx"):
            columns, said = read_sheet(file, table=inner, header_row=header_row)
            frame = pd.DataFrame(columns)
        elif name.endswith((".xls", ".et", ".wps")):
            raise LoadError(f"{file.name}: 请另存为 .xlsx save it as .xlsx first")
        else:
            frame, srid, said = read_vector(file, table=inner, encoding=encoding)
            if frame.empty:
                raise LoadError(f"{file.name}: holds no rows")
            return build_source(
                path.name, sha256, frame, notes + said, srid, mapping or {}
            )
    return build_source(path.name, sha256, frame, notes + said, None, mapping or {})


def _checksum(path: Path) -> str:
    """SHA-256 of a file, or of every file of a folder in the order of their names."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    whole = hashlib.sha256()
    for member in sorted(p for p in path.iterdir() if p.is_file()):
        whole.update(member.name.encode())
        whole.update(member.read_bytes())
    return whole.hexdigest()
