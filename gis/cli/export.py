"""citygrid export: a layer as a file that the loader takes back unchanged."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from gis.cli._place import find_place, running
from gis.db.export import read_layer
from gis.errors import LoadError
from gis.load.write import SUFFIXES, WRITERS, write_frame


@click.command()
@click.argument("layer")
@click.option(
    "--format", "form", type=click.Choice(list(WRITERS)), help="Default: by the file."
)
@click.option("--at", type=click.DateTime(["%Y-%m-%d"]), help="Day; default: today.")
@click.option("--all-versions", is_flag=True, help="Every version of every feature.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
def export(
    layer: str, form: str | None, at: datetime | None, all_versions: bool, output: Path
) -> None:
    """Write every column of LAYER to a file, positions in CGCS2000 degrees.

    It holds what only the operator may see. Load it back with --datum cgcs2000; nothing
    will change. Format shp writes a zip of the shapefile.
    """
    place = find_place()
    if layer not in place.catalogue:
        known = ", ".join(place.catalogue)
        raise LoadError(f"{layer!r} given, must be one of {known}")
    if at and all_versions:
        raise LoadError("--at and --all-versions: one of them")
    form = form or next((f for f, s in SUFFIXES.items() if s == output.suffix), None)
    if form is None:
        raise LoadError(f"--format: must be one of {', '.join(WRITERS)}")
    day = None if all_versions else (at.date() if at else date.today())
    with running(place) as database:
        frame = read_layer(database, place.catalogue[layer], at=day)
    if frame.empty:
        raise LoadError(f"{layer}: 没有数据 holds nothing at this day")
    write_frame(frame, output, form, layer)
    click.echo(f"{output}: {len(frame):,} 行 rows ({layer}, {form})", err=True)
