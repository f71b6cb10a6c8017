"""Packs the tiles of layers into one PMTiles file, for maps without a network.

The same features, layers, level and day give the same bytes: no time of making stands
in the file, and tiles follow one another in the order of the format.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pmtiles.tile
import pmtiles.writer

from gis.db.matrix import WEB_MERCATOR
from gis.errors import LoadError
from gis.publish.tilejson import Bounds, build_tilejson, vector_layer
from gis.tiling.area import Area, Index, children
from gis.tiling.maker import Maker
from gis.tiling.seed import zooms_within
from layers import City, Layer, Level

Advance = Callable[[int], None]


@dataclass(frozen=True)
class Packed:
    """What came of packing.

    Parameters
    ----------
    tiles : that have features
    largest : bytes of the largest tile, as it is drawn
    """

    tiles: int
    largest: int


@dataclass(frozen=True)
class Contents:
    """What an archive is to hold.

    Parameters
    ----------
    level : who may see it; the archive itself asks nobody
    day : on which features are valid
    """

    layers: list[Layer]
    area: Area
    level: Level
    day: date
    lang: str


def pack(
    path: Path, maker: Maker, city: City, contents: Contents, advance: Advance
) -> Packed:
    """Write the archive; a file of the name is replaced when all is done.

    Parameters
    ----------
    advance : told how many tiles of the area are done

    Raises
    ------
    LoadError : no feature lies in the area at these zooms
    """
    zooms = {
        layer.id: zooms_within(layer, WEB_MERCATOR, contents.area.zooms)
        for layer in contents.layers
    }
    layers = [
        layer for layer in contents.layers if zooms[layer.id][0] <= zooms[layer.id][1]
    ]
    if not layers:
        raise LoadError("none of these layers has tiles at these zooms")
    tiles = largest = 0
    partial = path.with_name(f"{path.name}.partial")
    live: dict[Index, list[Layer]] = {}
    with partial.open("wb") as file:
        writer: Any = pmtiles.writer.Writer(file)  # type: ignore[no-untyped-call]  # untyped
        first = min(low for low, high in zooms.values() if low <= high)
        last = max(high for _, high in zooms.values())
        for zoom in range(first, last + 1):
            asked = _asked(zoom, live, layers, zooms, contents.area)
            advance(contents.area.count_at(WEB_MERCATOR, zoom) - len(asked))
            live = {}
            for index in sorted(asked, key=_number):
                made = maker.tiles(asked[index], WEB_MERCATOR, index)
                advance(1)
                touched = [one for one in asked[index] if made[one.id].touched]
                if touched:
                    live[index] = touched
                if body := b"".join(one.body for one in made.values()):
                    writer.write_tile(_number(index), gzip.compress(body, 9, mtime=0))
                    tiles, largest = tiles + 1, max(largest, len(body))
        if not tiles:
            writer.tile_f.close()
            partial.unlink()
            raise LoadError("没有要素 no feature lies in this area at these zooms")
        writer.finalize(*_described(maker, city, contents, layers, (first, last)))
    partial.replace(path)
    return Packed(tiles, largest)


def _asked(
    zoom: int,
    live: dict[Index, list[Layer]],
    layers: list[Layer],
    zooms: dict[str, tuple[int, int]],
    area: Area,
) -> dict[Index, list[Layer]]:
    """Tiles of a zoom in which features may lie, with the layers to ask for."""
    asked: dict[Index, list[Layer]] = {}
    for parent, before in live.items():
        still = [layer for layer in before if zoom <= zooms[layer.id][1]]
        for index in children(parent) if still else ():
            if area.holds(WEB_MERCATOR, index):
                asked[index] = list(still)
    begun = [layer for layer in layers if zooms[layer.id][0] == zoom]
    for index in area.tiles(WEB_MERCATOR, zoom) if begun else ():
        asked.setdefault(index, []).extend(begun)
    order = {layer.id: at for at, layer in enumerate(layers)}
    for chosen in asked.values():
        chosen.sort(key=lambda layer: order[layer.id])
    return asked


def _number(index: Index) -> int:
    """The format's number of a tile."""
    zoom, row, column = index
    return int(pmtiles.tile.zxy_to_tileid(zoom, column, row))


def _described(
    maker: Maker,
    city: City,
    contents: Contents,
    layers: list[Layer],
    zooms: tuple[int, int],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and metadata of the archive."""
    lang, level = contents.lang, contents.level
    bounds: Bounds = contents.area.shape.bounds
    described = build_tilejson(
        [vector_layer(layer, level, lang, WEB_MERCATOR) for layer in layers],
        name=city.title.in_language(lang),
        url="",
        attribution=city.attribution,
        bounds=bounds,
    )
    credits = dict.fromkeys(layer.attribution or city.attribution for layer in layers)
    west, south, east, north = (round(part * 10**7) for part in described["bounds"])
    header = {
        "tile_type": pmtiles.tile.TileType.MVT,
        "tile_compression": pmtiles.tile.Compression.GZIP,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": zooms[0],
        "center_lon_e7": (west + east) // 2,
        "center_lat_e7": (south + north) // 2,
    }
    metadata = {
        "name": described["name"],
        "description": ", ".join(layer.title.in_language(lang) for layer in layers),
        "attribution": " · ".join(credits),
        "type": "overlay",
        "format": "pbf",
        "vector_layers": described["vector_layers"],
        "citygrid:access": level.label,
        "citygrid:day": contents.day.isoformat(),
        "citygrid:versions": {layer.id: maker.version(layer) for layer in layers},
    }
    return header, metadata
