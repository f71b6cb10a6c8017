"""What pygeoapi is told of a layer or process: the declaration, no data.

pygeoapi makes documents from these; features, tiles and results are answered by
our own handlers, so that no pygeoapi code ever reads a row.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from pygeoapi.process.base import BaseProcessor
from pygeoapi.provider.base import BaseProvider
from pygeoapi.provider.tile import BaseTileProvider


class DeclaredFeatures(BaseProvider):  # type: ignore[misc]  # untyped base
    """Properties of a layer as one level sees them."""

    def __init__(self, definition: dict[str, Any]) -> None:
        super().__init__(definition)
        self._declared = definition["fields"]

    def get_fields(self) -> dict[str, Any]:
        """JSON Schema by property; a copy, since pygeoapi edits what it gets."""
        return deepcopy(self._declared)

    @property
    def fields(self) -> dict[str, Any]:
        """JSON Schema by property."""
        return self.get_fields()


class DeclaredTiles(BaseTileProvider):  # type: ignore[misc]  # untyped base
    """Tells pygeoapi that vector tiles of a layer exist."""

    def __init__(self, definition: dict[str, Any]) -> None:
        super().__init__(definition)
        self.tile_type = "vector"


class DeclaredProcess(BaseProcessor):  # type: ignore[misc]  # untyped base
    """The OGC description of one of our processes."""

    def __init__(self, definition: dict[str, Any]) -> None:
        super().__init__(definition, deepcopy(definition["description"]))
