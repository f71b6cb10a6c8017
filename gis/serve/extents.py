"""Where and when a layer's features lie, read from them and kept by version."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from starlette.requests import Request

from gis.db.compose import Composer
from gis.serve.context import Context
from gis.serve.rows import ClientGone, Row, fetch
from layers import Layer, Level

log = logging.getLogger(__name__)

#: What is not read within this many seconds is told by a later request.
_PATIENCE_S = 3.0
_PER_DEGREE = 1_000_000


@dataclass(frozen=True)
class Extent:
    """Bounds of a layer as one level sees it.

    Parameters
    ----------
    bbox : west, south, east, north in degrees; None where no places are seen
    interval : first and last instant; None is open
    """

    bbox: tuple[float, float, float, float] | None
    interval: tuple[str | None, str | None]


class Extents:
    """Extents of every layer and level, as far as they were read."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._composer = Composer(context.catalogue, context.city)
        self._kept: dict[tuple[str, Level], tuple[int, Extent]] = {}

    def known(self, layer_id: str, level: Level) -> Extent | None:
        """What was read last; None when nothing was."""
        found = self._kept.get((layer_id, level))
        return found and found[1]

    async def refresh(self, request: Request, layers: Iterable[Layer]) -> None:
        """Read what has changed since it was read; a failure leaves what is known."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._refresh(request, list(layers))
        except ClientGone:
            raise
        except Exception as error:
            log.warning("extents not read: %s", type(error).__name__)

    async def _refresh(self, request: Request, layers: Sequence[Layer]) -> None:
        level = self._context.level_of(request)
        asked = [self._composer.version(layer.id) for layer in layers]
        versions = await fetch(request, self._context.database, level, asked)
        for layer, row in zip(layers, versions, strict=True):
            version = (row or (0,))[0]
            kept = self._kept.get((layer.id, level))
            if kept is None or kept[0] != version:
                found = await self._read(request, layer, level)
                self._kept[layer.id, level] = version, found

    async def _read(self, request: Request, layer: Layer, level: Level) -> Extent:
        statement = self._composer.extent(layer.id, level)
        rows = await fetch(request, self._context.database, level, [statement])
        return _extent(rows[0] or (None,) * 6, is_timed=layer.time is not None)


def _extent(row: Row, *, is_timed: bool) -> Extent:
    """Extent of a row; what is valid has no last day, observations have."""
    west, south, east, north, first, last = row
    bbox = None if west is None else _rounded(west, south, east, north)
    start, end = (
        None if text is None else bytes(text).decode() for text in (first, last)
    )
    return Extent(bbox, (start, end if is_timed else None))


def _rounded(
    west: float, south: float, east: float, north: float
) -> tuple[float, float, float, float]:
    """The box to a tenth of a metre, outwards.

    A feature on its edge is still in it when a client writes it in another CRS.
    """
    below = [math.floor(v * _PER_DEGREE - 0.5) / _PER_DEGREE for v in (west, south)]
    above = [math.ceil(v * _PER_DEGREE + 0.5) / _PER_DEGREE for v in (east, north)]
    return below[0], below[1], above[0], above[1]
