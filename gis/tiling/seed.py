"""Makes the tiles of layers ahead and keeps them where the server looks for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gis.db.matrix import MatrixSet
from gis.publish.tilejson import zooms_of
from gis.tiling.area import Area, Index, children
from gis.tiling.maker import Maker
from gis.tiling.store import Edition, Store
from layers import Layer

Advance = Callable[[int], None]
_CHECK = 64  # tiles between two looks at the version


@dataclass
class Seeded:
    """What came of seeding a layer.

    Parameters
    ----------
    made, kept : tiles made now, and those that were there already
    empty : tiles of the area in which nothing lies
    largest : bytes of the largest tile made
    changed : the layer changed meanwhile; what was made before is of no use
    """

    made: int = 0
    kept: int = 0
    empty: int = 0
    largest: int = 0
    changed: bool = False


def zooms_within(
    layer: Layer, matrix_set: MatrixSet, zooms: tuple[int, int]
) -> tuple[int, int]:
    """The zooms asked for at which the layer has tiles; the last may be the lower."""
    low, high = zooms_of(layer, matrix_set)
    return max(low, zooms[0]), min(high, zooms[1])


def seed(
    maker: Maker,
    store: Store,
    layer: Layer,
    matrix_set: MatrixSet,
    area: Area,
    advance: Advance,
) -> Seeded:
    """Keep every tile of a layer in an area; those kept already are not made again.

    Tiles are gone through from coarse to fine; below one in which nothing lies there
    is nothing to make. No more than a tile and the way to it is held in memory.

    Parameters
    ----------
    advance : told how many tiles of the area are done
    """
    found = Seeded()
    edition = maker.edition(layer)
    store.sweep(edition)
    low, high = zooms_within(layer, matrix_set, area.zooms)
    if low > high:
        return found
    waiting: list[Index] = list(area.tiles(matrix_set, low))
    advance(area.count_at(matrix_set, low) - len(waiting))
    steps = 0
    while waiting:
        index = waiting.pop()
        if not area.holds(matrix_set, index):
            advance(_below(index, high))
            continue
        steps += 1
        if steps % _CHECK == 0 and maker.version(layer) != edition.version:
            found.changed = True
            break
        if _keep(maker, store, layer, matrix_set, edition, index, found):
            advance(1)
            if index[0] < high:
                waiting += children(index)
        else:
            found.empty += 1
            advance(_below(index, high))
    return found


def _keep(
    maker: Maker,
    store: Store,
    layer: Layer,
    matrix_set: MatrixSet,
    edition: Edition,
    index: Index,
    found: Seeded,
) -> bool:
    """Keep one tile; whether anything lies in it."""
    if store.has(edition, matrix_set, index):
        found.kept += 1
        return True
    made = maker.tile(layer, matrix_set, index)
    if not made.touched:
        return False
    store.write(edition, matrix_set, index, made.body)
    found.made += 1
    found.largest = max(found.largest, len(made.body))
    return True


def _below(index: Index, high: int) -> int:
    """A tile and all below it, as the area's box counts them."""
    return int(4 ** (high - index[0] + 1) - 1) // 3
