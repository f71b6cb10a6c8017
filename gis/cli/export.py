"""citygrid export: a layer as a file that the loader takes back unchanged."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from gis.cli._place import Place, find_place, running
from gis.db.export import read_layer
from gis.db.relief import sheets_in
from gis.db.sheets import write_sheet
from gis.errors import LoadError
from gis.load.write import SUFFIXES, WRITERS, write_frame
from layers import Layer

_EARTH = (-180.0, -90.0, 180.0, 90.0)


@click.command()
@click.argument("layer")
@click.option(
    "--format", "form", type=click.Choice(list(WRITERS)), help="Default: by the file."
)
@click.option("--at", type=click.DateTime(["%Y-%m-%d"]), help="Day; default: today.")
@click.option("--all-versions", is_flag=True, help="Every version of every feature.")
@click.option("--sheet", help="Of a raster layer: which, where there are several.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
def export(
    layer: str,
    form: str | None,
    at: datetime | None,
    all_versions: bool,
    sheet: str | None,
    output: Path,
) -> None:
    """Write every column of LAYER to a file, positions in CGCS2000 degrees.

    It holds what only the operator may see. Load it back with --datum cgcs2000; nothing
    will change. Format shp writes a zip of the shapefile. A sheet of a raster layer is
    written as a GeoTIFF (.tif).
    """
    place = find_place()
    if layer not in place.catalogue:
        known = ", ".join(place.catalogue)
        raise LoadError(f"{layer!r} given, must be one of {known}")
    if at and all_versions:
        raise LoadError("--at and --all-versions: one of them")
    declared = place.catalogue[layer]
    if declared.raster is not None:
        if form or all_versions or output.suffix not in (".tif", ".tiff"):
            raise LoadError(f"{layer}: {output.name}: 只写 GeoTIFF must be a .tif")
        _export_sheet(place, declared, at, sheet, output)
        return
    if sheet is not None:
        raise LoadError(f"--sheet {sheet}: {layer} has no sheets")
    form = form or next((f for f, s in SUFFIXES.items() if s == output.suffix), None)
    if form is None:
        raise LoadError(f"--format: must be one of {', '.join(WRITERS)}")
    day = None if all_versions else (at.date() if at else date.today())
    with running(place) as database:
        frame = read_layer(database, declared, at=day)
    if frame.empty:
        raise LoadError(f"{layer}: 没有数据 holds nothing at this day")
    write_frame(frame, output, form, layer)
    click.echo(f"{output}: {len(frame):,} 行 rows ({layer}, {form})", err=True)


def _export_sheet(
    place: Place, layer: Layer, at: datetime | None, code: str | None, output: Path
) -> None:
    """Write the sheet that is named, or the only one."""
    day = at.date() if at else date.today()
    with running(place) as database, database.reader() as connection:
        sheets = sheets_in(connection, layer, _EARTH, layer.srid, day)
        if not sheets:
            raise LoadError(f"{layer.id}: 没有数据 holds nothing at this day")
        held = ", ".join(sheet.code for sheet in sheets[:20])
        if code is not None:
            sheets = [sheet for sheet in sheets if sheet.code == code]
        if len(sheets) != 1:
            given = "nothing" if code is None else code
            raise LoadError(f"--sheet: {given} given, must be one of {held}")
        cells = write_sheet(connection, sheets[0], output)
    click.echo(f"{output}: {cells:,} 格 cells ({layer.id}, {sheets[0].code})", err=True)
