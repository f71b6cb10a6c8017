"""citygrid tiles: make tiles ahead for the server, or pack them for offline use."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import click
import shapely
from tqdm import tqdm

from gis.cli._place import Place, find_place, running
from gis.db.matrix import MATRIX_SETS, MatrixSet
from gis.db.pool import Database
from gis.errors import LoadError
from gis.publish.pygeoapi import is_tiled
from gis.publish.tilejson import united
from gis.tiling.archive import Contents, pack
from gis.tiling.area import Area
from gis.tiling.maker import Maker
from gis.tiling.seed import Advance, seed, zooms_within
from gis.tiling.store import Store
from layers import Layer, Level

_LEVELS = {level.label: level for level in Level}
_DEEPEST = 22


class _Zooms(click.ParamType[tuple[int, int]]):
    """A zoom, or the first and the last: 12 or 9-14."""

    name = "zooms"

    def convert(
        self,
        value: str | tuple[int, int],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[int, int]:
        """First and last zoom of the text."""
        if isinstance(value, tuple):
            return value
        low, _, high = value.partition("-")
        high = high or low
        if not (low.isdigit() and high.isdigit()):
            self.fail(f"{value!r} given, must be a zoom or first-last, such as 9-14")
        if not int(low) <= int(high) <= _DEEPEST:
            self.fail(f"{value!r} given, must rise and lie within 0 to {_DEEPEST}")
        return int(low), int(high)


class _Box(click.ParamType[shapely.Polygon]):
    """West, south, east, north in degrees."""

    name = "bbox"

    def convert(
        self,
        value: str | shapely.Polygon,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> shapely.Polygon:
        """The box of the text."""
        if isinstance(value, shapely.Polygon):
            return value
        try:
            west, south, east, north = map(float, value.split(","))
        except ValueError:
            self.fail(f"{value!r} given, must be west,south,east,north in degrees")
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            self.fail(f"{value!r} given, must be west<east and south<north, in degrees")
        return shapely.box(west, south, east, north)


_shared = (
    click.option("--layers", help="Ids, comma separated; default: all with tiles."),
    click.option("--zoom", "zooms", type=_Zooms(), default=(0, _DEEPEST)),
    click.option("--bbox", type=_Box(), help="west,south,east,north in degrees."),
    click.option("--district", help="Code of a district; in place of --bbox."),
    click.option(
        "--level",
        type=click.Choice(list(_LEVELS)),
        default="public",
        show_default=True,
        help="Who the tiles are for: they hold what this level sees.",
    ),
)


@click.group()
def tiles() -> None:
    """Make vector tiles ahead, or pack them into a file for offline use."""


@tiles.command(name="seed")
@click.option(
    "--matrix-set",
    type=click.Choice(list(MATRIX_SETS)),
    default="WebMercatorQuad",
    show_default=True,
)
def seed_(
    matrix_set: str,
    layers: str | None,
    zooms: tuple[int, int],
    bbox: shapely.Polygon | None,
    district: str | None,
    level: str,
) -> None:
    """Make tiles now that readers would otherwise wait for; the server finds them.

    A layer's kept tiles count until the layer changes. Stopped, it goes on where it
    was when it is started again.
    """
    place, chosen_set = find_place(), MATRIX_SETS[matrix_set]
    chosen = _chosen(place, layers, _LEVELS[level])
    store, day = Store(place.settings.home), _today()
    with running(place) as database:
        for layer in chosen:
            with _maker(place, database, _LEVELS[level], day) as maker:
                area = _area(maker, place, [layer], zooms, bbox, district)
                with _bar(layer.id, area, [layer], chosen_set) as advance:
                    found = seed(maker, store, layer, chosen_set, area, advance)
            click.echo(
                f"{layer.id}: {found.made:,} 新生成 made, {found.kept:,} 已有 kept, "
                f"{found.empty:,} 空 empty, 最大 largest {found.largest:,} B"
            )
            if found.changed:
                click.echo(
                    f"{layer.id}: 数据已变，请重新运行 the layer changed meanwhile; "
                    "run this again",
                    err=True,
                )


@tiles.command()
@click.option("--format", "form", type=click.Choice(["pmtiles"]), default="pmtiles")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh")
@click.option("--at", type=click.DateTime(["%Y-%m-%d"]), help="Day; default: today.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
def export(
    form: str,
    lang: str,
    at: datetime | None,
    output: Path,
    layers: str | None,
    zooms: tuple[int, int],
    bbox: shapely.Polygon | None,
    district: str | None,
    level: str,
) -> None:
    """Pack tiles of layers into one file that needs no server.

    Whoever holds the file sees all that its level sees; --level says which, and a
    layer that the level may not see is refused.
    """
    place, day = find_place(), at.date() if at else _today()
    seen = _LEVELS[level]
    chosen = _chosen(place, layers, seen)
    with running(place) as database, _maker(place, database, seen, day) as maker:
        area = _area(maker, place, chosen, zooms, bbox, district)
        contents = Contents(chosen, area, seen, day, lang)
        with _bar(output.name, area, chosen, MATRIX_SETS["WebMercatorQuad"]) as advance:
            found = pack(output, maker, place.city, contents, advance)
    click.echo(
        f"{output}: {found.tiles:,} 瓦片 tiles of {len(chosen)} 图层 layers, "
        f"{output.stat().st_size:,} B ({form}), 最大 largest {found.largest:,} B"
    )
    click.echo(f"访问级别 access level: {level}", err=True)


for option in reversed(_shared):
    seed_ = option(seed_)
    export = option(export)


def _today() -> date:
    return datetime.now(UTC).date()


def _chosen(place: Place, names: str | None, level: Level) -> list[Layer]:
    """Layers by their ids, or all that have tiles for the level.

    Raises
    ------
    LoadError : a name stands for no layer with tiles, or for one of a higher level
    """
    tiled = {
        layer.id: layer
        for layer in place.catalogue.visible_at(level).values()
        if is_tiled(layer, level)
    }
    if names is None:
        return list(tiled.values())
    wanted = list(dict.fromkeys(name.strip() for name in names.split(",")))
    for name in wanted:
        if name in tiled:
            continue
        layer = place.catalogue.get(name)
        higher = next((one for one in Level if layer and is_tiled(layer, one)), None)
        if layer and higher and layer.visible_at(higher):
            raise LoadError(
                f"--layers: {name} 只对 {higher.label} 级开放 is seen from level "
                f"{higher.label} on; --level {level.label} given"
            )
        raise LoadError(f"--layers: {name!r} given, must be of {', '.join(tiled)}")
    return [tiled[name] for name in wanted]


@contextmanager
def _maker(
    place: Place, database: Database, level: Level, day: date
) -> Iterator[Maker]:
    with database.reader(level) as connection:
        yield Maker(connection, place.catalogue, place.city, level, day)


def _area(
    maker: Maker,
    place: Place,
    layers: list[Layer],
    zooms: tuple[int, int],
    bbox: shapely.Polygon | None,
    district: str | None,
) -> Area:
    """The part that is asked for, as far as features reach.

    Raises
    ------
    LoadError : --bbox and --district together, or no feature lies there
    """
    if bbox is not None and district is not None:
        raise LoadError("--bbox and --district: one of them")
    whole = shapely.box(*united(map(maker.bounds, layers), place.city.extent))
    asked = bbox
    if district is not None:
        asked = maker.outline(place.catalogue[place.city.zones[-1]], district)
    if asked is None:
        return Area(whole, zooms)
    shape = shapely.intersection(asked, whole)
    if shape.is_empty:
        raise LoadError("没有要素 no feature of these layers lies in this area")
    return Area(shape, zooms)


@contextmanager
def _bar(
    name: str, area: Area, layers: list[Layer], matrix_set: MatrixSet
) -> Iterator[Advance]:
    """A bar with rate and time left on standard error."""
    ranges = [zooms_within(layer, matrix_set, area.zooms) for layer in layers]
    ranges = [(low, high) for low, high in ranges if low <= high]
    total = 0
    if ranges:
        low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
        total = area.count(matrix_set, (low, high))
    with tqdm(
        total=total, unit="tile", desc=name, disable=None, file=sys.stderr
    ) as bar:

        def advance(count: int) -> None:
            bar.update(count)

        yield advance
