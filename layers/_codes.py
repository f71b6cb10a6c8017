"""Code tables of standards: data/standards/<name>.csv, every cell as text."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from layers._errors import DeclarationError, UnknownCodeTable

DATA = Path(__file__).resolve().parent.parent / "data"

CodeTable = Mapping[str, Mapping[str, str]]


@cache
def load_codes(name: str, folder: Path = DATA / "standards") -> CodeTable:
    """Rows of a code table by their code, in file order.

    Raises
    ------
    UnknownCodeTable : no such file
    DeclarationError : no `code` column, or a code stands twice
    """
    path = folder / f"{name}.csv"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.csv")))
        raise UnknownCodeTable(path, "", f"no such code table; there are: {known}")
    rows: dict[str, Mapping[str, str]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        needed = {"code", "title_zh", "title_en", "basis"}
        missing = needed - set(reader.fieldnames or ())
        if missing:
            raise DeclarationError(
                path, ", ".join(sorted(missing)), "column is required and missing"
            )
        for row in reader:
            if row["code"] in rows:
                raise DeclarationError(path, row["code"], "code stands twice")
            rows[row["code"]] = MappingProxyType(row)
    return MappingProxyType(rows)
