"""Delimited text: encoding, delimiter and header are found, every cell is text.

A large file is read a part at a time, so that its size does not matter.
"""

from __future__ import annotations

import csv
import io
import warnings
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gis.errors import LoadError
from gis.load.grid import LOOK, find_header, name_columns
from gis.load.source import PART, Source, build_source
from gis.load.text import decode, find_delimiter, find_file_encoding

_LARGE = 32 << 20  # bytes; below it a file is read at once
_HEAD = 1 << 18  # bytes in which delimiter and header are looked for


@dataclass(frozen=True)
class _Shape:
    """How the text is laid out."""

    delimiter: str
    first: int
    names: list[str]


@dataclass(frozen=True)
class CsvSource(Source):
    """A file that is read while it is loaded.

    Parameters
    ----------
    count : its lines behind the header: rows, where no cell holds a line break
    """

    path: Path = field(default_factory=Path)
    encoding: str = "utf-8"
    layout: _Shape = field(default_factory=lambda: _Shape(",", 0, []))
    count: int = 0
    mapping: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of rows, for progress."""
        return self.count

    def parts(self, size: int = PART) -> Iterator[Source]:
        """The rows in order, at most `size` at a time."""
        done = 0
        try:
            with _parser(self.path, self.layout, self.encoding, size) as chunks:
                while (chunk := _next(chunks)) is not None:
                    frame = _named(chunk, self.layout.names)
                    part = build_source(
                        self.name, self.sha256, frame, [], None, self.mapping
                    )
                    numbers = np.arange(done + 1, done + len(frame) + 1)
                    done += len(frame)
                    yield replace(part, row_numbers=numbers)
        except (pd.errors.ParserError, pd.errors.ParserWarning, ValueError) as error:
            raise _unreadable(self.name, error) from error


def is_large(path: Path) -> bool:
    """Whether a file is better read in parts."""
    return path.suffix.lower() != ".gz" and path.stat().st_size > _LARGE


def open_csv(
    path: Path,
    sha256: str,
    encoding: str | None,
    header_row: int | None,
    mapping: Mapping[str, str],
) -> CsvSource:
    """A large file, looked through once for its encoding and length.

    Raises
    ------
    LoadError : encoding or header cannot be told
    """
    found, lines = find_file_encoding(path, encoding)
    with path.open("rb") as file:
        head = file.read(_HEAD).decode(found, errors="ignore")
    layout = _layout(head.rsplit("\n", 1)[0], path.name, header_row)
    return CsvSource(
        path.name,
        sha256,
        {},
        None,
        notes=_notes(found, layout),
        path=path,
        encoding=found,
        layout=layout,
        count=max(lines - layout.first - 1, 0),
        mapping=mapping,
    )


def read_csv(
    path: Path, encoding: str | None, header_row: int | None
) -> tuple[pd.DataFrame, list[str]]:
    """Every row of a file, gzipped or not, and what is to be said of it.

    Raises
    ------
    LoadError : encoding or header cannot be told, or there is no row
    """
    raw = path.read_bytes()
    if path.suffix.lower() == ".gz":
        raw = zlib.decompress(raw, wbits=31)
    text, found = decode(raw, encoding, path.name)
    layout = _layout(text, path.name, header_row)
    try:
        with _parser(io.StringIO(text), layout, None, None) as chunks:
            chunk = _next(chunks)
        frame = _named(pd.DataFrame() if chunk is None else chunk, layout.names)
    except (pd.errors.ParserError, pd.errors.ParserWarning, ValueError) as error:
        raise _unreadable(path.name, error) from error
    if frame.empty:
        raise LoadError(f"{path.name}: 没有数据行 holds no rows")
    return frame, _notes(found, layout)


def _layout(text: str, name: str, header_row: int | None) -> _Shape:
    delimiter = find_delimiter(text)
    rows = list(islice(csv.reader(io.StringIO(text), delimiter=delimiter), LOOK))
    first = find_header(rows, name, header_row)
    return _Shape(delimiter, first, name_columns(rows, first, first, name))


def _notes(encoding: str, layout: _Shape) -> list[str]:
    return [
        f"编码 encoding: {encoding.removesuffix('-sig')}",
        f"表头行 header row: {layout.first + 1}",
    ]


def _parser(
    source: Path | io.StringIO, layout: _Shape, encoding: str | None, size: int | None
) -> Any:  # noqa: ANN401  # untyped library class
    return pd.read_csv(
        source,
        index_col=False,
        sep=layout.delimiter,
        dtype=str,
        keep_default_na=False,
        skipinitialspace=True,
        skip_blank_lines=False,
        header=None,
        names=list(range(len(layout.names) + 1)),  # one more, for what is too much
        skiprows=layout.first + 1,
        encoding=encoding,
        chunksize=size,
        iterator=True,
    )


def _next(chunks: Any) -> pd.DataFrame | None:  # noqa: ANN401  # untyped library class
    """The next rows, None behind the last."""
    with warnings.catch_warnings():
        # a row longer than every one before it must not lose its end in silence
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            return chunks.get_chunk()
        except StopIteration:
            return None


def _named(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Rows that hold anything, under the names of the header."""
    if frame.empty:
        return frame
    last = max(i for i, name in enumerate(names) if name) + 1
    beyond = frame.iloc[:, last:]
    over = np.flatnonzero((beyond.notna() & (beyond != "")).any(axis=1).to_numpy())
    if len(over):
        row = int(frame.index[over[0]]) + 1
        raise ValueError(
            f"第 {row} 行数据的格数多于表头 row {row} behind the header has more than "
            f"its {last} cells: does a text hold the delimiter and no quotes?"
        )
    frame = frame[~(frame.isna() | (frame == "")).all(axis=1)]
    frame = frame[[i for i, name in enumerate(names) if name]]
    frame.columns = pd.Index([name for name in names if name])
    return frame


def _unreadable(name: str, error: Exception) -> LoadError:
    return LoadError(f"{name}: cannot be read as CSV: {error}")
