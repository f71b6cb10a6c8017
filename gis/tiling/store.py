"""Tiles kept in files: made ahead by `citygrid tiles seed`, found by the server.

A tile is kept under the version of its table and the days on which the same versions
of its features are valid. It is right until a later change lies in it, which whoever
asks for it finds out; the next seeding takes away what no version needs.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from gis.db.matrix import MatrixSet
from gis.tiling.area import Index
from layers import Level

_OPEN = "any"


@dataclass(frozen=True)
class Edition:
    """A layer's tiles of one version, as a level sees them.

    Parameters
    ----------
    first, beyond : first day and the day after the last that they are right for;
        None is open
    """

    layer: str
    level: Level
    version: int
    first: date | None
    beyond: date | None

    def holds(self, day: date) -> bool:
        """Whether the tiles are those of a day."""
        begun = self.first is None or self.first <= day
        return begun and (self.beyond is None or day < self.beyond)

    @property
    def name(self) -> str:
        """Name of the edition's folder."""
        days = (day.isoformat() if day else _OPEN for day in (self.first, self.beyond))
        return "_".join((str(self.version), *days))


class Store:
    """Folder of kept tiles.

    Parameters
    ----------
    home : folder of the deployment
    """

    def __init__(self, home: Path) -> None:
        self.root = home / "tiles"

    def editions(self, layer: str, level: Level) -> list[Edition]:
        """What is kept of a layer for a level."""
        found = []
        with contextlib.suppress(FileNotFoundError):
            for folder in (self.root / level.label / layer).iterdir():
                version, _, days = folder.name.partition("_")
                first, _, beyond = days.partition("_")
                with contextlib.suppress(ValueError):
                    found.append(
                        Edition(layer, level, int(version), _day(first), _day(beyond))
                    )
        return found

    def path(self, edition: Edition, matrix_set: MatrixSet, index: Index) -> Path:
        """Where a tile is kept."""
        zoom, row, column = index
        folder = self.root / edition.level.label / edition.layer / edition.name
        return folder / matrix_set.id / str(zoom) / str(row) / f"{column}.mvt.gz"

    def has(self, edition: Edition, matrix_set: MatrixSet, index: Index) -> bool:
        """Whether a tile is kept."""
        return self.path(edition, matrix_set, index).exists()

    def read(
        self, edition: Edition, matrix_set: MatrixSet, index: Index
    ) -> bytes | None:
        """A tile, empty where nothing lies in it; None: it is not kept."""
        try:
            packed = self.path(edition, matrix_set, index).read_bytes()
        except FileNotFoundError:
            return None
        return gzip.decompress(packed) if packed else b""

    def write(
        self, edition: Edition, matrix_set: MatrixSet, index: Index, body: bytes
    ) -> None:
        """Keep a tile; whoever reads meanwhile sees all of it or nothing."""
        path = self.path(edition, matrix_set, index)
        path.parent.mkdir(parents=True, exist_ok=True)
        packed = gzip.compress(body, 6, mtime=0) if body else b""
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(packed)
        os.replace(file.name, path)  # noqa: PTH105  # atomic, unlike a move

    def sweep(self, edition: Edition) -> int:
        """Take away every other edition of the layer and level; how many there were."""
        folder = self.root / edition.level.label / edition.layer
        others = [
            path
            for path in folder.glob("*")
            if path.is_dir() and path.name != edition.name
        ]
        for path in others:
            shutil.rmtree(path, ignore_errors=True)
        return len(others)


def _day(text: str) -> date | None:
    return None if text == _OPEN else date.fromisoformat(text)
